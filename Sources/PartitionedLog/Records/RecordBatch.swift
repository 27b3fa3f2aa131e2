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

/// A whole record batch: its fixed part, read, and its bytes, as they lie in the segment.
public struct RecordBatch: Sendable {
    /// The most bytes that the records of one batch may take once decompressed.
    public static let recordBytesMax = 256 << 20

    /// The fixed part.
    public let header: RecordBatchHeader
    /// All bytes, the fixed part included.
    public let bytes: [UInt8]

    /// Takes the bytes of one batch and checks length and checksum.
    ///
    /// - Throws: `LogError` with code `corruptMessage`.
    public init(validating bytes: [UInt8]) throws {
        guard bytes.count >= RecordBatchHeader.byteCount else {
            throw LogError(.corruptMessage, "\(bytes.count) bytes are fewer than a batch header")
        }
        header = try bytes.withUnsafeBytes { try RecordBatchHeader(reading: $0) }
        guard header.byteCount == bytes.count else {
            throw LogError(
                .corruptMessage,
                "batch at offset \(header.baseOffset) says it has \(header.byteCount) bytes, but has \(bytes.count)"
            )
        }
        self.bytes = bytes
        let computed = bytes.withUnsafeBytes { Self.checksum($0) }
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

    /// Gives each record to `body`, in order.
    ///
    /// - Parameter scratch: memory for decompression, to be given again for the next batch.
    public func forEachRecord(_ scratch: inout RecordScratch, _ body: (Record) throws -> Void) throws {
        try bytes.withUnsafeBytes { batch in
            let payload = UnsafeRawBufferPointer(rebasing: batch[RecordBatchHeader.byteCount...])
            switch header.compression {
            case .none?:
                try decode(payload, body)
            case .zstd?:
                do {
                    try scratch.decompressor.decompress(
                        payload, into: &scratch.buffer, limit: Self.recordBytesMax)
                } catch {
                    throw LogError(.corruptMessage, "batch at offset \(header.baseOffset): \(error)")
                }
                try scratch.buffer.withUnsafeBytes { try decode($0, body) }
            default:
                let name = header.compression?.name ?? "codec \(header.attributes & 7)"
                throw LogError(
                    .unsupportedCompression,
                    "batch at offset \(header.baseOffset) is compressed with \(name); none and zstd are read")
            }
        }
    }

    private func decode(_ records: UnsafeRawBufferPointer, _ body: (Record) throws -> Void) throws {
        var position = 0
        for index in 0..<header.recordCount {
            guard let length = Varint.read(records, &position), length >= 0,
                length <= records.count - position
            else { throw corrupt(index) }
            let end = position + Int(length)
            position += 1
            guard let timestampDelta = Varint.read(records, &position),
                let offsetDelta = Varint.read(records, &position),
                (0...Int64(header.lastOffsetDelta)).contains(offsetDelta)
            else { throw corrupt(index) }
            let key = try field(records, &position, end, index)
            let value = try field(records, &position, end, index)
            let headers = try headers(records, &position, end, index)
            guard position == end else { throw corrupt(index) }
            let isLogAppendTime = header.attributes & 8 != 0
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

    private func headers(
        _ records: UnsafeRawBufferPointer, _ position: inout Int, _ end: Int, _ index: Int32
    ) throws -> [RecordHeader] {
        guard let count = Varint.read(records, &position), count >= 0, count <= end - position else {
            throw corrupt(index)
        }
        if count == 0 { return [] }
        return try (0..<count).map { _ in
            guard let key = try field(records, &position, end, index) else { throw corrupt(index) }
            let value = try field(records, &position, end, index)
            return RecordHeader(String(decoding: key, as: UTF8.self), value.map(Array.init))
        }
    }

    private func corrupt(_ index: Int32) -> LogError {
        LogError(.corruptMessage, "batch at offset \(header.baseOffset): record \(index) is malformed")
    }
}

/// Memory and tables that reading one batch after another can share. Not thread-safe.
public struct RecordScratch {
    let decompressor = ZstdDecompressor()
    var buffer: [UInt8] = []

    /// Makes some.
    public init() {}
}
