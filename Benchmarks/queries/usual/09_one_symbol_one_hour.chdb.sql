SELECT market_timestamp, current_price, day_high, day_low
FROM silver
WHERE symbol = 'AAPL' AND market_timestamp >= toDateTime('2024-03-14 15:00:00', 'UTC') AND market_timestamp < toDateTime('2024-03-14 16:00:00', 'UTC')
ORDER BY market_timestamp
