import Vectors

/// Finds the build rows that have a key. Complete when made; any thread may look up.
final class JoinIndex: @unchecked Sendable {
    // Filled by `init` and never changed after.

    let table: KeyTable
    /// Whether each group is just the row of its number.
    let isUnique: Bool
    /// Where the rows of each group begin in `rows`, and where the last ones end; rows of a group rise.
    let offsets: UnsafeMutablePointer<UInt32>
    let rows: UnsafeMutablePointer<UInt32>
    private let offsetMemory: VectorMemory
    private let rowMemory: VectorMemory

    /// - Parameter nullSafe: for which keys NULL equals NULL.
    init(_ store: JoinRows, keys: [Int], nullSafe: [Bool], _ context: ExecutionContext) throws {
        let columns = keys.map { store.columns[$0] }
        table = KeyTable(keys.map { store.types[$0] }, nullsEqual: nullSafe)
        let groupMemory = VectorMemory(byteCount: store.count * 4)
        defer { withExtendedLifetime(groupMemory) {} }
        let groups = groupMemory.pointer.assumingMemoryBound(to: UInt32.self)
        try table.prepare(columns, count: store.count)
        try context.checkInterruption()
        try table.groups(of: columns, count: store.count, into: groups)
        isUnique = table.count == store.count
        guard !isUnique else {
            (offsetMemory, rowMemory) = (VectorMemory(byteCount: 0), VectorMemory(byteCount: 0))
            offsets = offsetMemory.pointer.assumingMemoryBound(to: UInt32.self)
            rows = rowMemory.pointer.assumingMemoryBound(to: UInt32.self)
            return
        }
        try context.checkInterruption()
        offsetMemory = VectorMemory(byteCount: (table.count + 2) * 4)
        rowMemory = VectorMemory(byteCount: store.count * 4)
        offsets = offsetMemory.pointer.assumingMemoryBound(to: UInt32.self)
        rows = rowMemory.pointer.assumingMemoryBound(to: UInt32.self)
        // Counted two places on, so that filling moves each start to where it belongs.
        offsets.initialize(repeating: 0, count: table.count + 2)
        for row in 0..<store.count where groups[row] != KeyTable.none { offsets[Int(groups[row]) + 2] += 1 }
        for group in 0..<table.count { offsets[group + 2] += offsets[group + 1] }
        for row in 0..<store.count where groups[row] != KeyTable.none {
            let place = offsets[Int(groups[row]) + 1]
            rows[Int(place)] = UInt32(truncatingIfNeeded: row)
            offsets[Int(groups[row]) + 1] = place + 1
        }
    }

    var byteCount: Int { table.byteCount + offsetMemory.byteCount + rowMemory.byteCount }
}

/// The pairs of rows of a batch and build rows that may match. One thread.
protocol JoinCandidates: AnyObject {
    func begin(_ batch: Batch) throws
    /// Whether each row of the batch has a candidate, as 0 or 1.
    func flagMatches(_ flags: UnsafeMutablePointer<UInt8>)
    /// Gives further pairs, up to `capacity`, by rising probe row.
    ///
    /// - Parameters:
    ///   - skipping: probe rows of which no more pairs are wanted.
    ///   - seen: build rows of whose key no more pairs are wanted.
    /// - Returns: how many pairs, and up to which probe row all pairs have been given.
    func fill(
        _ probeRows: UnsafeMutablePointer<UInt32>, _ buildRows: UnsafeMutablePointer<UInt32>, capacity: Int,
        skipping: UnsafePointer<UInt8>?, seen: UnsafePointer<UInt8>?
    ) -> (count: Int, completed: Int)
}

/// Candidates by key.
final class HashCandidates: JoinCandidates {
    private let index: JoinIndex
    private let keys: [Int]
    private let finder: KeyFinder
    private var memory = VectorMemory(byteCount: Batch.rowsMax * 4)
    private var count = 0
    private var row = 0
    private var position = 0

    init(_ index: JoinIndex, keys: [Int]) {
        self.index = index
        self.keys = keys
        finder = KeyFinder(index.table)
    }

    private var groups: UnsafeMutablePointer<UInt32> { memory.pointer.assumingMemoryBound(to: UInt32.self) }

    func begin(_ batch: Batch) throws {
        memory = memory.grown(used: 0, needed: batch.count * 4)
        count = batch.count
        row = 0
        position = 0
        try finder.find(keys.map { batch.columns[$0] }, count: count, into: groups)
    }

    func flagMatches(_ flags: UnsafeMutablePointer<UInt8>) {
        let groups = groups
        for row in 0..<count { flags[row] = groups[row] == KeyTable.none ? 0 : 1 }
    }

    func fill(
        _ probeRows: UnsafeMutablePointer<UInt32>, _ buildRows: UnsafeMutablePointer<UInt32>, capacity: Int,
        skipping: UnsafePointer<UInt8>?, seen: UnsafePointer<UInt8>?
    ) -> (count: Int, completed: Int) {
        let groups = groups
        var filled = 0
        if index.isUnique {
            let end = min(count, row + capacity)
            for row in row..<end {
                probeRows[filled] = UInt32(truncatingIfNeeded: row)
                buildRows[filled] = groups[row]
                filled &+= groups[row] == KeyTable.none ? 0 : 1
            }
            row = end
            return (filled, row)
        }
        while row < count, filled < capacity {
            let group = groups[row]
            if group == KeyTable.none || skipping.map({ $0[row] != 0 }) ?? false {
                row += 1
                position = 0
                continue
            }
            let first = Int(index.offsets[Int(group)])
            let size = Int(index.offsets[Int(group) + 1]) - first
            if position == 0, let seen, seen[Int(index.rows[first])] != 0 {
                row += 1
                continue
            }
            let taken = min(size - position, capacity - filled)
            let source = index.rows + first + position
            for place in 0..<taken {
                probeRows[filled + place] = UInt32(truncatingIfNeeded: row)
                buildRows[filled + place] = source[place]
            }
            filled += taken
            position += taken
            if position == size {
                row += 1
                position = 0
            }
        }
        return (filled, row)
    }
}

/// Every pair.
final class CrossCandidates: JoinCandidates {
    private let buildCount: Int
    private var count = 0
    private var row = 0
    private var position = 0

    init(buildCount: Int) { self.buildCount = buildCount }

    func begin(_ batch: Batch) {
        count = batch.count
        row = 0
        position = 0
    }

    func flagMatches(_ flags: UnsafeMutablePointer<UInt8>) {
        flags.initialize(repeating: buildCount > 0 ? 1 : 0, count: count)
    }

    func fill(
        _ probeRows: UnsafeMutablePointer<UInt32>, _ buildRows: UnsafeMutablePointer<UInt32>, capacity: Int,
        skipping: UnsafePointer<UInt8>?, seen: UnsafePointer<UInt8>?
    ) -> (count: Int, completed: Int) {
        guard buildCount > 0 else { return (0, count) }
        var filled = 0
        while row < count, filled < capacity {
            if skipping.map({ $0[row] != 0 }) ?? false {
                row += 1
                position = 0
                continue
            }
            let taken = min(buildCount - position, capacity - filled)
            for place in 0..<taken {
                probeRows[filled + place] = UInt32(truncatingIfNeeded: row)
                buildRows[filled + place] = UInt32(truncatingIfNeeded: position + place)
            }
            filled += taken
            position += taken
            if position == buildCount {
                row += 1
                position = 0
            }
        }
        return (filled, row)
    }
}
