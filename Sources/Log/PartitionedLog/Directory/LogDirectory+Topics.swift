import DurableIO
import Synchronization

extension LogDirectory {
    private static let configsName = "topic.properties"
    private static let deletedSuffix = "-delete"

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
        try changing.withLock { _ in
            guard !hasTopic(topic) else {
                throw LogError(.topicAlreadyExists, "there is a topic \(topic) already")
            }
            // The names of two topics may not become one where dots are written as underscores, as Kafka's
            // metrics do.
            if let clash = topics.first(where: { Self.isCollision($0, topic) }) {
                throw LogError(
                    .invalidTopic, "topic \(topic) and \(clash), which is there, differ only in '.' and '_'")
            }
            try removeLeftovers(of: topic)
            state.withLock { $0.configs[topic] = configs }
            var generator = SystemRandomNumberGenerator()
            let id = KafkaID(using: &generator)
            // The first partition comes last: with it the topic is whole.
            for number in (0..<count).reversed() {
                try createPartition(
                    TopicPartition(topic, number), topicID: id, configs: number == 0 ? configs : [:])
            }
        }
        signal.notify()
    }

    /// Removes what an interrupted making or deletion of the topic left: it must not be taken for the new one's.
    private func removeLeftovers(of topic: String) throws {
        let leftovers = state.withLock { state in
            let ids = state.partitions.keys.filter { $0.topic == topic }.sorted()
            for id in ids {
                state.partitions.removeValue(forKey: id)?.markDeleted()
                state.cleanedTo[id] = nil
            }
            return ids
        }
        for id in leftovers { try fileSystem.removeTree("\(path)/\(id)") }
        // What the checkpoints say of a topic of this name is of one that is gone.
        try writeCheckpoints()
    }

    private static func isCollision(_ one: String, _ other: String) -> Bool {
        guard one != other, one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).allSatisfy { left, right in
            left == right
                || [left, right].allSatisfy { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
        }
    }

    /// Adds partitions to a topic until it has `count`.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition` or `invalidPartitions`.
    public func addPartitions(to topic: String, total count: Int32) throws {
        try requireWritable()
        try changing.withLock { _ in
            let present = partitions(of: topic)
            guard let first = present.first, !Self.isInternal(topic) else {
                throw LogError(.unknownTopicOrPartition, "there is no topic \(topic) in \(path)")
            }
            guard count > present.count else {
                throw LogError(
                    .invalidPartitions,
                    "topic \(topic) has \(present.count) partitions; it can be given more, not \(count)")
            }
            let id = try topicID(first.topicPartition)
            for number in (Int32(present.count)..<count).reversed() {
                try createPartition(TopicPartition(topic, number), topicID: id, configs: [:])
            }
        }
        signal.notify()
    }

    /// Deletes a topic with all its records.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition`.
    public func deleteTopic(_ topic: String) throws {
        try requireWritable()
        try changing.withLock { _ in
            let ids = state.withLock { $0.partitions.keys.filter { $0.topic == topic }.sorted() }
            guard !ids.isEmpty, !Self.isInternal(topic) else {
                throw LogError(.unknownTopicOrPartition, "there is no topic \(topic) in \(path)")
            }
            var generator = SystemRandomNumberGenerator()
            let mark = String(generator.next() | 1 << 63, radix: 16)
            // Partition 0 goes first: without it the topic is not there.
            for id in ids {
                let removed = state.withLock { state in
                    state.cleanedTo[id] = nil
                    return state.partitions.removeValue(forKey: id)
                }
                removed?.markDeleted()
                // Not before what compaction or retention is about is done.
                try removed?.cleaning.withLock { _ in
                    try fileSystem.rename(
                        "\(path)/\(id)", to: "\(path)/\(id).\(mark)\(Self.deletedSuffix)")
                }
            }
            state.withLock { $0.configs[topic] = nil }
            topology.add(1, ordering: .relaxed)
            try fileSystem.syncDirectory(path)
            try writeCheckpoints()
            try Self.finishDeletions(path, fileSystem)
        }
        signal.notify()
    }

    /// Removes the directories of deleted partitions.
    static func finishDeletions(_ path: String, _ fileSystem: FileSystem) throws {
        for name in try fileSystem.list(path) where name.hasSuffix(deletedSuffix) {
            guard try fileSystem.kind(of: "\(path)/\(name)") == .directory else { continue }
            try fileSystem.removeTree("\(path)/\(name)")
        }
    }

    /// Makes a single partition. Its directory gets its name once all is in it; what an interruption leaves is
    /// removed as a deleted one is.
    func createPartition(_ id: TopicPartition, topicID: KafkaID, configs: [String: String]) throws {
        let directory = "\(path)/\(id)"
        let unfinished = "\(directory).new\(Self.deletedSuffix)"
        for leftover in [unfinished, directory] where try fileSystem.kind(of: leftover) == .directory {
            try fileSystem.removeTree(leftover)
        }
        try fileSystem.createDirectory(unfinished)
        if !configs.isEmpty { try writeConfigs(configs, unfinished) }
        try fileSystem.replaceContents(
            of: "\(unfinished)/partition.metadata", with: Array("version: 0\ntopic_id: \(topicID.text)".utf8))
        try fileSystem.rename(unfinished, to: directory)
        try fileSystem.syncDirectory(path)
        var loader = PartitionLoader(
            id, directory: directory,
            configuration: try configuration(of: id.topic), fileSystem: fileSystem, recoveryPoint: .zero,
            logStart: .zero, isClean: false, readOnly: false, now: clock())
        let partition = try loader.open(clock: clock, signal: signal)
        state.withLock { $0.partitions[id] = partition }
        topology.add(1, ordering: .relaxed)
    }

    /// The id that a topic's partitions share.
    public func topicID(_ id: TopicPartition) throws -> KafkaID {
        let file = "\(path)/\(id)/partition.metadata"
        let text = String(decoding: try fileSystem.contents(of: file), as: UTF8.self)
        let label = "topic_id: "
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(label) }) else {
            throw LogError(.corruptMessage, "\(file) names no topic_id")
        }
        return KafkaID(text: String(line.dropFirst(label.count)))
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
            guard hasTopic(topic), !Self.isInternal(topic) else {
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
            try writeConfigs(configs, "\(path)/\(topic)-0")
            let changed = configs
            state.withLock { $0.configs[topic] = changed }
            for partition in partitions(of: topic) { partition.configure(configuration) }
        }
    }

    static func configuration(
        of topic: String, _ configs: [String: String], _ defaults: LogConfiguration
    ) throws -> LogConfiguration {
        var configuration = defaults
        if isInternal(topic) {
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

    static func readConfigs(_ directory: String, _ fileSystem: FileSystem) throws -> [String: String] {
        let file = "\(directory)/\(configsName)"
        guard try fileSystem.kind(of: file) == .file else { return [:] }
        return PropertiesFile(reading: try fileSystem.contents(of: file)).values
    }

    private func writeConfigs(_ configs: [String: String], _ directory: String) throws {
        try fileSystem.replaceContents(
            of: "\(directory)/\(Self.configsName)", with: PropertiesFile(configs).encoded)
    }
}
