/// Decides what a compaction keeps of a batch.
struct BatchFilter {
    let map: OffsetMap
    /// What is at or behind it is kept as it is.
    let mapEnd: Offset
    let now: Int64
    let deleteRetention: Int64
    let logStart: Offset
    let producers: ProducerStates
    /// The batch that ends before this offset keeps at least its header, so that the segment's end is known.
    let keptOffset: Offset

    enum Decision {
        case keep
        case replace([UInt8])
        case drop
    }

    func decide(
        _ batch: RecordBatchView, _ transactions: inout CleanedTransactions,
        _ aborted: inout [AbortedTransaction], _ scratch: inout RecordScratch
    ) throws -> Decision {
        let header = batch.header
        if header.baseOffset >= mapEnd { return .keep }
        if header.isControl { return try decideMarker(batch, &transactions, &aborted, &scratch) }
        let isAborted = transactions.isAborted(header)
        if isAborted || header.recordCount == 0 { return emptied(batch) }
        var kept: Int32 = 0
        var tombstones = false
        var undecided = false
        try batch.forEachRecord(&scratch) { record in
            guard isKept(record, header) else { return }
            kept += 1
            if record.value == nil { tombstones = true }
            if record.offset >= mapEnd { undecided = true }
        }
        if kept == 0 { return emptied(batch) }
        let needsHorizon = tombstones && !undecided && header.deleteHorizon == nil
        if kept == header.recordCount, !needsHorizon { return .keep }
        let horizon = needsHorizon ? now.plus(deleteRetention) : header.deleteHorizon
        // Codecs that are only read become zstd, which any reader of these files has.
        let codec = header.compression == Compression.none ? Compression.none : .zstd
        let rebuilt = try batch.rebuilt(codec, deleteHorizon: horizon, &scratch) { isKept($0, header) }
        return rebuilt.map(Decision.replace) ?? emptied(batch)
    }

    private func isKept(_ record: Record, _ header: RecordBatchHeader) -> Bool {
        if record.offset >= mapEnd { return true }
        guard record.offset >= logStart, let key = record.key else { return false }
        if let last = map[key], record.offset < last { return false }
        return record.value != nil || header.deleteHorizon.map { now < $0 } ?? true
    }

    private func decideMarker(
        _ batch: RecordBatchView, _ transactions: inout CleanedTransactions,
        _ aborted: inout [AbortedTransaction], _ scratch: inout RecordScratch
    ) throws -> Decision {
        guard batch.header.recordCount > 0, let marker = try EndTransactionMarker(batch, &scratch) else {
            return emptied(batch)
        }
        switch transactions.end(marker, batch.header) {
        case .records: return .keep
        case .aborted(let transaction):
            aborted.append(transaction)
            return .keep
        case .nothing:
            if let horizon = batch.header.deleteHorizon { return now < horizon ? .keep : emptied(batch) }
            let rebuilt = try batch.rebuilt(.none, deleteHorizon: now.plus(deleteRetention), &scratch) { _ in
                true
            }
            return rebuilt.map(Decision.replace) ?? .keep
        }
    }

    /// What stays of a batch without its records.
    private func emptied(_ batch: RecordBatchView) -> Decision {
        let header = batch.header
        let isProducersLast =
            header.hasProducer
            && (producers.producers[header.producerID]?.batches.last.map {
                $0.lastOffset == header.lastOffset
            } ?? (header.isControl && producers.epoch(of: header.producerID) == header.producerEpoch))
        guard isProducersLast || header.lastOffset + 1 == keptOffset else { return .drop }
        return header.recordCount == 0 ? .keep : .replace(batch.emptied())
    }
}
