import DurableIO
import Synchronization

/// What a compaction did.
public struct Compaction: Sendable, Equatable {
    /// The offset up to which the log is clean now: of each key that it holds below, the last record stays.
    public var cleanedTo = Offset.zero
    /// How many segments were read.
    public var segmentsRead = 0
    /// How many were written in their place.
    public var segmentsWritten = 0
    /// Their bytes before.
    public var bytesRead = 0
    /// Their bytes after.
    public var bytesWritten = 0
}

/// Compacts one partition as Kafka's log cleaner does: maps each key of the part that is not clean yet to its last
/// offset, then copies all segments up to there, leaving out what a later record of the same key has replaced.
///
/// Offsets never change. A batch keeps its offsets and sequence numbers even where records of it go; one without
/// records stays as a header where it is a producer's last or the last of its segment. A tombstone, and a marker
/// whose transaction has no records left, first gets a delete horizon, and goes once that has passed. Records of
/// aborted transactions go at once.
struct LogCleaner {
    private let partition: PartitionLog
    private let now: Int64
    private let mapBytesMax: Int

    /// A cleaner that compares with the clock as it was at `now`, in milliseconds since 1970.
    init(_ partition: PartitionLog, now: Int64, mapBytesMax: Int = 128 << 20) {
        self.partition = partition
        self.now = now
        self.mapBytesMax = mapBytesMax
    }

    /// What is to be cleaned.
    private struct Task {
        let configuration: LogConfiguration
        /// All segments before the first that must stay as it is.
        let segments: [LogSegment]
        let firstDirty: Offset
        let end: Offset
        let logStart: Offset
        let producers: ProducerStates
        let aborted: [AbortedTransaction]
    }

    /// Cleans the log where it is worth it.
    ///
    /// - Parameters:
    ///   - cleanedTo: what the last compaction came to.
    ///   - force: cleans whatever the share of uncleaned bytes is.
    /// - Returns: `nil` where there was nothing to do.
    func clean(from cleanedTo: Offset, force: Bool = false) throws -> Compaction? {
        try partition.cleaning.withLock { _ in
            guard let task = try makeTask(cleanedTo), force || isWorthIt(task) else { return nil }
            let (map, end) = try mapOffsets(task)
            var result = Compaction(cleanedTo: end)
            var transactions = CleanedTransactions(aborted: task.aborted)
            for group in groups(task.segments.filter { $0.baseOffset < end }, task.configuration) {
                let filter = BatchFilter(
                    map: map, mapEnd: end, now: now,
                    deleteRetention: task.configuration.deleteRetentionMilliseconds, logStart: task.logStart,
                    producers: task.producers, keptOffset: group[group.count - 1].nextOffset)
                let written = try rewrite(group, filter, &transactions)
                result.segmentsRead += group.count
                result.segmentsWritten += 1
                result.bytesRead += group.reduce(0) { $0 + $1.byteCount }
                result.bytesWritten += written
            }
            return result
        }
    }

    private func makeTask(_ cleanedTo: Offset) throws -> Task? {
        try partition.state.withLock { state in
            try partition.requireSound(state)
            let configuration = state.configuration
            guard configuration.cleanupPolicy.contains(.compact) else { return nil }
            let stable = PartitionLog.lastStableOffset(&state)
            var segments: [LogSegment] = []
            var end = state.segments.first?.baseOffset ?? .zero
            for segment in state.segments where segment !== state.active {
                let isYoung =
                    configuration.minCompactionLagMilliseconds > 0
                    && now.minus(segment.maxTimestamp) < configuration.minCompactionLagMilliseconds
                guard segment.baseOffset < stable, !isYoung else { break }
                segments.append(segment)
                end = min(stable, segment.nextOffset)
            }
            let firstDirty = max(cleanedTo, state.logStart)
            guard firstDirty < end, let first = segments.first else { return nil }
            let aborted = try segments.flatMap {
                try $0.abortedTransactions(in: first.baseOffset..<end)
            }
            return Task(
                configuration: configuration, segments: segments, firstDirty: firstDirty, end: end,
                logStart: state.logStart, producers: state.producers, aborted: aborted)
        }
    }

    private func isWorthIt(_ task: Task) -> Bool {
        let total = task.segments.reduce(0) { $0 + $1.byteCount }
        let dirtySegments = task.segments.filter { $0.nextOffset > task.firstDirty }
        let dirty = dirtySegments.reduce(0) { $0 + $1.byteCount }
        let oldest = dirtySegments.compactMap(\.firstTimestamp).min() ?? now
        return Double(dirty) > Double(total) * task.configuration.minCleanableDirtyRatio
            || now.minus(oldest) > task.configuration.maxCompactionLagMilliseconds
    }

    /// The last offset of each key between the task's first dirty offset and the offset that is returned,
    /// which is the task's end unless there are more keys than fit.
    private func mapOffsets(_ task: Task) throws -> (OffsetMap, Offset) {
        var map = OffsetMap(bytesMax: mapBytesMax)
        // Those that ended before are not ended by a marker that is looked at here.
        var transactions = CleanedTransactions(
            aborted: task.aborted.filter { $0.lastOffset >= task.firstDirty })
        var scratch = RecordScratch()
        for segment in task.segments where segment.nextOffset > task.firstDirty {
            let reader = BatchFileReader(segment.file, to: segment.byteCount)
            while let batch = try reader.next() {
                let header = batch.header
                if header.lastOffset < task.firstDirty { continue }
                if header.baseOffset >= task.end { return (map, task.end) }
                if map.isFull { return (map, header.baseOffset) }
                try requireIntact(batch, segment, reader)
                if let marker = try EndTransactionMarker(batch, &scratch) {
                    _ = transactions.end(marker, header)
                }
                if header.isControl || transactions.isAborted(header) { continue }
                try batch.forEachRecord(&scratch) { record in
                    if record.offset >= task.firstDirty, let key = record.key { map.set(key, record.offset) }
                }
            }
        }
        return (map, task.end)
    }

    /// Damage must not be copied into a segment that looks whole.
    private func requireIntact(
        _ batch: RecordBatchView, _ segment: LogSegment, _ reader: BatchFileReader
    ) throws {
        do {
            try batch.requireIntact()
        } catch let error as LogError {
            throw error.located(segment.file.path, reader.position - batch.bytes.count)
        }
    }

    /// Neighbours that fit one segment together.
    private func groups(_ segments: [LogSegment], _ configuration: LogConfiguration) -> [[LogSegment]] {
        var groups: [[LogSegment]] = []
        var bytes = 0
        for segment in segments {
            if let first = groups.last?.first, bytes + segment.byteCount <= configuration.segmentBytes,
                segment.nextOffset - first.baseOffset <= Int64(Int32.max)
            {
                groups[groups.count - 1].append(segment)
                bytes += segment.byteCount
            } else {
                groups.append([segment])
                bytes = segment.byteCount
            }
        }
        return groups
    }

    // MARK: Copying

    /// Writes a segment with what is kept of `group`, and puts it in their place; its size.
    private func rewrite(
        _ group: [LogSegment], _ filter: BatchFilter, _ transactions: inout CleanedTransactions
    ) throws -> Int {
        let paths = group[0].paths
        let fileSystem = partition.fileSystem
        let output = try fileSystem.open(SegmentSwap.cleanedPath(paths), .replace)
        var position = 0
        var pending: [UInt8] = []
        var aborted: [AbortedTransaction] = []
        var scratch = RecordScratch()
        for segment in group {
            let reader = BatchFileReader(segment.file, to: segment.byteCount)
            while let batch = try reader.next() {
                try requireIntact(batch, segment, reader)
                switch try filter.decide(batch, &transactions, &aborted, &scratch) {
                case .keep: pending.append(contentsOf: batch.bytes)
                case .replace(let bytes): pending.append(contentsOf: bytes)
                case .drop: break
                }
                if pending.count >= 1 << 20 {
                    try output.write(pending, at: position)
                    position += pending.count
                    pending.removeAll(keepingCapacity: true)
                }
            }
        }
        try output.write(pending, at: position)
        position += pending.count
        try output.sync()
        // What is behind the cleaned part is kept as it is, and so is what is known of it.
        aborted += try partition.state.withLock { _ in
            try group.flatMap { segment in
                try segment.abortedTransactions(in: segment.baseOffset..<segment.nextOffset)
            }
        }.filter { $0.lastOffset >= filter.mapEnd }
        try install(group, paths, aborted)
        return position
    }

    private func install(
        _ group: [LogSegment], _ paths: SegmentPaths, _ aborted: [AbortedTransaction]
    ) throws {
        try partition.failing {
            try SegmentSwap(partition.directory, partition.fileSystem).replace(
                group.map(\.paths), with: paths)
            let segment = try LogSegment(
                directory: partition.directory, baseOffset: group[0].baseOffset,
                indexIntervalBytes: partition.configuration.indexIntervalBytes,
                fileSystem: partition.fileSystem, readOnly: false)
            if let damage = try segment.scan({ _ in }) { throw damage }
            for transaction in aborted { segment.noteAborted(transaction) }
            try segment.seal()
            try segment.flushIndexes()
            partition.state.withLock { state in
                guard let start = state.segments.firstIndex(where: { $0 === group[0] }) else { return }
                segment.extend(to: group[group.count - 1].nextOffset)
                state.segments.replaceSubrange(start..<start + group.count, with: [segment])
                state.unflushed.removeAll { segment in group.contains { $0 === segment } }
            }
        }
        for segment in group.dropFirst() {
            try partition.fileSystem.removeFile(segment.paths.snapshot)
        }
    }
}
