SELECT symbol, DATE_TRUNC('hour', market_timestamp) AS hour_start, COUNT(*) AS quotes,
       MAX(current_price) - MIN(current_price) AS spread
FROM silver
GROUP BY symbol, DATE_TRUNC('hour', market_timestamp)
HAVING COUNT(*) > 2
ORDER BY spread DESC, symbol, hour_start
LIMIT 50
