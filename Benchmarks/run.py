#!/usr/bin/env python3
"""Runs the benchmarks: tapehouse and its peers on the same input, in turn, and prints the ratios.

    python3 Benchmarks/run.py [--rows 1000000] [--rounds 3]

The first run builds tapehouse (release) and puts the peers into a virtual environment, .venv-benchmarks.
"""
import argparse
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv-benchmarks")
PEERS = os.path.join(ROOT, "Benchmarks", "peers")
THREADS = 2
TABLES = ("gold_kpi", "gold_candlestick", "gold_treechart")


def prepare(binary=None):
    """Builds tapehouse, unless a built one is given, and installs the peers; the paths of it and of the peers' Python."""
    if binary is None:
        subprocess.run(["swift", "build", "-c", "release", "--product", "tapehouse"], cwd=ROOT, check=True)
        folder = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, check=True,
                                capture_output=True, text=True).stdout.strip()
        binary = os.path.join(folder, "tapehouse")
    python = os.path.join(VENV, "bin", "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", os.path.join(PEERS, "requirements.txt")], check=True)
    return os.path.abspath(binary), python


def measure(command):
    """Runs a command; its standard output, wall seconds, CPU seconds and peak memory in bytes."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}")
        output.seek(0)
        text = output.read()
    unit = 1 if platform.system() == "Darwin" else 1024
    return text, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit


def tapehouse(binary, recording, folder):
    text, wall, cpu, memory = measure([binary, "replay", recording, "--data-dir", os.path.join(folder, "data"), "--json"])
    summary = json.loads(text)
    gold = {table: [list(row.values()) for row in summary[table]] for table in TABLES}
    stages = {stage["stage"]: stage for stage in summary["stages"]}
    disk = sum(summary["disk_bytes"].values())
    return {"wall": wall, "cpu": cpu, "memory": memory, "disk": disk, "gold": gold, "stages": stages}


def peer(python, name, recording, folder):
    command = [python, os.path.join(PEERS, f"{name}_peer.py"), recording, os.path.join(folder, "peer.db"), str(THREADS)]
    text, _, cpu, memory = measure(command)
    result = json.loads(text)
    # A peer's own clock leaves out the start of Python and the import of its module.
    return {"wall": result["seconds"], "cpu": cpu, "memory": memory, "disk": result["bytes"], "gold": result["gold"],
            "stages": result["stages"], "version": result["version"]}


def differences(left, right):
    """How many cells of two sets of gold tables differ by more than rounding errors."""
    count = 0
    for table in TABLES:
        if len(left[table]) != len(right[table]):
            return f"{table} has {len(left[table])} and {len(right[table])} rows"
        for a, b in zip(left[table], right[table]):
            for x, y in zip(a, b):
                same = x == y or (isinstance(x, (int, float)) and isinstance(y, (int, float))
                                  and math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-6))
                count += not same
    return count


def table(header, rows):
    widths = [max(len(str(row[column])) for row in [header] + rows) for column in range(len(header))]
    for row in [header, ["-" * width for width in widths]] + rows:
        print("  ".join(str(cell).ljust(width) if column == 0 else str(cell).rjust(width)
                        for column, (cell, width) in enumerate(zip(row, widths))).rstrip())
    print()


def median(runs, *keys):
    def value(run):
        for key in keys:
            run = run[key]
        return run
    return statistics.median(value(run) for run in runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--binary", help="a tapehouse that is built already")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    binary, python = prepare(arguments.binary)
    work = tempfile.mkdtemp(prefix="tapehouse-benchmark-")
    try:
        recording = os.path.join(work, "quotes.ndjson")
        subprocess.run([binary, "simulate", "--rows", str(arguments.rows), "--symbols", str(arguments.symbols),
                        "--days", str(arguments.days), "--dirty", "2", "--output", recording], check=True)
        size = os.path.getsize(recording)
        print(f"replay of {arguments.rows:,} simulated quotes, {size / 1e6:.1f} MB of NDJSON, {arguments.symbols} symbols, "
              f"{arguments.days} days, 2 % dirty; {arguments.rounds} rounds in turn, medians\n", flush=True)
        runs = {"tapehouse": [], "duckdb": [], "sqlite": []}
        for _ in range(arguments.rounds):
            for name, results in runs.items():
                with tempfile.TemporaryDirectory(dir=work) as folder:
                    results.append(tapehouse(binary, recording, folder) if name == "tapehouse"
                                   else peer(python, name, recording, folder))
        report(runs, arguments.rows, size)
    finally:
        shutil.rmtree(work)


def report(runs, rows, size):
    stages = []
    for name in ("produce", "sink", "load", "build"):
        seconds = median(runs["tapehouse"], "stages", name, "seconds")
        stages.append([name, f"{seconds:.2f} s", f"{rows / seconds:,.0f}", f"{size / seconds / 1e6:.0f}"])
    wall = median(runs["tapehouse"], "wall")
    stages.append(["whole process", f"{wall:.2f} s", f"{rows / wall:,.0f}", f"{size / wall / 1e6:.0f}"])
    print("tapehouse, stage by stage")
    table(["stage", "time", "rows/s", "MB/s"], stages)
    rows_of_peers = []
    for name, results in runs.items():
        label = name if name == "tapehouse" else f"{name} {results[0]['version']}"
        rows_of_peers.append([
            label, f"{median(results, 'wall'):.2f} s", f"{median(results, 'cpu'):.2f} s",
            f"{median(results, 'memory') / 1e6:.0f} MB", f"{median(results, 'disk') / 1e6:.0f} MB",
            f"{wall / median(results, 'wall'):.2f}"])
    print(f"NDJSON to the three gold tables, durable; tapehouse with log and objects, the peers ({THREADS} threads) without")
    table(["engine", "wall", "CPU", "peak memory", "on disk", "tapehouse / it"], rows_of_peers)
    for name in ("duckdb", "sqlite"):
        print(f"gold cells that differ from {name}'s: {differences(runs['tapehouse'][0]['gold'], runs[name][0]['gold'])}")


if __name__ == "__main__":
    main()
