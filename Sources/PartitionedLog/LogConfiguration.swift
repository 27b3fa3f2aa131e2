/// Settings of a topic, named after Kafka's topic configs; sizes in bytes.
public struct LogConfiguration: Sendable {
    /// `segment.bytes`: a segment is closed before it grows over this.
    public var segmentBytes = 1 << 30
    /// `index.interval.bytes`: an index entry at most every so many bytes of log.
    public var indexIntervalBytes = 4096
    /// `max.message.bytes`: the largest record batch that is taken, as stored.
    public var maxMessageBytes = 1_048_588
    /// `compression.type` of the producer that belongs to this log.
    public var compression = Compression.zstd

    /// Kafka's defaults, but for compression.
    public init() {}
}

/// How the records of a batch are compressed: bits 0 to 2 of its attributes.
public enum Compression: Int16, Sendable, CaseIterable {
    /// Not at all.
    case none = 0
    /// RFC 1952; passed through, not read here.
    case gzip = 1
    /// Snappy; passed through, not read here.
    case snappy = 2
    /// LZ4 frames; passed through, not read here.
    case lz4 = 3
    /// zstd frames (RFC 8878), by KIP-110.
    case zstd = 4

    /// The name in Kafka's settings.
    public var name: String {
        switch self {
        case .none: "none"
        case .gzip: "gzip"
        case .snappy: "snappy"
        case .lz4: "lz4"
        case .zstd: "zstd"
        }
    }
}
