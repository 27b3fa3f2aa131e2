SELECT tenth, COUNT(*) AS quotes, MIN(current_price) AS low, AVG(change_percent) AS change
FROM (
    SELECT current_price, change_percent, NTILE(10) OVER (
        PARTITION BY CAST(market_timestamp AS DATE) ORDER BY current_price, symbol, market_timestamp) AS tenth
    FROM silver
) tenths
GROUP BY tenth
ORDER BY tenth
