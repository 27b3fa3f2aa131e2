/// How the partitions of the topics that a group reads are shared out among its members: Kafka's
/// `partition.assignment.strategy`. The group's leader does it.
public enum Assignor: String, Sendable, CaseIterable {
    /// Of each topic every member gets a run of neighbouring partitions; the first members one more where they
    /// do not divide.
    case range
    /// All partitions of all topics are dealt out in turn.
    case roundRobin = "roundrobin"
    /// As evenly as can be, and each member keeps what it had where that allows it.
    case sticky
    /// The same, but a partition that changes hands is given up first and given out in the next generation, so
    /// that members go on reading all the others meanwhile (KIP-429).
    case cooperativeSticky = "cooperative-sticky"

    /// Shares out partitions.
    ///
    /// - Parameters:
    ///   - members: the members' subscriptions by their ids.
    ///   - partitions: the numbers of each topic's partitions, in order; a topic that is not there is left out.
    /// - Returns: the partitions of each member, sorted. No partition has two members.
    public func assign(
        _ members: [String: ConsumerSubscription], partitions topics: [String: [Int32]]
    ) -> [String: [TopicPartition]] {
        let ids = members.keys.sorted()
        var assignment = Dictionary(uniqueKeysWithValues: ids.map { ($0, [TopicPartition]()) })
        switch self {
        case .range:
            for (topic, numbers) in topics {
                let readers = ids.filter { members[$0]?.topics.contains(topic) ?? false }
                guard !readers.isEmpty else { continue }
                let share = numbers.count / readers.count
                let more = numbers.count % readers.count
                var rest = numbers[...]
                for (index, reader) in readers.enumerated() {
                    let size = share + (index < more ? 1 : 0)
                    assignment[reader]? += rest.prefix(size).map { TopicPartition(topic, $0) }
                    rest = rest.dropFirst(size)
                }
            }
        case .roundRobin:
            var turn = 0
            for partition in Self.partitions(topics) {
                guard
                    let offset = ids.indices.first(where: { step in
                        members[ids[(turn + step) % ids.count]]?.topics.contains(partition.topic) ?? false
                    })
                else { continue }
                assignment[ids[(turn + offset) % ids.count]]?.append(partition)
                turn += offset + 1
            }
        case .sticky: assignment = StickyAssignment(members, topics).partitions
        case .cooperativeSticky:
            let sticky = StickyAssignment(members, topics)
            assignment = sticky.partitions.mapValues { $0 }
            for (id, partitions) in sticky.partitions {
                assignment[id] = partitions.filter { sticky.ownerBefore[$0] ?? id == id }
            }
        }
        return assignment.mapValues { $0.sorted() }
    }

    static func partitions(_ topics: [String: [Int32]]) -> [TopicPartition] {
        topics.sorted { $0.key < $1.key }.flatMap { topic, numbers in
            numbers.map { TopicPartition(topic, $0) }
        }
    }
}

/// An even assignment that moves as little as possible.
private struct StickyAssignment {
    private(set) var partitions: [String: [TopicPartition]]
    /// Who had a partition in the generation before.
    private(set) var ownerBefore: [TopicPartition: String] = [:]

    init(_ members: [String: ConsumerSubscription], _ topics: [String: [Int32]]) {
        let ids = members.keys.sorted()
        partitions = Dictionary(uniqueKeysWithValues: ids.map { ($0, []) })
        let all = Assignor.partitions(topics)
        let readers = Dictionary(
            uniqueKeysWithValues: topics.keys.map { topic in
                (topic, ids.filter { members[$0]?.topics.contains(topic) ?? false })
            })
        // Of two that say they have a partition the one of the later generation is right.
        var generation: [TopicPartition: Int32] = [:]
        for id in ids {
            guard let member = members[id] else { continue }
            for partition in member.ownedPartitions where member.generation >= generation[partition] ?? .min {
                if generation[partition] == member.generation {
                    ownerBefore[partition] = nil
                } else {
                    ownerBefore[partition] = id
                    generation[partition] = member.generation
                }
            }
        }
        for partition in all {
            guard let owner = ownerBefore[partition], readers[partition.topic]?.contains(owner) ?? false
            else {
                continue
            }
            partitions[owner]?.append(partition)
        }
        // Those that fewest can read are given out first.
        let given = Set(partitions.values.joined())
        let free = all.filter { !given.contains($0) }.sorted {
            (readers[$0.topic]?.count ?? 0, $0) < (readers[$1.topic]?.count ?? 0, $1)
        }
        for partition in free {
            guard let reader = least(readers[partition.topic] ?? []) else { continue }
            partitions[reader]?.append(partition)
        }
        balance(readers)
    }

    private func count(_ id: String) -> Int { partitions[id]?.count ?? 0 }

    private func least(_ ids: [String]) -> String? { ids.min { count($0) < count($1) } }

    /// Moves partitions from members to those that have at least two fewer. Each move makes the sum of the
    /// squares smaller, so it ends.
    private mutating func balance(_ readers: [String: [String]]) {
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for owner in partitions.keys.sorted(by: { (count($1), $0) < (count($0), $1) }) {
                // What it did not have before goes before what it had.
                let order = (partitions[owner] ?? []).sorted { one, other in
                    let (left, right) = (ownerBefore[one] == owner, ownerBefore[other] == owner)
                    return left == right ? one > other : !left
                }
                for partition in order {
                    guard let other = least(readers[partition.topic] ?? []), count(other) + 1 < count(owner)
                    else { continue }
                    partitions[owner]?.removeAll { $0 == partition }
                    partitions[other]?.append(partition)
                    hasMoved = true
                }
            }
        }
    }
}
