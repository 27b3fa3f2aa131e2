extension PartitionLog {
    /// A batch as a reader of committed records meets it.
    public struct CommittedBatch: Sendable {
        /// The batch.
        public let batch: RecordBatch
        /// Whether its records count: it is no transaction marker, and no part of a transaction that was
        /// aborted.
        public let isWanted: Bool
    }

    /// The batch that holds `offset`, or the next one where compaction left a gap there; batches that do not
    /// count are given too, and said to be such.
    ///
    /// - Returns: `nil` at the last stable offset, from which on transactions are undecided.
    /// - Throws: as `fetch`.
    public func committedBatch(holding offset: Offset) throws -> CommittedBatch? {
        let buffer = FetchBuffer()
        let fetched = try fetch(
            from: offset, maxBytes: 64 << 10, isolation: .readCommitted, into: buffer)
        guard !buffer.bytes.isEmpty else { return nil }
        let batch = try RecordBatchView(prefixOf: buffer.bytes).copy
        let header = batch.header
        let isAborted =
            header.isTransactional
            && fetched.abortedTransactions.contains {
                $0.producerID == header.producerID && $0.firstOffset <= header.baseOffset
                    && header.baseOffset <= $0.lastOffset
            }
        return CommittedBatch(batch: batch, isWanted: !header.isControl && !isAborted)
    }

    /// Whether there are records that count, from `start` on and before `end`.
    ///
    /// - Throws: as `fetch`.
    public func hasCommittedRecords(from start: Offset, before end: Offset) throws -> Bool {
        var next = max(start, logStartOffset)
        while next < end, let found = try committedBatch(holding: next) {
            if found.batch.header.baseOffset >= end { return false }
            if found.isWanted { return true }
            next = found.batch.header.lastOffset + 1
        }
        return false
    }
}
