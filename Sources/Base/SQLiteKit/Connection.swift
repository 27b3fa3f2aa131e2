internal import CSQLiteAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A connection to an SQLite database.
///
/// Not thread-safe, except for `interrupt()`: a connection and its statements belong to one thread at a time.
public final class Connection {
    let handle: OpaquePointer
    private let isOwned: Bool

    /// How a database is opened.
    public enum Access: Sendable {
        /// For reading; the file must exist.
        case readOnly
        /// For reading and writing; made where it is missing.
        case readWrite
    }

    /// Opens the database at `path`; `:memory:` is one that lives with the connection.
    public convenience init(path: String, access: Access) throws {
        let mode = access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        try self.init(path, flags: mode, name: path)
    }

    /// Opens a database that nobody changes, such as one on a read-only disk, for reading without any locks.
    ///
    /// - Throws: `SQLiteError` where a write-ahead log lies beside the file, which would be ignored.
    public convenience init(atRest path: String) throws {
        if access("\(path)-wal", F_OK) == 0 {
            throw SQLiteError(
                extendedCode: SQLITE_READONLY,
                message:
                    "cannot read \(path): it is in use, and sharing it takes permission to write in its folder"
            )
        }
        // In a URI these characters have a meaning of their own.
        let escaped = path.replacing("%", with: "%25").replacing("?", with: "%3f").replacing("#", with: "%23")
        try self.init(
            "file:\(escaped)?immutable=1", flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, name: path)
    }

    private init(_ location: String, flags: Int32, name path: String) throws {
        var handle: OpaquePointer?
        let result = th_sqlite3_open_v2(
            location, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard result == SQLITE_OK, let handle else {
            let cause = handle.map { th_sqlite3_system_errno($0) } ?? 0
            let reason =
                cause != 0
                ? String(cString: strerror(cause))
                : handle.map { String(cString: th_sqlite3_errmsg($0)) } ?? "out of memory"
            th_sqlite3_close_v2(handle)
            throw SQLiteError(
                extendedCode: result, message: "cannot open \(path): \(reason)", systemError: cause)
        }
        self.handle = handle
        isOwned = true
    }

    /// Uses a connection that somebody else has opened and closes, after this object and its statements are
    /// gone.
    package init(borrowing handle: OpaquePointer) {
        self.handle = handle
        isOwned = false
    }

    /// Calls `body` with SQLite's own object, for what this type has no words for.
    package func withHandle<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
        try body(handle)
    }

    deinit {
        if isOwned { th_sqlite3_close_v2(handle) }
    }

    /// Waits up to `milliseconds` for a lock before an operation fails as busy.
    public func setBusyTimeout(milliseconds: Int32) {
        th_sqlite3_busy_timeout(handle, milliseconds)
    }

    /// Prepares the first statement of `sql`.
    public func prepare(_ sql: String) throws -> Statement {
        guard let (statement, _) = try prepareFirst(sql, from: 0) else {
            throw SQLiteError(extendedCode: SQLITE_ERROR, message: "there is no SQL statement here", sql: sql)
        }
        return statement
    }

    /// Prepares the first statement at or after a position in `sql`.
    ///
    /// - Returns: the statement and the position behind it, both in UTF-8 bytes; `nil` where only blanks and
    ///   comments are left.
    public func prepareFirst(_ sql: String, from start: Int) throws -> (statement: Statement, end: Int)? {
        guard sql.utf8.count < Int32.max else {
            throw SQLiteError(extendedCode: SQLITE_TOOBIG, message: "SQL of over 2 GiB is too long")
        }
        var text = sql
        var position = start
        while true {
            let (handle, result, end) = text.withUTF8 { bytes -> (OpaquePointer?, Int32, Int) in
                var handle: OpaquePointer?
                var tail: UnsafePointer<CChar>?
                let first = UnsafeRawPointer(bytes.baseAddress ?? UnsafePointer(bitPattern: 1))
                    .map { ($0 + position).assumingMemoryBound(to: CChar.self) }
                let result = th_sqlite3_prepare_v3(
                    self.handle, first, Int32(bytes.count - position), 0, &handle, &tail)
                let used = tail.flatMap { tail in first.map { tail - $0 } } ?? 0
                return (handle, result, position + used)
            }
            guard result == SQLITE_OK else {
                let offset = Int(th_sqlite3_error_offset(self.handle))
                throw error(sql: sql, byteOffset: offset < 0 ? nil : position + offset)
            }
            if let handle { return (Statement(connection: self, handle: handle), end) }
            guard end < text.utf8.count, end > position else { return nil }
            position = end
        }
    }

    /// Runs every statement of `sql`, dropping rows.
    public func execute(_ sql: String) throws {
        var position = 0
        while let (statement, end) = try prepareFirst(sql, from: position) {
            try statement.run()
            position = end
        }
    }

    /// The first column of the first row, as an integer.
    ///
    /// - Returns: `nil` where there is no row or the value is NULL.
    public func integer(_ sql: String, _ arguments: SQLiteValue...) throws -> Int64? {
        let statement = try prepare(sql)
        statement.bind(arguments)
        guard try statement.step(), case .integer(let value) = statement.value(0) else { return nil }
        return value
    }

    /// All rows of a query.
    public func rows(_ sql: String, _ arguments: SQLiteValue...) throws -> [[SQLiteValue]] {
        let statement = try prepare(sql)
        statement.bind(arguments)
        var rows: [[SQLiteValue]] = []
        while try statement.step() { rows.append(statement.row) }
        return rows
    }

    /// Runs `body` in a transaction that takes the write lock at once; an error in it undoes all of it.
    public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // SQLite has rolled back by itself after some errors, a full disk for one.
            if th_sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// How many rows the last INSERT, UPDATE or DELETE changed.
    public var changedRows: Int { Int(th_sqlite3_changes64(handle)) }

    /// A handle that stops the running statement from another thread or from a signal handler.
    public var interrupter: Interrupter { Interrupter(handle: handle) }

    func error(sql: String, byteOffset: Int? = nil) -> SQLiteError {
        SQLiteError(
            extendedCode: th_sqlite3_extended_errcode(handle),
            message: String(cString: th_sqlite3_errmsg(handle)),
            sql: sql,
            byteOffset: byteOffset)
    }
}

/// Stops the running statement of a connection. Only while the connection lives.
public struct Interrupter: @unchecked Sendable {
    fileprivate let handle: OpaquePointer

    /// Makes the running statement fail as interrupted.
    public func interrupt() {
        th_sqlite3_interrupt(handle)
    }
}
