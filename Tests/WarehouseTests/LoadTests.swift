import SQLiteKit
import TestSupport
import Testing

@testable import Warehouse

@Suite struct LoadTests {
    private let directory: TemporaryDirectory
    private let warehouse: Warehouse

    init() throws {
        directory = try TemporaryDirectory()
        warehouse = try Warehouse(path: directory.file("w.db"), access: .readWrite)
    }

    private func source(_ first: Int64, _ next: Int64, etag: String = "e") -> LoadSource {
        LoadSource(
            bucket: "b", key: "t/partition=0/\(first)", etag: etag, byteCount: 1, topic: "t", partition: 0,
            firstOffset: first, nextOffset: next)
    }

    private func append(_ load: inout Load, _ offset: Int64, residue: String? = nil) throws {
        try Array("SPY".utf8).withUnsafeBytes { symbol in
            let numbers = { (column: RawNumber) -> SQLiteValue in
                switch column {
                case .currentPrice: .real(167.41)
                case .change: .real(0.0)
                case .dayHigh: .integer(168)
                case .dayOpen: .null
                case .time, .fetchedAt: .integer(1_381_132_800)
                default: .real(0.0001)
                }
            }
            if let residue {
                try Array(residue.utf8).withUnsafeBytes {
                    try load.append(offset: offset, symbol: symbol, residue: $0, numbers: numbers)
                }
            } else {
                try load.append(offset: offset, symbol: symbol, residue: nil, numbers: numbers)
            }
        }
    }

    private func reject(_ line: Int64, _ content: [UInt8]) -> LoadReject {
        LoadReject(
            source: "/f", line: line, column: 3, reason: "bad", content: content, byteOffset: 9,
            byteCount: Int64(content.count), contentHash: Int64(content.count))
    }

    @Test func rowsLedgerAndOffsetComeTogether() throws {
        let (loaded, rejected) = try warehouse.load(source(0, 3), loadedAt: "2024-01-01 00:00:00") { load in
            try append(&load, 0)
            try append(&load, 1)
            try load.reject(reject(3, Array("x".utf8)), offset: 2)
        }
        #expect(loaded == 2 && rejected == 1)
        #expect(try warehouse.nextOffset(topic: "t", partition: 0) == 3)
        #expect(try warehouse.hasLoaded(bucket: "b", key: "t/partition=0/0", etag: "e"))
        #expect(try !warehouse.hasLoaded(bucket: "b", key: "t/partition=0/0", etag: "other"))
        #expect(
            try warehouse.connection.rows(
                "SELECT ROWS_LOADED, ROWS_REJECTED, NEXT_OFFSET FROM COMMON.LOAD_HISTORY") == [
                    [.integer(2), .integer(1), .integer(3)]
                ])
    }

    @Test func aFailedLoadLeavesNothing() throws {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try warehouse.load(source(0, 3), loadedAt: "x") { load in
                try append(&load, 0)
                throw Stop()
            }
        }
        for table in ["RAW_SHREDDED", "LOAD_HISTORY", "LOAD_OFFSETS", "LOAD_REJECTS"] {
            #expect(try warehouse.connection.integer("SELECT count(*) FROM \(table)") == 0)
        }
    }

    @Test func theJSONComesBack() throws {
        _ = try warehouse.load(source(5, 7), loadedAt: "2024-01-01 00:00:00") { load in
            try append(&load, 5)
            try append(&load, 6, residue: #"{"c" : 1.50, "symbol":"SPY"}"#)
        }
        #expect(
            try warehouse.connection.rows(
                "SELECT V, TOPIC, LOG_PARTITION, LOG_OFFSET, LOADED_AT FROM COMMON.BRONZE_STOCK_QUOTES_RAW ORDER BY RAW_ID"
            ) == [
                [
                    .text(
                        #"{"c":167.41,"d":0.0,"dp":0.0001,"h":168,"l":0.0001,"o":null,"pc":0.0001,"t":1381132800,"symbol":"SPY","fetched_at":1381132800}"#
                    ),
                    .text("t"), .integer(0), .integer(5), .text("2024-01-01 00:00:00"),
                ],
                [
                    .text(#"{"c" : 1.50, "symbol":"SPY"}"#), .text("t"), .integer(0), .integer(6),
                    .text("2024-01-01 00:00:00"),
                ],
            ])
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
        _ = try warehouse.load(source(0, 1), loadedAt: "x") { load in
            try append(&load, 0)
            #expect(try reader.connection.integer("SELECT count(*) FROM RAW_SHREDDED") == 0)
        }
        #expect(try reader.connection.integer("SELECT count(*) FROM RAW_SHREDDED") == 1)
        #expect(try reader.tables().contains { $0.name == "RAW_SHREDDED" && $0.rows == 1 })
    }
}
