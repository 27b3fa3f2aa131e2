WITH latest AS (SELECT max(market_timestamp)::DATE AS day FROM silver)
SELECT symbol, avg(current_price) FILTER (market_timestamp::DATE = (SELECT day FROM latest)) AS avg_price,
       stddev_pop(current_price) AS volatility,
       stddev_pop(current_price) / nullif(avg(current_price), 0) AS relative_volatility
FROM silver
GROUP BY symbol
HAVING avg_price IS NOT NULL
ORDER BY symbol
