#!/usr/bin/env python3
"""Appends and reads records with SQLite (WAL) or LMDB; prints records per second and single appends' µs as JSON.

    log_peer.py sqlite|lmdb FOLDER RECORDS SIZE PER_BATCH os|batch
"""
import json
import os
import sqlite3
import sys
import time


def values(size):
    pool = []
    for number in range(4096):
        text = b""
        while len(text) < size:
            text += b'{"c":%d.%02d,"symbol":"S%d","t":%d}' % (number % 977, number % 89, number % 500, 1704205800 + number)
        pool.append(text[:size])
    return pool


class SQLite:
    def __init__(self, folder, waits):
        self.connection = sqlite3.connect(os.path.join(folder, "log.db"), isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = " + ("FULL" if waits else "OFF"))
        self.connection.execute("CREATE TABLE log (offset INTEGER PRIMARY KEY, value BLOB NOT NULL)")

    def append(self, rows):
        self.connection.execute("BEGIN")
        self.connection.executemany("INSERT INTO log VALUES (?, ?)", rows)
        self.connection.execute("COMMIT")

    def read(self):
        count = 0
        for _ in self.connection.execute("SELECT value FROM log ORDER BY offset"):
            count += 1
        return count


class LMDB:
    def __init__(self, folder, waits):
        import lmdb
        self.environment = lmdb.open(folder, map_size=1 << 36, sync=waits, metasync=waits, lock=False)

    def append(self, rows):
        with self.environment.begin(write=True) as transaction:
            pairs = [(offset.to_bytes(8, "big"), value) for offset, value in rows]
            transaction.cursor().putmulti(pairs, append=True)

    def read(self):
        count = 0
        with self.environment.begin(buffers=True) as transaction:
            for _ in transaction.cursor().iternext(keys=False):
                count += 1
        return count


def main():
    engine, folder, records, size, per_batch, policy = sys.argv[1:]
    records, size, per_batch = int(records), int(size), int(per_batch)
    store = {"sqlite": SQLite, "lmdb": LMDB}[engine](folder, policy == "batch")
    pool = values(size)
    start = time.perf_counter()
    for first in range(0, records, per_batch):
        store.append([(offset, pool[offset & 4095]) for offset in range(first, min(first + per_batch, records))])
    appended = time.perf_counter()
    assert store.read() == records
    read = time.perf_counter()
    times = []
    for number in range(5000 if policy == "os" else 500):
        before = time.perf_counter()
        store.append([(records + number, pool[0])])
        times.append(time.perf_counter() - before)
    times.sort()
    print(json.dumps({"append": records / (appended - start), "read": records / (read - appended),
                      "single_p50": times[len(times) // 2] * 1e6, "single_p99": times[len(times) * 99 // 100] * 1e6}))


main()
