"""DuckDB as a peer of the warehouse: one database file, checkpointed.

    warehouse_duckdb.py make|bench|rows FOLDER THREADS [ROUNDS]

`make` reads [[stage, SQL], …] from standard input, `bench` and `rows` read [[query, SQL], …]; all print lines of JSON.
"""
import json
import os
import sys
import time

import duckdb


def connect(folder, threads, read_only):
    path = os.path.join(folder, "duckdb.db")
    return duckdb.connect(path, read_only=read_only, config={"threads": threads, "preserve_insertion_order": False})


def make(folder, threads, statements):
    connection = connect(folder, threads, False)
    for stage, sql in statements:
        start = time.monotonic()
        connection.execute(sql)
        print(json.dumps({"stage": stage, "seconds": time.monotonic() - start}), flush=True)
    start = time.monotonic()
    connection.execute("CHECKPOINT")
    print(json.dumps({"stage": "checkpoint", "seconds": time.monotonic() - start}))
    connection.close()
    print(json.dumps({"version": duckdb.__version__, "bytes": os.path.getsize(os.path.join(folder, "duckdb.db"))}))


def drop(connection, sql):
    """Runs a query to its last row, taking the rows as Arrow batches, which is next to nothing on top of making them."""
    return sum(batch.num_rows for batch in connection.sql(sql).to_arrow_reader(100_000))


def bench(folder, threads, queries, rounds):
    connection = connect(folder, threads, True)
    for name, sql in queries:
        seconds = []
        try:
            for _ in range(rounds):
                start = time.monotonic()
                rows = drop(connection, sql)
                seconds.append(time.monotonic() - start)
            print(json.dumps({"query": name, "rows": rows, "seconds": seconds}), flush=True)
        except duckdb.Error as error:
            print(json.dumps({"query": name, "error": str(error)}), flush=True)


def rows(folder, threads, queries):
    connection = connect(folder, threads, True)
    for name, sql in queries:
        try:
            result = connection.execute(sql).fetchall()
            print(json.dumps({"query": name, "rows": result}, default=str), flush=True)
        except duckdb.Error as error:
            print(json.dumps({"query": name, "error": str(error)}), flush=True)


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
