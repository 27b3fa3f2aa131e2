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
/// Record: length varint (of the rest), attributes i8 = 0, timestampDelta varlong, offsetDelta varint, key
/// length varint (-1 null), key, value length varint (-1 null), value, header count varint, headers. All
/// varints zigzag. Keeps its memory between batches; not thread-safe.
public final class RecordBatchBuilder {
    /// The batch header's place, then the records.
    private var memory: UnsafeMutableRawBufferPointer
    private var used = RecordBatchHeader.byteCount
    private var baseTimestamp: Int64 = 0
    private var maxTimestamp: Int64 = 0
    private var lastOffsetDelta: Int32 = -1
    private let compression: Compression
    private let compressor: ZstdCompressor?
    private var compressed: [UInt8] = []

    /// How many records are collected.
    public private(set) var recordCount: Int32 = 0

    /// A builder whose batches are compressed with `compression`: `none` or `zstd`.
    public init(compression: Compression) {
        precondition(compression.isWritten, "\(compression) is read, not written")
        self.compression = compression
        compressor = compression == .zstd ? ZstdCompressor(level: 1) : nil
        memory = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    /// The size in bytes of the records so far, before compression, with the batch header.
    public var byteCount: Int { used }

    /// The most bytes that a record takes in a batch.
    public static func byteCountMax(
        key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, headers: [RecordHeader]
    ) -> Int {
        headers.reduce(36 + (key?.count ?? 0) + (value?.count ?? 0)) {
            $0 + $1.key.utf8.count + ($1.value?.count ?? 0) + 10
        }
    }

    /// Adds a record.
    ///
    /// - Parameter timestamp: milliseconds since 1970.
    public func append(
        timestamp: Int64, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        headers: [RecordHeader] = []
    ) {
        append(
            offsetDelta: lastOffsetDelta + 1, timestamp: timestamp, key: key, value: value, headers: headers)
    }

    /// Adds a record some places behind the batch's first offset, where compaction has dropped those between.
    ///
    /// - Parameter base: the batch's base timestamp where it is not the first record's own.
    func append(
        offsetDelta: Int32, base: Int64? = nil, timestamp: Int64, key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?, headers: [RecordHeader]
    ) {
        if recordCount == 0 {
            baseTimestamp = base ?? timestamp
            maxTimestamp = timestamp
        }
        maxTimestamp = max(maxTimestamp, timestamp)
        let timestampDelta = timestamp &- baseTimestamp
        var bodyBytes = 1 + Varint.byteCount(timestampDelta) + Varint.byteCount(Int64(offsetDelta))
        bodyBytes += Self.fieldBytes(key?.count) + Self.fieldBytes(value?.count)
        bodyBytes += Varint.byteCount(Int64(headers.count))
        for header in headers {
            bodyBytes += Self.fieldBytes(header.key.utf8.count) + Self.fieldBytes(header.value?.count)
        }
        reserve(bodyBytes + Varint.byteCountMax)
        putVarint(Int64(bodyBytes))
        memory[used] = 0
        used += 1
        putVarint(timestampDelta)
        putVarint(Int64(offsetDelta))
        putField(key)
        putField(value)
        putVarint(Int64(headers.count))
        for header in headers {
            Array(header.key.utf8).withUnsafeBytes { putField($0) }
            if let value = header.value { value.withUnsafeBytes { putField($0) } } else { putField(nil) }
        }
        recordCount += 1
        lastOffsetDelta = offsetDelta
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
        precondition(recordCount > 0, "a record batch holds at least one record")
        defer { reset() }
        let bits = attributes | compression.rawValue | (producer.isTransactional ? 0x10 : 0)
        func sealed(_ batch: UnsafeMutableRawBufferPointer) throws -> Result {
            batch.storeBigEndian(Int64(0), at: 0)
            batch.storeBigEndian(Int32(batch.count - RecordBatchHeader.lengthOverhead), at: 8)
            batch.storeBigEndian(Int32(-1), at: 12)
            batch[16] = 2
            batch.storeBigEndian(bits, at: 21)
            batch.storeBigEndian(lastOffsetDelta ?? self.lastOffsetDelta, at: 23)
            batch.storeBigEndian(baseTimestamp, at: 27)
            batch.storeBigEndian(maxTimestamp, at: 35)
            batch.storeBigEndian(producer.producerID, at: 43)
            batch.storeBigEndian(producer.producerEpoch, at: 51)
            batch.storeBigEndian(producer.baseSequence, at: 53)
            batch.storeBigEndian(recordCount, at: 57)
            batch.storeBigEndian(RecordBatchView.checksum(UnsafeRawBufferPointer(batch)), at: 17)
            return try body(batch)
        }
        guard let compressor else {
            return try sealed(UnsafeMutableRawBufferPointer(rebasing: memory[..<used]))
        }
        compressed.removeAll(keepingCapacity: true)
        compressed.append(contentsOf: repeatElement(0, count: RecordBatchHeader.byteCount))
        let records = UnsafeRawBufferPointer(rebasing: memory[RecordBatchHeader.byteCount..<used])
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
        used = RecordBatchHeader.byteCount
        recordCount = 0
        lastOffsetDelta = -1
    }

    private static func fieldBytes(_ count: Int?) -> Int {
        Varint.byteCount(Int64(count ?? -1)) + (count ?? 0)
    }

    @inline(__always)
    private func putField(_ bytes: UnsafeRawBufferPointer?) {
        guard let bytes else { return putVarint(-1) }
        putVarint(Int64(bytes.count))
        UnsafeMutableRawBufferPointer(rebasing: memory[used...]).copyMemory(from: bytes)
        used += bytes.count
    }

    @inline(__always)
    private func putVarint(_ value: Int64) {
        var rest = Varint.zigzag(value)
        while rest > 0x7F {
            memory[used] = UInt8(truncatingIfNeeded: rest) | 0x80
            used += 1
            rest >>= 7
        }
        memory[used] = UInt8(rest)
        used += 1
    }

    private func reserve(_ count: Int) {
        guard used + count > memory.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(memory.count * 2, used + count), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<used]))
        memory.deallocate()
        memory = larger
    }
}
