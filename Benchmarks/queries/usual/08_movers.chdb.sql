SELECT symbol, argMin(current_price, market_timestamp) AS first_price, argMax(current_price, market_timestamp) AS last_price,
       argMax(current_price, market_timestamp) / argMin(current_price, market_timestamp) - 1 AS gain
FROM silver
GROUP BY symbol
ORDER BY gain DESC, symbol
LIMIT 10
