SELECT LOWER(SUBSTR(symbol, 2, 1)) || '-' || LENGTH(symbol) AS code, COUNT(*) AS quotes,
       SUM(CASE WHEN symbol LIKE '%A%' THEN 1 ELSE 0 END) AS with_a, MIN(REPLACE(symbol, 'S', '$')) AS first_name
FROM silver
GROUP BY code
ORDER BY code
