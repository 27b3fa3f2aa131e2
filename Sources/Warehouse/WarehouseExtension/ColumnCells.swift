package import SQLiteKit
import JSON
package import Vectors

// How values look in SQLite:
//
// NUMBER without fraction       INTEGER; TEXT beyond 64 bits
// NUMBER with a fraction        REAL; TEXT where it has more than 15 significant digits, which a double cannot hold
// FLOAT                         REAL; NaN is NULL, for SQLite has none
// BOOLEAN                       INTEGER 0 or 1
// VARCHAR                       TEXT
// BINARY                        BLOB
// DATE, TIME, TIMESTAMP_NTZ     TEXT: 2024-01-31, 15:59:59.500, 2024-01-31 15:59:59.500
// TIMESTAMP_LTZ, TIMESTAMP_TZ   TEXT with the offset behind it: 2024-01-31 15:59:59.500+01:00; LTZ in UTC
// VARIANT, OBJECT, ARRAY        TEXT, JSON

extension SQLType {
    /// The type of a column that SQLite shows.
    package var declaredInSQLite: String {
        switch self {
        case .number(_, let scale): scale == 0 ? "INTEGER" : "REAL"
        case .float: "REAL"
        case .boolean: "INTEGER"
        case .binary: "BLOB"
        default: "TEXT"
        }
    }
}

/// Takes a value in the form that SQLite has for it.
protocol CellSink {
    func null()
    func integer(_ value: Int64)
    func real(_ value: Double)
    /// UTF-8 that stays during the call alone.
    func text(_ bytes: UnsafeBufferPointer<UInt8>)
    func blob(_ bytes: UnsafeBufferPointer<UInt8>)
}

/// The values of one column of a batch, as pointers: giving one out touches no object. Whoever has it keeps
/// the vector.
package struct ColumnCells {
    /// How the values lie, and what becomes of them.
    enum Form: UInt8 {
        /// Nothing is there yet.
        case unread
        case integer, boolean, double
        /// Integers with a scale that are doubles to SQLite.
        case floatDecimal
        /// Integers with a scale, of a NUMBER.
        case decimal, wide
        case text, blob
        case date, time, timestamp, timestampLTZ, timestampTZ
    }

    let form: Form
    private let scale: Int
    private let validity: UnsafePointer<UInt8>?
    private let values: UnsafeRawPointer
    private let bytes: UnsafePointer<UInt8>
    private let offsets: UnsafePointer<UInt32>

    /// A column that is not there yet.
    init() {
        form = .unread
        scale = 0
        validity = nil
        let nothing = StringDictionary.empty
        values = UnsafeRawPointer(nothing.offsets)
        bytes = nothing.bytes
        offsets = nothing.offsets
    }

    /// - Parameter vector: one that `plain` has given.
    package init(_ vector: Vector) {
        let dictionary = vector.dictionary ?? .empty
        scale = vector.scale
        validity = vector.validity.map { UnsafePointer($0) }
        values = UnsafeRawPointer(vector.raw)
        bytes = dictionary.bytes
        offsets = dictionary.offsets
        form =
            switch (vector.layout, vector.type) {
            case (.bool, _): .boolean
            case (.double, _): .double
            case (.string, .binary): .blob
            case (.string, _): .text
            case (.int128, _): .wide
            case (.int64, .date): .date
            case (.int64, .time): .time
            case (.int64, .timestampNTZ): .timestamp
            case (.int64, .timestampLTZ): .timestampLTZ
            case (.int64, .timestampTZ): .timestampTZ
            case (.int64, .float): .floatDecimal
            case (.int64, _): vector.scale == 0 ? .integer : .decimal
            }
    }

    /// A vector in a form that cells can be made of.
    package static func plain(_ vector: Vector) -> Vector {
        if vector.type.isSemiStructured { return vector.asPlainJSONText() }
        return vector.type == .float && vector.layout == .int128 ? vector.asDoubles() : vector
    }

    /// One value.
    package func value(_ row: Int) -> SQLiteValue {
        var value = SQLiteValue.null
        withUnsafeMutablePointer(to: &value) { give(row, to: ValueSink(target: $0)) }
        return value
    }

    private struct ValueSink: CellSink {
        let target: UnsafeMutablePointer<SQLiteValue>
        func null() { target.pointee = .null }
        func integer(_ value: Int64) { target.pointee = .integer(value) }
        func real(_ value: Double) { target.pointee = .real(value) }
        func text(_ bytes: UnsafeBufferPointer<UInt8>) {
            target.pointee = .text(String(decoding: bytes, as: UTF8.self))
        }
        func blob(_ bytes: UnsafeBufferPointer<UInt8>) { target.pointee = .blob(Array(bytes)) }
    }

    // MARK: Giving out

    @inline(__always)
    func give<Sink: CellSink>(_ row: Int, to sink: Sink) {
        if let validity, validity[row] == 0 { return sink.null() }
        switch form {
        case .integer: sink.integer(int64s[row])
        case .double: sink.real(values.assumingMemoryBound(to: Double.self)[row])
        case .floatDecimal: sink.real(Double(int64s[row]) / decimalPower(scale))
        case .decimal:
            let value = int64s[row]
            // Up to here both the integer and the power of ten are exact, so that the quotient is the nearest
            // double.
            if value.magnitude < Self.exactMax, scale <= Self.exactScaleMax {
                sink.real(Double(value) / decimalPower(scale))
            } else {
                giveDecimal(Int128(value), to: sink)
            }
        case .text: sink.text(string(row))
        case .blob: sink.blob(string(row))
        case .boolean: sink.integer(values.assumingMemoryBound(to: UInt8.self)[row] != 0 ? 1 : 0)
        default: giveOther(row, to: sink)
        }
    }

    /// Integers from here on have more than 15 digits.
    private static let exactMax: UInt64 = 1_000_000_000_000_000
    /// The greatest power of ten that is a double.
    private static let exactScaleMax = 22

    @inline(__always)
    private var int64s: UnsafePointer<Int64> { values.assumingMemoryBound(to: Int64.self) }

    @inline(__always)
    private func string(_ row: Int) -> UnsafeBufferPointer<UInt8> {
        let code = Int(values.assumingMemoryBound(to: UInt32.self)[row])
        let start = Int(offsets[code])
        return UnsafeBufferPointer(start: bytes + start, count: Int(offsets[code + 1]) - start)
    }

    private func giveOther<Sink: CellSink>(_ row: Int, to sink: Sink) {
        switch form {
        case .wide:
            let value = values.assumingMemoryBound(to: Int128.self)[row]
            if scale > 0 { return giveDecimal(value, to: sink) }
            if let small = Int64(exactly: value) { return sink.integer(small) }
            give(String(value), to: sink)
        case .date, .time, .timestamp, .timestampLTZ, .timestampTZ:
            withTemporaryMemory(of: UInt8.self, capacity: TemporalCell.bytesMax) { buffer in
                guard let base = buffer.baseAddress else { return sink.null() }
                let count = TemporalCell.write(int64s[row], form, base)
                sink.text(UnsafeBufferPointer(start: base, count: count))
            }
        default: sink.null()
        }
    }

    private func giveDecimal<Sink: CellSink>(_ value: Int128, to sink: Sink) {
        var digits = value
        while digits != 0, digits % 10 == 0 { digits /= 10 }
        let text = DecimalText.text(value, scale: scale, trimmed: false)
        if digits.magnitude < UInt128(Self.exactMax), let double = Double(text) { return sink.real(double) }
        give(text, to: sink)
    }

    private func give<Sink: CellSink>(_ text: String, to sink: Sink) {
        var text = text
        text.withUTF8 { sink.text($0) }
    }
}
