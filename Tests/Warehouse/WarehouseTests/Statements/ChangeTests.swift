import SQLEngine
import TestSupport
import SQLiteKit
import Testing
import Vectors

@testable import Warehouse

@Suite struct ChangeTests {
    private let fixture: StatementFixture

    init() throws {
        fixture = try StatementFixture()
        try fixture.run(
            """
            CREATE TABLE T (ID INTEGER NOT NULL, NAME VARCHAR(5), PRICE NUMBER(10, 2) DEFAULT 1.5, V VARIANT);
            INSERT INTO T SELECT 1, 'a', 10, PARSE_JSON('{"x": 1}');
            INSERT INTO T (ID, NAME, PRICE) VALUES (2, 'b', 20), (3, 'c', NULL);
            """)
    }

    private let all = "SELECT ID, NAME, PRICE, V FROM T ORDER BY ID"

    // MARK: UPDATE

    @Test func updateChangesWhatWhereNames() throws {
        let result = try fixture.session.query(
            "UPDATE T SET PRICE = PRICE * 2, NAME = UPPER(NAME) WHERE ID <= 2")
        #expect(
            result.columns.map(\.name) == ["number of rows updated", "number of multi-joined rows updated"])
        #expect(result.rows == [[.integer(2), .integer(0)]])
        #expect(result.outcome.changedRows == 2)
        #expect(try fixture.lines(all) == ["1 A 20.00 {\"x\":1}", "2 B 40.00 NULL", "3 c NULL NULL"])
    }

    @Test func updateReadsTheOldValues() throws {
        try fixture.run("UPDATE T SET ID = ID + 10, PRICE = ID")
        #expect(try fixture.lines("SELECT ID, PRICE FROM T ORDER BY 1") == ["11 1.00", "12 2.00", "13 3.00"])
    }

    @Test func updateSetsDefaults() throws {
        try fixture.run("UPDATE T SET PRICE = DEFAULT, NAME = DEFAULT WHERE ID = 3")
        #expect(try fixture.lines("SELECT NAME, PRICE FROM T WHERE ID = 3") == ["NULL 1.50"])
    }

    @Test func updateFromTakesTheFirstOfSeveralMatches() throws {
        try fixture.run(
            "CREATE TABLE S (ID INTEGER, P NUMBER(10, 2)); INSERT INTO S VALUES (1, 7), (1, 8), (2, 9), (9, 1)"
        )
        let result = try fixture.run("UPDATE T SET PRICE = S.P FROM S WHERE T.ID = S.ID")
        #expect(result == [["2", "1"]])
        #expect(try fixture.lines("SELECT ID, PRICE FROM T ORDER BY ID") == ["1 7.00", "2 9.00", "3 NULL"])
        try fixture.run("ALTER SESSION SET ERROR_ON_NONDETERMINISTIC_UPDATE = TRUE")
        #expect(fixture.failure("UPDATE T SET PRICE = S.P FROM S WHERE T.ID = S.ID")?.code == .cardinality)
    }

    @Test func updateTakesSubqueriesAndAliases() throws {
        try fixture.run(
            "UPDATE T X SET X.PRICE = (SELECT MAX(ID) FROM T) WHERE X.ID IN (SELECT ID FROM T WHERE NAME = 'b')"
        )
        #expect(try fixture.lines("SELECT PRICE FROM T WHERE ID = 2") == ["3.00"])
        try fixture.run("UPDATE T SET PRICE = (SELECT SUM(B.ID) FROM T B WHERE B.ID = T.ID) + 1")
        #expect(try fixture.lines("SELECT PRICE FROM T ORDER BY ID") == ["2.00", "3.00", "4.00"])
    }

    @Test func updateFromUsingAmongItsOwnTables() throws {
        try fixture.run(
            "CREATE TABLE A (ID INTEGER, P INTEGER); CREATE TABLE B (ID INTEGER, Q INTEGER); INSERT INTO A VALUES (1, 5), (2, 6); "
                + "INSERT INTO B VALUES (1, 50)")
        try fixture.run("UPDATE T SET PRICE = A.P + B.Q FROM A JOIN B USING (ID) WHERE A.ID = T.ID")
        #expect(try fixture.lines("SELECT PRICE FROM T ORDER BY ID") == ["55.00", "20.00", "NULL"])
    }

    @Test func whatFailsLeavesNothing() throws {
        let before = try fixture.lines(all)
        #expect(fixture.failure("UPDATE T SET NAME = 'too long'")?.code == .data)
        #expect(fixture.failure("UPDATE T SET ID = NULL WHERE ID = 3")?.code == .data)
        #expect(fixture.failure("UPDATE T SET PRICE = 1 / (ID - 3)")?.code == .data)
        #expect(fixture.failure("UPDATE T SET NOPE = 1")?.message.contains("NOPE") == true)
        #expect(fixture.failure("UPDATE T SET ID = 1, ID = 2")?.code == .invalid)
        #expect(try fixture.lines(all) == before)
        try fixture.run("BEGIN; UPDATE T SET PRICE = 99 WHERE ID = 1")
        #expect(fixture.failure("UPDATE T SET NAME = 'too long'") != nil)
        try fixture.run("COMMIT")
        #expect(try fixture.lines("SELECT PRICE FROM T ORDER BY ID") == ["99.00", "20.00", "NULL"])
    }

    @Test func theWarehousesOwnTablesCannotBeChanged() throws {
        #expect(fixture.failure("DELETE FROM LOAD_HISTORY")?.code == .invalid)
        try fixture.run("CREATE VIEW W AS SELECT * FROM T")
        #expect(fixture.failure("UPDATE W SET ID = 1")?.code == .invalid)
        #expect(fixture.failure("UPDATE TT SET ID = 1")?.code == .notFound)
    }

    // MARK: DELETE

    @Test func deleteTakesWhereAndUsing() throws {
        let result = try fixture.session.query("DELETE FROM T WHERE PRICE IS NULL")
        #expect(result.columns.map(\.name) == ["number of rows deleted"])
        #expect(result.rows == [[.integer(1)]])
        try fixture.run("CREATE TABLE S (ID INTEGER); INSERT INTO S VALUES (1), (1), (7)")
        #expect(try fixture.run("DELETE FROM T USING S WHERE T.ID = S.ID") == [["1"]])
        #expect(try fixture.lines("SELECT ID FROM T") == ["2"])
        #expect(try fixture.run("DELETE FROM T") == [["1"]])
        #expect(try fixture.lines("SELECT COUNT(*) FROM T") == ["0"])
    }

    @Test func transactionsEndAsTheySay() throws {
        try fixture.run("BEGIN; DELETE FROM T WHERE ID = 1; UPDATE T SET NAME = 'z'; ROLLBACK")
        #expect(try fixture.lines("SELECT ID, NAME FROM T ORDER BY ID") == ["1 a", "2 b", "3 c"])
        try fixture.run("BEGIN; DELETE FROM T WHERE ID = 1; UPDATE T SET NAME = 'z'; COMMIT")
        let other = try Warehouse(path: fixture.directory.file("w.db"), access: .readOnly)
        let rows = try other.makeSession().query("SELECT ID, NAME FROM T ORDER BY ID").rows
        #expect(rows.map { $0.map(\.description) } == [["2", "z"], ["3", "z"]])
    }

    @Test func changesOfLargeTablesSpillAndTidyUp() throws {
        var options = Session.Options()
        options.memoryLimit = 1 << 20
        let session = fixture.warehouse.makeSession(options)
        try session.execute(
            """
            CREATE TABLE L AS SELECT SEQ8() AS ID, 'name ' || (SEQ8() % 1000) AS NAME
            FROM TABLE(GENERATOR(ROWCOUNT => 300000));
            UPDATE L SET NAME = NAME || '!' WHERE ID % 2 = 0;
            UPDATE L SET ID = ID + 1000000;
            DELETE FROM L WHERE ID % 3 = 1;
            """)
        let result = try session.query(
            "SELECT COUNT(*), MIN(ID), MAX(ID), COUNT_IF(NAME LIKE '%!'), COUNT_IF(ENDSWITH(NAME, '!') = (ID % 2 = 0)) FROM L"
        )
        #expect(
            result.rows.map { $0.map(\.description) } == [
                ["200000", "1000001", "1299999", "100000", "200000"]
            ])
        #expect(try fixture.warehouse.verify().isEmpty)
    }
}
