#!/usr/bin/env python3
"""Answers queries with DuckDB and with SQLite, as an oracle for the tests.

    sql_oracle.py QUERIES.json ANSWERS.txt

The file has `tables`: name, columns as [name, DuckDB's type, SQLite's type], rows of texts or nulls (or, as `making`, a
statement for DuckDB that makes it); and `queries`, each
with its text for DuckDB and, where that can be said, for SQLite. For each query and engine the answers have a line
`= NUMBER ENGINE ROWS` with the rows below, or `! NUMBER ENGINE MESSAGE`. Values are parted by tabs; a letter says what a
value is: i integer, d decimal, f float, s text, b boolean, D date, T timestamp, n NULL.
"""
import datetime
import decimal
import json
import sqlite3
import sys

import duckdb


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def shown(value):
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "bTRUE" if value else "bFALSE"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, decimal.Decimal):
        return f"d{value:f}"
    if isinstance(value, float):
        return f"f{value!r}"
    if isinstance(value, datetime.datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S")
        return "T" + text.rjust(19, "0") + (f".{value.microsecond:06}" if value.microsecond else "")
    if isinstance(value, datetime.date):
        return "D" + value.isoformat()
    return "s" + str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


class Duck:
    name = "duckdb"

    def __init__(self):
        self.connection = duckdb.connect(config={"threads": 1})

    def create(self, table):
        if table["making"]:
            self.connection.execute(table["making"])
            return
        columns = ", ".join(f"{name} {duck}" for name, duck, _ in table["columns"])
        self.connection.execute(f"CREATE TABLE {table['name']}({columns})")
        rows = table["rows"]
        for start in range(0, len(rows), 200):
            values = ", ".join(
                "(" + ", ".join(
                    "NULL" if value is None else f"CAST({quoted(value)} AS {duck})"
                    for value, (_, duck, _) in zip(row, table["columns"])) + ")"
                for row in rows[start:start + 200])
            self.connection.execute(f"INSERT INTO {table['name']} VALUES {values}")

    def answer(self, query):
        return self.connection.execute(query).fetchall()


class Lite:
    name = "sqlite"

    def __init__(self):
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute("PRAGMA case_sensitive_like = ON")

    def create(self, table):
        columns = ", ".join(f"{name} {lite}" for name, _, lite in table["columns"])
        self.connection.execute(f"CREATE TABLE {table['name']}({columns})")

        def converted(value, kind):
            if value is None or kind == "TEXT":
                return value
            return float(value) if kind == "REAL" else int(value)

        self.connection.executemany(
            f"INSERT INTO {table['name']} VALUES ({', '.join('?' for _ in table['columns'])})",
            [[converted(value, kind) for value, (_, _, kind) in zip(row, table["columns"])] for row in table["rows"]])

    def answer(self, query):
        return self.connection.execute(query).fetchall()


with open(sys.argv[1], encoding="utf-8") as file:
    work = json.load(file)
engines = [(Duck(), "duck"), (Lite(), "lite")]
for table in work["tables"]:
    for engine, dialect in engines:
        if dialect == "duck" or table["isPlain"]:
            engine.create(table)
with open(sys.argv[2], "w", encoding="utf-8") as answers:
    for number, query in enumerate(work["queries"]):
        for engine, dialect in engines:
            if query.get(dialect) is None:
                continue
            try:
                rows = engine.answer(query[dialect])
                answers.write(f"= {number} {engine.name} {len(rows)}\n")
                for row in rows:
                    answers.write("\t".join(map(shown, row)) + "\n")
            except (duckdb.Error, sqlite3.Error, OverflowError, ValueError) as error:
                message = " ".join(str(error).split())
                answers.write(f"! {number} {engine.name} {message}\n")
