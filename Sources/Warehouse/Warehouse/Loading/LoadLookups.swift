import SQLiteKit

/// What every load asks the ledgers, as statements that are prepared once.
struct LoadLookups {
    let nextOffset: Statement
    let isLoaded: Statement
    let lastKey: Statement

    init(_ connection: Connection) throws {
        nextOffset = try connection.prepare(
            "SELECT NEXT_OFFSET FROM LOAD_OFFSETS WHERE TOPIC = ? AND LOG_PARTITION = ?")
        isLoaded = try connection.prepare(
            "SELECT 1 FROM LOAD_HISTORY WHERE BUCKET = ? AND OBJECT_KEY = ? AND ETAG = ?")
        // The newest entries come first, and one of them is nearly always of the partition that is asked for.
        lastKey = try connection.prepare(
            """
            SELECT OBJECT_KEY FROM LOAD_HISTORY
            WHERE BUCKET = ? AND TOPIC = ? AND LOG_PARTITION = ? AND substr(OBJECT_KEY, 1, length(?4)) = ?4
            ORDER BY LOAD_ID DESC LIMIT 1
            """)
    }
}

extension Warehouse {
    /// The offset from which a partition is still to be loaded.
    public func nextOffset(topic: String, partition: Int32) throws -> Int64 {
        try loadLookups().nextOffset.firstInteger(.text(topic), .integer(Int64(partition))) ?? 0
    }

    /// Whether this very object (same bucket, key and content) has been loaded.
    public func hasLoaded(bucket: String, key: String, etag: String) throws -> Bool {
        try loadLookups().isLoaded.firstInteger(.text(bucket), .text(key), .text(etag)) != nil
    }

    /// The key of the object that was loaded last of those of a partition whose keys begin with `prefix`.
    public func lastLoadedKey(bucket: String, topic: String, partition: Int32, prefix: String) throws
        -> String?
    {
        let statement = try loadLookups().lastKey
        statement.bind([.text(bucket), .text(topic), .integer(Int64(partition)), .text(prefix)])
        defer { statement.reset() }
        return try statement.step() ? statement.text(0) : nil
    }
}
