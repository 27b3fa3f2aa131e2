import Synchronization
import Vectors

/// DISTINCT, INTERSECT and EXCEPT: takes the rows in with all threads, then filters them in order; in
/// partitions where they do not fit the memory.
struct SetWork: Sendable {
    let operation: SetOperation
    let types: [SQLType]
    let context: ExecutionContext

    /// About what a distinct row needs in a table.
    static let tableBytes = 40

    private var keys: [Int] { Array(types.indices) }

    /// - Parameter right: `nil` for `distinct`.
    func streams(_ left: any PhysicalOperator, _ right: (any PhysicalOperator)?) throws -> [any BatchStream] {
        let (rightRows, _) = try right.map { try collect($0) } ?? (collector(), 0)
        let (leftRows, leftStreams) = try collect(left)
        if leftRows.isSpilling || rightRows.isSpilling {
            let parts = (left: try leftRows.spill().finish(), right: try rightRows.spill().finish())
            return PartitionedSets(self, left: parts.left, right: parts.right).streams()
        }
        guard case .memory(let leftBatches) = leftRows.finish(),
            case .memory(let rightBatches) = rightRows.finish()
        else {
            return [NoRows()]
        }
        if case .distinct = operation, leftStreams == 1 {
            return BatchListStream.streams(leftBatches, leftRows.claim, threads: context.threads)
        }
        let filter = SetFilter(types, operation)
        for batch in rightBatches {
            try context.checkInterruption()
            try filter.add(batch)
        }
        var kept: [Batch] = []
        for batch in leftBatches {
            try context.checkInterruption()
            if let batch = try filter.keep(batch) { kept.append(batch) }
        }
        return BatchListStream.streams(kept, leftRows.claim, threads: context.threads)
    }

    private func collector() -> RowCollector {
        RowCollector(
            types: types, keys: keys, maySpill: !types.isEmpty, bytesPerRow: Self.tableBytes, context)
    }

    /// Takes in all rows of an input; without most of those that repeat, where they count as one.
    private func collect(_ input: any PhysicalOperator) throws -> (RowCollector, streams: Int) {
        let collector = collector()
        let streams = try input.open(context)
        guard !streams.isEmpty else { return (collector, 0) }
        guard operation.mergesEqual else {
            try context.drain(streams) { _, batch in try collector.append(batch) }
            return (collector, streams.count)
        }
        // One stream's rows are distinct after this; of several, the same rows may be left once in each.
        let merges = streams.map { _ in LocalDistinct(types, mustMerge: streams.count == 1, context) }
        try context.drain(streams) { index, batch in
            if collector.isSpilling { merges[index].stop() }
            if let batch = try merges[index].keep(batch) { try collector.append(batch) }
        }
        return (collector, streams.count)
    }
}

/// Leaves out rows of a stream that repeat, as long as that pays. One thread.
private final class LocalDistinct: @unchecked Sendable {
    // The thread that drains the stream alone uses it.

    private var filter: SetFilter?
    private let mustMerge: Bool
    private let claim: MemoryClaim
    private var seen = 0
    private var given = 0

    /// - Parameter mustMerge: goes on even where few rows repeat.
    init(_ types: [SQLType], mustMerge: Bool, _ context: ExecutionContext) {
        filter = SetFilter(types, .distinct)
        self.mustMerge = mustMerge
        claim = MemoryClaim(context.memory)
    }

    func stop() {
        filter = nil
        claim.set(0)
    }

    func keep(_ batch: Batch) throws -> Batch? {
        guard let filter else { return batch }
        let kept = try filter.keep(batch)
        seen += batch.count
        given += kept?.count ?? 0
        claim.set(filter.byteCount)
        if !mustMerge, seen >= 1 << 16, given * 2 > seen { stop() }
        return kept
    }
}

/// A set operation on rows in files, partition by partition. Those that are still too large are divided
/// again.
private final class PartitionedSets: @unchecked Sendable {
    // All that changes is touched under the lock alone.

    private struct Pair {
        let left: PartitionedRows.Part?
        let right: PartitionedRows.Part?
        let level: Int
        let isDivisible: Bool

        var rowCount: Int { (left?.rowCount ?? 0) + (right?.rowCount ?? 0) }
        var byteCount: Int { (left?.byteCount ?? 0) + (right?.byteCount ?? 0) }
    }

    private let work: SetWork
    private let lock = Mutex(())
    private var pairs: [Pair]
    private var order: UInt64 = 0

    init(_ work: SetWork, left: [PartitionedRows.Part?], right: [PartitionedRows.Part?]) {
        self.work = work
        pairs = zip(left, right).reversed().map { Pair(left: $0, right: $1, level: 0, isDivisible: true) }
    }

    func streams() -> [any BatchStream] { (0..<work.context.threads).map { _ in Stream(self) } }

    private var share: Int { max(1 << 16, work.context.memory.limit / (2 * work.context.threads)) }

    fileprivate func nextStream() throws -> (any BatchStream)? {
        while let pair = lock.withLock({ _ in pairs.popLast() }) {
            guard let left = pair.left else { continue }
            let bytes = pair.byteCount + pair.rowCount * SetWork.tableBytes
            if bytes > share, pair.isDivisible, pair.level + 1 < PartitionedRows.levels {
                try divide(pair)
                continue
            }
            let filter = SetFilter(work.types, work.operation)
            if let right = pair.right {
                let stream = try right.file.makeStream(types: work.types)
                while let batch = try stream.next() {
                    try work.context.checkInterruption()
                    try filter.add(batch)
                }
            }
            return FilterStream(try left.file.makeStream(types: work.types), filter, work.context)
        }
        return nil
    }

    private func divide(_ pair: Pair) throws {
        let level = pair.level + 1
        let keys = Array(work.types.indices)
        func divided(_ part: PartitionedRows.Part?) throws -> [PartitionedRows.Part?] {
            try part?.divided(types: work.types, keys: keys, level: level, work.context)
                ?? Array(repeating: nil, count: PartitionedRows.fanout)
        }
        let made = zip(try divided(pair.left), try divided(pair.right)).map { left, right in
            let rows = (left?.rowCount ?? 0) + (right?.rowCount ?? 0)
            // Where nearly all rows stay together they are equal, and a table of them is small.
            return Pair(left: left, right: right, level: level, isDivisible: rows * 10 < pair.rowCount * 9)
        }
        lock.withLock { _ in pairs += made.reversed() }
    }

    fileprivate func nextOrder() -> UInt64 {
        lock.withLock { _ in
            order += 1
            return order
        }
    }

    private final class Stream: BatchStream {
        private let sets: PartitionedSets
        private var current: (any BatchStream)?

        init(_ sets: PartitionedSets) { self.sets = sets }

        func next() throws -> Batch? {
            while true {
                if var batch = try current?.next() {
                    batch.order = sets.nextOrder()
                    return batch
                }
                current = nil
                current = try sets.nextStream()
                if current == nil { return nil }
            }
        }
    }

    private final class FilterStream: BatchStream {
        private let left: any BatchStream
        private let filter: SetFilter
        private let claim: MemoryClaim
        private let context: ExecutionContext

        init(_ left: any BatchStream, _ filter: SetFilter, _ context: ExecutionContext) {
            self.left = left
            self.filter = filter
            self.context = context
            claim = MemoryClaim(context.memory)
        }

        func next() throws -> Batch? {
            while let batch = try left.next() {
                try context.checkInterruption()
                let kept = try filter.keep(batch)
                claim.set(filter.byteCount)
                if let kept { return kept }
            }
            return nil
        }
    }
}
