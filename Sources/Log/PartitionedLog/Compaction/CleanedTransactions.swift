/// Follows the transactions through a log that is being cleaned, from its start: which batches belong to aborted
/// ones, and which markers have no records left that they speak of.
struct CleanedTransactions {
    private var aborted: [AbortedTransaction]
    /// By producer: the transaction that goes on, and whether a batch of it is still there.
    private var ongoingAborted: [Int64: (transaction: AbortedTransaction, hasRecords: Bool)] = [:]
    private var ongoingCommitted: Set<Int64> = []

    /// - Parameter aborted: those of the log's transaction indexes.
    init(aborted: [AbortedTransaction]) {
        self.aborted = aborted.sorted { $0.firstOffset > $1.firstOffset }
    }

    private mutating func begin(upTo offset: Offset) {
        while let next = aborted.last, next.firstOffset <= offset {
            aborted.removeLast()
            ongoingAborted[next.producerID] = (next, false)
        }
    }

    /// Whether a batch's records belong to an aborted transaction.
    mutating func isAborted(_ header: RecordBatchHeader) -> Bool {
        begin(upTo: header.lastOffset)
        guard header.isTransactional else { return false }
        guard ongoingAborted[header.producerID] != nil else {
            ongoingCommitted.insert(header.producerID)
            return false
        }
        ongoingAborted[header.producerID]?.hasRecords = true
        return true
    }

    /// What a marker still speaks of.
    enum MarkerMeaning {
        /// Records that are there.
        case records
        /// Records that were there, of an aborted transaction, when this cleaning began.
        case aborted(AbortedTransaction)
        /// Nothing.
        case nothing
    }

    mutating func end(_ marker: EndTransactionMarker, _ header: RecordBatchHeader) -> MarkerMeaning {
        begin(upTo: header.lastOffset)
        if marker.isCommit { return ongoingCommitted.remove(header.producerID) == nil ? .nothing : .records }
        guard let (transaction, hasRecords) = ongoingAborted.removeValue(forKey: header.producerID),
            hasRecords
        else { return .nothing }
        return .aborted(transaction)
    }
}
