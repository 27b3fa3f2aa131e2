// The fixed part of a record batch, message format v2 (KIP-98), big-endian:
//
//   off  size  field
//   0    8     baseOffset             assigned by the log
//   8    4     batchLength            bytes after this field
//   12   4     partitionLeaderEpoch   assigned by the log
//   16   1     magic                  2
//   17   4     crc                    CRC-32C of byte 21 to the end
//   21   2     attributes             bits 0-2 codec, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon
//   23   4     lastOffsetDelta
//   27   8     baseTimestamp          milliseconds
//   35   8     maxTimestamp           milliseconds
//   43   8     producerId             -1 none
//   51   2     producerEpoch          -1 none
//   53   4     baseSequence           -1 none
//   57   4     recordCount
//   61         records, or one compressed block of all of them

/// The fixed part of a record batch.
public struct RecordBatchHeader: Equatable, Sendable {
    /// The size of the fixed part in bytes.
    public static let byteCount = 61
    /// The bytes before those that `batchLength` counts.
    static let lengthOverhead = 12
    /// The place of the bytes that the checksum covers.
    static let checksummedFrom = 21

    /// The offset of the first record.
    public var baseOffset: Offset
    /// The size of the whole batch in bytes.
    public var byteCount: Int
    /// The leader epoch in which the batch was appended.
    public var partitionLeaderEpoch: Int32
    /// CRC-32C of everything from the attributes on.
    public var checksum: UInt32
    /// The attribute bits.
    public var attributes: Int16
    /// The last record's offset minus the first one's.
    public var lastOffsetDelta: Int32
    /// The time from which records count theirs, in milliseconds since 1970.
    public var baseTimestamp: Int64
    /// The latest time of a record, in milliseconds since 1970.
    public var maxTimestamp: Int64
    /// The idempotent producer's id, or -1.
    public var producerID: Int64
    /// The idempotent producer's epoch, or -1.
    public var producerEpoch: Int16
    /// The sequence number of the first record, or -1.
    public var baseSequence: Int32
    /// How many records there are.
    public var recordCount: Int32

    /// The offset of the last record.
    public var lastOffset: Offset { baseOffset + Int64(lastOffsetDelta) }
    /// How the records are compressed, or `nil` where the bits name no codec.
    public var compression: Compression? { Compression(rawValue: attributes & 7) }
    /// Whether the records' times are the log's own, set at the append: all are `maxTimestamp`.
    public var hasLogAppendTime: Bool { attributes & 0x08 != 0 }
    /// Whether the records belong to a transaction.
    public var isTransactional: Bool { attributes & 0x10 != 0 }
    /// Whether the batch holds transaction markers instead of records.
    public var isControl: Bool { attributes & 0x20 != 0 }
    /// From when on compaction may drop the batch's tombstones and markers, in milliseconds since 1970;
    /// `nil` before a compaction has seen them. It takes the place of the base timestamp.
    public var deleteHorizon: Int64? { attributes & 0x40 != 0 ? baseTimestamp : nil }
    /// Whether an idempotent producer made the batch.
    public var hasProducer: Bool { producerID >= 0 }
    /// The sequence number of the last record; they go on from 0 behind 2^31 - 1.
    public var lastSequence: Int32 {
        baseSequence < 0 ? -1 : Self.sequence(baseSequence, advancedBy: lastOffsetDelta)
    }

    /// A sequence number `count` records on.
    static func sequence(_ sequence: Int32, advancedBy count: Int32) -> Int32 {
        Int32((Int64(sequence) + Int64(count)) & 0x7FFF_FFFF)
    }

    /// Reads the fixed part from the start of `bytes`, which must hold at least 61.
    ///
    /// - Throws: `LogError` with code `corruptMessage` where magic or lengths cannot be right.
    public init(reading bytes: UnsafeRawBufferPointer) throws {
        precondition(bytes.count >= Self.byteCount, "a batch header takes 61 bytes, not \(bytes.count)")
        let length = bytes.bigEndian(at: 8, as: Int32.self)
        let magic = bytes[16]
        guard magic == 2 else {
            throw LogError(
                .corruptMessage, "magic byte \(magic), where that of a record batch is 2")
        }
        guard length >= Self.byteCount - Self.lengthOverhead, length <= RecordBatch.byteCountMax else {
            throw LogError(
                .corruptMessage, "batch length \(length) is not one from 49 to \(RecordBatch.byteCountMax)")
        }
        baseOffset = Offset(bytes.bigEndian(at: 0, as: Int64.self))
        byteCount = Int(length) + Self.lengthOverhead
        partitionLeaderEpoch = bytes.bigEndian(at: 12, as: Int32.self)
        checksum = bytes.bigEndian(at: 17, as: UInt32.self)
        attributes = bytes.bigEndian(at: 21, as: Int16.self)
        lastOffsetDelta = bytes.bigEndian(at: 23, as: Int32.self)
        baseTimestamp = bytes.bigEndian(at: 27, as: Int64.self)
        maxTimestamp = bytes.bigEndian(at: 35, as: Int64.self)
        producerID = bytes.bigEndian(at: 43, as: Int64.self)
        producerEpoch = bytes.bigEndian(at: 51, as: Int16.self)
        baseSequence = bytes.bigEndian(at: 53, as: Int32.self)
        recordCount = bytes.bigEndian(at: 57, as: Int32.self)
        guard baseOffset.value >= 0, lastOffsetDelta >= 0, recordCount >= 0,
            baseOffset.value < Int64.max - Int64(lastOffsetDelta)
        else {
            throw LogError(
                .corruptMessage,
                "batch at offset \(baseOffset) counts \(recordCount) records over \(lastOffsetDelta) offsets")
        }
    }
}

extension UnsafeRawBufferPointer {
    /// A big-endian integer at a byte offset, which need not be aligned.
    @inline(__always)
    func bigEndian<Integer: FixedWidthInteger>(at offset: Int, as type: Integer.Type) -> Integer {
        Integer(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Stores a big-endian integer at a byte offset, which need not be aligned.
    @inline(__always)
    func storeBigEndian<Integer: FixedWidthInteger>(_ value: Integer, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: Integer.self)
    }
}
