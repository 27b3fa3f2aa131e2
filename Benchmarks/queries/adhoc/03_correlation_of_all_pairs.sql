WITH closes AS (
    SELECT symbol, CAST(market_timestamp AS DATE) AS day, AVG(current_price) AS price
    FROM silver
    GROUP BY symbol, day
)
SELECT a.symbol AS left_symbol, b.symbol AS right_symbol, CORR(a.price, b.price) AS correlation, COUNT(*) AS days
FROM closes a JOIN closes b ON a.day = b.day AND a.symbol < b.symbol
GROUP BY a.symbol, b.symbol
ORDER BY correlation DESC, left_symbol, right_symbol
LIMIT 20
