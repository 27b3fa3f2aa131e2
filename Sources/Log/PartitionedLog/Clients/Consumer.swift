public import ServiceLifecycle
import Synchronization

/// Reads the records of topics, alone or as a member of a group that shares out their partitions.
///
/// Nothing is read ahead of what is asked for, so a slow reader is waited for. A member of a group sends its
/// heartbeats from a task of its own, and takes part in rebalances when the next batch is asked for. As a service it
/// leaves its group at a graceful shutdown, and its sequences end. Iterate it from one task at a time.
public final class Consumer: Sendable, Service {
    /// Where a partition is begun in which nothing has been committed: `auto.offset.reset`.
    public enum OffsetReset: Sendable, Equatable {
        /// At the oldest record.
        case earliest
        /// At what comes next.
        case latest
        /// At the first record of a time, in milliseconds since 1970, or later.
        case timestamp(Int64)
        /// Nowhere: it is an error.
        case none
    }

    /// What changes in what a member of a group reads.
    public enum RebalanceEvent: Sendable, Equatable {
        /// These are read from now on.
        case assigned([TopicPartition])
        /// These are read no more. What was read of them can still be committed.
        case revoked([TopicPartition])
        /// These are read no more, and somebody else may read them already.
        case lost([TopicPartition])
    }

    /// What a consumer can be told.
    public struct Options: Sendable {
        /// `group.id`; without one nothing is committed and nothing shared.
        public var group: String?
        /// The topics of which partitions are read.
        public var topics: [String]
        /// The partitions that are read, where it is not the group that says.
        public var partitions: [TopicPartition]
        /// `group.instance.id`: comes back after a restart without a rebalance.
        public var instanceID: String?
        /// `client.id`.
        public var clientID = "tapehouse"
        /// `isolation.level`.
        public var isolation = PartitionLog.Isolation.readUncommitted
        /// `auto.offset.reset`.
        public var offsetReset = OffsetReset.latest
        /// `max.partition.fetch.bytes`: the most that one batch brings, unless a single one is larger.
        public var fetchBytesMax = 1 << 20
        /// `fetch.min.bytes`: how much there must be before it is read.
        public var fetchBytesMin = 1
        /// `fetch.max.wait.ms`: for how long so much is waited for.
        public var fetchWaitMax = Duration.milliseconds(500)
        /// `auto.commit.interval.ms`, or `nil` to commit by hand.
        public var autoCommitInterval: Duration? = .seconds(5)
        /// `partition.assignment.strategy`, the best liked first.
        public var assignors: [Assignor] = [.range, .cooperativeSticky]
        /// `session.timeout.ms`.
        public var sessionTimeoutMilliseconds = 45_000
        /// `heartbeat.interval.ms`.
        public var heartbeatInterval = Duration.seconds(3)
        /// `max.poll.interval.ms`: how long the others wait for it in a rebalance.
        public var rebalanceTimeoutMilliseconds = 300_000
        /// Is told what changes.
        public var onRebalance: (@Sendable (RebalanceEvent) -> Void)?

        /// A member of a group that shares out the partitions of topics.
        public init(group: String, topics: [String]) {
            self.group = group
            self.topics = topics
            partitions = []
        }

        /// A reader of partitions by itself; with a group it can commit there.
        public init(partitions: [TopicPartition], group: String? = nil) {
            self.group = group
            topics = []
            self.partitions = partitions
        }
    }

    /// The consumer's options.
    public let options: Options
    let log: EmbeddedLog
    let state: Mutex<State>
    let heartbeats = Mutex<Task<Void, Never>?>(nil)

    struct State {
        var membership: Membership?
        var mustJoin: Bool
        var assigned: [TopicPartition] = []
        /// The offset that each partition is read from next.
        var positions: [TopicPartition: Offset] = [:]
        /// What has been handed out, which is what a commit commits.
        var consumed: [TopicPartition: Offset] = [:]
        /// What of it the caller is done with, since it has asked for more.
        var finished: [TopicPartition: Offset] = [:]
        /// How often each partition has been sought in, given or taken, so that what was fetched before is known.
        var moves: [TopicPartition: Int] = [:]
        /// Whether a graceful shutdown waits for the caller to be done with what it has.
        var isShuttingDown = false
        var committed: [TopicPartition: Offset] = [:]
        var paused: Set<TopicPartition> = []
        var turn = 0
        var lastCommit = ContinuousClock.now
        var isClosed = false
        /// What ended the membership for good.
        var failure: (any Error)?
        /// The partitions that the topics had that this member, the leader, has shared out.
        var shared: [String: [Int32]] = [:]
        /// Memory to fetch into, which also remembers where each partition's last fetch ended.
        var buffers: [TopicPartition: FetchBuffer] = [:]
    }

    struct Membership: Sendable {
        var memberID: String
        var generation: Int32
    }

    init(_ log: EmbeddedLog, _ options: Options) throws {
        self.log = log
        self.options = options
        if let group = options.group { try GroupCoordinator.validate(group: group) }
        for partition in options.partitions { _ = try log.directory.partition(partition) }
        let joins = !options.topics.isEmpty
        if joins, options.group == nil {
            throw LogError(.invalidGroupID, "who reads topics shares them with a group: name one")
        }
        var state = State(mustJoin: joins)
        state.assigned = options.partitions.sorted()
        self.state = Mutex(state)
    }

    deinit {
        heartbeats.withLock { $0?.cancel() }
    }

    // MARK: Reading

    /// The next batch of any of the partitions, waited for where there is none yet. The batch before it counts as done
    /// with.
    ///
    /// - Returns: `nil` once the consumer is closed.
    /// - Throws: `LogError`, among them `offsetOutOfRange` with `offsetReset` none, and `corruptMessage`;
    ///   `CancellationError`.
    public func nextBatch() async throws -> ConsumedBatch? {
        guard let batch = try await fetchNext() else { return nil }
        noteConsumed(batch.topicPartition, batch.nextOffset)
        return batch
    }

    /// The next batch, which has not been handed out yet.
    func fetchNext() async throws -> ConsumedBatch? {
        noteFinished()
        while true {
            try Task.checkCancellation()
            if state.withLock({ $0.isShuttingDown }) { try await close() }
            let (isClosed, failure) = state.withLock { ($0.isClosed, $0.failure) }
            if let failure { throw failure }
            if isClosed { return nil }
            try await autoCommit()
            if state.withLock({ $0.mustJoin }) { try await join() }
            let seen = log.directory.signal.current
            if let batch = try fetch(atLeast: options.fetchBytesMin) { return batch }
            await log.directory.signal.wait(after: seen, timeout: options.fetchWaitMax)
            // After the wait less will do.
            if options.fetchBytesMin > 1, let batch = try fetch(atLeast: 1) { return batch }
        }
    }

    /// What comes, batch by batch: the fast way.
    public var batches: Batches { Batches(consumer: self) }

    /// What comes, record by record.
    public var records: Records { Records(consumer: self) }

    /// Fetches from the partition whose turn it is that has something.
    private func fetch(atLeast minBytes: Int) throws -> ConsumedBatch? {
        let partitions = state.withLock { state in
            state.turn += 1
            let open = state.assigned.filter { !state.paused.contains($0) }
            guard !open.isEmpty else { return open }
            let first = state.turn % open.count
            return Array(open[first...] + open[..<first])
        }
        for id in partitions {
            let partition = try log.directory.partition(id)
            guard let offset = try readPosition(of: id) else { continue }
            let buffer = state.withLock { $0.buffers.removeValue(forKey: id) } ?? FetchBuffer()
            defer { state.withLock { $0.buffers[id] = buffer } }
            let fetched: PartitionLog.Fetched
            do {
                fetched = try partition.fetch(
                    from: offset, maxBytes: options.fetchBytesMax, isolation: options.isolation, into: buffer)
            } catch let error as LogError where error.code == .offsetOutOfRange {
                try reset(id, because: error)
                return try fetch(atLeast: minBytes)
            }
            guard fetched.nextOffset > offset, buffer.bytes.count >= minBytes else { continue }
            let move = state.withLock { state -> Int? in
                guard state.assigned.contains(id), state.positions[id] == offset else { return nil }
                state.positions[id] = fetched.nextOffset
                return state.moves[id, default: 0]
            }
            guard let move else { continue }
            return ConsumedBatch(id, from: offset, fetched, Array(buffer.bytes), move: move)
        }
        return nil
    }

    /// Notes that a caller has been handed what is before `offset`.
    func noteConsumed(_ id: TopicPartition, _ offset: Offset) {
        state.withLock { state in
            if state.assigned.contains(id) { state.consumed[id] = offset }
        }
    }

    /// Notes that the caller is done with all that it has been handed.
    func noteFinished() {
        state.withLock { $0.finished = $0.consumed }
    }

    /// Whether a batch is still the caller's to read: its partition was neither sought in nor given away since.
    func isCurrent(_ batch: ConsumedBatch) -> Bool {
        state.withLock {
            $0.assigned.contains(batch.topicPartition)
                && $0.moves[batch.topicPartition, default: 0] == batch.move
        }
    }

    var isShuttingDown: Bool { state.withLock { $0.isShuttingDown || $0.isClosed } }
}
