import Synchronization

/// Keeps consumer groups: who is in them, who reads which partition, and how far each has come (the classic protocol
/// of Kafka's group coordinator). What has to last is kept in the topic `__consumer_offsets`, in Kafka's records.
/// Thread-safe.
public final class GroupCoordinator: Sendable {
    /// Limits, in milliseconds.
    public struct Options: Sendable {
        /// The session timeouts that are taken: `group.min.session.timeout.ms` and `group.max.session.timeout.ms`.
        public var sessionTimeouts = 6_000...1_800_000
        /// How long offsets are kept once a group has no members: `offsets.retention.minutes`.
        public var offsetsRetentionMilliseconds: Int64 = 7 * 24 * 3_600_000
        /// Whether members of before a restart may still be there. Those of this process cannot be; those of clients
        /// that are connected to it can.
        public var restoresMembers = false
        /// A clock that never goes back, by which sessions end.
        public var uptime: @Sendable () -> Int64

        /// Kafka's limits.
        public init() {
            let start = ContinuousClock.now
            uptime = { Self.milliseconds(since: start) }
        }

        private static func milliseconds(since start: ContinuousClock.Instant) -> Int64 {
            let parts = (ContinuousClock.now - start).components
            return parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
        }
    }

    /// The longest text that may go with a committed offset, in bytes: `offset.metadata.max.bytes`.
    public static let metadataBytesMax = 4096

    /// What was wrong with records of the groups that could not be read, and so are not heeded.
    public let unreadable: [LogError]
    let log: LogDirectory
    let options: Options
    let state: Mutex<State>

    struct State {
        var groups: [String: ConsumerGroup] = [:]
        /// Offsets of transactions that are not decided yet, by producer.
        var pending: [Int64: [String: [TopicPartition: CommittedOffset]]] = [:]
    }

    /// Takes up the groups as `log` has them.
    public init(_ log: LogDirectory, options: Options = Options()) throws {
        self.log = log
        self.options = options
        var state = State()
        let now = options.uptime()
        unreadable = try InternalTopic.groups.replay(log) { header, record in
            try state.apply(record, header, restoresMembers: options.restoresMembers, now: now)
        }
        self.state = Mutex(state)
    }

    // MARK: Membership

    /// What a member brings when it joins.
    public struct JoinRequest: Sendable {
        /// One of the assignors that a member can work with, and what it has to say to it.
        public struct GroupProtocol: Equatable, Sendable {
            /// The assignor's name.
            public var name: String
            /// The member's subscription, encoded.
            public var metadata: [UInt8]

            /// An assignor and what the member says to it.
            public init(name: String, metadata: [UInt8]) {
                self.name = name
                self.metadata = metadata
            }
        }

        /// The group.
        public var group: String
        /// The id that the member was given before, or nothing.
        public var memberID: String
        /// The name under which the member comes back after a restart, where it is a static one.
        public var instanceID: String?
        /// What the client calls itself.
        public var clientID: String
        /// Where the client is.
        public var clientHost: String
        /// `consumer`.
        public var protocolType: String
        /// The member's assignors, the one it likes best first.
        public var protocols: [GroupProtocol]
        /// How long the member may be silent.
        public var sessionTimeoutMilliseconds: Int
        /// How long the others wait for it to join again.
        public var rebalanceTimeoutMilliseconds: Int

        /// A request.
        public init(
            group: String, memberID: String = "", instanceID: String? = nil, clientID: String,
            clientHost: String = "localhost", protocolType: String = "consumer", protocols: [GroupProtocol],
            sessionTimeoutMilliseconds: Int = 45_000, rebalanceTimeoutMilliseconds: Int = 300_000
        ) {
            self.group = group
            self.memberID = memberID
            self.instanceID = instanceID
            self.clientID = clientID
            self.clientHost = clientHost
            self.protocolType = protocolType
            self.protocols = protocols
            self.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
            self.rebalanceTimeoutMilliseconds = rebalanceTimeoutMilliseconds
        }
    }

    /// What a member learns when all have joined.
    public struct JoinResponse: Sendable {
        /// A member as the leader sees it.
        public struct Member: Sendable {
            /// Its id.
            public let id: String
            /// Its static name, if it has one.
            public let instanceID: String?
            /// Its subscription, encoded.
            public let metadata: [UInt8]
        }

        /// The member's id from now on.
        public let memberID: String
        /// The generation that begins.
        public let generation: Int32
        /// The assignor that all have in common.
        public let protocolName: String
        /// The id of the member that shares out the partitions.
        public let leader: String
        /// All members, for the leader; for the others none.
        public let members: [Member]
        /// Whether the leader is to share out nothing: a static member has come back, and all stays as it was.
        public let skipsAssignment: Bool
    }

    /// Who calls, and what it takes the group's generation to be.
    public struct MemberCall: Sendable {
        /// The member.
        public var memberID: String
        /// Its static name, if it has one.
        public var instanceID: String?
        /// The generation.
        public var generation: Int32

        /// A member's call.
        public init(memberID: String, instanceID: String? = nil, generation: Int32) {
            self.memberID = memberID
            self.instanceID = instanceID
            self.generation = generation
        }
    }

    /// Joins a group, and waits until all its members have.
    ///
    /// - Throws: `LogError` with code `invalidGroupID`, `invalidSessionTimeout`, `inconsistentGroupProtocol`,
    ///   `unknownMemberID` or `fencedInstanceID`; `CancellationError`, and then the member has left.
    public func join(_ request: JoinRequest) async throws -> JoinResponse {
        try Self.validate(group: request.group)
        guard options.sessionTimeouts.contains(request.sessionTimeoutMilliseconds) else {
            throw LogError(
                .invalidSessionTimeout,
                "a session timeout of \(request.sessionTimeoutMilliseconds) ms is outside "
                    + "\(options.sessionTimeouts.lowerBound) to \(options.sessionTimeouts.upperBound)")
        }
        guard !request.protocols.isEmpty else {
            throw LogError(.inconsistentGroupProtocol, "a member has to name an assignor at least")
        }
        expire()
        var named = request
        let isNew = request.memberID.isEmpty
        if isNew {
            var generator = SystemRandomNumberGenerator()
            named.memberID = "\(request.instanceID ?? request.clientID)-\(KafkaID(using: &generator).text)"
        }
        let joining = named
        // Who waits for the others must not wait for one that is never heard of again.
        let watch = Task { [self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(100))
                expire()
            }
        }
        defer { watch.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                change(joining.group) { group, now in
                    group.join(joining, now: now, waiter, isNew: isNew)
                }
                if Task.isCancelled { cancel(joining) }
            }
        } onCancel: {
            cancel(joining)
        }
    }

    private func cancel(_ request: JoinRequest) {
        change(request.group, onlyIfThere: true) { group, now in
            group.remove(request.memberID, now: now, reason: CancellationError()) ?? []
        }
    }

    /// Takes part in sharing out the partitions: the leader says who gets what, the others wait for it.
    ///
    /// - Parameter assignments: the leader's word by member, encoded; empty for the others.
    /// - Returns: what the caller got.
    /// - Throws: `LogError` with code `unknownMemberID`, `illegalGeneration`, `rebalanceInProgress` or
    ///   `fencedInstanceID`.
    public func sync(_ name: String, _ call: MemberCall, assignments: [String: [UInt8]] = [:]) async throws
        -> [UInt8]
    {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                change(name) { group, now in
                    group.sync(call, assignments: assignments, now: now, waiter) { try self.store($0) }
                }
                if Task.isCancelled { self.cancelSync(name, call) }
            }
        } onCancel: {
            cancelSync(name, call)
        }
    }

    private func cancelSync(_ name: String, _ call: MemberCall) {
        change(name, onlyIfThere: true) { group, now in
            group.remove(call.memberID, now: now, reason: CancellationError()) ?? []
        }
    }

    /// Says that a member is alive.
    ///
    /// - Throws: as `sync`; `rebalanceInProgress` asks to join again.
    public func heartbeat(_ name: String, _ call: MemberCall) throws {
        expire()
        let now = options.uptime()
        try state.withLock { state in
            guard state.groups[name] != nil else {
                throw LogError(.unknownMemberID, "there is no group \(name)")
            }
            try state.groups[name]?.heartbeat(call, now: now)
        }
    }

    /// Takes a member out of its group.
    ///
    /// - Throws: `LogError` with code `unknownMemberID`.
    public func leave(_ name: String, memberID: String, instanceID: String? = nil) throws {
        var isThere = false
        change(name, onlyIfThere: true) { group, now in
            let reason = LogError(.unknownMemberID, "the member has left group \(name)")
            let wakes = group.remove(memberID, instanceID: instanceID, now: now, reason: reason)
            isThere = wakes != nil
            return wakes ?? []
        }
        guard isThere else {
            throw LogError(.unknownMemberID, "group \(name) has no member '\(instanceID ?? memberID)'")
        }
    }

    /// Puts out members that are silent for too long, and forgets offsets that nobody wants any more.
    ///
    /// Called by `LogService` and by every consumer as it sends its heartbeats.
    public func expire() {
        let names = state.withLock { $0.groups.filter { !$0.value.members.isEmpty }.map(\.key) }
        for name in names {
            change(name, onlyIfThere: true) { group, now in group.expire(now: now) }
        }
    }

    /// Changes a group, writes down that it has lost its last member, and wakes those who wait.
    private func change(
        _ name: String, onlyIfThere: Bool = false,
        _ body: (inout ConsumerGroup, Int64) -> [ConsumerGroup.Wake]
    ) {
        let now = options.uptime()
        let wakes = state.withLock { state in
            if onlyIfThere, state.groups[name] == nil { return [ConsumerGroup.Wake]() }
            var group = state.groups[name] ?? ConsumerGroup(name)
            let hadMembers = !group.members.isEmpty
            let wakes = body(&group, now)
            if group.members.isEmpty, hadMembers {
                group.emptySince = log.clock()
                // Should this fail, the group is taken up with members that are never heard of again.
                try? store(group)
            }
            state.groups[name] = group
            return wakes
        }
        for wake in wakes { wake() }
    }

    /// Writes a group down.
    private func store(_ group: ConsumerGroup) throws {
        let now = log.clock()
        let entry = InternalTopic.Entry(
            key: GroupRecordKey.group(group.name).encoded, value: group.metadata(timestamp: now).encoded)
        let write = try InternalTopic.groups.append([entry], for: group.name, in: log, timestamp: now)
        try write.commit()
    }

    static func validate(group: String) throws {
        guard !group.isEmpty, group.utf8.count <= Int(Int16.max) else {
            throw LogError(.invalidGroupID, "a group's name has 1 to 32767 bytes")
        }
    }
}
