CREATE OR REPLACE TABLE silver CLUSTER BY (symbol, market_timestamp) AS
SELECT v:symbol::string AS symbol,
       v:c::float AS current_price,
       ROUND(v:h::float, 2) AS day_high,
       ROUND(v:l::float, 2) AS day_low,
       ROUND(v:o::float, 2) AS day_open,
       ROUND(v:pc::float, 2) AS prev_close,
       v:d::float AS change_amount,
       ROUND(v:dp::float, 4) AS change_percent,
       v:t::timestamp AS market_timestamp,
       v:fetched_at::timestamp AS fetched_at
FROM quotes_raw
WHERE v:c::float <> 0 AND v:t::number > 0 AND v:symbol IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY symbol, market_timestamp ORDER BY fetched_at DESC, current_price DESC) = 1;
