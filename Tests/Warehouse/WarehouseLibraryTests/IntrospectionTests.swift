import DurableIO
import SQLiteKit
import TestSupport
import Testing
import Warehouse

private let setpriv = "/usr/bin/setpriv"

/// A warehouse in the eyes of programs that know SQLite alone.
@Suite struct IntrospectionTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.file("warehouse.db") }

    init() throws {
        directory = try TemporaryDirectory()
        let warehouse = try Warehouse(path: directory.file("warehouse.db"), access: .readWrite)
        try warehouse.makeSession().execute(
            """
            CREATE TABLE SMALL AS SELECT 'x' AS C;
            CREATE TABLE LARGE AS SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => 150000));
            CREATE VIEW V AS SELECT C FROM SMALL QUALIFY ROW_NUMBER() OVER (ORDER BY C) = 1
            """)
    }

    /// `TAPEHOUSE_ORACLE_PYTHON` names a Python that has what Tests/Support/Oracles/requirements.txt lists.
    @Test(
        "SQLAlchemy reflects the file, DuckDB shows its tables, a browser goes through its schema",
        .enabled(if: environment("TAPEHOUSE_ORACLE_PYTHON") != nil, "TAPEHOUSE_ORACLE_PYTHON is not set"))
    func toolsFindTheirWay() throws {
        let python = try #require(environment("TAPEHOUSE_ORACLE_PYTHON"))
        let outcome = try Subprocess(
            [python, "\(ProjectFiles.root)/Tests/Support/Oracles/introspection_oracle.py", path]
        ).wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let tables = "BRONZE_STOCK_QUOTES_RAW BUILD_HISTORY LOAD_HISTORY LOAD_OFFSETS LOAD_REJECTS SMALL"
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count >= 2)
        for line in lines { #expect(line.drop { $0 != " " }.dropFirst() == tables) }
    }

    @Test("A warehouse at rest is no file in WAL mode: who may not write beside it reads it too")
    func atRestThereIsNoWAL() throws {
        let header = try FileSystem.local.contents(of: path)
        // 1 is the rollback journal, 2 the write-ahead log.
        #expect(header[18] == 1 && header[19] == 1)
        #expect(try FileSystem.local.kind(of: "\(path)-wal") == nil)
        // While it is written to it has one, so that readers see it beside the writer.
        let warehouse = try Warehouse(path: path, access: .readWrite)
        #expect(try warehouse.connection.rows("PRAGMA journal_mode") == [[.text("wal")]])
        let reader = try Connection(path: path, access: .readOnly)
        try reader.execute("BEGIN")
        #expect(try reader.integer("SELECT count(*) FROM SMALL") == 1)
        try warehouse.makeSession().execute("INSERT INTO SMALL VALUES ('y')")
        #expect(try reader.integer("SELECT count(*) FROM SMALL") == 1)
    }

    @Test(
        "Another user reads a warehouse without permission to write",
        .enabled(
            if: (try? FileSystem.local.kind(of: setpriv)) == .file
                && (try? FileSystem.local.kind(of: "/usr/bin/sqlite3")) == .file
                && environment("HOME") == "/root",
            "this takes root, setpriv and SQLite's shell"))
    func othersRead() throws {
        let outcome = try Subprocess(
            [setpriv, "--reuid=65534", "--clear-groups", "/usr/bin/sqlite3", path, "SELECT C FROM SMALL"]
        ).wait()
        #expect(outcome.output == "x\n", "\(outcome.errors)")
    }
}
