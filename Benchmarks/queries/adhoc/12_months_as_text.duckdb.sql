SELECT strftime(market_timestamp, '%Y-%m') AS month, COUNT(DISTINCT symbol) AS symbols, COUNT(*) AS quotes, MAX(change_percent) AS best_move
FROM silver
GROUP BY month
ORDER BY month
