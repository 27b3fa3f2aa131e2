SELECT COUNT(*) AS quotes, AVG(a.current_price - m.current_price) AS spread, COUNT(m.current_price) AS matched
FROM (SELECT market_timestamp, current_price FROM silver WHERE symbol = 'AAPL') a
ASOF JOIN (SELECT market_timestamp, current_price FROM silver WHERE symbol = 'MSFT') m
    MATCH_CONDITION (a.market_timestamp >= m.market_timestamp)
