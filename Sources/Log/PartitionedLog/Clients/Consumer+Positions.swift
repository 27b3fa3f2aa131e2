import Synchronization

// Where a consumer stands in its partitions.
extension Consumer {
    /// The partitions that are read now.
    public var assignment: [TopicPartition] { state.withLock { $0.assigned } }

    /// The offset of the next record of a partition.
    ///
    /// - Throws: `LogError` with code `offsetOutOfRange` where `offsetReset` is none and nothing is
    ///   committed; `unstableOffsetCommit` where a transaction that moves it is not decided yet.
    public func position(of id: TopicPartition) throws -> Offset {
        if let position = state.withLock({ $0.positions[id] }) { return position }
        // What is read of committed records goes on from committed offsets that stay.
        let requireStable = options.isolation == .readCommitted
        if let group = options.group,
            let committed = try log.groups.committed(group, id, requireStable: requireStable)
        {
            setPosition(id, committed.offset)
            return committed.offset
        }
        return try reset(id, because: LogError(.offsetOutOfRange, "the group has committed nothing in \(id)"))
    }

    /// The same; `nil` where it is not known yet.
    func readPosition(of id: TopicPartition) throws -> Offset? {
        do {
            return try position(of: id)
        } catch let error as LogError where error.code == .unstableOffsetCommit {
            return nil
        }
    }

    private func setPosition(_ id: TopicPartition, _ offset: Offset) {
        state.withLock { state in
            // A partition that is somebody else's has no position here that could be taken for one later.
            if state.assigned.contains(id) { state.positions[id] = offset }
        }
    }

    @discardableResult
    func reset(_ id: TopicPartition, because error: LogError) throws -> Offset {
        let partition = try log.directory.partition(id)
        let offset: Offset
        switch options.offsetReset {
        case .earliest: offset = partition.logStartOffset
        case .latest: offset = partition.highWatermark
        case .timestamp(let time):
            offset = try partition.offset(forTimestamp: time)?.offset ?? partition.highWatermark
        case .none: throw error
        }
        setPosition(id, offset)
        return offset
    }

    /// Goes on at another offset of a partition.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition` where it is not read here.
    public func seek(_ id: TopicPartition, to offset: Offset) throws {
        try state.withLock { state in
            guard state.assigned.contains(id) else {
                throw LogError(.unknownTopicOrPartition, "\(id) is not read by this consumer")
            }
            state.positions[id] = offset
            state.consumed[id] = offset
            state.finished[id] = offset
            state.moves[id, default: 0] += 1
        }
    }

    /// Leaves partitions out until they are resumed.
    public func pause(_ partitions: [TopicPartition]) {
        state.withLock { $0.paused.formUnion(partitions) }
    }

    /// Reads paused partitions again.
    public func resume(_ partitions: [TopicPartition]) {
        state.withLock { $0.paused.subtract(partitions) }
        log.directory.signal.notify()
    }
}
