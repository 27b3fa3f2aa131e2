import Synchronization
package import Vectors

/// Adds a column for each of some window functions, which have the partition and the order in common. Rows
/// come out sorted by partition and order.
package final class WindowOperator: PhysicalOperator {
    package let types: [SQLType]
    private let child: any PhysicalOperator
    private let definition: WindowDefinition

    package init(
        _ child: any PhysicalOperator, partition: [Int], order: [SortKey], functions: [WindowFunction]
    ) {
        self.child = child
        definition = WindowDefinition(
            inputTypes: child.types, partition: partition, order: order, functions: functions)
        types = child.types + functions.map(\.type)
    }

    package var children: [any PhysicalOperator] { [child] }

    package var title: String {
        var title = "Window " + definition.functions.map(\.title).joined(separator: ", ")
        if !definition.partition.isEmpty {
            title += " partition by " + definition.partition.map { "#\($0)" }.joined(separator: ", ")
        }
        if !definition.order.isEmpty {
            title += " order by " + definition.order.map(\.title).joined(separator: ", ")
        }
        return title
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let keys = definition.partition.map { SortKey(column: $0) } + definition.order
        let input = try SortCollector.collect(
            try child.open(context), types: child.types, keys: keys, context: context)
        switch input {
        case .rows(let rows):
            let work = try WindowWork(rows, definition, context)
            return (0..<max(1, min(context.threads, work.pieceCount))).map { _ in WindowStream(work) }
        case .merged(let stream): return [PartitionStream(stream, definition, context)]
        }
    }
}

/// What a window operator computes.
struct WindowDefinition: Sendable {
    let inputTypes: [SQLType]
    let partition: [Int]
    let order: [SortKey]
    let functions: [WindowFunction]
    /// The columns that functions and their frames need.
    let needed: [Int]

    init(inputTypes: [SQLType], partition: [Int], order: [SortKey], functions: [WindowFunction]) {
        self.inputTypes = inputTypes
        self.partition = partition
        self.order = order
        self.functions = functions
        needed = Set(partition + order.map(\.column) + functions.flatMap(\.columns)).sorted()
    }

    /// The functions' values for rows that are whole partitions.
    func evaluate(_ columns: [Int: Vector], count: Int) throws -> [Vector] {
        let rows = WindowRows(columns, count: count, partition: partition, order: order)
        return try functions.map { try WindowEvaluation.evaluate($0, rows) }
    }

    /// The functions' values for rows `start ..< start + count` of a partition that is too large to be held as a whole.
    func evaluate(_ rows: SortedRows, of partition: Range<Int>, from start: Int, count: Int, reach: Int)
        throws
        -> [Vector]
    {
        let first = max(partition.lowerBound, start - reach)
        let end = min(partition.upperBound, start + count + reach)
        let columns = rows.columns(needed, from: first, count: end - first)
        let values = try evaluate(Dictionary(uniqueKeysWithValues: zip(needed, columns)), count: end - first)
        return zip(functions, values).map { function, vector in
            function.moved(vector.slice(from: start - first, count: count), by: first - partition.lowerBound)
        }
    }

    /// How many rows around a row all functions look at, where that is known.
    var reach: Int? {
        functions.reduce(0) { known, function in
            known.flatMap { known in function.reach.map { max(known, $0) } }
        }
    }

    /// Bytes that evaluating a row needs at most, about.
    var rowBytes: Int {
        needed.reduce(0) { $0 + inputTypes[$1].layout.stride + 1 }
            + functions.reduce(64) { $0 + $1.type.layout.stride + 33 }
    }
}

/// Sorted rows in memory, cut into pieces that threads take.
final class WindowWork: Sendable {
    /// Rows of whole partitions; or of a part of a large one, whose functions have been evaluated before, or can be
    /// from a part.
    private struct Piece {
        var start: Int
        var count: Int
        var evaluated: Large?
        var partition: Range<Int>?
    }

    /// A partition too large to be evaluated by a stream that others wait for.
    private final class Large: @unchecked Sendable {
        // Written by one thread before the streams begin.
        let start: Int
        let count: Int
        var vectors: [Vector] = []
        let reservation: MemoryReservation

        init(start: Int, count: Int, _ reservation: MemoryReservation) {
            self.start = start
            self.count = count
            self.reservation = reservation
        }
    }

    private let rows: SortedRows
    private let definition: WindowDefinition
    private let context: ExecutionContext
    private let pieces: [Piece]
    private let taken = Atomic(0)
    private static let pieceRows = 16_384
    private static let largeRows = 1 << 20

    init(_ rows: SortedRows, _ definition: WindowDefinition, _ context: ExecutionContext) throws {
        self.rows = rows
        self.definition = definition
        self.context = context
        var pieces: [Piece] = []
        var large: [Large] = []
        let reach = definition.reach
        var start = 0
        while start < rows.count {
            let end = Self.end(rows, definition.partition, from: start)
            if end - start < Self.largeRows {
                pieces.append(Piece(start: start, count: end - start))
            } else if reach != nil {
                pieces += Self.parts(start..<end).map {
                    Piece(start: $0.lowerBound, count: $0.count, partition: start..<end)
                }
            } else {
                let reservation = MemoryReservation(context.memory)
                guard reservation.take((end - start) * definition.rowBytes) else {
                    throw Self.tooLarge(end - start)
                }
                let one = Large(start: start, count: end - start, reservation)
                large.append(one)
                pieces += Self.parts(start..<end).map {
                    Piece(start: $0.lowerBound, count: $0.count, evaluated: one)
                }
            }
            start = end
        }
        self.pieces = pieces
        let all = large
        try ParallelTasks.run(all.count, threads: context.threads) { index in
            try context.checkInterruption()
            let one = all[index]
            let columns = rows.columns(definition.needed, from: one.start, count: one.count)
            let named = Dictionary(uniqueKeysWithValues: zip(definition.needed, columns))
            one.vectors = try definition.evaluate(named, count: one.count)
        }
    }

    private static func parts(_ rows: Range<Int>) -> [Range<Int>] {
        stride(from: rows.lowerBound, to: rows.upperBound, by: pieceRows).map {
            $0..<min($0 + pieceRows, rows.upperBound)
        }
    }

    static func tooLarge(_ count: Int) -> SQLError {
        SQLError(
            .outOfMemory,
            "a partition of a window function has \(count) rows or more, which the memory limit does not suffice for; raise it"
        )
    }

    var pieceCount: Int { pieces.count }

    /// Where the partition ends that is being in the middle of a piece of the usual size.
    private static func end(_ rows: SortedRows, _ partition: [Int], from start: Int) -> Int {
        let target = start + pieceRows
        if target >= rows.count || partition.isEmpty { return rows.count }
        let differs = { (row: Int) -> Bool in
            // The row before the target, and another.
            zip(
                rows.columns(partition, from: target - 1, count: 1),
                rows.columns(partition, from: row, count: 1)
            ).contains { first, second in
                let key = SortKey(column: 0)
                let one = KeyComparison.comparable(first)
                return KeyComparison.compare(one, 0, KeyComparison.comparable(second), 0, key) != 0
            }
        }
        // The row at `low` is equal, that at `high` is not (or does not exist).
        var low = target - 1
        var step = 256
        while low + step < rows.count, !differs(low + step) {
            low += step
            step *= 2
        }
        var high = min(rows.count, low + step)
        while high - low > 1 {
            let middle = (low + high) / 2
            if differs(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// The batches of the next piece; `nil` at the end.
    func next() throws -> [Batch]? {
        let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < pieces.count else { return nil }
        try context.checkInterruption()
        let piece = pieces[index]
        var known: [Int: Vector] = [:]
        let results: [Vector]
        if let large = piece.evaluated {
            results = large.vectors.map { $0.slice(from: piece.start - large.start, count: piece.count) }
        } else if let partition = piece.partition, let reach = definition.reach {
            results = try definition.evaluate(
                rows, of: partition, from: piece.start, count: piece.count, reach: reach)
        } else {
            let columns = rows.columns(definition.needed, from: piece.start, count: piece.count)
            known = Dictionary(uniqueKeysWithValues: zip(definition.needed, columns))
            results = try definition.evaluate(known, count: piece.count)
        }
        var batches: [Batch] = []
        for first in stride(from: 0, to: piece.count, by: Batch.rowsMax) {
            let count = min(Batch.rowsMax, piece.count - first)
            let others = definition.inputTypes.indices.filter { known[$0] == nil }
            let fetched = rows.columns(others, from: piece.start + first, count: count)
            var columns = definition.inputTypes.indices.map { known[$0]?.slice(from: first, count: count) }
            for (place, vector) in zip(others, fetched) { columns[place] = vector }
            let all = columns.compactMap(\.self) + results.map { $0.slice(from: first, count: count) }
            batches.append(Batch(all, count: count, order: UInt64(piece.start + first)))
        }
        return batches
    }
}

/// Pieces of the work, as batches.
private final class WindowStream: BatchStream {
    private let work: WindowWork
    private var batches: [Batch] = []
    private var place = 0

    init(_ work: WindowWork) { self.work = work }

    func next() throws -> Batch? {
        while place == batches.count {
            guard let next = try work.next() else { return nil }
            batches = next
            place = 0
        }
        place += 1
        return batches[place - 1]
    }
}
