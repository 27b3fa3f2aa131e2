SELECT symbol, DATE_TRUNC('minute', market_timestamp) AS bar, MIN_BY(current_price, market_timestamp) AS bar_open,
       MAX(current_price) AS bar_high, MIN(current_price) AS bar_low,
       MAX_BY(current_price, market_timestamp) AS bar_close, COUNT(*) AS quotes
FROM silver
GROUP BY symbol, bar
