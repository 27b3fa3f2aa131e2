SELECT symbol,
       AVG(CASE WHEN DAYOFWEEK(market_timestamp) = 1 THEN change_percent END) AS monday,
       AVG(CASE WHEN DAYOFWEEK(market_timestamp) = 2 THEN change_percent END) AS tuesday,
       AVG(CASE WHEN DAYOFWEEK(market_timestamp) = 3 THEN change_percent END) AS wednesday,
       AVG(CASE WHEN DAYOFWEEK(market_timestamp) = 4 THEN change_percent END) AS thursday,
       AVG(CASE WHEN DAYOFWEEK(market_timestamp) = 5 THEN change_percent END) AS friday
FROM silver
GROUP BY symbol
ORDER BY symbol
