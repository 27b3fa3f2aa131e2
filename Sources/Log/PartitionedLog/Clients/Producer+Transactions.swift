import Synchronization

extension Producer {
    /// Begins a transaction: what is sent from now on counts when it is committed, all of it or nothing.
    ///
    /// - Throws: `LogError` with code `invalidTransactionState` where one is open, or the producer has no
    ///   transactional id.
    public func beginTransaction() throws {
        _ = try transactionalID()
        try state.withLock { state in
            if let fatal = state.fatal { throw fatal }
            guard state.transaction == .none else {
                throw LogError(.invalidTransactionState, "a transaction is open already")
            }
            state.transaction = .open
            state.partitionsInTransaction = []
        }
    }

    /// Commits a consumer's offsets with the transaction, so that what was read and what was made of it go
    /// together.
    ///
    /// - Parameter consumer: whose group it is; its membership is checked.
    /// - Throws: as `TransactionCoordinator.sendOffsets`.
    public func sendOffsets(_ offsets: [TopicPartition: CommittedOffset], of consumer: Consumer) async throws
    {
        guard let group = consumer.options.group else {
            throw LogError(.invalidGroupID, "the consumer is in no group")
        }
        try await sendOffsets(offsets, group: group, by: consumer.memberCall)
    }

    /// The same for a group by its name.
    public func sendOffsets(
        _ offsets: [TopicPartition: CommittedOffset], group: String,
        by call: GroupCoordinator.MemberCall? = nil
    ) async throws {
        let id = try transactionalID()
        let identity = try state.withLock { try Self.requireOpen(&$0) }
        try await log.waitForDisk { [log] in
            try log.transactions.sendOffsets(offsets, of: group, by: call, with: id, identity)
        }
    }

    /// Sends what is waiting and commits the transaction.
    ///
    /// - Throws: `LogError` with code `producerFenced`, after which the producer is of no more use; or the
    ///   error of a batch that could not be sent, after which the transaction can only be aborted.
    public func commitTransaction() async throws {
        _ = try transactionalID()
        // From here on nothing more is taken in: it would come behind the marker.
        try state.withLock { state in
            _ = try Self.requireOpen(&state)
            state.transaction = .ending
        }
        do {
            try await flush()
        } catch {
            state.withLock { $0.transaction = .failed }
            throw error
        }
        try await end(commit: true)
    }

    /// Aborts the transaction: what was sent in it does not count.
    ///
    /// - Throws: `LogError` with code `producerFenced`.
    public func abortTransaction() async throws {
        try state.withLock { state in
            guard state.transaction != .none else {
                throw LogError(.invalidTransactionState, "no transaction is open")
            }
            state.transaction = .ending
        }
        try? await flush()
        try await end(commit: false)
    }

    private func end(commit isCommit: Bool) async throws {
        let id = try transactionalID()
        let (identity, isEmpty) = state.withLock { ($0.identity, $0.partitionsInTransaction.isEmpty) }
        guard let identity else { return }
        do {
            try await log.waitForDisk { [log] in
                do {
                    try log.transactions.end(id, identity, commit: isCommit)
                } catch let error as LogError where error.code == .invalidTransactionState && isEmpty {
                    // Nothing was sent, so the coordinator does not know of it.
                }
            }
        } catch let error as LogError where error.code == .producerFenced {
            state.withLock { $0.fatal = error }
            throw error
        } catch {
            // It can be tried again, to the same end.
            state.withLock { $0.transaction = isCommit ? .open : .failed }
            throw error
        }
        state.withLock { state in
            state.transaction = .none
            state.partitionsInTransaction = []
        }
    }

    /// Tells the coordinator of a partition before the first record goes there.
    func takeIntoTransaction(_ partition: TopicPartition, _ state: inout State) throws {
        guard let id = options.transactionalID else { return }
        let identity = try Self.requireOpen(&state)
        guard !state.partitionsInTransaction.contains(partition) else { return }
        do {
            try log.transactions.addPartitions([partition], to: id, identity)
        } catch let error as LogError where error.code == .producerFenced {
            state.fatal = error
            throw error
        }
        state.partitionsInTransaction.insert(partition)
    }

    private func transactionalID() throws -> String {
        guard let id = options.transactionalID else {
            throw LogError(
                .invalidTransactionState, "the producer has no transactional id; give it one in its options")
        }
        return id
    }

    private static func requireOpen(_ state: inout State) throws -> TransactionCoordinator.ProducerIdentity {
        if let fatal = state.fatal { throw fatal }
        switch state.transaction {
        case .open: break
        case .none:
            throw LogError(.invalidTransactionState, "no transaction is open: call beginTransaction first")
        case .ending: throw LogError(.invalidTransactionState, "the transaction is being ended")
        case .failed:
            throw LogError(
                .invalidTransactionState, "a batch of the transaction could not be sent: abort it")
        }
        guard let identity = state.identity else {
            throw LogError(.invalidTransactionState, "the producer has no identity")
        }
        return identity
    }
}
