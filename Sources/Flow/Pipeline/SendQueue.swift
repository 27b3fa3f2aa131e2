import PartitionedLog
import Synchronization
import Threads

/// Sends records on a thread of its own, so that reading and checking the next lines goes on while the last ones are
/// compressed and written.
///
/// One thread puts records in; an error of the sending thread comes out of the next call.
final class SendQueue {
    private let sender: Sender
    private let chunks: HandOver<RecordChunk>
    private var chunk = RecordChunk()
    private static let waitingMax = 4

    /// - Parameter didCommit: called by the sending thread whenever readers can see more.
    init(_ writer: TopicWriter, didCommit: @escaping @Sendable () throws -> Void = {}) {
        let sender = Sender(writer, didCommit)
        self.sender = sender
        chunks = HandOver(waitingMax: Self.waitingMax) { try sender.send($0) }
    }

    /// Adds a record.
    func send(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, timestamp: Int64) throws {
        if chunk.append(key: key, value: value, timestamp: timestamp) { return }
        try hand()
        if chunk.append(key: key, value: value, timestamp: timestamp) { return }
        chunk = RecordChunk(byteCount: RecordChunk.bytes(key, value))
        _ = chunk.append(key: key, value: value, timestamp: timestamp)
    }

    /// Waits until all records are sent and as safe as the topic's flush policy promises.
    func flush() throws {
        try hand()
        try chunks.drain()
        try sender.commit()
    }

    /// Hands the records gathered so far to the sending thread.
    private func hand() throws {
        let full = chunk
        chunk = sender.spare.withLock { $0.popLast() } ?? RecordChunk()
        try chunks.hand(full)
    }

    private final class Sender: @unchecked Sendable {
        // The writer belongs to the sending thread while chunks are on their way, and to the caller when there are
        // none.
        private let writer: TopicWriter
        private let didCommit: @Sendable () throws -> Void
        private var uncommitted = 0
        /// Chunks that have been sent.
        let spare = Mutex<[RecordChunk]>([])
        /// Readers see what is on the disk: so much is sent before that is seen to.
        private static let commitBytes = 8 << 20

        init(_ writer: TopicWriter, _ didCommit: @escaping @Sendable () throws -> Void) {
            self.writer = writer
            self.didCommit = didCommit
        }

        func send(_ chunk: RecordChunk) throws {
            uncommitted += chunk.used
            try chunk.takeAll { try writer.send(key: $0, value: $1, timestamp: $2) }
            spare.withLock { $0.append(chunk) }
            if uncommitted >= Self.commitBytes { try commit() }
        }

        func commit() throws {
            try writer.flush()
            uncommitted = 0
            try didCommit()
        }
    }
}

/// Records one behind the other: the sizes of key and value and the timestamp, 8 bytes each, and then their bytes.
private final class RecordChunk: @unchecked Sendable {
    // One thread at a time has it.
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var used = 0
    private static let headBytes = 24

    init(byteCount: Int = 1 << 20) {
        memory = .allocate(byteCount: byteCount, alignment: 8)
    }

    deinit { memory.deallocate() }

    static func bytes(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Int {
        headBytes + key.count + value.count
    }

    /// Adds a record; `false` where there is no room for it.
    func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, timestamp: Int64) -> Bool {
        let byteCount = Self.bytes(key, value)
        guard let base = memory.baseAddress, byteCount <= memory.count - used else { return false }
        let target = base + used
        target.storeBytes(of: key.count, as: Int.self)
        target.storeBytes(of: value.count, toByteOffset: 8, as: Int.self)
        target.storeBytes(of: timestamp, toByteOffset: 16, as: Int64.self)
        if let bytes = key.baseAddress {
            (target + Self.headBytes).copyMemory(from: bytes, byteCount: key.count)
        }
        if let bytes = value.baseAddress {
            (target + Self.headBytes + key.count).copyMemory(from: bytes, byteCount: value.count)
        }
        used += byteCount
        return true
    }

    /// Gives each record to `body` and leaves none.
    func takeAll(
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ timestamp: Int64) throws ->
            Void
    ) rethrows {
        var rest = UnsafeRawBufferPointer(rebasing: memory[..<used])
        while !rest.isEmpty {
            let keyCount = rest.loadUnaligned(as: Int.self)
            let valueCount = rest.loadUnaligned(fromByteOffset: 8, as: Int.self)
            let timestamp = rest.loadUnaligned(fromByteOffset: 16, as: Int64.self)
            let value = Self.headBytes + keyCount
            try body(
                UnsafeRawBufferPointer(rebasing: rest[Self.headBytes..<value]),
                UnsafeRawBufferPointer(rebasing: rest[value..<(value + valueCount)]), timestamp)
            rest = UnsafeRawBufferPointer(rebasing: rest[(value + valueCount)...])
        }
        used = 0
    }
}
