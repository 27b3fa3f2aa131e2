SELECT symbol, MEDIAN(current_price) AS median_price, PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ABS(change_percent)) AS wide_move
FROM silver
GROUP BY symbol
ORDER BY symbol
