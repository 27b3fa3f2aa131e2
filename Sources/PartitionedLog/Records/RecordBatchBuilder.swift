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

/// Collects records and encodes them as one record batch (message format v2).
///
/// Record: length varint (of the rest), attributes i8 = 0, timestampDelta varlong, offsetDelta varint, key
/// length varint (-1 null), key, value length varint (-1 null), value, header count varint, headers. All
/// varints zigzag. Keeps its memory between batches; not thread-safe.
public final class RecordBatchBuilder {
    private var records: UnsafeMutableRawBufferPointer
    private var used = 0
    private var baseTimestamp: Int64 = 0
    private var maxTimestamp: Int64 = 0
    private let compression: Compression
    private let compressor: ZstdCompressor?

    /// How many records are collected.
    public private(set) var recordCount: Int32 = 0

    /// A builder whose batches are compressed with `compression`: `none` or `zstd`.
    public init(compression: Compression) {
        precondition(compression == .none || compression == .zstd, "\(compression) is read, not written")
        self.compression = compression
        compressor = compression == .zstd ? ZstdCompressor(level: 1) : nil
        records = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        records.deallocate()
    }

    /// The size in bytes of the records so far, before compression, with the batch header.
    public var byteCount: Int { RecordBatchHeader.byteCount + used }

    /// Adds a record.
    ///
    /// - Parameter timestamp: milliseconds since 1970.
    public func append(
        timestamp: Int64, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        headers: [RecordHeader] = []
    ) {
        if recordCount == 0 {
            baseTimestamp = timestamp
            maxTimestamp = timestamp
        }
        maxTimestamp = max(maxTimestamp, timestamp)
        let timestampDelta = timestamp &- baseTimestamp
        var bodyBytes = 1 + Varint.byteCount(timestampDelta) + Varint.byteCount(Int64(recordCount))
        bodyBytes += Self.fieldBytes(key?.count) + Self.fieldBytes(value?.count)
        bodyBytes += Varint.byteCount(Int64(headers.count))
        for header in headers {
            bodyBytes += Self.fieldBytes(header.key.utf8.count) + Self.fieldBytes(header.value?.count)
        }
        reserve(bodyBytes + Varint.byteCountMax)
        putVarint(Int64(bodyBytes))
        records[used] = 0
        used += 1
        putVarint(timestampDelta)
        putVarint(Int64(recordCount))
        putField(key)
        putField(value)
        putVarint(Int64(headers.count))
        for header in headers {
            Array(header.key.utf8).withUnsafeBytes { putField($0) }
            if let value = header.value { value.withUnsafeBytes { putField($0) } } else { putField(nil) }
        }
        recordCount += 1
    }

    /// Encodes the batch, replacing the content of `output`, and starts the next.
    ///
    /// The base offset is 0 until the log assigns one.
    public func finish(into output: inout [UInt8]) throws {
        precondition(recordCount > 0, "a record batch holds at least one record")
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: repeatElement(0, count: RecordBatchHeader.byteCount))
        let payload = UnsafeRawBufferPointer(rebasing: records[..<used])
        if let compressor {
            try compressor.compress(payload, appendingTo: &output)
        } else {
            output.append(contentsOf: payload)
        }
        output.withUnsafeMutableBytes { batch in
            batch.storeBigEndian(Int32(batch.count - RecordBatchHeader.lengthOverhead), at: 8)
            batch[16] = 2
            batch.storeBigEndian(compression.rawValue, at: 21)
            batch.storeBigEndian(recordCount - 1, at: 23)
            batch.storeBigEndian(baseTimestamp, at: 27)
            batch.storeBigEndian(maxTimestamp, at: 35)
            batch.storeBigEndian(Int64(-1), at: 43)
            batch.storeBigEndian(Int16(-1), at: 51)
            batch.storeBigEndian(Int32(-1), at: 53)
            batch.storeBigEndian(recordCount, at: 57)
            let checksummed = UnsafeRawBufferPointer(rebasing: batch[RecordBatchHeader.checksummedFrom...])
            batch.storeBigEndian(CRC32C.checksum(checksummed), at: 17)
        }
        used = 0
        recordCount = 0
    }

    private static func fieldBytes(_ count: Int?) -> Int {
        Varint.byteCount(Int64(count ?? -1)) + (count ?? 0)
    }

    private func putField(_ bytes: UnsafeRawBufferPointer?) {
        guard let bytes else { return putVarint(-1) }
        putVarint(Int64(bytes.count))
        UnsafeMutableRawBufferPointer(rebasing: records[used...]).copyMemory(from: bytes)
        used += bytes.count
    }

    private func putVarint(_ value: Int64) {
        var rest = Varint.zigzag(value)
        while rest > 0x7F {
            records[used] = UInt8(truncatingIfNeeded: rest) | 0x80
            used += 1
            rest >>= 7
        }
        records[used] = UInt8(rest)
        used += 1
    }

    private func reserve(_ count: Int) {
        guard used + count > records.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(records.count * 2, used + count), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: records[..<used]))
        records.deallocate()
        records = larger
    }
}

/// Zigzag variable-length integers, as in Protocol Buffers: 7 bits a byte, lowest first.
enum Varint {
    /// The longest encoding of 64 bits.
    static let byteCountMax = 10

    @inline(__always)
    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }

    @inline(__always)
    static func byteCount(_ value: Int64) -> Int {
        (70 - (zigzag(value) | 1).leadingZeroBitCount) / 7
    }

    /// Reads a number at `position`, which moves behind it.
    ///
    /// - Returns: `nil` where the bytes end first or the number is over 64 bits.
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int64? {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 70 {
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return Int64(bitPattern: result >> 1) ^ -Int64(bitPattern: result & 1) }
            shift += 7
        }
        return nil
    }
}
