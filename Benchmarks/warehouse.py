#!/usr/bin/env python3
"""Measures the warehouse beside its peers: loading, the way from NDJSON to gold, queries, sizes and memory.

    python3 Benchmarks/warehouse.py [--rows 100000 --rows 1000000 --rows 10000000] [--rounds 5] [--only candle]

The first run builds tapehouse (release) and puts the peers into a virtual environment, .venv-benchmarks. Engines take turns:
in each round every one of them runs the whole list of queries in a process of its own, each query once to warm up and
then three times. The queries lie in Benchmarks/queries: tapehouse takes `NAME.sql`, a peer `NAME.PEER.sql` where there is one.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from run import prepare
from warehouse_engines import QUERIES, Peer, Polars, Tapehouse, clean
from warehouse_report import GROUPS, compare, print_growth, print_queries, print_runs, print_sizes

ENGINES = ("tapehouse", "duckdb", "duckdb_sorted", "chdb", "polars")
REPEATS = 3


def query_names(only):
    names = []
    for group in GROUPS:
        for file in sorted(os.listdir(os.path.join(QUERIES, group))):
            name = f"{group}/{file.split('.')[0]}"
            if name not in names and (only is None or re.search(only, name)):
                names.append(name)
    return names


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
            compare(engines, folders, names, rows)
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
