SELECT symbol, arg_max(current_price, (fetched_at, market_timestamp)) AS current_price,
       arg_max(change_amount, (fetched_at, market_timestamp)) AS change_amount,
       arg_max(change_percent, (fetched_at, market_timestamp)) AS change_percent
FROM silver
GROUP BY symbol
ORDER BY symbol
