WITH latest AS (SELECT CAST(MAX(market_timestamp) AS DATE) AS day FROM silver),
prices AS (
    SELECT symbol, AVG(current_price) AS avg_price
    FROM silver
    WHERE CAST(market_timestamp AS DATE) = (SELECT day FROM latest)
    GROUP BY symbol
),
deviations AS (
    SELECT symbol, STDDEV_POP(current_price) AS volatility,
           STDDEV_POP(current_price) / NULLIF(AVG(current_price), 0) AS relative_volatility
    FROM silver
    GROUP BY symbol
)
SELECT prices.symbol, avg_price, volatility, relative_volatility
FROM prices JOIN deviations ON deviations.symbol = prices.symbol
ORDER BY prices.symbol
