import Synchronization

extension Consumer {
    /// Who this consumer is in its group; `nil` where it is no member.
    var memberCall: GroupCoordinator.MemberCall? {
        state.withLock { state in
            state.membership.map {
                GroupCoordinator.MemberCall(
                    memberID: $0.memberID, instanceID: options.instanceID, generation: $0.generation)
            }
        }
    }

    /// Whether an error says that the member has to join again.
    static func asksToJoin(_ error: LogError) -> Bool {
        [.rebalanceInProgress, .illegalGeneration, .unknownMemberID].contains(error.code)
    }

    /// Says that it is alive, and notes where a rebalance is asked for.
    func beat() {
        guard let group = options.group, let call = memberCall else { return }
        do {
            try log.groups.heartbeat(group, call)
            // A topic may have got more partitions since the leader shared them out.
            let shared = state.withLock { $0.shared }
            if !shared.isEmpty, shared != partitions(of: shared.keys) {
                state.withLock { $0.mustJoin = true }
                log.directory.signal.notify()
            }
        } catch let error as LogError where Self.asksToJoin(error) {
            if error.code == .rebalanceInProgress {
                state.withLock { $0.mustJoin = true }
            } else {
                lose(error)
            }
            log.directory.signal.notify()
        } catch {
            // Somebody else goes by this instance's name now.
            state.withLock { $0.failure = error }
            log.directory.signal.notify()
        }
    }

    private func partitions(of topics: some Sequence<String>) -> [String: [Int32]] {
        topics.reduce(into: [:]) { $0[$1] = log.directory.partitionNumbers(of: $1) }
    }

    /// Gives up a membership that is none any more.
    func lose(_ error: LogError) {
        let lost = state.withLock { state in
            state.mustJoin = !options.topics.isEmpty
            guard error.code != .rebalanceInProgress else { return [TopicPartition]() }
            if error.code == .unknownMemberID { state.membership = nil }
            state.membership?.generation = -1
            return Self.drop(state.assigned, &state)
        }
        if !lost.isEmpty { options.onRebalance?(.lost(lost)) }
    }

    private static func drop(_ partitions: [TopicPartition], _ state: inout State) -> [TopicPartition] {
        for id in partitions {
            state.buffers[id] = nil
            state.positions[id] = nil
            state.consumed[id] = nil
            state.finished[id] = nil
            state.moves[id, default: 0] += 1
            state.committed[id] = nil
            state.paused.remove(id)
        }
        state.assigned.removeAll { partitions.contains($0) }
        return partitions
    }

    /// Joins the group, and again until its assignment is settled.
    func join() async throws {
        guard let group = options.group else { return }
        if options.autoCommitInterval != nil { try await commitOrRejoin() }
        // Who may work with an eager assignor gives up everything before it joins.
        let isCooperative = options.assignors.allSatisfy { $0 == .cooperativeSticky }
        if !isCooperative { revoke(assignment) }
        while !state.withLock({ $0.isClosed }) {
            do {
                let joined = try await log.groups.join(request(group))
                let call = GroupCoordinator.MemberCall(
                    memberID: joined.memberID, instanceID: options.instanceID, generation: joined.generation)
                state.withLock { state in
                    state.membership = Membership(
                        memberID: joined.memberID, generation: joined.generation)
                    state.mustJoin = false
                }
                // Closed meanwhile, it must not stay behind as a member that reads nothing.
                if state.withLock({ $0.isClosed }) { return leave() }
                let shares = try shareOut(joined)
                let mine = try await log.groups.sync(group, call, assignments: shares)
                if try take(ConsumerAssignment(reading: mine).partitions) { continue }
                startHeartbeats()
                if state.withLock({ $0.isClosed }) { leave() }
                return
            } catch let error as LogError where Self.asksToJoin(error) {
                if error.code == .unknownMemberID { lose(error) }
            }
        }
    }

    private func request(_ group: String) -> GroupCoordinator.JoinRequest {
        let (memberID, owned, generation) = state.withLock { state in
            (state.membership?.memberID ?? "", state.assigned, state.membership?.generation ?? -1)
        }
        let subscription = ConsumerSubscription(
            topics: options.topics, ownedPartitions: owned, generation: generation)
        return GroupCoordinator.JoinRequest(
            group: group, memberID: memberID, instanceID: options.instanceID, clientID: options.clientID,
            protocols: options.assignors.map { .init(name: $0.rawValue, metadata: subscription.encoded) },
            sessionTimeoutMilliseconds: options.sessionTimeoutMilliseconds,
            rebalanceTimeoutMilliseconds: options.rebalanceTimeoutMilliseconds)
    }

    /// What the leader gives to each member; nothing for the others to say.
    private func shareOut(_ joined: GroupCoordinator.JoinResponse) throws -> [String: [UInt8]] {
        state.withLock { $0.shared = [:] }
        guard !joined.members.isEmpty, !joined.skipsAssignment else { return [:] }
        guard let assignor = Assignor(rawValue: joined.protocolName) else {
            throw LogError(
                .inconsistentGroupProtocol,
                "the group uses assignor \(joined.protocolName), which is unknown here")
        }
        var subscriptions: [String: ConsumerSubscription] = [:]
        for member in joined.members {
            subscriptions[member.id] = try ConsumerSubscription(reading: member.metadata)
        }
        let partitions = partitions(of: Set(subscriptions.values.flatMap(\.topics)))
        state.withLock { $0.shared = partitions }
        return assignor.assign(subscriptions, partitions: partitions).mapValues {
            ConsumerAssignment($0).encoded
        }
    }

    private func revoke(_ partitions: [TopicPartition]) {
        guard !partitions.isEmpty else { return }
        state.withLock { _ = Self.drop(partitions, &$0) }
        options.onRebalance?(.revoked(partitions))
    }

    /// Takes up what it was given; whether it had to give up something, so that the group has to share out once
    /// more.
    private func take(_ partitions: [TopicPartition]) -> Bool {
        let before = assignment
        let gone = before.filter { !partitions.contains($0) }
        let new = partitions.filter { !before.contains($0) }
        revoke(gone)
        state.withLock { state in
            _ = Self.drop(new, &state)
            state.assigned = partitions.sorted()
        }
        if !new.isEmpty || before.isEmpty { options.onRebalance?(.assigned(new)) }
        return !gone.isEmpty
    }
}

extension Consumer {
    /// What comes, batch by batch. A batch counts as handed out once it is.
    public struct Batches: AsyncSequence, Sendable {
        /// A batch.
        public typealias Element = ConsumedBatch
        let consumer: Consumer

        /// The iterator.
        public struct AsyncIterator: AsyncIteratorProtocol {
            let consumer: Consumer

            /// The next batch; `nil` once the consumer is closed.
            public mutating func next() async throws -> ConsumedBatch? { try await consumer.nextBatch() }
        }

        /// Begins where the consumer stands.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(consumer: consumer) }
    }

    /// What comes, record by record. A record counts as handed out once it is.
    public struct Records: AsyncSequence, Sendable {
        /// A record.
        public typealias Element = ConsumedRecord
        let consumer: Consumer

        /// The iterator.
        public struct AsyncIterator: AsyncIteratorProtocol {
            let consumer: Consumer
            private var batch: ConsumedBatch?
            private var waiting: ArraySlice<ConsumedRecord> = []

            init(_ consumer: Consumer) {
                self.consumer = consumer
            }

            /// The next record; `nil` once the consumer is closed.
            public mutating func next() async throws -> ConsumedRecord? {
                consumer.noteFinished()
                while true {
                    if let batch, !consumer.isCurrent(batch) {
                        waiting = []
                        self.batch = nil
                    }
                    if !consumer.isShuttingDown, let record = waiting.popFirst() {
                        consumer.noteConsumed(record.topicPartition, record.offset + 1)
                        return record
                    }
                    // What a batch has behind its last record, markers for one, is passed with it.
                    if let batch, waiting.isEmpty {
                        consumer.noteConsumed(batch.topicPartition, batch.nextOffset)
                    }
                    (batch, waiting) = (nil, [])
                    guard let next = try await consumer.fetchNext() else { return nil }
                    waiting = try next.records[...]
                    batch = next
                }
            }
        }

        /// Begins where the consumer stands.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(consumer) }
    }
}
