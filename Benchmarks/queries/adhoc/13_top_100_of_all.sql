SELECT symbol, market_timestamp, current_price, day_high, day_low, change_percent
FROM silver
ORDER BY change_percent DESC, symbol, market_timestamp
LIMIT 100
