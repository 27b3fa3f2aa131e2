import DurableIO
import Synchronization

/// Gives out producer ids, and takes producers' transactions over several partitions to one end (KIP-98). What has to
/// last is kept in the topic `__transaction_state`, in Kafka's records. Thread-safe.
///
/// A transaction ends in three steps, so that a crash between them is finished at the next start: the decision is
/// written down, each partition gets its marker, and the end is written down.
public final class TransactionCoordinator: Sendable {
    /// A producer's id and its epoch: of those with one id only the latest epoch may write.
    public struct ProducerIdentity: Equatable, Sendable {
        /// The id.
        public let id: Int64
        /// The epoch.
        public let epoch: Int16

        /// An identity.
        public init(id: Int64, epoch: Int16) {
            self.id = id
            self.epoch = epoch
        }
    }

    /// The longest timeout that a producer can ask for: Kafka's `transaction.max.timeout.ms`.
    public static let timeoutMaxMilliseconds = 15 * 60_000
    /// How long a transactional id is remembered that nobody uses: `transactional.id.expiration.ms`.
    public static let expirationMilliseconds: Int64 = 7 * 24 * 3_600_000
    /// The epoch that the markers of this coordinator bear; there is never another.
    private static let coordinatorEpoch: Int32 = 0
    private static let producerIDBlock: Int64 = 1000
    /// The first id that is given out here. The ids that a broker goes on with when the directory is its own again are
    /// known to its controller alone, counted up from 0; it never comes as far as this. (Below 2^53, so that readers of
    /// JSON, whose numbers are doubles, see it as it is.)
    static let firstProducerID: Int64 = 1 << 52
    private static let producerIDFile = "next-producer-id"

    /// What was wrong with records of the transactions that could not be read, and so are not heeded.
    public let unreadable: [LogError]
    private let log: LogDirectory
    private let groups: GroupCoordinator
    private let state: Mutex<State>

    private struct State {
        var transactions: [String: TransactionMetadata] = [:]
        var producerIDs: Range<Int64> = 0..<0
    }

    /// Takes up the transactions as `log` has them, and finishes those whose end had been decided.
    public init(_ log: LogDirectory, groups: GroupCoordinator) throws {
        self.log = log
        self.groups = groups
        var transactions: [String: TransactionMetadata] = [:]
        unreadable = try InternalTopic.transactions.replay(log) { header, record in
            guard !header.isControl, let key = record.key,
                let id = try TransactionMetadata.transactionalID(key)
            else { return }
            transactions[id] = try record.value.map { try TransactionMetadata(reading: $0) }
        }
        state = Mutex(State(transactions: transactions))
        guard log.access == .readWrite else { return }
        try state.withLock { state in
            for id in state.transactions.keys {
                try finishDecided(id, &state)
            }
        }
    }

    /// Goes on with the end of a transaction that has been decided, where a marker could not be written.
    private func finishDecided(_ transactionalID: String, _ state: inout State) throws {
        switch state.transactions[transactionalID]?.phase {
        case .prepareCommit: try finish(transactionalID, isCommit: true, &state)
        case .prepareAbort, .prepareEpochFence: try finish(transactionalID, isCommit: false, &state)
        case .empty, .ongoing, .completeCommit, .completeAbort, .dead, nil: break
        }
    }

    // MARK: Producers

    /// An identity for a producer that is idempotent but has no transactions.
    public func makeProducer() throws -> ProducerIdentity {
        try log.requireWritable()
        return try state.withLock { ProducerIdentity(id: try nextProducerID(&$0), epoch: 0) }
    }

    /// The identity of the producer with a transactional id. Whoever had it before is shut out, and what it
    /// left open is aborted.
    ///
    /// - Throws: `LogError` with code `invalidTransactionTimeout` or `invalidRequest`.
    public func makeProducer(transactionalID: String, timeoutMilliseconds: Int = 60_000) throws
        -> ProducerIdentity
    {
        try log.requireWritable()
        guard !transactionalID.isEmpty, transactionalID.utf8.count <= Int(Int16.max) else {
            throw LogError(.invalidRequest, "a transactional id has 1 to 32767 bytes")
        }
        guard (1...Self.timeoutMaxMilliseconds).contains(timeoutMilliseconds) else {
            throw LogError(
                .invalidTransactionTimeout,
                "a transaction's timeout is 1 to \(Self.timeoutMaxMilliseconds) ms, not \(timeoutMilliseconds)"
            )
        }
        return try state.withLock { state in
            if state.transactions[transactionalID]?.phase == .ongoing {
                try fence(transactionalID, &state)
            }
            try finishDecided(transactionalID, &state)
            let now = log.clock()
            var transaction: TransactionMetadata
            if let known = state.transactions[transactionalID], known.epoch < Int16.max - 1 {
                transaction = known
                transaction.epoch += 1
            } else {
                transaction = TransactionMetadata(
                    producerID: try nextProducerID(&state), epoch: 0,
                    timeoutMilliseconds: Int32(timeoutMilliseconds), lastUpdate: now)
            }
            transaction.timeoutMilliseconds = Int32(timeoutMilliseconds)
            transaction.phase = .empty
            transaction.partitions = []
            transaction.start = -1
            try store(transactionalID, transaction, &state)
            return ProducerIdentity(id: transaction.producerID, epoch: transaction.epoch)
        }
    }

    /// Takes the next id of a block; blocks are written down before they are used, so that no id is given out
    /// twice.
    private func nextProducerID(_ state: inout State) throws -> Int64 {
        if state.producerIDs.isEmpty {
            let file = "\(log.path)/\(Self.producerIDFile)"
            var last = max(
                Self.firstProducerID - 1, state.transactions.values.map(\.producerID).max() ?? -1)
            if try log.fileSystem.kind(of: file) == .file {
                let text = String(decoding: try log.fileSystem.contents(of: file), as: UTF8.self)
                guard let stored = text.split(separator: "\n").first.flatMap({ Int64($0) }), stored > 0 else {
                    throw LogError(
                        .corruptMessage,
                        "\(file) holds no number; write one into it that is above all producer ids in use")
                }
                last = max(last, stored - 1)
            } else {
                last = max(last, log.largestProducerID)
            }
            guard last < Int64.max - Self.producerIDBlock else {
                throw LogError(
                    .storage, "\(log.path): producer id \(last) is in use, and behind it there are no more")
            }
            let next = last + 1
            try log.fileSystem.replaceContents(of: file, with: Array("\(next + Self.producerIDBlock)\n".utf8))
            state.producerIDs = next..<next + Self.producerIDBlock
        }
        return state.producerIDs.removeFirst()
    }

    // MARK: Transactions

    /// Takes partitions into the producer's transaction, which begins with the first of them. To be called
    /// before anything is written to them.
    ///
    /// - Throws: `LogError` with code `producerFenced`, `invalidProducerIDMapping`, `invalidTransactionState`
    ///   or `unknownTopicOrPartition`.
    public func addPartitions(
        _ partitions: [TopicPartition], to transactionalID: String, _ producer: ProducerIdentity
    ) throws {
        for partition in partitions where !LogDirectory.isInternal(partition.topic) {
            _ = try log.partition(partition)
        }
        try state.withLock { state in
            var transaction = try check(transactionalID, producer, state)
            switch transaction.phase {
            case .empty, .completeCommit, .completeAbort:
                transaction.phase = .ongoing
                transaction.partitions = []
                transaction.start = log.clock()
            case .ongoing:
                if transaction.partitions.isSuperset(of: partitions) { return }
            case .prepareCommit, .prepareAbort, .prepareEpochFence, .dead:
                throw concurrent(transactionalID)
            }
            transaction.partitions.formUnion(partitions)
            try store(transactionalID, transaction, &state)
        }
    }

    /// Commits a group's offsets with the transaction.
    ///
    /// - Parameter call: the member of the group that has read what the transaction depends on, or `nil`.
    /// - Throws: as `addPartitions` and `GroupCoordinator.commit`.
    public func sendOffsets(
        _ offsets: [TopicPartition: CommittedOffset], of group: String,
        by call: GroupCoordinator.MemberCall? = nil,
        with transactionalID: String, _ producer: ProducerIdentity
    ) throws {
        let home = TopicPartition(
            InternalTopic.groups.name, InternalTopic.groups.partitionNumber(for: group))
        try addPartitions([home], to: transactionalID, producer)
        let stamp = ProducerStamp(
            producerID: producer.id, producerEpoch: producer.epoch, baseSequence: -1, isTransactional: true)
        try groups.commit(group, offsets, call, stamp: stamp)
    }

    /// Ends the producer's transaction: when it returns, readers see all of it or nothing.
    ///
    /// To end one again as it was ended is no error.
    ///
    /// - Throws: `LogError` with code `producerFenced`, `invalidProducerIDMapping` or
    ///   `invalidTransactionState`.
    public func end(_ transactionalID: String, _ producer: ProducerIdentity, commit isCommit: Bool) throws {
        try state.withLock { state in
            var transaction = try check(transactionalID, producer, state)
            switch transaction.phase {
            case .ongoing: break
            case .prepareCommit where isCommit, .prepareAbort where !isCommit:
                return try finish(transactionalID, isCommit: isCommit, &state)
            case .completeCommit where isCommit, .completeAbort where !isCommit: return
            default:
                throw LogError(
                    .invalidTransactionState,
                    "\(transactionalID) has no transaction to \(isCommit ? "commit" : "abort"): it is "
                        + "\(transaction.phase)")
            }
            transaction.phase = isCommit ? .prepareCommit : .prepareAbort
            try store(transactionalID, transaction, &state)
            try finish(transactionalID, isCommit: isCommit, &state)
        }
    }

    /// Aborts the transactions that have been open for longer than their producers asked for, and forgets
    /// transactional ids that nobody uses.
    public func expire() throws {
        let now = log.clock()
        try state.withLock { state in
            for id in state.transactions.keys {
                try finishDecided(id, &state)
                guard let transaction = state.transactions[id] else { continue }
                if transaction.phase == .ongoing {
                    if transaction.start.plus(Int64(transaction.timeoutMilliseconds)) < now {
                        try fence(id, &state)
                    }
                } else if transaction.lastUpdate.plus(Self.expirationMilliseconds) < now {
                    let entry = InternalTopic.Entry(key: TransactionMetadata.key(id), value: nil)
                    _ = try InternalTopic.transactions.append([entry], for: id, in: log, timestamp: now)
                    state.transactions[id] = nil
                }
            }
        }
    }

    /// A transactional id and where its transaction stands.
    public struct Description: Sendable {
        /// The transactional id.
        public let transactionalID: String
        /// The producer's identity.
        public let producer: ProducerIdentity
        /// `empty`, `ongoing`, `completeCommit`, and so on.
        public let state: String
        /// The partitions in the transaction.
        public let partitions: [TopicPartition]
    }

    /// All transactional ids, sorted.
    public var descriptions: [Description] {
        state.withLock { $0.transactions }.sorted { $0.key < $1.key }.map { id, transaction in
            Description(
                transactionalID: id,
                producer: ProducerIdentity(id: transaction.producerID, epoch: transaction.epoch),
                state: "\(transaction.phase)", partitions: transaction.partitions.sorted())
        }
    }

    // MARK: Steps

    private func check(
        _ transactionalID: String, _ producer: ProducerIdentity, _ state: State
    ) throws -> TransactionMetadata {
        guard let transaction = state.transactions[transactionalID], transaction.producerID == producer.id
        else {
            throw LogError(
                .invalidProducerIDMapping,
                "producer \(producer.id) is not the one of transactional id \(transactionalID)")
        }
        guard transaction.epoch == producer.epoch else {
            throw LogError(
                .producerFenced,
                "\(transactionalID): epoch \(transaction.epoch) has taken over from epoch \(producer.epoch)")
        }
        return transaction
    }

    private func concurrent(_ transactionalID: String) -> LogError {
        LogError(
            .concurrentTransactions, "the last transaction of \(transactionalID) is still being ended")
    }

    private func store(
        _ transactionalID: String, _ transaction: TransactionMetadata, _ state: inout State
    ) throws {
        var stamped = transaction
        stamped.lastUpdate = log.clock()
        let entry = InternalTopic.Entry(
            key: TransactionMetadata.key(transactionalID), value: stamped.encoded)
        let write = try InternalTopic.transactions.append(
            [entry], for: transactionalID, in: log, timestamp: stamped.lastUpdate)
        try write.commit()
        state.transactions[transactionalID] = stamped
    }

    /// Shuts the producer out by a new epoch and aborts what it has open.
    private func fence(_ transactionalID: String, _ state: inout State) throws {
        guard var transaction = state.transactions[transactionalID] else { return }
        transaction.epoch += 1
        transaction.phase = .prepareEpochFence
        try store(transactionalID, transaction, &state)
        try finish(transactionalID, isCommit: false, &state)
    }

    /// Writes the markers, and that all is done.
    private func finish(_ transactionalID: String, isCommit: Bool, _ state: inout State) throws {
        guard var transaction = state.transactions[transactionalID] else { return }
        let marker = EndTransactionMarker(isCommit: isCommit, coordinatorEpoch: Self.coordinatorEpoch)
        for id in transaction.partitions.sorted() {
            // A topic may have been deleted meanwhile.
            guard let partition = try? log.partition(id) else { continue }
            let offset = try partition.appendMarker(
                marker, producerID: transaction.producerID, producerEpoch: transaction.epoch)
            try partition.commit(through: offset + 1)
        }
        groups.endTransaction(producerID: transaction.producerID, isCommit: isCommit)
        transaction.phase = isCommit ? .completeCommit : .completeAbort
        transaction.partitions = []
        try store(transactionalID, transaction, &state)
    }
}

extension LogDirectory {
    /// The largest id that a producer of any partition has, or -1.
    var largestProducerID: Int64 {
        let partitions = state.withLock { $0.partitions.values.map { $0 } }
        return partitions.reduce(-1) { largest, partition in
            max(largest, partition.state.withLock { $0.producers.producers.keys.max() ?? -1 })
        }
    }
}
