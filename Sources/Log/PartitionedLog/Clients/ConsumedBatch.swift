/// A record with bytes of its own.
public struct ConsumedRecord: Sendable, Equatable {
    /// The partition.
    public let topicPartition: TopicPartition
    /// The offset.
    public let offset: Offset
    /// Milliseconds since 1970.
    public let timestamp: Int64
    /// The key, or `nil` for null.
    public let key: [UInt8]?
    /// The value, or `nil` for null (a tombstone).
    public let value: [UInt8]?
    /// The headers.
    public let headers: [RecordHeader]

    init(_ topicPartition: TopicPartition, _ record: Record) {
        self.topicPartition = topicPartition
        offset = record.offset
        timestamp = record.timestamp
        key = record.key.map(Array.init)
        value = record.value.map(Array.init)
        headers = record.headers
    }
}

/// What one fetch from one partition brought: record batches as they lie in the segment, with the records that count.
public struct ConsumedBatch: Sendable {
    /// The partition.
    public let topicPartition: TopicPartition
    /// The offset to go on from.
    public let nextOffset: Offset
    /// How many bytes were fetched.
    public var byteCount: Int { bytes.count }
    /// How often the partition had been sought in when the batch was fetched.
    let move: Int
    private let firstOffset: Offset
    private let bytes: [UInt8]
    private let abortedTransactions: [AbortedTransaction]

    init(
        _ topicPartition: TopicPartition, from offset: Offset, _ fetched: PartitionLog.Fetched,
        _ bytes: [UInt8], move: Int
    ) {
        self.move = move
        self.topicPartition = topicPartition
        firstOffset = offset
        nextOffset = fetched.nextOffset
        abortedTransactions = fetched.abortedTransactions
        self.bytes = bytes
    }

    /// Gives each record to `body` where it lies, without a copy; markers and what was aborted are left out.
    ///
    /// - Throws: `LogError` with code `corruptMessage`; what `body` throws.
    public func forEachRecord(_ body: (Record) throws -> Void) throws {
        var filter = AbortedFilter(abortedTransactions)
        var scratch = RecordScratch()
        try bytes.withUnsafeBytes { bytes in
            var position = 0
            while position < bytes.count {
                let batch = try RecordBatchView(
                    prefixOf: UnsafeRawBufferPointer(rebasing: bytes[position...]))
                position += batch.bytes.count
                guard try filter.isWanted(batch, &scratch) else { continue }
                try batch.forEachRecord(&scratch) { record in
                    if record.offset >= firstOffset { try body(record) }
                }
            }
        }
    }

    /// The records, each with bytes of its own.
    public var records: [ConsumedRecord] {
        get throws {
            var records: [ConsumedRecord] = []
            try forEachRecord { records.append(ConsumedRecord(topicPartition, $0)) }
            return records
        }
    }
}
