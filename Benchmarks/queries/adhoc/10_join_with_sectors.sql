WITH sectors AS (SELECT DISTINCT symbol, SUBSTR(symbol, 1, 2) AS sector FROM silver)
SELECT sector, CAST(market_timestamp AS DATE) AS day, COUNT(*) AS quotes, AVG(change_percent) AS change
FROM silver JOIN sectors ON sectors.symbol = silver.symbol
GROUP BY sector, CAST(market_timestamp AS DATE)
ORDER BY sector, day
