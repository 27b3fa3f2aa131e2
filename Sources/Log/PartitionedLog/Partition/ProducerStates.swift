/// What a partition remembers of each idempotent producer, so that a batch that is sent twice is kept once and
/// none is missing in between (KIP-98). Not thread-safe.
struct ProducerStates {
    /// How long a producer that writes nothing is remembered: Kafka's `producer.id.expiration.ms`.
    static let expirationMilliseconds: Int64 = 24 * 3_600_000

    /// What a batch was, for recognising it when it comes again.
    struct BatchMemory: Equatable {
        var lastSequence: Int32
        var lastOffset: Offset
        var offsetDelta: Int32
        var timestamp: Int64

        var firstSequence: Int32 {
            Int32((Int64(lastSequence) - Int64(offsetDelta)) & 0x7FFF_FFFF)
        }
        var firstOffset: Offset { lastOffset + -Int64(offsetDelta) }
    }

    struct Producer: Equatable {
        var epoch: Int16
        /// The last batches, at most five, the newest last.
        var batches: [BatchMemory] = []
        var lastTimestamp: Int64
        /// When it last wrote, by the log's clock: recordings may bear times of long ago. Not kept in snapshots.
        var lastSeen: Int64
        var coordinatorEpoch: Int32 = -1
        /// Where the transaction that is open began.
        var transactionFirstOffset: Offset?
    }

    static let batchesRemembered = 5

    /// A transaction that has ended, with its marker where readers may not see it yet.
    private struct Ended {
        let firstOffset: Offset
        let markerOffset: Offset
    }

    private(set) var producers: [Int64: Producer] = [:]
    private var ended: [Ended] = []

    /// What is to be done with a batch.
    enum Verdict {
        case append
        /// It is in the log already, from this offset on.
        case duplicate(Offset, timestamp: Int64)
    }

    /// Judges a batch of an idempotent producer by Kafka's rules.
    ///
    /// - Throws: `LogError` with code `invalidProducerEpoch`, `outOfOrderSequenceNumber` or
    ///   `invalidTransactionState`.
    func judge(_ header: RecordBatchHeader) throws -> Verdict {
        guard header.hasProducer, let producer = producers[header.producerID] else { return .append }
        let id = header.producerID
        guard header.producerEpoch >= producer.epoch else {
            throw LogError(
                .invalidProducerEpoch,
                "producer \(id) has epoch \(header.producerEpoch), but epoch \(producer.epoch) has taken over"
            )
        }
        if producer.transactionFirstOffset != nil, !header.isTransactional {
            throw LogError(
                .invalidTransactionState, "producer \(id) has a transaction open, but the batch is in none")
        }
        if header.baseSequence < 0 { return .append }
        if header.producerEpoch > producer.epoch {
            // With a new epoch the sequence begins anew.
            guard header.baseSequence == 0 else { throw outOfOrder(header, expected: 0) }
            return .append
        }
        if let same = producer.batches.last(where: {
            $0.firstSequence == header.baseSequence && $0.lastSequence == header.lastSequence
        }) {
            return .duplicate(same.firstOffset, timestamp: same.timestamp)
        }
        // Where only a marker is known of this epoch, its batches have yet to begin.
        let expected = producer.batches.last.map {
            RecordBatchHeader.sequence($0.lastSequence, advancedBy: 1)
        }
        guard header.baseSequence == expected ?? 0 else {
            throw outOfOrder(header, expected: expected ?? 0)
        }
        return .append
    }

    private func outOfOrder(_ header: RecordBatchHeader, expected: Int32) -> LogError {
        LogError(
            .outOfOrderSequenceNumber,
            "producer \(header.producerID), epoch \(header.producerEpoch): sequence number "
                + "\(header.baseSequence) does not follow; \(expected) is expected")
    }

    /// What is known of a batch's producer; of one with a new epoch, as of one that is new, no batches.
    private func known(_ header: RecordBatchHeader) -> Producer {
        var producer =
            producers[header.producerID]
            ?? Producer(
                epoch: header.producerEpoch, lastTimestamp: header.maxTimestamp, lastSeen: header.maxTimestamp
            )
        if header.producerEpoch != producer.epoch {
            producer.epoch = header.producerEpoch
            producer.batches = []
        }
        return producer
    }

    /// Notes a batch that is in the log.
    ///
    /// - Parameter now: the log's clock, where the batch has just been appended.
    mutating func note(_ header: RecordBatchHeader, now: Int64? = nil) {
        guard header.hasProducer else { return }
        var producer = known(header)
        // What the coordinator writes into a transaction is not counted.
        if header.baseSequence >= 0 {
            if producer.batches.count == Self.batchesRemembered { producer.batches.removeFirst() }
            producer.batches.append(
                BatchMemory(
                    lastSequence: header.lastSequence, lastOffset: header.lastOffset,
                    offsetDelta: header.lastOffsetDelta, timestamp: header.maxTimestamp))
        }
        producer.lastTimestamp = header.maxTimestamp
        producer.lastSeen = now ?? header.maxTimestamp
        if header.isTransactional, producer.transactionFirstOffset == nil {
            producer.transactionFirstOffset = header.baseOffset
        }
        producers[header.producerID] = producer
    }

    /// Notes the marker that ends a producer's transaction.
    ///
    /// - Returns: the transaction, where it was aborted and had any records.
    mutating func note(_ marker: EndTransactionMarker, in header: RecordBatchHeader) -> AbortedTransaction? {
        var producer = known(header)
        let first = producer.transactionFirstOffset
        producer.transactionFirstOffset = nil
        producer.coordinatorEpoch = marker.coordinatorEpoch
        producer.lastTimestamp = header.maxTimestamp
        producer.lastSeen = max(producer.lastSeen, header.maxTimestamp)
        producers[header.producerID] = producer
        guard let first else { return nil }
        ended.append(Ended(firstOffset: first, markerOffset: header.baseOffset))
        guard !marker.isCommit else { return nil }
        let open = producers.values.compactMap(\.transactionFirstOffset).min()
        return AbortedTransaction(
            producerID: header.producerID, firstOffset: first, lastOffset: header.baseOffset,
            lastStableOffset: min(open ?? header.baseOffset + 1, header.baseOffset + 1))
    }

    /// Notes a batch as it is read from the log, markers included.
    ///
    /// - Returns: the transaction that it aborts, if it does.
    mutating func replay(_ batch: RecordBatchView, _ scratch: inout RecordScratch) throws
        -> AbortedTransaction?
    {
        guard batch.header.hasProducer else { return nil }
        guard batch.header.isControl else {
            note(batch.header)
            return nil
        }
        guard let marker = try EndTransactionMarker(batch, &scratch) else { return nil }
        return note(marker, in: batch.header)
    }

    /// Where the first transaction begins that is open, or whose marker readers do not see yet.
    mutating func firstUndecidedOffset(highWatermark: Offset) -> Offset? {
        ended.removeAll { $0.markerOffset < highWatermark }
        return Self.earlier(openTransactionStart, ended.lazy.map(\.firstOffset).min())
    }

    /// Where the first open transaction begins.
    var openTransactionStart: Offset? { producers.values.lazy.compactMap(\.transactionFirstOffset).min() }

    /// The epoch that a coordinator's marker must not be older than.
    func epoch(of producerID: Int64) -> Int16? { producers[producerID]?.epoch }

    /// Forgets the producers that have written nothing for long and have no transaction open.
    mutating func expire(now: Int64) {
        producers = producers.filter {
            $0.value.transactionFirstOffset != nil
                || now.minus($0.value.lastSeen) <= Self.expirationMilliseconds
        }
    }

    private static func earlier(_ one: Offset?, _ other: Offset?) -> Offset? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    init() {}

    init(producers: [Int64: Producer]) {
        self.producers = producers
    }
}
