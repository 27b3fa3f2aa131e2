package import Vectors

/// The first rows of each partition in an order: what `ROW_NUMBER() … <= n` leaves. Gives the input's columns and the
/// row's number within its partition.
///
/// Where one row is wanted of each of not too many partitions, the best row of each is kept while the input goes by;
/// otherwise the input is sorted.
package final class TopRowsOperator: PhysicalOperator {
    package let types: [SQLType]
    package let children: [any PhysicalOperator]
    private let partition: [Int]
    private let order: [SortKey]
    private let limit: Int
    static let numberType = SQLType.number(precision: 18, scale: 0)
    /// Rows of the first batches by whose partitions the way is chosen.
    private static let sampleMin = 2048

    package init(_ child: any PhysicalOperator, partition: [Int], order: [SortKey], limit: Int) {
        children = [child]
        self.partition = partition
        self.order = order
        self.limit = limit
        types = child.types + [Self.numberType]
    }

    package var title: String {
        "TopRows \(limit) of each " + partition.map { "#\($0)" }.joined(separator: ", ") + " by "
            + order.map { "#\($0.column)\($0.isDescending ? " DESC" : "")" }.joined(separator: ", ")
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let streams = try children[0].open(context).map(PeekedStream.init)
        if limit == 1, order.allSatisfy({ OrderRanks.canRank(children[0].types[$0.column]) }),
            try hasFewPartitions(streams)
        {
            return try keepBest(streams, context)
        }
        let keys = partition.map { SortKey(column: $0) } + order
        let sorted = SortOperator(OpenedSource(types: children[0].types, streams), keys: keys)
        let single = try sorted.open(context)
        precondition(single.count == 1, "a sort gives one stream")
        return [PartitionHeads(single[0], partition: partition, limit: limit)]
    }

    /// Whether the first rows belong to much fewer partitions than there are rows.
    private func hasFewPartitions(_ streams: [PeekedStream]) throws -> Bool {
        guard !partition.isEmpty else { return true }
        let table = KeyTable(partition.map { children[0].types[$0] })
        var rows = 0
        for stream in streams {
            guard let batch = try stream.peek() else { continue }
            var groups = [UInt32](repeating: 0, count: batch.count)
            try groups.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                try table.groups(of: partition.map { batch.columns[$0] }, count: batch.count, into: base)
            }
            rows += batch.count
        }
        return rows < Self.sampleMin || table.count * 4 < rows
    }

    private func keepBest(_ streams: [PeekedStream], _ context: ExecutionContext) throws -> [any BatchStream]
    {
        let tables = streams.map { _ in BestRows(types: children[0].types, partition: partition, order: order)
        }
        try context.drain(streams) { stream, batch in try tables[stream].add(batch) }
        guard let whole = tables.first else { return [] }
        for other in tables.dropFirst() { try whole.merge(other) }
        return [ListStream(whole.finish())]
    }
}

/// A stream whose first batch can be looked at.
final class PeekedStream: BatchStream {
    private let source: any BatchStream
    private var first: Batch?
    private var isPeeked = false

    init(_ source: any BatchStream) { self.source = source }

    func peek() throws -> Batch? {
        if !isPeeked { first = try source.next() }
        isPeeked = true
        return first
    }

    func next() throws -> Batch? {
        guard isPeeked, let batch = first else { return try source.next() }
        first = nil
        return batch
    }
}

/// Streams that have been opened already.
final class OpenedSource: PhysicalOperator, @unchecked Sendable {
    // Opened once, by the thread that made it.
    let types: [SQLType]
    let title = "Opened"
    var children: [any PhysicalOperator] { [] }
    private let streams: [any BatchStream]

    init(types: [SQLType], _ streams: [any BatchStream]) {
        self.types = types
        self.streams = streams
    }

    func open(_ context: ExecutionContext) -> [any BatchStream] { streams }
}

/// The best row of each partition so far. One thread.
final class BestRows: @unchecked Sendable {
    // Filled by one thread; handed over when it has ended.
    private let types: [SQLType]
    private let partition: [Int]
    private let order: [SortKey]
    private let table: KeyTable
    private var ranks: [GroupArray<Int64>]
    private var numbers = GroupArray<RowNumber>(.max)
    private let payload: [PayloadColumn]
    private var groups: [UInt32] = []
    /// The best row of the batch for each group; -1 where none is better than what is known.
    private var winners = GroupArray<Int32>(-1)

    init(types: [SQLType], partition: [Int], order: [SortKey]) {
        self.types = types
        self.partition = partition
        self.order = order
        table = KeyTable(partition.map { types[$0] })
        ranks = order.map { _ in GroupArray<Int64>(.max) }
        payload = types.map(PayloadColumn.init)
    }

    private func grow() {
        for place in ranks.indices { ranks[place].grow(to: table.count) }
        numbers.grow(to: table.count)
        winners.grow(to: table.count)
        for column in payload { column.grow(to: table.count) }
    }

    func add(_ batch: Batch) throws {
        try add(batch.columns, count: batch.count) {
            RowNumber(batch.order) << 32 | RowNumber(truncatingIfNeeded: $0)
        }
    }

    private func add(_ columns: [Vector], count: Int, number: (Int) -> RowNumber) throws {
        if groups.count < count { groups = [UInt32](repeating: 0, count: max(count, Batch.rowsMax)) }
        let ranked = order.map { OrderRanks.saturatedRanks(columns[$0.column], $0) }
        let keys = ranked.map(\.int64s)
        defer { withExtendedLifetime(ranked) {} }
        var touched: [Int] = []
        try groups.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            try table.groups(of: partition.map { columns[$0] }, count: count, into: base)
            grow()
            if let key = keys.first, let runs = GroupedRows.runs(base, count) {
                for run in runs {
                    // Only rows that come first in the run by the first key can be the best ones.
                    let least = IntegerKernels.range(key + run.start, count: run.count).least
                    for row in run.start..<(run.start + run.count) where key[row] == least {
                        if isBetter(keys, row, run.group, columns, number) {
                            take(keys, row, run.group, number, &touched)
                        }
                    }
                }
            } else if keys.count == 1 {
                select(keys[0], base, count, columns, number, &touched)
            } else {
                for row in 0..<count where isBetter(keys, row, Int(base[row]), columns, number) {
                    take(keys, row, Int(base[row]), number, &touched)
                }
            }
        }
        let rows = touched.map { UInt32(winners[$0]) }
        for group in touched { winners[group] = -1 }
        for (column, vector) in zip(payload, columns) { column.set(touched, from: vector, rows: rows) }
    }

    @inline(__always)
    private func select(
        _ key: UnsafeMutablePointer<Int64>, _ groups: UnsafePointer<UInt32>, _ count: Int,
        _ columns: [Vector], _ number: (Int) -> RowNumber, _ touched: inout [Int]
    ) {
        let best = ranks[0].base
        for row in 0..<count {
            let group = Int(groups[row])
            if key[row] > best[group] { continue }
            let isFirst =
                key[row] < best[group]
                || (OrderRanks.isShared(key[row])
                    ? isFirst(of: [key], row, group, columns, number) : number(row) < numbers[group])
            if isFirst {
                take([key], row, group, number, &touched)
            }
        }
    }

    private func isBetter(
        _ keys: [UnsafeMutablePointer<Int64>], _ row: Int, _ group: Int, _ columns: [Vector],
        _ number: (Int) -> RowNumber
    ) -> Bool {
        for (place, key) in keys.enumerated() where key[row] != ranks[place][group] {
            if place > 0, let isBefore = isBefore(keys[..<place], row, group, columns) { return isBefore }
            return key[row] < ranks[place][group]
        }
        return isFirst(of: keys[...], row, group, columns, number)
    }

    /// Whether a row whose ranks are those of the group's best row stands before it.
    @inline(__always)
    private func isFirst(
        of keys: ArraySlice<UnsafeMutablePointer<Int64>>, _ row: Int, _ group: Int, _ columns: [Vector],
        _ number: (Int) -> RowNumber
    ) -> Bool {
        isBefore(keys, row, group, columns) ?? (number(row) < numbers[group])
    }

    /// Tells values of equal rank apart; `nil` where they are equal.
    @inline(__always)
    private func isBefore(
        _ keys: ArraySlice<UnsafeMutablePointer<Int64>>, _ row: Int, _ group: Int, _ columns: [Vector]
    ) -> Bool? {
        for (place, key) in zip(keys.indices, keys) where OrderRanks.isShared(key[row]) {
            if numbers[group] == .max { return true }
            let column = columns[order[place].column]
            let best =
                winners[group] < 0
                ? payload[order[place].column].exactValue(group)
                : OrderRanks.exactValue(column, Int(winners[group]))
            if let isBefore = OrderRanks.isBefore(OrderRanks.exactValue(column, row), best, order[place]) {
                return isBefore
            }
        }
        return nil
    }

    @inline(__always)
    private func take(
        _ keys: [UnsafeMutablePointer<Int64>], _ row: Int, _ group: Int, _ number: (Int) -> RowNumber,
        _ touched: inout [Int]
    ) {
        for (place, key) in keys.enumerated() { ranks[place][group] = key[row] }
        numbers[group] = number(row)
        if winners[group] < 0 { touched.append(group) }
        winners[group] = Int32(truncatingIfNeeded: row)
    }

    func merge(_ other: BestRows) throws {
        let count = other.table.count
        guard count > 0 else { return }
        let numbers = other.numbers
        try add(other.payload.map { $0.finish(count) }, count: count) { numbers[$0] }
    }

    /// The rows, in the order in which they stand in the input, and the number 1 beside each.
    func finish() -> [Batch] {
        let count = table.count
        if count == 0 { return [] }
        let rows = (0..<UInt32(count)).sorted { numbers[Int($0)] < numbers[Int($1)] }
        let ones = Vector.constant(.number(1, scale: 0), TopRowsOperator.numberType, count: count)
        let whole = Batch(payload.map { $0.finish(count).picking(rows) } + [ones], count: count)
        return stride(from: 0, to: count, by: Batch.rowsMax).map { start in
            var batch = whole.slice(from: start, count: min(Batch.rowsMax, count - start))
            batch.order = UInt64(start)
            return batch
        }
    }
}
