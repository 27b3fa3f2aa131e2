import Vectors

/// How ASOF JOIN compares the left time with the right one.
package enum AsOfComparison: String, Sendable {
    case greaterOrEqual = ">=", greater = ">", lessOrEqual = "<=", less = "<"
}

/// The right rows of an ASOF JOIN by equal keys and time. Complete when made; any thread may look up.
final class AsOfIndex: @unchecked Sendable {
    // Filled by `init` and never changed after.

    let table: KeyTable
    /// The times by place: those of a group stand together and rise.
    let times: UnsafeMutablePointer<Int64>
    /// The row of each place; `nil` where it is the place itself.
    let rows: UnsafeMutablePointer<UInt32>?
    /// Where the places of each group begin, and where the last ones end.
    let offsets: UnsafeMutablePointer<Int>
    private let timeMemory: VectorMemory
    private let rowMemory: VectorMemory
    private let offsetMemory: VectorMemory

    /// - Parameter time: the column of the time. Rows with NULL in it, or in a key, are not found.
    init(_ store: JoinRows, keys: [Int], time: Int, _ context: ExecutionContext) throws {
        let count = store.count
        let memory = VectorMemory(byteCount: count * 12)
        defer { withExtendedLifetime(memory) {} }
        let source = memory.pointer.assumingMemoryBound(to: Int64.self)
        let groups = (memory.pointer + count * 8).assumingMemoryBound(to: UInt32.self)
        table = KeyTable(keys.map { store.types[$0] }, nullsEqual: keys.map { _ in false })
        let columns = keys.map { store.columns[$0] }
        try table.prepare(columns, count: count)
        try table.groups(of: columns, count: count, into: groups)
        try AsOfTimes.read(store.columns[time], from: 0, count: count, into: source)
        if let validity = store.columns[time].validity {
            for row in 0..<count where validity[row] == 0 { groups[row] = KeyTable.none }
        }
        try context.checkInterruption()
        offsetMemory = VectorMemory(byteCount: (table.count + 2) * 8)
        offsets = offsetMemory.pointer.assumingMemoryBound(to: Int.self)
        if Self.isSorted(groups, source, count) {
            offsets.initialize(repeating: 0, count: table.count + 2)
            for row in 0..<count { offsets[Int(groups[row]) + 1] += 1 }
            for group in 0..<table.count { offsets[group + 1] += offsets[group] }
            (timeMemory, rowMemory) = (memory, VectorMemory(byteCount: 0))
            times = source
            rows = nil
            return
        }
        timeMemory = VectorMemory(byteCount: count * 8)
        rowMemory = VectorMemory(byteCount: count * 4)
        times = timeMemory.pointer.assumingMemoryBound(to: Int64.self)
        let placed = rowMemory.pointer.assumingMemoryBound(to: UInt32.self)
        rows = placed
        offsets.initialize(repeating: 0, count: table.count + 2)
        for row in 0..<count where groups[row] != KeyTable.none { offsets[Int(groups[row]) + 2] += 1 }
        for group in 0..<table.count { offsets[group + 2] += offsets[group + 1] }
        for row in 0..<count where groups[row] != KeyTable.none {
            let place = offsets[Int(groups[row]) + 1]
            times[place] = source[row]
            placed[place] = UInt32(truncatingIfNeeded: row)
            offsets[Int(groups[row]) + 1] = place + 1
        }
        for group in 0..<table.count {
            try context.checkInterruption()
            Self.sort(times, placed, offsets[group], offsets[group + 1])
        }
    }

    var byteCount: Int {
        table.byteCount + timeMemory.byteCount + rowMemory.byteCount + offsetMemory.byteCount
    }

    /// Whether rows stand by group and time already. Groups are numbered as they come.
    private static func isSorted(_ groups: UnsafePointer<UInt32>, _ times: UnsafePointer<Int64>, _ count: Int)
        -> Bool
    {
        guard count > 0 else { return true }
        guard groups[0] != KeyTable.none else { return false }
        for row in 1..<max(1, count) {
            let isRising =
                groups[row] > groups[row - 1]
                || (groups[row] == groups[row - 1] && times[row] >= times[row - 1])
            if !isRising { return false }
        }
        return groups[count - 1] != KeyTable.none
    }

    /// Sorts the places of a group by time, then by row.
    private static func sort(
        _ times: UnsafeMutablePointer<Int64>, _ rows: UnsafeMutablePointer<UInt32>, _ start: Int, _ end: Int
    ) {
        var isSorted = true
        for place in start..<max(start, end - 1) where times[place] > times[place + 1] { isSorted = false }
        if isSorted { return }
        var pairs = (start..<end).map { (time: times[$0], row: rows[$0]) }
        pairs.sort { ($0.time, $0.row) < ($1.time, $1.row) }
        for (place, pair) in pairs.enumerated() {
            times[start + place] = pair.time
            rows[start + place] = pair.row
        }
    }

    /// The first place of a group, from `hint` on outwards, whose time is greater than `time`, or not less
    /// than it.
    @inline(__always)
    func firstPlace(_ start: Int, _ end: Int, hint: Int, time: Int64, after isAfter: Bool) -> Int {
        let times = times
        @inline(__always)
        func isBefore(_ place: Int) -> Bool { isAfter ? times[place] <= time : times[place] < time }
        var low = start
        var high = end
        // Left rows mostly come by time too, so the place is likely not far behind the last one.
        var step = 1
        if hint < end, isBefore(hint) {
            low = hint + 1
            while low + step <= end, isBefore(low + step - 1) {
                low += step
                step *= 2
            }
            high = min(end, low + step - 1)
        } else {
            high = hint
            while high - step >= start, !isBefore(high - step) {
                high -= step
                step *= 2
            }
            low = max(start, high - step + 1)
        }
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
