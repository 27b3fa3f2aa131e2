SELECT lower(substring(symbol, 2, 1)) || '-' || toString(length(symbol)) AS code, count(*) AS quotes,
       sum(CASE WHEN symbol LIKE '%A%' THEN 1 ELSE 0 END) AS with_a, min(replaceAll(symbol, 'S', '$')) AS first_name
FROM silver
GROUP BY code
ORDER BY code
