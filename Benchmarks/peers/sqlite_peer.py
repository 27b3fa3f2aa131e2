"""Plain SQLite: NDJSON (read by orjson) to a typed table, to silver, to the three gold tables, in one database file."""
import json
import os
import sqlite3
import sys
import time

import orjson

KEYS = ("c", "d", "dp", "h", "l", "o", "pc", "t", "symbol", "fetched_at")


class Deviation:
    def __init__(self):
        self.count = self.mean = self.squares = 0.0

    def step(self, value):
        self.count += 1
        distance = value - self.mean
        self.mean += distance / self.count
        self.squares += distance * (value - self.mean)

    def finalize(self):
        return (self.squares / self.count) ** 0.5


def quotes(recording):
    with open(recording, "rb") as file:
        for line in file:
            try:
                quote = orjson.loads(line)
                yield [quote.get(key) for key in KEYS]
            except (orjson.JSONDecodeError, AttributeError):
                continue


def main(recording, path, _threads):
    start = time.monotonic()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_aggregate("stddev_pop", 1, Deviation)
    connection.executescript(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
        "CREATE TABLE bronze (c REAL, d REAL, dp REAL, h REAL, l REAL, o REAL, pc REAL, t INTEGER, symbol TEXT, fetched_at INTEGER);"
        "BEGIN")
    connection.executemany("INSERT INTO bronze VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", quotes(recording))
    connection.execute("COMMIT")
    loaded = time.monotonic()
    connection.executescript("""
        CREATE TABLE silver (
            symbol TEXT, current_price REAL, day_high REAL, day_low REAL, day_open REAL, prev_close REAL,
            change_amount REAL, change_percent REAL, market_timestamp TEXT, fetched_at TEXT,
            PRIMARY KEY (symbol, market_timestamp)) WITHOUT ROWID;
        INSERT INTO silver
        SELECT symbol, c AS current_price, round(h, 2) AS day_high, round(l, 2) AS day_low, round(o, 2) AS day_open,
               round(pc, 2) AS prev_close, d AS change_amount, round(dp, 4) AS change_percent,
               datetime(t, 'unixepoch') AS market_timestamp, datetime(fetched_at, 'unixepoch') AS fetched_at
        FROM (SELECT *, row_number() OVER (PARTITION BY symbol, t ORDER BY fetched_at DESC, rowid DESC) AS rank
              FROM bronze WHERE c <> 0 AND t > 0 AND symbol IS NOT NULL)
        WHERE rank = 1 ORDER BY symbol, t""")
    cleaned = time.monotonic()
    connection.executescript("""
        CREATE TABLE gold_kpi AS
        SELECT symbol, current_price, change_amount, change_percent
        FROM (SELECT *, row_number() OVER (PARTITION BY symbol ORDER BY fetched_at DESC, market_timestamp DESC) AS rank
              FROM silver)
        WHERE rank = 1 ORDER BY symbol;
        CREATE TABLE gold_candlestick AS
        WITH days AS (
            SELECT symbol, date(market_timestamp) AS candle_time, min(day_low) AS candle_low, max(day_high) AS candle_high,
                   min(market_timestamp) AS first_time, max(market_timestamp) AS last_time, avg(current_price) AS trend_line
            FROM silver GROUP BY symbol, candle_time),
        ranked AS (SELECT *, row_number() OVER (PARTITION BY symbol ORDER BY candle_time DESC) AS rank FROM days)
        SELECT r.symbol, candle_time, candle_low, candle_high, o.current_price AS candle_open,
               c.current_price AS candle_close, trend_line
        FROM ranked r
        JOIN silver o ON o.symbol = r.symbol AND o.market_timestamp = first_time
        JOIN silver c ON c.symbol = r.symbol AND c.market_timestamp = last_time
        WHERE rank <= 12 ORDER BY r.symbol, candle_time;
        CREATE TABLE gold_treechart AS
        WITH latest AS (SELECT date(max(market_timestamp)) AS day FROM silver)
        SELECT p.symbol, avg_price, volatility, volatility / mean
        FROM (SELECT symbol, avg(current_price) AS avg_price FROM silver, latest WHERE date(market_timestamp) = day
              GROUP BY symbol) p
        JOIN (SELECT symbol, stddev_pop(current_price) AS volatility, avg(current_price) AS mean FROM silver
              GROUP BY symbol) v ON v.symbol = p.symbol
        ORDER BY p.symbol;
        PRAGMA wal_checkpoint(TRUNCATE)""")
    end = time.monotonic()
    gold = {
        table: [list(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
        for table in ("gold_kpi", "gold_candlestick", "gold_treechart")}
    connection.close()
    print(json.dumps({
        "seconds": end - start, "stages": {"load": loaded - start, "silver": cleaned - loaded, "gold": end - cleaned},
        "gold": gold, "bytes": os.path.getsize(path), "version": sqlite3.sqlite_version}))


if __name__ == "__main__":
    main(*sys.argv[1:])
