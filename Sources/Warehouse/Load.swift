public import SQLiteKit

/// An object that is to be loaded: the rows of `V` from a run of offsets of one partition.
public struct LoadSource: Sendable {
    /// The bucket.
    public let bucket: String
    /// The object's key.
    public let key: String
    /// The object's entity tag.
    public let etag: String
    /// The object's size in bytes, as stored.
    public let byteCount: Int
    /// The topic its rows came from.
    public let topic: String
    /// The partition its rows came from.
    public let partition: Int32
    /// The offset of its first row.
    public let firstOffset: Int64
    /// The offset behind its last row.
    public let nextOffset: Int64

    /// Names an object.
    public init(
        bucket: String, key: String, etag: String, byteCount: Int, topic: String, partition: Int32,
        firstOffset: Int64, nextOffset: Int64
    ) {
        self.bucket = bucket
        self.key = key
        self.etag = etag
        self.byteCount = byteCount
        self.topic = topic
        self.partition = partition
        self.firstOffset = firstOffset
        self.nextOffset = nextOffset
    }
}

/// A line that could not be loaded.
public struct LoadReject: Sendable {
    /// Where the line stands: a file's path, or an object's `s3://` URL.
    public let source: String
    /// The line's number, from 1.
    public let line: Int64
    /// The byte of the line where it went wrong, from 1, if one is to blame.
    public let column: Int64?
    /// Why it was rejected.
    public let reason: String
    /// The line, or its beginning where it is very long.
    public let content: [UInt8]
    /// The place of the line's first byte in the source, if known.
    public let byteOffset: Int64?
    /// The length of the whole line in bytes.
    public let byteCount: Int64
    /// A hash of the content, by which the same reject is known again.
    public let contentHash: Int64

    /// Describes a line.
    public init(
        source: String, line: Int64, column: Int64?, reason: String, content: [UInt8], byteOffset: Int64?,
        byteCount: Int64, contentHash: Int64
    ) {
        self.source = source
        self.line = line
        self.column = column
        self.reason = reason
        self.content = content
        self.byteOffset = byteOffset
        self.byteCount = byteCount
        self.contentHash = contentHash
    }
}

extension Warehouse {
    /// The offset from which a partition is still to be loaded.
    public func nextOffset(topic: String, partition: Int32) throws -> Int64 {
        try connection.integer(
            "SELECT NEXT_OFFSET FROM LOAD_OFFSETS WHERE TOPIC = ? AND LOG_PARTITION = ?", .text(topic),
            .integer(Int64(partition))) ?? 0
    }

    /// Whether this very object (same bucket, key and content) has been loaded.
    public func hasLoaded(bucket: String, key: String, etag: String) throws -> Bool {
        try connection.integer(
            "SELECT 1 FROM LOAD_HISTORY WHERE BUCKET = ? AND OBJECT_KEY = ? AND ETAG = ?", .text(bucket),
            .text(key),
            .text(etag)) != nil
    }

    /// Loads an object in one transaction: its rows, its rejects, the ledger's entry and the partition's next
    /// offset.
    ///
    /// - Parameters:
    ///   - loadedAt: the time to stamp it with, as `YYYY-MM-DD HH:MM:SS`.
    ///   - body: gives the rows; an error in it undoes everything.
    /// - Returns: how many rows were loaded and rejected.
    public func load(
        _ source: LoadSource, loadedAt: String, _ body: (inout Load) throws -> Void
    ) throws -> (loaded: Int, rejected: Int) {
        try connection.transaction {
            let loadID = (try connection.integer("SELECT max(LOAD_ID) FROM LOAD_HISTORY") ?? 0) + 1
            var load = try Load(
                connection, loadID: loadID, topic: source.topic, partition: source.partition,
                loadedAt: loadedAt)
            try body(&load)
            let ledger = try connection.prepare(
                "INSERT INTO LOAD_HISTORY VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            let values: [SQLiteValue] = [
                .integer(loadID), .text(source.bucket), .text(source.key), .text(source.etag),
                .text(source.topic),
                .integer(Int64(source.partition)), .integer(source.firstOffset), .integer(source.nextOffset),
                .integer(Int64(source.byteCount)), .integer(Int64(load.loaded)),
                .integer(Int64(load.rejected)),
                .text(loadedAt),
            ]
            ledger.bind(values)
            try ledger.run()
            try setNextOffset(source.topic, source.partition, source.nextOffset)
            return (load.loaded, load.rejected)
        }
    }

    /// Loads rejects that came with a log of their own, and that log's next offset, in one transaction.
    ///
    /// - Returns: how many of them had not been seen before.
    public func loadRejects(
        topic: String, partition: Int32, nextOffset: Int64, loadedAt: String,
        _ rejects: [(offset: Int64, LoadReject)]
    ) throws -> Int {
        try connection.transaction {
            var load = try Load(connection, loadID: 0, topic: topic, partition: partition, loadedAt: loadedAt)
            for (offset, reject) in rejects { try load.reject(reject, offset: offset) }
            try setNextOffset(topic, partition, nextOffset)
            return load.newRejects
        }
    }

    private func setNextOffset(_ topic: String, _ partition: Int32, _ offset: Int64) throws {
        _ = try connection.rows(
            "INSERT INTO LOAD_OFFSETS VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET NEXT_OFFSET = max(NEXT_OFFSET, excluded.NEXT_OFFSET)",
            .text(topic), .integer(Int64(partition)), .integer(offset))
    }
}

/// The columns into which `V` is shredded, in the order of `RAW_SHREDDED`.
public enum RawNumber: Int, CaseIterable, Sendable {
    /// `v:c`
    case currentPrice
    /// `v:d`
    case change
    /// `v:dp`
    case changePercent
    /// `v:h`
    case dayHigh
    /// `v:l`
    case dayLow
    /// `v:o`
    case dayOpen
    /// `v:pc`
    case previousClose
    /// `v:t`
    case time
    /// `v:fetched_at`
    case fetchedAt
}

/// The rows of one load, inside its transaction.
public struct Load {
    private let insert: Statement
    private let rejectStatement: Statement
    private let topic: String
    private let partition: Int32
    private let loadedAt: String

    /// How many rows have been taken.
    public private(set) var loaded = 0
    /// How many rows have been rejected.
    public private(set) var rejected = 0
    /// How many of those had not been seen before.
    public private(set) var newRejects = 0

    init(_ connection: Connection, loadID: Int64, topic: String, partition: Int32, loadedAt: String) throws {
        self.topic = topic
        self.partition = partition
        self.loadedAt = loadedAt
        insert = try connection.prepare(
            "INSERT INTO RAW_SHREDDED (LOAD_ID, LOG_OFFSET, C, D, DP, H, L, O, PC, T, FETCHED_AT, SYMBOL, RESIDUE) "
                + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        rejectStatement = try connection.prepare(
            """
            INSERT INTO LOAD_REJECTS (SOURCE_FILE, LINE_NUMBER, COLUMN_NUMBER, REASON, RAW_LINE, BYTE_OFFSET,
                BYTE_COUNT, CONTENT_HASH, TOPIC, LOG_PARTITION, LOG_OFFSET, LOADED_AT)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET TIMES_SEEN = TIMES_SEEN + 1 RETURNING TIMES_SEEN
            """)
        insert.bind(loadID, at: 0)
    }

    /// Adds a row.
    ///
    /// - Parameters:
    ///   - symbol: `v:symbol`, UTF-8.
    ///   - residue: the whole JSON, where the columns alone do not hold it.
    ///   - numbers: gives the columns; a missing key is NULL.
    public mutating func append(
        offset: Int64, symbol: UnsafeRawBufferPointer, residue: UnsafeRawBufferPointer?,
        numbers: (RawNumber) -> SQLiteValue
    ) throws {
        insert.bind(offset, at: 1)
        for column in RawNumber.allCases { insert.bind(numbers(column), at: 2 + column.rawValue) }
        insert.bindText(uncopied: symbol, at: 11)
        if let residue { insert.bindText(uncopied: residue, at: 12) } else { insert.bindNull(at: 12) }
        try insert.run()
        loaded += 1
    }

    /// Keeps a line that is no row.
    public mutating func reject(_ reject: LoadReject, offset: Int64) throws {
        let text = String(validating: reject.content, as: UTF8.self)
        let values: [SQLiteValue] = [
            .text(reject.source), .integer(reject.line), reject.column.map(SQLiteValue.integer) ?? .null,
            .text(reject.reason), text.map(SQLiteValue.text) ?? .blob(reject.content),
            reject.byteOffset.map(SQLiteValue.integer) ?? .null, .integer(reject.byteCount),
            .integer(reject.contentHash), .text(topic), .integer(Int64(partition)), .integer(offset),
            .text(loadedAt),
        ]
        rejectStatement.bind(values)
        defer { rejectStatement.reset() }
        if try rejectStatement.step(), rejectStatement.integer(0) == 1 { newRejects += 1 }
        rejected += 1
    }
}
