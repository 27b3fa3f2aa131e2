package import SQLiteKit
internal import Synchronization
internal import Vectors

/// Tables stored as column segments in an SQLite file.
///
/// Everything runs in the caller's transaction on the connection given: a crash or a rollback leaves the old
/// state. Operations that change tables, and transactions, belong to one thread at a time; scans may fetch
/// segments from other threads meanwhile. Whoever uses the connection directly while scans run does so in
/// `withConnection`.
package final class ColumnDatabase: @unchecked Sendable {
    // The connection and its statements are used under the lock alone; the rest guards itself or is
    // immutable.

    /// Sizes to choose.
    package struct Configuration: Sendable {
        /// The rows of a full row group.
        package var rowGroupRows = SegmentFormat.rowsMax
        /// Appends of fewer rows go to the delta.
        package var deltaAppendRowsMax = 4096
        /// From so many rows on, the delta is to be merged.
        package var deltaRowsMax = 32_768
        /// How many threads encode.
        package var threads = 2
        package init() {}
    }

    package let configuration: Configuration
    let cache: SegmentCache
    private let connection: Connection
    private let lock = RecursiveLock()
    private var fetch: BlobStatement?
    private let snapshots = Mutex<[TableID: TableSnapshot]>([:])

    /// Uses a connection's file, making the tables that it needs unless the connection can only read.
    ///
    /// - Parameter cache: shared with other connections to the same file, where given.
    package init(
        _ connection: Connection, isReadOnly: Bool = false, configuration: Configuration = Configuration(),
        cache: SegmentCache = SegmentCache()
    ) throws {
        precondition(
            (1...SegmentFormat.rowsMax).contains(configuration.rowGroupRows),
            "a row group cannot have \(configuration.rowGroupRows) rows")
        self.connection = connection
        self.configuration = configuration
        self.cache = cache
        if !isReadOnly { try Schema.create(connection) }
    }

    /// Sets a file up for column segments, before anything is in it, and a connection to read them fast.
    package static func prepare(_ connection: Connection) throws {
        try connection.execute("PRAGMA page_size = 8192")
        try connection.execute("PRAGMA journal_mode = WAL")
        try connection.execute("PRAGMA mmap_size = 1099511627776")
    }

    /// Makes sure that this code reads the format of the tables in a file.
    package static func requireKnownFormat(_ connection: Connection) throws {
        try Schema.requireKnownFormat(connection)
    }

    /// Runs `body` with the connection while no scan uses it.
    package func withConnection<Result>(_ body: (Connection) throws -> Result) rethrows -> Result {
        try lock.locked { try body(connection) }
    }

    // MARK: Segments

    /// A segment, from the cache or the file.
    func reader(_ entry: SegmentEntry, rows: Int, _ place: @autoclosure () -> SegmentPlace) throws
        -> SegmentReader
    {
        if let inline = entry.inline { return inline }
        let key = SegmentCache.Key(
            segment: entry.segment, checksum: entry.checksum, byteCount: entry.byteCount)
        if let reader = cache.reader(key) { return reader }
        let reader = try uncachedReader(entry, rows: rows, place())
        cache.insert(reader, key)
        return reader
    }

    /// A segment, from the file.
    func uncachedReader(_ entry: SegmentEntry, rows: Int, _ place: SegmentPlace) throws -> SegmentReader {
        if let inline = entry.inline { return inline }
        let bytes = try lock.locked {
            let statement =
                try fetch
                ?? BlobStatement(connection, "SELECT DATA FROM TH_SEGMENT_DATA WHERE SEGMENT_ID = ?")
            fetch = statement
            defer { statement.reset() }
            statement.bind(entry.segment, at: 0)
            return try statement.step() ? statement.withBlob(0) { SegmentBytes(copying: $0) } : nil
        }
        return try place.locating {
            guard let bytes else { throw SegmentDamage("its segment is missing") }
            let reader = try SegmentReader(bytes)
            guard reader.checksum == entry.checksum, reader.rows == rows else {
                throw SegmentDamage("it is not the segment that its directory names")
            }
            return reader
        }
    }

    // MARK: Snapshots kept from one query to the next

    /// The table as the running transaction sees it, or as it is now where none is running.
    package func snapshot(_ table: TableID) throws -> TableSnapshot {
        try lock.locked {
            // Outside of a transaction all that is read must yet be of one moment.
            let isIdle = connection.isIdle
            if isIdle { try connection.execute("BEGIN") }
            defer { if isIdle { try? connection.execute("COMMIT") } }
            // A version that is not committed may yet come again with other content.
            let isWriting = connection.isWriting
            let known = isWriting ? nil : snapshots.withLock { $0[table] }
            let snapshot = try TableSnapshot.load(table, connection, known: known)
            if !isWriting { snapshots.withLock { $0[table] = snapshot } }
            return snapshot
        }
    }

    /// Counts a change of a table.
    func touch(_ table: TableID) throws {
        let statement = try connection.prepare(
            "UPDATE TH_TABLES SET VERSION = VERSION + 1 WHERE TABLE_ID = ?")
        statement.bind(table.value, at: 0)
        try statement.run()
        guard connection.changedRows == 1 else { throw Self.missing(table) }
    }

    static func missing(_ table: TableID) -> ColumnStoreError {
        ColumnStoreError(code: .notFound, message: "there is no table \(table.value)")
    }
}
