import CivilTime
import SQLEngine
import JSON
import Vectors
import Warehouse

/// The values of some rows of a result as text, written straight from the columns into bytes.
struct ResultCells {
    private let columns: [Vector]
    /// The clocks by which TIMESTAMP_LTZ is shown.
    private let zone: TimeZoneRules

    init(_ rows: ResultRows, zone: TimeZoneRules) {
        columns = rows.batch.columns.map { vector in
            if vector.type.isSemiStructured { return vector.asPlainJSONText() }
            return vector.type == .float && vector.layout == .int128 ? vector.asDoubles() : vector
        }
        self.zone = zone
    }

    func isNull(_ column: Int, _ row: Int) -> Bool { !columns[column].isValid(row) }

    /// Whether the values of a column can have any characters; numbers and times have no commas, quotes or line ends.
    func isText(_ column: Int) -> Bool { columns[column].layout == .string }

    /// Appends a value, which is not NULL, as Snowflake's clients show it.
    func append(_ column: Int, _ row: Int, to writer: inout JSONWriter) {
        let vector = columns[column]
        switch vector.layout {
        case .bool: writer.append(vector.bools[row] != 0 ? "TRUE" : "FALSE")
        case .double: writer.count += TextWriting.float(vector.doubles[row], into: room(&writer))
        case .int64: appendInteger(vector, row, to: &writer)
        case .int128:
            writer.append(DecimalText.text(vector.int128s[row], scale: vector.scale, trimmed: false))
        case .string:
            if vector.type == .binary {
                writer.append(Scalar.bytes(Array(vector.bytes(row))).description)
            } else {
                writer.append(vector.bytes(row))
            }
        }
    }

    /// Appends a value as JSON: numbers as numbers, semi-structured values as the JSON that they are, the rest as text.
    func appendJSON(_ column: Int, _ row: Int, to writer: inout JSONWriter) {
        let vector = columns[column]
        guard vector.isValid(row) else { return writer.append("null") }
        switch vector.type {
        case .boolean: writer.append(vector.bools[row] != 0 ? "true" : "false")
        case .float: appendNumber(column, row, to: &writer)
        case .number where vector.scale <= 18, .variant, .object, .array: append(column, row, to: &writer)
        case .varchar: writer.appendQuoted(vector.bytes(row))
        default:
            // What is left has no characters that need an escape.
            writer.append(UInt8(ascii: "\""))
            append(column, row, to: &writer)
            writer.append(UInt8(ascii: "\""))
        }
    }

    /// A FLOAT: with a point or an exponent, so that it is one in other programs too. What is no number is null.
    private func appendNumber(_ column: Int, _ row: Int, to writer: inout JSONWriter) {
        let vector = columns[column]
        if vector.layout == .double, !vector.doubles[row].isFinite { return writer.append("null") }
        let start = writer.count
        append(column, row, to: &writer)
        let isWhole = writer.bytes[start...].allSatisfy { $0 &- 0x30 < 10 || $0 == UInt8(ascii: "-") }
        if isWhole { writer.append(".0") }
    }

    private func room(_ writer: inout JSONWriter) -> UnsafeMutablePointer<UInt8> {
        writer.reserve(TextWriting.lengthMax)
    }

    /// NUMBER and FLOAT that are held as integers, and times.
    private func appendInteger(_ vector: Vector, _ row: Int, to writer: inout JSONWriter) {
        let value = vector.int64s[row]
        let target = room(&writer)
        switch vector.type {
        case .float: writer.count += TextWriting.decimalFloat(value, scale: vector.scale, into: target)
        case .date: writer.count += TextWriting.date(value, into: target)
        case .time: writer.count += TextWriting.time(value, fraction: Self.digits(value), into: target)
        case .timestampNTZ: writer.count += timestamp(value, into: target)
        case .timestampLTZ:
            let offset = zone.offsetSeconds(atUTC: value)
            let length = timestamp(value &+ offset &* 1_000_000, into: target)
            writer.count += length + TextWriting.zone(Int(offset / 60), into: target + length)
        case .timestampTZ:
            let offset = TimestampTZ.offsetMinutes(value)
            let local = TimestampTZ.utcMicroseconds(value) &+ Int64(offset) &* 60_000_000
            let length = timestamp(local, into: target)
            writer.count += length + TextWriting.zone(offset, into: target + length)
        default: writer.count += TextWriting.decimal(value, scale: vector.scale, into: target)
        }
    }

    private func timestamp(_ local: Int64, into target: TextWriting.Target) -> Int {
        TextWriting.timestamp(local, fraction: Self.digits(local), into: target)
    }

    /// The digits of a fraction of a second that are shown: none where there is none, 3, or 6.
    private static func digits(_ microseconds: Int64) -> Int {
        microseconds % 1_000_000 == 0 ? 0 : microseconds % 1000 == 0 ? 3 : 6
    }
}
