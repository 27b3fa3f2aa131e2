public import DurableIO
import Synchronization

/// A directory of partitions: what Kafka calls a log dir, in its layout.
///
/// ```
/// meta.properties                    version, cluster.id, node.id, directory.id
/// recovery-point-offset-checkpoint   how far each partition was flushed
/// .kafka_cleanshutdown               there while nothing has to be checked at the next start
/// .lock                              held by the process that writes
/// <topic>-<partition>/               partition.metadata, leader-epoch-checkpoint, segments
/// ```
/// Thread-safe. One process writes at a time; any number read.
public final class LogDirectory: Sendable {
    /// A log with one writer that never hands over has one leader epoch.
    static let leaderEpoch: Int32 = 0

    /// The directory.
    public let path: String
    /// Where something was cut off when the directory was opened.
    public let recoveries: [PartitionLog.Recovery]
    private let configuration: LogConfiguration
    private let fileSystem: FileSystem
    private let lock: DirectoryLock?
    private let partitions: Mutex<[TopicPartition: PartitionLog]>

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
    /// - Throws: `DurableIOError`; its code is `locked` where another process writes here.
    public init(
        _ path: String, access: Access = .readWrite, configuration: LogConfiguration = LogConfiguration(),
        fileSystem: FileSystem = .local
    ) throws {
        self.path = path
        self.configuration = configuration
        self.fileSystem = fileSystem
        let readOnly = access == .readOnly
        if readOnly {
            lock = nil
        } else {
            try fileSystem.createDirectory(path)
            lock = try DirectoryLock("\(path)/.lock", purpose: "partitioned log", fileSystem: fileSystem)
            try Self.ensureMetaProperties(path, fileSystem)
        }
        let marker = "\(path)/\(Self.cleanShutdownName)"
        let isClean = try fileSystem.kind(of: marker) == .file
        let points = try OffsetCheckpoint(path: "\(path)/\(Self.recoveryPointName)", fileSystem: fileSystem)
        var recoveries: [PartitionLog.Recovery] = []
        var partitions: [TopicPartition: PartitionLog] = [:]
        for name in try fileSystem.kind(of: path) == .directory ? fileSystem.list(path) : [] {
            guard let partition = TopicPartition(directoryName: name),
                try fileSystem.kind(of: "\(path)/\(name)") == .directory
            else { continue }
            partitions[partition] = try PartitionLog(
                partition, directory: "\(path)/\(name)", configuration: configuration, fileSystem: fileSystem,
                recoveryPoint: points.offsets[partition] ?? .zero, isClean: isClean, readOnly: readOnly,
                recovered: { recoveries.append($0) })
        }
        if !readOnly {
            // Only now is nothing left that a second start would have to check again.
            try fileSystem.removeFile(marker)
            try fileSystem.syncDirectory(path)
        }
        self.recoveries = recoveries
        self.partitions = Mutex(partitions)
    }

    private static let cleanShutdownName = ".kafka_cleanshutdown"
    private static let recoveryPointName = "recovery-point-offset-checkpoint"

    private static func ensureMetaProperties(_ path: String, _ fileSystem: FileSystem) throws {
        let file = "\(path)/meta.properties"
        if try fileSystem.kind(of: file) == .file {
            let version = PropertiesFile(reading: try fileSystem.contents(of: file)).values["version"]
            guard version == "1" else {
                throw LogError(
                    .storage,
                    "\(file) has version \(version ?? "none"): only version 1 (KRaft) is read and written")
            }
            return
        }
        var generator = SystemRandomNumberGenerator()
        let properties = PropertiesFile([
            "version": "1", "node.id": "1", "cluster.id": KafkaID(using: &generator).text,
            "directory.id": KafkaID(using: &generator).text,
        ])
        try fileSystem.replaceContents(of: file, with: properties.encoded)
    }

    // MARK: Topics

    /// The names of all topics, sorted.
    public var topics: [String] {
        partitions.withLock { Set($0.keys.map(\.topic)).sorted() }
    }

    /// The partitions of a topic in order; none where there is no such topic.
    public func partitions(of topic: String) -> [PartitionLog] {
        partitions.withLock { all in
            all.filter { $0.key.topic == topic }.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// A partition.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition`.
    public func partition(_ topicPartition: TopicPartition) throws -> PartitionLog {
        guard let partition = partitions.withLock({ $0[topicPartition] }) else {
            throw LogError(.unknownTopicOrPartition, "there is no partition \(topicPartition) in \(path)")
        }
        return partition
    }

    /// Whether there is such a topic. One whose making was interrupted is not there.
    public func hasTopic(_ topic: String) -> Bool {
        partitions.withLock { $0[TopicPartition(topic, 0)] != nil }
    }

    /// Makes a topic.
    ///
    /// - Throws: `LogError` with code `invalidTopic`, `invalidPartitions` or `topicAlreadyExists`.
    public func createTopic(_ topic: String, partitions count: Int32) throws {
        try TopicPartition.validate(topic: topic)
        guard count > 0 else {
            throw LogError(.invalidPartitions, "a topic has at least 1 partition, not \(count)")
        }
        guard !hasTopic(topic) else {
            throw LogError(.topicAlreadyExists, "there is a topic \(topic) already")
        }
        var generator = SystemRandomNumberGenerator()
        let id = KafkaID(using: &generator)
        // The first partition comes last: with it the topic is whole.
        for number in (0..<count).reversed() {
            try createPartition(TopicPartition(topic, number), topicID: id)
        }
    }

    /// Makes a single partition, for internal topics whose partitions come to be as they are needed.
    func createPartition(_ topicPartition: TopicPartition, topicID: KafkaID) throws {
        let directory = "\(path)/\(topicPartition)"
        try fileSystem.createDirectory(directory)
        try fileSystem.replaceContents(
            of: "\(directory)/partition.metadata", with: Array("version: 0\ntopic_id: \(topicID.text)".utf8))
        try fileSystem.replaceContents(
            of: "\(directory)/leader-epoch-checkpoint", with: Array("0\n1\n\(Self.leaderEpoch) 0\n".utf8))
        let partition = try PartitionLog(
            topicPartition, directory: directory, configuration: configuration, fileSystem: fileSystem,
            recoveryPoint: .zero, isClean: false, readOnly: false, recovered: { _ in })
        partitions.withLock { $0[topicPartition] = partition }
    }

    // MARK: Durability

    /// Flushes every partition and remembers how far, so that the next start has less to check.
    public func flush() throws {
        try settle { try $0.flush() }
    }

    /// Flushes everything and leaves the mark of a clean stop. The directory must not be written to
    /// afterwards.
    public func close() throws {
        try settle { try $0.close() }
        try fileSystem.replaceContents(
            of: "\(path)/\(Self.cleanShutdownName)", with: Array(#"{"version":0,"brokerEpoch":-1}"#.utf8))
    }

    private func settle(_ body: (PartitionLog) throws -> Void) throws {
        let all = partitions.withLock { $0 }
        for partition in all.values { try body(partition) }
        try fileSystem.replaceContents(
            of: "\(path)/\(Self.recoveryPointName)",
            with: OffsetCheckpoint(all.mapValues(\.highWatermark)).encoded)
    }
}
