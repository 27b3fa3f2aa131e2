SELECT toDayOfWeek(market_timestamp) AS weekday, toHour(market_timestamp) AS hour_of_day, COUNT(*) AS quotes, AVG(ABS(change_percent)) AS moved
FROM silver
GROUP BY weekday, hour_of_day
ORDER BY weekday, hour_of_day
