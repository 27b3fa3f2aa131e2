SELECT COUNT(*) AS quotes FROM quotes_raw
