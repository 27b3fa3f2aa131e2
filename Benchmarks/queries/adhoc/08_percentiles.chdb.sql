SELECT symbol, quantileExactInclusive(0.5)(current_price) AS median_price, quantileExactInclusive(0.95)(abs(change_percent)) AS wide_move
FROM silver
GROUP BY symbol
ORDER BY symbol
