/// A topic config of Kafka's: its name, and how its text stands for a part of a `LogConfiguration`.
public struct TopicConfig: Sendable {
    /// Kafka's name for it, such as `retention.ms`.
    public let name: String
    /// Its value as text.
    public let get: @Sendable (LogConfiguration) -> String
    let set: @Sendable (inout LogConfiguration, String) throws(Malformed) -> Void

    /// What is wrong with a value: completes the sentence "it takes …".
    struct Malformed: Error {
        let takes: String
        init(_ takes: String) { self.takes = takes }
    }

    /// All configs, by name.
    public static let all: [TopicConfig] = [
        TopicConfig(
            name: "cleanup.policy",
            get: {
                [
                    ($0.cleanupPolicy.contains(.compact), "compact"),
                    ($0.cleanupPolicy.contains(.delete), "delete"),
                ]
                .filter(\.0).map(\.1).joined(separator: ",")
            },
            set: { configuration, text throws(Malformed) in
                configuration.cleanupPolicy = []
                for word in text.split(separator: ",") {
                    switch word.filter({ $0 != " " }) {
                    case "compact": configuration.cleanupPolicy.insert(.compact)
                    case "delete": configuration.cleanupPolicy.insert(.delete)
                    default: throw Malformed("delete, compact, or both with a comma between")
                    }
                }
            }),
        TopicConfig(
            name: "compression.type",
            get: { $0.compression.map { $0 == .none ? "uncompressed" : $0.name } ?? "producer" },
            set: { configuration, text throws(Malformed) in
                switch text {
                case "producer": configuration.compression = nil
                case "uncompressed", "none": configuration.compression = Compression.none
                case "zstd": configuration.compression = .zstd
                default:
                    throw Malformed(
                        "producer, uncompressed or zstd (gzip, snappy and lz4 are read, but not written)")
                }
            }),
        number("delete.retention.ms", \.deleteRetentionMilliseconds, 0...Int64.max),
        flush("flush.messages", get: \.0) { ($0, $1.1) },
        flush("flush.ms", get: \.1) { ($1.0, $0) },
        size("index.interval.bytes", \.indexIntervalBytes, 0...Int(Int32.max)),
        number("max.compaction.lag.ms", \.maxCompactionLagMilliseconds, 1...Int64.max),
        size("max.message.bytes", \.maxMessageBytes, 0...RecordBatch.byteCountMax),
        number("message.timestamp.after.max.ms", \.timestampAfterMaxMilliseconds, 0...Int64.max),
        number("message.timestamp.before.max.ms", \.timestampBeforeMaxMilliseconds, 0...Int64.max),
        TopicConfig(
            name: "message.timestamp.type", get: { $0.timestampType.rawValue },
            set: { configuration, text throws(Malformed) in
                guard let type = LogConfiguration.TimestampType(rawValue: text) else {
                    throw Malformed("CreateTime or LogAppendTime")
                }
                configuration.timestampType = type
            }),
        TopicConfig(
            name: "min.cleanable.dirty.ratio", get: { "\($0.minCleanableDirtyRatio)" },
            set: { configuration, text throws(Malformed) in
                guard let ratio = Double(text), (0...1).contains(ratio) else {
                    throw Malformed("a number from 0 to 1")
                }
                configuration.minCleanableDirtyRatio = ratio
            }),
        number("min.compaction.lag.ms", \.minCompactionLagMilliseconds, 0...Int64.max),
        TopicConfig(
            name: "retention.bytes", get: { "\($0.retentionBytes ?? -1)" },
            set: { configuration, text throws(Malformed) in
                guard let bytes = Int(text), bytes >= -1 else { throw Malformed("a number of bytes, or -1") }
                configuration.retentionBytes = bytes < 0 ? nil : bytes
            }),
        TopicConfig(
            name: "retention.ms", get: { "\($0.retentionMilliseconds ?? -1)" },
            set: { configuration, text throws(Malformed) in
                guard let time = Int64(text), time >= -1 else {
                    throw Malformed("a number of milliseconds, or -1")
                }
                configuration.retentionMilliseconds = time < 0 ? nil : time
            }),
        size("segment.bytes", \.segmentBytes, 14...Int(Int32.max)),
        size("segment.index.bytes", \.segmentIndexBytes, 4...Int(Int32.max)),
        number("segment.ms", \.segmentMilliseconds, 1...Int64.max),
    ]

    private static func number(
        _ name: String, _ path: any WritableKeyPath<LogConfiguration, Int64> & Sendable,
        _ range: ClosedRange<Int64>
    ) -> TopicConfig {
        TopicConfig(
            name: name, get: { "\($0[keyPath: path])" },
            set: { configuration, text throws(Malformed) in
                guard let value = Int64(text), range.contains(value) else { throw Malformed(describe(range)) }
                configuration[keyPath: path] = value
            })
    }

    private static func size(
        _ name: String, _ path: any WritableKeyPath<LogConfiguration, Int> & Sendable,
        _ range: ClosedRange<Int>
    ) -> TopicConfig {
        TopicConfig(
            name: name, get: { "\($0[keyPath: path])" },
            set: { configuration, text throws(Malformed) in
                guard let value = Int(text), range.contains(value) else {
                    throw Malformed(describe(Int64(range.lowerBound)...Int64(range.upperBound)))
                }
                configuration[keyPath: path] = value
            })
    }

    private static func describe(_ range: ClosedRange<Int64>) -> String {
        range.upperBound == .max
            ? "a number from \(range.lowerBound) on"
            : "a number from \(range.lowerBound) to \(range.upperBound)"
    }

    /// One of the two configs that make up the flush policy: the (records, milliseconds) after which it acts.
    private static func flush(
        _ name: String, get: @escaping @Sendable ((Int64, Int64)) -> Int64,
        set: @escaping @Sendable (Int64, (Int64, Int64)) -> (Int64, Int64)
    ) -> TopicConfig {
        TopicConfig(
            name: name, get: { "\(get($0.flush.limits))" },
            set: { configuration, text throws(Malformed) in
                guard let value = Int64(text), value >= 0 else { throw Malformed(describe(0...Int64.max)) }
                configuration.flush = .init(limits: set(value, configuration.flush.limits))
            })
    }
}

extension LogConfiguration.FlushPolicy {
    fileprivate var limits: (Int64, Int64) {
        switch self {
        case .os: (.max, .max)
        case .interval(let records, let milliseconds): (records, milliseconds)
        case .batch: (1, .max)
        }
    }

    fileprivate init(limits: (Int64, Int64)) {
        if limits.0 <= 1 || limits.1 == 0 {
            self = .batch
        } else if limits == (.max, .max) {
            self = .os
        } else {
            self = .interval(records: limits.0, milliseconds: limits.1)
        }
    }
}

extension LogConfiguration {
    /// Changes one setting by Kafka's name for it.
    ///
    /// - Throws: `LogError` with code `invalidConfig` where there is no such setting, or it does not take the
    ///   value.
    public mutating func set(_ name: String, to value: String) throws {
        guard let config = TopicConfig.all.first(where: { $0.name == name }) else {
            throw LogError(
                .invalidConfig,
                "there is no topic config \(name); there are "
                    + TopicConfig.all.map(\.name).joined(separator: ", "))
        }
        do throws(TopicConfig.Malformed) {
            try config.set(&self, value)
        } catch {
            throw LogError(.invalidConfig, "\(name) cannot be '\(value)': it takes \(error.takes)")
        }
    }
}
