import Synchronization
import Vectors

/// Finds out, from the keys alone, whether an input that has many groups rises by them, so that groups can be given as
/// they go by instead of being held.
///
/// Reading the keys twice costs little beside a table of millions of groups that is filled in their order.
struct SortedGroups: Sendable {
    /// Gives the keys and nothing else, in the order of the input.
    let source: any PhysicalOperator
    /// Rows that a group has at most on average for this to be worth the while.
    private static let groupRowsMax = 16

    /// The keys of a batch's first and last row.
    private struct Edges {
        var order: UInt64
        var first: [Vector]
        var last: [Vector]
    }

    func isSorted(_ context: ExecutionContext) throws -> Bool {
        let streams = try source.open(context).map(PeekedStream.init)
        // Looks at little before it reads much.
        for stream in streams {
            guard let batch = try stream.peek() else { continue }
            guard batch.count > Self.groupRowsMax,
                let starts = SortedRuns.starts(batch.columns, count: batch.count),
                starts.count * Self.groupRowsMax > batch.count
            else { return false }
        }
        let isSorted = Atomic(true)
        let found = Mutex<[Edges]>([])
        try context.drain(streams) { _, batch in
            guard isSorted.load(ordering: .relaxed) else { return }
            guard SortedRuns.isRising(batch.columns, count: batch.count) else {
                return isSorted.store(false, ordering: .relaxed)
            }
            let edges = Edges(
                order: batch.order, first: batch.columns.map { $0.slice(from: 0, count: 1) },
                last: batch.columns.map { $0.slice(from: batch.count - 1, count: 1) })
            found.withLock { $0.append(edges) }
        }
        guard isSorted.load(ordering: .relaxed) else { return false }
        let edges = found.withLock { $0.sorted { $0.order < $1.order } }
        return zip(edges, edges.dropFirst()).allSatisfy {
            SortedRuns.compare($0.last, 0, $1.first, 0) <= 0
        }
    }
}

/// Aggregates an input that rises by the keys of its groups: what a batch holds of each group but its first and its
/// last is the whole group, and is given at once; the rows of these two are kept until the end.
final class SortedGroupsStream: BatchStream {
    /// What the streams share: the groups at the edges of batches, which the last one to end gives.
    final class Shared: @unchecked Sendable {
        // Each table is filled by one stream; the last of them reads all.
        fileprivate let tables: [GroupTable]
        fileprivate let running: Atomic<Int>
        let keys: [Int]
        let specifications: [AggregateSpecification]

        init(_ tables: [GroupTable], keys: [Int], _ specifications: [AggregateSpecification]) {
            self.tables = tables
            running = Atomic(tables.count)
            self.keys = keys
            self.specifications = specifications
        }
    }

    private let source: any BatchStream
    private let shared: Shared
    private let number: Int
    private var rest: [Batch]?
    private var groups: [UInt32] = []

    init(_ source: any BatchStream, _ shared: Shared, number: Int) {
        self.source = source
        self.shared = shared
        self.number = number
    }

    func next() throws -> Batch? {
        while rest == nil {
            guard let batch = try source.next() else {
                rest = try edges().reversed()
                break
            }
            if let groups = try aggregate(batch) { return groups }
        }
        return rest?.popLast()
    }

    private func edges() throws -> [Batch] {
        guard shared.running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return [] }
        let whole = shared.tables[0]
        for other in shared.tables.dropFirst() { try whole.merge(other) { _ in true } }
        // Behind all others, whichever stream ends last.
        return try whole.finish(inFirstRowOrder: true).map { batch in
            var last = batch
            last.order |= 1 << 63
            return last
        }
    }

    /// The groups inside a batch, if there are any.
    private func aggregate(_ batch: Batch) throws -> Batch? {
        let keys = shared.keys.map { batch.columns[$0] }
        guard let starts = SortedRuns.starts(keys, count: batch.count), starts.count > 2 else {
            try shared.tables[number].add(batch)
            return nil
        }
        let (first, last) = (starts[1], starts[starts.count - 1])
        let outer = Array(0..<UInt32(first)) + Array(UInt32(last)..<UInt32(batch.count))
        try shared.tables[number].add(
            Batch(batch.columns.map { $0.picking(outer) }, count: outer.count, order: batch.order))
        let inner = starts[1..<(starts.count - 1)]
        let count = inner.count
        if groups.count < last - first {
            groups = [UInt32](repeating: 0, count: max(last - first, Batch.rowsMax))
        }
        for (group, start) in inner.enumerated() {
            for row in start..<starts[group + 2] { groups[row - first] = UInt32(group) }
        }
        let results = try groups.withUnsafeBufferPointer { buffer -> [Vector] in
            guard let base = buffer.baseAddress else { return [] }
            let rows = GroupedRows(base, count: last - first, order: batch.order)
            return try shared.specifications.map { specification in
                let state = specification.makeState()
                state.grow(to: count)
                try state.add(
                    specification.arguments.map { batch.columns[$0].slice(from: first, count: last - first) },
                    rows)
                return try state.finish(count)
            }
        }
        let places = inner.map { UInt32($0) }
        return Batch(keys.map { $0.picking(places) } + results, count: count, order: batch.order)
    }
}
