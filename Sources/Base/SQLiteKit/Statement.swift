internal import CSQLiteAPI

/// A prepared statement. Belongs to the thread that uses its connection.
public final class Statement {
    private let connection: Connection
    private let handle: OpaquePointer

    /// The names of the result's columns. They can change with the first step, where another connection has
    /// changed the tables since the statement was prepared.
    public var columnNames: [String] {
        (0..<columnCount).map { column in
            th_sqlite3_column_name(handle, column).map { String(cString: $0) } ?? ""
        }
    }

    private var columnCount: Int32 { th_sqlite3_column_count(handle) }

    init(connection: Connection, handle: OpaquePointer) {
        self.connection = connection
        self.handle = handle
    }

    deinit {
        th_sqlite3_finalize(handle)
    }

    /// Whether the statement cannot change the database.
    public var isReadOnly: Bool { th_sqlite3_stmt_readonly(handle) != 0 }

    // MARK: Binding. Indexes count from 0.

    /// Binds an integer.
    public func bind(_ value: Int64, at index: Int) {
        require(th_sqlite3_bind_int64(handle, Int32(index + 1), value), index)
    }

    /// Binds a floating-point number.
    public func bind(_ value: Double, at index: Int) {
        require(th_sqlite3_bind_double(handle, Int32(index + 1), value), index)
    }

    /// Binds NULL.
    public func bindNull(at index: Int) {
        require(th_sqlite3_bind_null(handle, Int32(index + 1)), index)
    }

    /// Binds UTF-8 text without copying it: the bytes must stay until the statement is reset.
    public func bindText(uncopied bytes: UnsafeRawBufferPointer, at index: Int) {
        // A null pointer would bind NULL; empty text needs an address.
        let address = bytes.baseAddress ?? UnsafeRawPointer(emptyText)
        require(
            th_sqlite3_bind_text64(
                handle, Int32(index + 1), address.assumingMemoryBound(to: CChar.self), UInt64(bytes.count),
                nil,
                UInt8(SQLITE_UTF8)),
            index)
    }

    /// Binds text.
    public func bind(_ value: String, at index: Int) {
        var value = value
        value.withUTF8 { bytes in
            require(
                th_sqlite3_bind_text64(
                    handle, Int32(index + 1),
                    UnsafeRawPointer(bytes.baseAddress ?? emptyText).assumingMemoryBound(to: CChar.self),
                    UInt64(bytes.count), transient, UInt8(SQLITE_UTF8)),
                index)
        }
    }

    /// Binds bytes.
    public func bind(_ value: [UInt8], at index: Int) {
        value.withUnsafeBytes { bytes in
            require(
                th_sqlite3_bind_blob64(
                    handle, Int32(index + 1), bytes.baseAddress ?? UnsafeRawPointer(emptyText),
                    UInt64(bytes.count), transient),
                index)
        }
    }

    /// Binds any value.
    public func bind(_ value: SQLiteValue, at index: Int) {
        switch value {
        case .null: bindNull(at: index)
        case .integer(let value): bind(value, at: index)
        case .real(let value): bind(value, at: index)
        case .text(let value): bind(value, at: index)
        case .blob(let value): bind(value, at: index)
        }
    }

    /// Binds values to the parameters in order.
    public func bind(_ values: [SQLiteValue]) {
        for (index, value) in values.enumerated() { bind(value, at: index) }
    }

    private func require(_ result: Int32, _ index: Int) {
        // Out of memory aside, only a wrong index or a statement in mid-step fails here: a programmer's
        // error.
        precondition(
            result == SQLITE_OK,
            "cannot bind parameter \(index): \(String(cString: th_sqlite3_errstr(result)))")
    }

    // MARK: Running

    /// Steps to the next row.
    ///
    /// - Returns: whether there is a row.
    public func step() throws -> Bool {
        let result = th_sqlite3_step(handle)
        switch result {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = connection.error(sql: sql)
            th_sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs to the end and resets, for statements that give no rows or whose rows do not matter.
    public func run() throws {
        defer { reset() }
        while try step() {}
    }

    /// The first column of the first row for these parameters, as an integer. The statement is then ready to
    /// run again.
    ///
    /// - Returns: `nil` where there is no row or the value is NULL.
    public func firstInteger(_ arguments: SQLiteValue...) throws -> Int64? {
        bind(arguments)
        defer { reset() }
        guard try step(), case .integer(let value) = value(0) else { return nil }
        return value
    }

    /// Makes the statement ready to run again; bindings stay.
    public func reset() {
        th_sqlite3_reset(handle)
    }

    private var sql: String { th_sqlite3_sql(handle).map { String(cString: $0) } ?? "" }

    // MARK: The current row. Columns count from 0.

    /// A column as an integer; NULL gives 0.
    public func integer(_ column: Int) -> Int64 { th_sqlite3_column_int64(handle, Int32(column)) }

    /// A column as a floating-point number; NULL gives 0.
    public func real(_ column: Int) -> Double { th_sqlite3_column_double(handle, Int32(column)) }

    /// A column as text; NULL gives the empty string.
    public func text(_ column: Int) -> String {
        guard let bytes = th_sqlite3_column_text(handle, Int32(column)) else { return "" }
        let count = Int(th_sqlite3_column_bytes(handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// A column as SQLite holds it.
    public func value(_ column: Int) -> SQLiteValue {
        switch th_sqlite3_column_type(handle, Int32(column)) {
        case SQLITE_INTEGER: return .integer(integer(column))
        case SQLITE_FLOAT: return .real(real(column))
        case SQLITE_TEXT: return .text(text(column))
        case SQLITE_BLOB:
            let count = Int(th_sqlite3_column_bytes(handle, Int32(column)))
            return .blob(
                Array(
                    UnsafeRawBufferPointer(start: th_sqlite3_column_blob(handle, Int32(column)), count: count)
                )
            )
        default: return .null
        }
    }

    /// The whole row.
    public var row: [SQLiteValue] { (0..<Int(columnCount)).map(value) }
}

/// Tells SQLite to copy what is bound.
nonisolated(unsafe) private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// An address for text without bytes.
nonisolated(unsafe) private let emptyText: UnsafePointer<UInt8> = {
    let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
}()
