import DurableIO
import Synchronization

extension PartitionLog {
    /// What a fetch found, beside the batches in its buffer.
    public struct Fetched: Sendable {
        /// The offset to fetch from next.
        public let nextOffset: Offset
        /// The offset of the oldest record.
        public let logStartOffset: Offset
        /// The offset behind the last record that readers see.
        public let highWatermark: Offset
        /// The offset before which every transaction is decided.
        public let lastStableOffset: Offset
        /// With `readCommitted`, the aborted transactions among the batches, by their first offsets.
        public let abortedTransactions: [AbortedTransaction]
    }

    /// Where a fetch looks.
    private struct Place {
        let segmentIndex: Int
        let file: File
        let start: Int
        let end: Int
        let base: Offset
    }

    /// Fetches batches into `buffer`, from the one that holds `offset` on: whole batches, at most `maxBytes`
    /// of them, but at least one where there is one. The first may begin before `offset`. Checksums have
    /// been checked.
    ///
    /// - Throws: `LogError` with code `offsetOutOfRange` where the offset is before the start or behind the
    ///   end, `corruptMessage` where the segment is damaged there; `DurableIOError`.
    public func fetch(
        from offset: Offset, maxBytes: Int = 1 << 20, isolation: Isolation = .readUncommitted,
        into buffer: FetchBuffer
    ) throws -> Fetched {
        var searched = offset
        while true {
            let hint = buffer.hint.map { ($0.file, $0.offset, $0.position) }
            let (place, limit) = try state.withLock { state in
                try requireInRange(offset, state)
                let limit = Self.limit(isolation, &state)
                return (searched < limit ? try Self.place(of: searched, hint, state) : nil, limit)
            }
            guard let place else {
                buffer.clear()
                return try fetched(offset, next: max(offset, min(searched, limit)), isolation)
            }
            let found = try buffer.fill(
                from: place.file, place.start, to: place.end, offset: searched, limit: limit,
                maxBytes: maxBytes)
            if let found {
                buffer.hint = (place.file, found.nextOffset, found.nextPosition)
                return try fetched(offset, next: found.nextOffset, isolation)
            }
            // Compaction leaves gaps, also at a segment's end.
            let next = state.withLock { state in
                state.segments.first { $0.baseOffset > place.base }?.baseOffset
            }
            guard let next else {
                buffer.clear()
                return try fetched(offset, next: offset, isolation)
            }
            searched = max(searched, next)
        }
    }

    private func requireInRange(_ offset: Offset, _ state: borrowing State) throws {
        guard !state.isDeleted else {
            throw LogError(.unknownTopicOrPartition, "\(topicPartition) has been deleted")
        }
        if let refusal = state.refusal { throw refusal }
        guard offset >= state.logStart, offset <= state.end else {
            throw LogError(
                .offsetOutOfRange,
                "\(topicPartition): offset \(offset) is outside \(state.logStart) to \(state.end)")
        }
    }

    private static func place(
        of offset: Offset, _ hint: (File, Offset, Int)?, _ state: borrowing State
    ) throws -> Place? {
        var low = 0
        var high = state.segments.count
        while low < high {
            let middle = (low + high) / 2
            if state.segments[middle].baseOffset <= offset { low = middle + 1 } else { high = middle }
        }
        let index = max(0, low - 1)
        guard index < state.segments.count else { return nil }
        let segment = state.segments[index]
        let start: Int
        if let (file, next, position) = hint, file === segment.file, next == offset {
            start = position
        } else {
            start = try segment.floorPosition(offset)
        }
        return Place(
            segmentIndex: index, file: segment.file, start: start, end: segment.byteCount,
            base: segment.baseOffset)
    }

    private func fetched(_ offset: Offset, next: Offset, _ isolation: Isolation) throws -> Fetched {
        try state.withLock { state in
            // Where retention has taken the segment meanwhile, it has taken its list of aborted transactions too.
            try requireInRange(offset, state)
            var aborted: [AbortedTransaction] = []
            if isolation == .readCommitted, next > offset {
                for segment in state.segments where segment.nextOffset > offset {
                    let found = try segment.abortedTransactions(in: offset..<Offset(.max))
                    aborted += found.filter { $0.firstOffset < next }
                    // All that comes behind this one began behind what was fetched.
                    if found.contains(where: { $0.lastStableOffset >= next }) { break }
                }
                aborted.sort { $0.firstOffset < $1.firstOffset }
            }
            return Fetched(
                nextOffset: next, logStartOffset: state.logStart, highWatermark: state.highWatermark,
                lastStableOffset: Self.lastStableOffset(&state), abortedTransactions: aborted)
        }
    }

    /// The batch that holds `offset`, or the next one where compaction left a gap there.
    ///
    /// - Returns: `nil` at the high watermark.
    /// - Throws: as `fetch`.
    public func batch(holding offset: Offset) throws -> RecordBatch? {
        let buffer = FetchBuffer()
        _ = try fetch(from: offset, maxBytes: 64 << 10, into: buffer)
        guard !buffer.bytes.isEmpty else { return nil }
        return try RecordBatchView(prefixOf: buffer.bytes).copy
    }

    /// Takes in what another process has appended since, where the directory is only looked at; otherwise nothing.
    ///
    /// - Throws: `DurableIOError`.
    public func refresh() throws {
        let bases = try fileSystem.list(directory).compactMap { SegmentPaths.baseOffset($0, suffix: ".log") }
        try state.withLock { state in
            guard state.isReadOnly, state.refusal == nil else { return }
            var scratch = RecordScratch()
            let known = state.segments.last
            var added: [LogSegment] = []
            for base in bases where base > known?.baseOffset ?? Offset(-1) {
                added.append(
                    try LogSegment(
                        directory: directory, baseOffset: base,
                        indexIntervalBytes: state.configuration.indexIntervalBytes, fileSystem: fileSystem,
                        readOnly: true))
            }
            for segment in (known.map { [$0] } ?? []) + added {
                try segment.readOn { batch in
                    if let aborted = try state.producers.replay(batch, &scratch) {
                        segment.noteAborted(aborted)
                    }
                }
            }
            state.segments += added
            // Segments that were removed meanwhile can still be read, but their records are gone.
            if let first = bases.first, !state.segments.isEmpty {
                state.segments.removeAll { $0.baseOffset < first }
                state.logStart = max(state.logStart, first)
            }
            state.durableEnd = state.end
        }
        signal.notify()
    }

    /// Waits until there is something to fetch from `offset` on.
    ///
    /// - Parameters:
    ///   - minBytes: how much of it there must be; what comes later is not waited for.
    ///   - timeout: how long to wait at most.
    /// - Returns: whether there is.
    public func waitForRecords(
        from offset: Offset, minBytes: Int = 1, isolation: Isolation = .readUncommitted, timeout: Duration
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + timeout
        while true {
            let seen = signal.current
            if try bytesAvailable(from: offset, upTo: minBytes, isolation) >= minBytes { return true }
            let left = deadline - .now
            guard left > .zero else {
                return try bytesAvailable(from: offset, upTo: 1, isolation) > 0
            }
            try Task.checkCancellation()
            await signal.wait(after: seen, timeout: left)
        }
    }

    /// About how many bytes there are to fetch, counted no further than `enough`; 0 only where there is none.
    private func bytesAvailable(from offset: Offset, upTo enough: Int, _ isolation: Isolation) throws -> Int {
        try state.withLock { state in
            try requireInRange(offset, state)
            guard offset < Self.limit(isolation, &state) else { return 0 }
            guard enough > 1, let place = try Self.place(of: offset, nil, state) else { return 1 }
            let behind = state.segments[(place.segmentIndex + 1)...].reduce(0) { $0 + $1.byteCount }
            return max(1, place.end - place.start + behind)
        }
    }
}
