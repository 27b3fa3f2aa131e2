"""Polars as a peer of the warehouse's queries: silver in memory, sorted by symbol and time.

    warehouse_polars.py make FOLDER DATABASE
    warehouse_polars.py bench|rows FOLDER THREADS [ROUNDS]

Polars gives up at the first malformed line, so `make` takes the silver that DuckDB has made, into an Arrow file that the
others read before their clocks start. `bench` and `rows` read [[query, …], …] from standard input and print lines of JSON.
"""
import datetime
import json
import os
import sys
import time

if sys.argv[1] != "make":
    os.environ["POLARS_MAX_THREADS"] = sys.argv[3]

import polars as pl
from polars import col

PRICE, TIME, SYMBOL = col("current_price"), col("market_timestamp"), col("symbol")
DAY = TIME.dt.date().alias("day")


def candles(days):
    return days.sort(SYMBOL, "day", descending=[False, True]).group_by(SYMBOL, maintain_order=True).head(12).sort(SYMBOL, "day")


def candlestick(silver):
    return candles(silver.group_by(SYMBOL, DAY).agg(
        col("day_low").min(), col("day_high").max(), PRICE.get(TIME.arg_min()).alias("open"),
        PRICE.get(TIME.arg_max()).alias("close"), PRICE.mean().alias("trend")))


def candlestick_windows(silver):
    # The windows' answer without windows: rows are sorted by time within a symbol.
    return candles(silver.group_by(SYMBOL, DAY).agg(
        col("day_low").min(), col("day_high").max(), PRICE.first().alias("open"), PRICE.last().alias("close"),
        PRICE.mean().alias("trend")))


def kpi(silver):
    return silver.sort("fetched_at", "market_timestamp").group_by(SYMBOL).agg(
        PRICE.last(), col("change_amount").last(), col("change_percent").last()).sort(SYMBOL)


def treechart(silver):
    day = silver.select(TIME.max().dt.date()).collect().item()
    return silver.group_by(SYMBOL).agg(
        PRICE.filter(TIME.dt.date() == day).mean().alias("average"), PRICE.std(ddof=0).alias("volatility"),
        (PRICE.std(ddof=0) / PRICE.mean()).alias("relative")).filter(col("average").is_not_null()).sort(SYMBOL)


def minute_candles(silver):
    return silver.group_by(SYMBOL, TIME.dt.truncate("1m").alias("bar")).agg(
        PRICE.first().alias("open"), PRICE.max().alias("high"), PRICE.min().alias("low"), PRICE.last().alias("close"),
        pl.len().alias("quotes"))


def movers(silver):
    return silver.group_by(SYMBOL).agg(PRICE.first().alias("first"), PRICE.last().alias("last")).with_columns(
        (col("last") / col("first") - 1).alias("gain")).sort("gain", descending=True).head(10)


def one_hour(silver):
    begin = datetime.datetime(2024, 3, 14, 15)
    return silver.filter((SYMBOL == "AAPL") & (TIME >= begin) & (TIME < begin + datetime.timedelta(hours=1))).select(
        TIME, PRICE, col("day_high"), col("day_low")).sort(TIME)


def as_of_join(silver):
    left = silver.filter(SYMBOL == "AAPL").select(TIME, PRICE).sort(TIME)
    right = silver.filter(SYMBOL == "MSFT").select(TIME, PRICE.alias("other")).sort(TIME)
    return left.join_asof(right, on="market_timestamp").select(
        pl.len().alias("quotes"), (PRICE - col("other")).mean().alias("spread"), col("other").count().alias("matched"))


def price_buckets(silver):
    return silver.group_by((PRICE / 10).floor().alias("bucket")).agg(
        pl.len().alias("quotes"), col("change_percent").mean(), (col("day_high") - col("day_low")).max()).sort("bucket")


def weekday_and_hour(silver):
    return silver.group_by(TIME.dt.weekday().alias("weekday"), TIME.dt.hour().alias("hour")).agg(
        pl.len().alias("quotes"), col("change_percent").abs().mean()).sort("weekday", "hour")


def correlation(silver):
    closes = silver.group_by(SYMBOL, DAY).agg(PRICE.mean().alias("price"))
    return closes.join(closes, on="day").filter(SYMBOL < col("symbol_right")).group_by(SYMBOL, "symbol_right").agg(
        pl.corr("price", "price_right").alias("correlation"), pl.len().alias("days")).sort(
        "correlation", "symbol", "symbol_right", descending=[True, False, False]).head(20)


def lag(silver):
    step = (PRICE / PRICE.shift(1) - 1)
    return silver.group_by(SYMBOL).agg(
        step.count().alias("steps"), step.abs().mean().alias("mean"), step.std(ddof=0).alias("deviation")).sort(SYMBOL)


def moving_average(silver):
    average = PRICE.rolling_mean(20, min_samples=1)
    return silver.group_by(SYMBOL).agg(
        (PRICE > average + 0.0007).sum().alias("above"), (PRICE - average).max().alias("farthest")).sort(SYMBOL)


def drawdown(silver):
    return silver.group_by(SYMBOL).agg((PRICE / PRICE.cum_max() - 1).min().alias("drawdown")).sort("drawdown", SYMBOL)


def distinct_counts(silver):
    return silver.group_by(SYMBOL).agg(
        PRICE.n_unique().alias("prices"), TIME.dt.date().n_unique().alias("days")).sort(SYMBOL)


def percentiles(silver):
    return silver.group_by(SYMBOL).agg(
        PRICE.median().alias("median"), col("change_percent").abs().quantile(0.95, "linear")).sort(SYMBOL)


def above_average(silver):
    return silver.group_by(SYMBOL).agg((PRICE > PRICE.mean() + 0.00037).sum().alias("quotes")).select(col("quotes").sum())


def sectors(silver):
    names = silver.select(SYMBOL).unique().with_columns(SYMBOL.cast(pl.String).str.slice(0, 2).alias("sector"))
    return silver.join(names, on="symbol").group_by("sector", DAY).agg(
        pl.len().alias("quotes"), col("change_percent").mean()).sort("sector", "day")


def string_functions(silver):
    text = SYMBOL.cast(pl.String)
    code = pl.concat_str(text.str.slice(1, 1).str.to_lowercase(), pl.lit("-"), text.str.len_chars().cast(pl.String))
    return silver.group_by(code.alias("code")).agg(
        pl.len().alias("quotes"), text.str.contains("A", literal=True).sum().alias("with_a"),
        text.str.replace_all("S", "$$", literal=False).min().alias("first")).sort("code")


def months(silver):
    return silver.group_by(TIME.dt.strftime("%Y-%m").alias("month")).agg(
        SYMBOL.n_unique().alias("symbols"), pl.len().alias("quotes"), col("change_percent").max()).sort("month")


def top_of_all(silver):
    return silver.sort("change_percent", "symbol", "market_timestamp", descending=[True, False, False]).head(100).select(
        SYMBOL, TIME, PRICE, "day_high", "day_low", "change_percent")


def widest(silver):
    return silver.with_columns(col("change_percent").abs().alias("width")).sort(
        "symbol", "width", "market_timestamp", descending=[False, True, False]).group_by(SYMBOL, maintain_order=True).head(5).select(
        SYMBOL, TIME, PRICE, "change_percent").sort("symbol", "market_timestamp")


def exists(silver):
    times = silver.filter(SYMBOL == "AAPL").select(TIME)
    others = silver.filter(SYMBOL == "MSFT").select(TIME)
    return silver.join(times, on="market_timestamp", how="semi").join(others, on="market_timestamp", how="anti").select(pl.len())


def busy_hours(silver):
    return silver.group_by(SYMBOL, TIME.dt.truncate("1h").alias("hour")).agg(
        pl.len().alias("quotes"), (PRICE.max() - PRICE.min()).alias("spread")).filter(col("quotes") > 2).sort(
        "spread", "symbol", "hour", descending=[True, False, False]).head(50)


def weekdays(silver):
    return silver.group_by(SYMBOL).agg(
        *[col("change_percent").filter(TIME.dt.weekday() == day).mean().alias(f"day{day}") for day in range(1, 6)]).sort(SYMBOL)


def directions(silver):
    ups = pl.when(col("change_amount") > 0).then(1).otherwise(-1).sum()
    days = silver.group_by(SYMBOL, DAY).agg(ups.alias("change")).sort("symbol", "day")
    return days.group_by(SYMBOL, maintain_order=True).agg(
        pl.when(col("change") > 0).then(pl.lit("+")).otherwise(pl.lit("-")).str.join("").alias("directions")).sort(SYMBOL)


def gaps(silver):
    gap = TIME.sort().diff().dt.total_seconds()
    return silver.select(gap.max().alias("longest"), gap.mean().alias("mean"))


def deciles(silver):
    # NTILE: the first `rest` tiles have one row more.
    place, count = pl.int_range(pl.len()).over(DAY), pl.len().over(DAY)
    size, rest = count // 10, count % 10
    tile = pl.when(place < rest * (size + 1)).then(place // (size + 1)).otherwise(rest + (place - rest * (size + 1)) // size) + 1
    return silver.sort("current_price", "symbol", "market_timestamp").with_columns(tile.alias("tenth")).group_by("tenth").agg(
        pl.len().alias("quotes"), PRICE.min(), col("change_percent").mean()).sort("tenth")


QUERIES = {
    "01_scan": lambda silver: silver.select(
        pl.len().alias("quotes"), PRICE.sum().alias("sum"), PRICE.min().alias("low"), PRICE.max().alias("high")),
    "03_candlestick_windows": candlestick_windows, "04_candlestick": candlestick, "05_kpi": kpi, "06_treechart": treechart,
    "07_minute_candles": minute_candles, "08_movers": movers, "09_one_symbol_one_hour": one_hour, "10_as_of_join": as_of_join,
    "01_price_buckets": price_buckets, "02_weekday_and_hour": weekday_and_hour, "03_correlation_of_all_pairs": correlation,
    "04_returns_by_lag": lag, "05_moving_average": moving_average, "06_drawdown": drawdown,
    "07_distinct_counts": distinct_counts, "08_percentiles": percentiles, "09_above_own_average": above_average,
    "10_join_with_sectors": sectors, "11_string_functions": string_functions, "12_months_as_text": months,
    "13_top_100_of_all": top_of_all, "14_five_widest_per_symbol": widest, "15_exists_and_not_exists": exists,
    "16_busy_hours": busy_hours, "17_weekdays_as_columns": weekdays, "18_directions_as_list": directions,
    "19_gaps_over_all_rows": gaps, "20_deciles_of_a_day": deciles,
}


def make(folder, database):
    import duckdb

    connection = duckdb.connect(database, read_only=True)
    table = connection.sql("SELECT * FROM silver ORDER BY symbol, market_timestamp").to_arrow_table()
    pl.from_arrow(table).with_columns(col("symbol").cast(pl.Categorical)).write_ipc(os.path.join(folder, "silver.arrow"))
    print(json.dumps({"version": pl.__version__}))


def main(work, folder, threads, rounds="1"):
    if work == "make":
        return make(folder, threads)
    silver = pl.read_ipc(os.path.join(folder, "silver.arrow")).rechunk().lazy()
    for name, _ in json.load(sys.stdin):
        query = QUERIES.get(name.split("/")[1])
        if query is None:
            continue
        try:
            seconds = []
            for _ in range(int(rounds)):
                start = time.monotonic()
                result = query(silver).collect()
                seconds.append(time.monotonic() - start)
            line = {"query": name, "rows": result.rows() if work == "rows" else result.height, "seconds": seconds}
            print(json.dumps(line, default=str), flush=True)
        except pl.exceptions.PolarsError as error:
            print(json.dumps({"query": name, "error": str(error)[:300]}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
