WITH days AS (
    SELECT symbol, CAST(market_timestamp AS DATE) AS day, SUM(CASE WHEN change_amount > 0 THEN 1 ELSE -1 END) AS change
    FROM silver
    GROUP BY symbol, CAST(market_timestamp AS DATE)
)
SELECT symbol, string_agg(CASE WHEN change > 0 THEN '+' ELSE '-' END, '' ORDER BY day) AS directions
FROM days
GROUP BY symbol
ORDER BY symbol
