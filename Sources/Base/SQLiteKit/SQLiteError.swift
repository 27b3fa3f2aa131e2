internal import CSQLiteAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An error that SQLite reported.
public struct SQLiteError: Error, Sendable, CustomStringConvertible {
    /// The extended result code, as listed at sqlite.org/rescode.html.
    public let extendedCode: Int32
    /// SQLite's message, and the position where it knows one.
    public let message: String
    /// The statement, where one was concerned.
    public let sql: String?
    /// The position of the offending word in the UTF-8 bytes of `sql`, where SQLite knows it.
    public let byteOffset: Int?
    /// The operating system's error number behind a file that cannot be opened; 0 where there is none.
    public let systemError: Int32

    /// The primary result code.
    public var code: Int32 { extendedCode & 0xFF }

    /// Whether the disk, or the page limit of the database, is exhausted.
    public var isFull: Bool { code == SQLITE_FULL }
    /// Whether another connection holds the database.
    public var isBusy: Bool { code == SQLITE_BUSY }
    /// Whether the statement was stopped by `Connection.interrupt()`.
    public var isInterrupted: Bool { code == SQLITE_INTERRUPT }
    /// Whether a read-only connection was asked to write.
    public var isReadOnly: Bool { code == SQLITE_READONLY }
    /// Whether the file could not be opened.
    public var isCannotOpen: Bool { code == SQLITE_CANTOPEN }
    /// Whether there is no such file.
    public var isNotFound: Bool { isCannotOpen && systemError == ENOENT }
    /// Whether the file may not be opened.
    public var isPermissionDenied: Bool { isCannotOpen && (systemError == EACCES || systemError == EPERM) }
    /// Whether the operating system failed to read or write.
    public var isInputOutput: Bool { code == SQLITE_IOERR }
    /// Whether the file is damaged or no database.
    public var isCorrupt: Bool { code == SQLITE_CORRUPT || code == SQLITE_NOTADB }

    /// Makes an error.
    public init(
        extendedCode: Int32, message: String, sql: String? = nil, byteOffset: Int? = nil,
        systemError: Int32 = 0
    ) {
        self.extendedCode = extendedCode
        self.message = message
        self.sql = sql
        self.byteOffset = byteOffset
        self.systemError = systemError
    }

    /// The line and column (both from 1, columns in characters) of the offending word.
    public var position: (line: Int, column: Int)? {
        guard let sql, let byteOffset else { return nil }
        let before = sql.utf8.prefix(byteOffset).split(separator: 0x0A, omittingEmptySubsequences: false)
        return (before.count, (before.last.map { String(decoding: $0, as: UTF8.self).count } ?? 0) + 1)
    }

    /// The message, with the position where there is one.
    public var description: String {
        guard let position else { return message }
        return "\(message) (line \(position.line), column \(position.column))"
    }
}
