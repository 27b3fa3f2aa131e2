SELECT symbol, SUM(CASE WHEN current_price > average + 0.0007 THEN 1 ELSE 0 END) AS above, MAX(current_price - average) AS farthest
FROM (
    SELECT symbol, current_price, AVG(current_price) OVER (
        PARTITION BY symbol ORDER BY market_timestamp ROWS BETWEEN 19 PRECEDING AND CURRENT ROW) AS average
    FROM silver
) averages
GROUP BY symbol
ORDER BY symbol
