SELECT symbol, count(step) AS steps, avg(abs(step)) AS mean_step, stddevPop(step) AS deviation
FROM (
    SELECT symbol, current_price / lagInFrame(toNullable(current_price)) OVER (
        PARTITION BY symbol ORDER BY market_timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) - 1 AS step
    FROM silver
) steps
GROUP BY symbol
ORDER BY symbol
