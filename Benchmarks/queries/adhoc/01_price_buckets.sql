SELECT FLOOR(current_price / 10) AS bucket, COUNT(*) AS quotes, AVG(change_percent) AS change, MAX(day_high - day_low) AS widest
FROM silver
GROUP BY FLOOR(current_price / 10)
ORDER BY bucket
