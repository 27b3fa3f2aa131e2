CREATE OR REPLACE TABLE silver ENGINE = MergeTree ORDER BY (symbol, market_timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1 AS
SELECT assumeNotNull(symbol) AS symbol,
       assumeNotNull(c) AS current_price,
       round(h, 2) AS day_high,
       round(l, 2) AS day_low,
       round(o, 2) AS day_open,
       round(pc, 2) AS prev_close,
       d AS change_amount,
       round(dp, 4) AS change_percent,
       toDateTime(assumeNotNull(t), 'UTC') AS market_timestamp,
       toDateTime(assumeNotNull(fetched_at), 'UTC') AS fetched_at
FROM quotes_raw
WHERE c <> 0 AND t > 0 AND quotes_raw.symbol IS NOT NULL
ORDER BY quotes_raw.symbol, t, quotes_raw.fetched_at DESC, c DESC
LIMIT 1 BY quotes_raw.symbol, t;
