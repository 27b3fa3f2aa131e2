import DurableIO

/// Memory that fetches put their batches into, one fetch after another, and the place where the last one ended,
/// so that the next need not look for it. To be used by one thread at a time, which may be another one each time.
public final class FetchBuffer: @unchecked Sendable {
    private var memory: UnsafeMutableRawBufferPointer
    private(set) var range = 0..<0
    var hint: (file: File, offset: Offset, position: Int)?
    /// The size of the last first batch: the next one is likely to be as large.
    private var batchBytes = 0

    /// Makes an empty one.
    public init() {
        memory = .allocate(byteCount: 256 << 10, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    /// The fetched batches, back to back as in the segment. Valid until the next fetch.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[range]) }

    /// Gives each batch to `body`, in order.
    public func forEachBatch(_ body: (RecordBatchView) throws -> Void) throws {
        var position = range.lowerBound
        while position < range.upperBound {
            let batch = try RecordBatchView(
                prefixOf: UnsafeRawBufferPointer(rebasing: memory[position..<range.upperBound]))
            position += batch.bytes.count
            try body(batch)
        }
    }

    func clear() {
        range = 0..<0
    }

    /// What one search through a part of a segment came to.
    struct Found {
        /// The offset behind the last batch found.
        let nextOffset: Offset
        let nextPosition: Int
        let firstBatchBytes: Int
    }

    /// Reads the batches that hold `offset` and what follows, up to `limit`, from the part of a segment that
    /// begins at `start` and ends at `end`: at most `maxBytes` of them, but the first whatever its size.
    ///
    /// - Returns: `nil` where there is none.
    /// - Throws: `LogError` with code `corruptMessage` where a batch is damaged.
    func fill(
        from file: File, _ start: Int, to end: Int, offset: Offset, limit: Offset, maxBytes: Int
    ) throws -> Found? {
        clear()
        var position = start
        var wanted = max(maxBytes, batchBytes)
        while position < end {
            let count = min(max(wanted, RecordBatchHeader.byteCount), end - position)
            reserve(count)
            let read = try file.read(
                into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]), at: position)
            guard read == count else {
                throw LogError(.corruptMessage, "the file ends before its last batch").located(
                    file.path, position + read)
            }
            let piece = UnsafeRawBufferPointer(rebasing: memory[..<count])
            let (skipped, found) = try take(piece, file, position, offset, limit, maxBytes)
            if let found {
                batchBytes = found.firstBatchBytes
                return found
            }
            position += skipped
            // What is left begins a batch that has to be read as a whole.
            if skipped == 0 {
                let whole = try sizeOfBatch(piece, file, position, end)
                guard whole > count else { return nil }
                wanted = whole
            } else {
                wanted = maxBytes
            }
        }
        return nil
    }

    /// Skips the batches before `offset` and takes those that are wanted.
    private func take(
        _ piece: UnsafeRawBufferPointer, _ file: File, _ filePosition: Int, _ offset: Offset,
        _ limit: Offset, _ maxBytes: Int
    ) throws -> (skipped: Int, Found?) {
        var position = 0
        var start: Int?
        var firstBatchBytes = 0
        var next = offset
        do {
            while piece.count - position >= RecordBatchHeader.byteCount {
                let rest = UnsafeRawBufferPointer(rebasing: piece[position...])
                let header = try RecordBatchHeader(reading: rest)
                guard header.byteCount <= rest.count, header.baseOffset < limit else { break }
                if header.lastOffset >= offset {
                    if let start, position + header.byteCount - start > maxBytes { break }
                    try RecordBatchView(header, rest).requireIntact()
                    if start == nil { firstBatchBytes = header.byteCount }
                    start = start ?? position
                    next = header.lastOffset + 1
                }
                position += header.byteCount
            }
        } catch let error as LogError {
            // What is good before the damage is served; the next fetch begins at it.
            guard start != nil else {
                let place = filePosition + position
                throw try LegacyMessage.refusal(in: file, at: place, to: try file.size())
                    ?? error.located(file.path, place)
            }
        }
        guard let start else { return (position, nil) }
        range = start..<position
        return (
            position,
            Found(
                nextOffset: next, nextPosition: filePosition + position, firstBatchBytes: firstBatchBytes)
        )
    }

    private func sizeOfBatch(
        _ piece: UnsafeRawBufferPointer, _ file: File, _ position: Int, _ end: Int
    ) throws -> Int {
        guard piece.count >= RecordBatchHeader.byteCount else { return 0 }
        do {
            let header = try RecordBatchHeader(reading: piece)
            guard header.byteCount <= end - position else {
                throw LogError(.corruptMessage, "the batch is cut short")
            }
            return header.byteCount
        } catch let error as LogError {
            throw error.located(file.path, position)
        }
    }

    private func reserve(_ count: Int) {
        guard count > memory.count else { return }
        memory.deallocate()
        memory = .allocate(byteCount: count, alignment: 16)
    }
}
