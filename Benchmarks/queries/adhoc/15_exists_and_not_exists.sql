SELECT COUNT(*) AS quotes
FROM silver s
WHERE EXISTS (SELECT 1 FROM silver a WHERE a.symbol = 'AAPL' AND a.market_timestamp = s.market_timestamp)
  AND NOT EXISTS (SELECT 1 FROM silver m WHERE m.symbol = 'MSFT' AND m.market_timestamp = s.market_timestamp)
