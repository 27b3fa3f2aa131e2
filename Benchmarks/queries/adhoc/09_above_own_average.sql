SELECT COUNT(*) AS quotes
FROM silver s
WHERE current_price > (SELECT AVG(current_price) + 0.00037 FROM silver t WHERE t.symbol = s.symbol)
