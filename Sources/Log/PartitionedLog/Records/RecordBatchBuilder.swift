import DurableIO

/// A header of a record: a name and a value.
public struct RecordHeader: Equatable, Sendable {
    /// The name; never null in the format.
    public let key: String
    /// The value, or `nil` for null.
    public let value: [UInt8]?

    /// Makes a header.
    public init(_ key: String, _ value: [UInt8]?) {
        self.key = key
        self.value = value
    }

    /// Makes a header whose value is text.
    public init(_ key: String, text: String) {
        self.init(key, Array(text.utf8))
    }
}

/// Who made a batch, and which of its batches it is: what makes a producer idempotent (KIP-98).
public struct ProducerStamp: Equatable, Sendable {
    /// The producer's id, or -1 for none.
    public var producerID: Int64 = -1
    /// The producer's epoch, or -1.
    public var producerEpoch: Int16 = -1
    /// The sequence number of the batch's first record, or -1.
    public var baseSequence: Int32 = -1
    /// Whether the batch belongs to a transaction.
    public var isTransactional = false

    /// A producer that is not idempotent.
    public static let none = ProducerStamp()
}

/// Collects records and encodes them as one record batch (message format v2).
///
/// Keeps its memory between batches; not thread-safe.
public final class RecordBatchBuilder {
    let encoder: RecordEncoder
    private let compression: Compression
    private let compressor: ZstdCompressor?
    private var compressed: [UInt8] = []

    /// A builder whose batches are compressed with `compression`: `none` or `zstd`.
    public init(compression: Compression) {
        precondition(compression.isWritten, "\(compression) is read, not written")
        self.compression = compression
        compressor = compression == .zstd ? ZstdCompressor(level: 1, tableLog: 16) : nil
        let state = UnsafeMutablePointer<RecordEncoder.State>.allocate(capacity: 1)
        let capacity = 4 << 10
        state.initialize(to: .init(memory: .allocate(byteCount: capacity, alignment: 16), capacity: capacity))
        encoder = RecordEncoder(state: state)
    }

    deinit {
        encoder.state.pointee.memory.deallocate()
        encoder.state.deallocate()
    }

    /// How many records are collected.
    public var recordCount: Int32 { encoder.state.pointee.recordCount }

    /// The size in bytes of the records so far, before compression, with the batch header.
    public var byteCount: Int { encoder.state.pointee.used }

    /// The most bytes that a record takes in a batch.
    @inline(__always)
    public static func byteCountMax(
        key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, headers: [RecordHeader]
    ) -> Int {
        let fields = 36 + (key?.count ?? 0) + (value?.count ?? 0)
        if headers.isEmpty { return fields }
        return headers.reduce(fields) { $0 + $1.key.utf8.count + ($1.value?.count ?? 0) + 10 }
    }

    /// Adds a record.
    ///
    /// - Parameter timestamp: milliseconds since 1970.
    public func append(
        timestamp: Int64, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        headers: [RecordHeader] = []
    ) {
        encoder.append(timestamp: timestamp, key: key, value: value, headers: headers)
    }

    /// Encodes the batch, lends it to `body`, and starts the next, whether `body` throws or not.
    ///
    /// The base offset is 0 until the log assigns one.
    ///
    /// - Parameter attributes: attribute bits beside those of the codec and the stamp.
    /// - Parameter lastOffsetDelta: the place of the batch's last offset where its record is gone.
    public func finish<Result>(
        _ producer: ProducerStamp = .none, attributes: Int16 = 0, lastOffsetDelta: Int32? = nil,
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) throws -> Result {
        let state = encoder.state.pointee
        precondition(state.recordCount > 0, "a record batch holds at least one record")
        defer { reset() }
        let bits = attributes | compression.rawValue | (producer.isTransactional ? 0x10 : 0)
        func sealed(_ batch: UnsafeMutableRawBufferPointer) throws -> Result {
            batch.storeBigEndian(Int64(0), at: 0)
            batch.storeBigEndian(Int32(batch.count - RecordBatchHeader.lengthOverhead), at: 8)
            batch.storeBigEndian(Int32(-1), at: 12)
            batch[16] = 2
            batch.storeBigEndian(bits, at: 21)
            batch.storeBigEndian(lastOffsetDelta ?? state.lastOffsetDelta, at: 23)
            batch.storeBigEndian(state.baseTimestamp, at: 27)
            batch.storeBigEndian(state.maxTimestamp, at: 35)
            batch.storeBigEndian(producer.producerID, at: 43)
            batch.storeBigEndian(producer.producerEpoch, at: 51)
            batch.storeBigEndian(producer.baseSequence, at: 53)
            batch.storeBigEndian(state.recordCount, at: 57)
            batch.storeBigEndian(RecordBatchView.checksum(UnsafeRawBufferPointer(batch)), at: 17)
            return try body(batch)
        }
        guard let compressor else {
            return try sealed(UnsafeMutableRawBufferPointer(start: state.memory, count: state.used))
        }
        compressed.removeAll(keepingCapacity: true)
        compressed.append(contentsOf: repeatElement(0, count: RecordBatchHeader.byteCount))
        let records = UnsafeRawBufferPointer(
            start: state.memory + RecordBatchHeader.byteCount,
            count: state.used - RecordBatchHeader.byteCount)
        try compressor.compress(records, appendingTo: &compressed)
        return try compressed.withUnsafeMutableBytes(sealed)
    }

    /// Encodes the batch, replacing the content of `output`, and starts the next.
    public func finish(_ producer: ProducerStamp = .none, into output: inout [UInt8]) throws {
        try finish(producer) {
            output.removeAll(keepingCapacity: true)
            output.append(contentsOf: $0)
        }
    }

    /// Drops what was collected.
    public func reset() {
        encoder.reset()
    }
}
