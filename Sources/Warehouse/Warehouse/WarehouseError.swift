/// An error of the warehouse that is not one of a single SQL statement.
public struct WarehouseError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: Sendable {
        /// There is no warehouse at this path.
        case notFound
        /// The file is no warehouse, or of a version that this build does not know.
        case unsupportedFormat
    }

    /// The kind of failure.
    public let code: Code
    /// What went wrong, where, and what can be done.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
