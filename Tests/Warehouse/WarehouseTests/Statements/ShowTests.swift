import SQLEngine
import TestSupport
import Testing
import Vectors

@testable import Warehouse

@Suite struct ShowTests {
    private let fixture: StatementFixture

    init() throws {
        fixture = try StatementFixture()
        try fixture.run(
            """
            CREATE TABLE QUOTES (SYMBOL VARCHAR(8) NOT NULL, PRICE NUMBER(12, 4) DEFAULT 0, AT TIMESTAMP_NTZ,
                ID INTEGER AUTOINCREMENT)
                COMMENT = 'prices';
            INSERT INTO QUOTES (SYMBOL, PRICE) VALUES ('SPY', 1), ('QQQ', 2);
            CREATE VIEW LATEST AS SELECT SYMBOL, MAX(AT) AS LAST_AT FROM QUOTES GROUP BY SYMBOL;
            """)
    }

    // MARK: DESCRIBE

    @Test func describeShowsColumns() throws {
        let result = try fixture.session.query("DESCRIBE TABLE QUOTES")
        #expect(
            result.columns.map(\.name) == [
                "name", "type", "kind", "null?", "default", "primary key", "unique key", "check",
                "expression", "comment",
                "policy name", "privacy domain",
            ])
        #expect(
            result.rows.map { $0.prefix(5).map(\.description) } == [
                ["SYMBOL", "VARCHAR(8)", "COLUMN", "N", "NULL"],
                ["PRICE", "NUMBER(12,4)", "COLUMN", "Y", "0"],
                ["AT", "TIMESTAMP_NTZ(6)", "COLUMN", "Y", "NULL"],
                ["ID", "NUMBER(38,0)", "COLUMN", "Y", "IDENTITY START 3 INCREMENT 1"],
            ])
        #expect(
            try fixture.column("type", of: "DESC VIEW LATEST") == ["VARCHAR(16777216)", "TIMESTAMP_NTZ(6)"])
        #expect(
            try fixture.column("name", of: "DESC LOAD_OFFSETS") == ["TOPIC", "LOG_PARTITION", "NEXT_OFFSET"])
        #expect(try fixture.column("name", of: "DESC SCHEMA COMMON").contains("QUOTES"))
        #expect(
            try fixture.column("name", of: "DESC DATABASE STOCKS_MDS") == [
                "COMMON", "INFORMATION_SCHEMA", "PUBLIC",
            ])
        #expect(fixture.failure("DESC TABLE QUOTS")?.message.contains("QUOTES") == true)
    }

    @Test func primaryKeysHoldNoNulls() throws {
        try fixture.run("CREATE TABLE P (A INTEGER PRIMARY KEY, B INTEGER)")
        #expect(try fixture.column("null?", of: "DESC TABLE P") == ["N", "Y"])
        #expect(fixture.failure("INSERT INTO P (B) VALUES (1)")?.code == .data)
    }

    // MARK: SHOW

    @Test func tablesWithTheirSizes() throws {
        #expect(try fixture.column("name", of: "SHOW TABLES LIKE 'q%'") == ["QUOTES"])
        #expect(try fixture.column("rows", of: "SHOW TABLES LIKE 'q%'") == ["2"])
        #expect(try Int(fixture.column("bytes", of: "SHOW TABLES LIKE 'q%'")[0]) ?? 0 > 0)
        #expect(
            try fixture.column("name", of: "SHOW TABLES STARTS WITH 'LOAD_' LIMIT 2 FROM 'LOAD_HISTORY'") == [
                "LOAD_OFFSETS", "LOAD_REJECTS",
            ])
        #expect(try fixture.column("name", of: "SHOW TABLES IN SCHEMA PUBLIC") == [])
        #expect(try fixture.column("name", of: "SHOW VIEWS") == ["LATEST"])
        #expect(try fixture.column("kind", of: "SHOW OBJECTS LIKE 'LATEST'") == ["VIEW"])
        #expect(
            try fixture.session.query("SHOW TERSE TABLES").columns.map(\.name) == [
                "created_on", "name", "kind", "database_name", "schema_name",
            ])
        #expect(try fixture.column("name", of: "SHOW TABLES IN ACCOUNT").contains("QUOTES"))
        #expect(try fixture.column("name", of: "SHOW TABLES IN STOCKS_MDS").contains("QUOTES"))
        #expect(fixture.failure("SHOW TABLES IN SCHEMA NOPE")?.code == .notFound)
    }

    @Test func schemasDatabasesColumns() throws {
        #expect(try fixture.column("name", of: "SHOW SCHEMAS") == ["COMMON", "INFORMATION_SCHEMA", "PUBLIC"])
        #expect(try fixture.column("is_current", of: "SHOW DATABASES") == ["Y"])
        #expect(
            try fixture.column("column_name", of: "SHOW COLUMNS IN QUOTES") == [
                "SYMBOL", "PRICE", "AT", "ID",
            ])
        #expect(
            try fixture.column("data_type", of: "SHOW COLUMNS LIKE 'price' IN TABLE QUOTES")
                == ["{\"type\":\"FIXED\",\"precision\":12,\"scale\":4,\"nullable\":true}"])
        #expect(try fixture.run("SHOW PRIMARY KEYS IN TABLE QUOTES") == [])
        #expect(try fixture.run("SHOW SEQUENCES") == [])
        #expect(fixture.failure("CREATE SEQUENCE S")?.code == .unsupported)
    }

    // MARK: INFORMATION_SCHEMA

    @Test func informationSchemaIsTheCatalogue() throws {
        #expect(
            try fixture.lines(
                "SELECT TABLE_NAME, TABLE_TYPE, ROW_COUNT, COMMENT FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'COMMON' AND "
                    + "TABLE_NAME IN ('QUOTES', 'LATEST', 'LOAD_HISTORY') ORDER BY 1")
                == ["LATEST VIEW NULL NULL", "LOAD_HISTORY BASE TABLE 0 NULL", "QUOTES BASE TABLE 2 prices"])
        #expect(
            try fixture.lines(
                "SELECT COLUMN_NAME, ORDINAL_POSITION, DATA_TYPE, IS_NULLABLE, NUMERIC_SCALE FROM STOCKS_MDS.INFORMATION_SCHEMA.COLUMNS "
                    + "WHERE TABLE_NAME = 'QUOTES' ORDER BY 2")
                == [
                    "SYMBOL 1 TEXT NO NULL", "PRICE 2 NUMBER YES 4", "AT 3 TIMESTAMP_NTZ YES NULL",
                    "ID 4 NUMBER YES 0",
                ])
        #expect(
            try fixture.lines(
                "SELECT VIEW_DEFINITION FROM INFORMATION_SCHEMA.VIEWS WHERE TABLE_NAME = 'LATEST'")
                == ["SELECT SYMBOL, MAX(AT) AS LAST_AT FROM QUOTES GROUP BY SYMBOL"])
        #expect(
            try fixture.lines("SELECT SCHEMA_NAME FROM INFORMATION_SCHEMA.SCHEMATA ORDER BY 1") == [
                "COMMON", "INFORMATION_SCHEMA", "PUBLIC",
            ])
        for view in InformationSchema.views.keys {
            _ = try fixture.run("SELECT * FROM INFORMATION_SCHEMA.\(view)")
            #expect(
                try fixture.lines(
                    "SELECT COUNT(*) > 0 FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = '\(view)'") == [
                        "TRUE"
                    ])
        }
        #expect(fixture.failure("SELECT * FROM INFORMATION_SCHEMA.NOPE")?.code == .notFound)
        #expect(fixture.failure("SELECT * FROM NOPE.INFORMATION_SCHEMA.TABLES")?.code == .notFound)
        #expect(fixture.failure("CREATE TABLE INFORMATION_SCHEMA.X (A INTEGER)") != nil)
    }

    // MARK: The session

    @Test func variablesStandForValuesAndNames() throws {
        try fixture.run("SET N = 2; SET (A, B) = ((SELECT MAX(PRICE) FROM QUOTES), 'QUO' || 'TES')")
        #expect(try fixture.lines("SELECT $N + 1, $A, $B") == ["3 2.0000 QUOTES"])
        #expect(try fixture.lines("SELECT COUNT(*) FROM IDENTIFIER($B)") == ["2"])
        #expect(try fixture.lines("SELECT COUNT(*) FROM TABLE($B)") == ["2"])
        try fixture.run("UPDATE IDENTIFIER($B) SET PRICE = $N WHERE SYMBOL = 'SPY'; SET B = 'COMMON.LATEST'")
        #expect(try fixture.column("name", of: "DESCRIBE VIEW IDENTIFIER($B)") == ["SYMBOL", "LAST_AT"])
        #expect(try fixture.column("name", of: "SHOW VARIABLES") == ["A", "B", "N"])
        #expect(try fixture.column("type", of: "SHOW VARIABLES LIKE 'b'") == ["text"])
        try fixture.run("UNSET (A, B)")
        #expect(fixture.failure("SELECT $A")?.code == .notFound)
        #expect(fixture.failure("SELECT * FROM IDENTIFIER($B)")?.message.contains("$B") == true)
        #expect(fixture.failure("DROP TABLE IDENTIFIER($N)") != nil)
        #expect(fixture.failure("SET X = NOPE")?.code == .notFound)
    }

    @Test func parametersAreCheckedAndWork() throws {
        try fixture.run("ALTER SESSION SET TIMEZONE = 'America/New_York', WEEK_START = 7")
        #expect(try fixture.lines("SELECT DATE_TRUNC(week, '2024-01-10'::DATE)") == ["2024-01-07"])
        #expect(
            try fixture.lines(
                "SELECT '2024-01-01 00:00:00 +0000'::TIMESTAMP_TZ::TIMESTAMP_LTZ::TIMESTAMP_NTZ::VARCHAR")
                == ["2023-12-31 19:00:00.000"])
        #expect(try fixture.column("value", of: "SHOW PARAMETERS LIKE 'timezone'") == ["America/New_York"])
        try fixture.run("ALTER SESSION UNSET TIMEZONE, WEEK_START")
        #expect(try fixture.lines("SELECT DATE_TRUNC(week, '2024-01-10'::DATE)") == ["2024-01-08"])
        #expect(try fixture.column("level", of: "SHOW PARAMETERS LIKE 'timezone'") == [""])
        #expect(fixture.failure("ALTER SESSION SET TIMEZONE = 'Nowhere/Land'")?.code == .notFound)
        #expect(fixture.failure("ALTER SESSION SET WEEK_START = 8")?.code == .invalid)
        #expect(fixture.failure("ALTER SESSION SET AUTOCOMMIT = FALSE")?.code == .unsupported)
        #expect(fixture.failure("ALTER SESSION SET WEEK_STRAT = 1")?.message.contains("WEEK_START") == true)
        try fixture.run(
            "ALTER SESSION SET QUERY_TAG = 'nightly', CLIENT_SESSION_KEEP_ALIVE = TRUE, AUTOCOMMIT = TRUE")
    }

    @Test func functionsAreListed() throws {
        let all = FunctionListing.all
        #expect(all.count > 300)
        for name in ["COALESCE", "DATEADD", "SUM", "ROW_NUMBER", "FLATTEN", "GENERATOR", "IFF"] {
            #expect(all.contains { $0.name == name }, "\(name)")
        }
        #expect(all.allSatisfy { !$0.summary.isEmpty && $0.signature.contains("(") || $0.kind == .scalar })
        #expect(Set(all.map { "\($0.kind) \($0.name)" }).count == all.count)
        #expect(try fixture.column("name", of: "SHOW FUNCTIONS LIKE 'date_trunc'") == ["DATE_TRUNC"])
    }
}
