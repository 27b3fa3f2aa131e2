#!/usr/bin/env python3
"""Computes the gold tables of recordings, independently of the project: Python's standard library alone.

    python3 expected.py simulated.ndjson dirty.ndjson --write expected

It follows the meaning of the models as their users state it, row by row, and shares no code with the warehouse.
Writes gold_kpi.csv, gold_candlestick.csv, gold_treechart.csv, rejects.csv and counts.csv into the folder.
"""
import csv
import datetime
import decimal
import json
import math
import os
import sys

NUMBERS = ("c", "d", "dp", "h", "l", "o", "pc", "t", "fetched_at")
TIME_MAX = 253402300799
decimal.getcontext().prec = 60


def forbid(name):
    raise ValueError(name)


def number(value):
    """A JSON value as a float (or int), as a cast would take it; ValueError where it is no number."""
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        result = value
    elif isinstance(value, str) and value and all(ch in "+-.eE0123456789" for ch in value):
        result = int(value) if value.lstrip("-").isdigit() else float(value)
    else:
        raise ValueError("no number")
    if result is not None and not math.isfinite(float(result)):
        raise ValueError("out of range")
    return result


def parse(line):
    """A quote as a dictionary, or ValueError."""
    quote = json.loads(line.decode("utf-8"), parse_constant=forbid)
    if not isinstance(quote, dict):
        raise ValueError("no object")
    symbol = quote.get("symbol")
    if not isinstance(symbol, str) or not symbol:
        raise ValueError("no symbol")
    symbol.encode("utf-8")
    row = {key: number(quote.get(key)) for key in NUMBERS}
    for key in ("t", "fetched_at"):
        if row[key] is not None and not 0 <= row[key] <= TIME_MAX:
            raise ValueError("time out of range")
    row["symbol"] = symbol
    return row


def timestamp(seconds):
    if seconds is None:
        return None
    text = datetime.datetime.fromtimestamp(math.floor(seconds), datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    return text + f"{seconds % 1:.3f}"[1:] if seconds % 1 else text


def rounded(value, places):
    """The decimal number that is written, rounded half away from zero."""
    if value is None:
        return None
    quantum = decimal.Decimal(1).scaleb(-places)
    return float(decimal.Decimal(repr(float(value))).quantize(quantum, rounding=decimal.ROUND_HALF_UP))


def objects(line):
    """The objects of a line that has one or several, with commas behind them or not, or else the line."""
    try:
        text, place, found = line.decode("utf-8"), 0, []
        while place < len(text):
            end = json.JSONDecoder().raw_decode(text, place)[1]
            found.append(text[place:end].encode("utf-8"))
            place = end
            while place < len(text) and text[place] in " \t,":
                place += 1
        return found if all(piece.startswith(b"{") for piece in found) else [line]
    except (ValueError, RecursionError):
        return [line]


def read(paths):
    raw, rejects, blank = 0, [], 0
    silver = {}
    for path in paths:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        for line_number, line in enumerate(lines, 1):
            line = line.removesuffix(b"\r")
            if not line.strip(b" \t"):
                blank += 1
                continue
            for piece in objects(line):
                try:
                    row = parse(piece)
                except (ValueError, RecursionError):
                    rejects.append((os.path.basename(path), line_number))
                    continue
                raw += 1
                if row["c"] is None or row["c"] == 0 or not row["t"]:
                    continue
                key = (row["symbol"], timestamp(row["t"]))
                order = (timestamp(row["fetched_at"]) or "", raw)
                if key not in silver or order > silver[key][0]:
                    silver[key] = (order, row)
    return silver, raw, rejects, blank


def mean(values):
    return math.fsum(values) / len(values)


def gold(silver):
    by_symbol = {}
    for (symbol, time), (order, row) in sorted(silver.items()):
        by_symbol.setdefault(symbol, []).append((time, order[0], row))
    latest_day = max(time for _, time in silver)[:10]
    kpi, candles, tiles = [], [], []
    for symbol, rows in by_symbol.items():
        last = max(rows, key=lambda entry: (entry[1], entry[0]))[2]
        kpi.append((symbol, float(last["c"]), last["d"], rounded(last["dp"], 4)))
        days = {}
        for time, _, row in rows:
            days.setdefault(time[:10], []).append(row)
        for day in sorted(days)[-12:]:
            of_day = days[day]
            lows = [rounded(row["l"], 2) for row in of_day if row["l"] is not None]
            highs = [rounded(row["h"], 2) for row in of_day if row["h"] is not None]
            candles.append((
                symbol, day, min(lows, default=None), max(highs, default=None), float(of_day[0]["c"]),
                float(of_day[-1]["c"]), mean([float(row["c"]) for row in of_day])))
        if latest_day in days:
            prices = [float(row["c"]) for _, _, row in rows]
            average = mean(prices)
            deviation = math.sqrt(math.fsum((price - average) ** 2 for price in prices) / len(prices))
            tiles.append((
                symbol, mean([float(row["c"]) for row in days[latest_day]]), deviation,
                deviation / average if average else None))
    return kpi, candles, tiles


def write(folder, name, header, rows):
    with open(os.path.join(folder, name), "w", newline="") as file:
        output = csv.writer(file, lineterminator="\n")
        output.writerow(header)
        for row in rows:
            output.writerow(["" if cell is None else repr(cell) if isinstance(cell, float) else cell for cell in row])


def main(arguments):
    if len(arguments) < 3 or arguments[-2] != "--write":
        sys.exit(__doc__)
    paths, folder = arguments[:-2], arguments[-1]
    silver, raw, rejects, blank = read(paths)
    kpi, candles, tiles = gold(silver)
    os.makedirs(folder, exist_ok=True)
    write(folder, "gold_kpi.csv", ("symbol", "current_price", "change_amount", "change_percent"), kpi)
    write(folder, "gold_candlestick.csv",
          ("symbol", "candle_time", "candle_low", "candle_high", "candle_open", "candle_close", "trend_line"), candles)
    write(folder, "gold_treechart.csv", ("symbol", "avg_price", "volatility", "relative_volatility"), tiles)
    write(folder, "rejects.csv", ("file", "line"), rejects)
    write(folder, "counts.csv", ("raw", "silver", "rejects", "blank"), [(raw, len(silver), len(rejects), blank)])


if __name__ == "__main__":
    main(sys.argv[1:])
