SELECT COUNT(*) AS quotes FROM quotes_raw WHERE v:fetched_at IS NOT NULL
