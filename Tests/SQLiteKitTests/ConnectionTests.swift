import SQLiteKit
import TestSupport
import Testing

@Suite struct ConnectionTests {
    private let connection: Connection

    init() throws {
        connection = try Connection(path: ":memory:", access: .readWrite)
    }

    @Test func everyKindOfValueComesBackAsItWasBound() throws {
        try connection.execute("CREATE TABLE t (a)")
        let values: [SQLiteValue] = [
            .null, .integer(.min), .integer(0), .real(0.1), .real(-0.0), .text(""), .text("ÄÖ\u{0}✓"),
            .blob([]),
            .blob([0, 255]),
        ]
        let insert = try connection.prepare("INSERT INTO t VALUES (?)")
        for value in values {
            insert.bind(value, at: 0)
            try insert.run()
        }
        #expect(try connection.rows("SELECT a FROM t").map { $0[0] } == values)
    }

    @Test func uncopiedTextMayBeEmpty() throws {
        let statement = try connection.prepare("SELECT ?, typeof(?1)")
        statement.bindText(uncopied: UnsafeRawBufferPointer(start: nil, count: 0), at: 0)
        #expect(try statement.step())
        #expect(statement.row == [.text(""), .text("text")])
    }

    @Test func anErrorKnowsItsPlaceInTheText() throws {
        let error = #expect(throws: SQLiteError.self) {
            try connection.execute("SELECT 1;\nSELECT 2,\n  pricee FROM sqlite_master")
        }
        #expect(error?.position?.line == 3)
        #expect(error?.position?.column == 3)
        #expect(error?.description == "no such column: pricee (line 3, column 3)")
    }

    @Test func statementsAreTakenOneByOne() throws {
        let sql = " -- a comment\nSELECT 1; ; SELECT 2 -- the end\n"
        var position = 0
        var seen: [Int64] = []
        while let (statement, end) = try connection.prepareFirst(sql, from: position) {
            position = end
            if try statement.step() { seen.append(statement.integer(0)) }
        }
        #expect(seen == [1, 2])
        #expect(try connection.prepareFirst("", from: 0) == nil)
    }

    @Test func aFailedTransactionLeavesNothing() throws {
        try connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
        #expect(throws: SQLiteError.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)")
            }
        }
        #expect(try connection.integer("SELECT count(*) FROM t") == 0)
        try connection.transaction { try connection.execute("INSERT INTO t VALUES (2)") }
        #expect(try connection.integer("SELECT count(*) FROM t") == 1)
    }

    @Test func theMainSchemaCanBeNamed() throws {
        connection.nameMainSchema("COMMON")
        try connection.execute("CREATE TABLE COMMON.t (a); INSERT INTO t VALUES (7)")
        #expect(try connection.integer("SELECT a FROM common.T") == 7)
    }

    private struct Longest: NumberAggregate {
        private var value: Double?
        mutating func add(_ value: Double) { self.value = max(self.value ?? value, value) }
        var result: Double? { value }
    }

    @Test func aggregatesKeepOneStateAGroup() throws {
        connection.addAggregate("longest", Longest.self)
        try connection.execute(
            "CREATE TABLE t (k, v); INSERT INTO t VALUES (1, 3), (2, 9), (1, 5), (2, NULL), (3, NULL)")
        #expect(
            try connection.rows("SELECT k, longest(v) FROM t GROUP BY k ORDER BY k")
                == [[.integer(1), .real(5)], [.integer(2), .real(9)], [.integer(3), .null]])
        #expect(try connection.rows("SELECT longest(v) FROM t WHERE k > 9") == [[.null]])
    }

    @Test func functionsAreNullWhereAnArgumentIs() throws {
        connection.addFunction(
            "power_of", { base, exponent in (0..<exponent).reduce(1) { power, _ in power * base } })
        #expect(
            try connection.rows("SELECT power_of(2.5, 2), power_of(NULL, 1), power_of(1, NULL)") == [
                [.real(6.25), .null, .null]
            ])
    }

    @Test func aReadOnlyConnectionSaysSo() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.db")
        try Connection(path: path, access: .readWrite).execute("CREATE TABLE t (a)")
        let reader = try Connection(path: path, access: .readOnly)
        let error = #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.isReadOnly == true)
        let missing = #expect(throws: SQLiteError.self) {
            try Connection(path: directory.file("none.db"), access: .readOnly)
        }
        #expect(missing?.message.contains("none.db") == true)
    }

    @Test func aFullDatabaseIsTold() throws {
        try connection.execute("CREATE TABLE t (a); PRAGMA max_page_count = 3")
        let error = #expect(throws: SQLiteError.self) {
            try connection.transaction { try connection.execute("INSERT INTO t VALUES (zeroblob(100000))") }
        }
        #expect(error?.isFull == true)
        #expect(try connection.integer("SELECT count(*) FROM t") == 0)
    }
}
