import DurableIO

/// Reads the batches of a `.log` file from front to back, in large pieces. Not thread-safe.
final class BatchFileReader {
    private let file: File
    private let end: Int
    private var memory: UnsafeMutableRawBufferPointer
    /// The part of the file that `memory` holds.
    private var held = 0..<0

    /// Where the next batch begins in the file.
    private(set) var position: Int

    /// A reader of the bytes from `start` to `end`.
    init(_ file: File, from start: Int = 0, to end: Int, pieceBytes: Int = 1 << 20) {
        self.file = file
        self.end = end
        position = start
        memory = .allocate(byteCount: max(pieceBytes, RecordBatchHeader.byteCount), alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    /// The next batch, valid until the next call; `nil` at the end. The checksum is not looked at.
    ///
    /// - Throws: `LogError` with code `corruptMessage` where no whole batch begins at `position`, naming the
    ///   file and the byte, and `unsupportedForMessageFormat` where a message of an older format does; `position`
    ///   stays.
    func next() throws -> RecordBatchView? {
        guard position < end else { return nil }
        do {
            let bytes = try bytes(RecordBatchHeader.byteCount)
            let header = try RecordBatchHeader(reading: bytes)
            let batch = RecordBatchView(header, try self.bytes(header.byteCount))
            position += header.byteCount
            return batch
        } catch let error as LogError {
            throw try LegacyMessage.refusal(in: file, at: position, to: end)
                ?? error.located(file.path, position)
        }
    }

    /// Goes on at another place.
    func seek(to position: Int) {
        self.position = position
    }

    private func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count <= end - position else {
            throw LogError(
                .corruptMessage,
                "the batch is cut short: it takes \(count) bytes, of which there are \(end - position)")
        }
        if position < held.lowerBound || position + count > held.upperBound {
            if count > memory.count {
                memory.deallocate()
                memory = .allocate(byteCount: count, alignment: 16)
            }
            let wanted = min(memory.count, end - position)
            let read = try file.read(
                into: UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted]), at: position)
            held = position..<position + read
            guard read >= count else { throw LogError(.corruptMessage, "the file ends inside the batch") }
        }
        let start = position - held.lowerBound
        return UnsafeRawBufferPointer(rebasing: memory[start..<start + count])
    }
}

extension LogError {
    /// The same with the place in a file before it.
    func located(_ path: String, _ position: Int) -> LogError {
        LogError(code, "\(path) at byte \(position): \(message)")
    }
}
