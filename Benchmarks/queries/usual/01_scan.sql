SELECT COUNT(*) AS quotes, SUM(current_price) AS total, MIN(current_price) AS low, MAX(current_price) AS high FROM silver
