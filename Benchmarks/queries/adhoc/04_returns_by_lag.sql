SELECT symbol, COUNT(step) AS steps, AVG(ABS(step)) AS mean_step, STDDEV_POP(step) AS deviation
FROM (
    SELECT symbol, current_price / LAG(current_price) OVER (PARTITION BY symbol ORDER BY market_timestamp) - 1 AS step
    FROM silver
) steps
GROUP BY symbol
ORDER BY symbol
