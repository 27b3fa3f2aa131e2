import SQLiteKit
import TestSupport
import ColumnStore
import Testing
import Vectors

@testable import Warehouse

@Suite struct LoadTests {
    private let directory: TemporaryDirectory
    private let warehouse: Warehouse

    init() throws {
        directory = try TemporaryDirectory()
        warehouse = try Warehouse(path: directory.file("w.db"), access: .readWrite)
    }

    private func object(_ first: Int64, etag: String = "e", partition: Int32 = 0, _ lines: String...)
        -> LoadObject
    {
        LoadObject(
            LoadSource(
                bucket: "b", key: "t/partition=\(partition)/\(first)", etag: etag, byteCount: 1, topic: "t",
                partition: partition, firstOffset: first),
            lines: Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    private func load(_ objects: LoadObject..., rules: LineRules = .objects) throws -> LoadOutcome {
        try warehouse.load(objects, loadedAt: "2024-01-01 00:00:00", rules: rules)
    }

    private func rows(_ sql: String, of other: Warehouse? = nil) throws -> [[String]] {
        try (other ?? warehouse).makeSession().query(sql).rows.map { $0.map(\.description) }
    }

    private func reject(_ line: Int64, _ content: [UInt8]) -> LoadReject {
        LoadReject(
            source: "/f", line: line, column: 3, reason: "bad", content: content, byteOffset: 9,
            byteCount: Int64(content.count), contentHash: Int64(content.count))
    }

    @Test func rowsLedgerAndOffsetComeTogether() throws {
        let outcome = try load(object(0, #"{"c":1}"#, #"{"c":2}"#, "rubbish"))
        #expect(outcome.loaded == 2)
        #expect(outcome.rejects.map(\.line) == [3])
        #expect(outcome.rejects.map(\.byteOffset) == [16])
        #expect(outcome.newRejects == 1)
        #expect(try warehouse.nextOffset(topic: "t", partition: 0) == 3)
        #expect(try warehouse.hasLoaded(bucket: "b", key: "t/partition=0/0", etag: "e"))
        #expect(try !warehouse.hasLoaded(bucket: "b", key: "t/partition=0/0", etag: "other"))
        #expect(
            try rows("SELECT ROWS_LOADED, ROWS_REJECTED, FIRST_OFFSET, NEXT_OFFSET FROM COMMON.LOAD_HISTORY")
                == [["2", "1", "0", "3"]])
        let all = try rows("SELECT * FROM LOAD_REJECTS")
        #expect(
            try rows("SELECT SOURCE_FILE, LINE_NUMBER, COLUMN_NUMBER, RAW_LINE, LOG_OFFSET FROM LOAD_REJECTS")
                == [["s3://b/t/partition=0/0", "3", "1", "rubbish", "2"]],
            "\(all)")
    }

    @Test func aFailedLoadLeavesNothing() throws {
        try warehouse.connection.execute(
            "CREATE TRIGGER t BEFORE INSERT ON LOAD_OFFSETS BEGIN SELECT raise(FAIL, 'no'); END")
        #expect(throws: SQLiteError.self) { try load(object(0, #"{"c":1}"#, "rubbish")) }
        for table in ["BRONZE_STOCK_QUOTES_RAW", "LOAD_HISTORY", "LOAD_OFFSETS", "LOAD_REJECTS"] {
            #expect(try rows("SELECT COUNT(*) FROM \(table)") == [["0"]], "\(table)")
        }
        try warehouse.connection.execute("DROP TRIGGER t")
        #expect(try load(object(0, #"{"c":1}"#, "rubbish")).loaded == 1)
        #expect(try rows("SELECT COUNT(*) FROM BRONZE_STOCK_QUOTES_RAW") == [["1"]])
    }

    @Test func theJSONComesBack() throws {
        _ = try load(
            object(
                5, #"{"c":167.41,"d":0,"h":168,"o":null,"symbol":"SPY"}"#,
                #"{ "symbol":"SPY", "c" : 1.50, "x":[1,{"y":"ä"}] }"#))
        #expect(
            try rows(
                "SELECT V, TOPIC, LOG_PARTITION, LOG_OFFSET, OBJECT_KEY, LOADED_AT, RAW_ID FROM COMMON.BRONZE_STOCK_QUOTES_RAW ORDER BY RAW_ID"
            ) == [
                [
                    #"{"c":167.41,"d":0,"h":168,"o":null,"symbol":"SPY"}"#, "t", "0", "5", "t/partition=0/5",
                    "2024-01-01 00:00:00", "1",
                ],
                [
                    #"{"c":1.5,"symbol":"SPY","x":[1,{"y":"ä"}]}"#, "t", "0", "6", "t/partition=0/5",
                    "2024-01-01 00:00:00", "2",
                ],
            ])
    }

    /// Small objects share a transaction, and each row still says where it is from.
    @Test func manySmallObjectsAreLoadedTogether() throws {
        let outcome = try load(
            object(0, #"{"c":0}"#), object(1, #"{"c":1}"#, "no"), object(3, "no"), object(4),
            object(0, partition: 1, #"{"c":9}"#))
        #expect(outcome.loaded == 3)
        #expect(
            outcome.rejects.map { "\($0.source):\($0.line)" } == [
                "s3://b/t/partition=0/1:2", "s3://b/t/partition=0/3:1",
            ])
        #expect(outcome.rejects.map(\.byteOffset) == [8, 0])
        #expect(
            try rows(
                "SELECT V:c, LOG_PARTITION, LOG_OFFSET, OBJECT_KEY FROM BRONZE_STOCK_QUOTES_RAW ORDER BY RAW_ID"
            ) == [
                ["0", "0", "0", "t/partition=0/0"], ["1", "0", "1", "t/partition=0/1"],
                ["9", "1", "0", "t/partition=1/0"],
            ])
        #expect(
            try rows(
                "SELECT OBJECT_KEY, ROWS_LOADED, ROWS_REJECTED, NEXT_OFFSET FROM LOAD_HISTORY ORDER BY LOAD_ID"
            ) == [
                ["t/partition=0/0", "1", "0", "1"], ["t/partition=0/1", "1", "1", "3"],
                ["t/partition=0/3", "0", "1", "4"],
                ["t/partition=0/4", "0", "0", "4"], ["t/partition=1/0", "1", "0", "1"],
            ])
        #expect(try warehouse.nextOffset(topic: "t", partition: 0) == 4)
        #expect(try warehouse.nextOffset(topic: "t", partition: 1) == 1)
    }

    /// An object that has grown, and objects that overlap, bring what is not there yet.
    @Test func whatIsLoadedAlreadyIsLeftOut() throws {
        #expect(try load(object(0, #"{"c":0}"#, #"{"c":1}"#)).loaded == 2)
        let outcome = try load(
            object(0, etag: "longer", #"{"c":0}"#, #"{"c":1}"#, "no", #"{"c":3}"#),
            object(2, #"{"c":2}"#, #"{"c":3}"#, #"{"c":4}"#))
        #expect(outcome.loaded == 2)
        #expect(outcome.rejects.map(\.line) == [3])
        #expect(outcome.rejects.map(\.byteOffset) == [16])
        #expect(
            try rows("SELECT V:c, LOG_OFFSET FROM BRONZE_STOCK_QUOTES_RAW ORDER BY RAW_ID")
                == [["0", "0"], ["1", "1"], ["3", "3"], ["4", "4"]])
        #expect(try load(object(0, etag: "again", #"{"c":0}"#)).loaded == 0)
        #expect(try warehouse.nextOffset(topic: "t", partition: 0) == 5)
    }

    /// Rows of row groups that several threads made are those of the lines, in their order.
    @Test func aLargeObjectBecomesRowGroups() throws {
        let count = 40_000
        var lines = (0..<count).map { #"{"c":\#($0),"symbol":"S\#($0 % 7)"}"# }
        for line in stride(from: 100, to: count, by: 9_999) { lines[line] = "rubbish \(line)" }
        lines[30_000] = ""
        let text = Array(lines.joined(separator: "\n").utf8)
        let source = LoadSource(
            bucket: "b", key: "k", etag: "e", byteCount: 1, topic: "t", partition: 0, firstOffset: 1000)
        let outcome = try warehouse.load(
            [LoadObject(source, lines: text)], loadedAt: "2024-01-01 00:00:00", threads: 3)
        #expect(outcome.rejects.map(\.line) == [101, 10_100, 20_099, 30_001, 30_098])
        #expect(outcome.rejects[3].reason == "malformed JSON: there is no value")
        #expect(outcome.loaded == count - 5)
        #expect(try warehouse.nextOffset(topic: "t", partition: 0) == Int64(1000 + count))
        #expect(
            try rows(
                "SELECT COUNT(*), COUNT_IF(V:c::number + 1000 = LOG_OFFSET), COUNT_IF(LOG_OFFSET = RAW_ID + 999) FROM BRONZE_STOCK_QUOTES_RAW"
            )
                == [["39995", "39995", "39995"]])
        let snapshot = try warehouse.columns.snapshot(.init(1))
        #expect(snapshot.rowGroups.count == 3)
    }

    /// Every line that is not plainly what the rules say is shown to the judge, whatever its neighbours are.
    @Test func rulesAreHeldWithoutLookingAtEachLine() throws {
        let good = [
            #"{"n":1,"s":"a"}"#, #"{"n":2.5,"s":"b"}"#, #"{"n":null,"s":"c"}"#, #"{"s":"d"}"#,
            #"{"n":-3e2,"s":"e"}"#,
        ]
        let doubtful = [
            #"{"n":101,"s":"a"}"#, #"{"n":"5","s":"a"}"#, #"{"n":true,"s":"a"}"#, #"{"n":{"x":1},"s":"a"}"#,
            #"{"n":[1],"s":"a"}"#,
            #"{"n":1}"#, #"{"n":1,"s":""}"#, #"{"n":1,"s":null}"#, #"{"n":1,"s":7}"#, "[1]", "7", "{}",
            "rubbish", "",
            #"{"n":1e300,"s":"a"}"#, #"{"n":123456789012345678901234567890,"s":"a"}"#,
            #"{"n":-1001,"s":"a"}"#,
        ]
        let rules = LineRules(numbers: [("n", -1000...100)], texts: ["s"]) {
            { _ in LineRejection("judged", column: 2) }
        }
        var generator = SeededGenerator(seed: 3)
        for round in 0..<40 {
            let lines = (0..<Int.random(in: 1...400, using: &generator)).map { _ in
                Int.random(in: 0..<10, using: &generator) < round % 10
                    ? doubtful.randomElement(using: &generator) ?? ""
                    : good.randomElement(using: &generator) ?? ""
            }
            let source = LoadSource(
                bucket: "b", key: "\(round)", etag: "e", byteCount: 1, topic: "t\(round)", partition: 0,
                firstOffset: 0)
            let text = lines.map { $0 + "\n" }.joined()
            let outcome = try warehouse.load(
                [LoadObject(source, lines: Array(text.utf8))], loadedAt: "2024-01-01 00:00:00", rules: rules)
            let expected = lines.indices.filter { doubtful.contains(lines[$0]) }
            #expect(outcome.rejects.map { Int($0.line) - 1 } == expected, "round \(round)")
            #expect(
                outcome.rejects.map { String(decoding: $0.content, as: UTF8.self) }
                    == expected.map { lines[$0] })
            #expect(outcome.rejects.allSatisfy { $0.reason == "judged" && $0.column == 2 })
            let kept = lines.indices.filter { !doubtful.contains(lines[$0]) }
            #expect(
                try rows(
                    "SELECT LOG_OFFSET FROM BRONZE_STOCK_QUOTES_RAW WHERE TOPIC = 't\(round)' ORDER BY RAW_ID"
                )
                    == kept.map { ["\($0)"] }, "round \(round)")
        }
    }

    @Test func rowNumbersAreNotUsedAgain() throws {
        _ = try load(object(0, #"{"c":0}"#, #"{"c":1}"#))
        try warehouse.connection.execute("INSERT INTO BUILD_HISTORY VALUES (1, 'm', 'table', 0, 0, 2, 'x')")
        try warehouse.connection.execute(
            "DELETE FROM TH_ROW_GROUPS; DELETE FROM TH_DELTA; UPDATE TH_TABLES SET VERSION = VERSION + 1")
        _ = try load(object(2, #"{"c":2}"#))
        #expect(try rows("SELECT RAW_ID FROM BRONZE_STOCK_QUOTES_RAW") == [["3"]])
        #expect(try warehouse.lastRawID() == 3)
    }

    @Test func aRejectSeenAgainIsCountedNotKeptTwice() throws {
        let bytes: [UInt8] = [0xFF, 0xFE]
        for round in 1...2 {
            let new = try warehouse.loadRejects(
                topic: "r", partition: 0, nextOffset: Int64(round * 2), loadedAt: "x",
                [(0, reject(1, Array("text".utf8))), (1, reject(2, bytes))])
            #expect(new == (round == 1 ? 2 : 0))
        }
        #expect(
            try warehouse.connection.rows(
                "SELECT LINE_NUMBER, RAW_LINE, TIMES_SEEN, LOG_OFFSET FROM LOAD_REJECTS ORDER BY 1") == [
                    [.integer(1), .text("text"), .integer(2), .integer(0)],
                    [.integer(2), .blob(bytes), .integer(2), .integer(1)],
                ])
        #expect(try warehouse.nextOffset(topic: "r", partition: 0) == 4)
    }

    @Test func otherFilesAreNoWarehouse() throws {
        let text = try directory.write("this is no database, only text of some length", to: "text.db")
        #expect(
            #expect(throws: WarehouseError.self) { try Warehouse(path: text, access: .readOnly) }?.code
                == .unsupportedFormat)
        let other = directory.file("other.db")
        try Connection(path: other, access: .readWrite).execute("CREATE TABLE t (a)")
        #expect(
            #expect(throws: WarehouseError.self) { try Warehouse(path: other, access: .readWrite) }?.code
                == .unsupportedFormat)
        #expect(
            #expect(throws: WarehouseError.self) {
                try Warehouse(path: directory.file("none"), access: .readOnly)
            }?.code
                == .notFound)
        try warehouse.connection.execute("PRAGMA user_version = 99")
        let newer = #expect(throws: WarehouseError.self) {
            try Warehouse(path: warehouse.path, access: .readOnly)
        }
        #expect(newer?.message.contains("version 99") == true)
    }

    @Test func readersSeeWholeTransactionsWhileAWriterWorks() throws {
        let reader = try Warehouse(path: warehouse.path, access: .readOnly)
        let count = "SELECT COUNT(*) FROM BRONZE_STOCK_QUOTES_RAW"
        try warehouse.connection.execute("BEGIN IMMEDIATE; SAVEPOINT before")
        try warehouse.connection.execute("INSERT INTO LOAD_OFFSETS VALUES ('t', 7, 7)")
        #expect(try reader.nextOffset(topic: "t", partition: 7) == 0)
        try warehouse.connection.execute("ROLLBACK")
        _ = try load(object(0, #"{"c":1}"#))
        #expect(try rows(count, of: reader) == [["1"]])
        _ = try load(object(1, #"{"c":2}"#))
        #expect(try rows(count, of: reader) == [["2"]])
        #expect(
            try reader.tables().contains {
                $0.name == "BRONZE_STOCK_QUOTES_RAW" && $0.kind == "table" && $0.rows == 2
            })
    }
}
