internal import CSQLiteAPI

/// A prepared statement whose blobs are bound and read in place, without a copy. Belongs to the thread
/// that uses its connection.
public final class BlobStatement {
    private let connection: Connection
    private let handle: OpaquePointer
    private let sql: String

    /// Prepares the one statement of `sql`, which is expected to be used often.
    public init(_ connection: Connection, _ sql: String) throws {
        var handle: OpaquePointer?
        let result = th_sqlite3_prepare_v3(
            connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard result == SQLITE_OK, let handle else { throw connection.error(sql: sql) }
        self.connection = connection
        self.handle = handle
        self.sql = sql
    }

    deinit {
        th_sqlite3_finalize(handle)
    }

    // MARK: Binding. Indexes count from 0.

    /// Binds an integer.
    public func bind(_ value: Int64, at index: Int) {
        require(th_sqlite3_bind_int64(handle, Int32(index + 1), value), index)
    }

    /// Binds NULL.
    public func bindNull(at index: Int) {
        require(th_sqlite3_bind_null(handle, Int32(index + 1)), index)
    }

    /// Binds text.
    public func bind(_ value: String, at index: Int) {
        // As a C string it has an address even where it is empty.
        require(
            th_sqlite3_bind_text64(
                handle, Int32(index + 1), value, UInt64(value.utf8.count),
                unsafeBitCast(-1, to: sqlite3_destructor_type.self), UInt8(SQLITE_UTF8)),
            index)
    }

    /// Binds a blob without copying it: the bytes must stay until the statement is reset.
    public func bindBlob(uncopied bytes: UnsafeRawBufferPointer, at index: Int) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else {
            return require(th_sqlite3_bind_zeroblob(handle, Int32(index + 1), 0), index)
        }
        require(th_sqlite3_bind_blob64(handle, Int32(index + 1), base, UInt64(bytes.count), nil), index)
    }

    private func require(_ result: Int32, _ index: Int) {
        precondition(
            result == SQLITE_OK,
            "cannot bind parameter \(index): \(String(cString: th_sqlite3_errstr(result)))")
    }

    // MARK: Running

    /// Steps to the next row.
    ///
    /// - Returns: whether there is a row.
    public func step() throws -> Bool {
        switch th_sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = connection.error(sql: sql)
            th_sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs to the end and resets.
    public func run() throws {
        defer { reset() }
        while try step() {}
    }

    /// Makes the statement ready to run again; bindings stay.
    public func reset() {
        th_sqlite3_reset(handle)
    }

    // MARK: The current row. Columns count from 0.

    /// A column as an integer; NULL gives 0.
    public func integer(_ column: Int) -> Int64 { th_sqlite3_column_int64(handle, Int32(column)) }

    /// A column as text; NULL gives the empty string.
    public func text(_ column: Int) -> String {
        guard let bytes = th_sqlite3_column_text(handle, Int32(column)) else { return "" }
        let count = Int(th_sqlite3_column_bytes(handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// Whether a column is NULL.
    public func isNull(_ column: Int) -> Bool { th_sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }

    /// Calls `body` with the bytes of a column, which hold until it returns; none for NULL.
    public func withBlob<Result>(
        _ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let address = th_sqlite3_column_blob(handle, Int32(column))
        let count = Int(th_sqlite3_column_bytes(handle, Int32(column)))
        return try body(UnsafeRawBufferPointer(start: address, count: address == nil ? 0 : count))
    }
}

extension Connection {
    /// Whether the running transaction has written, or may.
    public var isWriting: Bool { th_sqlite3_txn_state(handle, nil) == SQLITE_TXN_WRITE }

    /// Whether no transaction is running.
    public var isIdle: Bool { th_sqlite3_get_autocommit(handle) != 0 }
}
