SELECT symbol, market_timestamp, current_price, change_percent
FROM silver
QUALIFY ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY ABS(change_percent) DESC, market_timestamp) <= 5
ORDER BY symbol, market_timestamp
