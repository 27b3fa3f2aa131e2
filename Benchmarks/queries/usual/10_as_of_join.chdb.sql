SELECT count(*) AS quotes, avg(a.current_price - m.current_price) AS spread, count(m.current_price) AS matched
FROM (SELECT 1 AS one, market_timestamp, current_price FROM silver WHERE symbol = 'AAPL') a
ASOF LEFT JOIN (SELECT 1 AS one, market_timestamp, current_price FROM silver WHERE symbol = 'MSFT') m
    ON a.one = m.one AND a.market_timestamp >= m.market_timestamp
SETTINGS join_use_nulls = 1
