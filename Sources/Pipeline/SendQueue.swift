import DurableIO
import PartitionedLog

/// Sends records on a thread of its own, so that reading and checking the next lines goes on while the last ones are
/// compressed and written.
///
/// One thread puts records in; an error of the sending thread comes out of the next call.
final class SendQueue: @unchecked Sendable {
    // The writer belongs to the sending thread while chunks are on their way, and to the caller when there
    // are none; all
    // else is touched under the monitor.
    private let writer: TopicWriter
    private let monitor = Monitor()
    private let thread = WorkerThreads(max: 1)
    private var chunk = Chunk()
    private var waiting = 0
    private var spare: [Chunk] = []
    private var failure: (any Error)?
    private static let chunkBytes = 1 << 20
    private static let waitingMax = 4

    /// Records one after the other: bytes of keys and values, and where they are.
    private struct Chunk {
        struct Record {
            var keyCount: Int
            var valueCount: Int
            var timestamp: Int64
        }

        var bytes: [UInt8] = []
        var records: [Record] = []
    }

    init(_ writer: TopicWriter) { self.writer = writer }

    /// Adds a record.
    func send(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, timestamp: Int64) throws {
        chunk.bytes.append(contentsOf: key)
        chunk.bytes.append(contentsOf: value)
        chunk.records.append(Chunk.Record(keyCount: key.count, valueCount: value.count, timestamp: timestamp))
        if chunk.bytes.count >= Self.chunkBytes { try hand() }
    }

    /// Waits until all records are sent and as safe as the topic's flush policy promises.
    func flush() throws {
        try hand()
        try monitor.locked {
            while waiting > 0, failure == nil { monitor.wait() }
            if let failure { throw failure }
        }
        try writer.flush()
    }

    /// Hands the records gathered so far to the sending thread.
    private func hand() throws {
        try monitor.locked {
            while waiting >= Self.waitingMax, failure == nil { monitor.wait() }
            if let failure { throw failure }
            waiting += 1
        }
        let full = chunk
        chunk = monitor.locked { spare.popLast() } ?? Chunk()
        thread.async { self.work(full) }
    }

    private func work(_ chunk: Chunk) {
        var chunk = chunk
        do {
            if monitor.locked({ failure == nil }) { try send(chunk) }
        } catch {
            monitor.locked { failure = error }
        }
        chunk.bytes.removeAll(keepingCapacity: true)
        chunk.records.removeAll(keepingCapacity: true)
        monitor.locked {
            waiting -= 1
            spare.append(chunk)
            monitor.broadcast()
        }
    }

    private func send(_ chunk: Chunk) throws {
        try chunk.bytes.withUnsafeBytes { bytes in
            var position = 0
            for record in chunk.records {
                let key = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + record.keyCount)])
                position += record.keyCount
                let value = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + record.valueCount)])
                position += record.valueCount
                try writer.send(key: key, value: value, timestamp: record.timestamp)
            }
        }
    }
}
