SET preserve_insertion_order = true;
CREATE OR REPLACE TABLE silver AS
SELECT symbol,
       c AS current_price,
       round(h, 2) AS day_high,
       round(l, 2) AS day_low,
       round(o, 2) AS day_open,
       round(pc, 2) AS prev_close,
       d AS change_amount,
       round(dp, 4) AS change_percent,
       make_timestamp(t * 1000000) AS market_timestamp,
       make_timestamp(fetched_at * 1000000) AS fetched_at
FROM quotes_raw
WHERE c <> 0 AND t > 0 AND symbol IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY symbol, t ORDER BY fetched_at DESC, c DESC) = 1
ORDER BY symbol, market_timestamp;
