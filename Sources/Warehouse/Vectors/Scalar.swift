import CivilTime
import JSON

/// One value, outside of a vector.
public enum Scalar: Hashable, Sendable {
    /// NULL.
    case null
    /// A BOOLEAN.
    case boolean(Bool)
    /// A NUMBER: an integer that counts units of 10^-scale.
    case number(Int128, scale: Int)
    /// A FLOAT.
    case float(Double)
    /// A VARCHAR.
    case text(String)
    /// A BINARY.
    case bytes([UInt8])
    /// DATE, TIME or a timestamp: days or microseconds, as `SQLType` says of each.
    case temporal(Int64, SQLType)
    /// A VARIANT, OBJECT or ARRAY as JSON text.
    case json(String)

    /// A whole number.
    public static func integer(_ value: Int) -> Scalar { .number(Int128(value), scale: 0) }
}

/// Two are equal that cannot be told apart: texts of the same bytes (Swift's own comparison takes `é` and `e` with an
/// accent behind it for one), numbers of the same digits, doubles of the same bits.
extension Scalar {
    /// Whether they cannot be told apart.
    public static func == (left: Scalar, right: Scalar) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let a), .boolean(let b)): a == b
        case (.number(let a, let x), .number(let b, let y)): a == b && x == y
        case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
        case (.text(let a), .text(let b)), (.json(let a), .json(let b)): a.utf8.elementsEqual(b.utf8)
        case (.bytes(let a), .bytes(let b)): a == b
        case (.temporal(let a, let x), .temporal(let b, let y)): a == b && x == y
        default: false
        }
    }
}

extension Scalar: CustomStringConvertible {
    /// The value as Snowflake's clients show it by default; NULL is "NULL".
    public var description: String {
        switch self {
        case .null: "NULL"
        case .boolean(let value): value ? "TRUE" : "FALSE"
        case .number(let value, let scale): DecimalText.text(value, scale: scale, trimmed: false)
        case .float(let value): JSONText.number(value)
        case .text(let value): value
        case .bytes(let value):
            value.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }.joined()
        case .temporal(let value, let type): TemporalText.text(value, type)
        case .json(let text): TypedText.plain(text)
        }
    }

    /// The value as other programs read it: JSON without the marks of `TypedText`.
    package var plain: Scalar {
        if case .json(let text) = self { .json(TypedText.plain(text)) } else { self }
    }
}
