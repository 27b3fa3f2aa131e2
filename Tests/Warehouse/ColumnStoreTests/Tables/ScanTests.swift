import JSON
import ColumnStore
import DurableIO
import SQLiteKit
import Synchronization
import Testing
import Threads
import Vectors

@Suite struct ScanTests {
    private func database(rowGroupRows: Int = 2048) throws -> ColumnDatabase {
        var configuration = ColumnDatabase.Configuration()
        configuration.rowGroupRows = rowGroupRows
        configuration.deltaAppendRowsMax = 100
        return try ColumnDatabase(
            Connection(path: ":memory:", access: .readWrite), configuration: configuration)
    }

    private func append(_ vectors: [Vector], to table: TableID, of database: ColumnDatabase) throws {
        let writer = try database.writer(table)
        try writer.append(vectors, count: vectors[0].count)
        try writer.finish()
    }

    private func forms(_ database: ColumnDatabase, _ table: TableID, _ request: ColumnRequest) throws
        -> [String]
    {
        var forms: Set<String> = []
        try database.scan(database.snapshot(table), [request]).makeReader().forEachBatch {
            let vector = $0.columns[0]
            forms.insert("\(vector.layout) \(vector.scale) \(vector.isJSON)")
        }
        return forms.sorted()
    }

    @Test func FLOATHasOneFormThroughoutAScan() throws {
        let database = try database()
        let table = try database.createTable([.float])
        let request = ColumnRequest(try database.columns(table)[0].id)
        try append([RandomVectors.doubles(2048) { Double($0) }], to: table, of: database)
        #expect(try forms(database, table, request) == ["int64 0 false"])
        try append([RandomVectors.doubles(10) { Double($0) / 100 }], to: table, of: database)
        #expect(try forms(database, table, request) == ["int64 2 false"])
        try append(
            [RandomVectors.withStates(RandomVectors.doubles(10) { _ in 0 }) { _ in 0 }], to: table,
            of: database)
        #expect(try forms(database, table, request) == ["int64 2 false"])
        try append([RandomVectors.doubles(2048) { 1e14 + Double($0) }], to: table, of: database)
        #expect(try forms(database, table, request) == ["double 0 false"])
        var values: [Double] = []
        try database.scan(database.snapshot(table), [request]).makeReader().forEachBatch { batch in
            for row in 0..<batch.count where batch.columns[0].isValid(row) {
                values.append(batch.columns[0].doubles[row])
            }
        }
        let expected =
            (0..<2048).map { Double($0) } + (0..<10).map { Double($0) / 100 }
            + (0..<2048).map { 1e14 + Double($0) }
        #expect(values == expected)
    }

    @Test func pathsHaveTypedFormsWhereAllValuesAreOfOneKind() throws {
        let database = try database()
        let table = try database.createTable([.variant])
        let column = try database.columns(table)[0].id
        let first = (0..<2048).map { #"{"c":\#($0).25,"s":"x\#($0 % 3)","t":true,"m":\#($0)}"# }
        try append([RandomVectors.strings(first, type: .variant)], to: table, of: database)
        try append(
            [
                RandomVectors.strings(
                    (0..<50).map { #"{"c":\#($0),"s":null,"t":false,"m":"text"}"# }, type: .variant)
            ], to: table,
            of: database)
        #expect(try forms(database, table, ColumnRequest(column, path: ["c"])) == ["int64 2 false"])
        #expect(try forms(database, table, ColumnRequest(column, path: ["s"])) == ["string 0 false"])
        #expect(try forms(database, table, ColumnRequest(column, path: ["t"])) == ["bool 0 false"])
        #expect(try forms(database, table, ColumnRequest(column, path: ["m"])) == ["string 0 true"])
        #expect(try forms(database, table, ColumnRequest(column)) == ["string 0 true"])
        let missing = try database.scan(
            database.snapshot(table), [ColumnRequest(column, path: ["none", "such"])])
        try missing.makeReader().forEachBatch { batch in
            #expect((0..<batch.count).allSatisfy { !batch.columns[0].isValid($0) })
        }
    }

    @Test func zonesAndBlocksLeaveOutWhatCannotMatch() throws {
        let database = try database(rowGroupRows: 8192)
        let table = try database.createTable([.number(precision: 10, scale: 2), .varchar, .float])
        let columns = try database.columns(table).map(\.id)
        let rows = 20_000
        try append(
            [
                RandomVectors.integers(rows, type: .number(precision: 10, scale: 2)) { Int64($0) },
                RandomVectors.strings((0..<rows).map { "s\(100_000 + $0 / 1000)" }),
                RandomVectors.doubles(rows) { 1 / Double($0 + 1) },
            ], to: table, of: database)
        let scan = try database.scan(database.snapshot(table), columns.map { ColumnRequest($0) })
        #expect(scan.pieceCount == 3)
        var random = SeededGenerator(seed: 8)
        var excluded = 0
        for _ in 0..<400 {
            let column = Int.random(in: 0...2, using: &random)
            let row = Int.random(in: 0..<rows, using: &random)
            let bound: Scalar =
                switch column {
                case 0:
                    Bool.random(using: &random) ? .number(Int128(row), scale: 2) : .float(Double(row) / 100)
                case 1: .text("s\(100_000 + row / 1000)")
                default: .float(1 / Double(row + 1))
                }
            let piece = Int.random(in: 0...2, using: &random)
            let start = [0, 1024, 3072].randomElement(using: &random) ?? 0
            let count = min(Int.random(in: 1...4096, using: &random), scan.rowCount(of: piece) - start)
            let isIn = (0..<count).contains(row - piece * 8192 - start)
            let isExcluded = try scan.isExcluded(
                column, lower: bound, upper: bound, piece: piece, start: start, count: count)
            #expect(!(isIn && isExcluded), "row \(row) of column \(column)")
            if isExcluded { excluded += 1 }
        }
        #expect(excluded > 200)
        #expect(
            try scan.isExcluded(
                0, lower: .number(0, scale: 0), upper: .number(1, scale: 0), piece: 0, start: 1024,
                count: 1024))
        #expect(
            try !scan.isExcluded(
                0, lower: .number(0, scale: 0), upper: .number(1, scale: 0), piece: 0, start: 0, count: 1024))
    }

    @Test func manyThreadsReadOneScan() throws {
        let database = try database(rowGroupRows: 10_000)
        let table = try database.createTable([.integer, .varchar])
        let rows = 60_000
        try append(
            [
                RandomVectors.integers(rows) { Int64($0) },
                RandomVectors.strings((0..<rows).map { "\($0 % 77)" }),
            ], to: table, of: database)
        let snapshot = try database.snapshot(table)
        let scan = try database.scan(snapshot, snapshot.columns.map { ColumnRequest($0.id) })
        let next = Atomic<Int>(0)
        let sum = Mutex<Int64>(0)
        try WorkerThreads.perform(4) { _ in
            let reader = scan.makeReader()
            while true {
                let piece = next.add(1, ordering: .relaxed).oldValue
                guard piece < scan.pieceCount * 20 else { return }
                let batch = try reader.batch(
                    piece: piece % scan.pieceCount, start: 0,
                    count: scan.rowCount(of: piece % scan.pieceCount))
                var part: Int64 = 0
                for row in 0..<batch.count {
                    part += batch.columns[0].int64s[row]
                    if batch.columns[1].bytes(row).count > 2 { part = .min }
                }
                sum.withLock { $0 += part }
            }
        }
        #expect(sum.withLock { $0 } == Int64(rows) * Int64(rows - 1) / 2 * 20)
    }

    @Test func defaultsFillRowsThatAreOlderThanTheirColumn() throws {
        let database = try database()
        let table = try database.createTable([.integer])
        try append([RandomVectors.integers(3000) { Int64($0) }], to: table, of: database)
        try append([RandomVectors.integers(5) { Int64($0) }], to: table, of: database)
        let defaults: [(SQLType, Scalar)] = [
            (.varchar, .text("none")), (.float, .float(1.5)), (.float, .float(.nan)),
            (.boolean, .boolean(true)),
            (.date, .temporal(19_000, .date)), (.variant, .json(#"{"a":7}"#)), (.varchar, .null),
            (.number(precision: 38, scale: 0), .number(integerPower(30), scale: 0)),
        ]
        for (type, value) in defaults {
            let column = try database.addColumn(table, type, defaultValue: value)
            let scan = try database.scan(database.snapshot(table), [ColumnRequest(column)])
            var count = 0
            try scan.makeReader().forEachBatch { batch in
                for row in 0..<batch.count {
                    #expect("\(batch.columns[0].scalar(at: row))" == "\(value)")
                }
                count += batch.count
            }
            #expect(count == 3005)
            guard type == .variant else { continue }
            try database.scan(database.snapshot(table), [ColumnRequest(column, path: ["a"])]).makeReader()
                .forEachBatch { batch in
                    #expect(batch.columns[0].variantText(at: 0) == "7")
                }
        }
        _ = try database.compact(table)
        #expect(try database.storage(table).rows == 3005)
    }

    @Test func vectorsThatDoNotSuitAreRefused() throws {
        let database = try database()
        let table = try database.createTable([.number(precision: 10, scale: 2), .varchar])
        let writer = try database.writer(table)
        #expect(throws: ColumnStoreError.self) {
            try writer.append([RandomVectors.integers(1) { _ in 0 }], count: 1)
        }
        let wrongScale = [RandomVectors.integers(1) { _ in 0 }, RandomVectors.strings(["x"])]
        #expect(throws: ColumnStoreError.self) {
            try writer.append(wrongScale, count: 1)
            try writer.finish()
        }
        #expect(throws: ColumnStoreError.self) { try database.dropColumn(table, ColumnID(9)) }
        #expect(throws: ColumnStoreError.self) {
            try database.delete([RowAddress(group: 5, row: 0)], from: table)
        }
    }
}
