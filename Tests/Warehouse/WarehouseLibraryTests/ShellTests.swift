import DurableIO
import SQLiteKit
import TestSupport
import Testing
import Warehouse

private enum Tools {
    static let shell = "/usr/bin/sqlite3"

    static let library: String? = {
        let path = "\(FileSystem.parent(of: Subprocess.tapehouse))/libwarehouse.so"
        return exists(path) ? path : nil
    }()

    static func exists(_ path: String) -> Bool { (try? FileSystem.local.kind(of: path)) != nil }

    static let areThere = exists(shell) && library != nil
    static let missing: Comment = "there is no \(shell), or no libwarehouse.so beside the tests"
}

/// A warehouse as SQLite's own shell sees it, without the extension and with it, where there are a shell and
/// an extension that was built beside these tests.
@Suite struct ShellTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.file("warehouse.db") }

    init() throws {
        directory = try TemporaryDirectory()
        let warehouse = try Warehouse(path: directory.file("warehouse.db"), access: .readWrite)
        try warehouse.makeSession().execute(
            """
            CREATE TABLE SMALL AS SELECT 'x' AS C;
            CREATE TABLE LARGE AS SELECT SEQ4() AS N, (SEQ4() / 4)::NUMBER(10, 2) AS PRICE
                FROM TABLE(GENERATOR(ROWCOUNT => 200000));
            CREATE VIEW HALVES AS SELECT N AS "n", PRICE / 2 AS HALF FROM LARGE QUALIFY ROW_NUMBER() OVER (ORDER BY N) <= 20000;
            CREATE VIEW BROKEN AS SELECT 1 / (N - 7) AS X FROM LARGE;
            CREATE SCHEMA S2;
            CREATE VIEW S2.V AS SELECT PARSE_JSON('{"a": [1]}') AS J, 'b' AS B
            """)
    }

    private func shell(_ arguments: String...) throws -> Subprocess.Outcome {
        try Subprocess([Tools.shell, "-readonly", path] + arguments).wait()
    }

    @Test(
        "Without the extension the file's schema has nothing that needs one",
        .enabled(if: Tools.areThere, Tools.missing))
    func theSchemaIsPlain() throws {
        let schema = try shell(
            "SELECT type, name FROM sqlite_master WHERE sql LIKE '%VIRTUAL%' OR type = 'view'")
        #expect(schema.output == "", "\(schema.output)")
        let columns = try shell(
            "SELECT count(*) FROM sqlite_master m, pragma_table_xinfo(m.name) WHERE m.name NOT LIKE 'TH%'")
        #expect(columns.status == 0, "\(columns.errors)")
        #expect(try shell("SELECT * FROM SMALL").output == "x\n")
        #expect(try shell("SELECT * FROM LARGE").errors.contains("no such table: LARGE"))
    }

    @Test(
        "With the extension large tables and views are there, by the names of the catalogue",
        .enabled(if: Tools.areThere, Tools.missing))
    func everythingIsThere() throws {
        let outcome = try shell(
            ".load \(try #require(Tools.library))",
            "SELECT count(*), max(PRICE), sum(N) FROM large WHERE N < 1000",
            "SELECT count(*), sum(HALF), min(n) FROM halves", "SELECT * FROM \"S2.V\"",
            "SELECT n FROM halves LIMIT 1", "SELECT h.n FROM SMALL JOIN halves h ON h.n = 3",
            "SELECT name, type FROM pragma_table_info('HALVES')", "SELECT rowid FROM halves WHERE n = 19999",
            "SELECT name FROM warehouse_tables ORDER BY 1")
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                1000|249.75|499500
                20000|24998750.0|0
                {"a":[1]}|b
                0
                3
                n|INTEGER
                HALF|REAL
                20000
                BRONZE_STOCK_QUOTES_RAW
                LARGE
                SMALL

                """, "\(outcome.output)")
    }

    @Test(
        "An error of a view's query is an error of the statement that reads it",
        .enabled(if: Tools.areThere, Tools.missing))
    func errorsAreReported() throws {
        let outcome = try shell(".load \(try #require(Tools.library))", "SELECT sum(X) FROM broken")
        #expect(
            outcome.errors.lowercased().contains("division by zero"), "\(outcome.errors) \(outcome.output)")
    }

    @Test(
        "A table that is made anew while a program has the file open is read as it is now",
        .enabled(if: Tools.areThere, Tools.missing))
    func changesAreSeen() throws {
        let again =
            "CREATE OR REPLACE TABLE LARGE AS SELECT SEQ4() AS N, 1.5::NUMBER(10, 2) AS PRICE "
            + "FROM TABLE(GENERATOR(ROWCOUNT => 100001))"
        let data = directory.path
        let outcome = try shell(
            ".load \(try #require(Tools.library))", "SELECT count(*) FROM large",
            ".shell \(Subprocess.tapehouse) sql --data-dir \(data) --write \"\(again)\"",
            "SELECT count(*), max(PRICE) FROM large")
        #expect(outcome.output == "200000\n100001|1.5\n", "\(outcome.output) \(outcome.errors)")
    }
}
