import ColumnStore
import SQLiteKit
import TestSupport
import Testing
import Vectors
import WarehouseExtension

@testable import Warehouse

@Suite struct MirrorTests {
    /// The tables of the file that are neither the warehouse's own nor its ledgers, with how they are made.
    private func shown(_ fixture: Fixture) throws -> [String: String] {
        let plain = try Connection(path: fixture.warehouse.path, access: .readOnly)
        let rows = try plain.rows(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'TH\\_%' ESCAPE '\\'")
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0].text ?? "", $0[1].text ?? "") })
            .filter {
                NativeTables.all[$0.key] == nil && !$0.key.hasPrefix("sqlite_") && $0.key != Schema.rawTable
            }
    }

    @Test func smallTablesAreCopies() throws {
        let fixture = try Fixture()
        try AllTypes.fill(fixture)
        try fixture.session.execute(
            "CREATE TABLE WHOLE AS SELECT * FROM EVERYTHING; DROP TABLE EVERYTHING; CREATE SCHEMA S2; CREATE TABLE S2.\"a.b\" AS SELECT 'x' AS C; CREATE VIEW W AS SELECT 1 AS ONE"
        )
        // A program without the modules reads them.
        let plain = try Connection(path: fixture.warehouse.path, access: .readOnly)
        let expected = try fixture.session.query("SELECT * FROM COMMON.WHOLE ORDER BY ID").rows
        #expect(try plain.rows("SELECT * FROM WHOLE ORDER BY ID") == expected.map { $0.map(\.inSQLite) })
        #expect(try plain.rows("SELECT * FROM \"S2.a.b\"") == [[.text("x")]])
        #expect(Set(try shown(fixture).keys) == ["WHOLE", "S2.a.b"])
    }

    @Test func changesAreFollowed() throws {
        let fixture = try Fixture()
        let session = fixture.session
        try session.execute(
            "CREATE TABLE A (X INTEGER, Y VARCHAR); INSERT INTO A VALUES (1, 'one'), (2, NULL)")
        let plain = try Connection(path: fixture.warehouse.path, access: .readOnly)
        #expect(try plain.rows("SELECT * FROM A") == [[.integer(1), .text("one")], [.integer(2), .null]])
        try session.execute("INSERT INTO A VALUES (3, 'three')")
        #expect(try plain.integer("SELECT count(*) FROM A") == 3)
        try session.execute("CREATE OR REPLACE TABLE A AS SELECT 1.5::NUMBER(5, 1) AS Z")
        let replaced = try plain.rows("SELECT * FROM A")
        #expect(replaced == [[.real(1.5)]])
        #expect(try shown(fixture) == ["A": "CREATE TABLE \"A\"(\"Z\" REAL)"])
        try session.execute("DROP TABLE A")
        #expect(try shown(fixture).isEmpty)
    }

    /// What the warehouse's own connection reads through the module, as an extension shows it.
    private func show(_ name: String, _ fixture: Fixture) throws {
        try fixture.warehouse.connection.execute(
            "CREATE VIRTUAL TABLE temp.\(name) USING warehouse('\(name)')")
    }

    @Test func largeTablesAreLeftToTheExtension() throws {
        let fixture = try Fixture()
        let limit = SQLiteMirror.copiedRowsMax
        func make(_ rows: Int) throws {
            try fixture.session.execute(
                """
                CREATE OR REPLACE TABLE L AS SELECT ROW_NUMBER() OVER (ORDER BY 1) AS X
                FROM TABLE(GENERATOR(ROWCOUNT => \(rows)))
                """)
        }
        try make(limit)
        #expect(try shown(fixture)["L"]?.hasPrefix("CREATE TABLE ") == true)
        try make(limit + 1)
        #expect(try shown(fixture).isEmpty)
        let plain = try fixture.plainConnection()
        try LoadedRelations.show(on: plain)
        #expect(
            try plain.rows("SELECT count(*), sum(X) FROM L") == [
                [.integer(100_001), .integer(5_000_150_001)]
            ])
        try show("L", fixture)
        #expect(try fixture.warehouse.connection.integer("SELECT max(X) FROM L") == Int64(limit) + 1)
        // The same connection sees the rows that come.
        try fixture.session.execute("INSERT INTO L VALUES (-1)")
        #expect(try fixture.warehouse.connection.integer("SELECT min(X) FROM L") == -1)
    }

    /// SQLite connects a virtual table before it drops it, and what it shows has gone by then.
    @Test func virtualTablesOfEarlierBuildsGo() throws {
        let fixture = try Fixture()
        let rows = SQLiteMirror.copiedRowsMax + 1
        for name in ["L", "M"] {
            try fixture.session.execute(
                "CREATE TABLE \(name) AS SELECT SEQ4() AS X FROM TABLE(GENERATOR(ROWCOUNT => \(rows)))")
            let number = try fixture.table(name).value
            try fixture.warehouse.connection.execute(
                "CREATE VIRTUAL TABLE \(name) USING warehouse(\(number))")
        }
        // Such a table that somebody else has made stays theirs.
        try fixture.warehouse.connection.execute("CREATE VIRTUAL TABLE MINE USING warehouse(L)")
        // Another connection, which has not used the virtual tables.
        let other = try Warehouse(path: fixture.warehouse.path, access: .readWrite)
        try other.makeSession().execute("DROP TABLE M; CREATE OR REPLACE TABLE L AS SELECT 7 AS Y")
        #expect(try other.connection.rows("SELECT Y FROM L") == [[.integer(7)]])
        #expect(Set(try shown(fixture).keys) == ["L", "MINE"])
        #expect(try fixture.plainConnection().rows("PRAGMA integrity_check") == [[.text("ok")]])
    }

    @Test func readingATableThatIsGoneSaysSo() throws {
        let fixture = try Fixture()
        try fixture.session.execute("CREATE TABLE A AS SELECT 1 AS X")
        try fixture.warehouse.connection.execute("CREATE VIRTUAL TABLE SHOWN USING warehouse('A')")
        try fixture.session.execute("DROP TABLE A")
        let later = try Warehouse(path: fixture.warehouse.path, access: .readWrite).connection
        let error = #expect(throws: SQLiteError.self) { try later.rows("SELECT * FROM SHOWN") }
        #expect(error?.message.contains("the warehouse has no table 'A'") == true)
        try later.execute("DROP TABLE SHOWN")
        #expect(throws: SQLiteError.self) { try later.execute("CREATE VIRTUAL TABLE B USING warehouse('A')") }
    }

    @Test func tablesThatChangeAreCopiesWhileTheyAreSmall() throws {
        let fixture = try Fixture()
        let limit = SQLiteMirror.recopiedRowsMax
        try fixture.session.execute(
            """
            CREATE TABLE L AS
                SELECT ROW_NUMBER() OVER (ORDER BY 1) AS X FROM TABLE(GENERATOR(ROWCOUNT => \(limit - 1)));
            INSERT INTO L VALUES (0)
            """)
        #expect(try shown(fixture)["L"]?.hasPrefix("CREATE TABLE ") == true)
        try fixture.session.execute("INSERT INTO L VALUES (-1)")
        #expect(try shown(fixture).isEmpty)
        try fixture.session.execute("DELETE FROM L WHERE X > 100")
        #expect(try shown(fixture)["L"]?.hasPrefix("CREATE TABLE ") == true)
        #expect(try fixture.warehouse.connection.integer("SELECT count(*) FROM L") == 102)
    }

    @Test func anUnchangedTableIsNotWrittenAgain() throws {
        let fixture = try Fixture()
        try fixture.session.execute("CREATE TABLE A AS SELECT 1 AS X; CREATE TABLE B AS SELECT 1 AS X")
        let writer = try Connection(path: fixture.warehouse.path, access: .readWrite)
        try writer.execute("UPDATE A SET X = 99; UPDATE B SET X = 99")
        try fixture.session.execute("INSERT INTO B VALUES (2)")
        #expect(try writer.rows("SELECT X FROM A") == [[.integer(99)]])
        #expect(try writer.rows("SELECT X FROM B") == [[.integer(1)], [.integer(2)]])
        // A copy that somebody has removed comes back.
        try writer.execute("DROP TABLE A")
        try fixture.session.execute("INSERT INTO B VALUES (3)")
        #expect(try writer.rows("SELECT X FROM A") == [[.integer(1)]])
    }

    @Test func namesOfOthersStayTheirs() throws {
        let fixture = try Fixture()
        let writer = try Connection(path: fixture.warehouse.path, access: .readWrite)
        try writer.execute("CREATE TABLE mine (q); INSERT INTO mine VALUES (7)")
        try fixture.session.execute(
            """
            CREATE TABLE MINE AS SELECT 1 AS X; CREATE TABLE TH_TABLES AS SELECT 1 AS X; CREATE TABLE "Twice" AS SELECT 1 AS X;
            CREATE TABLE TWICE AS SELECT 2 AS X; CREATE TABLE "sqlite_x" AS SELECT 1 AS X
            """)
        #expect(try writer.rows("SELECT q FROM mine") == [[.integer(7)]])
        #expect(Set(try shown(fixture).keys) == ["mine", "Twice"])
        #expect(try writer.rows("SELECT X FROM Twice") == [[.integer(1)]])
    }

    @Test func aRollbackTakesTheMirrorWithIt() throws {
        let fixture = try Fixture()
        let connection = fixture.warehouse.connection
        try fixture.session.execute("CREATE TABLE A AS SELECT 1 AS X")
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.transaction {
                try fixture.session.execute("CREATE TABLE B AS SELECT 1 AS X; DROP TABLE A")
                try fixture.warehouse.refreshMirror()
                throw Stop()
            }
        }
        #expect(Set(try shown(fixture).keys) == ["A"])
        #expect(Set(try shown(fixture).keys) == ["A"])
    }
}
