import Vectors

/// What of the left rows a set operation keeps.
enum SetOperation: Sendable {
    case distinct
    case intersect(isAll: Bool)
    case except(isAll: Bool)

    /// Whether equal rows count as one.
    var mergesEqual: Bool {
        switch self {
        case .distinct: true
        case .intersect(let isAll), .except(let isAll): !isAll
        }
    }
}

/// Keeps the left rows that are in the result of a set operation. First takes all right rows, then the left
/// ones. One thread.
final class SetFilter {
    private let operation: SetOperation
    private let table: KeyTable
    private var finder: KeyFinder?
    /// By group, how many right rows are left to be matched; of `intersect`, whether one is.
    private var counts: [UInt64] = []
    private var groups = VectorMemory(byteCount: 0)
    private var kept = VectorMemory(byteCount: 0)

    init(_ types: [SQLType], _ operation: SetOperation) {
        self.operation = operation
        table = KeyTable(types)
    }

    var byteCount: Int { table.byteCount + counts.count * 8 }

    /// Takes right rows.
    func add(_ batch: Batch) throws {
        let groups = try self.groups(batch.count)
        try table.groups(of: batch.columns, count: batch.count, into: groups)
        if case .except(false) = operation { return }
        while counts.count < table.count { counts.append(0) }
        let merges = operation.mergesEqual
        counts.withUnsafeMutableBufferPointer { counts in
            for row in 0..<batch.count {
                let group = Int(groups[row])
                counts[group] = merges ? 1 : counts[group] + 1
            }
        }
    }

    /// The left rows that are kept, if any.
    func keep(_ batch: Batch) throws -> Batch? {
        let groups = try self.groups(batch.count)
        kept = kept.grown(used: 0, needed: batch.count * 4 + 4)
        let rows = kept.pointer.assumingMemoryBound(to: UInt32.self)
        var count = 0
        switch operation {
        case .distinct, .except(false):
            var next = table.count
            try table.groups(of: batch.columns, count: batch.count, into: groups)
            // Groups are numbered as they come, so a new one is the next.
            for row in 0..<batch.count {
                rows[count] = UInt32(truncatingIfNeeded: row)
                let isNew = Int(groups[row]) == next ? 1 : 0
                count &+= isNew
                next &+= isNew
            }
        case .intersect: count = try keepCounted(batch, groups, rows, whereFound: true)
        case .except: count = try keepCounted(batch, groups, rows, whereFound: false)
        }
        if count == 0 { return nil }
        return count == batch.count ? batch : batch.gather(rows, count: count)
    }

    /// Keeps the rows that have a right row left, or those that have none.
    private func keepCounted(
        _ batch: Batch, _ groups: UnsafeMutablePointer<UInt32>, _ rows: UnsafeMutablePointer<UInt32>,
        whereFound: Bool
    ) throws -> Int {
        let finder = self.finder ?? KeyFinder(table)
        self.finder = finder
        try finder.find(batch.columns, count: batch.count, into: groups)
        var count = 0
        for row in 0..<batch.count {
            let group = Int(groups[row])
            let isFound = groups[row] != KeyTable.none && counts[group] > 0
            if isFound { counts[group] -= 1 }
            if isFound == whereFound {
                rows[count] = UInt32(truncatingIfNeeded: row)
                count += 1
            }
        }
        return count
    }

    private func groups(_ count: Int) throws -> UnsafeMutablePointer<UInt32> {
        groups = groups.grown(used: 0, needed: count * 4)
        return groups.pointer.assumingMemoryBound(to: UInt32.self)
    }
}

/// Batches that are there, which are let go of as they are given.
final class BatchListStream: BatchStream {
    private var batches: ArraySlice<Batch>
    private let claim: MemoryClaim?

    init(_ batches: ArraySlice<Batch>, _ claim: MemoryClaim?) {
        self.batches = batches
        self.claim = claim
    }

    func next() -> Batch? { batches.popFirst() }

    /// Streams that share the batches, each some that follow each other.
    static func streams(_ batches: [Batch], _ claim: MemoryClaim?, threads: Int) -> [any BatchStream] {
        let count = max(1, min(threads, batches.count))
        return (0..<count).map { index in
            let range = batches.count * index / count..<batches.count * (index + 1) / count
            return BatchListStream(batches[range], claim)
        }
    }
}
