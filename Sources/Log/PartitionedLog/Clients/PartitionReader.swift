/// Reads the records of one partition in order, leaving out transaction markers and, with `readCommitted`, what
/// belongs to aborted transactions. Not thread-safe.
public final class PartitionReader {
    /// The partition.
    public let partition: PartitionLog
    /// The offset of the next record that is wanted.
    public private(set) var nextOffset: Offset
    /// How many bytes are fetched at once.
    public let fetchBytes: Int
    private let isolation: PartitionLog.Isolation
    private let buffer = FetchBuffer()
    private var scratch = RecordScratch()

    /// A reader that begins at `offset`.
    public init(
        _ partition: PartitionLog, from offset: Offset,
        isolation: PartitionLog.Isolation = .readUncommitted,
        fetchBytes: Int = 1 << 20
    ) {
        self.partition = partition
        self.isolation = isolation
        self.fetchBytes = fetchBytes
        nextOffset = offset
    }

    /// Goes on at another offset.
    public func seek(to offset: Offset) {
        nextOffset = offset
    }

    /// Fetches what comes next and gives each batch of records to `body`, where it lies in memory.
    ///
    /// A batch may begin before `nextOffset`; its records before that are not wanted.
    ///
    /// - Returns: whether there was anything; if not, the end has been reached.
    /// - Throws: as `PartitionLog.fetch`, and what `body` throws; then the same is fetched again.
    public func nextBatches(_ body: (RecordBatchView) throws -> Void) throws -> Bool {
        let fetched = try partition.fetch(
            from: nextOffset, maxBytes: fetchBytes, isolation: isolation, into: buffer)
        guard fetched.nextOffset > nextOffset else { return false }
        var filter = AbortedFilter(fetched.abortedTransactions)
        try buffer.forEachBatch { batch in
            if try filter.isWanted(batch, &scratch) { try body(batch) }
        }
        nextOffset = fetched.nextOffset
        return true
    }

    /// Fetches what comes next and gives each record to `body`.
    ///
    /// - Returns: whether there was anything; if not, the end has been reached.
    /// - Throws: as `nextBatches`.
    public func next(_ body: (Record) throws -> Void) throws -> Bool {
        let start = nextOffset
        var scratch = RecordScratch()
        return try nextBatches { batch in
            try batch.forEachRecord(&scratch) { record in
                if record.offset >= start { try body(record) }
            }
        }
    }
}

/// Tells the batches of aborted transactions from the others, as a Kafka consumer does: a producer's batches do not
/// count from the first offset of its aborted transaction to the marker.
struct AbortedFilter {
    private var transactions: ArraySlice<AbortedTransaction>
    private var aborted: Set<Int64> = []

    /// - Parameter transactions: those of a fetch, by first offset.
    init(_ transactions: [AbortedTransaction]) {
        self.transactions = transactions[...]
    }

    /// Whether the batch holds records that count. Batches have to come in order.
    mutating func isWanted(_ batch: RecordBatchView, _ scratch: inout RecordScratch) throws -> Bool {
        let header = batch.header
        while let next = transactions.first, next.firstOffset <= header.lastOffset {
            aborted.insert(next.producerID)
            transactions.removeFirst()
        }
        if header.isControl {
            if !aborted.isEmpty, try EndTransactionMarker(batch, &scratch)?.isCommit == false {
                aborted.remove(header.producerID)
            }
            return false
        }
        return !(header.isTransactional && aborted.contains(header.producerID))
    }
}
