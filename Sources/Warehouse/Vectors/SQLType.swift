/// The type of a column or an expression, as Snowflake has them.
public enum SQLType: Hashable, Sendable {
    /// The type of a bare NULL.
    case null
    /// BOOLEAN.
    case boolean
    /// NUMBER(precision, scale): a decimal of up to 38 digits, `scale` of them behind the point.
    case number(precision: Int, scale: Int)
    /// FLOAT: a double.
    case float
    /// VARCHAR: UTF-8 text.
    case varchar
    /// BINARY: bytes.
    case binary
    /// DATE: days since 1970-01-01.
    case date
    /// TIME: microseconds since midnight.
    case time
    /// TIMESTAMP_NTZ: wall-clock microseconds since 1970-01-01 00:00:00, of no time zone.
    case timestampNTZ
    /// TIMESTAMP_LTZ: an instant, in microseconds since 1970-01-01 00:00:00 UTC.
    case timestampLTZ
    /// TIMESTAMP_TZ: an instant with an offset from UTC (see `TimestampTZ`).
    case timestampTZ
    /// VARIANT: any JSON value.
    case variant
    /// OBJECT: a JSON object.
    case object
    /// ARRAY: a JSON array.
    case array

    /// NUMBER(38, 0), which INTEGER and its kin stand for.
    public static let integer = SQLType.number(precision: 38, scale: 0)
}

extension SQLType {
    /// Whether it is NUMBER or FLOAT.
    public var isNumeric: Bool {
        switch self {
        case .number, .float: true
        default: false
        }
    }

    /// Whether it is a NUMBER.
    public var isNumber: Bool { if case .number = self { true } else { false } }

    /// Whether it is one of the three timestamps.
    public var isTimestamp: Bool { self == .timestampNTZ || self == .timestampLTZ || self == .timestampTZ }

    /// Whether it is DATE, TIME or a timestamp.
    public var isTemporal: Bool { self == .date || self == .time || isTimestamp }

    /// Whether it is VARIANT, OBJECT or ARRAY.
    public var isSemiStructured: Bool { self == .variant || self == .object || self == .array }

    /// The digits behind the point: those of a NUMBER, otherwise 0.
    public var scale: Int { if case .number(_, let scale) = self { scale } else { 0 } }

    /// How vectors of the type are laid out unless they say otherwise.
    package var layout: Layout {
        switch self {
        case .null, .boolean: .bool
        case .float: .double
        case .varchar, .binary, .variant, .object, .array: .string
        case .number, .date, .time, .timestampNTZ, .timestampLTZ, .timestampTZ: .int64
        }
    }
}

extension SQLType: CustomStringConvertible {
    /// The name, as DESCRIBE shows it.
    public var description: String {
        switch self {
        case .null: "NULL"
        case .boolean: "BOOLEAN"
        case .number(let precision, let scale): "NUMBER(\(precision),\(scale))"
        case .float: "FLOAT"
        case .varchar: "VARCHAR"
        case .binary: "BINARY"
        case .date: "DATE"
        case .time: "TIME"
        case .timestampNTZ: "TIMESTAMP_NTZ"
        case .timestampLTZ: "TIMESTAMP_LTZ"
        case .timestampTZ: "TIMESTAMP_TZ"
        case .variant: "VARIANT"
        case .object: "OBJECT"
        case .array: "ARRAY"
        }
    }
}

/// How a TIMESTAMP_TZ fits 64 bits: microseconds since 1970 UTC, shifted left by 7, and below them the offset
/// from UTC in
/// quarters of an hour plus 64. Values order by instant; those of one instant with different offsets are not
/// equal bits.
public enum TimestampTZ {
    /// Microseconds that can be held: years -312 to 4253.
    public static let range = (Int64.min >> 7)...(Int64.max >> 7)

    /// Packs an instant and its offset.
    @inlinable
    public static func pack(utcMicroseconds: Int64, offsetMinutes: Int) -> Int64 {
        utcMicroseconds << 7 | Int64(offsetMinutes / 15 + 64)
    }
    /// The instant of a packed value.
    @inlinable
    public static func utcMicroseconds(_ packed: Int64) -> Int64 { packed >> 7 }
    /// The offset from UTC of a packed value.
    @inlinable
    public static func offsetMinutes(_ packed: Int64) -> Int { (Int(packed & 127) - 64) * 15 }
}

/// How the values of a vector lie in memory.
public enum Layout: UInt8, Sendable {
    /// A byte each: 0 or 1.
    case bool
    /// 8 bytes each: NUMBER as integer times 10^scale, DATE, TIME, timestamps.
    case int64
    /// 16 bytes each: NUMBER values of which at least one does not fit 64 bits.
    case int128
    /// 8 bytes each: FLOAT.
    case double
    /// 4 bytes each: a code into a dictionary. VARCHAR, BINARY, and VARIANT, OBJECT and ARRAY as JSON text.
    case string

    /// The bytes of one value.
    public var stride: Int {
        switch self {
        case .bool: 1
        case .string: 4
        case .int64, .double: 8
        case .int128: 16
        }
    }
}
