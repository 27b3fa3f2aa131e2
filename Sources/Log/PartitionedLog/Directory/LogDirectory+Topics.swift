import DurableIO
import Synchronization

extension LogDirectory {
    static let configsName = "topic.properties"

    // MARK: Creating and deleting

    /// Makes a topic.
    ///
    /// - Parameter configs: its own settings by Kafka's names for them; for the rest the defaults hold.
    /// - Throws: `LogError` with code `invalidTopic`, `invalidPartitions`, `invalidConfig` or
    ///   `topicAlreadyExists`.
    public func createTopic(_ topic: String, partitions count: Int32, configs: [String: String] = [:]) throws
    {
        try requireWritable()
        try TopicPartition.validate(topic: topic)
        guard count > 0 else {
            throw LogError(.invalidPartitions, "a topic has at least 1 partition, not \(count)")
        }
        _ = try Self.configuration(of: topic, configs, defaults)
        try TopicChange.requireName(TopicPartition(topic, count - 1))
        try changing.withLock { _ in
            let present = partitionNumbers(of: topic)
            guard present.isEmpty else {
                throw LogError(
                    .topicAlreadyExists,
                    "there is a topic \(topic) already, with \(PresentPartitions.text(present)) in \(path)")
            }
            // The names of two topics may not become one where dots are written as underscores, as Kafka's
            // metrics do.
            if let clash = topics.first(where: { Self.isCollision($0, topic) }) {
                throw LogError(
                    .invalidTopic, "topic \(topic) and \(clash), which is there, differ only in '.' and '_'")
            }
            var generator = SystemRandomNumberGenerator()
            try make(
                TopicChange(
                    kind: .create, topic: topic, topicID: KafkaID(using: &generator),
                    partitions: Array(0..<count), configs: configs))
        }
        signal.notify()
    }

    /// Makes the partitions of a change; all of them are there afterwards, or none.
    private func make(_ change: TopicChange) throws {
        // What the checkpoints say of partitions of these names is of some that are gone.
        state.withLock { state in
            for id in change.ids { state.cleanedTo[id] = nil }
        }
        try writeCheckpoints()
        try change.begin(in: path, fileSystem)
        var made: [TopicPartition] = []
        do {
            for id in change.ids {
                try change.make(id, in: path, fileSystem)
                made.append(id)
            }
            try fileSystem.syncDirectory(path)
            let own = change.configs.isEmpty ? ownConfigs(of: change.topic) : change.configs
            let settings = try Self.configuration(of: change.topic, own, defaults)
            let partitions = try change.ids.map { try openNew($0, settings) }
            try TopicChange.end(in: path, fileSystem)
            publish(partitions, configs: change.configs)
        } catch {
            // Nobody has seen them yet. What cannot be taken back now the next start makes whole.
            for id in made { try? fileSystem.removeTree("\(path)/\(id)") }
            try? TopicChange.end(in: path, fileSystem)
            throw error
        }
    }

    private func openNew(_ id: TopicPartition, _ settings: LogConfiguration) throws -> PartitionLog {
        var loader = PartitionLoader(
            id, directory: "\(path)/\(id)", configuration: settings, fileSystem: fileSystem,
            recoveryPoint: .zero, logStart: .zero, isClean: false, readOnly: false, now: clock())
        return try loader.open(clock: clock, signal: signal)
    }

    private func publish(_ partitions: [PartitionLog], configs: [String: String]) {
        state.withLock { state in
            for partition in partitions {
                state.partitions[partition.topicPartition] = partition
                if !configs.isEmpty { state.configs[partition.topicPartition.topic] = configs }
            }
        }
        topology.add(1, ordering: .relaxed)
    }

    /// Makes a single partition of an internal topic.
    func createPartition(_ id: TopicPartition, topicID: KafkaID) throws {
        let change = TopicChange(
            kind: .create, topic: id.topic, topicID: topicID, partitions: [id.partition])
        try change.make(id, in: path, fileSystem)
        try fileSystem.syncDirectory(path)
        publish([try openNew(id, try configuration(of: id.topic))], configs: [:])
    }

    private static func isCollision(_ one: String, _ other: String) -> Bool {
        guard one != other, one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).allSatisfy { left, right in
            left == right
                || [left, right].allSatisfy { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
        }
    }

    /// Gives a topic the partitions below `count` that it does not have. Those that are there stay as they are.
    ///
    /// - Returns: the numbers of those that were made.
    /// - Throws: `LogError` with code `unknownTopicOrPartition` or `invalidPartitions`.
    @discardableResult
    public func addPartitions(to topic: String, total count: Int32) throws -> [Int32] {
        try requireWritable()
        try TopicChange.requireName(TopicPartition(topic, max(0, count - 1)))
        let missing = try changing.withLock { _ in
            let present = partitionNumbers(of: topic)
            guard let last = present.last, !Self.isInternal(topic) else {
                throw LogError(.unknownTopicOrPartition, "there is no topic \(topic) in \(path)")
            }
            let missing = count > last ? (0..<count).filter { !present.contains($0) } : []
            guard !missing.isEmpty else {
                throw LogError(
                    .invalidPartitions,
                    "topic \(topic) has \(last + 1) partitions (\(PresentPartitions.text(present)) in \(path)); "
                        + "it can be given more, not \(count)")
            }
            let ids = try present.compactMap { number in
                try TopicChange.topicID(of: TopicPartition(topic, number), in: path, fileSystem)
            }
            try make(TopicChange(kind: .create, topic: topic, topicID: ids.first, partitions: missing))
            return missing
        }
        signal.notify()
        return missing
    }

    /// Deletes a topic with all its records.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition`.
    public func deleteTopic(_ topic: String) throws {
        try requireWritable()
        try changing.withLock { _ in
            let numbers = partitionNumbers(of: topic)
            guard let first = numbers.first, !Self.isInternal(topic) else {
                throw LogError(.unknownTopicOrPartition, "there is no topic \(topic) in \(path)")
            }
            let id = try TopicChange.topicID(of: TopicPartition(topic, first), in: path, fileSystem)
            let change = TopicChange(kind: .delete, topic: topic, topicID: id, partitions: numbers)
            try change.begin(in: path, fileSystem)
            for id in change.ids {
                let removed = state.withLock { state in
                    state.cleanedTo[id] = nil
                    return state.partitions.removeValue(forKey: id)
                }
                removed?.markDeleted()
                // Not before what compaction or retention is about is done.
                try removed?.cleaning.withLock { _ in try TopicChange.remove(id, in: path, fileSystem) }
            }
            state.withLock { $0.configs[topic] = nil }
            topology.add(1, ordering: .relaxed)
            try TopicChange.end(in: path, fileSystem)
            try writeCheckpoints()
            try Self.finishDeletions(path, fileSystem)
        }
        signal.notify()
    }

    /// Removes the directories of deleted partitions.
    static func finishDeletions(_ path: String, _ fileSystem: FileSystem) throws {
        for name in try fileSystem.list(path) where TopicChange.isDeletedName(name) {
            guard try fileSystem.kind(of: "\(path)/\(name)") == .directory else { continue }
            try fileSystem.removeTree("\(path)/\(name)")
        }
    }

    /// The id that a topic's partitions share.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition` where the partition has none, as before Kafka 2.8.
    public func topicID(_ id: TopicPartition) throws -> KafkaID {
        guard let topicID = try TopicChange.topicID(of: id, in: path, fileSystem) else {
            throw LogError(
                .unknownTopicOrPartition, "\(path)/\(id) has no partition.metadata with a topic's id")
        }
        return topicID
    }

    func requireWritable() throws {
        guard access == .readWrite else {
            throw LogError(.invalidRequest, "\(path) was opened to be read only")
        }
        guard lock.withLock({ $0 != nil }) else {
            throw LogError(.invalidRequest, "\(path) has been closed")
        }
    }

    // MARK: Settings

    /// The settings of a topic, its own and the defaults together.
    public func configuration(of topic: String) throws -> LogConfiguration {
        try Self.configuration(of: topic, ownConfigs(of: topic), defaults)
    }

    /// The settings that a topic has of its own, by Kafka's names.
    public func ownConfigs(of topic: String) -> [String: String] {
        state.withLock { $0.configs[topic] ?? [:] }
    }

    /// Gives a topic settings of its own, or takes them away.
    ///
    /// - Parameters:
    ///   - set: values by Kafka's names.
    ///   - unset: the names of those that shall have their defaults again.
    /// - Throws: `LogError` with code `unknownTopicOrPartition` or `invalidConfig`; then nothing changes.
    public func alterTopic(_ topic: String, set: [String: String], unset: [String] = []) throws {
        try requireWritable()
        try changing.withLock { _ in
            guard let first = partitionNumbers(of: topic).first, !Self.isInternal(topic) else {
                throw LogError(.unknownTopicOrPartition, "there is no topic \(topic) in \(path)")
            }
            var configs = ownConfigs(of: topic).merging(set) { $1 }
            for name in unset {
                guard TopicConfig.all.contains(where: { $0.name == name }) else {
                    throw LogError(.invalidConfig, "there is no topic config \(name)")
                }
                configs[name] = nil
            }
            let configuration = try Self.configuration(of: topic, configs, defaults)
            try writeConfigs(configs, "\(path)/\(TopicPartition(topic, first))")
            let changed = configs
            state.withLock { $0.configs[topic] = changed }
            for partition in partitions(of: topic) { partition.configure(configuration) }
        }
    }

    static func configuration(
        of topic: String, _ configs: [String: String], _ defaults: LogConfiguration
    ) throws -> LogConfiguration {
        var configuration = defaults
        if topic == InternalTopic.groups.name || topic == InternalTopic.transactions.name {
            configuration.cleanupPolicy = .compact
            configuration.segmentBytes = min(defaults.segmentBytes, 100 << 20)
            configuration.timestampType = .createTime
            configuration.timestampBeforeMaxMilliseconds = .max
            configuration.maxMessageBytes = RecordBatch.byteCountMax
            configuration.compression = nil
        }
        // An epoch that was given out must not be given out again after a power cut.
        if topic == InternalTopic.transactions.name { configuration.flush = .batch }
        for (name, value) in configs.sorted(by: { $0.key < $1.key }) {
            try configuration.set(name, to: value)
        }
        return configuration
    }

    static func readConfigs(_ directory: String, _ fileSystem: FileSystem) throws -> [String: String]? {
        let file = "\(directory)/\(configsName)"
        guard try fileSystem.kind(of: file) == .file else { return nil }
        return PropertiesFile(reading: try fileSystem.contents(of: file)).values
    }

    private func writeConfigs(_ configs: [String: String], _ directory: String) throws {
        try fileSystem.replaceContents(
            of: "\(directory)/\(Self.configsName)", with: PropertiesFile(configs).encoded)
    }
}
