SELECT symbol, CAST(market_timestamp AS DATE) AS candle_time, MIN(day_low) AS candle_low, MAX(day_high) AS candle_high,
       MIN_BY(current_price, market_timestamp) AS candle_open, MAX_BY(current_price, market_timestamp) AS candle_close,
       AVG(current_price) AS trend_line
FROM silver
GROUP BY symbol, candle_time
QUALIFY ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY candle_time DESC) <= 12
ORDER BY symbol, candle_time
