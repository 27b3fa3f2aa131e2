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
}
