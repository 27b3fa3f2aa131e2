import Synchronization

extension GroupCoordinator {
    /// Commits how far a group has come; it lasts, as the flush policy promises, when this returns.
    ///
    /// - Parameter call: the member that commits, or `nil` for one who reads without being a member, which a
    ///   group takes only while it has none.
    /// - Throws: `LogError` with code `invalidGroupID`, `offsetMetadataTooLarge`, `unknownMemberID`,
    ///   `illegalGeneration` or `fencedInstanceID`.
    public func commit(
        _ name: String, _ offsets: [TopicPartition: CommittedOffset], by call: MemberCall? = nil
    ) throws {
        try commit(name, offsets, call, stamp: .none)
    }

    /// Commits as part of a producer's transaction: it counts when that does.
    func commit(
        _ name: String, _ offsets: [TopicPartition: CommittedOffset], _ call: MemberCall?,
        stamp: ProducerStamp
    ) throws {
        try Self.validate(group: name)
        guard !offsets.isEmpty else { return }
        let now = log.clock()
        let stamped = offsets.mapValues { offset in
            var offset = offset
            offset.commitTimestamp = now
            return offset
        }
        for (partition, offset) in stamped where offset.metadata.utf8.count > Self.metadataBytesMax {
            throw LogError(
                .offsetMetadataTooLarge,
                "the text with the offset of \(partition) has \(offset.metadata.utf8.count) bytes, over "
                    + "\(Self.metadataBytesMax)")
        }
        let entries = stamped.sorted { $0.key < $1.key }.map {
            InternalTopic.Entry(
                key: GroupRecordKey.offset(group: name, $0.key).encoded, value: $0.value.encoded)
        }
        // Appended under the lock, so that memory and log agree on the order; waited for without it.
        let write = try state.withLock { state in
            var group = state.groups[name] ?? ConsumerGroup(name)
            if let call {
                _ = try group.check(call)
            } else if !group.members.isEmpty {
                throw LogError(
                    .unknownMemberID, "group \(name) has members, so only they can commit its offsets")
            }
            let write = try InternalTopic.groups.append(
                entries, for: name, in: log, timestamp: now, stamp: stamp)
            if stamp.isTransactional {
                state.pending[stamp.producerID, default: [:]][name, default: [:]].merge(stamped) { $1 }
            } else {
                group.offsets.merge(stamped) { $1 }
            }
            state.groups[name] = group
            return write
        }
        try write.commit()
    }

    /// What a producer's transaction committed counts, or does not, from now on.
    func endTransaction(producerID: Int64, isCommit: Bool) {
        state.withLock { $0.endTransaction(producerID: producerID, isCommit: isCommit) }
    }

    /// The offset that a group wants next in a partition, or `nil` where it has committed none.
    ///
    /// - Parameter requireStable: refuses while a transaction is undecided that would move it.
    /// - Throws: `LogError` with code `unstableOffsetCommit`.
    public func committed(_ name: String, _ partition: TopicPartition, requireStable: Bool = false) throws
        -> CommittedOffset?
    {
        try state.withLock { state in
            if requireStable, state.pending.values.contains(where: { $0[name]?[partition] != nil }) {
                throw LogError(
                    .unstableOffsetCommit,
                    "a transaction that moves the offset of group \(name) in \(partition) is not decided yet"
                )
            }
            return state.groups[name]?.offsets[partition]
        }
    }

    /// All offsets that a group has committed.
    public func committed(_ name: String) -> [TopicPartition: CommittedOffset] {
        state.withLock { $0.groups[name]?.offsets ?? [:] }
    }

    // MARK: Administration

    /// A group as it stands.
    public struct GroupDescription: Sendable {
        /// A member.
        public struct Member: Sendable {
            /// Its id.
            public let id: String
            /// Its static name, if it has one.
            public let instanceID: String?
            /// What its client calls itself.
            public let clientID: String
            /// Where its client is.
            public let clientHost: String
            /// The partitions it reads.
            public let assignment: [TopicPartition]
        }

        /// The group.
        public let name: String
        /// `Empty`, `PreparingRebalance`, `CompletingRebalance` or `Stable`.
        public let state: String
        /// The generation.
        public let generation: Int32
        /// The assignor, while it has members.
        public let protocolName: String?
        /// Its members.
        public let members: [Member]
        /// What it has committed.
        public let offsets: [TopicPartition: CommittedOffset]
    }

    /// The names of all groups, sorted.
    public var groups: [String] { state.withLock { $0.groups.keys.sorted() } }

    /// A group as it stands; `nil` where there is none.
    public func describe(_ name: String) -> GroupDescription? {
        state.withLock { state in
            state.groups[name].map { group in
                GroupDescription(
                    name: name, state: group.phase.rawValue, generation: group.generation,
                    protocolName: group.protocolName,
                    members: group.members.map { member in
                        .init(
                            id: member.id, instanceID: member.request.instanceID,
                            clientID: member.request.clientID, clientHost: member.request.clientHost,
                            assignment: (try? ConsumerAssignment(reading: member.assignment))?.partitions
                                ?? [])
                    },
                    offsets: group.offsets)
            }
        }
    }

    /// Deletes a group that has no members, with its offsets.
    ///
    /// - Throws: `LogError` with code `groupIDNotFound` or `nonEmptyGroup`.
    public func delete(_ name: String) throws {
        try remove(name, offsets: nil)
    }

    /// Deletes offsets that a group without members has committed.
    ///
    /// - Throws: as `delete`.
    public func deleteOffsets(_ name: String, _ partitions: [TopicPartition]) throws {
        try remove(name, offsets: partitions)
    }

    /// Forgets what any group has committed in a topic, because it is deleted.
    public func forget(topic: String) throws {
        let now = log.clock()
        let writes = try state.withLock { state in
            var writes: [InternalTopic.Write] = []
            for name in state.groups.keys.sorted() {
                let gone = state.groups[name]?.offsets.keys.filter { $0.topic == topic }.sorted() ?? []
                if gone.isEmpty { continue }
                let entries = gone.map {
                    InternalTopic.Entry(key: GroupRecordKey.offset(group: name, $0).encoded, value: nil)
                }
                writes.append(try InternalTopic.groups.append(entries, for: name, in: log, timestamp: now))
                for id in gone { state.groups[name]?.offsets[id] = nil }
            }
            return writes
        }
        for write in writes { try write.commit() }
    }

    private func remove(_ name: String, offsets chosen: [TopicPartition]?) throws {
        let now = log.clock()
        let write = try state.withLock { state in
            guard var group = state.groups[name] else {
                throw LogError(.groupIDNotFound, "there is no group \(name)")
            }
            guard group.members.isEmpty else {
                throw LogError(
                    .nonEmptyGroup, "group \(name) has \(group.members.count) members; stop them first")
            }
            let gone = group.offsets.keys.filter { chosen?.contains($0) ?? true }.sorted()
            var entries = gone.map {
                InternalTopic.Entry(key: GroupRecordKey.offset(group: name, $0).encoded, value: nil)
            }
            if chosen == nil {
                entries.append(.init(key: GroupRecordKey.group(name).encoded, value: nil))
            }
            guard !entries.isEmpty else { return nil as InternalTopic.Write? }
            let write = try InternalTopic.groups.append(entries, for: name, in: log, timestamp: now)
            for partition in gone { group.offsets[partition] = nil }
            state.groups[name] = chosen == nil ? nil : group
            return write
        }
        try write?.commit()
    }

    /// Forgets the offsets of groups that have had no members for longer than they are kept.
    public func expireOffsets() throws {
        let oldest = log.clock() - options.offsetsRetentionMilliseconds
        let expired = state.withLock { state in
            state.groups.values.filter(\.members.isEmpty).map { group in
                let offsets = group.offsets.filter {
                    $0.value.commitTimestamp < oldest && group.emptySince ?? .min < oldest
                }
                return (group.name, offsets.keys.sorted(), offsets.count == group.offsets.count)
            }
        }
        for (name, partitions, isAll) in expired {
            if isAll, !partitions.isEmpty {
                try delete(name)
            } else if !partitions.isEmpty {
                try deleteOffsets(name, partitions)
            }
        }
    }
}

extension GroupCoordinator.State {
    /// Takes in a record of `__consumer_offsets`.
    mutating func apply(
        _ record: Record, _ header: RecordBatchHeader, restoresMembers: Bool, now: Int64
    ) throws {
        if header.isControl {
            if let marker = EndTransactionMarker(record) {
                endTransaction(producerID: header.producerID, isCommit: marker.isCommit)
            }
            return
        }
        guard let key = try record.key.flatMap({ try GroupRecordKey(reading: $0) }) else { return }
        switch key {
        case .offset(let name, let partition):
            guard let value = record.value else {
                groups[name]?.offsets[partition] = nil
                return
            }
            let offset = try CommittedOffset(reading: value)
            if header.isTransactional {
                pending[header.producerID, default: [:]][name, default: [:]][partition] = offset
            } else {
                groups[name, default: ConsumerGroup(name)].offsets[partition] = offset
            }
        case .group(let name):
            guard let value = record.value else {
                groups[name] = nil
                return
            }
            let metadata = try GroupMetadata(reading: value)
            groups[name, default: ConsumerGroup(name)].restore(
                metadata, withMembers: restoresMembers, now: now)
        }
    }

    mutating func endTransaction(producerID: Int64, isCommit: Bool) {
        guard let decided = pending.removeValue(forKey: producerID), isCommit else { return }
        for (name, offsets) in decided {
            groups[name, default: ConsumerGroup(name)].offsets.merge(offsets) { $1 }
        }
    }
}
