/// One consumer group: its members, its generation, and where it stands in the classic rebalance protocol.
///
/// Not thread-safe; `GroupCoordinator` guards it. What its methods return wakes those who wait, and is to be carried
/// out once the guard is left.
struct ConsumerGroup {
    /// Kafka's states of a group, but for `Dead`: such a group is not there.
    enum Phase: String, Sendable {
        case empty = "Empty"
        /// Members are to join again.
        case preparingRebalance = "PreparingRebalance"
        /// All have joined; the leader is sharing out partitions.
        case completingRebalance = "CompletingRebalance"
        case stable = "Stable"
    }

    struct Member {
        var request: GroupCoordinator.JoinRequest
        var assignment: [UInt8] = []
        var lastHeard: Int64
        var joining: CheckedContinuation<GroupCoordinator.JoinResponse, any Error>?
        var syncing: CheckedContinuation<[UInt8], any Error>?

        var id: String { request.memberID }

        func deadline() -> Int64 { lastHeard.plus(Int64(request.sessionTimeoutMilliseconds)) }
    }

    enum Wake: Sendable {
        case joined(
            CheckedContinuation<GroupCoordinator.JoinResponse, any Error>,
            Result<GroupCoordinator.JoinResponse, any Error>)
        case synced(CheckedContinuation<[UInt8], any Error>, Result<[UInt8], any Error>)

        func callAsFunction() {
            switch self {
            case .joined(let waiter, let result): waiter.resume(with: result)
            case .synced(let waiter, let result): waiter.resume(with: result)
            }
        }
    }

    let name: String
    private(set) var phase = Phase.empty
    private(set) var protocolType = ""
    private(set) var generation: Int32 = 0
    private(set) var protocolName: String?
    private(set) var leader: String?
    private(set) var members: [Member] = []
    private var rebalanceDeadline: Int64 = 0
    var offsets: [TopicPartition: CommittedOffset] = [:]
    /// Since when the group has had no members, in milliseconds since 1970; `nil` where it never had any.
    var emptySince: Int64?

    init(_ name: String) {
        self.name = name
    }

    private func index(_ id: String) -> Int? { members.firstIndex { $0.id == id } }

    // MARK: Joining

    mutating func join(
        _ request: GroupCoordinator.JoinRequest, now: Int64,
        _ waiter: CheckedContinuation<GroupCoordinator.JoinResponse, any Error>, isNew: Bool
    ) -> [Wake] {
        if let instance = request.instanceID, !isNew,
            let member = members.first(where: { $0.request.instanceID == instance }),
            member.id != request.memberID
        {
            let fenced = LogError(
                .fencedInstanceID, "instance \(instance) of group \(name) is member \(member.id) now")
            return [.joined(waiter, .failure(fenced))]
        }
        guard members.isEmpty || (protocolType == request.protocolType && !common(with: request).isEmpty)
        else {
            return [
                .joined(
                    waiter,
                    .failure(
                        LogError(
                            .inconsistentGroupProtocol,
                            "group \(name) shares no assignor of \(request.protocolType) with the member")))
            ]
        }
        protocolType = request.protocolType
        var wakes: [Wake] = []
        if let index = index(request.memberID) {
            if let old = members[index].joining {
                wakes.append(.joined(old, .failure(unknownMember(request.memberID))))
            }
            members[index].request = request
            members[index].lastHeard = now
            members[index].joining = waiter
        } else {
            guard isNew else { return [.joined(waiter, .failure(unknownMember(request.memberID)))] }
            if let instance = request.instanceID,
                let index = members.firstIndex(where: { $0.request.instanceID == instance })
            {
                return replace(index, with: request, now: now, waiter)
            }
            members.append(Member(request: request, lastHeard: now, joining: waiter))
        }
        if phase != .preparingRebalance { wakes += prepareRebalance(now: now) }
        return wakes + completeJoinIfAllAreHere(now: now)
    }

    /// A static member came back with another id: where it wants the same as before, it goes on with what it
    /// had, and nobody else notices (KIP-345).
    private mutating func replace(
        _ index: Int, with request: GroupCoordinator.JoinRequest, now: Int64,
        _ waiter: CheckedContinuation<GroupCoordinator.JoinResponse, any Error>
    ) -> [Wake] {
        let old = members[index]
        var wakes: [Wake] = []
        let fenced = LogError(
            .fencedInstanceID, "instance \(request.instanceID ?? "") of group \(name) has a new member")
        if let joining = old.joining { wakes.append(.joined(joining, .failure(fenced))) }
        if let syncing = old.syncing { wakes.append(.synced(syncing, .failure(fenced))) }
        let wantsTheSame = topics(of: old.request) == topics(of: request)
        members[index] = Member(request: request, assignment: old.assignment, lastHeard: now)
        if leader == old.id { leader = request.memberID }
        if phase == .stable, wantsTheSame {
            return wakes + [.joined(waiter, .success(response(for: members[index], skipsAssignment: true)))]
        }
        members[index].joining = waiter
        if phase != .preparingRebalance { wakes += prepareRebalance(now: now) }
        return wakes + completeJoinIfAllAreHere(now: now)
    }

    /// What a member wants to read, by the assignor that was chosen; `nil` where it does not know that.
    private func topics(of request: GroupCoordinator.JoinRequest) -> [String]? {
        request.protocols.first { $0.name == protocolName }.flatMap {
            try? ConsumerSubscription(reading: $0.metadata).topics.sorted()
        }
    }

    private func common(with request: GroupCoordinator.JoinRequest?) -> [String] {
        let all = members.filter { $0.id != request?.memberID }.map(\.request) + (request.map { [$0] } ?? [])
        guard let first = all.first else { return [] }
        return first.protocols.map(\.name).filter { name in
            all.allSatisfy { $0.protocols.contains { $0.name == name } }
        }
    }

    private mutating func prepareRebalance(now: Int64) -> [Wake] {
        phase = .preparingRebalance
        let timeout = members.map(\.request.rebalanceTimeoutMilliseconds).max() ?? 0
        rebalanceDeadline = now.plus(Int64(timeout))
        return members.indices.compactMap { index in
            defer { members[index].syncing = nil }
            return members[index].syncing.map { .synced($0, .failure(rebalancing)) }
        }
    }

    private mutating func completeJoinIfAllAreHere(now: Int64) -> [Wake] {
        guard phase == .preparingRebalance, members.allSatisfy({ $0.joining != nil }) else { return [] }
        return completeJoin(now: now)
    }

    private mutating func completeJoin(now: Int64) -> [Wake] {
        generation += 1
        guard !members.isEmpty else {
            phase = .empty
            (protocolName, leader) = (nil, nil)
            return []
        }
        phase = .completingRebalance
        let candidates = common(with: nil)
        // Each member votes for the one of them that it names first.
        let votes = members.compactMap { member in
            member.request.protocols.first { candidates.contains($0.name) }?.name
        }
        protocolName = candidates.max { one, other in
            let (left, right) = (votes.count { $0 == one }, votes.count { $0 == other })
            return left == right
                ? candidates.firstIndex(of: one) ?? 0 > candidates.firstIndex(of: other) ?? 0 : left < right
        }
        if index(leader ?? "").map({ members[$0].joining == nil }) ?? true {
            leader = members.first { $0.joining != nil }?.id ?? members[0].id
        }
        return members.indices.compactMap { index in
            members[index].lastHeard = now
            defer { members[index].joining = nil }
            return members[index].joining.map {
                .joined($0, .success(response(for: members[index], skipsAssignment: false)))
            }
        }
    }

    private func response(for member: Member, skipsAssignment: Bool) -> GroupCoordinator.JoinResponse {
        let name = protocolName ?? ""
        let isLeader = member.id == leader
        return GroupCoordinator.JoinResponse(
            memberID: member.id, generation: generation, protocolName: name, leader: leader ?? "",
            members: isLeader
                ? members.map { other in
                    .init(
                        id: other.id, instanceID: other.request.instanceID,
                        metadata: other.request.protocols.first { $0.name == name }?.metadata ?? [])
                } : [],
            skipsAssignment: skipsAssignment)
    }

    // MARK: Sharing out

    /// - Parameter store: makes the new generation last; where it throws, all have to join again.
    mutating func sync(
        _ call: GroupCoordinator.MemberCall, assignments: [String: [UInt8]], now: Int64,
        _ waiter: CheckedContinuation<[UInt8], any Error>, store: (ConsumerGroup) throws -> Void
    ) -> [Wake] {
        let index: Int
        do { index = try check(call) } catch { return [.synced(waiter, .failure(error))] }
        members[index].lastHeard = now
        switch phase {
        case .stable: return [.synced(waiter, .success(members[index].assignment))]
        case .completingRebalance: break
        case .empty, .preparingRebalance: return [.synced(waiter, .failure(rebalancing))]
        }
        members[index].syncing = waiter
        guard call.memberID == leader else { return [] }
        for index in members.indices { members[index].assignment = assignments[members[index].id] ?? [] }
        phase = .stable
        do {
            try store(self)
        } catch {
            phase = .completingRebalance
            return members.indices.compactMap { index in
                defer { members[index].syncing = nil }
                return members[index].syncing.map { .synced($0, .failure(error)) }
            } + prepareRebalance(now: now)
        }
        return members.indices.compactMap { index in
            defer { members[index].syncing = nil }
            return members[index].syncing.map { .synced($0, .success(members[index].assignment)) }
        }
    }

    // MARK: Staying and leaving

    mutating func heartbeat(_ call: GroupCoordinator.MemberCall, now: Int64) throws {
        let index = try check(call)
        members[index].lastHeard = now
        if phase == .preparingRebalance { throw rebalancing }
    }

    /// Checks that a call comes from a member of this generation; its index.
    func check(_ call: GroupCoordinator.MemberCall) throws -> Int {
        if let instance = call.instanceID,
            let member = members.first(where: { $0.request.instanceID == instance }),
            member.id != call.memberID
        {
            throw LogError(
                .fencedInstanceID, "instance \(instance) of group \(name) is member \(member.id) now")
        }
        guard let index = index(call.memberID) else { throw unknownMember(call.memberID) }
        guard call.generation == generation else {
            throw LogError(
                .illegalGeneration,
                "group \(name) is in generation \(generation), not \(call.generation)")
        }
        return index
    }

    /// Puts a member out; `nil` where there is no such member.
    mutating func remove(_ id: String, instanceID: String? = nil, now: Int64, reason: any Error) -> [Wake]? {
        let found = instanceID.flatMap { instance in
            members.firstIndex { $0.request.instanceID == instance && (id.isEmpty || $0.id == id) }
        }
        guard let index = found ?? (instanceID == nil ? index(id) : nil) else { return nil }
        let member = members.remove(at: index)
        var wakes: [Wake] = []
        if let joining = member.joining { wakes.append(.joined(joining, .failure(reason))) }
        if let syncing = member.syncing { wakes.append(.synced(syncing, .failure(reason))) }
        if phase == .stable || phase == .completingRebalance { wakes += prepareRebalance(now: now) }
        return wakes + completeJoinIfAllAreHere(now: now)
    }

    /// Puts out the members that have not been heard of for too long, and goes on without those that have not
    /// joined again in time.
    mutating func expire(now: Int64) -> [Wake] {
        var wakes: [Wake] = []
        for member in members where member.joining == nil && member.syncing == nil && member.deadline() < now
        {
            wakes += remove(member.id, now: now, reason: unknownMember(member.id)) ?? []
        }
        if phase == .preparingRebalance, rebalanceDeadline < now,
            members.contains(where: { $0.joining != nil })
        {
            for member in members where member.joining == nil && member.request.instanceID == nil {
                wakes += remove(member.id, now: now, reason: unknownMember(member.id)) ?? []
            }
            if phase == .preparingRebalance { wakes += completeJoin(now: now) }
        }
        return wakes
    }

    private var rebalancing: LogError {
        LogError(.rebalanceInProgress, "group \(name) is changing its members: join again")
    }

    private func unknownMember(_ id: String) -> LogError {
        LogError(.unknownMemberID, "group \(name) has no member '\(id)': join again")
    }

    // MARK: Keeping

    /// What is written down of the group.
    func metadata(timestamp: Int64) -> GroupMetadata {
        GroupMetadata(
            protocolType: protocolType, generation: generation, protocolName: protocolName, leader: leader,
            timestamp: timestamp,
            members: phase == .empty
                ? []
                : members.map { member in
                    GroupMetadata.Member(
                        id: member.id, instanceID: member.request.instanceID,
                        clientID: member.request.clientID, clientHost: member.request.clientHost,
                        rebalanceTimeout: Int32(clamping: member.request.rebalanceTimeoutMilliseconds),
                        sessionTimeout: Int32(clamping: member.request.sessionTimeoutMilliseconds),
                        subscription: member.request.protocols.first { $0.name == protocolName }?.metadata
                            ?? [],
                        assignment: member.assignment)
                })
    }

    /// Takes up a group as it was written down. Its members have until their sessions' end to be heard of.
    ///
    /// - Parameter withMembers: whether they may still be there: who has the log for itself knows that they are not.
    mutating func restore(_ metadata: GroupMetadata, withMembers: Bool, now: Int64) {
        protocolType = metadata.protocolType
        generation = metadata.generation
        protocolName = metadata.protocolName
        leader = metadata.leader
        members = (withMembers ? metadata.members : []).map { member in
            Member(
                request: GroupCoordinator.JoinRequest(
                    group: name, memberID: member.id, instanceID: member.instanceID,
                    clientID: member.clientID, clientHost: member.clientHost,
                    protocolType: metadata.protocolType,
                    protocols: [.init(name: metadata.protocolName ?? "", metadata: member.subscription)],
                    sessionTimeoutMilliseconds: Int(member.sessionTimeout),
                    rebalanceTimeoutMilliseconds: Int(member.rebalanceTimeout)),
                assignment: member.assignment, lastHeard: now)
        }
        phase = members.isEmpty ? .empty : .stable
        emptySince = members.isEmpty ? metadata.timestamp : nil
        if members.isEmpty { (protocolName, leader) = (nil, nil) }
    }
}
