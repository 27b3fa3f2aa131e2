SELECT MAX(gap) AS longest_gap, AVG(gap) AS mean_gap
FROM (
    SELECT market_timestamp - lagInFrame(toNullable(market_timestamp)) OVER (
        ORDER BY market_timestamp, symbol ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS gap
    FROM silver
) gaps
