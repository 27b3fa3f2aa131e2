SELECT symbol, argMax(current_price, (fetched_at, market_timestamp)) AS current_price,
       argMax(change_amount, (fetched_at, market_timestamp)) AS change_amount,
       argMax(change_percent, (fetched_at, market_timestamp)) AS change_percent
FROM silver
GROUP BY symbol
ORDER BY symbol
