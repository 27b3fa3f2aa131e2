package import Vectors

/// ASOF JOIN: gives each left row once, with the one right row of the same keys whose time is closest to its
/// own on the side that the comparison allows, or with NULLs.
///
/// Of right rows with the same time, the last one in the order of the right side is taken for `>=` and `>`,
/// and the first one for `<=` and `<`. Left rows keep their order. The right side is in memory.
package final class AsOfJoinOperator: PhysicalOperator {
    package let types: [SQLType]
    private let left: any PhysicalOperator
    private let right: any PhysicalOperator
    private let equalLeft: [Int]
    private let equalRight: [Int]
    private let leftTime: Int
    private let rightTime: Int
    private let comparison: AsOfComparison

    /// - Parameters:
    ///   - equalLeft: columns of the left side that must equal those of `equalRight`, of the same types.
    ///     There may be none.
    ///   - leftTime: the left column to compare with `rightTime`, of the same type.
    package init(
        left: any PhysicalOperator, right: any PhysicalOperator, equalLeft: [Int], equalRight: [Int],
        leftTime: Int,
        rightTime: Int, comparison: AsOfComparison
    ) {
        precondition(equalLeft.count == equalRight.count, "keys come in pairs")
        self.left = left
        self.right = right
        self.equalLeft = equalLeft
        self.equalRight = equalRight
        self.leftTime = leftTime
        self.rightTime = rightTime
        self.comparison = comparison
        types = left.types + right.types
    }

    package var children: [any PhysicalOperator] { [left, right] }

    package var title: String {
        let offset = left.types.count
        let keys = zip(equalLeft, equalRight).map { "#\($0) = #\($1 + offset)" }
        let on = (keys + ["#\(leftTime) \(comparison.rawValue) #\(rightTime + offset)"]).joined(
            separator: " and ")
        return "AsOfJoin on \(on)"
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let collector = RowCollector(types: right.types, keys: [], maySpill: false, bytesPerRow: 24, context)
        guard case .memory(let batches) = try collector.collect(try right.open(context)) else { return [] }
        let store = try JoinRows(batches, types: right.types, context)
        let index = try AsOfIndex(store, keys: equalRight, time: rightTime, context)
        collector.claim.set(RowBytes.of(Batch(store.columns, count: store.count)) + index.byteCount)
        guard context.memory.taken <= context.memory.limit else {
            throw SQLError(
                .outOfMemory, "the right side of an ASOF JOIN does not fit the memory limit; raise it")
        }
        let search = AsOfSearch(
            store: store, index: index, keys: equalLeft, time: leftTime, comparison: comparison,
            claim: collector.claim, context: context)
        let streams = try left.open(context)
        return streams.isEmpty ? [NoRows()] : streams.map { AsOfStream($0, search) }
    }
}

/// What the streams of an ASOF JOIN share.
private struct AsOfSearch: Sendable {
    let store: JoinRows
    let index: AsOfIndex
    let keys: [Int]
    let time: Int
    let comparison: AsOfComparison
    let claim: MemoryClaim
    let context: ExecutionContext
}

private final class AsOfStream: BatchStream {
    private let left: any BatchStream
    private let search: AsOfSearch
    private let finder: KeyFinder
    private var memory = VectorMemory(byteCount: 0)
    /// Where the last left row of each group was.
    private let hintMemory: VectorMemory

    init(_ left: any BatchStream, _ search: AsOfSearch) {
        self.left = left
        self.search = search
        finder = KeyFinder(search.index.table)
        let groups = search.index.table.count
        hintMemory = VectorMemory(byteCount: groups * 8)
        hintMemory.pointer.copyMemory(from: search.index.offsets, byteCount: groups * 8)
    }

    func next() throws -> Batch? {
        try search.context.checkInterruption()
        guard let batch = try left.next() else { return nil }
        let count = batch.count
        memory = memory.grown(used: 0, needed: count * 16)
        let times = memory.pointer.assumingMemoryBound(to: Int64.self)
        let groups = (memory.pointer + count * 8).assumingMemoryBound(to: UInt32.self)
        let found = groups + count
        try finder.find(search.keys.map { batch.columns[$0] }, count: count, into: groups)
        let time = batch.columns[search.time]
        try AsOfTimes.read(time, from: 0, count: count, into: times)
        if let validity = time.validity {
            for row in 0..<count where validity[row] == 0 { groups[row] = KeyTable.none }
        }
        let hasNone =
            switch search.comparison {
            case .greaterOrEqual: locate(times, groups, count, after: true, below: true, into: found)
            case .greater: locate(times, groups, count, after: false, below: true, into: found)
            case .lessOrEqual: locate(times, groups, count, after: false, below: false, into: found)
            case .less: locate(times, groups, count, after: true, below: false, into: found)
            }
        let columns = batch.columns + search.store.gather(found, count: count, hasNone: hasNone)
        return Batch(columns, count: count, order: batch.order)
    }

    /// Finds the right row of each left row; whether some have none.
    ///
    /// - Parameters:
    ///   - after: whether to look for the first right time that is greater, rather than not less.
    ///   - below: whether the row before that one is wanted, rather than itself.
    @inline(__always)
    private func locate(
        _ times: UnsafePointer<Int64>, _ groups: UnsafePointer<UInt32>, _ count: Int, after: Bool,
        below: Bool,
        into found: UnsafeMutablePointer<UInt32>
    ) -> Bool {
        let index = search.index
        let offsets = index.offsets
        let rows = index.rows
        let hints = hintMemory.pointer.assumingMemoryBound(to: Int.self)
        var hasNone = false
        for row in 0..<count {
            found[row] = JoinRows.none
            guard groups[row] != KeyTable.none else {
                hasNone = true
                continue
            }
            let group = Int(groups[row])
            let (start, end) = (offsets[group], offsets[group + 1])
            let place = index.firstPlace(start, end, hint: hints[group], time: times[row], after: after)
            hints[group] = place
            let wanted = below ? place - 1 : place
            if wanted >= start, wanted < end {
                found[row] = rows.map { $0[wanted] } ?? UInt32(truncatingIfNeeded: wanted)
            } else {
                hasNone = true
            }
        }
        return hasNone
    }
}
