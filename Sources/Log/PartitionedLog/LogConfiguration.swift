/// Settings of a topic, named after Kafka's topic configs; sizes in bytes, times in milliseconds.
public struct LogConfiguration: Sendable, Equatable {
    /// What happens to old records: Kafka's `cleanup.policy`.
    public struct CleanupPolicy: OptionSet, Sendable {
        /// The bits.
        public let rawValue: Int
        /// A policy of these bits.
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// Segments that are too old, or too many, go.
        public static let delete = CleanupPolicy(rawValue: 1)
        /// Of the records with one key the last stays.
        public static let compact = CleanupPolicy(rawValue: 2)
    }

    /// Whose clock a record's timestamp is from: Kafka's `message.timestamp.type`.
    public enum TimestampType: String, Sendable {
        /// The producer's.
        case createTime = "CreateTime"
        /// The log's, at the append.
        case logAppendTime = "LogAppendTime"
    }

    /// When what is appended is written through to the disk, and so what an acknowledgement promises.
    public enum FlushPolicy: Sendable, Equatable {
        /// When the operating system does it, as Kafka does unless told otherwise: an acknowledged batch
        /// survives the death of the process, but not a power cut.
        case os
        /// After so many records or so many milliseconds, whichever comes first; as safe as `os` in between.
        case interval(records: Int64, milliseconds: Int64)
        /// Before a batch is acknowledged. Batches that wait at one time share one write-through (group
        /// commit), and readers see only what is on the disk.
        case batch
    }

    /// `cleanup.policy`.
    public var cleanupPolicy: CleanupPolicy = .delete
    /// `compression.type`: what batches are stored with, or `nil` for as the producer sent them.
    public var compression: Compression?
    /// `delete.retention.ms`: how long a tombstone or a transaction's marker stays after a compaction saw it.
    public var deleteRetentionMilliseconds: Int64 = 24 * 3_600_000
    /// `flush.messages` and `flush.ms`: one record is `batch`, none at all is `os`.
    public var flush: FlushPolicy = .os
    /// `index.interval.bytes`: an index entry at most every so many bytes of log.
    public var indexIntervalBytes = 4096
    /// `max.compaction.lag.ms`: a record that is older than this is compacted whatever the ratio.
    public var maxCompactionLagMilliseconds = Int64.max
    /// `max.message.bytes`: the largest record batch that is taken, as stored.
    public var maxMessageBytes = 1_048_588
    /// `message.timestamp.after.max.ms`: how far a record's time may lie ahead of the log's clock.
    public var timestampAfterMaxMilliseconds: Int64 = 3_600_000
    /// `message.timestamp.before.max.ms`: how far a record's time may lie behind the log's clock.
    public var timestampBeforeMaxMilliseconds = Int64.max
    /// `message.timestamp.type`.
    public var timestampType = TimestampType.createTime
    /// `min.cleanable.dirty.ratio`: the share of uncompacted bytes from which a compaction is worth its work.
    public var minCleanableDirtyRatio = 0.5
    /// `min.compaction.lag.ms`: how long a record is safe from compaction.
    public var minCompactionLagMilliseconds: Int64 = 0
    /// `retention.bytes`: the size of a partition above which its oldest segments go; `nil` for no limit.
    public var retentionBytes: Int?
    /// `retention.ms`: the age at which a segment goes; `nil` for none.
    public var retentionMilliseconds: Int64? = 7 * 24 * 3_600_000
    /// `segment.bytes`: a segment is closed before it grows over this.
    public var segmentBytes = 1 << 30
    /// `segment.index.bytes`: a segment is closed when one of its indexes would grow over this.
    public var segmentIndexBytes = 10 << 20
    /// `segment.ms`: a segment is closed when its records span more than this.
    public var segmentMilliseconds: Int64 = 7 * 24 * 3_600_000

    /// Kafka's defaults.
    public init() {}
}

/// How the records of a batch are compressed: bits 0 to 2 of its attributes. All are read; none and zstd are
/// written.
public enum Compression: Int16, Sendable, CaseIterable {
    /// Not at all.
    case none = 0
    /// RFC 1952.
    case gzip = 1
    /// Snappy, bare or in snappy-java's stream format.
    case snappy = 2
    /// LZ4 frames.
    case lz4 = 3
    /// zstd frames (RFC 8878), by KIP-110.
    case zstd = 4

    /// The name in Kafka's settings.
    public var name: String { "\(self)" }

    /// Whether batches can be made with it here.
    public var isWritten: Bool { self == .none || self == .zstd }
}
