import Synchronization
package import Vectors

/// Sorts rows; equal ones keep the order of the source. With a limit it gives only the first rows behind an
/// offset.
package final class SortOperator: PhysicalOperator {
    package let types: [SQLType]
    private let child: any PhysicalOperator
    private let keys: [SortKey]
    private let limit: Int?
    private let offset: Int
    /// Up to this many rows are found without sorting all.
    private static let topRowsMax = 1 << 17

    package init(_ child: any PhysicalOperator, keys: [SortKey], limit: Int? = nil, offset: Int = 0) {
        self.child = child
        self.keys = keys
        self.limit = limit.map { max(0, $0) }
        self.offset = max(0, offset)
        types = child.types
    }

    package var children: [any PhysicalOperator] { [child] }

    package var title: String {
        var title = isTop ? "TopN by " : "Sort by "
        title += keys.map(\.title).joined(separator: ", ")
        if let limit { title += " limit \(limit)" }
        if offset > 0 { title += " offset \(offset)" }
        return title
    }

    private var lastRow: Int? {
        limit.map { $0.addingReportingOverflow(offset) }.map { $0.overflow ? .max : $0.partialValue }
    }
    private var isTop: Bool { (lastRow ?? .max) <= Self.topRowsMax }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        if limit == 0 { return [EmptyStream()] }
        let streams = try child.open(context)
        if streams.count == 1, streams[0].sortedBy.starts(with: keys) {
            return limit == nil && offset == 0
                ? streams : [LimitStream(streams[0], limit: limit, offset: offset)]
        }
        if isTop, let lastRow {
            return [
                try TopRows.find(streams, types: types, keys: keys, count: lastRow, offset: offset, context)
            ]
        }
        switch try SortCollector.collect(streams, types: types, keys: keys, context: context) {
        case .rows(let rows):
            let end = min(rows.count, lastRow ?? .max)
            return [
                SortedStream(
                    rows, sortedBy: keys, from: min(offset, end), to: end, columns: types.count, context)
            ]
        case .merged(let stream):
            if limit == nil, offset == 0 { return [stream] }
            return [LimitStream(stream, limit: limit, offset: offset)]
        }
    }
}

extension SortKey {
    /// For EXPLAIN: `#0 DESC NULLS FIRST`.
    var title: String { "#\(column)\(isDescending ? " DESC" : "")\(nullsFirst ? " NULLS FIRST" : "")" }
}

/// No rows.
final class EmptyStream: BatchStream {
    func next() -> Batch? { nil }
}

/// Gives sorted rows; some batches at a time are fetched by all threads.
final class SortedStream: BatchStream {
    let sortedBy: [SortKey]
    private var rows: SortedRows?
    private var place: Int
    private let end: Int
    private let columns: Int
    private let context: ExecutionContext
    private var ready: [Batch] = []
    private var readyNext = 0
    private var ahead = 1
    private var order: UInt64 = 0

    /// - Parameter columns: how many of the first columns are given.
    init(
        _ rows: SortedRows, sortedBy keys: [SortKey], from start: Int, to end: Int, columns: Int,
        _ context: ExecutionContext
    ) {
        sortedBy = keys
        self.rows = rows
        place = start
        self.end = end
        self.columns = columns
        self.context = context
    }

    func next() throws -> Batch? {
        if readyNext == ready.count { try fetch() }
        guard readyNext < ready.count else { return nil }
        readyNext += 1
        return ready[readyNext - 1]
    }

    private func fetch() throws {
        ready = []
        readyNext = 0
        guard let rows, place < end else {
            rows = nil
            return
        }
        try context.checkInterruption()
        let first = place
        let last = end
        let firstOrder = order
        let batches = min((end - place + Batch.rowsMax - 1) / Batch.rowsMax, ahead)
        let slots = BatchSlots(batches)
        try ParallelTasks.run(batches, threads: context.threads) { index in
            let start = first + index * Batch.rowsMax
            let count = min(Batch.rowsMax, last - start)
            slots.set(index, rows.batch(from: start, count: count, order: firstOrder + UInt64(index)))
        }
        ready = slots.batches
        for index in ready.indices where ready[index].columns.count > columns {
            ready[index].columns.removeLast(ready[index].columns.count - columns)
        }
        place = min(end, place + batches * Batch.rowsMax)
        order += UInt64(batches)
        // Whoever wants only the first rows does not wait for many.
        ahead = min(ahead * 2, context.threads * 8)
    }
}

/// Results of tasks, by task.
final class BatchSlots: Sendable {
    private let slots: Mutex<[Batch?]>
    init(_ count: Int) { slots = Mutex([Batch?](repeating: nil, count: count)) }
    func set(_ index: Int, _ batch: Batch) { slots.withLock { $0[index] = batch } }
    var batches: [Batch] { slots.withLock { $0.compactMap(\.self) } }
}
