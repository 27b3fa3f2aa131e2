import CivilTime
import ColumnStore
import SQLiteKit
import TestSupport
import Testing
import Vectors
import WarehouseExtension

@testable import Warehouse

/// A warehouse in a folder of its own, and tables to look at.
final class Fixture {
    let directory: TemporaryDirectory
    let warehouse: Warehouse
    let session: Session
    /// Row groups so small that a table has several.
    let columns: ColumnDatabase

    init() throws {
        directory = try TemporaryDirectory()
        warehouse = try Warehouse(path: directory.file("warehouse.db"), access: .readWrite)
        try WarehouseModules.register(on: warehouse.connection)
        session = warehouse.makeSession()
        var configuration = ColumnDatabase.Configuration()
        configuration.rowGroupRows = 3000
        configuration.deltaAppendRowsMax = 200
        columns = try ColumnDatabase(warehouse.connection, configuration: configuration)
    }

    func table(_ name: String) throws -> TableID {
        let full = QualifiedName(database: Schema.databaseName, schema: Schema.name, name: name)
        return try #require(try CatalogStore(warehouse.connection).object(full, .relation)?.table)
    }

    /// Adds rows to a table; few of them go to its delta.
    func append(_ rows: [[Scalar]], _ types: [SQLType], to name: String) throws {
        let table = try table(name)
        try warehouse.connection.transaction {
            let writer = try columns.writer(table)
            let vectors = types.indices.map { column in
                let collector = VectorCollector(types[column], capacity: rows.count)
                for row in rows { collector.append(Vector.constant(row[column], types[column], count: 1)) }
                return collector.finish()
            }
            try writer.append(vectors, count: rows.count)
            try writer.finish()
        }
    }

    /// Deletes every row whose place among all rows is in `places`.
    func delete(_ places: Set<Int>, from name: String) throws {
        let table = try table(name)
        try warehouse.connection.transaction {
            var addresses: [RowAddress] = []
            var place = 0
            try columns.scan(columns.snapshot(table), [.rowAddress]).makeReader().forEachBatch { batch in
                for row in 0..<batch.count {
                    if places.contains(place) { addresses.append(RowAddress(batch.columns[0].int64s[row])) }
                    place += 1
                }
            }
            _ = try columns.delete(addresses, from: table)
        }
    }

    /// A connection of its own, as a program has it that knows SQLite alone, with the modules.
    func plainConnection(_ access: Connection.Access = .readOnly) throws -> Connection {
        let connection = try Connection(path: warehouse.path, access: access)
        try WarehouseModules.register(on: connection)
        return connection
    }
}

/// A table with a column of each type.
enum AllTypes {
    static let columns: [(name: String, type: SQLType)] = [
        ("ID", .integer), ("BIG", .integer), ("PRICE", .number(precision: 10, scale: 2)),
        ("EXACT", .number(precision: 38, scale: 4)), ("F", .float), ("B", .boolean), ("S", .varchar),
        ("BYTES", .binary),
        ("D", .date), ("T", .time), ("TS", .timestampNTZ), ("LTZ", .timestampLTZ), ("TZ", .timestampTZ),
        ("V", .variant),
        ("O", .object), ("A", .array),
    ]

    static var types: [SQLType] { columns.map(\.type) }

    static let definition =
        "CREATE TABLE EVERYTHING (" + columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ") + ")"

    /// A row whose values follow from its number; some of them NULL.
    static func row(_ id: Int) -> [Scalar] {
        let day = Int64(18_000 + id / 100)
        let microseconds =
            day * Calendar.microsecondsPerDay + Int64(id) * 977_000_123 % Calendar.microsecondsPerDay
        let isWide = id % 997 == 0
        var row: [Scalar] = [
            .integer(id), .number(isWide ? Int128(id + 1) << 90 : Int128(id) * 1_000_003, scale: 0),
            .number(Int128(id * 37 % 100_000 - 5000), scale: 2),
            .number(isWide ? Int128(1) << 100 : Int128(id) * 1_234_567_890_123, scale: 4),
            .float(Double(id) / 8 - 100),
            .boolean(id % 3 == 0), .text("S\(id / 50 % 40)'é"), .bytes([0, UInt8(id % 256), 0xFF]),
            .temporal(day, .date),
            .temporal(Int64(id) * 7_777_777 % Calendar.microsecondsPerDay, .time),
            .temporal(microseconds, .timestampNTZ),
            .temporal(microseconds / 1000 * 1000, .timestampLTZ),
            .temporal(
                TimestampTZ.pack(utcMicroseconds: microseconds, offsetMinutes: id % 2 == 0 ? 330 : -480),
                .timestampTZ),
            .json(id % 4 == 0 ? "\(id)" : "{\"c\":\(id).5,\"s\":\"x\(id % 7)\"}"), .json("{\"k\":\(id)}"),
            .json("[\(id),null]"),
        ]
        for column in 1..<row.count where (id * 31 + column * 17) % 13 == 0 { row[column] = .null }
        return row
    }

    /// Several row groups, a delta, and rows deleted from both.
    static func fill(_ fixture: Fixture) throws {
        try fixture.session.execute(definition)
        try fixture.append((0..<7000).map(row), types, to: "EVERYTHING")
        try fixture.append((7000..<7100).map(row), types, to: "EVERYTHING")
        try fixture.delete(Set(stride(from: 5, to: 7100, by: 11)), from: "EVERYTHING")
    }
}

extension Scalar {
    /// The value as SQLite is to show it.
    var inSQLite: SQLiteValue {
        switch self {
        case .null: return .null
        case .boolean(let value): return .integer(value ? 1 : 0)
        case .number(let value, scale: 0):
            return Int64(exactly: value).map(SQLiteValue.integer) ?? .text("\(value)")
        case .number(let value, _):
            var digits = String(value.magnitude)
            while digits.hasSuffix("0") { digits.removeLast() }
            return digits.count > 15 ? .text(description) : Double(description).map(SQLiteValue.real) ?? .null
        case .float(let value): return value.isNaN ? .null : .real(value)
        case .text(let text), .json(let text): return .text(text)
        case .bytes(let bytes): return .blob(bytes)
        case .temporal(_, .timestampLTZ), .temporal(_, .timestampTZ):
            // 2024-01-31 15:59:59 +0100 becomes 2024-01-31 15:59:59+01:00.
            let parts = description.split(separator: " ")
            return .text("\(parts[0]) \(parts[1])\(parts[2].prefix(3)):\(parts[2].suffix(2))")
        case .temporal: return .text(description)
        }
    }
}
