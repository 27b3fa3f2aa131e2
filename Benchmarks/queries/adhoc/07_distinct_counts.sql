SELECT symbol, COUNT(DISTINCT current_price) AS prices, COUNT(DISTINCT CAST(market_timestamp AS DATE)) AS days
FROM silver
GROUP BY symbol
ORDER BY symbol
