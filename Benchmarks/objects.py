#!/usr/bin/env python3
"""The object store beside what the file system can do, and beside Rust's object_store and rclone.

    python3 Benchmarks/objects.py [--seconds 0.5] [--rounds 3] [--list 1000000] [--folder DIR]

`tapehouse objects bench` puts, gets and lists objects, in turn with the same files, bytes and waits for the disk without a
store. The peers (obstore on a local folder; `rclone serve s3` over loopback) neither wait for the disk nor check what they
read, so they stand beside the durability `none`. The first run builds tapehouse (release) and puts the peers into
.venv-benchmarks.
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

PEER = os.path.join(run.PEERS, "objects_peer.py")
SIZES = {"4KiB": 4 << 10, "64KiB": 64 << 10, "1MiB": 1 << 20, "64MiB": 64 << 20}


def peer(python, kind, size, threads, arguments, listed=0):
    folder = tempfile.mkdtemp(dir=arguments.folder)
    try:
        command = [python, PEER, kind, folder, str(size), str(threads), str(arguments.seconds)]
        command += [str(listed)] if listed else []
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    finally:
        shutil.rmtree(folder)


def bench(binary, arguments, *options):
    command = [binary, "objects", "bench", "--json", "--dir", arguments.folder, "--seconds", str(arguments.seconds),
               "--rounds", str(arguments.rounds), *options]
    text, _, _, memory = run.measure(command)
    return [json.loads(line) for line in text.splitlines()], memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--list", type=int, default=1_000_000)
    parser.add_argument("--folder", default=tempfile.gettempdir())
    arguments = parser.parse_args()
    binary, python = run.prepare()

    print("| operation | size | durability | threads | a second | MB/s | limit | of the limit |\n|---|---|---|---|---|---|---|---|")
    ours = {}
    for name in SIZES:
        for row in bench(binary, arguments, "--sizes", name, "--list", "0")[0]:
            ours[(row["operation"], row["size"], row["durability"], row["threads"])] = row["per_second"]
            print(f"| {row['operation']} | {name} | {row['durability']} | {row['threads']} | {row['per_second']:,.0f} | "
                  f"{row['per_second'] * row['size'] / 1e6:,.0f} | {row['limit_per_second']:,.0f} | {100 * row['share']:.0f} % |",
                  flush=True)

    print("\n| list | a second | limit | of the limit | peak memory |\n|---|---|---|---|---|")
    listed = {}
    for count in [100_000] + [arguments.list] * (arguments.list > 100_000):
        rows, memory = bench(binary, arguments, "--sizes", "", "--list", str(count))
        row = rows[0]
        listed[count] = row["per_second"]
        print(f"| {count:,} | {row['per_second']:,.0f} | {row['limit_per_second']:,.0f} | {100 * row['share']:.0f} % | "
              f"{memory / 1e6:.0f} MB |", flush=True)

    print("\n| durability none | tapehouse | obstore | rclone | tapehouse / obstore | tapehouse / rclone |\n|---|---|---|---|---|---|")
    for name, size in SIZES.items():
        for threads in (1, 8):
            found = {kind: [peer(python, kind, size, threads, arguments) for _ in range(arguments.rounds)]
                     for kind in ("local", "rclone")}
            for operation, durability in (("put", "none"), ("get", "-")):
                our = ours[(operation, size, durability, threads)]
                local, rclone = (statistics.median(row[operation] for row in found[kind]) for kind in ("local", "rclone"))
                print(f"| {operation} {name}, {threads} threads | {our:,.0f} | {local:,.0f} | {rclone:,.0f} | "
                      f"{our / local:.2f} | {our / rclone:.2f} |", flush=True)
    local = peer(python, "local", 1, 1, arguments, listed=100_000)["list"]
    rclone = peer(python, "rclone", 1, 1, arguments, listed=10_000)["list"]
    our = listed[100_000]
    print(f"| list 100,000 (rclone 10,000) | {our:,.0f} | {local:,.0f} | {rclone:,.0f} | {our / local:.2f} | {our / rclone:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
