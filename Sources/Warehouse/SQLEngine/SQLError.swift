/// An error in a statement, or in running it.
public struct SQLError: Error, Sendable, Equatable {
    /// What kind of error it is.
    public enum Code: String, Sendable {
        /// The text is no statement.
        case syntax
        /// A table, column, function or other thing is not there.
        case notFound
        /// A thing is already there.
        case alreadyExists
        /// Types do not fit, arguments are missing, columns are ambiguous and the like.
        case invalid
        /// It is right in the dialect, but not supported here.
        case unsupported
        /// A value cannot be converted, is out of range, is divided by zero and the like.
        case data
        /// A scalar subquery gave more than one row, and the like.
        case cardinality
        /// The statement was interrupted.
        case interrupted
        /// The memory limit does not suffice.
        case outOfMemory
        /// Data on the disk is damaged or cannot be read or written.
        case storage
    }

    /// What kind of error it is.
    public var code: Code
    /// What is wrong, and where there is one, how to write it instead.
    public var message: String
    /// The place in the statement's text, in UTF-8 bytes from its start, if there is one.
    public var position: Int?

    /// Makes an error.
    public init(_ code: Code, _ message: String, position: Int? = nil) {
        self.code = code
        self.message = message
        self.position = position
    }
}

extension SQLError: CustomStringConvertible {
    /// The message.
    public var description: String { message }

    /// Line and column of the position in `text`, both from 1; columns count characters.
    public func place(in text: String) -> (line: Int, column: Int)? {
        guard let position else { return nil }
        let before = text.utf8.prefix(position)
        let line = before.count { $0 == 0x0A } + 1
        let lineStart = before.lastIndex(of: 0x0A).map { text.utf8.index(after: $0) } ?? text.utf8.startIndex
        return (line, String(decoding: text.utf8[lineStart..<before.endIndex], as: UTF8.self).count + 1)
    }
}
