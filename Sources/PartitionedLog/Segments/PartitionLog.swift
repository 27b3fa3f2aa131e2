import DurableIO
import Synchronization

/// One partition: an append-only sequence of record batches, kept in segments in a directory of its own.
///
/// What is appended becomes visible to readers, and survives a power cut, at the next `flush()`: the high
/// watermark is the end of what has been flushed. (A single Kafka broker moves it at the append already.)
/// Thread-safe.
public final class PartitionLog: Sendable {
    /// Which partition this is.
    public let topicPartition: TopicPartition
    /// The settings.
    public let configuration: LogConfiguration
    private let directory: String
    private let fileSystem: FileSystem
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var segments: [LogSegment]
        var flushedEnd: Offset
        /// Set once a sync fails. Linux may then drop what was not written and call the next sync a success,
        /// so only what is found on the disk by opening the log again can be trusted.
        var hasFailed = false
    }

    /// What was cut off when a partition was opened after an unclean stop.
    public struct Recovery: Sendable {
        /// The partition.
        public let topicPartition: TopicPartition
        /// The offset at which the log ends now.
        public let endOffset: Offset
        /// How many bytes were cut off.
        public let bytesCut: Int
        /// Whether some of them had been flushed: then acknowledged records are no longer served, and what
        /// was cut off stands beside the segment in a file that ends in `.damaged`.
        public let lostFlushedRecords: Bool
        /// What was wrong with the first byte cut.
        public let reason: String
    }

    /// Opens the partition in `directory`, which exists.
    ///
    /// - Parameters:
    ///   - recoveryPoint: everything before it has been flushed.
    ///   - isClean: whether the last writer closed the log, so that nothing has to be checked.
    ///   - recovered: called where something was cut off.
    init(
        _ topicPartition: TopicPartition, directory: String, configuration: LogConfiguration,
        fileSystem: FileSystem, recoveryPoint: Offset, isClean: Bool, readOnly: Bool,
        recovered: (Recovery) -> Void
    ) throws {
        self.topicPartition = topicPartition
        self.directory = directory
        self.configuration = configuration
        self.fileSystem = fileSystem
        let bases = try fileSystem.list(directory)
            .filter { $0.hasSuffix(".log") && $0.count == 24 && !$0.hasPrefix("-") }
            .compactMap { Int64($0.dropLast(4)).map(Offset.init) }
        var segments: [LogSegment] = []
        for (index, base) in bases.enumerated() {
            let segment = try LogSegment(
                directory: directory, baseOffset: base, indexIntervalBytes: configuration.indexIntervalBytes,
                fileSystem: fileSystem, readOnly: readOnly)
            segments.append(segment)
            let isSettled = isClean || (index + 1 < bases.count && bases[index + 1] <= recoveryPoint)
            if isSettled, try segment.loadIndexes() { continue }
            guard let damage = try segment.scan() else {
                if !readOnly { try segment.seal() }
                continue
            }
            if readOnly { break }
            let lostFlushed = segment.nextOffset < recoveryPoint
            recovered(
                Recovery(
                    topicPartition: topicPartition, endOffset: segment.nextOffset, bytesCut: damage.bytesCut,
                    lostFlushedRecords: lostFlushed, reason: damage.reason))
            if lostFlushed { try segment.setAsideDamagedPart() }
            try segment.truncateToValidPart()
            // A record behind the damage would leave a gap in what readers see, so later segments go too.
            for later in bases[(index + 1)...] {
                let path = "\(directory)/\(later.fileName)"
                try fileSystem.rename("\(path).log", to: "\(path).log.damaged")
                for suffix in ["index", "timeindex"] { try fileSystem.removeFile("\(path).\(suffix)") }
            }
            try fileSystem.syncDirectory(directory)
            break
        }
        // An offset that was given out once is never given to another record: readers may have gone past it.
        let end = segments.last?.nextOffset ?? .zero
        if !readOnly, segments.isEmpty || end < recoveryPoint {
            segments.append(
                try LogSegment(
                    directory: directory, baseOffset: max(end, recoveryPoint),
                    indexIntervalBytes: configuration.indexIntervalBytes, fileSystem: fileSystem,
                    readOnly: false))
            try fileSystem.syncDirectory(directory)
        }
        state = Mutex(State(segments: segments, flushedEnd: segments.last?.nextOffset ?? .zero))
    }

    /// The offset of the oldest record held.
    public var logStartOffset: Offset { state.withLock { $0.segments.first?.baseOffset ?? .zero } }
    /// The offset that the next record gets.
    public var logEndOffset: Offset { state.withLock { $0.segments.last?.nextOffset ?? .zero } }
    /// The offset behind the last record that readers see.
    public var highWatermark: Offset { state.withLock { $0.flushedEnd } }
    /// The size of all segments in bytes.
    public var byteCount: Int { state.withLock { $0.segments.reduce(0) { $0 + $1.byteCount } } }
    /// How many segments there are.
    public var segmentCount: Int { state.withLock { $0.segments.count } }
    /// The latest timestamp of a record, in milliseconds since 1970; `nil` where there is none.
    public var maxTimestamp: Int64? {
        state.withLock { state in state.segments.map(\.maxTimestamp).max().flatMap { $0 < 0 ? nil : $0 } }
    }

    /// Appends a record batch; the log writes the base offset and the leader epoch into `batch`.
    ///
    /// - Returns: the offset of its first record. It is safe once `flush()` has returned.
    /// - Throws: `LogError` where the batch is no good, `DurableIOError` where the disk fails; then nothing
    ///   of the batch is in the log.
    @discardableResult
    public func append(_ batch: inout [UInt8]) throws -> Offset {
        guard batch.count <= configuration.maxMessageBytes else {
            throw LogError(
                .messageTooLarge,
                "\(topicPartition): a batch of \(batch.count) bytes is over max.message.bytes, "
                    + "\(configuration.maxMessageBytes)")
        }
        guard batch.count >= RecordBatchHeader.byteCount else {
            throw LogError(.corruptMessage, "\(topicPartition): \(batch.count) bytes are no batch")
        }
        var header = try batch.withUnsafeBytes { bytes in
            let header = try RecordBatchHeader(reading: bytes)
            guard header.byteCount == bytes.count, header.checksum == RecordBatch.checksum(bytes) else {
                throw LogError(.corruptMessage, "\(topicPartition): the batch's length or checksum is wrong")
            }
            return header
        }
        guard header.recordCount > 0, header.lastOffsetDelta == header.recordCount - 1 else {
            throw LogError(
                .invalidRecord,
                "\(topicPartition): \(header.recordCount) records over \(header.lastOffsetDelta) offsets")
        }
        return try state.withLock { state in
            header.baseOffset = state.segments[state.segments.count - 1].nextOffset
            batch.withUnsafeMutableBytes {
                $0.storeBigEndian(header.baseOffset.value, at: 0)
                $0.storeBigEndian(LogDirectory.leaderEpoch, at: 12)
            }
            try requireSound(state)
            try rollIfNeeded(&state, for: header)
            try state.segments[state.segments.count - 1].append(batch, header: header)
            return header.baseOffset
        }
    }

    private func rollIfNeeded(_ state: inout State, for header: RecordBatchHeader) throws {
        let active = state.segments[state.segments.count - 1]
        // The index counts positions in 31 bits.
        let isFull = active.byteCount + header.byteCount > min(configuration.segmentBytes, Int(Int32.max))
        let overflows = header.lastOffset - active.baseOffset > Int64(Int32.max)
        guard active.byteCount > 0, isFull || overflows else { return }
        do {
            try active.seal()
            let segment = try LogSegment(
                directory: directory, baseOffset: active.nextOffset,
                indexIntervalBytes: configuration.indexIntervalBytes, fileSystem: fileSystem, readOnly: false)
            try fileSystem.syncDirectory(directory)
            state.segments.append(segment)
        } catch {
            state.hasFailed = true
            throw error
        }
    }

    /// Waits until all that was appended is on the disk, and lets readers see it.
    ///
    /// - Throws: `DurableIOError` where the disk fails; from then on the partition takes nothing more.
    public func flush() throws {
        try settle { try $0.flush() }
    }

    /// Flushes, and writes the indexes of the last segment.
    func close() throws {
        try settle { try $0.seal() }
    }

    private func settle(_ body: (LogSegment) throws -> Void) throws {
        try state.withLock { state in
            try requireSound(state)
            // Segments before the active one were sealed when they were left.
            let active = state.segments[state.segments.count - 1]
            do {
                try body(active)
            } catch {
                state.hasFailed = true
                throw error
            }
            state.flushedEnd = active.nextOffset
        }
    }

    private func requireSound(_ state: borrowing State) throws {
        guard !state.hasFailed else {
            throw LogError(
                .storage,
                "\(topicPartition): the disk failed before; open the log again to go on with what is on it")
        }
    }

    /// The batch that holds `offset`, or the next one where compaction left a gap there.
    ///
    /// - Returns: `nil` at the high watermark.
    /// - Throws: `LogError` with code `offsetOutOfRange` where the offset is before the start or behind the
    ///   end.
    public func batch(holding offset: Offset) throws -> RecordBatch? {
        try state.withLock { state in
            let start = state.segments.first?.baseOffset ?? .zero
            guard offset >= start, offset <= state.flushedEnd else {
                throw LogError(
                    .offsetOutOfRange,
                    "\(topicPartition): offset \(offset) is outside \(start) to \(state.flushedEnd)")
            }
            guard offset < state.flushedEnd else { return nil }
            var index = (state.segments.lastIndex { $0.baseOffset <= offset }) ?? 0
            while index < state.segments.count {
                if let batch = try state.segments[index].batch(holding: offset) { return batch }
                index += 1
            }
            return nil
        }
    }
}
