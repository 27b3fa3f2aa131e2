SELECT symbol, current_price, change_amount, change_percent
FROM silver
QUALIFY ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY fetched_at DESC, market_timestamp DESC) = 1
ORDER BY symbol
