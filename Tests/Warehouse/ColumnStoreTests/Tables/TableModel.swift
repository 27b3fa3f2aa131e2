import ColumnStore
import SQLiteKit
import Testing
import Vectors

/// A row of the model's table: NUMBER, VARCHAR, FLOAT, VARIANT, and a column that may be added later.
struct ModelRow: Hashable {
    var number: Int64?
    var text: String?
    var float: Double?
    /// Canonical JSON text; the value at path `a` and at `o.x` beside it.
    var variant: String?
    var atA: String?
    var atX: String?
    var late: Int64?

    static func random(_ random: inout SeededGenerator, hasLate: Bool) -> ModelRow {
        var row = ModelRow()
        if Int.random(in: 0...9, using: &random) > 0 {
            row.number = Int64.random(in: -500...500, using: &random)
        }
        if Int.random(in: 0...9, using: &random) > 0 {
            row.text = "text \(Int.random(in: 0...30, using: &random))"
        }
        if Int.random(in: 0...9, using: &random) > 0 {
            row.float = Double(Int.random(in: 0...10_000, using: &random)) / 100
        }
        let number = Int.random(in: 0...99, using: &random)
        switch Int.random(in: 0...19, using: &random) {
        case 0: break
        case 1: row.variant = "[\(number),2]"
        case 2: (row.variant, row.atA) = (#"{"a":"odd \#(number)"}"#, #""odd \#(number)""#)
        case 3: (row.variant, row.atA) = (#"{"a":null,"b":true}"#, "null")
        case 4: row.variant = #"{"b":false,"rare\#(number)":1}"#
        case 5: (row.variant, row.atX) = (#"{"o":{"x":"s"}}"#, #""s""#)
        default:
            row.variant = #"{"a":\#(number).5,"b":true,"o":{"x":\#(number),"y":"t\#(number)"}}"#
            (row.atA, row.atX) = ("\(number).5", "\(number)")
        }
        if hasLate { row.late = Int64.random(in: 0...5, using: &random) }
        return row
    }
}

/// A table and what must be in it.
final class TableModel {
    let database: ColumnDatabase
    let table: TableID
    var rows: [ModelRow] = []
    var columns: [ColumnID]
    var hasLate: Bool { columns.count > 4 }

    static var configuration: ColumnDatabase.Configuration {
        var configuration = ColumnDatabase.Configuration()
        configuration.rowGroupRows = 3000
        configuration.deltaAppendRowsMax = 300
        configuration.deltaRowsMax = 900
        return configuration
    }

    init(_ database: ColumnDatabase) throws {
        self.database = database
        table = try database.createTable([.number(precision: 18, scale: 0), .varchar, .float, .variant])
        columns = try database.columns(table).map(\.id)
    }

    /// The same table through another connection.
    init(_ other: TableModel, on database: ColumnDatabase) {
        self.database = database
        (table, rows, columns) = (other.table, other.rows, other.columns)
    }

    private static func column<Value>(
        _ rows: [ModelRow], _ vector: Vector, _ value: (ModelRow) -> Value?, _ set: (Int, Value) -> Void
    )
        -> Vector
    {
        for (row, content) in rows.enumerated() { if let value = value(content) { set(row, value) } }
        return RandomVectors.withStates(vector, { value(rows[$0]) == nil ? 0 : 1 })
    }

    private func vectors(_ rows: [ModelRow]) -> [Vector] {
        let numbers = RandomVectors.integers(rows.count, type: .number(precision: 18, scale: 0)) { _ in 0 }
        let floats = RandomVectors.doubles(rows.count) { _ in 0 }
        var result = [
            Self.column(rows, numbers, \.number) { numbers.int64s[$0] = $1 },
            RandomVectors.withStates(RandomVectors.strings(rows.map { $0.text ?? "" })) {
                rows[$0].text == nil ? 0 : 1
            },
            Self.column(rows, floats, \.float) { floats.doubles[$0] = $1 },
            RandomVectors.withStates(RandomVectors.strings(rows.map { $0.variant ?? "" }, type: .variant)) {
                rows[$0].variant == nil ? 0 : 1
            },
        ]
        if hasLate {
            let late = RandomVectors.integers(rows.count, type: .number(precision: 9, scale: 0)) { _ in 0 }
            result.append(Self.column(rows, late, \.late) { late.int64s[$0] = $1 })
        }
        return result
    }

    func append(_ added: [ModelRow]) throws {
        let writer = try database.writer(table)
        for start in stride(from: 0, to: added.count, by: 1000) {
            let part = Array(added[start..<min(start + 1000, added.count)])
            try writer.append(vectors(part), count: part.count)
        }
        try writer.finish()
        rows += added
    }

    /// The rows' addresses, in their order.
    func addresses() throws -> [RowAddress] {
        var addresses: [RowAddress] = []
        try database.scan(database.snapshot(table), [.rowAddress]).makeReader().forEachBatch { batch in
            for row in 0..<batch.count { addresses.append(RowAddress(batch.columns[0].int64s[row])) }
        }
        return addresses
    }

    func delete(_ indexes: Set<Int>) throws {
        let addresses = try addresses()
        #expect(addresses.count == rows.count)
        #expect(try database.delete(indexes.map { addresses[$0] }, from: table) == indexes.count)
        rows = rows.indices.filter { !indexes.contains($0) }.map { rows[$0] }
    }

    /// The rows that are in the table, as a snapshot has them.
    func stored(_ snapshot: TableSnapshot) throws -> [ModelRow] {
        var requests = columns.map { ColumnRequest($0) }
        requests += [ColumnRequest(columns[3], path: ["a"]), ColumnRequest(columns[3], path: ["o", "x"])]
        var result: [ModelRow] = []
        func json(_ vector: Vector, _ row: Int) -> String? {
            vector.isValid(row) ? vector.variantText(at: row) : nil
        }
        try database.scan(snapshot, requests).makeReader().forEachBatch { batch in
            let paths = columns.count
            for row in 0..<batch.count {
                var value = ModelRow()
                if case .integer(let number, _) = RowValue(batch.columns[0], row) {
                    value.number = Int64(number)
                }
                if case .bytes(let bytes) = RowValue(batch.columns[1], row) {
                    value.text = String(decoding: bytes, as: UTF8.self)
                }
                if case .double(let bits) = RowValue(batch.columns[2], row) {
                    value.float = Double(bitPattern: bits)
                }
                value.variant = json(batch.columns[3], row)
                if paths > 4, case .integer(let number, _) = RowValue(batch.columns[4], row) {
                    value.late = Int64(number)
                }
                value.atA = json(batch.columns[paths], row)
                value.atX = json(batch.columns[paths + 1], row)
                result.append(value)
            }
        }
        return result
    }

    func check(_ comment: Comment) throws {
        let snapshot = try database.snapshot(table)
        #expect(snapshot.rowCount == rows.count, comment)
        let stored = try stored(snapshot)
        guard stored != rows else { return }
        let index =
            zip(stored, rows).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            ?? min(stored.count, rows.count)
        Issue.record(
            """
            \(comment): row \(index) of \(rows.count) is \(index < stored.count ? "\(stored[index])" : "missing"), \
            not \(index < rows.count ? "\(rows[index])" : "there")
            """)
    }
}
