internal import Vectors

/// What went wrong with a stored table: a code to branch on and a sentence to print.
public struct ColumnStoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure. New kinds may be added, so switch over it with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String
        /// The name of the code, for logs.
        public var description: String { name }

        /// Stored bytes are not what their format or their checksum says.
        public static let damaged = Code(name: "damaged")
        /// There is no such table, column or row group.
        public static let notFound = Code(name: "not found")
        /// Values do not fit the table that they are for.
        public static let mismatch = Code(name: "mismatch")
        /// The file was written by a version that this one does not know.
        public static let unknownFormat = Code(name: "unknown format")
    }

    /// The kind of failure.
    public let code: Code
    /// What was tried, where, and why it failed.
    public let message: String

    /// Makes an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

/// Where a segment belongs, for messages.
struct SegmentPlace: Sendable {
    var table: TableID
    var column: ColumnID?
    var path: [String]?
    var group: Int64?

    var description: String {
        var text = "table \(table.value)"
        if let column { text += ", column \(column.value)" }
        if let path, !path.isEmpty { text += ", path \(path.joined(separator: "."))" }
        if let group { text += ", row group \(group)" }
        return text
    }

    /// Runs `body`, and gives damage that it finds this place.
    func locating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let damage as SegmentDamage {
            throw ColumnStoreError(
                code: .damaged,
                message: "\(description) is damaged: \(damage.message); restore the file from a copy")
        }
    }
}
