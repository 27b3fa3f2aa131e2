import Vectors

/// Evaluates window functions over a sorted stream, holding a few partitions at a time.
final class PartitionStream: BatchStream {
    private let stream: any BatchStream
    private let definition: WindowDefinition
    /// The rows of partitions not yet given out, of which the last may not have ended.
    private var pending: [Batch] = []
    private var pendingRows = 0
    private let reservation: MemoryReservation
    private var ready: [Batch] = []
    private var readyNext = 0
    private var order: UInt64 = 0
    private var isAtEnd = false

    init(_ stream: any BatchStream, _ definition: WindowDefinition, _ context: ExecutionContext) {
        self.stream = stream
        self.definition = definition
        reservation = MemoryReservation(context.memory)
    }

    func next() throws -> Batch? {
        while readyNext == ready.count {
            if isAtEnd { return nil }
            ready = []
            readyNext = 0
            guard let batch = try stream.next() else {
                isAtEnd = true
                try evaluate()
                continue
            }
            try take(batch)
        }
        readyNext += 1
        return ready[readyNext - 1]
    }

    private func take(_ batch: Batch) throws {
        // Where the last partition of the batch begins; 0 also where it may have begun in an earlier batch.
        var last = 0
        if let before = pending.last, isNewPartition(batch, after: before) {
            if pendingRows >= Batch.rowsMax { try evaluate() }
        }
        let marks = [UInt8](unsafeUninitializedCapacity: batch.count) { marks, count in
            guard let base = marks.baseAddress else { return }
            marks.initialize(repeating: 0)
            for column in definition.partition {
                RowBoundaries.mark(batch.columns[column], count: batch.count, base)
            }
            count = batch.count
        }
        for row in stride(from: batch.count - 1, to: 0, by: -1) where marks[row] != 0 {
            last = row
            break
        }
        if last > 0 {
            try hold(batch.slice(from: 0, count: last))
            if pendingRows >= Batch.rowsMax { try evaluate() }
        }
        try hold(batch.slice(from: last, count: batch.count - last))
    }

    private func isNewPartition(_ batch: Batch, after before: Batch) -> Bool {
        definition.partition.contains { column in
            let first = KeyComparison.comparable(
                before.columns[column].slice(from: before.count - 1, count: 1))
            let second = KeyComparison.comparable(batch.columns[column].slice(from: 0, count: 1))
            return KeyComparison.compare(first, 0, second, 0, SortKey(column: column)) != 0
        }
    }

    private func hold(_ batch: Batch) throws {
        pending.append(batch)
        pendingRows += batch.count
        let bytes = definition.inputTypes.reduce(1) { $0 + $1.layout.stride + 1 } * 2 + definition.rowBytes
        let fits = reservation.take(bytes * batch.count)
        if !fits, pendingRows > 4 * Batch.rowsMax { throw WindowWork.tooLarge(pendingRows) }
    }

    /// Gives out what is pending, which must be whole partitions.
    private func evaluate() throws {
        guard pendingRows > 0 else { return }
        var columns: [Vector] = []
        for (index, type) in definition.inputTypes.enumerated() {
            let collector = VectorCollector(type, capacity: pendingRows)
            for batch in pending { collector.append(batch.columns[index]) }
            columns.append(collector.finish())
        }
        let named = Dictionary(uniqueKeysWithValues: definition.needed.map { ($0, columns[$0]) })
        let all = Batch(columns + (try definition.evaluate(named, count: pendingRows)), count: pendingRows)
        for first in stride(from: 0, to: pendingRows, by: Batch.rowsMax) {
            var part = all.slice(from: first, count: min(Batch.rowsMax, pendingRows - first))
            part.order = order
            order += 1
            ready.append(part)
        }
        pending = []
        pendingRows = 0
        reservation.resize(to: 0)
    }
}
