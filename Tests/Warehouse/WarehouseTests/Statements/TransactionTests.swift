import SQLEngine
import SQLiteKit
import Testing
import Vectors

@testable import Warehouse

/// What becomes of a transaction that SQLite undoes by itself.
@Suite struct TransactionTests {
    private let fixture: StatementFixture
    private static let filling = "INSERT INTO T SELECT RANDOM() FROM TABLE(GENERATOR(ROWCOUNT => 200000))"

    init() throws {
        fixture = try StatementFixture()
        try fixture.run("CREATE TABLE T (A INTEGER); INSERT INTO T VALUES (1)")
    }

    /// Leaves hardly any room for more.
    private func fillTheDisk() throws {
        let pages = try fixture.warehouse.connection.integer("PRAGMA page_count") ?? 0
        try fixture.warehouse.connection.execute("PRAGMA max_page_count = \(pages + 10)")
    }

    /// Undoes the transaction in the middle of a statement, as SQLite does of itself when the disk is full.
    private func undo() {
        #expect(throws: SQLError.self) {
            try fixture.session.run("SELECT * FROM T") { _, _ in
                try fixture.warehouse.connection.execute("ROLLBACK")
                throw SQLError(.storage, "the disk is full")
            }
        }
    }

    @Test func nothingIsDoneOutsideOfATransactionThatIsGone() throws {
        try fixture.run("BEGIN; INSERT INTO T VALUES (2)")
        undo()
        for statement in ["INSERT INTO T VALUES (3)", "SELECT * FROM T", "BEGIN"] {
            let error = fixture.failure(statement)
            #expect(error?.message.contains("has been undone") == true, "\(statement)")
            #expect(error?.message.contains("the disk is full") == true, "\(statement)")
        }
        try fixture.run("ROLLBACK; INSERT INTO T VALUES (4)")
        #expect(try fixture.lines("SELECT A FROM T ORDER BY A") == ["1", "4"])
    }

    @Test func whatIsGoneIsNotCommitted() throws {
        try fixture.run("BEGIN; INSERT INTO T VALUES (2)")
        undo()
        #expect(fixture.failure("COMMIT")?.message.contains("nothing of it can be committed") == true)
        try fixture.run("BEGIN; INSERT INTO T VALUES (5); COMMIT")
        #expect(try fixture.lines("SELECT A FROM T ORDER BY A") == ["1", "5"])
    }

    @Test func whatFailsSaysNothingOfRows() throws {
        try fillTheDisk()
        var said = 0
        #expect(throws: SQLError.self) {
            try fixture.session.run(Self.filling) { _, rows in said += rows.count }
        }
        #expect(said == 0)
    }
}
