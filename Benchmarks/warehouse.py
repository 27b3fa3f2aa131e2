#!/usr/bin/env python3
"""Measures the warehouse beside its peers: loading, the way from NDJSON to gold, queries, sizes and memory.

    python3 Benchmarks/warehouse.py [--rows 100000 --rows 1000000 --rows 10000000] [--rounds 5] [--only candle]

The first run builds tapehouse (release) and puts the peers into a virtual environment, .venv-benchmarks. Engines take turns:
in each round every one of them runs the whole list of queries in a process of its own, each query once to warm up and
then three times. The queries lie in Benchmarks/queries: tapehouse takes `NAME.sql`, a peer `NAME.PEER.sql` where there is one.
"""
import argparse
import json
import math
import os
import platform
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from run import PEERS, ROOT, THREADS, prepare

QUERIES = os.path.join(ROOT, "Benchmarks", "queries")
GROUPS = {
    "usual": "Recomputed over silver (and over the raw table where it says so), in ms",
    "kept": "Gold kept as tables, read whole, in ms",
    "adhoc": "Ad hoc, in ms",
}
GOLD = {"gold_candlestick": "usual/04_candlestick", "gold_kpi": "usual/05_kpi", "gold_treechart": "usual/06_treechart"}
# Columns that several rows of the raw table with the same time may fill, so that every answer is right.
TIES = {"usual/02_candlestick_windows_raw": (4, 5)}
ENGINES = ("tapehouse", "duckdb", "duckdb_sorted", "chdb", "polars")
REPEATS = 3


def query_text(name, engine):
    """The SQL of a query in an engine's dialect."""
    for dialect in (engine, engine.split("_")[0]):
        path = os.path.join(QUERIES, f"{name}.{dialect}.sql")
        if os.path.exists(path):
            break
    else:
        path = os.path.join(QUERIES, f"{name}.sql")
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def query_names(only):
    names = []
    for group in GROUPS:
        for file in sorted(os.listdir(os.path.join(QUERIES, group))):
            name = f"{group}/{file.split('.')[0]}"
            if name not in names and (only is None or re.search(only, name)):
                names.append(name)
    return names


def run(command, text="", check=True):
    """Runs a command with `text` as its input; its output, wall and CPU seconds, peak memory in bytes and exit status."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as given:
        given.write(text)
        given.seek(0)
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=given, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        result = output.read()
    if check and process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    unit = 1 if platform.system() == "Darwin" else 1024
    return result, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, process.returncode


def clean(recording):
    """The recording without its malformed lines."""
    return recording.removesuffix(".ndjson") + ".clean.ndjson"


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


class Tapehouse:
    def __init__(self, binary):
        self.binary = binary
        self.version = ""

    def command(self, folder, *options):
        return [self.binary, "sql", "--data-dir", os.path.join(folder, "data"), "--threads", str(THREADS), *options]

    def stages(self, recording, only_raw):
        place, file = os.path.split(recording)
        raw = query_text("setup/raw", "tapehouse").replace("$folder", place).replace("$file", file)
        if only_raw:
            return [("raw", raw)]
        gold = "".join(f"CREATE OR REPLACE TABLE {table} AS {query_text(name, 'tapehouse')};\n" for table, name in GOLD.items())
        return [("raw", raw), ("silver", query_text("setup/silver", "tapehouse")), ("gold", gold)]

    def make(self, folder, recording, only_raw=False):
        """Loads a recording with SQL alone, each stage a process."""
        seconds = {}
        for stage, sql in self.stages(recording, only_raw):
            _, seconds[stage], cpu, memory, _ = run(self.command(folder, "--write"), sql)
        return {"seconds": seconds, "wall": sum(seconds.values()), "cpu": cpu, "memory": memory}

    def pipeline(self, folder, recording):
        """`tapehouse replay`: log, objects, raw, silver, gold."""
        _, wall, cpu, memory, _ = run([self.binary, "replay", recording, "--data-dir", os.path.join(folder, "data"), "--json"])
        path = os.path.join(folder, "data", "warehouse.db")
        return {"wall": wall, "cpu": cpu, "memory": memory, "bytes": os.path.getsize(path)}

    def silver_bytes(self, folder):
        """What the table's segments take on the disk, in whole pages."""
        with sqlite3.connect(os.path.join(folder, "data", "warehouse.db")) as connection:
            return connection.execute(
                "SELECT sum((BYTE_COUNT + 8191) / 8192 * 8192) FROM TH_SEGMENTS JOIN TH_OBJECTS USING (TABLE_ID) WHERE NAME = 'SILVER'"
            ).fetchone()[0] or 0

    def bench(self, folder, names, rounds):
        found = {}
        rest = list(names)
        while rest:
            script = "".join(query_text(name, "tapehouse") + ";\n" for name in rest)
            text, *_ = run(self.command(folder, "--bench", str(rounds)), script, check=False)
            measured = lines_of(text)
            found.update({name: line for name, line in zip(rest, measured)})
            if len(measured) < len(rest):
                found[rest[len(measured)]] = {"error": "failed"}
            rest = rest[len(measured) + 1:]
        return found

    def rows(self, folder, names):
        found = {}
        for name in names:
            text, _, _, _, status = run(self.command(folder, "--json"), query_text(name, "tapehouse"), check=False)
            found[name] = {"error": "failed"} if status else {"rows": [list(row.values()) for row in json.loads(text or "[]")]}
        return found


class Peer:
    def __init__(self, python, name):
        self.name = name
        self.command = [python, os.path.join(PEERS, f"warehouse_{name.split('_')[0]}.py")]
        self.version = ""

    def make(self, folder, recording, only_raw=False):
        # A malformed line costs ClickHouse 3 ms and the good line behind it: it is given the file without them.
        place, file = os.path.split(clean(recording) if self.name == "chdb" else recording)
        stages = [["raw", query_text("setup/raw", self.name).replace("$folder", place).replace("$file", file)]]
        if not only_raw:
            stages.append(["silver", query_text("setup/silver", self.name)])
            for table, name in GOLD.items():
                sql = query_text(name, self.name)
                kind = "CREATE OR REPLACE TABLE" + (f" {table} ENGINE = MergeTree ORDER BY symbol" if self.name == "chdb" else f" {table}")
                stages.append([table, f"{kind} AS {sql}"])
        text, _, cpu, memory, _ = run(self.command + ["make", folder, str(THREADS)], json.dumps(stages))
        result = {"seconds": {}, "cpu": cpu, "memory": memory}
        for line in lines_of(text):
            if "stage" in line:
                result["seconds"][line["stage"]] = line["seconds"]
            else:
                result.update(line)
        self.version = result["version"]
        # A peer's own clock leaves out the start of Python and the import of its module.
        result["wall"] = sum(result["seconds"].values())
        return result

    pipeline = make

    def silver_bytes(self, folder):
        if self.name == "chdb":
            return self.made["silver"]
        # DuckDB does not tell a table's bytes: a file of its own does.
        script = (
            "import duckdb,os,sys;c=duckdb.connect(sys.argv[2]);c.execute(\"ATTACH '\"+sys.argv[1]+\"' AS whole (READ_ONLY)\");"
            "c.execute('SET threads=1;CREATE TABLE silver AS SELECT * FROM whole.silver;CHECKPOINT');c.close();"
            "print(os.path.getsize(sys.argv[2]))")
        text, *_ = run([self.command[0], "-c", script, os.path.join(folder, "duckdb.db"), os.path.join(folder, "silver.db")])
        return int(text)

    def ask(self, work, folder, names, *options):
        given = json.dumps([[name, query_text(name, self.name)] for name in names])
        text, _, _, _, status = run(self.command + [work, folder, str(THREADS), *options], given, check=False)
        if status:
            print(f"{self.name} ended with {status}", file=sys.stderr)
        found = {line["query"]: line for line in lines_of(text)}
        return {name: found.get(name, {"error": "no answer"}) for name in names}

    def bench(self, folder, names, rounds):
        return self.ask("bench", folder, names, str(rounds))

    def rows(self, folder, names):
        return self.ask("rows", folder, names)


class Polars(Peer):
    def make(self, folder, database):
        text, *_ = run(self.command + ["make", folder, database])
        self.version = lines_of(text)[0]["version"]

    def ask(self, work, folder, names, *options):
        return {name: line for name, line in super().ask(work, folder, names, *options).items() if line.get("error") != "no answer"}


# MARK: Comparing

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


def compare(engines, folders, names):
    names = ["setup/rows"] + names
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


# MARK: Printing

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


# MARK: Measuring

def measure_runs(engines, work, recording, rounds, body):
    runs = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            with tempfile.TemporaryDirectory(dir=work) as folder:
                runs[engine].append(body(engines[engine], folder))
    return runs


def measure_queries(engines, folders, names, rounds):
    """Medians in seconds by engine and query."""
    samples = {engine: {name: [] for name in names} for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            for name, line in engines[engine].bench(folders[engine], names, REPEATS + 1).items():
                samples[engine][name] += line.get("seconds", [])[1:]
    return {engine: {name: statistics.median(times) for name, times in found.items() if times} for engine, found in samples.items()}


def make_stores(engines, work, recording):
    """A store of each engine with raw, silver and gold tables, to be asked."""
    folders = {}
    for engine, works in engines.items():
        folders[engine] = folder = os.path.join(work, engine)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        if engine == "polars":
            works.make(folder, os.path.join(folders["duckdb"], "duckdb.db"))
        else:
            works.made = works.make(folder, recording)
            stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in works.made["seconds"].items())
            print(f"{engine} {works.version}: {stages}", file=sys.stderr, flush=True)
    return folders


def measure(arguments, engines, work, rows):
    recording = os.path.join(work, f"{rows}.ndjson")
    subprocess.run([engines["tapehouse"].binary, "simulate", "--rows", str(rows), "--symbols", str(arguments.symbols), "--days",
                    str(arguments.days), "--dirty", "2", "--output", recording], check=True)
    if "chdb" in engines:
        # What is malformed in a simulated recording is cut off before its end.
        with open(recording, "rb") as lines, open(clean(recording), "wb") as good:
            good.writelines(line for line in lines if line.endswith(b"}\n"))
    size = os.path.getsize(recording)
    print(f"## {rows:,} quotes, {size / 1e6:.1f} MB of NDJSON, {arguments.symbols} symbols, {arguments.days} days, 2 % dirty\n", flush=True)
    loaders = {name: works for name, works in engines.items() if name not in ("polars", "duckdb_sorted")}
    if "load" in arguments.parts:
        runs = measure_runs(loaders, work, recording, arguments.loads,
                            lambda works, folder: works.make(folder, recording, only_raw=True))
        print_runs("NDJSON to the raw table, durable", runs, rows, size, arguments.loads)
    if "pipeline" in arguments.parts:
        runs = measure_runs(loaders, work, recording, arguments.loads, lambda works, folder: works.pipeline(folder, recording))
        print_runs("NDJSON to the three gold tables, durable; tapehouse with log and objects, the peers without", runs, rows, size,
                   arguments.loads)
    times = {}
    if "queries" in arguments.parts:
        folders = make_stores(engines, work, recording)
        names = query_names(arguments.only)
        if not arguments.unchecked:
            compare(engines, folders, names)
        times = measure_queries(engines, folders, names, arguments.rounds)
        for group in GROUPS:
            chosen = [name for name in names if name.startswith(group + "/")]
            if chosen:
                print_queries(group, chosen, list(engines), times)
        if "sizes" in arguments.parts:
            print_sizes(engines, folders)
    for path in (recording, clean(recording)):
        if os.path.exists(path):
            os.unlink(path)
    return times


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, action="append", help="how many quotes; may be given several times (10,000,000)")
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5, help="of the queries")
    parser.add_argument("--loads", type=int, default=3, help="rounds of loading and of the whole way")
    parser.add_argument("--only", help="a regular expression that names of queries must match, such as adhoc/ or candle")
    parser.add_argument("--parts", default="load,pipeline,queries,sizes", type=lambda text: text.split(","))
    parser.add_argument("--engines", default=",".join(ENGINES), type=lambda text: text.split(","))
    parser.add_argument("--unchecked", action="store_true", help="do not compare the results")
    parser.add_argument("--binary", help="a tapehouse that is built already")
    parser.add_argument("--folder", help="where to work; kept")
    arguments = parser.parse_args()
    binary, python = prepare(arguments.binary)
    engines = {}
    for name in arguments.engines:
        engines[name] = Tapehouse(binary) if name == "tapehouse" else Polars(python, name) if name == "polars" else Peer(python, name)
    work = arguments.folder or tempfile.mkdtemp(prefix="tapehouse-benchmark-")
    os.makedirs(work, exist_ok=True)
    try:
        measured = {rows: measure(arguments, engines, work, rows) for rows in arguments.rows or [10_000_000]}
        if "queries" in arguments.parts:
            print_growth(list(engines), measured)
        print("Versions: " + ", ".join(f"{name} {works.version}" for name, works in engines.items() if works.version))
    finally:
        if not arguments.folder:
            shutil.rmtree(work)


if __name__ == "__main__":
    main()
