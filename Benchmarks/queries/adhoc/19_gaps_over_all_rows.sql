SELECT MAX(gap) AS longest_gap, AVG(gap) AS mean_gap
FROM (
    SELECT DATEDIFF('second', LAG(market_timestamp) OVER (ORDER BY market_timestamp, symbol), market_timestamp) AS gap
    FROM silver
) gaps
