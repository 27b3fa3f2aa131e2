import DurableIO

/// One segment of a partition: a `.log` file of record batches with its indexes, all named by the offset of the
/// first record.
///
/// Guarded by the lock of its `PartitionLog`, which is all that makes it safe to share; but the file may be read
/// beside it, since bytes before `byteCount` never change.
final class LogSegment: @unchecked Sendable {
    let baseOffset: Offset
    let file: File
    /// The size of the valid part of the `.log` file.
    private(set) var byteCount = 0
    /// The offset behind the last record.
    private(set) var nextOffset: Offset
    /// The latest timestamp of a record, or -1 before the first.
    private(set) var maxTimestamp: Int64 = -1
    /// The same with the records that compaction has taken, of which their batch still tells: what the segment's age
    /// is counted to.
    private(set) var latestTimestamp: Int64 = -1
    /// The last offset of the first batch that has the latest timestamp.
    private(set) var offsetOfMaxTimestamp: Offset
    /// The latest timestamp of the first batch: what the segment's age is counted from.
    private(set) var firstTimestamp: Int64?

    let paths: SegmentPaths
    private let fileSystem: FileSystem
    private let indexIntervalBytes: Int
    private var indexes: Indexes?
    private var bytesSinceIndexEntry = 0

    /// The three indexes; of a closed segment they are mapped when they are first needed.
    struct Indexes {
        var offsets: SegmentIndex<OffsetEntry>
        var times: SegmentIndex<TimeEntry>
        var aborted: SegmentIndex<AbortedTransaction>

        init(base: Offset) {
            offsets = SegmentIndex(base: base)
            times = SegmentIndex(base: base)
            aborted = SegmentIndex(base: base)
        }
    }

    /// Opens the segment with this base offset, or makes it.
    init(
        directory: String, baseOffset: Offset, indexIntervalBytes: Int, fileSystem: FileSystem, readOnly: Bool
    ) throws {
        self.baseOffset = baseOffset
        self.fileSystem = fileSystem
        self.indexIntervalBytes = indexIntervalBytes
        paths = SegmentPaths(directory, baseOffset)
        nextOffset = baseOffset
        offsetOfMaxTimestamp = baseOffset
        file = try fileSystem.open(paths.log, readOnly ? .read : .updateOrCreate)
        indexes = Indexes(base: baseOffset)
    }

    // MARK: Opening

    /// Takes a segment before the last one as it was closed, without reading its batches.
    ///
    /// - Parameter nextBase: the base offset of the segment behind it.
    /// - Returns: whether its time index is there; if not, `scan` has to do it.
    func assumeClosed(before nextBase: Offset) throws -> Bool {
        guard try fileSystem.kind(of: paths.offsetIndex) == .file,
            try fileSystem.kind(of: paths.timeIndex) == .file
        else { return false }
        let times = try fileSystem.open(paths.timeIndex, .read)
        let size = try times.size()
        guard size % TimeEntry.byteCount == 0 else { return false }
        byteCount = try file.size()
        if size > 0 {
            let bytes = try times.read(at: size - TimeEntry.byteCount, count: TimeEntry.byteCount)
            let last = bytes.withUnsafeBytes { TimeEntry($0, base: baseOffset) }
            guard last.offset >= baseOffset, last.offset < nextBase else { return false }
            maxTimestamp = last.timestamp
            latestTimestamp = last.timestamp
            offsetOfMaxTimestamp = last.offset
        } else if byteCount > 0 {
            return false
        }
        indexes = nil
        nextOffset = nextBase
        return true
    }

    /// Takes the indexes of the last segment, which was closed cleanly, and reads only what lies behind their
    /// last entry.
    ///
    /// - Returns: whether they could be used; if not, `scan` has to do it.
    func loadIndexes() throws -> Bool {
        let size = try file.size()
        guard let mapped = try mappedIndexes(logBytes: size) else { return false }
        indexes = mapped
        if let last = mapped.times.last {
            maxTimestamp = last.timestamp
            latestTimestamp = last.timestamp
            offsetOfMaxTimestamp = last.offset
        }
        byteCount = mapped.offsets.last?.position ?? 0
        let reader = BatchFileReader(file, from: byteCount, to: size, pieceBytes: 64 << 10)
        do {
            if byteCount > 0 {
                let first = BatchFileReader(file, to: size, pieceBytes: 4096)
                firstTimestamp = try first.next()?.header.maxTimestamp
            }
            while let batch = try reader.next() {
                guard isInPlace(batch.header) else { return false }
                note(batch.header)
            }
        } catch let error as LogError where error.code != .unsupportedForMessageFormat {
            return false
        }
        // Entries of what is not there any more.
        return mapped.times.last.map { $0.offset < nextOffset } ?? true
    }

    private func mappedIndexes(logBytes: Int) throws -> Indexes? {
        let base = baseOffset
        guard
            let offsets = try SegmentIndex<OffsetEntry>(
                mapping: paths.offsetIndex, base: base, fileSystem: fileSystem,
                { $0.offset >= base && $0.position >= 0 && $0.position < logBytes }),
            let times = try SegmentIndex<TimeEntry>(
                mapping: paths.timeIndex, base: base, fileSystem: fileSystem, { $0.offset >= base })
        else { return nil }
        var indexes = Indexes(base: base)
        indexes.offsets = offsets
        indexes.times = times
        if try fileSystem.kind(of: paths.transactionIndex) == .file {
            guard
                let aborted = try SegmentIndex<AbortedTransaction>(
                    mapping: paths.transactionIndex, base: base, fileSystem: fileSystem,
                    { $0.firstOffset <= $0.lastOffset && $0.lastOffset >= base })
            else { return nil }
            indexes.aborted = aborted
        }
        return indexes
    }

    /// Takes the segment to hold the offsets up to `offset`, the last of which compaction may have dropped.
    func extend(to offset: Offset) {
        nextOffset = max(nextOffset, offset)
    }

    /// Reads every batch, making the offset and time indexes anew, up to the end or to the first that is not
    /// whole and right. The index of aborted transactions is then `noteAborted`'s to fill.
    ///
    /// - Parameter batch: is shown every good batch.
    /// - Returns: what is wrong with the first bad one, if there is one.
    /// - Throws: `LogError` with code `unsupportedForMessageFormat`: what is of an older format is no damage.
    func scan(_ batch: (RecordBatchView) throws -> Void) throws -> LogError? {
        indexes = Indexes(base: baseOffset)
        byteCount = 0
        bytesSinceIndexEntry = 0
        maxTimestamp = -1
        latestTimestamp = -1
        firstTimestamp = nil
        nextOffset = baseOffset
        let reader = BatchFileReader(file, to: try file.size())
        while true {
            let view: RecordBatchView
            do {
                guard let next = try reader.next() else { return nil }
                guard next.isIntact, isInPlace(next.header) else {
                    let reason =
                        next.isIntact
                        ? "offset \(next.header.baseOffset) cannot follow \(nextOffset)"
                        : "the batch's checksum is wrong"
                    return LogError(.corruptMessage, reason).located(file.path, byteCount)
                }
                view = next
            } catch let error as LogError where error.code != .unsupportedForMessageFormat {
                return error
            }
            place(view.header)
            try batch(view)
        }
    }

    /// Takes in the good batches that another process has appended since.
    ///
    /// - Parameter batch: is shown each of them.
    func readOn(_ batch: (RecordBatchView) throws -> Void) throws {
        let reader = BatchFileReader(file, from: byteCount, to: try file.size(), pieceBytes: 256 << 10)
        while let next = try? reader.next(), next.isIntact, isInPlace(next.header) {
            if indexes == nil { _ = try usableIndexes() }
            place(next.header)
            try batch(next)
        }
    }

    /// Whether a batch's offsets go on from the last one's and fit the index, which counts them from the base
    /// in 31 bits. (The checksum does not cover them.)
    private func isInPlace(_ header: RecordBatchHeader) -> Bool {
        header.baseOffset >= nextOffset && header.lastOffset - baseOffset <= Int64(Int32.max)
    }

    /// Copies what lies behind the last good batch to a file of its own, for those who want to try and save it.
    func setAsideDamagedPart() throws {
        let copy = try fileSystem.open("\(file.path).damaged", .replace)
        let piece = 1 << 20
        let size = try file.size()
        for position in stride(from: byteCount, to: size, by: piece) {
            try copy.write(
                try file.read(at: position, count: min(piece, size - position)), at: position - byteCount)
        }
        try copy.sync()
    }

    /// Cuts the file behind the last good batch, and waits until that is on the disk. Its index files go before: they
    /// are of what was there.
    func truncateToValidPart() throws {
        for path in paths.indexes { try fileSystem.removeFile(path) }
        try file.truncate(to: byteCount)
        try file.sync()
    }

    // MARK: Writing

    /// Appends a batch whose base offset is set. After an error the segment is as before.
    func append(_ batch: UnsafeRawBufferPointer, header: RecordBatchHeader) throws {
        precondition(header.baseOffset >= nextOffset, "\(header.baseOffset) is before \(nextOffset)")
        do {
            try file.write(batch, at: byteCount)
        } catch {
            // Part of the batch may stand in the file. It lies behind `byteCount`, where the next append writes
            // over it and recovery cuts it off; cutting it now only frees the space.
            try? file.truncate(to: byteCount)
            throw error
        }
        place(header)
    }

    /// Notes a transaction whose abort marker has just been appended.
    func noteAborted(_ transaction: AbortedTransaction) {
        indexes?.aborted.append(transaction)
    }

    /// Whether the indexes have no room for one more entry each.
    func isIndexFull(limit: Int) -> Bool {
        guard let indexes else { return false }
        return indexes.offsets.byteCount + OffsetEntry.byteCount > limit
            || indexes.times.byteCount + 2 * TimeEntry.byteCount > limit
    }

    /// Writes the indexes to their files, for a segment that will not be written to any more, or not by this
    /// process. They are safe on the disk after `flushIndexes`.
    func seal() throws {
        guard var indexes else { return }
        self.indexes = nil
        defer { self.indexes = indexes }
        if maxTimestamp >= 0, maxTimestamp > indexes.times.last?.timestamp ?? -1 {
            indexes.times.append(TimeEntry(maxTimestamp, offsetOfMaxTimestamp))
        }
        // The list of aborted transactions may be absent, so it has to be there before those that tell that the
        // segment was closed.
        if indexes.aborted.count > 0 {
            try indexes.aborted.write(to: paths.transactionIndex, fileSystem: fileSystem)
        } else if try fileSystem.kind(of: paths.transactionIndex) != nil {
            try fileSystem.removeFile(paths.transactionIndex)
        }
        try indexes.offsets.write(to: paths.offsetIndex, fileSystem: fileSystem)
        try indexes.times.write(to: paths.timeIndex, fileSystem: fileSystem)
    }

    /// Waits until the files that `seal` wrote are on the disk. Thread-safe.
    func flushIndexes() throws {
        for path in paths.indexes {
            do {
                try fileSystem.open(path, .update).sync()
            } catch let error as DurableIOError where error.code == .notFound {
                // There were no aborted transactions, or retention has been faster.
            }
        }
    }

    /// Notes a batch that stands at the end, with an entry in the indexes where one is due.
    ///
    /// Kafka's rule: an entry before the batch that is the first behind more than index.interval.bytes of log.
    private func place(_ header: RecordBatchHeader) {
        let position = byteCount
        note(header)
        if bytesSinceIndexEntry > indexIntervalBytes {
            indexes?.offsets.append(OffsetEntry(header.lastOffset, position))
            if maxTimestamp > indexes?.times.last?.timestamp ?? -1 {
                indexes?.times.append(TimeEntry(maxTimestamp, offsetOfMaxTimestamp))
            }
            bytesSinceIndexEntry = 0
        }
        bytesSinceIndexEntry += header.byteCount
    }

    /// Notes a batch that stands at the end.
    private func note(_ header: RecordBatchHeader) {
        if firstTimestamp == nil { firstTimestamp = header.maxTimestamp }
        latestTimestamp = max(latestTimestamp, header.maxTimestamp)
        // An index names no batch that compaction has emptied: Kafka's tools look for the record there.
        if header.recordCount > 0, header.maxTimestamp > maxTimestamp {
            maxTimestamp = header.maxTimestamp
            offsetOfMaxTimestamp = header.lastOffset
        }
        byteCount += header.byteCount
        nextOffset = header.lastOffset + 1
    }

    // MARK: Looking up

    /// The indexes, mapped or, where they are no good, made anew by reading the segment.
    private func usableIndexes() throws -> Indexes {
        if let indexes { return indexes }
        if let mapped = try mappedIndexes(logBytes: byteCount) {
            indexes = mapped
            return mapped
        }
        let (end, next) = (byteCount, nextOffset)
        let damage = try scan { _ in }
        byteCount = end
        nextOffset = next
        if let damage {
            indexes = nil
            throw damage
        }
        if try fileSystem.kind(of: paths.transactionIndex) == .file {
            guard
                let aborted = try SegmentIndex<AbortedTransaction>(
                    mapping: paths.transactionIndex, base: baseOffset, fileSystem: fileSystem,
                    { $0.firstOffset <= $0.lastOffset })
            else {
                indexes = nil
                throw LogError(
                    .corruptMessage,
                    "\(paths.transactionIndex) is damaged; remove .kafka_cleanshutdown and "
                        + "recovery-point-offset-checkpoint beside the partitions, and it is made anew")
            }
            indexes?.aborted = aborted
        }
        return indexes ?? Indexes(base: baseOffset)
    }

    /// A position at or before the batch that holds `offset`.
    func floorPosition(_ offset: Offset) throws -> Int {
        try usableIndexes().offsets.last { $0.offset <= offset }?.position ?? 0
    }

    /// A position at or before the first batch with a record of `timestamp` or later.
    func floorPosition(timestamp: Int64) throws -> Int {
        let indexes = try usableIndexes()
        guard let time = indexes.times.last(where: { $0.timestamp < timestamp }) else { return 0 }
        return indexes.offsets.last { $0.offset <= time.offset }?.position ?? 0
    }

    /// The aborted transactions that have records from `range`.
    func abortedTransactions(in range: Range<Offset>) throws -> [AbortedTransaction] {
        try usableIndexes().aborted.entries.filter {
            $0.firstOffset < range.upperBound && $0.lastOffset >= range.lowerBound
        }
    }
}
