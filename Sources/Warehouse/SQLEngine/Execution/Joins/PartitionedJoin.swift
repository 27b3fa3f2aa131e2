import Synchronization
import Vectors

/// Joins rows in files, partition by partition. Partitions of which the build side is still too large are
/// divided again.
final class PartitionedJoin: @unchecked Sendable {
    // All that changes is touched under the lock alone.

    private struct Pair {
        let build: PartitionedRows.Part?
        let probe: PartitionedRows.Part?
        let level: Int
        /// Whether dividing once more may make the build side smaller.
        let isDivisible: Bool
    }

    private let work: HashJoinWork
    private let known: MarkNulls.Known?
    private let lock = Mutex(())
    private var pairs: [Pair]
    private var order: UInt64 = 0

    init(_ work: HashJoinWork, build: [PartitionedRows.Part?], probe: [PartitionedRows.Part?]) throws {
        self.work = work
        known = try work.known(build)
        pairs = zip(build, probe).reversed().map { Pair(build: $0, probe: $1, level: 0, isDivisible: true) }
    }

    func streams() -> [any BatchStream] { (0..<work.context.threads).map { _ in Stream(self) } }

    /// The build rows that may be in memory at once, in bytes.
    private var share: Int { max(1 << 16, work.context.memory.limit / (2 * work.context.threads)) }

    /// The stream of the next partition that has rows.
    fileprivate func nextStream() throws -> (any BatchStream)? {
        while let pair = lock.withLock({ _ in pairs.popLast() }) {
            if pair.build == nil, pair.probe == nil { continue }
            let bytes = pair.build.map { $0.byteCount * 2 + $0.rowCount * HashJoinWork.indexBytes } ?? 0
            if bytes > share, pair.isDivisible, pair.level + 1 < PartitionedRows.levels {
                try divide(pair)
                continue
            }
            return try stream(of: pair, bytes)
        }
        return nil
    }

    private func divide(_ pair: Pair) throws {
        let level = pair.level + 1
        let nothing = [PartitionedRows.Part?](repeating: nil, count: PartitionedRows.fanout)
        let build =
            try pair.build?.divided(types: work.buildTypes, keys: work.buildKeys, level: level, work.context)
            ?? nothing
        let probe =
            try pair.probe?.divided(types: work.probeTypes, keys: work.probeKeys, level: level, work.context)
            ?? nothing
        let total = pair.build?.rowCount ?? 0
        let made = zip(build, probe).map { build, probe in
            // Where nearly all rows stay together they have one key, which no hash divides.
            Pair(
                build: build, probe: probe, level: level, isDivisible: (build?.rowCount ?? 0) * 10 < total * 9
            )
        }
        lock.withLock { _ in pairs += made.reversed() }
    }

    private func stream(of pair: Pair, _ bytes: Int) throws -> any BatchStream {
        let claim = MemoryClaim(work.context.memory)
        claim.take(bytes)
        let batches = try pair.build?.batches(types: work.buildTypes, work.context) ?? []
        let probe = try pair.probe?.file.makeStream(types: work.probeTypes) ?? NoRows()
        return try work.streams(over: [probe], batches, claim, known: known)[0]
    }

    fileprivate func nextOrder() -> UInt64 {
        lock.withLock { _ in
            order += 1
            return order
        }
    }

    private final class Stream: BatchStream {
        private let join: PartitionedJoin
        private var current: (any BatchStream)?

        init(_ join: PartitionedJoin) { self.join = join }

        func next() throws -> Batch? {
            while true {
                if var batch = try current?.next() {
                    batch.order = join.nextOrder()
                    return batch
                }
                // What the last partition took is given back before the next one is read.
                current = nil
                current = try join.nextStream()
                if current == nil { return nil }
            }
        }
    }
}
