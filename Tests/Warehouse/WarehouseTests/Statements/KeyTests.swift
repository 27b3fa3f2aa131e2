import SQLEngine
import Testing

@testable import Warehouse

/// Keys inform: they are declared, shown and dropped, and nothing enforces them.
@Suite struct KeyTests {
    private let fixture: StatementFixture

    init() throws {
        fixture = try StatementFixture()
        try fixture.run(
            "CREATE TABLE ORDERS (ID INTEGER PRIMARY KEY, CODE VARCHAR UNIQUE, DAY DATE, LINE INTEGER, UNIQUE (DAY, LINE))"
        )
    }

    private func marks(_ table: String) throws -> [String] {
        let primary = try fixture.column("primary key", of: "DESC TABLE \(table)")
        let unique = try fixture.column("unique key", of: "DESC TABLE \(table)")
        return zip(primary, unique).map { $0 + $1 }
    }

    @Test func describeShowsThem() throws {
        #expect(try marks("ORDERS") == ["YN", "NY", "NY", "NY"])
        try fixture.run("INSERT INTO ORDERS VALUES (1, 'a', NULL, NULL), (1, 'a', NULL, NULL)")
        #expect(try fixture.column("key_sequence", of: "SHOW PRIMARY KEYS") == ["1"])
        #expect(try fixture.column("column_name", of: "SHOW PRIMARY KEYS") == ["ID"])
        #expect(try fixture.column("column_name", of: "SHOW PRIMARY KEYS IN TABLE ORDERS") == ["ID"])
        #expect(try fixture.column("table_name", of: "SHOW PRIMARY KEYS IN SCHEMA COMMON") == ["ORDERS"])
    }

    @Test func copiesHaveThem() throws {
        try fixture.run("CREATE TABLE ALIKE LIKE ORDERS; CREATE TABLE CLONED CLONE ORDERS")
        #expect(try marks("ALIKE") == ["YN", "NY", "NY", "NY"])
        #expect(try marks("CLONED") == ["YN", "NY", "NY", "NY"])
        try fixture.run("CREATE OR REPLACE TABLE ORDERS (ID INTEGER, PRIMARY KEY (ID))")
        #expect(try marks("ORDERS") == ["YN"])
        #expect(try fixture.column("null?", of: "DESC TABLE ORDERS") == ["N"])
    }

    @Test func theyFollowTheirColumns() throws {
        try fixture.run("ALTER TABLE ORDERS RENAME COLUMN ID TO NUMBER")
        try fixture.run("ALTER TABLE ORDERS DROP COLUMN LINE")
        #expect(try fixture.column("column_name", of: "SHOW PRIMARY KEYS") == ["NUMBER"])
        #expect(try marks("ORDERS") == ["YN", "NY", "NN"])
        try fixture.run("ALTER TABLE ORDERS RENAME TO ORDERED")
        #expect(try marks("ORDERED") == ["YN", "NY", "NN"])
        try fixture.run("DROP TABLE ORDERED; CREATE TABLE ORDERED (A INTEGER)")
        #expect(try marks("ORDERED") == ["NN"])
    }

    @Test func theyAreAddedAndDropped() throws {
        try fixture.run("ALTER TABLE ORDERS ADD CONSTRAINT BY_DAY UNIQUE (DAY)")
        #expect(
            fixture.failure("ALTER TABLE ORDERS ADD CONSTRAINT BY_DAY UNIQUE (LINE)")?.code == .alreadyExists)
        #expect(fixture.failure("ALTER TABLE ORDERS ADD PRIMARY KEY (DAY)")?.code == .alreadyExists)
        #expect(fixture.failure("ALTER TABLE ORDERS ADD UNIQUE (NIGHT)")?.code == .notFound)
        try fixture.run("ALTER TABLE ORDERS DROP UNIQUE (DAY, LINE); ALTER TABLE ORDERS DROP PRIMARY KEY")
        #expect(try marks("ORDERS") == ["NN", "NY", "NY", "NN"])
        try fixture.run("ALTER TABLE ORDERS DROP CONSTRAINT BY_DAY CASCADE")
        #expect(try marks("ORDERS") == ["NN", "NY", "NN", "NN"])
        #expect(fixture.failure("ALTER TABLE ORDERS DROP CONSTRAINT BY_DAY")?.code == .notFound)
        #expect(fixture.failure("ALTER TABLE ORDERS DROP PRIMARY KEY")?.code == .notFound)
        #expect(fixture.failure("CREATE TABLE TWO (A INTEGER PRIMARY KEY, B INTEGER PRIMARY KEY)") != nil)
    }

    @Test func aTransactionUndoesThem() throws {
        try fixture.run("BEGIN; ALTER TABLE ORDERS DROP PRIMARY KEY; ROLLBACK")
        #expect(try marks("ORDERS") == ["YN", "NY", "NY", "NY"])
    }
}
