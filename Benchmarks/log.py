#!/usr/bin/env python3
"""The log beside the physical limit and beside SQLite (WAL) and LMDB, on the same records in the same run.

    python3 Benchmarks/log.py [--megabytes 200] [--rounds 3] [--folder DIR]

`tapehouse log bench` measures the log and the limit in turn; the peers append and read the same number of records of the
same sizes, a transaction for each batch, through their C libraries' own loops (executemany, putmulti). "os" leaves the
writing to the operating system, "batch" waits for the disk after each batch. The first run builds tapehouse (release) and
puts the peers into .venv-benchmarks.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import run

PEER = os.path.join(run.PEERS, "log_peer.py")


def peer(python, engine, records, size, per_batch, policy, folder):
    """Appends, reads and single appends of one peer: records per second and µs."""
    path = tempfile.mkdtemp(dir=folder)
    try:
        command = [python, PEER, engine, path, str(records), str(size), str(per_batch), policy]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    finally:
        shutil.rmtree(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=tempfile.gettempdir())
    arguments = parser.parse_args()
    binary, python = run.prepare()
    sizes, batch = (100, 1024), 64 << 10
    command = [binary, "log", "bench", "--json", "--folder", arguments.folder, "--megabytes", str(arguments.megabytes),
               "--rounds", "1"]
    ours, peers = {}, {}
    for _ in range(arguments.rounds):
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for row in map(json.loads, text.splitlines()):
            entry = ours.setdefault(row["name"], {"unit": row["unit"], "values": [], "limits": [], "shares": []})
            entry["values"].append(row["median"])
            if row["limit"] is not None:
                entry["limits"].append(row["limit"])
                entry["shares"].append(row["share"])
        for size in sizes:
            for policy in ("os", "batch"):
                # Waiting for the disk each time, a tenth is enough to tell the rate.
                records = arguments.megabytes * 1_000_000 // size // (1 if policy == "os" else 10)
                for engine in ("sqlite", "lmdb"):
                    result = peer(python, engine, records, size, max(1, batch // size), policy, arguments.folder)
                    for name, value in result.items():
                        peers.setdefault((engine, size, policy, name), []).append(value)

    print("| measured | median | limit | unit | share of the limit |\n|---|---|---|---|---|")
    for name, entry in ours.items():
        limit = f"{statistics.median(entry['limits']):,.0f}" if entry["limits"] else ""
        share = f"{100 * statistics.median(entry['shares']):.0f} %" if entry["shares"] else ""
        value = statistics.median(entry["values"])
        print(f"| {name} | {value:,.{2 if value < 100 else 0}f} | {limit} | {entry['unit']} | {share} |")

    def our(name):
        return statistics.median(ours[name]["values"])

    print("\n| on 64 KiB batches | tapehouse | SQLite WAL | LMDB | tapehouse / SQLite | tapehouse / LMDB |\n|---|---|---|---|---|---|")
    rows = []
    for size in sizes:
        label = f"{size} B in 64 KiB"
        rows.append((f"append {size} B, os, records/s", our(f"produce, os, none, {label}, records"), size, "os", "append"))
        rows.append((f"append {size} B, batch, records/s", our(f"produce, batch, none, {label}") * 1e6 / size, size, "batch", "append"))
        rows.append((f"read {size} B, records/s", our(f"consume records, none, {label}"), size, "os", "read"))
    rows.append(("single append, os, p99 in µs", our("single record acknowledged, os, p99"), 100, "os", "single_p99"))
    rows.append(("single append, batch, p50 in µs", our("single record acknowledged, batch, p50"), 100, "batch", "single_p50"))
    for label, value, size, policy, name in rows:
        sqlite, lmdb = (statistics.median(peers[(engine, size, policy, name)]) for engine in ("sqlite", "lmdb"))
        digits = 1 if value < 1000 else 0
        print(f"| {label} | {value:,.{digits}f} | {sqlite:,.{digits}f} | {lmdb:,.{digits}f} | {value / sqlite:.2f} | {value / lmdb:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
