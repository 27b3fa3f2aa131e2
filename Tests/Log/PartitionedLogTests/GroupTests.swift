import Synchronization
import TestSupport
import Testing

@testable import PartitionedLog

@Suite struct GroupTests {
    private let directory: TemporaryDirectory
    private let log: EmbeddedLog
    private let uptime = TestClock(0)

    init() throws {
        directory = try TemporaryDirectory()
        var options = GroupCoordinator.Options()
        options.sessionTimeouts = 10...1_800_000
        let uptime = self.uptime
        options.uptime = { uptime.now }
        log = try EmbeddedLog(directory.path, groupOptions: options)
        try log.directory.createTopic("t", partitions: 6)
    }

    private func request(
        _ member: String = "", client: String, instance: String? = nil, _ protocols: [String] = ["range"],
        session: Int = 10_000, rebalance: Int = 60_000
    ) -> GroupCoordinator.JoinRequest {
        GroupCoordinator.JoinRequest(
            group: "g", memberID: member, instanceID: instance, clientID: client,
            protocols: protocols.map {
                .init(name: $0, metadata: ConsumerSubscription(topics: ["t"]).encoded)
            },
            sessionTimeoutMilliseconds: session, rebalanceTimeoutMilliseconds: rebalance)
    }

    private func call(_ joined: GroupCoordinator.JoinResponse) -> GroupCoordinator.MemberCall {
        GroupCoordinator.MemberCall(memberID: joined.memberID, generation: joined.generation)
    }

    /// Joins one member, then another, so that both are in generation 2, and shares out.
    private func twoMembers(rebalance: Int = 60_000) async throws -> (
        GroupCoordinator.JoinResponse, GroupCoordinator.JoinResponse
    ) {
        let groups = log.groups
        let first = try await groups.join(request(client: "a", rebalance: rebalance))
        #expect(first.generation == 1)
        #expect(first.leader == first.memberID)
        #expect(try await groups.sync("g", call(first), assignments: [first.memberID: [1]]) == [1])
        async let joiningB = groups.join(request(client: "b", rebalance: rebalance))
        try await eventually("a rebalance") { groups.describe("g")?.state == "PreparingRebalance" }
        #expect(
            #expect(throws: LogError.self) { try groups.heartbeat("g", call(first)) }?.code
                == .rebalanceInProgress)
        async let joiningA = groups.join(request(first.memberID, client: "a", rebalance: rebalance))
        let (a, b) = try await (joiningA, joiningB)
        #expect(a.generation == 2)
        #expect(b.generation == 2)
        #expect(a.leader == a.memberID)
        #expect(Set(a.members.map(\.id)) == [a.memberID, b.memberID])
        #expect(b.members.isEmpty)
        async let mineB = groups.sync("g", call(b))
        let mineA = try await groups.sync("g", call(a), assignments: [a.memberID: [2], b.memberID: [3]])
        #expect(mineA == [2])
        #expect(try await mineB == [3])
        return (a, b)
    }

    @Test func membersJoinShareOutAndLeave() async throws {
        let (a, b) = try await twoMembers()
        try log.groups.heartbeat("g", call(a))
        let description = try #require(log.groups.describe("g"))
        #expect(description.state == "Stable")
        #expect(description.members.map(\.clientID) == ["a", "b"])
        let old = GroupCoordinator.MemberCall(memberID: a.memberID, generation: 1)
        #expect(
            #expect(throws: LogError.self) { try log.groups.heartbeat("g", old) }?.code == .illegalGeneration)
        try log.groups.leave("g", memberID: b.memberID)
        #expect(
            #expect(throws: LogError.self) { try log.groups.heartbeat("g", call(b)) }?.code
                == .unknownMemberID)
        #expect(
            #expect(throws: LogError.self) { try log.groups.heartbeat("g", call(a)) }?.code
                == .rebalanceInProgress)
        try log.groups.leave("g", memberID: a.memberID)
        #expect(log.groups.describe("g")?.state == "Empty")
        #expect(
            #expect(throws: LogError.self) { try log.groups.leave("g", memberID: a.memberID) }?.code
                == .unknownMemberID)
    }

    @Test func aSilentMemberIsPutOut() async throws {
        let (a, b) = try await twoMembers()
        uptime.advance(9000)
        try log.groups.heartbeat("g", call(a))
        uptime.advance(2000)
        log.groups.expire()
        #expect(log.groups.describe("g")?.members.map(\.id) == [a.memberID])
        #expect(
            #expect(throws: LogError.self) { try log.groups.heartbeat("g", call(b)) }?.code
                == .unknownMemberID)
        let again = try await log.groups.join(request(a.memberID, client: "a"))
        #expect(again.generation == 3)
    }

    @Test func aRebalanceGoesOnWithoutThoseWhoDoNotComeBack() async throws {
        let (a, b) = try await twoMembers(rebalance: 5000)
        async let joining = log.groups.join(request(a.memberID, client: "a", rebalance: 5000))
        try await eventually("a rebalance") { log.groups.describe("g")?.state == "PreparingRebalance" }
        uptime.advance(6000)
        log.groups.expire()
        let again = try await joining
        #expect(again.generation == 3)
        #expect(again.members.map(\.id) == [a.memberID])
        #expect(
            #expect(throws: LogError.self) { try log.groups.heartbeat("g", call(b)) }?.code
                == .unknownMemberID)
    }

    @Test func aStaticMemberComesBackWithoutARebalance() async throws {
        let groups = log.groups
        let first = try await groups.join(request(client: "a", instance: "one"))
        _ = try await groups.sync("g", call(first), assignments: [first.memberID: [7]])
        let second = try await groups.join(request(client: "a", instance: "one"))
        #expect(second.generation == first.generation)
        #expect(second.memberID != first.memberID)
        #expect(second.skipsAssignment)
        #expect(try await groups.sync("g", call(second)) == [7])
        var old = call(first)
        old.instanceID = "one"
        #expect(#expect(throws: LogError.self) { try groups.heartbeat("g", old) }?.code == .fencedInstanceID)
    }

    @Test func joinsAreRefusedThatMakeNoSense() async throws {
        let first = try await log.groups.join(request(client: "a"))
        _ = try await log.groups.sync("g", call(first), assignments: [:])
        func code(_ request: GroupCoordinator.JoinRequest) async -> LogError.Code? {
            do {
                _ = try await log.groups.join(request)
                return nil
            } catch { return (error as? LogError)?.code }
        }
        #expect(await code(request(client: "b", ["sticky"])) == .inconsistentGroupProtocol)
        #expect(await code(request("nobody", client: "b")) == .unknownMemberID)
        #expect(await code(request(client: "b", session: 1)) == .invalidSessionTimeout)
        var nameless = request(client: "b")
        nameless.group = ""
        #expect(await code(nameless) == .invalidGroupID)
    }

    @Test func aJoinThatIsCancelledLeaves() async throws {
        let first = try await log.groups.join(request(client: "a"))
        _ = try await log.groups.sync("g", call(first), assignments: [:])
        let joining = Task { try await log.groups.join(request(client: "b")) }
        try await eventually("two members") { log.groups.describe("g")?.members.count == 2 }
        joining.cancel()
        await #expect(throws: CancellationError.self) { try await joining.value }
        #expect(log.groups.describe("g")?.members.count == 1)
    }

    @Test func onlyMembersCommitWhileThereAreSome() async throws {
        let id = TopicPartition("t", 0)
        try log.groups.commit("g", [id: CommittedOffset(Offset(1))])
        let joined = try await log.groups.join(request(client: "a"))
        _ = try await log.groups.sync("g", call(joined), assignments: [:])
        #expect(
            #expect(throws: LogError.self) { try log.groups.commit("g", [id: CommittedOffset(Offset(2))]) }?
                .code
                == .unknownMemberID)
        try log.groups.commit("g", [id: CommittedOffset(Offset(3))], by: call(joined))
        #expect(try log.groups.committed("g", id)?.offset == Offset(3))
        let long = CommittedOffset(Offset(4), metadata: String(repeating: "x", count: 4097))
        #expect(
            #expect(throws: LogError.self) { try log.groups.commit("g", [id: long], by: call(joined)) }?.code
                == .offsetMetadataTooLarge)
        #expect(#expect(throws: LogError.self) { try log.groups.delete("g") }?.code == .nonEmptyGroup)
        try log.groups.leave("g", memberID: joined.memberID)
        try log.groups.delete("g")
        #expect(#expect(throws: LogError.self) { try log.groups.delete("g") }?.code == .groupIDNotFound)
        #expect(try GroupCoordinator(log.directory).groups.isEmpty)
    }

    @Test func groupsAreTakenUpAfterARestart() async throws {
        let (a, b) = try await twoMembers()
        var options = log.groups.options
        options.restoresMembers = true
        let next = try GroupCoordinator(log.directory, options: options)
        let description = try #require(next.describe("g"))
        #expect(description.generation == 2)
        #expect(description.members.map(\.id) == [a.memberID, b.memberID])
        try next.heartbeat("g", call(b))
        #expect(try await next.sync("g", call(b)) == [3])
        // Who has the log for itself knows that members of before are gone.
        options.restoresMembers = false
        #expect(try GroupCoordinator(log.directory, options: options).describe("g")?.state == "Empty")
    }

    /// As Kafka 4 writes them: lengths one more and as varints, tagged fields at every structure's end.
    @Test func flexibleRecordsAreRead() throws {
        let offset = bytes(
            hexadecimal:
                "0004 000000000000002A 00000005 056E6F6F6E 0000018BCFE56800 01001012345678901234567890123456789012"
        )
        let committed = try offset.withUnsafeBytes { try CommittedOffset(reading: $0) }
        #expect(
            committed
                == CommittedOffset(
                    Offset(42), leaderEpoch: 5, metadata: "noon", commitTimestamp: 0x18B_CFE5_6800))
        let transaction = bytes(
            hexadecimal:
                "0001 0000000000000007 0003 0000EA60 01 02 0274 03 00000000 00000002 00 0000000000000001 0000000000000002 00"
        )
        let metadata = try transaction.withUnsafeBytes { try TransactionMetadata(reading: $0) }
        #expect((metadata.producerID, metadata.epoch, metadata.phase) == (7, 3, .ongoing))
        #expect(metadata.partitions == [TopicPartition("t", 0), TopicPartition("t", 2)])
        let group = bytes(
            hexadecimal:
                "0004 09636F6E73756D6572 00000003 0672616E6765 026D 0000000000000009 02 026D 00 0263 0268 00000001 00000002 020A 030B0C 00 00"
        )
        let description = try group.withUnsafeBytes { try GroupMetadata(reading: $0) }
        #expect((description.generation, description.protocolName, description.leader) == (3, "range", "m"))
        #expect(description.members.map(\.assignment) == [[11, 12]])
    }

    @Test func aRecordThatCannotBeReadIsToldAndTheRestIsHeeded() throws {
        try log.groups.commit("g", [TopicPartition("t", 0): CommittedOffset(Offset(1))])
        let key = GroupRecordKey.offset(group: "g", TopicPartition("t", 1)).encoded
        try InternalTopic.groups.append(
            [.init(key: key, value: [0, 99, 1])], for: "g", in: log.directory, timestamp: 1
        ).commit()
        try log.groups.commit("g", [TopicPartition("t", 2): CommittedOffset(Offset(3))])
        let next = try GroupCoordinator(log.directory)
        #expect(next.committed("g").values.map(\.offset.value).sorted() == [1, 3])
        #expect(next.unreadable.count == 1)
        #expect(next.unreadable.first?.message.contains("offset 1") ?? false)
    }

    @Test func offsetsOfGroupsWithoutMembersExpire() throws {
        let clock = TestClock(1_000_000_000_000)
        let directory = try TemporaryDirectory()
        let log = try LogDirectory(directory.path, clock: { clock.now })
        try log.createTopic("t", partitions: 1)
        let groups = try GroupCoordinator(log)
        try groups.commit("old", [TopicPartition("t", 0): CommittedOffset(Offset(1))])
        clock.advance(6 * 24 * 3_600_000)
        try groups.commit("new", [TopicPartition("t", 0): CommittedOffset(Offset(2))])
        clock.advance(2 * 24 * 3_600_000)
        try groups.expireOffsets()
        #expect(groups.groups == ["new"])
        #expect(try GroupCoordinator(log).groups == ["new"])
    }
}

@Suite struct AssignorTests {
    private func members(_ topics: [String: [String]]) -> [String: ConsumerSubscription] {
        topics.mapValues { ConsumerSubscription(topics: $0) }
    }

    private func text(_ assignment: [String: [TopicPartition]]) -> [String: String] {
        assignment.mapValues { $0.map(\.description).joined(separator: " ") }
    }

    /// The examples of the documentation of Kafka's assignors.
    @Test func rangeAndRoundRobinGiveWhatKafkasDo() {
        let both = members(["c0": ["t0", "t1"], "c1": ["t0", "t1"]])
        let counts: [String: Int32] = ["t0": 3, "t1": 3]
        #expect(
            text(Assignor.range.assign(both, partitionCounts: counts))
                == ["c0": "t0-0 t0-1 t1-0 t1-1", "c1": "t0-2 t1-2"])
        #expect(
            text(Assignor.roundRobin.assign(both, partitionCounts: counts))
                == ["c0": "t0-0 t0-2 t1-1", "c1": "t0-1 t1-0 t1-2"])
        let uneven = members(["c0": ["t0"], "c1": ["t0", "t1"], "c2": ["t0", "t1", "t2"]])
        #expect(
            text(Assignor.roundRobin.assign(uneven, partitionCounts: ["t0": 1, "t1": 2, "t2": 3]))
                == ["c0": "t0-0", "c1": "t1-0", "c2": "t1-1 t2-0 t2-1 t2-2"])
    }

    /// Whatever the subscriptions: every partition that somebody wants has one reader who wants it.
    @Test(arguments: Assignor.allCases) func everyPartitionHasOneReader(assignor: Assignor) {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            var members: [String: ConsumerSubscription] = [:]
            for number in 0..<Int.random(in: 1...6, using: &random) {
                members["m\(number)"] = ConsumerSubscription(
                    topics: ["a", "b", "c"].filter { _ in Bool.random(using: &random) })
            }
            var counts: [String: Int32] = [:]
            for topic in ["a", "b", "c"] { counts[topic] = Int32.random(in: 0...7, using: &random) }
            var owned: [String: [TopicPartition]] = [:]
            for generation: Int32 in 1...3 {
                for id in members.keys {
                    members[id]?.ownedPartitions = owned[id] ?? []
                    members[id]?.generation = generation
                }
                let assignment = assignor.assign(members, partitionCounts: counts)
                let given = assignment.values.flatMap { $0 }
                #expect(Set(given).count == given.count)
                for (id, partitions) in assignment {
                    #expect(partitions.allSatisfy { members[id]?.topics.contains($0.topic) ?? false })
                }
                // The second generation at the latest gives out what the cooperative one held back.
                if generation == 3 || assignor != .cooperativeSticky {
                    let wanted = Assignor.partitions(counts.mapValues { Array(0..<$0) }).filter { id in
                        members.values.contains { $0.topics.contains(id.topic) }
                    }
                    #expect(Set(given) == Set(wanted))
                }
                owned = assignment
            }
            guard assignor == .sticky else { continue }
            // Nothing moves where nothing changes.
            let again = assignor.assign(members, partitionCounts: counts)
            #expect(again == owned)
        }
    }

    @Test func stickyMovesOnlyWhatItMust() {
        let counts: [String: Int32] = ["t": 9]
        var members = self.members(["a": ["t"], "b": ["t"], "c": ["t"]])
        let before = Assignor.sticky.assign(members, partitionCounts: counts)
        #expect(before.values.allSatisfy { $0.count == 3 })
        members["c"] = nil
        for id in members.keys { members[id]?.ownedPartitions = before[id] ?? [] }
        let after = Assignor.sticky.assign(members, partitionCounts: counts)
        for id in ["a", "b"] { #expect(Set(after[id] ?? []).isSuperset(of: before[id] ?? [])) }
        // A new member gets its share; cooperatively, only once the others have given it up.
        for id in members.keys { members[id]?.ownedPartitions = after[id] ?? [] }
        members["d"] = ConsumerSubscription(topics: ["t"])
        let cooperative = Assignor.cooperativeSticky.assign(members, partitionCounts: counts)
        #expect(cooperative["d"] == [])
        #expect(cooperative.values.reduce(0) { $0 + $1.count } == 6)
        for id in ["a", "b"] { members[id]?.ownedPartitions = cooperative[id] ?? [] }
        let second = Assignor.cooperativeSticky.assign(members, partitionCounts: counts)
        #expect(second.values.allSatisfy { $0.count == 3 })
    }

    @Test func subscriptionsAndAssignmentsAreReadAsTheyWereWritten() throws {
        let subscription = ConsumerSubscription(
            topics: ["a", "b"], ownedPartitions: [TopicPartition("a", 0), TopicPartition("a", 2)],
            generation: 7)
        #expect(try ConsumerSubscription(reading: subscription.encoded) == subscription)
        let assignment = ConsumerAssignment([TopicPartition("a", 1), TopicPartition("b", 0)])
        #expect(try ConsumerAssignment(reading: assignment.encoded) == assignment)
        // As kafka-python 3.0.12 writes them: version 0, a topic, no user data; and partitions 0 and 2 of it.
        #expect(
            try ConsumerSubscription(reading: bytes(hexadecimal: "0000000000010001740000 0000")).topics == [
                "t"
            ])
        #expect(
            try ConsumerAssignment(
                reading: bytes(hexadecimal: "00000000000100017400000002000000000000000200000000")
            )
            .partitions == [TopicPartition("t", 0), TopicPartition("t", 2)])
        #expect(throws: LogError.self) { try ConsumerSubscription(reading: [0, 0, 0x7F, 0xFF, 0xFF, 0xFF]) }
    }
}

extension Assignor {
    /// Shares out topics whose partitions count from 0.
    fileprivate func assign(
        _ members: [String: ConsumerSubscription], partitionCounts: [String: Int32]
    ) -> [String: [TopicPartition]] {
        assign(members, partitions: partitionCounts.mapValues { Array(0..<$0) })
    }
}
