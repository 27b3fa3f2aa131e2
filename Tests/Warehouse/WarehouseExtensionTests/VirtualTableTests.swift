import ColumnStore
import SQLiteKit
import TestSupport
import Testing
import Vectors
import WarehouseExtension

@testable import Warehouse

// One test at a time, for those of the conditions share a connection.
@Suite(.serialized) struct VirtualTableTests {
    private func everything() throws -> (Fixture, Connection) {
        let fixture = try Fixture()
        try AllTypes.fill(fixture)
        let connection = try fixture.plainConnection()
        try connection.execute("CREATE VIRTUAL TABLE temp.e USING warehouse(COMMON.EVERYTHING)")
        return (fixture, connection)
    }

    @Test func everyTypeLooksAsTheSessionHasIt() throws {
        let (fixture, connection) = try everything()
        let expected = try fixture.session.query("SELECT * FROM EVERYTHING ORDER BY ID").rows
        #expect(expected.count > 6000)
        let statement = try connection.prepare("SELECT * FROM e ORDER BY ID")
        #expect(statement.columnNames == AllTypes.columns.map(\.name))
        for row in expected {
            #expect(try statement.step())
            #expect(statement.row == row.map(\.inSQLite))
        }
        #expect(try !statement.step())
    }

    @Test func columnsHaveTheirTypes() throws {
        let (fixture, connection) = try everything()
        let types = try connection.rows("SELECT type FROM pragma_table_info('e', 'temp')").map { $0[0].text }
        #expect(
            types == [
                "INTEGER", "INTEGER", "REAL", "REAL", "REAL", "INTEGER", "TEXT", "BLOB", "TEXT", "TEXT",
                "TEXT", "TEXT", "TEXT",
                "TEXT", "TEXT", "TEXT",
            ])
        withExtendedLifetime(fixture) {}
    }

    @Test func rowsHaveNumbersThatRise() throws {
        let (fixture, connection) = try everything()
        // The number of a row counts deleted ones too; rows were appended in the order of ID.
        #expect(try connection.integer("SELECT count(*) FROM e WHERE rowid <> ID + 1 AND ID % 13 <> 0") == 0)
        #expect(try connection.rows("SELECT ID FROM e WHERE rowid = 4001").map(\.first) == [.integer(4000)])
        #expect(try connection.integer("SELECT count(*) FROM e WHERE rowid BETWEEN 2991 AND 3010") == 18)
        withExtendedLifetime(fixture) {}
    }

    /// Comparisons of every type with values that are there, that are not, and of other kinds.
    private static let conditions = [
        "ID = 4711", "ID = 4711.0", "ID = '4711'", "ID < 40", "ID > 7060", "ID BETWEEN 2990 AND 3010",
        "ID >= 2999.5 AND ID <= 3000.5",
        "ID IN (1, 3000, 7050, 99999, NULL)", "ID IN (SELECT ID + 1 FROM e WHERE ID < 20)", "ID = NULL",
        "ID IS NULL",
        "ID <> 5", "BIG > 9000000000000000000", "BIG = 4711014133", "BIG = '1237940039285380274899124224'",
        "PRICE = 12.34",
        "PRICE < -49.5", "PRICE > 900 AND PRICE <= 900.99", "PRICE IN (-50, 0, 949.99)", "EXACT > 1e15",
        "EXACT < 1000",
        "EXACT = 126765060022822940149670320.5376", "F = -100", "F BETWEEN 100 AND 101.5", "F > 770", "B = 1",
        "B < 1", "B = TRUE",
        "S = 'S7''é'", "S > 'S9'", "S BETWEEN 'S10' AND 'S12'", "S IN ('S1''é', 'nowhere', 'S39''é')",
        "S = 'S7''É' COLLATE NOCASE",
        "S < 5", "D = '2019-05-01'", "D < '2019-04-20'", "D >= '2019-06-01x'",
        "D BETWEEN '2019-04-30' AND '2019-05-02'",
        "D = '2019-02-31'", "D > '2019'", "TS < '2019-04-15 12'",
        "TS >= '2019-06-10 01:02:03.5' AND TS < '2019-06-11'",
        "TS > '2019-06-10T00:00:00'", "TS <= '2019-04-20 07:59:59'",
        "LTZ >= '2019-06-10' AND LTZ <= '2019-06-12 00:00:00+00:00'",
        "TZ > '2019-06-01'", "T < '01:00:00'", "V = '8'", "O > '{'", "ID < 3100 AND S = 'S10''é' AND F > 0",
        "ID < 10 OR ID > 7090", "ID NOT IN (1, 2)", "rowid < 5", "rowid IN (4, 3001, 7100)",
        "BYTES = x'0001FF'",
    ]

    @Test(arguments: conditions)
    func whatIsLeftOutWasNotAskedFor(_ condition: String) throws {
        let (fixture, connection) = try Self.shared.get()
        let found = try connection.rows("SELECT ID, S FROM e WHERE \(condition) ORDER BY rowid")
        // SQLite keeps a condition to itself when it stands inside of another.
        let all = try connection.rows(
            "SELECT ID, S FROM e WHERE ((\(condition)) IS TRUE) IS NOT FALSE ORDER BY rowid")
        #expect(found == all)
        withExtendedLifetime(fixture) {}
    }

    // One file for all conditions.
    nonisolated(unsafe) private static let shared = Result { try VirtualTableTests().everything() }

    @Test func comparisonsAreTaken() throws {
        let (fixture, connection) = try everything()
        for condition in ["ID = 5", "S > 'a'", "TS < '2020'", "ID IN (1, 2)", "rowid = 7"] {
            let plan =
                try connection.rows("EXPLAIN QUERY PLAN SELECT ID FROM e WHERE \(condition)")[0][3].text ?? ""
            // The columns that are read, and then a term.
            #expect(
                plan.split(separator: ":").last?.split(separator: " ").count == 3, "\(condition): \(plan)")
        }
        withExtendedLifetime(fixture) {}
    }

    @Test func groupsAndJoinsAreSQLitesOwn() throws {
        let (fixture, connection) = try everything()
        let groups = try connection.rows(
            "SELECT S, count(*), sum(F), max(S), min(TS) FROM e GROUP BY S ORDER BY S")
        let expected = try fixture.session.query(
            "SELECT S, COUNT(*), SUM(F), MAX(S), MIN(TS) FROM EVERYTHING GROUP BY S ORDER BY S NULLS FIRST")
        #expect(groups == expected.rows.map { $0.map(\.inSQLite) })
        let joined = try connection.integer(
            "SELECT count(*) FROM e JOIN (SELECT ID FROM e WHERE ID < 50) USING (ID)")
        #expect(joined == (try connection.integer("SELECT count(*) FROM e WHERE ID < 50")))
        #expect(
            try connection.rows(
                "SELECT max(S) OVER (), first_value(S) OVER (ORDER BY ID DESC) FROM e LIMIT 1"
            ).count == 1)
    }

    @Test func tablesAreListed() throws {
        let (fixture, connection) = try everything()
        try fixture.session.execute("CREATE SCHEMA OTHER; CREATE TABLE OTHER.T (X INTEGER)")
        let list = try connection.rows("SELECT name, rows, bytes > 0 FROM warehouse_tables ORDER BY name")
        let count = try connection.integer("SELECT count(*) FROM e") ?? 0
        #expect(count == 7100 - 645)
        #expect(list.contains([.text("EVERYTHING"), .integer(count), .integer(1)]))
        #expect(list.contains([.text("OTHER.T"), .integer(0), .integer(0)]))
    }

    @Test func tablesHaveNamesAndNumbers() throws {
        let (fixture, connection) = try everything()
        let id = try fixture.table("EVERYTHING").value
        for (number, argument) in [
            "\(id)", "everything", "common.everything", "'COMMON.EVERYTHING'",
            "STOCKS_MDS.\"COMMON\".EVERYTHING",
        ]
        .enumerated() {
            try connection.execute("CREATE VIRTUAL TABLE temp.n\(number) USING warehouse(\(argument))")
            #expect(try connection.integer("SELECT count(*) FROM n\(number)") ?? 0 > 6000)
        }
        for argument in ["NOWHERE", "99", "", "a, b"] {
            #expect(throws: SQLiteError.self) {
                try connection.execute("CREATE VIRTUAL TABLE temp.x USING warehouse(\(argument))")
            }
        }
        #expect(throws: SQLiteError.self) { try connection.execute("DELETE FROM n0") }
        #expect(throws: SQLiteError.self) { try connection.rows("SELECT * FROM warehouse") }
    }

    @Test func anOtherDatabaseIsNoWarehouse() throws {
        let connection = try Connection(path: ":memory:", access: .readWrite)
        try WarehouseModules.register(on: connection)
        #expect(throws: SQLiteError.self) { try connection.rows("SELECT * FROM warehouse_tables") }
        #expect(throws: SQLiteError.self) {
            try connection.execute("CREATE VIRTUAL TABLE t USING warehouse(1)")
        }
        // As one of several databases it can be read.
        let fixture = try Fixture()
        try fixture.session.execute("CREATE TABLE T AS SELECT 5 AS X")
        try connection.execute(
            "ATTACH '\(fixture.warehouse.path)' AS w; CREATE VIRTUAL TABLE temp.t USING warehouse(T)")
        #expect(try connection.rows("SELECT X FROM t") == [[.integer(5)]])
    }

    @Test func aReadingKeepsItsMoment() throws {
        let (fixture, connection) = try everything()
        let before = try connection.integer("SELECT count(*) FROM e") ?? 0
        let statement = try connection.prepare("SELECT ID FROM e")
        var count: Int64 = 0
        for _ in 0..<100 where try statement.step() { count += 1 }
        try fixture.append((8000..<11_500).map(AllTypes.row), AllTypes.types, to: "EVERYTHING")
        try fixture.delete(Set(0..<5000), from: "EVERYTHING")
        let table = try fixture.table("EVERYTHING")
        try fixture.warehouse.connection.transaction {
            try fixture.columns.mergeDelta(table)
            _ = try fixture.columns.compact(table)
        }
        while try statement.step() { count += 1 }
        #expect(count == before)
        statement.reset()
        #expect(try connection.integer("SELECT count(*) FROM e") == before + 3500 - 5000)
        let expected = try fixture.session.query("SELECT * FROM EVERYTHING ORDER BY ID").rows
        #expect(try connection.rows("SELECT * FROM e ORDER BY ID") == expected.map { $0.map(\.inSQLite) })
    }

    @Test func columnsThatCameLaterHaveTheirDefault() throws {
        let fixture = try Fixture()
        try fixture.session.execute("CREATE TABLE T (X INTEGER)")
        try fixture.append((0..<4000).map { [.integer($0)] }, [.integer], to: "T")
        let table = try fixture.table("T")
        let store = CatalogStore(fixture.warehouse.connection)
        try fixture.warehouse.connection.transaction {
            let id = try fixture.columns.addColumn(table, .varchar, defaultValue: .text("old"))
            let object = try #require(try store.objects(.relation).first { $0.table == table })
            var columns = try store.columns(of: object)
            columns.append(CatalogColumn(name: "x", id: id, type: .varchar))
            try store.setColumns(columns, of: object.id)
        }
        try fixture.append([[.integer(1), .text("new")]], [.integer, .varchar], to: "T")
        let connection = try fixture.plainConnection()
        try connection.execute("CREATE VIRTUAL TABLE temp.t USING warehouse(T)")
        #expect(
            try connection.rows("SELECT \"x:1\", count(*), max(X) FROM t GROUP BY 1 ORDER BY 1") == [
                [.text("new"), .integer(1), .integer(1)], [.text("old"), .integer(4000), .integer(3999)],
            ])
        #expect(try connection.integer("SELECT count(*) FROM t WHERE \"x:1\" = 'old'") == 4000)
    }
}
