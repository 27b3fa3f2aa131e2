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
