SELECT TO_CHAR(market_timestamp, 'YYYY-MM') AS month, COUNT(DISTINCT symbol) AS symbols, COUNT(*) AS quotes, MAX(change_percent) AS best_move
FROM silver
GROUP BY month
ORDER BY month
