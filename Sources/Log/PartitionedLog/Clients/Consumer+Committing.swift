import ServiceLifecycle
import Synchronization

// What a consumer commits, and how it ends.
extension Consumer {
    /// Commits everything that has been handed out, what the caller has in hand included.
    ///
    /// - Throws: as `GroupCoordinator.commit`; `rebalanceInProgress` and the like say that somebody else reads
    ///   those records again.
    public func commit() async throws {
        try await commit(pendingOffsets(\.consumed))
    }

    func pendingOffsets(
        _ path: any KeyPath<State, [TopicPartition: Offset]> & Sendable
    ) -> [TopicPartition: CommittedOffset] {
        state.withLock { state in
            let committed = state.committed
            return state[keyPath: path].filter { committed[$0.key] != $0.value }
        }.mapValues { CommittedOffset($0) }
    }

    /// Commits these offsets: of each partition that of the next record that is wanted.
    ///
    /// - Throws: as `commit()`.
    public func commit(_ offsets: [TopicPartition: CommittedOffset]) async throws {
        guard let group = options.group, !offsets.isEmpty else { return }
        let call = memberCall
        try await log.waitForDisk { [log] in try log.groups.commit(group, offsets, by: call) }
        state.withLock { state in
            state.lastCommit = .now
            state.committed.merge(offsets.mapValues(\.offset)) { $1 }
        }
    }

    func autoCommit() async throws {
        guard let interval = options.autoCommitInterval, options.group != nil,
            state.withLock({ ContinuousClock.now - $0.lastCommit >= interval })
        else { return }
        try await commitOrRejoin()
    }

    /// Commits, and takes it that a member that is one no more has to join again.
    func commitOrRejoin() async throws {
        do {
            try await commit(pendingOffsets(\.finished))
        } catch let error as LogError where Self.asksToJoin(error) && !options.topics.isEmpty {
            lose(error)
        }
    }

    /// The offsets to commit for everything that has been handed out.
    public var consumedOffsets: [TopicPartition: CommittedOffset] {
        state.withLock { $0.consumed.mapValues { CommittedOffset($0) } }
    }

    // MARK: Ending

    /// How long a graceful shutdown waits for the caller to be done with what it has in hand.
    private static let shutdownWait = Duration.seconds(10)

    /// Waits for a graceful shutdown and closes, once the caller is done with what it has in hand: what it has not
    /// finished within ten seconds is not committed, so that it is read again.
    public func run() async throws {
        try? await gracefulShutdown()
        state.withLock { $0.isShuttingDown = true }
        log.directory.signal.notify()
        let deadline = ContinuousClock.now + Self.shutdownWait
        while ContinuousClock.now < deadline {
            if state.withLock({ $0.isClosed || $0.finished == $0.consumed }) { break }
            try? await Task.sleep(for: .milliseconds(5))
        }
        try await finish(\.finished)
    }

    /// Commits, where that is automatic, everything that has been handed out; leaves the group; ends the sequences.
    public func close() async throws {
        try await finish(\.consumed)
    }

    private func finish(_ committed: any KeyPath<State, [TopicPartition: Offset]> & Sendable) async throws {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        if wasClosed { return }
        stopHeartbeats()
        var failure: (any Error)?
        if options.autoCommitInterval != nil {
            do {
                try await commit(pendingOffsets(committed))
            } catch let error as LogError where Self.asksToJoin(error) {
                // Somebody else reads those records again.
            } catch {
                failure = error
            }
        }
        leave()
        log.directory.signal.notify()
        if let failure { throw failure }
    }

    /// Leaves the group; a static member stays, to come back.
    func leave() {
        guard let membership = state.withLock({ $0.membership }), let group = options.group,
            options.instanceID == nil
        else { return }
        try? log.groups.leave(group, memberID: membership.memberID)
    }

    func stopHeartbeats() {
        heartbeats.withLock { task in
            task?.cancel()
            task = nil
        }
    }

    /// Sends heartbeats until told to stop.
    func startHeartbeats() {
        heartbeats.withLock { task in
            task?.cancel()
            if state.withLock({ $0.isClosed }) { return }
            let interval = options.heartbeatInterval
            task = Task { [weak self] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: interval)
                    guard !Task.isCancelled, let self else { return }
                    beat()
                }
            }
        }
    }
}
