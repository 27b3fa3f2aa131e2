SELECT COUNT(*) AS quotes FROM quotes_raw WHERE fetched_at IS NOT NULL
