"""Compares what the engines of Benchmarks/warehouse.py answer, and prints what was measured as tables of Markdown."""
import math
import re
import statistics

GROUPS = {
    "usual": "Recomputed over silver (and over the raw table where it says so), in ms",
    "kept": "Gold kept as tables, read whole, in ms",
    "adhoc": "Ad hoc, in ms",
}
# Columns that several rows of the raw table with the same time may fill, so that every answer is right.
TIES = {"usual/02_candlestick_windows_raw": (4, 5)}
# Results nearly as large as the table: compared up to a million rows, for Python's sake.
LARGE = {"usual/07_minute_candles"}
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")
NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


def normal(value):
    """A value as all engines could have written it."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return float(value)
    if TIME.fullmatch(value):
        value = value.replace("T", " ")
        return value.rstrip("0").rstrip(".") if "." in value else value
    return float(value) if NUMBER.fullmatch(value) else value


def order(row):
    return [f"{value:.4e}" if isinstance(value, float) else str(value) for value in row]


def difference(left, right):
    """What tells two results apart; nothing if they are the same but for rounding errors."""
    if len(left) != len(right):
        return f"{len(left)} rows and {len(right)}"
    cells, example = 0, ""
    for a, b in zip(sorted(map(lambda row: [normal(value) for value in row], left), key=order),
                    sorted(map(lambda row: [normal(value) for value in row], right), key=order)):
        if len(a) != len(b):
            return f"{len(a)} columns and {len(b)}"
        for x, y in zip(a, b):
            numbers = isinstance(x, float) and isinstance(y, float)
            if not (math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-9) if numbers else x == y):
                cells += 1
                example = example or f"{a} and {b}"
    return f"{cells} cells, as in {example}" if cells else None


def compare(engines, folders, names, count):
    names = ["setup/rows"] + [name for name in names if count <= 1_000_000 or name not in LARGE]
    answers = {engine: engines[engine].rows(folders[engine], names) for engine in engines}
    agreed = 0
    for name in names:
        right = answers["duckdb"][name]
        for engine in engines:
            found = answers[engine].get(name)
            if engine == "duckdb" or found is None:
                continue
            if "error" in found or "error" in right:
                print(f"{name}: {engine} {found.get('error', 'answers')}, duckdb {right.get('error', 'answers')}")
                continue
            left, other = ([[value for place, value in enumerate(row) if place not in TIES.get(name, ())] for row in rows]
                           for rows in (found["rows"], right["rows"]))
            problem = difference(left, other)
            agreed += problem is None
            if problem:
                print(f"{name}: {engine} and duckdb differ: {problem}"[:400])
    print(f"{agreed} results are DuckDB's to 1e-6.\n", flush=True)


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(flush=True)


def milliseconds(seconds):
    if seconds is None:
        return "–"
    value = seconds * 1000
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(peer, our):
    return "–" if peer is None or our is None else f"{peer / our:.2f}" if peer < our * 10 else f"{peer / our:.1f}"


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values))) if values else float("nan")


def print_queries(group, names, engines, times):
    peers = [engine for engine in engines if engine != "tapehouse"]
    rows, ratios = [], {peer: [] for peer in peers}
    for name in names:
        our = times["tapehouse"].get(name)
        for peer in peers:
            if our and times[peer].get(name):
                ratios[peer].append(times[peer][name] / our)
        rows.append([name.split("/")[1].replace("_", " ")[3:]] + [milliseconds(times[engine].get(name)) for engine in engines]
                    + [ratio(times[peer].get(name), our) for peer in peers])
    rows.append(["geometric mean of the ratios"] + [""] * len(engines) + [f"{geometric_mean(ratios[peer]):.2f}" for peer in peers])
    print(f"{GROUPS[group]}:\n")
    table([group] + [engine.replace("_", " ") for engine in engines] + [f"{peer.replace('_', ' ')} / tapehouse" for peer in peers], rows)


def print_runs(title, runs, count, size, total):
    our = statistics.median(run["wall"] for run in runs["tapehouse"])
    rows = []
    for engine, results in runs.items():
        wall = statistics.median(run["wall"] for run in results)
        row = [engine.replace("_", " "), f"{wall:.2f} s", f"{count / wall:,.0f}", f"{size / wall / 1e6:.0f}",
               f"{statistics.median(run['cpu'] for run in results):.2f} s",
               f"{max(run['memory'] for run in results) / 1e6:,.0f} MB"]
        rows.append(row + [f"{wall / our:.2f}"])
    print(f"{title}, medians of {total} rounds:\n")
    table(["engine", "wall", "rows/s", "MB/s", "CPU", "peak memory", "it / tapehouse"], rows)


def print_sizes(engines, folders):
    count = engines["duckdb"].ask("rows", folders["duckdb"], ["usual/01_scan"])["usual/01_scan"]["rows"][0][0]
    rows = []
    for engine, works in engines.items():
        if engine != "polars":
            size = works.silver_bytes(folders[engine])
            rows.append([engine.replace("_", " "), f"{size / 1e6:,.1f} MB", f"{size / count:.2f}"])
    print(f"Silver on the disk, {count:,} rows:\n")
    table(["engine", "bytes", "bytes a row"], rows)


def print_growth(engines, measured):
    """How the times grow with the rows."""
    if len(measured) < 2:
        return
    print("## Growth\n\nIn ms:\n")
    counts = sorted(measured)
    engines = [engine for engine in engines if engine in ("tapehouse", "duckdb")]
    rows = []
    for name in measured[counts[-1]]["tapehouse"]:
        rows.append([name.replace("_", " ")] + [
            milliseconds(measured[count][engine].get(name)) for engine in engines for count in counts])
    table(["query"] + [f"{engine} {count:,}" for engine in engines for count in counts], rows)
