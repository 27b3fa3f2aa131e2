public import SQLiteKit

/// A warehouse: raw rows, load ledger, rejects and models in one SQLite file, which any SQLite tool can open
/// too.
///
/// Its tables are found with and without the schema's name, `COMMON`. Not thread-safe: one warehouse object
/// to a thread. One process writes at a time; any number read beside it, each seeing whole transactions
/// (WAL).
public final class Warehouse {
    /// The file.
    public let path: String
    /// The connection that the warehouse works on.
    public let connection: Connection

    /// Opens the warehouse at `path`, making it where it is missing and `access` allows.
    ///
    /// - Throws: `WarehouseError` where there is none to read or the file is something else; `SQLiteError`.
    public init(path: String, access: Connection.Access) throws {
        self.path = path
        do {
            connection = try Self.connect(path, access)
        } catch let error as SQLiteError where access == .readOnly && error.isNotFound {
            throw WarehouseError(
                .notFound,
                "there is no warehouse at \(path) yet: replay a recording first, as in `tapehouse replay FILE`"
            )
        } catch let error as SQLiteError where error.isCorrupt {
            throw WarehouseError(
                .unsupportedFormat, "\(path) is damaged or no SQLite database: \(error.message)")
        }
        connection.addFunction("round") { DecimalRounding.round($0, places: $1) }
        connection.addAggregate("stddev_pop", PopulationDeviation.self)
    }

    private static func connect(_ path: String, _ access: Connection.Access) throws -> Connection {
        do {
            let connection = try Connection(path: path, access: access)
            try prepare(connection, path, access)
            return connection
        } catch let error as SQLiteError where access == .readOnly && error.isReadOnly {
            // Who may not write in the folder cannot share it with a writer; where there is none, the file is
            // at rest.
            let connection = try Connection(atRest: path)
            try prepare(connection, path, access)
            return connection
        }
    }

    private static func prepare(_ connection: Connection, _ path: String, _ access: Connection.Access) throws
    {
        connection.nameMainSchema(Schema.name)
        connection.setBusyTimeout(milliseconds: busyTimeoutMilliseconds)
        // The page size must stand before the first table is made. The cache is small because reads go
        // through the mapping and because the sorter's runs are as large as the cache: those that fit the
        // processor's sort fastest.
        try connection.execute(
            "PRAGMA page_size = 8192; PRAGMA cache_size = -4096; PRAGMA mmap_size = 1073741824; PRAGMA threads = 1; "
                + "PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF;")
        let applicationID = try connection.integer("PRAGMA application_id") ?? 0
        let version = try connection.integer("PRAGMA user_version") ?? 0
        let tables = try connection.integer("SELECT count(*) FROM sqlite_master") ?? 0
        if access == .readWrite {
            try connection.execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4096")
            if applicationID == 0, tables == 0 {
                return try connection.transaction {
                    try connection.execute(Schema.definitions)
                    try connection.execute(
                        "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(Schema.version)"
                    )
                }
            }
        }
        guard applicationID == Schema.applicationID, version == Schema.version else {
            throw WarehouseError(
                .unsupportedFormat,
                applicationID == Schema.applicationID
                    ? "\(path) is a warehouse of version \(version); this build reads version \(Schema.version)"
                    : "\(path) is an SQLite database, but not a warehouse")
        }
    }

    /// A table or view and its size.
    public struct TableInfo: Sendable, Equatable {
        /// The name.
        public let name: String
        /// `table` or `view`.
        public let kind: String
        /// How many rows it has.
        public let rows: Int64
    }

    /// All tables and views, sorted by name, with their rows counted.
    public func tables() throws -> [TableInfo] {
        let names = try connection.rows(
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        return try names.compactMap { row in
            guard case .text(let name) = row[0], case .text(let kind) = row[1] else { return nil }
            return TableInfo(
                name: name, kind: kind,
                rows: try connection.integer("SELECT count(*) FROM \(quoted(name))") ?? 0)
        }
    }

    /// Waits until everything committed is on the disk, in the file where no reader holds it back, else in
    /// the write-ahead log.
    public func checkpoint() throws {
        connection.setBusyTimeout(milliseconds: 100)
        defer { connection.setBusyTimeout(milliseconds: Self.busyTimeoutMilliseconds) }
        let isBusy = try connection.integer("PRAGMA wal_checkpoint(TRUNCATE)") == 1
        // A passive one leaves to readers what they read, but begins by syncing the log.
        if isBusy { try connection.execute("PRAGMA wal_checkpoint(PASSIVE)") }
    }

    private static let busyTimeoutMilliseconds: Int32 = 10_000

    private func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}
