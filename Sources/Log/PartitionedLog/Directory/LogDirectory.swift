public import DurableIO
import Synchronization

/// A directory of partitions: what Kafka calls a log dir, in its layout.
///
/// ```
/// meta.properties                    version, cluster.id, node.id, directory.id
/// recovery-point-offset-checkpoint   how far each partition was flushed
/// log-start-offset-checkpoint        where each begins whose oldest records were deleted
/// replication-offset-checkpoint      up to where readers saw each
/// cleaner-offset-checkpoint          how far each was compacted
/// .kafka_cleanshutdown               there while nothing has to be checked at the next start
/// .lock                              held by the process that writes
/// <topic>-<partition>/               partition.metadata, leader-epoch-checkpoint, segments
/// <topic>-0/topic.properties         the topic's own settings, in the first partition that is there (Kafka keeps
///                                    these elsewhere, and ignores the file)
/// unfinished-topic-change            what is being done to a topic, while it is
/// next-producer-id                   the first producer's id of the next block
/// ```
/// Thread-safe. One process writes at a time; any number read.
public final class LogDirectory: Sendable {
    /// The directory.
    public let path: String
    /// Where something was cut off when the directory was opened.
    public let recoveries: [PartitionLog.Recovery]
    /// Fires whenever something may have come that can be read.
    public let signal = ChangeSignal()
    /// The settings of topics that have none of their own.
    public let defaults: LogConfiguration
    /// Milliseconds since 1970, by which records age.
    public let clock: @Sendable () -> Int64
    let fileSystem: FileSystem
    let access: Access
    /// Given up when the directory is closed.
    let lock: Mutex<DirectoryLock?>
    let state: Mutex<State>
    /// Held while topics are made, changed and deleted.
    let changing = Mutex(())
    /// Held while checkpoints are written.
    let checkpointing = Mutex(())
    /// Goes up whenever a partition comes, goes or is replaced.
    let topology = Atomic<Int>(0)

    struct State {
        var partitions: [TopicPartition: PartitionLog] = [:]
        /// The settings of the topics that have their own.
        var configs: [String: [String: String]] = [:]
        /// Up to where each compacted partition is clean.
        var cleanedTo: [TopicPartition: Offset] = [:]
    }

    /// Whether and how the directory may be changed.
    public enum Access: Sendable {
        /// Look only: takes no lock, repairs nothing, and sees the whole batches that are in the files now,
        /// those among them that another process has yet to flush.
        case readOnly
        /// Read and write; made where it is missing.
        case readWrite
    }

    /// Opens a log directory. After an unclean stop each partition is checked from its recovery point on, cut
    /// at the first damaged byte and indexed anew; `recoveries` tells where.
    ///
    /// - Parameters:
    ///   - configuration: the settings of topics that have none of their own.
    ///   - clock: milliseconds since 1970.
    /// - Throws: `DurableIOError`; its code is `locked` where another process writes here.
    public init(
        _ path: String, access: Access = .readWrite, configuration: LogConfiguration = LogConfiguration(),
        fileSystem: FileSystem = .local,
        clock: @escaping @Sendable () -> Int64 = { WallClock.milliseconds() }
    ) throws {
        self.path = path
        self.access = access
        self.defaults = configuration
        self.fileSystem = fileSystem
        self.clock = clock
        let readOnly = access == .readOnly
        var lock: DirectoryLock?
        if !readOnly {
            try fileSystem.createDirectory(path)
            lock = try DirectoryLock("\(path)/.lock", purpose: "partitioned log", fileSystem: fileSystem)
            try Self.requireWritable(path, fileSystem)
            try Self.ensureMetaProperties(path, fileSystem)
            try Self.finishDeletions(path, fileSystem)
            try TopicChange.unfinished(in: path, fileSystem)?.finish(in: path, fileSystem)
            try Self.finishDeletions(path, fileSystem)
        }
        let marker = "\(path)/\(CheckpointName.cleanShutdown)"
        let isClean = try fileSystem.kind(of: marker) == .file
        let points = try OffsetCheckpoint(path: "\(path)/\(CheckpointName.recoveryPoint)", fileSystem)
        let starts = try OffsetCheckpoint(path: "\(path)/\(CheckpointName.logStart)", fileSystem)
        let cleaned = try OffsetCheckpoint(path: "\(path)/\(CheckpointName.cleaner)", fileSystem)
        var recoveries: [PartitionLog.Recovery] = []
        var state = State(cleanedTo: cleaned.offsets)
        let ids = try Self.partitionDirectories(path, fileSystem)
        for id in ids where state.configs[id.topic] == nil {
            state.configs[id.topic] = try Self.readConfigs("\(path)/\(id)", fileSystem)
        }
        for id in ids {
            let settings = try Self.configuration(of: id.topic, state.configs[id.topic] ?? [:], configuration)
            var loader = PartitionLoader(
                id, directory: "\(path)/\(id)", configuration: settings, fileSystem: fileSystem,
                recoveryPoint: points.offsets[id] ?? .zero, logStart: starts.offsets[id] ?? .zero,
                isClean: isClean, readOnly: readOnly || id.topic == Self.metadataTopic, now: clock())
            state.partitions[id] = try loader.open(clock: clock, signal: signal)
            recoveries += loader.recoveries
        }
        if !readOnly {
            // Only now is nothing left that a second start would have to check again.
            try fileSystem.removeFile(marker)
            try fileSystem.syncDirectory(path)
        }
        state.cleanedTo = state.cleanedTo.filter { state.partitions[$0.key] != nil }
        self.lock = Mutex(lock)
        self.recoveries = recoveries
        self.state = Mutex(state)
    }

    /// The partitions whose directories are there, in order.
    private static func partitionDirectories(_ path: String, _ fileSystem: FileSystem) throws
        -> [TopicPartition]
    {
        guard try fileSystem.kind(of: path) == .directory else { return [] }
        // What another process is making or deleting is not there yet, or not any more.
        let changing = try TopicChange.unfinished(in: path, fileSystem)?.ids ?? []
        return try fileSystem.list(path).compactMap { name in
            guard let id = TopicPartition(directoryName: name), !changing.contains(id),
                try fileSystem.kind(of: "\(path)/\(name)") == .directory
            else { return nil }
            return id
        }.sorted()
    }

    /// Checks, before anything is changed, that what is there is of versions that are written.
    ///
    /// - Throws: `LogError` with code `unsupportedVersion` or `unsupportedForMessageFormat`.
    private static func requireWritable(_ path: String, _ fileSystem: FileSystem) throws {
        let file = "\(path)/meta.properties"
        if try fileSystem.kind(of: file) == .file {
            let version = PropertiesFile(reading: try fileSystem.contents(of: file)).values["version"]
            guard version == "1" else {
                throw LogError(.unsupportedVersion, version == "0" ? zooKeeper(file) : unknown(file, version))
            }
        }
        for id in try partitionDirectories(path, fileSystem) where id.topic != metadataTopic {
            if let refusal = try LegacyMessage.refusal(inDirectory: "\(path)/\(id)", fileSystem) {
                throw refusal
            }
        }
    }

    private static func zooKeeper(_ file: String) -> String {
        "\(file) has version 0: a broker with ZooKeeper wrote it. It can be read, but not written: that broker's topics and "
            + "producer ids are in ZooKeeper, which would not learn of what is done here. Migrate the cluster to KRaft, "
            + "as Kafka 3.9 does, or copy the directories of partitions, without meta.properties, into a directory of their own"
    }

    private static func unknown(_ file: String, _ version: String?) -> String {
        "\(file) has version \(version ?? "none"), where 1 (KRaft) is the one that is written: look whether the file is whole, and "
            + "whether a newer Kafka made it"
    }

    /// Makes `meta.properties` where it is missing.
    private static func ensureMetaProperties(_ path: String, _ fileSystem: FileSystem) throws {
        let file = "\(path)/meta.properties"
        if try fileSystem.kind(of: file) == .file { return }
        var generator = SystemRandomNumberGenerator()
        let properties = PropertiesFile([
            "version": "1", "node.id": "1", "cluster.id": KafkaID(using: &generator).text,
            "directory.id": KafkaID(using: &generator).text,
        ])
        try fileSystem.replaceContents(of: file, with: properties.encoded)
    }

    // MARK: Looking up

    /// The names of all topics, sorted.
    public var topics: [String] {
        state.withLock { Set($0.partitions.keys.map(\.topic)).sorted() }
    }

    /// The partitions of a topic that are here, in order; none where there is no such topic. In a directory of a
    /// cluster of several brokers, or of one with several disks, their numbers have gaps.
    public func partitions(of topic: String) -> [PartitionLog] {
        state.withLock { state in
            state.partitions.filter { $0.key.topic == topic }.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// The numbers of a topic's partitions that are here, in order.
    func partitionNumbers(of topic: String) -> [Int32] {
        state.withLock { $0.partitions.keys.filter { $0.topic == topic }.map(\.partition).sorted() }
    }

    /// The runs of partition numbers below a topic's highest one that are not here.
    public func missingPartitions(of topic: String) -> [ClosedRange<Int32>] {
        var missing: [ClosedRange<Int32>] = []
        var next: Int32 = 0
        for number in partitionNumbers(of: topic) {
            if number > next { missing.append(next...number - 1) }
            next = number + 1
        }
        return missing
    }

    /// The directories of partitions that a broker has set aside (`-stray`), or not finished copying (`-future`). They
    /// are left alone.
    public var setAside: [String] {
        get throws {
            try fileSystem.list(path).filter { name in
                TopicChange.isMarked(name, "-stray") || TopicChange.isMarked(name, "-future")
            }
        }
    }

    /// A partition.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition`.
    public func partition(_ topicPartition: TopicPartition) throws -> PartitionLog {
        guard let partition = state.withLock({ $0.partitions[topicPartition] }) else {
            throw LogError(.unknownTopicOrPartition, "there is no partition \(topicPartition) in \(path)")
        }
        return partition
    }

    /// Whether there is such a topic: any partition of it.
    public func hasTopic(_ topic: String) -> Bool { !partitionNumbers(of: topic).isEmpty }

    /// Whether the log, or the broker that wrote it, keeps its own records in the topic.
    public static func isInternal(_ topic: String) -> Bool {
        topic == InternalTopic.groups.name || topic == InternalTopic.transactions.name
            || topic == metadataTopic
    }

    /// The log of a KRaft quorum, where a broker is a controller too. It is the quorum's: it is read, and nothing
    /// in its directory is changed.
    static let metadataTopic = "__cluster_metadata"
}

/// The names of the files beside the partitions.
enum CheckpointName {
    static let cleanShutdown = ".kafka_cleanshutdown"
    static let recoveryPoint = "recovery-point-offset-checkpoint"
    static let logStart = "log-start-offset-checkpoint"
    static let highWatermark = "replication-offset-checkpoint"
    static let cleaner = "cleaner-offset-checkpoint"
}
