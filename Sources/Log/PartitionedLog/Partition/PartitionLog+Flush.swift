import DurableIO
import Synchronization

extension PartitionLog {
    /// Waits until everything appended so far is on the disk, whatever the flush policy.
    ///
    /// - Throws: `DurableIOError` where the disk fails; from then on the partition takes nothing more.
    public func flush() throws {
        try flush(through: logEndOffset)
    }

    /// Waits until everything before `offset` is as safe as the flush policy promises.
    ///
    /// Those who wait while another's write-through goes on share the next one.
    ///
    /// - Throws: as `flush`.
    public func commit(through offset: Offset) throws {
        guard state.withLock({ $0.configuration.flush == .batch }) else { return }
        try flush(through: offset)
    }

    /// Flushes where the policy `interval` says that it is time.
    func flushIfDue(now: Int64) throws {
        let isDue = state.withLock { state in
            guard !state.hasFailed, state.durableEnd < state.end,
                case .interval(_, let milliseconds) = state.configuration.flush
            else { return !state.unflushed.isEmpty && !state.hasFailed }
            return now - state.lastFlush >= milliseconds || !state.unflushed.isEmpty
        }
        if isDue { try flush() }
    }

    private func flush(through offset: Offset) throws {
        if state.withLock({ $0.durableEnd >= offset && !$0.hasFailed }) { return }
        try flushing.withLock { _ in
            let (closed, active, end, hasNewNames, isDone) = try state.withLock { state in
                try requireSound(state)
                return (
                    state.unflushed, state.active, state.end, state.hasNewNames, state.durableEnd >= offset
                )
            }
            // Whoever held the lock before has done it for all who waited.
            if isDone { return }
            try failing {
                for segment in closed {
                    try segment.file.sync()
                    try segment.flushIndexes()
                }
                try active.file.sync()
                if hasNewNames { try fileSystem.syncDirectory(directory) }
            }
            let now = clock()
            state.withLock { state in
                state.unflushed.removeAll { segment in closed.contains { $0 === segment } }
                state.durableEnd = max(state.durableEnd, end)
                // Another may have come since.
                if state.active === active { state.hasNewNames = false }
                state.lastFlush = now
            }
        }
        signal.notify()
    }

    /// Flushes, and writes the indexes and the producers' state, so that the next start has nothing to read.
    func close() throws {
        guard !state.withLock({ $0.isDeleted }) else { return }
        try flush()
        try flushing.withLock { _ in
            try state.withLock { state in
                try requireSound(state)
                try state.active.seal()
                try writeSnapshot(&state, to: SegmentPaths(directory, state.end).snapshot)
                try state.active.flushIndexes()
                try fileSystem.syncDirectory(directory)
                state.isReadOnly = true
            }
        }
    }

    /// Writes the leader epochs to their file.
    static func write(_ epochs: LeaderEpochs, _ directory: String, _ fileSystem: FileSystem) throws {
        try fileSystem.replaceContents(
            of: "\(directory)/\(LeaderEpochs.fileName)", with: epochs.encoded)
    }
}
