import SQLEngine
import SQLiteKit
import TestSupport
import Testing
import Vectors

@testable import Warehouse

/// Tables that end with the session that made them.
@Suite struct TemporaryTableTests {
    private let directory: TemporaryDirectory
    private let warehouse: Warehouse

    init() throws {
        directory = try TemporaryDirectory()
        warehouse = try Warehouse(path: directory.file("w.db"), access: .readWrite)
    }

    private func count(_ table: String, _ session: Session) throws -> String {
        try session.query("SELECT COUNT(*) FROM \(table)").rows[0][0].description
    }

    @Test func theyAreTheSessionsAlone() throws {
        let other = warehouse.makeSession()
        do {
            let session = warehouse.makeSession()
            try session.execute("CREATE TEMPORARY TABLE T (A INTEGER); INSERT INTO T VALUES (1), (2)")
            #expect(try count("T", session) == "2")
            #expect(
                try session.query("SELECT TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'T'")
                    .rows
                    == [[.text("LOCAL TEMPORARY")]])
            #expect(throws: SQLError.self) { try count("T", other) }
            #expect(try warehouse.connection.rows("SELECT 1 FROM sqlite_master WHERE name = 'T'").isEmpty)
            try other.execute("CREATE TEMPORARY TABLE T (A INTEGER)")
            #expect(try count("T", other) == "0")
        }
        #expect(try warehouse.connection.integer("SELECT count(*) FROM TH_OBJECTS WHERE NAME = 'T'") == 1)
        #expect(try count("T", other) == "0")
    }

    @Test func theyHideOthersOfTheirName() throws {
        let session = warehouse.makeSession()
        try session.execute("CREATE TABLE T AS SELECT 1 AS A")
        try session.execute("CREATE OR REPLACE TEMPORARY TABLE T AS SELECT A FROM T UNION ALL SELECT 2")
        #expect(try count("T", session) == "2")
        try session.execute("CREATE OR REPLACE TEMP TABLE T (A INTEGER)")
        #expect(try count("T", session) == "0")
        #expect(try count("T", warehouse.makeSession()) == "1")
        try session.execute("DROP TABLE T")
        #expect(try count("T", session) == "1")
    }

    @Test func whatAKilledProcessLeavesIsDropped() throws {
        let session = warehouse.makeSession()
        try session.execute("CREATE TEMPORARY TABLE T AS SELECT 1 AS A")
        let reader = try Warehouse(path: warehouse.path, access: .readOnly)
        #expect(throws: SQLError.self) { try count("T", reader.makeSession()) }
        let next = try Warehouse(path: warehouse.path, access: .readWrite)
        for table in ["TH_OBJECTS", "TH_TABLES"] {
            // The raw table is there from the start.
            #expect(try next.connection.integer("SELECT count(*) FROM \(table)") == 1, "\(table)")
        }
    }
}
