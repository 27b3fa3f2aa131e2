import CFaultyFiles
import ColumnStore
import DurableIO
import SQLiteKit
import TestSupport
import Testing
import Vectors

@testable import Warehouse

/// Every write of a load, a statement and a transaction fails in turn, as on a full disk and on a broken one. What is
/// in the files then, as a process finds it that is started after this one has died, is all of the change or nothing
/// of it.
@Suite(.serialized) struct WriteFaultTests {
    /// A change, and a query that shows it.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let query: String
        let make: @Sendable (Warehouse) throws -> Void
    }

    private static let lines = (0..<300).map { #"{"c":\#($0).25,"symbol":"S\#($0 % 7)"}"# + "\n" }.joined()

    static let changes = [
        Change(
            testDescription: "a load",
            query: """
                SELECT (SELECT COUNT(*) FROM BRONZE_STOCK_QUOTES_RAW), (SELECT COUNT(*) FROM LOAD_REJECTS),
                       (SELECT COUNT(*) FROM LOAD_HISTORY), (SELECT COUNT(*) FROM LOAD_OFFSETS)
                """
        ) { warehouse in
            let source = LoadSource(
                bucket: "b", key: "k", etag: "e", byteCount: 1, topic: "t", partition: 0, firstOffset: 0)
            let object = LoadObject(source, lines: Array((lines + "rubbish\n").utf8))
            _ = try warehouse.load([object], loadedAt: "2024-01-01 00:00:00")
        },
        Change(
            testDescription: "CREATE TABLE AS",
            query: "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'MADE'"
        ) {
            try $0.makeSession().execute(
                "CREATE TABLE MADE CLUSTER BY (A) AS SELECT A, B || 'x' AS B FROM BASE ORDER BY B")
        },
        Change(testDescription: "MERGE", query: "SELECT SUM(A), COUNT(*) FROM BASE") {
            try $0.makeSession().execute(
                """
                MERGE INTO BASE USING (SELECT A + 990 AS A FROM BASE WHERE A < 20) AS NEW ON BASE.A = NEW.A
                WHEN MATCHED THEN UPDATE SET A = -BASE.A WHEN NOT MATCHED THEN INSERT (A) VALUES (NEW.A)
                """)
        },
        Change(testDescription: "a transaction", query: "SELECT SUM(A), COUNT(*), MAX(B) FROM BASE") {
            let session = $0.makeSession()
            do {
                try session.execute(
                    """
                    BEGIN; DELETE FROM BASE WHERE A < 10; INSERT INTO BASE VALUES (-1, 'new');
                    UPDATE BASE SET A = A + 2 WHERE A > 990; COMMIT
                    """)
            } catch {
                _ = try? session.execute("ROLLBACK")
                throw error
            }
        },
    ]

    private func makeWarehouse(_ directory: TemporaryDirectory) throws -> Warehouse {
        let warehouse = try Warehouse(path: directory.file("w.db"), access: .readWrite)
        try warehouse.makeSession().execute(
            """
            CREATE TABLE BASE AS
            SELECT SEQ4()::INTEGER AS A, 'b' || SEQ4() AS B FROM TABLE(GENERATOR(ROWCOUNT => 1000))
            """)
        return warehouse
    }

    private func state(_ change: Change, _ warehouse: Warehouse) throws -> [[Scalar]] {
        try warehouse.makeSession().query(change.query).rows
    }

    /// What is on the disk, without what this process holds in memory.
    private func image(of directory: TemporaryDirectory) throws -> TemporaryDirectory {
        let image = try TemporaryDirectory()
        for name in ["w.db", "w.db-wal"] {
            _ = try image.write(try FileSystem.local.contents(of: directory.file(name)), to: name)
        }
        return image
    }

    @Test(arguments: changes, [true, false])
    func aChangeIsWholeOrNotThere(_ change: Change, isFull: Bool) throws {
        try #require(th_faulty_install() == 0)
        let quiet = try TemporaryDirectory()
        let undisturbed = try makeWarehouse(quiet)
        let before = try state(change, undisturbed)
        try change.make(undisturbed)
        let after = try state(change, undisturbed)
        #expect(before != after)
        var failures = 0
        for operations in 0... {
            let directory = try TemporaryDirectory()
            th_faulty_arm(directory.path, .max, 0)
            defer { th_faulty_arm(nil, 0, 0) }
            let warehouse = try makeWarehouse(directory)
            th_faulty_arm(directory.path, operations, isFull ? 1 : 0)
            var failure: (any Error)?
            do { try change.make(warehouse) } catch { failure = error }
            let wasReached = th_faulty_count() > operations
            let image = try image(of: directory)
            let found = try Warehouse(path: image.file("w.db"), access: .readWrite)
            #expect(
                try state(change, found) == (failure == nil ? after : before),
                "after \(operations) operations: \(String(describing: failure))")
            #expect(try found.verify().isEmpty)
            // Where the disk works again, so does the process that had the error.
            th_faulty_arm(directory.path, .max, 0)
            if failure != nil {
                failures += 1
                #expect(try state(change, warehouse) == before)
                try change.make(warehouse)
            }
            #expect(try state(change, warehouse) == after)
            if !wasReached { break }
        }
        #expect(failures > 4)
    }
}
