/// A value as SQLite stores it: one of its five storage classes.
public enum SQLiteValue: Sendable, Equatable {
    /// NULL.
    case null
    /// A signed 64-bit integer.
    case integer(Int64)
    /// A 64-bit floating-point number.
    case real(Double)
    /// UTF-8 text.
    case text(String)
    /// Bytes.
    case blob([UInt8])

    /// The text, where it is text.
    public var text: String? {
        if case .text(let value) = self { value } else { nil }
    }

    /// The integer, where it is one.
    public var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The number, where it is one of either kind.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        default: nil
        }
    }
}
