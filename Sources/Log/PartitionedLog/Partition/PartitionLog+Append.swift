import DurableIO
import Synchronization

extension PartitionLog {
    /// What became of a batch that was given to the log.
    public struct AppendResult: Sendable, Equatable {
        /// The offset of its first record.
        public let baseOffset: Offset
        /// The offset of its last record.
        public let lastOffset: Offset
        /// The time that the log gave its records, where the topic is set to do so; otherwise -1.
        public let logAppendTime: Int64
        /// Whether an idempotent producer had sent it before, so that it is in the log once.
        public let isDuplicate: Bool
    }

    /// Who made a batch, and so what about it has to be checked.
    enum Origin {
        /// `RecordBatchBuilder`, in this process.
        case builder
        /// Someone else.
        case client
    }

    /// Appends a record batch that someone else made; the log writes base offset and leader epoch into it.
    ///
    /// Under the flush policy `batch` it is acknowledged when `commit(through:)` has returned.
    ///
    /// - Throws: `LogError` where the batch is no good, `DurableIOError` where the disk fails; then nothing
    ///   of the batch is in the log.
    @discardableResult
    public func append(_ batch: inout [UInt8]) throws -> AppendResult {
        try batch.withUnsafeMutableBytes { try append($0, from: .client) }
    }

    /// Appends a record batch in place, without copying it.
    func append(_ batch: UnsafeMutableRawBufferPointer, from origin: Origin) throws -> AppendResult {
        let configuration = self.configuration
        let header = try check(UnsafeRawBufferPointer(batch), from: origin, configuration)
        if let codec = configuration.compression, header.compression != codec {
            var other = try RecordBatchView(header, UnsafeRawBufferPointer(batch)).recompressed(codec)
            return try other.withUnsafeMutableBytes { batch in
                try append(
                    batch, try RecordBatchHeader(reading: UnsafeRawBufferPointer(batch)), configuration)
            }
        }
        return try append(batch, header, configuration)
    }

    private func append(
        _ batch: UnsafeMutableRawBufferPointer, _ given: RecordBatchHeader, _ configuration: LogConfiguration
    ) throws -> AppendResult {
        guard batch.count <= configuration.maxMessageBytes else {
            throw LogError(
                .messageTooLarge,
                "\(topicPartition): a batch of \(batch.count) bytes is over max.message.bytes, "
                    + "\(configuration.maxMessageBytes)")
        }
        var stamped = given
        if configuration.timestampType == .logAppendTime {
            stamped.attributes |= 0x08
            stamped.maxTimestamp = clock()
            batch.storeBigEndian(stamped.attributes, at: 21)
            batch.storeBigEndian(stamped.maxTimestamp, at: 35)
            batch.storeBigEndian(RecordBatchView.checksum(UnsafeRawBufferPointer(batch)), at: 17)
        }
        nonisolated(unsafe) let bytes = batch
        let header = stamped
        let result = try state.withLock { state in
            try requireSound(state)
            if case .duplicate(let offset, let timestamp) = try state.producers.judge(header) {
                return AppendResult(
                    baseOffset: offset, lastOffset: offset + Int64(header.lastOffsetDelta),
                    logAppendTime: header.hasLogAppendTime ? timestamp : -1, isDuplicate: true)
            }
            let placed = try write(bytes, header, &state)
            if placed.hasProducer { state.producers.note(placed, now: clock()) }
            return AppendResult(
                baseOffset: placed.baseOffset, lastOffset: placed.lastOffset,
                logAppendTime: header.hasLogAppendTime ? header.maxTimestamp : -1, isDuplicate: false)
        }
        if configuration.flush != .batch { signal.notify() }
        if case .interval(let records, _) = configuration.flush {
            let pending = state.withLock { $0.end - $0.durableEnd }
            if pending >= records { try flush() }
        }
        return result
    }

    /// Appends the marker that ends a producer's transaction.
    func appendMarker(_ marker: EndTransactionMarker, producerID: Int64, producerEpoch: Int16) throws
        -> Offset
    {
        let batch = try marker.batch(
            producerID: producerID, producerEpoch: producerEpoch, timestamp: clock())
        let offset = try state.withLock { state in
            try requireSound(state)
            if let known = state.producers.epoch(of: producerID), producerEpoch < known {
                throw LogError(
                    .invalidProducerEpoch,
                    "\(topicPartition): a marker of epoch \(producerEpoch) for producer \(producerID), "
                        + "which has epoch \(known)")
            }
            var bytes = batch
            let placed = try bytes.withUnsafeMutableBytes {
                try write($0, try RecordBatchHeader(reading: UnsafeRawBufferPointer($0)), &state)
            }
            if let aborted = state.producers.note(marker, in: placed) { state.active.noteAborted(aborted) }
            return placed.baseOffset
        }
        signal.notify()
        return offset
    }

    /// Gives the batch its place and writes it.
    private func write(
        _ batch: UnsafeMutableRawBufferPointer, _ header: RecordBatchHeader, _ state: inout State
    ) throws -> RecordBatchHeader {
        var placed = header
        placed.baseOffset = state.end
        placed.partitionLeaderEpoch = state.epochs.current
        batch.storeBigEndian(placed.baseOffset.value, at: 0)
        batch.storeBigEndian(placed.partitionLeaderEpoch, at: 12)
        try rollIfNeeded(&state, for: placed)
        try state.active.append(UnsafeRawBufferPointer(batch), header: placed)
        return placed
    }

    // MARK: Checking

    private func check(
        _ batch: UnsafeRawBufferPointer, from origin: Origin, _ configuration: LogConfiguration
    ) throws -> RecordBatchHeader {
        guard batch.count >= RecordBatchHeader.byteCount else {
            throw LogError(.corruptMessage, "\(topicPartition): \(batch.count) bytes are no batch")
        }
        let header = try RecordBatchHeader(reading: batch)
        if origin == .client { try checkForeign(header, batch) }
        let now = clock()
        guard
            configuration.timestampType == .logAppendTime
                || (header.maxTimestamp >= -1
                    && header.maxTimestamp.minus(now) <= configuration.timestampAfterMaxMilliseconds)
        else {
            throw LogError(
                .invalidTimestamp,
                "\(topicPartition): time \(header.maxTimestamp) is before 1970, or over message.timestamp.after.max.ms, "
                    + "\(configuration.timestampAfterMaxMilliseconds), ahead of the clock, \(now)")
        }
        let needsKeys = configuration.cleanupPolicy.contains(.compact)
        let oldest =
            configuration.timestampBeforeMaxMilliseconds == .max || header.hasLogAppendTime
            ? Int64.min : now.minus(configuration.timestampBeforeMaxMilliseconds)
        guard origin == .client || needsKeys || oldest > .min else { return header }
        var scratch = RecordScratch()
        var next = Int64(0)
        try RecordBatchView(header, batch).forEachRecord(&scratch) { record in
            guard record.offset - header.baseOffset == next else {
                throw LogError(
                    .invalidRecord, "\(topicPartition): record \(next) of the batch has another offset")
            }
            if needsKeys, record.key == nil {
                throw LogError(
                    .invalidRecord,
                    "\(topicPartition): record \(next) of the batch has no key, which a compacted topic needs"
                )
            }
            guard record.timestamp >= oldest else {
                throw LogError(
                    .invalidTimestamp,
                    "\(topicPartition): time \(record.timestamp) is over message.timestamp.before.max.ms, "
                        + "\(configuration.timestampBeforeMaxMilliseconds), behind the clock, \(now)")
            }
            next += 1
        }
        return header
    }

    /// What a batch from elsewhere must be beside being well formed.
    private func checkForeign(_ header: RecordBatchHeader, _ batch: UnsafeRawBufferPointer) throws {
        guard header.byteCount == batch.count, RecordBatchView(header, batch).isIntact else {
            throw LogError(.corruptMessage, "\(topicPartition): the batch's length or checksum is wrong")
        }
        guard !header.isControl, header.deleteHorizon == nil, header.attributes & ~0x7F == 0 else {
            throw LogError(
                .invalidRecord,
                "\(topicPartition): a producer's batch cannot have the attributes \(header.attributes)")
        }
        guard header.recordCount > 0, header.lastOffsetDelta == header.recordCount - 1 else {
            throw LogError(
                .invalidRecord,
                "\(topicPartition): \(header.recordCount) records over \(header.lastOffsetDelta) offsets")
        }
        guard header.hasProducer == (header.baseSequence >= 0), header.hasProducer || !header.isTransactional
        else {
            throw LogError(
                .invalidRecord,
                "\(topicPartition): producer \(header.producerID) with sequence number \(header.baseSequence)"
            )
        }
    }

    // MARK: Rolling

    private func rollIfNeeded(_ state: inout State, for header: RecordBatchHeader) throws {
        let active = state.active
        let configuration = state.configuration
        guard active.byteCount > 0 else { return }
        // The index counts positions in 31 bits.
        let isFull =
            active.byteCount + header.byteCount > min(configuration.segmentBytes, Int(Int32.max))
            || header.lastOffset - active.baseOffset > Int64(Int32.max)
            || active.isIndexFull(limit: configuration.segmentIndexBytes)
        let isOld = active.firstTimestamp.map {
            header.maxTimestamp.minus($0) > configuration.segmentMilliseconds
        }
        if isFull || isOld ?? false { try roll(&state) }
    }

    /// Closes the active segment, unless it is empty, so that what it holds can be compacted or removed.
    public func rollActive() throws {
        try state.withLock { state in
            try requireSound(state)
            if state.active.byteCount > 0 { try roll(&state) }
        }
    }

    /// Closes the active segment and begins another at the log's end. Neither is waited for: the next flush
    /// does that.
    func roll(_ state: inout State) throws {
        let active = state.active
        do {
            try active.seal()
            try writeSnapshot(&state, to: SegmentPaths(directory, active.nextOffset).snapshot)
            // The file comes last: once it is there, nothing more may go into the old one.
            let segment = try LogSegment(
                directory: directory, baseOffset: active.nextOffset,
                indexIntervalBytes: state.configuration.indexIntervalBytes, fileSystem: fileSystem,
                readOnly: false)
            state.hasNewNames = true
            state.unflushed.append(active)
            state.segments.append(segment)
        } catch let error as DurableIOError where error.code == .noSpace {
            // Nothing has changed yet but files that the next roll writes again.
            throw error
        } catch {
            state.hasFailed = true
            throw error
        }
    }

    func writeSnapshot(_ state: inout State, to path: String) throws {
        state.producers.expire(now: clock())
        let file = try fileSystem.open(path + ".tmp", .replace)
        try file.write(state.producers.encoded, at: 0)
        try fileSystem.rename(path + ".tmp", to: path)
    }
}
