import DurableIO

/// A record as it lies in a batch. The bytes are the batch's: they are valid only inside the call that gives
/// them.
public struct Record {
    /// The record's place in the partition.
    public let offset: Offset
    /// Milliseconds since 1970.
    public let timestamp: Int64
    /// The key, or `nil` for null.
    public let key: UnsafeRawBufferPointer?
    /// The value, or `nil` for null (a tombstone).
    public let value: UnsafeRawBufferPointer?
    /// The headers.
    public let headers: [RecordHeader]

    /// The value of the first header with this name, as text.
    public func headerText(_ key: String) -> String? {
        headers.first { $0.key == key }?.value.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Memory and tables that reading one batch after another can share. Not thread-safe.
public struct RecordScratch {
    // Made when the first compressed batch comes; many readers never see one.
    private var zstd: ZstdDecompressor?
    var buffer: [UInt8] = []

    mutating func decompressZstd(_ bytes: UnsafeRawBufferPointer, limit: Int) throws {
        let decompressor = zstd ?? ZstdDecompressor()
        zstd = decompressor
        try decompressor.decompress(bytes, into: &buffer, limit: limit)
    }

    /// Makes some.
    public init() {}
}

/// A record batch where it lies in memory, without a copy. Valid only inside the call that gives it.
public struct RecordBatchView {
    /// The fixed part.
    public let header: RecordBatchHeader
    /// All bytes, the fixed part included.
    public let bytes: UnsafeRawBufferPointer

    /// The batch that `bytes` begin with.
    ///
    /// - Throws: `LogError` with code `corruptMessage` where it is not there as a whole. The checksum is not
    ///   looked at.
    public init(prefixOf bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count >= RecordBatchHeader.byteCount else {
            throw LogError(.corruptMessage, "\(bytes.count) bytes are fewer than a batch header")
        }
        let header = try RecordBatchHeader(reading: bytes)
        guard header.byteCount <= bytes.count else {
            throw LogError(
                .corruptMessage,
                "batch at offset \(header.baseOffset) says it has \(header.byteCount) bytes, but has \(bytes.count)"
            )
        }
        self.init(header, bytes)
    }

    init(_ header: RecordBatchHeader, _ bytes: UnsafeRawBufferPointer) {
        self.header = header
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<header.byteCount])
    }

    /// Whether the checksum is that of the bytes.
    public var isIntact: Bool { Self.checksum(bytes) == header.checksum }

    /// Checks the checksum.
    ///
    /// - Throws: `LogError` with code `corruptMessage`.
    public func requireIntact() throws {
        let computed = Self.checksum(bytes)
        guard computed == header.checksum else {
            throw LogError(
                .corruptMessage,
                "batch at offset \(header.baseOffset): CRC-32C \(String(computed, radix: 16)) computed, "
                    + "\(String(header.checksum, radix: 16)) stored")
        }
    }

    static func checksum(_ batch: UnsafeRawBufferPointer) -> UInt32 {
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: batch[RecordBatchHeader.checksummedFrom...]))
    }

    /// A copy of it.
    public var copy: RecordBatch { RecordBatch(header, Array(bytes)) }

    /// Gives each record to `body`, in order.
    ///
    /// - Parameter scratch: memory for decompression, to be given again for the next batch.
    /// - Throws: `LogError` with code `corruptMessage` or `unsupportedCompression`; what `body` throws.
    public func forEachRecord(_ scratch: inout RecordScratch, _ body: (Record) throws -> Void) throws {
        let payload = UnsafeRawBufferPointer(rebasing: bytes[RecordBatchHeader.byteCount...])
        let limit = RecordBatch.recordBytesMax
        // A batch that compaction has emptied holds nothing, not even an empty frame.
        if header.recordCount == 0, payload.isEmpty { return }
        do {
            switch header.compression {
            case .none?: return try decode(payload, body)
            case .zstd?:
                try scratch.decompressZstd(payload, limit: limit)
            case .gzip?: try Gzip.decompress(payload, into: &scratch.buffer, limit: limit)
            case .snappy?: try Snappy.decompress(payload, into: &scratch.buffer, limit: limit)
            case .lz4?: try LZ4.decompress(payload, into: &scratch.buffer, limit: limit)
            case nil:
                throw LogError(
                    .unsupportedCompression,
                    "batch at offset \(header.baseOffset) is compressed with codec \(header.attributes & 7), "
                        + "which Kafka does not have")
            }
        } catch let error as DurableIOError {
            throw LogError(.corruptMessage, "batch at offset \(header.baseOffset): \(error)")
        }
        try scratch.buffer.withUnsafeBytes { try decode($0, body) }
    }

    private func decode(_ records: UnsafeRawBufferPointer, _ body: (Record) throws -> Void) throws {
        var position = 0
        let isLogAppendTime = header.hasLogAppendTime
        for index in 0..<header.recordCount {
            guard let length = Varint.read(records, &position), length >= 1,
                length <= records.count - position
            else { throw corrupt(index) }
            let end = position + Int(length)
            position += 1
            guard let timestampDelta = Varint.read(records, &position),
                let offsetDelta = Varint.read(records, &position),
                offsetDelta >= 0, offsetDelta <= Int64(header.lastOffsetDelta)
            else { throw corrupt(index) }
            let key = try field(records, &position, end, index)
            let value = try field(records, &position, end, index)
            let headers = try headers(records, &position, end, index)
            guard position == end else { throw corrupt(index) }
            try body(
                Record(
                    offset: header.baseOffset + offsetDelta,
                    timestamp: isLogAppendTime ? header.maxTimestamp : header.baseTimestamp &+ timestampDelta,
                    key: key, value: value, headers: headers))
        }
        guard position == records.count else {
            throw LogError(
                .corruptMessage,
                "batch at offset \(header.baseOffset) has \(records.count - position) bytes behind its last record"
            )
        }
    }

    @inline(__always)
    private func field(
        _ records: UnsafeRawBufferPointer, _ position: inout Int, _ end: Int, _ index: Int32
    ) throws -> UnsafeRawBufferPointer? {
        guard let length = Varint.read(records, &position), length >= -1, length <= end - position else {
            throw corrupt(index)
        }
        if length < 0 { return nil }
        defer { position += Int(length) }
        return UnsafeRawBufferPointer(rebasing: records[position..<position + Int(length)])
    }

    @inline(__always)
    private func headers(
        _ records: UnsafeRawBufferPointer, _ position: inout Int, _ end: Int, _ index: Int32
    ) throws -> [RecordHeader] {
        guard let count = Varint.read(records, &position), count >= 0, count <= end - position else {
            throw corrupt(index)
        }
        if count == 0 { return [] }
        // No room is made in advance: the count may be a lie.
        var headers: [RecordHeader] = []
        for _ in 0..<count {
            guard let key = try field(records, &position, end, index) else { throw corrupt(index) }
            let value = try field(records, &position, end, index)
            headers.append(RecordHeader(String(decoding: key, as: UTF8.self), value.map(Array.init)))
        }
        return headers
    }

    private func corrupt(_ index: Int32) -> LogError {
        LogError(.corruptMessage, "batch at offset \(header.baseOffset): record \(index) is malformed")
    }
}
