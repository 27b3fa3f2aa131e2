SELECT symbol, MIN(current_price / peak - 1) AS drawdown
FROM (
    SELECT symbol, current_price, MAX(current_price) OVER (
        PARTITION BY symbol ORDER BY market_timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS peak
    FROM silver
) peaks
GROUP BY symbol
ORDER BY drawdown, symbol
