import DurableIO
import Synchronization

extension PartitionLog {
    /// What a deletion removed.
    public struct Removed: Sendable, Equatable {
        /// How many segments.
        public var segments = 0
        /// Their size in bytes.
        public var bytes = 0
    }

    /// Removes the oldest segments that are below the log's start or, where the policy says `delete`, too many
    /// or too old; stops at the first one that is to be kept.
    ///
    /// A segment's age is that of its latest record. Where all of them are too old, an empty one takes their
    /// place.
    ///
    /// - Parameter now: milliseconds since 1970.
    public func applyRetention(now: Int64) throws -> Removed {
        try cleaning.withLock { _ in
            let removed = try state.withLock { state in
                try requireSound(state)
                var count = try Self.expiredSegments(state, now: now)
                if count == state.segments.count {
                    do {
                        try roll(&state)
                    } catch let error as DurableIOError where error.code == .noSpace && count > 1 {
                        // On a full disk the closed ones have to go first.
                        count -= 1
                    }
                }
                let removed = Array(state.segments.prefix(count))
                state.segments.removeFirst(count)
                state.unflushed.removeAll { segment in removed.contains { $0 === segment } }
                state.logStart = max(state.logStart, state.segments[0].baseOffset)
                return removed
            }
            return try remove(removed)
        }
    }

    private static func expiredSegments(_ state: borrowing State, now: Int64) throws -> Int {
        let configuration = state.configuration
        let deletes = configuration.cleanupPolicy.contains(.delete)
        var total = state.segments.reduce(0) { $0 + $1.byteCount }
        var count = 0
        for segment in state.segments {
            let isActive = segment === state.active
            guard segment.nextOffset <= state.highWatermark, !isActive || segment.byteCount > 0 else { break }
            let isBelowStart = !isActive && segment.nextOffset <= state.logStart
            let isTooMuch = configuration.retentionBytes.map { total - segment.byteCount >= $0 } ?? false
            let isTooOld = configuration.retentionMilliseconds.map {
                segment.byteCount == 0
                    || (segment.latestTimestamp >= 0 && now.minus(segment.latestTimestamp) > $0)
            }
            guard isBelowStart || (deletes && (isTooMuch || isTooOld ?? false)) else { break }
            total -= segment.byteCount
            count += 1
        }
        return count
    }

    private func remove(_ segments: [LogSegment]) throws -> Removed {
        var removed = Removed()
        for segment in segments {
            // The log goes first: what is left without it is recognised as a leftover.
            let paths = segment.paths
            for path in [paths.log] + paths.indexes + [paths.snapshot] { try fileSystem.removeFile(path) }
            removed.segments += 1
            removed.bytes += segment.byteCount
        }
        return removed
    }

    /// Moves the log's start, so that records before `offset` are served no more; their segments go with the
    /// next `applyRetention`. Lasting once the directory's checkpoints are written.
    ///
    /// - Parameter offset: the new start, or `nil` for the high watermark.
    /// - Returns: the log's start.
    /// - Throws: `LogError` with code `offsetOutOfRange` behind the high watermark.
    func moveStart(to offset: Offset?) throws -> Offset {
        let start = try state.withLock { state in
            try requireSound(state)
            let target = offset ?? state.highWatermark
            guard target <= state.highWatermark else {
                throw LogError(
                    .offsetOutOfRange,
                    "\(topicPartition): records before \(target) cannot be deleted; readers see those before "
                        + "\(state.highWatermark)")
            }
            state.logStart = max(state.logStart, target)
            return state.logStart
        }
        return start
    }

    /// What has to be noted beside the segments: the log's start, where it is not that of the first segment.
    var startCheckpoint: Offset? {
        state.withLock { state in
            state.logStart > state.segments.first?.baseOffset ?? state.logStart ? state.logStart : nil
        }
    }

    /// Serves nothing more. Whoever holds the partition gets an error from then on.
    func markDeleted() {
        state.withLock { $0.isDeleted = true }
        signal.notify()
    }
}
