import Threads
import Vectors

/// The rows of a query that several places of a statement read, computed once: by whoever comes first.
final class SharedRows: @unchecked Sendable {
    // The rows come to be under the monitor, and never change after.

    private enum Rows {
        /// With the claim on the memory that they take.
        case memory([Batch], MemoryClaim)
        case file(SpillFile)
    }

    let source: any PhysicalOperator
    private let monitor = Monitor()
    private var rows: Rows?

    init(_ source: any PhysicalOperator) { self.source = source }

    /// Streams of all rows, in their order, for one of the places.
    func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let rows = try monitor.locked {
            let known = try self.rows ?? computed(context)
            self.rows = known
            return known
        }
        switch rows {
        case .memory(let batches, _):
            let length = max(1, (batches.count + context.threads - 1) / context.threads)
            let parts = stride(from: 0, to: batches.count, by: length).map {
                Array(batches[$0..<min($0 + length, batches.count)])
            }
            return try BatchSource(types: source.types, parts: parts).open(context)
        case .file(let file): return [Numbered(try file.makeStream(types: source.types))]
        }
    }

    private func computed(_ context: ExecutionContext) throws -> Rows {
        let claim = MemoryClaim(context.memory)
        var batches: [Batch] = []
        var file: SpillFile?
        var order: UInt64 = 0
        try OrderedBatches.drain(source, context) { batch in
            if let file { return try file.append(batch) }
            batches.append(Batch(batch.columns, count: batch.count, order: order))
            order += 1
            guard !claim.take(RowBytes.of(batch)) else { return }
            let made = try SpillFile(directory: context.spillDirectory)
            for batch in batches { try made.append(batch) }
            batches = []
            claim.set(0)
            file = made
        }
        guard let file else { return .memory(batches, claim) }
        try file.finish()
        return .file(file)
    }

    /// Batches of a file, which knows nothing of their order.
    private final class Numbered: BatchStream {
        private let stream: any BatchStream
        private var order: UInt64 = 0

        init(_ stream: any BatchStream) { self.stream = stream }

        func next() throws -> Batch? {
            guard var batch = try stream.next() else { return nil }
            batch.order = order
            order += 1
            return batch
        }
    }
}

/// One of the places that read shared rows.
final class SharedRowsOperator: PhysicalOperator {
    private let rows: SharedRows

    init(_ rows: SharedRows) { self.rows = rows }

    var types: [SQLType] { rows.source.types }
    var children: [any PhysicalOperator] { [rows.source] }
    var title: String { "Shared rows" }

    func open(_ context: ExecutionContext) throws -> [any BatchStream] { try rows.open(context) }
}

/// What the parts of a statement's plan share, by the numbers that the binder gave. One thread.
package final class SharedRowsByNumber {
    private var known: [Int: SharedRows] = [:]

    package init() {}

    /// The rows of a number; `source` makes what computes them, the first time.
    func rows(_ number: Int, _ source: () throws -> any PhysicalOperator) rethrows -> SharedRows {
        if let rows = known[number] { return rows }
        let rows = SharedRows(try source())
        known[number] = rows
        return rows
    }
}
