import SQLEngine
import TestSupport
import Testing
import Vectors

@testable import Warehouse

@Suite struct AlterTests {
    private let fixture: StatementFixture

    init() throws {
        fixture = try StatementFixture()
        try fixture.run("CREATE TABLE T (A INTEGER, B VARCHAR(5)); INSERT INTO T VALUES (1, 'x'), (2, NULL)")
    }

    private func types() throws -> [String] { try fixture.column("type", of: "DESCRIBE TABLE T") }

    // MARK: Columns

    @Test func addedColumnsHaveTheirDefaults() throws {
        try fixture.run("ALTER TABLE T ADD COLUMN C NUMBER(5, 1) NOT NULL DEFAULT 2.5, D VARCHAR")
        try fixture.run("INSERT INTO T (A) VALUES (3)")
        #expect(
            try fixture.lines("SELECT * FROM T ORDER BY A") == [
                "1 x 2.5 NULL", "2 NULL 2.5 NULL", "3 NULL 2.5 NULL",
            ])
        #expect(fixture.failure("ALTER TABLE T ADD COLUMN C INTEGER")?.code == .alreadyExists)
        try fixture.run("ALTER TABLE T ADD COLUMN IF NOT EXISTS C INTEGER")
        #expect(fixture.failure("ALTER TABLE T ADD COLUMN E INTEGER NOT NULL")?.code == .invalid)
        #expect(fixture.failure("ALTER TABLE T ADD COLUMN E VARCHAR(2) DEFAULT 'abc'")?.code == .data)
        #expect(fixture.failure("ALTER TABLE T ADD COLUMN E INTEGER AUTOINCREMENT")?.code == .unsupported)
        try fixture.run("ALTER TABLE T ADD COLUMN E VARIANT; UPDATE T SET E = PARSE_JSON('[1]') WHERE A = 1")
        #expect(try fixture.lines("SELECT E[0] FROM T ORDER BY A") == ["1", "NULL", "NULL"])
    }

    @Test func columnsAreDroppedAndRenamed() throws {
        try fixture.run("ALTER TABLE T RENAME COLUMN A TO \"a b\"; ALTER TABLE T DROP COLUMN IF EXISTS Z, B")
        #expect(try fixture.column("name", of: "DESC TABLE T") == ["a b"])
        #expect(try fixture.lines("SELECT \"a b\" FROM T ORDER BY 1") == ["1", "2"])
        #expect(fixture.failure("ALTER TABLE T DROP COLUMN \"a b\"")?.code == .invalid)
        #expect(fixture.failure("ALTER TABLE T DROP COLUMN X")?.code == .notFound)
        #expect(fixture.failure("ALTER TABLE T RENAME COLUMN X TO Y")?.code == .notFound)
    }

    @Test func typesBecomeWider() throws {
        try fixture.run("CREATE TABLE W (N NUMBER(4, 1), S VARCHAR(3)); INSERT INTO W VALUES (123.4, 'abc')")
        try fixture.run("ALTER TABLE W ALTER COLUMN N SET DATA TYPE NUMBER(20, 1), COLUMN S TYPE VARCHAR(10)")
        try fixture.run("INSERT INTO W VALUES (12345678901234.5, 'abcdefghij')")
        #expect(
            try fixture.lines("SELECT * FROM W ORDER BY N") == ["123.4 abc", "12345678901234.5 abcdefghij"])
        #expect(try fixture.column("type", of: "DESCRIBE TABLE W") == ["NUMBER(20,1)", "VARCHAR(10)"])
        #expect(fixture.failure("ALTER TABLE W MODIFY S VARCHAR(9)")?.code == .data)
        try fixture.run("DELETE FROM W WHERE N > 1000; ALTER TABLE W MODIFY S VARCHAR(9)")
    }

    @Test func tablesAreWrittenAnewForOtherDigits() throws {
        try fixture.run("ALTER TABLE T ALTER A SET DATA TYPE NUMBER(10, 2)")
        #expect(try fixture.lines("SELECT A FROM T ORDER BY 1") == ["1.00", "2.00"])
        try fixture.run("UPDATE T SET A = 1.25 WHERE A = 1")
        #expect(fixture.failure("ALTER TABLE T ALTER A SET DATA TYPE NUMBER(10, 1)")?.code == .data)
        #expect(fixture.failure("ALTER TABLE T ALTER A SET DATA TYPE NUMBER(2, 2)")?.code == .data)
        #expect(try types() == ["NUMBER(10,2)", "VARCHAR(5)"])
    }

    @Test func valuesKeepTheirMeaning() throws {
        try fixture.run(
            """
            CREATE TABLE M (S VARCHAR, AT TIMESTAMP_NTZ, V VARIANT, N INTEGER, F FLOAT);
            INSERT INTO M SELECT '1.5', '2024-01-02 03:04:05', PARSE_JSON('1.5'), 2, 1e300
            """)
        for (column, type) in [
            ("S", "NUMBER(38, 0)"), ("AT", "DATE"), ("V", "INTEGER"), ("N", "BOOLEAN"), ("N", "VARCHAR"),
            ("F", "NUMBER(38, 2)"), ("AT", "TIMESTAMP_TZ"), ("S", "BINARY"),
        ] {
            let error = fixture.failure("ALTER TABLE M ALTER \(column) SET DATA TYPE \(type)")
            #expect(error?.code == .invalid, "\(column) \(type)")
            #expect(error?.message.contains("ADD COLUMN NEW_\(column)") == true, "\(column) \(type)")
        }
        #expect(
            try fixture.lines("SELECT S, AT::VARCHAR, V, N FROM M") == ["1.5 2024-01-02 03:04:05.000 1.5 2"])
    }

    @Test func nullsAndDefaults() throws {
        #expect(fixture.failure("ALTER TABLE T ALTER B SET NOT NULL")?.code == .data)
        try fixture.run("ALTER TABLE T ALTER A SET NOT NULL, A SET DEFAULT 5, A COMMENT 'the first'")
        try fixture.run("INSERT INTO T (B) VALUES ('d')")
        #expect(fixture.failure("INSERT INTO T (A) VALUES (NULL)")?.code == .data)
        #expect(try fixture.lines("SELECT A FROM T WHERE B = 'd'") == ["5"])
        let row = try fixture.run("DESCRIBE TABLE T")[0]
        #expect(row.prefix(5) == ["A", "NUMBER(38,0)", "COLUMN", "N", "5"] && row[9] == "the first")
        try fixture.run(
            "ALTER TABLE T ALTER A DROP NOT NULL, A DROP DEFAULT, A UNSET COMMENT; INSERT INTO T (B) VALUES ('e')"
        )
        #expect(try fixture.lines("SELECT A FROM T WHERE B = 'e'") == ["NULL"])
    }

    // MARK: Tables

    @Test func tablesAreRenamedAndSwapped() throws {
        try fixture.run(
            "CREATE SCHEMA OTHER; USE SCHEMA COMMON; ALTER TABLE T RENAME TO OTHER.U; CREATE TABLE T (C INTEGER)"
        )
        #expect(try fixture.lines("SELECT COUNT(*) FROM OTHER.U") == ["2"])
        try fixture.run("ALTER TABLE T SWAP WITH OTHER.U")
        #expect(try fixture.lines("SELECT COUNT(*) FROM T") == ["2"])
        #expect(try fixture.lines("SELECT COUNT(C) FROM OTHER.U") == ["0"])
        #expect(fixture.failure("ALTER TABLE T RENAME TO OTHER.U")?.code == .alreadyExists)
        #expect(fixture.failure("ALTER TABLE T RENAME TO NOWHERE.U")?.code == .notFound)
        #expect(fixture.failure("ALTER TABLE T SWAP WITH T")?.code == .invalid)
        try fixture.run("ALTER TABLE IF EXISTS NOT_THERE RENAME TO X")
    }

    @Test func theRawTableStaysAsItIs() throws {
        for action in [
            "RENAME TO X", "ADD COLUMN X INTEGER", "DROP COLUMN TOPIC", "SWAP WITH T", "ALTER V SET NOT NULL",
        ] {
            #expect(
                fixture.failure("ALTER TABLE BRONZE_STOCK_QUOTES_RAW \(action)")?.code == .invalid,
                "\(action)")
        }
        #expect(fixture.failure("ALTER TABLE T SWAP WITH BRONZE_STOCK_QUOTES_RAW")?.code == .invalid)
        try fixture.run("ALTER TABLE BRONZE_STOCK_QUOTES_RAW SET COMMENT = 'raw'")
        #expect(try fixture.column("comment", of: "SHOW TABLES LIKE 'bronze%'") == ["raw"])
    }

    @Test func theRawTableCannotBeReplacedOrChanged() throws {
        let raw = "BRONZE_STOCK_QUOTES_RAW"
        for statement in [
            "CREATE OR REPLACE TABLE \(raw) (A INTEGER)", "CREATE OR REPLACE VIEW \(raw) AS SELECT 1 AS A",
            "CREATE OR REPLACE SCHEMA COMMON", "CREATE OR REPLACE DATABASE STOCKS_MDS",
            "TRUNCATE TABLE \(raw)",
            "DELETE FROM \(raw)", "UPDATE \(raw) SET TOPIC = 'x'",
            "INSERT OVERWRITE INTO \(raw) SELECT * FROM \(raw)",
            "CREATE TEMPORARY TABLE \(raw) (A INTEGER)", "INSERT INTO \(raw) (TOPIC) VALUES ('x')",
            "DROP TABLE \(raw)",
            "MERGE INTO \(raw) R USING T ON R.RAW_ID = T.A WHEN MATCHED THEN DELETE",
        ] {
            #expect(fixture.failure(statement)?.code == .invalid, "\(statement)")
        }
        #expect(fixture.failure("DELETE FROM \(raw)")?.message.contains("LOAD_HISTORY") == true)
        #expect(try fixture.lines("SELECT COUNT(*) FROM \(raw)") == ["0"])
    }

    @Test func clusterKeysMayHaveAnyName() throws {
        try fixture.run("CREATE TABLE K (\"a,b\" INTEGER, \"a\" INTEGER, V VARIANT) CLUSTER BY (\"a,b\")")
        #expect(try fixture.column("cluster_by", of: "SHOW TABLES LIKE 'K'") == ["LINEAR(a,b)"])
        #expect(fixture.failure("ALTER TABLE K DROP COLUMN \"a,b\"")?.code == .invalid)
        try fixture.run("ALTER TABLE K DROP COLUMN \"a\"")
        #expect(try fixture.session.definitions(of: "K")[0].contains("CLUSTER BY (\"a,b\")"))
        #expect(fixture.failure("CREATE TABLE L (V VARIANT) CLUSTER BY (V)")?.code == .invalid)
    }

    @Test func clusteringIsKeptAndUsed() throws {
        try fixture.run("ALTER TABLE T CLUSTER BY (B, A); ALTER TABLE T RENAME COLUMN A TO Z")
        #expect(try fixture.column("cluster_by", of: "SHOW TABLES LIKE 'T'") == ["LINEAR(B, Z)"])
        #expect(fixture.failure("ALTER TABLE T DROP COLUMN B")?.code == .invalid)
        #expect(fixture.failure("ALTER TABLE T CLUSTER BY (NOPE)")?.code == .notFound)
        try fixture.run(
            "INSERT INTO T SELECT 1000000 - SEQ8(), 'k' FROM TABLE(GENERATOR(ROWCOUNT => 5000)); DELETE FROM T WHERE Z < 3"
        )
        let result = try fixture.warehouse.compact(table: "T")
        #expect(result.rowsWritten == 5000 && result.rowsRemoved == 2)
        #expect(try fixture.lines("SELECT Z FROM T LIMIT 1") == ["995001"])
        try fixture.run("ALTER TABLE T DROP CLUSTERING KEY; ALTER TABLE T DROP COLUMN B")
        #expect(try fixture.warehouse.verify().isEmpty)
    }

    // MARK: Views, schemas, databases

    @Test func viewsAreRenamed() throws {
        try fixture.run(
            "CREATE VIEW V AS SELECT A FROM T; ALTER VIEW V RENAME TO W; ALTER VIEW W SET COMMENT = 'c'")
        #expect(try fixture.lines("SELECT * FROM W ORDER BY 1") == ["1", "2"])
        #expect(try fixture.column("comment", of: "SHOW VIEWS LIKE 'W'") == ["c"])
        #expect(fixture.failure("ALTER VIEW T RENAME TO X")?.code == .invalid)
        #expect(fixture.failure("ALTER VIEW X RENAME TO Y")?.code == .notFound)
        try fixture.run(
            "ALTER VIEW IF EXISTS X RENAME TO Y; ALTER VIEW W SET SECURE; ALTER VIEW W UNSET COMMENT")
    }

    @Test func schemasAndDatabasesAreRenamedAndSwapped() throws {
        try fixture.run("CREATE SCHEMA S; CREATE TABLE X AS SELECT 1 AS N; ALTER SCHEMA S RENAME TO R")
        #expect(try fixture.lines("SELECT N FROM X") == ["1"])
        try fixture.run("CREATE SCHEMA S; CREATE TABLE X AS SELECT 2 AS N; ALTER SCHEMA S SWAP WITH R")
        #expect(try fixture.lines("SELECT N FROM S.X UNION ALL SELECT N FROM R.X") == ["1", "2"])
        try fixture.run("CREATE DATABASE D; CREATE TABLE X AS SELECT 3 AS N; ALTER DATABASE D RENAME TO E")
        #expect(try fixture.lines("SELECT N, CURRENT_DATABASE() FROM E.PUBLIC.X") == ["3 E"])
        #expect(fixture.failure("ALTER DATABASE STOCKS_MDS RENAME TO F")?.code == .invalid)
        #expect(fixture.failure("ALTER SCHEMA STOCKS_MDS.COMMON RENAME TO F")?.code == .invalid)
        #expect(fixture.failure("ALTER DATABASE NOPE RENAME TO F")?.code == .notFound)
        #expect(fixture.failure("ALTER SCHEMA STOCKS_MDS.R RENAME TO STOCKS_MDS.S")?.code == .alreadyExists)
    }

    @Test func commentsAreKept() throws {
        try fixture.run(
            "COMMENT ON TABLE T IS 'table'; COMMENT ON COLUMN T.A IS 'column'; COMMENT ON SCHEMA COMMON IS 'schema'; "
                + "COMMENT ON DATABASE STOCKS_MDS IS 'database'; COMMENT IF EXISTS ON TABLE NOPE IS 'x'")
        #expect(try fixture.column("comment", of: "SHOW TABLES LIKE 'T'") == ["table"])
        #expect(try fixture.column("comment", of: "SHOW COLUMNS IN TABLE T") == ["column", ""])
        #expect(try fixture.column("comment", of: "SHOW SCHEMAS LIKE 'COMMON'") == ["schema"])
        #expect(try fixture.column("comment", of: "SHOW DATABASES") == ["database"])
        #expect(fixture.failure("COMMENT ON TABLE NOPE IS 'x'")?.code == .notFound)
        #expect(fixture.failure("COMMENT ON VIEW T IS 'x'")?.code == .invalid)
        #expect(fixture.failure("COMMENT ON COLUMN T.NOPE IS 'x'")?.code == .notFound)
    }

    @Test func anAlterThatFailsLeavesNothing() throws {
        #expect(fixture.failure("ALTER TABLE T ADD COLUMN C INTEGER DEFAULT 1, B INTEGER") != nil)
        #expect(fixture.failure("ALTER TABLE T ALTER A SET DEFAULT 4, B SET NOT NULL") != nil)
        #expect(try fixture.column("name", of: "DESCRIBE TABLE T") == ["A", "B"])
        #expect(try fixture.column("default", of: "DESCRIBE TABLE T") == ["NULL", "NULL"])
        try fixture.run("BEGIN; ALTER TABLE T ADD COLUMN C INTEGER DEFAULT 1; ROLLBACK")
        #expect(try fixture.lines("SELECT * FROM T ORDER BY A") == ["1 x", "2 NULL"])
    }
}
