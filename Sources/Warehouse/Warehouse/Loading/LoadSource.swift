/// An object that is to be loaded: lines of `V` from a run of offsets of one partition.
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
    /// The offset of its first line; each further line has the next one.
    public let firstOffset: Int64

    /// Names an object.
    public init(
        bucket: String, key: String, etag: String, byteCount: Int, topic: String, partition: Int32,
        firstOffset: Int64
    ) {
        self.bucket = bucket
        self.key = key
        self.etag = etag
        self.byteCount = byteCount
        self.topic = topic
        self.partition = partition
        self.firstOffset = firstOffset
    }

    /// The object's URL.
    public var url: String { "s3://\(bucket)/\(key)" }
}

/// An object and what is in it.
public struct LoadObject: Sendable {
    /// Where it is from.
    public let source: LoadSource
    /// JSON, a value a line.
    public let lines: [UInt8]

    /// An object and what is in it.
    public init(_ source: LoadSource, lines: [UInt8]) {
        self.source = source
        self.lines = lines
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

/// What a load did.
public struct LoadOutcome: Sendable {
    /// How many rows came into the raw table.
    public var loaded = 0
    /// The lines that did not, in their order.
    public var rejects: [LoadReject] = []
    /// How many of those had not been seen before.
    public var newRejects = 0
}
