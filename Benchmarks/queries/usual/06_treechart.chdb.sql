WITH (SELECT toDate(max(market_timestamp)) FROM silver) AS day
SELECT symbol, avgIf(current_price, toDate(market_timestamp) = day) AS avg_price,
       stddevPop(current_price) AS volatility, stddevPop(current_price) / nullif(avg(current_price), 0) AS relative_volatility
FROM silver
GROUP BY symbol
HAVING countIf(toDate(market_timestamp) = day) > 0
ORDER BY symbol
