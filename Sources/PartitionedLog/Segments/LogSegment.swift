import DurableIO

/// One segment of a partition: a `.log` file of record batches with its `.index` and `.timeindex`, all named
/// by the offset of the first record.
///
/// Not thread-safe; `PartitionLog` guards it.
final class LogSegment {
    let baseOffset: Offset
    /// The size of the valid part of the `.log` file.
    private(set) var byteCount = 0
    /// The offset behind the last record.
    private(set) var nextOffset: Offset
    /// The latest timestamp, or -1 before the first record.
    private(set) var maxTimestamp: Int64 = -1

    private let directory: String
    private let fileSystem: FileSystem
    private let file: File
    private let indexIntervalBytes: Int
    private var offsetIndex = OffsetIndex()
    private var timeIndex = TimeIndex()
    private var bytesSinceIndexEntry = 0
    private var offsetOfMaxTimestamp: Offset

    /// What a scan for damage found.
    struct Damage {
        let position: Int
        let reason: String
        let bytesCut: Int
    }

    /// Opens the segment with this base offset, or makes it.
    init(
        directory: String, baseOffset: Offset, indexIntervalBytes: Int, fileSystem: FileSystem, readOnly: Bool
    ) throws {
        self.directory = directory
        self.baseOffset = baseOffset
        self.fileSystem = fileSystem
        self.indexIntervalBytes = indexIntervalBytes
        nextOffset = baseOffset
        offsetOfMaxTimestamp = baseOffset
        file = try fileSystem.open(
            "\(directory)/\(baseOffset.fileName).log", readOnly ? .read : .updateOrCreate)
    }

    private var indexPath: String { "\(directory)/\(baseOffset.fileName).index" }
    private var timeIndexPath: String { "\(directory)/\(baseOffset.fileName).timeindex" }

    // MARK: Opening

    /// Takes the indexes of a segment that was closed cleanly, and reads only what lies behind their last
    /// entry.
    ///
    /// - Returns: whether they could be used; if not, `scan` has to do it.
    func loadIndexes() throws -> Bool {
        let size = try file.size()
        guard try fileSystem.kind(of: indexPath) == .file, try fileSystem.kind(of: timeIndexPath) == .file,
            let offsetIndex = OffsetIndex(
                reading: try fileSystem.contents(of: indexPath), base: baseOffset, logBytes: size),
            let timeIndex = TimeIndex(reading: try fileSystem.contents(of: timeIndexPath), base: baseOffset)
        else { return false }
        self.offsetIndex = offsetIndex
        self.timeIndex = timeIndex
        if let last = timeIndex.entries.last {
            maxTimestamp = last.timestamp
            offsetOfMaxTimestamp = last.offset
        }
        byteCount = offsetIndex.entries.last?.position ?? 0
        while byteCount < size {
            guard let header = try? readHeader(at: byteCount), header.byteCount <= size - byteCount,
                isInPlace(header)
            else { return false }
            note(header)
        }
        return true
    }

    /// Reads every batch, rebuilding the indexes, up to the end or to the first that is not whole and right.
    func scan() throws -> Damage? {
        offsetIndex = OffsetIndex()
        timeIndex = TimeIndex()
        byteCount = 0
        bytesSinceIndexEntry = 0
        maxTimestamp = -1
        nextOffset = baseOffset
        let size = try file.size()
        while byteCount < size {
            do {
                let batch = try readBatch(at: byteCount, end: size)
                guard isInPlace(batch.header) else {
                    throw LogError(
                        .corruptMessage,
                        "\(file.path) at byte \(byteCount): offset \(batch.header.baseOffset) cannot follow \(nextOffset)"
                    )
                }
                addIndexEntry(for: batch.header)
                note(batch.header)
            } catch let error as LogError {
                return Damage(position: byteCount, reason: error.message, bytesCut: size - byteCount)
            }
        }
        return nil
    }

    /// Copies what lies behind the last whole batch to a file of its own, for those who want to try and save
    /// it.
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

    /// Whether a batch's offsets go on from the last one's and fit the index, which counts them from the base
    /// in 31 bits. (The checksum does not cover them.)
    private func isInPlace(_ header: RecordBatchHeader) -> Bool {
        header.baseOffset >= nextOffset && header.lastOffset - baseOffset <= Int64(Int32.max)
    }

    /// Cuts the file behind the last whole batch, and waits until that and the indexes are on the disk.
    func truncateToValidPart() throws {
        try file.truncate(to: byteCount)
        try seal()
    }

    // MARK: Writing

    /// Appends a batch whose base offset is set. After an error the segment is as before.
    func append(_ batch: [UInt8], header: RecordBatchHeader) throws {
        precondition(header.baseOffset >= nextOffset, "\(header.baseOffset) is before \(nextOffset)")
        do {
            try file.write(batch, at: byteCount)
        } catch {
            // Part of the batch may stand in the file. It lies behind `byteCount`, where the next append
            // writes over it and recovery cuts it off; cutting it now only frees the space.
            try? file.truncate(to: byteCount)
            throw error
        }
        addIndexEntry(for: header)
        note(header)
    }

    /// Waits until everything appended is on the disk. An unclean stop makes the indexes anew.
    func flush() throws {
        try file.sync()
    }

    /// Flushes, and writes the indexes, for a segment that will not be scanned when it is opened again.
    func seal() throws {
        try file.sync()
        if maxTimestamp >= 0 { timeIndex.append(maxTimestamp, offsetOfMaxTimestamp) }
        try writeIndex(offsetIndex.encoded(base: baseOffset), to: indexPath)
        try writeIndex(timeIndex.encoded(base: baseOffset), to: timeIndexPath)
    }

    private func writeIndex(_ bytes: [UInt8], to path: String) throws {
        let index = try fileSystem.open(path, .updateOrCreate)
        try index.write(bytes, at: 0)
        try index.truncate(to: bytes.count)
        try index.sync()
    }

    // Kafka's rule: an entry before the batch that is the first behind more than index.interval.bytes of log.
    private func addIndexEntry(for header: RecordBatchHeader) {
        if header.maxTimestamp > maxTimestamp {
            maxTimestamp = header.maxTimestamp
            offsetOfMaxTimestamp = header.lastOffset
        }
        if bytesSinceIndexEntry > indexIntervalBytes {
            offsetIndex.append(header.lastOffset, position: byteCount)
            timeIndex.append(maxTimestamp, offsetOfMaxTimestamp)
            bytesSinceIndexEntry = 0
        }
        bytesSinceIndexEntry += header.byteCount
    }

    private func note(_ header: RecordBatchHeader) {
        if header.maxTimestamp > maxTimestamp {
            maxTimestamp = header.maxTimestamp
            offsetOfMaxTimestamp = header.lastOffset
        }
        byteCount += header.byteCount
        nextOffset = header.lastOffset + 1
    }

    // MARK: Reading

    /// The batch that holds `offset`, or the first behind it; `nil` where there is none in this segment.
    func batch(holding offset: Offset) throws -> RecordBatch? {
        var position = offsetIndex.floorPosition(offset)
        while position < byteCount {
            guard let header = try readHeader(at: position) else { return nil }
            if header.lastOffset >= offset { return try readBatch(at: position, end: byteCount) }
            position += header.byteCount
        }
        return nil
    }

    private func readHeader(at position: Int) throws -> RecordBatchHeader? {
        let bytes = try file.read(at: position, count: RecordBatchHeader.byteCount)
        guard bytes.count == RecordBatchHeader.byteCount else { return nil }
        do {
            return try bytes.withUnsafeBytes { try RecordBatchHeader(reading: $0) }
        } catch let error as LogError {
            throw located(error, position)
        }
    }

    private func readBatch(at position: Int, end: Int) throws -> RecordBatch {
        guard let header = try readHeader(at: position), header.byteCount <= end - position else {
            throw located(LogError(.corruptMessage, "the batch is cut short"), position)
        }
        do {
            return try RecordBatch(validating: file.read(at: position, count: header.byteCount))
        } catch let error as LogError {
            throw located(error, position)
        }
    }

    private func located(_ error: LogError, _ position: Int) -> LogError {
        LogError(error.code, "\(file.path) at byte \(position): \(error.message)")
    }
}
