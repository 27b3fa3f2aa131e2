#!/usr/bin/env python3
"""Looks at a warehouse as tools do that know SQLite alone, without the extension.

    introspection_oracle.py WAREHOUSE.db

Prints a line a tool: its name, and the tables and views that it found (of DuckDB only where its scanner of SQLite files
is at hand). Any error of a tool ends the program.
"""
import glob
import os
import sqlite3
import sys

import sqlalchemy

path = sys.argv[1]


def show(tool, names):
    print(tool, " ".join(sorted(name for name in names if not name.startswith(("TH_", "sqlite_")))))


# What database browsers do: every entry of the schema, with its columns.
connection = sqlite3.connect(path)
names = [name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
for name in names:
    assert connection.execute(f'PRAGMA table_info("{name}")').fetchall(), name
show("sqlite3", names)

metadata = sqlalchemy.MetaData()
metadata.reflect(sqlalchemy.create_engine(f"sqlite:///{path}"), views=True)
show("sqlalchemy", metadata.tables)

try:
    import duckdb
    import duckdb_extension_sqlite_scanner
except ImportError:
    sys.exit()
folder = os.path.dirname(duckdb_extension_sqlite_scanner.__file__)
duck = duckdb.connect()
duck.execute(f"LOAD '{glob.glob(folder + '/**/*.duckdb_extension', recursive=True)[0]}'")
duck.execute(f"ATTACH '{path}' AS warehouse (TYPE sqlite, READ_ONLY)")
show("duckdb", [row[2] for row in duck.execute("SHOW ALL TABLES").fetchall()])
