"""DuckDB: NDJSON to its own table, to silver, to the three gold tables, in one database file."""
import json
import os
import sys
import time

import duckdb


def main(recording, path, threads):
    start = time.monotonic()
    stages = {}
    connection = duckdb.connect(path, config={"threads": threads})
    mark = start

    def stage(name, sql):
        nonlocal mark
        connection.execute(sql)
        stages[name] = time.monotonic() - mark
        mark = time.monotonic()

    stage("load", f"""
        CREATE TABLE bronze AS
        SELECT * FROM read_json('{recording}', format = 'newline_delimited', ignore_errors = true, columns = {{
            c: 'DOUBLE', d: 'DOUBLE', dp: 'DOUBLE', h: 'DOUBLE', l: 'DOUBLE', o: 'DOUBLE', pc: 'DOUBLE', t: 'BIGINT',
            symbol: 'VARCHAR', fetched_at: 'BIGINT'}})""")
    stage("silver", """
        CREATE TABLE silver AS
        SELECT symbol, c AS current_price, round(h, 2) AS day_high, round(l, 2) AS day_low, round(o, 2) AS day_open,
               round(pc, 2) AS prev_close, d AS change_amount, round(dp, 4) AS change_percent,
               make_timestamp(t * 1000000) AS market_timestamp, make_timestamp(fetched_at * 1000000) AS fetched_at
        FROM bronze WHERE c IS NOT NULL AND c <> 0 AND t > 0 AND symbol IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY symbol, t ORDER BY fetched_at DESC, rowid DESC) = 1""")
    stage("gold", """
        CREATE TABLE gold_kpi AS
        SELECT symbol, arg_max(current_price, (fetched_at, market_timestamp)) AS current_price,
               arg_max(change_amount, (fetched_at, market_timestamp)) AS change_amount,
               arg_max(change_percent, (fetched_at, market_timestamp)) AS change_percent
        FROM silver GROUP BY symbol ORDER BY symbol;
        CREATE TABLE gold_candlestick AS
        SELECT symbol, market_timestamp::DATE AS candle_time, min(day_low) AS candle_low, max(day_high) AS candle_high,
               arg_min(current_price, market_timestamp) AS candle_open, arg_max(current_price, market_timestamp) AS candle_close,
               avg(current_price) AS trend_line
        FROM silver GROUP BY symbol, candle_time
        QUALIFY row_number() OVER (PARTITION BY symbol ORDER BY candle_time DESC) <= 12
        ORDER BY symbol, candle_time;
        CREATE TABLE gold_treechart AS
        WITH latest AS (SELECT max(market_timestamp)::DATE AS day FROM silver)
        SELECT symbol, avg(current_price) FILTER (market_timestamp::DATE = (SELECT day FROM latest)) AS avg_price,
               stddev_pop(current_price) AS volatility, stddev_pop(current_price) / nullif(avg(current_price), 0)
        FROM silver GROUP BY symbol HAVING avg_price IS NOT NULL ORDER BY symbol;
        CHECKPOINT""")
    seconds = time.monotonic() - start
    gold = {
        table: [list(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()]
        for table in ("gold_kpi", "gold_candlestick", "gold_treechart")}
    connection.close()
    print(json.dumps({"seconds": seconds, "stages": stages, "gold": gold, "bytes": os.path.getsize(path),
                      "version": duckdb.__version__}, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
