import ColumnStore
import SQLEngine
public import SQLiteKit
import Vectors
import WarehouseExtension

/// A warehouse: tables of columns, their catalogue, the ledgers of loads and builds, in one SQLite file.
///
/// `makeSession()` gives SQL in the dialect of Snowflake. Not thread-safe: one warehouse object to a thread.
/// One process writes at a time; any number read beside it, each seeing whole transactions
/// (WAL).
public final class Warehouse {
    /// The file.
    public let path: String
    /// The connection that the warehouse works on: SQLite's own SQL, for the ledgers and for tests.
    public let connection: Connection
    let columns: ColumnDatabase
    /// Statements that every load runs, once one has.
    private var lookups: LoadLookups?
    private let isWriter: Bool

    /// Opens the warehouse at `path`, making it where it is missing and `access` allows.
    ///
    /// - Throws: `WarehouseError` where there is none to read or the file is something else; `SQLiteError`.
    public init(path: String, access: Connection.Access) throws {
        self.path = path
        isWriter = access == .readWrite
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
        // A writer goes through tables once.
        let cache = SegmentCache(bytesMax: access == .readOnly ? 128 << 20 : 32 << 20)
        columns = try ColumnDatabase(connection, isReadOnly: true, cache: cache)
        // Their sessions have been killed, for one process writes at a time.
        if access == .readWrite { try dropTemporaryObjects() }
    }

    deinit {
        // A file in WAL mode can be opened only by who may write beside it; at rest it is to be readable by
        // all. Where others have it open it stays as it is, and whoever writes next sees to it.
        guard isWriter, connection.isIdle else { return }
        connection.setBusyTimeout(milliseconds: 0)
        try? connection.execute("PRAGMA journal_mode = DELETE")
    }

    /// What every load asks the ledgers.
    func loadLookups() throws -> LoadLookups {
        if let lookups { return lookups }
        let made = try LoadLookups(connection)
        lookups = made
        return made
    }

    /// Drops the temporary tables and views of a session that has ended, or of all.
    func dropTemporaryObjects(of session: Int64? = nil) throws {
        let store = CatalogStore(connection)
        guard try !store.temporaryObjects(of: session).isEmpty else { return }
        try connection.transaction {
            for object in try store.temporaryObjects(of: session) {
                if let table = object.table { try columns.dropTable(table) }
                try CopyHistory(connection: connection).forget(object.id)
                try store.remove(object)
            }
        }
    }

    /// A session to run SQL in.
    public func makeSession(_ options: Session.Options = Session.Options()) -> Session {
        Session(self, options)
    }

    /// Runs `body` with one view of the file.
    func readTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        return try body()
    }

    /// Shows in the file's own schema what the transaction that is running has changed; to be called at its
    /// end.
    package func refreshMirror() throws { try SQLiteMirror(connection, columns).refresh() }

    /// Runs `body` inside the transaction that is open; an error in it undoes what it did, and that alone.
    func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        try connection.execute("SAVEPOINT statement")
        do {
            let result = try body()
            try connection.execute("RELEASE statement")
            return result
        } catch {
            if !connection.isIdle { try? connection.execute("ROLLBACK TO statement; RELEASE statement") }
            throw error
        }
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
        connection.setBusyTimeout(milliseconds: busyTimeoutMilliseconds)
        try WarehouseModules.register(on: connection)
        // The page size must stand before the first table is made. The cache is small because segments have a
        // cache of their own. Readers read through a mapping; a writer, who goes through the file once, would
        // hold all of it.
        let mapped = access == .readOnly ? 1 << 30 : 0
        try connection.execute(
            "PRAGMA page_size = 8192; PRAGMA cache_size = -4096; PRAGMA mmap_size = \(mapped); "
                + "PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF;")
        let applicationID = try connection.integer("PRAGMA application_id") ?? 0
        let version = try connection.integer("PRAGMA user_version") ?? 0
        let tables = try connection.integer("SELECT count(*) FROM sqlite_master") ?? 0
        if access == .readWrite {
            try connection.execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4096")
            if applicationID == 0, tables == 0 {
                return try connection.transaction {
                    try connection.execute(Schema.definitions + CatalogSchema.sql)
                    try createCatalog(connection)
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
                    ? "\(path) is a warehouse of version \(version), and this build reads version \(Schema.version): "
                        + (version > Schema.version
                            ? "use the newer tapehouse that has written it"
                            : "replay the recordings or the log into a new data directory")
                    : "\(path) is an SQLite database, but not a warehouse")
        }
        do {
            try ColumnDatabase.requireKnownFormat(connection)
        } catch let error as ColumnStoreError {
            throw WarehouseError(.unsupportedFormat, "\(path) cannot be used: \(error.message)")
        }
    }

    /// The database, the schema and the raw table that are there from the start.
    private static func createCatalog(_ connection: Connection) throws {
        let database = try ColumnDatabase(connection)
        let store = CatalogStore(connection)
        try store.addDatabase(Schema.databaseName, comment: nil, now: 0)
        for schema in [Schema.name, "PUBLIC"] {
            try store.addSchema(Schema.databaseName, schema, comment: nil, now: 0)
        }
        let table = try database.createTable(Schema.rawColumns.map(\.type))
        let ids = try database.columns(table).map(\.id)
        let columns = zip(Schema.rawColumns, ids).map { CatalogColumn(name: $0.name, id: $1, type: $0.type) }
        let name = QualifiedName(database: Schema.databaseName, schema: Schema.name, name: Schema.rawTable)
        try store.add(
            CatalogObject(id: 0, name: name, kind: .table, table: table, createdOn: 0), columns: columns)
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

    /// All tables and views of the schema that is there from the start, sorted by name, with their rows
    /// counted.
    public func tables() throws -> [TableInfo] {
        try readTransaction {
            let store = CatalogStore(connection)
            let session = makeSession()
            var all = try NativeTables.all.keys.map { name in
                TableInfo(
                    name: name, kind: "table",
                    rows: try connection.integer("SELECT count(*) FROM \(name)") ?? 0)
            }
            for object in try store.objects(.relation, database: Schema.databaseName, schema: Schema.name) {
                let rows =
                    try object.table.map { Int64(try columns.snapshot($0).rowCount) }
                    ?? session.countRows(of: object.name)
                all.append(
                    TableInfo(name: object.name.name, kind: object.kind.rawValue.lowercased(), rows: rows))
            }
            return all.sorted { $0.name < $1.name }
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
}
