"""The engines that Benchmarks/warehouse.py measures: each makes a store of a recording, and answers queries on it."""
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time

from run import PEERS, ROOT, THREADS

QUERIES = os.path.join(ROOT, "Benchmarks", "queries")
GOLD = {"gold_candlestick": "usual/04_candlestick", "gold_kpi": "usual/05_kpi", "gold_treechart": "usual/06_treechart"}


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
        seconds, cpu, memory = {}, 0, 0
        for stage, sql in self.stages(recording, only_raw):
            _, seconds[stage], used, held, _ = run(self.command(folder, "--write"), sql)
            cpu, memory = cpu + used, max(memory, held)
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
            "c.execute('SET threads=1;SET enable_progress_bar=false;CREATE TABLE silver AS SELECT * FROM whole.silver;CHECKPOINT');c.close();"
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
