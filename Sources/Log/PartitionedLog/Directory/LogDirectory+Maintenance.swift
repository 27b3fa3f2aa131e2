import DurableIO
import Synchronization

extension LogDirectory {
    /// What a round of maintenance did, and what it could not do.
    public struct Maintenance: Sendable {
        /// The segments that were removed, by partition.
        public var removed: [TopicPartition: PartitionLog.Removed] = [:]
        /// The compactions, by partition.
        public var compacted: [TopicPartition: Compaction] = [:]
        /// What failed. The rest was done.
        public var failures: [any Error] = []
    }

    /// Does what has become due: writes through, removes old segments, compacts, and notes how far all is.
    ///
    /// An embedder calls it every now and then, runs an `EmbeddedLog`, or has a `LogKeeper`.
    public func maintain() -> Maintenance {
        var result = Maintenance()
        guard access == .readWrite else { return result }
        let now = clock()
        for (id, partition) in sortedPartitions {
            do {
                try partition.flushIfDue(now: now)
                let removed = try partition.applyRetention(now: now)
                if removed.segments > 0 { result.removed[id] = removed }
                if let compaction = try compact(id, force: false) { result.compacted[id] = compaction }
            } catch {
                result.failures.append(error)
            }
        }
        do { try writeCheckpoints() } catch { result.failures.append(error) }
        return result
    }

    /// Writes through what has waited as long as its flush policy lets it; what failed.
    func flushWhatIsDue() -> [any Error] {
        guard access == .readWrite else { return [] }
        let now = clock()
        return sortedPartitions.compactMap { _, partition in
            do {
                try partition.flushIfDue(now: now)
                return nil
            } catch {
                return error
            }
        }
    }

    /// Compacts one partition.
    ///
    /// - Parameter force: does it whatever the share of what is not compacted yet, and closes the active segment
    ///   first, so that its records take part.
    /// - Returns: `nil` where there was nothing to do.
    /// - Throws: `LogError` with code `invalidConfig` where the topic is not to be compacted.
    public func compact(_ id: TopicPartition, force: Bool = true) throws -> Compaction? {
        try requireWritable()
        let partition = try partition(id)
        guard partition.configuration.cleanupPolicy.contains(.compact) else {
            if !force { return nil }
            throw LogError(
                .invalidConfig, "\(id) is not compacted: its cleanup.policy is delete; alter that first")
        }
        if force { try partition.rollActive() }
        let cleanedTo = state.withLock { $0.cleanedTo[id] ?? .zero }
        let cleaner = LogCleaner(partition, now: clock())
        guard let compaction = try cleaner.clean(from: cleanedTo, force: force) else { return nil }
        state.withLock { state in
            // The topic may have been deleted meanwhile, and another made in its name.
            if state.partitions[id] === partition { state.cleanedTo[id] = compaction.cleanedTo }
        }
        try writeCheckpoints()
        return compaction
    }

    /// Deletes the records of a partition before `offset`, or all that readers see where it is `nil`
    /// (Kafka's DeleteRecords).
    ///
    /// - Returns: the log's start.
    /// - Throws: `LogError` with code `unknownTopicOrPartition` or `offsetOutOfRange`.
    @discardableResult
    public func deleteRecords(_ id: TopicPartition, before offset: Offset?) throws -> Offset {
        try requireWritable()
        let partition = try partition(id)
        let start = try partition.moveStart(to: offset)
        try writeCheckpoints()
        _ = try partition.applyRetention(now: clock())
        return start
    }

    /// Reads all of a partition, cuts its segments where they are damaged, keeps what it cuts in files that end
    /// in `.damaged`, and makes the indexes anew. Segments behind the damage stay.
    ///
    /// Whoever holds the partition has to look it up again.
    ///
    /// - Returns: what was cut.
    /// - Throws: `LogError` with code `unknownTopicOrPartition`; `DurableIOError`.
    @discardableResult
    public func repair(_ id: TopicPartition) throws -> [PartitionLog.Recovery] {
        try requireWritable()
        return try changing.withLock { _ in
            let partition = try partition(id)
            let (recoveryPoint, logStart) = (partition.logEndOffset, partition.logStartOffset)
            partition.markDeleted()
            var loader = PartitionLoader(
                id, directory: "\(path)/\(id)", configuration: partition.configuration,
                fileSystem: fileSystem, recoveryPoint: recoveryPoint, logStart: logStart, isClean: false,
                readOnly: false, now: clock())
            loader.checksAll = true
            // Not before what compaction or retention is about is done.
            let repaired = try partition.cleaning.withLock { _ in
                try loader.open(clock: clock, signal: signal)
            }
            state.withLock { $0.partitions[id] = repaired }
            topology.add(1, ordering: .relaxed)
            return loader.recoveries
        }
    }

    // MARK: Durability

    /// Flushes every partition and remembers how far, so that the next start has less to check.
    public func flush() throws {
        try requireWritable()
        try forAllPartitions { try $0.flush() }
        try checkpointing.withLock { _ in try writeRecoveryPoints() }
    }

    /// Flushes everything, leaves the mark of a clean stop, and gives up the lock. Nothing can be written
    /// afterwards. Closing twice is closing once.
    public func close() throws {
        guard access == .readWrite, lock.withLock({ $0 != nil }) else { return }
        try forAllPartitions { try $0.close() }
        try writeCheckpoints()
        try fileSystem.replaceContents(
            of: "\(path)/\(CheckpointName.cleanShutdown)",
            with: Array(#"{"version":0,"brokerEpoch":-1}"#.utf8))
        lock.withLock { $0 = nil }
    }

    /// Does something for every partition, those behind one that fails too.
    ///
    /// - Throws: the first error.
    private func forAllPartitions(_ body: (PartitionLog) throws -> Void) throws {
        var failure: (any Error)?
        for (_, partition) in sortedPartitions {
            do { try body(partition) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private var sortedPartitions: [(TopicPartition, PartitionLog)] {
        ownPartitions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The partitions that are written here: all but those of a quorum.
    private var ownPartitions: [TopicPartition: PartitionLog] {
        state.withLock { $0.partitions }.filter { $0.key.topic != Self.metadataTopic }
    }

    /// Notes beside the partitions how far each is flushed, deleted, seen and compacted. Only what has changed
    /// is written.
    func writeCheckpoints() throws {
        try requireWritable()
        // What is computed last is written last.
        try checkpointing.withLock { _ in
            let (all, cleanedTo) = (ownPartitions, state.withLock { $0.cleanedTo })
            try writeRecoveryPoints()
            try write(all.compactMapValues(\.startCheckpoint), to: CheckpointName.logStart)
            try write(all.mapValues(\.highWatermark), to: CheckpointName.highWatermark)
            try write(cleanedTo, to: CheckpointName.cleaner)
        }
    }

    private func writeRecoveryPoints() throws {
        let points = ownPartitions.mapValues(\.recoveryPoint)
        try write(points, to: CheckpointName.recoveryPoint)
    }

    private func write(_ offsets: [TopicPartition: Offset], to name: String) throws {
        let file = "\(path)/\(name)"
        let isThere = try fileSystem.kind(of: file) == .file
        if isThere ? try OffsetCheckpoint(path: file, fileSystem).offsets == offsets : offsets.isEmpty {
            return
        }
        try fileSystem.replaceContents(of: file, with: OffsetCheckpoint(offsets).encoded)
    }
}
