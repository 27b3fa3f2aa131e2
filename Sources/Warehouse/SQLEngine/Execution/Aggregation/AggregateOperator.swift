import DurableIO
package import Vectors

/// GROUP BY: each thread groups what it reads, then the groups are put together. Groups come in the order in
/// which their first rows stand in the input.
///
/// Many groups of an input that rises by their keys are not held, but given as they go by.
package final class AggregateOperator: PhysicalOperator {
    package let types: [SQLType]
    package let children: [any PhysicalOperator]
    package let title: String
    private let keys: [Int]
    private let specifications: [AggregateSpecification]
    private let sorted: SortedGroups?

    /// - Parameter sorted: tells whether the input rises by the keys, where that may be.
    init(
        _ child: any PhysicalOperator, keys: [Int], _ specifications: [AggregateSpecification],
        sorted: SortedGroups? = nil, title: String
    ) {
        children = [child]
        self.sorted = sorted
        self.keys = keys
        self.specifications = specifications
        self.title = title
        types = keys.map { child.types[$0] } + specifications.map(\.result)
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let isSorted = try sorted?.isSorted(context) ?? false
        let streams = try children[0].open(context)
        if isSorted {
            let shared = SortedGroupsStream.Shared(
                streams.map { _ in makeGroups() }, keys: keys, specifications)
            return streams.enumerated().map { SortedGroupsStream($1, shared, number: $0) }
        }
        let budget = SpillingGroups(context, types: children[0].types, keys: keys)
        let groups = (0..<max(1, streams.count)).map { _ in makeGroups() }
        try context.drain(streams) { stream, batch in
            if budget.isSpilling {
                try budget.spill(batch)
            } else {
                try groups[stream].add(batch)
                budget.account(groups[stream])
            }
        }
        if budget.isSpilling { return [budget.finish(groups, make: makeGroups)] }
        defer { budget.release(groups) }
        let whole = groups[0]
        for other in groups.dropFirst() { try whole.merge(other) { _ in true } }
        if keys.isEmpty { whole.ensureOneGroup() }
        return [ListStream(try whole.finish(inFirstRowOrder: groups.count > 1))]
    }

    private func makeGroups() -> GroupTable {
        GroupTable(keys: keys, keyTypes: keys.map { children[0].types[$0] }, specifications)
    }
}

/// Batches at hand.
final class ListStream: BatchStream {
    private var batches: ArraySlice<Batch>

    init(_ batches: [Batch]) { self.batches = batches[...] }

    func next() -> Batch? { batches.popFirst() }
}

/// Groups and what is known of each. One thread at a time.
final class GroupTable: @unchecked Sendable {
    // Filled by one thread; handed over when it has ended.
    private let keys: [Int]
    private let specifications: [AggregateSpecification]
    let table: KeyTable
    private let states: [any AggregateState]
    private var firstRows = GroupArray<RowNumber>(.max)
    private var groups: [UInt32] = []
    /// The bytes that its owner has accounted for.
    var accounted = 0

    init(keys: [Int], keyTypes: [SQLType], _ specifications: [AggregateSpecification]) {
        self.keys = keys
        self.specifications = specifications
        table = KeyTable(keyTypes)
        states = specifications.map { $0.makeState() }
    }

    var byteCount: Int { table.byteCount + firstRows.byteCount + states.reduce(0) { $0 + $1.byteCount } }

    func add(_ batch: Batch) throws {
        if groups.count < batch.count {
            groups = [UInt32](repeating: 0, count: max(batch.count, Batch.rowsMax))
        }
        try groups.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let known = table.count
            try table.groups(of: keys.map { batch.columns[$0] }, count: batch.count, into: base)
            grow()
            let rows = GroupedRows(base, count: batch.count, order: batch.order)
            if table.count > known {
                for row in 0..<batch.count {
                    let group = Int(base[row])
                    if group >= known, firstRows[group] == .max { firstRows[group] = rows.number(row) }
                }
            }
            for (state, specification) in zip(states, specifications) {
                try state.add(specification.arguments.map { batch.columns[$0] }, rows)
            }
        }
    }

    private func grow() {
        firstRows.grow(to: table.count)
        for state in states { state.grow(to: table.count) }
    }

    /// Takes the groups of another table for whose keys `isWanted` is true; it gets the number of the group there.
    func merge(_ other: GroupTable, where isWanted: (Int) -> Bool) throws {
        let count = other.table.count
        guard count > 0 else { return }
        var map = [UInt32](repeating: KeyTable.none, count: count)
        let wanted = (0..<count).filter(isWanted).map { UInt32($0) }
        if wanted.isEmpty { return }
        let vectors = other.table.keyVectors().map { wanted.count == count ? $0 : $0.picking(wanted) }
        var targets = [UInt32](repeating: 0, count: wanted.count)
        try targets.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            try table.groups(of: vectors, count: wanted.count, into: base)
        }
        grow()
        for (place, row) in wanted.enumerated() {
            let target = Int(targets[place])
            map[Int(row)] = targets[place]
            firstRows[target] = min(firstRows[target], other.firstRows[Int(row)])
        }
        for (state, otherState) in zip(states, other.states) { try state.merge(otherState, groups: map) }
    }

    /// Without keys there is one group, be there rows or not.
    func ensureOneGroup() {
        guard table.count == 0 else { return }
        firstRows.grow(to: 1)
        for state in states { state.grow(to: 1) }
        isOneEmptyGroup = true
    }

    private var isOneEmptyGroup = false

    /// The groups as batches.
    func finish(inFirstRowOrder: Bool) throws -> [Batch] {
        let count = isOneEmptyGroup ? 1 : table.count
        if count == 0 { return [] }
        var columns = (keys.isEmpty ? [] : table.keyVectors()) + (try states.map { try $0.finish(count) })
        if inFirstRowOrder, count > 1, !isSorted(count) {
            let rows = (0..<UInt32(count)).sorted { firstRows[Int($0)] < firstRows[Int($1)] }
            columns = columns.map { $0.picking(rows) }
        }
        let whole = Batch(columns, count: count)
        return stride(from: 0, to: count, by: Batch.rowsMax).map { start in
            var batch = whole.slice(from: start, count: min(Batch.rowsMax, count - start))
            batch.order = UInt64(start)
            return batch
        }
    }

    private func isSorted(_ count: Int) -> Bool {
        for group in 1..<count where firstRows[group] < firstRows[group - 1] { return false }
        return true
    }
}
