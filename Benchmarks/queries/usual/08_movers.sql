SELECT symbol, MIN_BY(current_price, market_timestamp) AS first_price, MAX_BY(current_price, market_timestamp) AS last_price,
       MAX_BY(current_price, market_timestamp) / MIN_BY(current_price, market_timestamp) - 1 AS gain
FROM silver
GROUP BY symbol
ORDER BY gain DESC, symbol
LIMIT 10
