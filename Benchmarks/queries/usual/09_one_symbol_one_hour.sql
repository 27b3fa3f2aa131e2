SELECT market_timestamp, current_price, day_high, day_low
FROM silver
WHERE symbol = 'AAPL' AND market_timestamp >= '2024-03-14 15:00:00'::timestamp AND market_timestamp < '2024-03-14 16:00:00'::timestamp
ORDER BY market_timestamp
