"""ClickHouse, inside of Python (chdb), as a peer of the warehouse: MergeTree tables in a folder, each part synced.

    warehouse_chdb.py make|bench|rows FOLDER THREADS [ROUNDS]

`make` reads [[stage, SQL], …] from standard input, `bench` and `rows` read [[query, SQL], …]; all print lines of JSON.
"""
import json
import os
import sys
import time

import chdb
from chdb import session


def connect(folder, threads):
    connection = session.Session(os.path.join(folder, "chdb"))
    connection.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
    connection.query("USE bench")
    connection.query(f"SET max_threads = {threads}, session_timezone = 'UTC'")
    return connection


def statements(text):
    return [part for part in (part.strip() for part in text.split(";\n")) if part]


def size(folder):
    total = 0
    for directory, _, files in os.walk(folder):
        total += sum(os.path.getsize(os.path.join(directory, file)) for file in files)
    return total


def make(folder, threads, given):
    connection = connect(folder, threads)
    for stage, sql in given:
        start = time.monotonic()
        for statement in statements(sql + "\n"):
            connection.query(statement)
        print(json.dumps({"stage": stage, "seconds": time.monotonic() - start}), flush=True)
    parts = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'silver'"
    silver = int(str(connection.query(parts, "TabSeparated")).strip() or 0)
    connection.close()
    print(json.dumps({"version": chdb.__version__, "bytes": size(folder), "silver": silver}))


def bench(folder, threads, queries, rounds):
    connection = connect(folder, threads)
    for name, sql in queries:
        seconds = []
        try:
            for _ in range(rounds):
                start = time.monotonic()
                # The format Null makes all rows and drops them.
                connection.query(sql, "Null")
                seconds.append(time.monotonic() - start)
            print(json.dumps({"query": name, "seconds": seconds}), flush=True)
        except RuntimeError as error:
            print(json.dumps({"query": name, "error": str(error)[:300]}), flush=True)


def rows(folder, threads, queries):
    connection = connect(folder, threads)
    for name, sql in queries:
        try:
            lines = str(connection.query(sql, "JSONCompactEachRow")).splitlines()
            print(json.dumps({"query": name, "rows": [json.loads(line) for line in lines if line]}), flush=True)
        except RuntimeError as error:
            print(json.dumps({"query": name, "error": str(error)[:300]}), flush=True)


def main(work, folder, threads, rounds="1"):
    given = json.load(sys.stdin)
    if work == "make":
        make(folder, int(threads), given)
    elif work == "bench":
        bench(folder, int(threads), given, int(rounds))
    else:
        rows(folder, int(threads), given)


if __name__ == "__main__":
    main(*sys.argv[1:])
