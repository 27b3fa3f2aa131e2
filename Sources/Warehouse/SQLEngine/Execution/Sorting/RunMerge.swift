import Vectors

/// Merges sorted runs in files into one sorted stream.
///
/// The last column of the runs is hidden: the order of the batch that a row came in, which decides between
/// equal rows.
final class RunMerge: BatchStream {
    /// Where a run has been read to.
    private struct Cursor {
        var stream: any BatchStream
        var row = 0
        var count = 0
        /// The number of its batch among `sources`.
        var source = 0
        var keys: [Vector] = []
        var prefixes = VectorMemory(byteCount: 16)

        @inline(__always)
        func prefix(_ row: Int) -> UInt64 {
            prefixes.pointer.load(fromByteOffset: row &* 8, as: UInt64.self)
        }
    }

    private let types: [SQLType]
    private let keys: [SortKey]
    private let rowsMax: Int
    private let keepsHidden: Bool
    private let usesPrefixes: Bool
    private let context: ExecutionContext
    private var cursors: [Cursor] = []
    /// Cursors that have rows, the first of them at the top: each precedes those at twice its place plus 1
    /// and 2.
    private var heap: [Int] = []
    /// Batches that rows of the output may come from.
    private var sources: [Batch] = []
    private var order: UInt64 = 0

    var sortedBy: [SortKey] { keys.dropLast() }

    /// - Parameters:
    ///   - types: of the runs' columns with the hidden one.
    ///   - rowsMax: rows of a batch of the output.
    init(
        _ runs: [SpillFile], types: [SQLType], keys: [SortKey], rowsMax: Int, keepsHidden: Bool,
        context: ExecutionContext
    ) throws {
        self.types = types
        self.keys = keys + [SortKey(column: types.count - 1)]
        self.rowsMax = rowsMax
        self.keepsHidden = keepsHidden
        self.context = context
        usesPrefixes = keys.first.map { KeyComparison.hasPrefixes(types[$0.column]) } ?? false
        for run in runs {
            cursors.append(Cursor(stream: try run.makeStream(types: types)))
            if try load(cursors.count - 1) { heap.append(cursors.count - 1) }
        }
        for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(place) }
    }

    /// Reads the next batch of a run; whether there is one.
    private func load(_ index: Int) throws -> Bool {
        cursors[index].row = 0
        cursors[index].count = 0
        guard let batch = try cursors[index].stream.next() else { return false }
        cursors[index].source = sources.count
        cursors[index].count = batch.count
        cursors[index].keys = keys.map { KeyComparison.comparable(batch.columns[$0.column]) }
        sources.append(batch)
        guard usesPrefixes else { return true }
        let memory = VectorMemory(byteCount: batch.count * 8)
        KeyComparison.writePrefixes(
            cursors[index].keys[0], keys[0], count: batch.count,
            to: memory.pointer.assumingMemoryBound(to: UInt64.self))
        cursors[index].prefixes = memory
        return true
    }

    /// Whether the row of one cursor, or one some rows behind it, precedes the row of another.
    private func precedes(_ first: Int, ahead: Int = 0, _ second: Int) -> Bool {
        cursors.withUnsafeBufferPointer { cursors in
            let row = cursors[first].row &+ ahead
            if usesPrefixes {
                let one = cursors[first].prefix(row)
                let other = cursors[second].prefix(cursors[second].row)
                if one != other { return one < other }
            }
            for (index, key) in keys.enumerated() {
                let order = KeyComparison.compare(
                    cursors[first].keys[index], row, cursors[second].keys[index], cursors[second].row, key)
                if order != 0 { return order < 0 }
            }
            return first < second
        }
    }

    /// How many rows of the first cursor, up to `limit`, precede all rows of the others. Rows that came in some order
    /// are often so in other runs as well: it looks at ever greater distances, and then halves the last one.
    private func leadingRows(_ limit: Int) -> Int {
        let first = heap[0]
        let limit = min(limit, cursors[first].count - cursors[first].row)
        guard heap.count > 1 else { return limit }
        let second = heap.count > 2 && precedes(heap[2], heap[1]) ? heap[2] : heap[1]
        // Rows before `low` precede, and the one at `high`, where there is one, does not.
        var (low, high) = (1, limit)
        var step = 1
        while low < high {
            let next = min(high - 1, low + step - 1)
            guard precedes(first, ahead: next, second) else {
                high = next
                break
            }
            low = next + 1
            step *= 2
        }
        while low < high {
            let middle = low + (high - low) / 2
            if precedes(first, ahead: middle, second) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func sink(_ start: Int) {
        var place = start
        while place * 2 + 1 < heap.count {
            var child = place * 2 + 1
            if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
            if precedes(heap[place], heap[child]) { return }
            heap.swapAt(place, child)
            place = child
        }
    }

    func next() throws -> Batch? {
        guard !heap.isEmpty else { return nil }
        try context.checkInterruption()
        // The rows taken, by source, and for each the places they have in the output.
        var rows = [[UInt32]](repeating: [], count: sources.count)
        var places = rows
        var count = 0
        while count < rowsMax, let first = heap.first {
            let source = cursors[first].source
            let leading = leadingRows(rowsMax - count)
            let row = cursors[first].row
            rows[source].append(contentsOf: UInt32(row)..<UInt32(row + leading))
            places[source].append(contentsOf: UInt32(count)..<UInt32(count + leading))
            count += leading
            cursors[first].row += leading
            if cursors[first].row == cursors[first].count {
                if try load(first) {
                    rows.append([])
                    places.append([])
                } else {
                    heap.swapAt(0, heap.count - 1)
                    heap.removeLast()
                }
            }
            sink(0)
        }
        let batch = gather(rows, places, count)
        // Only what cursors still stand in is kept.
        var kept: [Batch] = []
        for index in heap {
            kept.append(sources[cursors[index].source])
            cursors[index].source = kept.count - 1
        }
        sources = kept
        order += 1
        return batch
    }

    private func gather(_ rows: [[UInt32]], _ places: [[UInt32]], _ count: Int) -> Batch {
        var inverse = [UInt32](repeating: 0, count: count)
        var taken: UInt32 = 0
        for list in places {
            for place in list {
                inverse[Int(place)] = taken
                taken += 1
            }
        }
        let columns = types.indices.dropLast(keepsHidden ? 0 : 1).map { column in
            let collector = VectorCollector(types[column], capacity: count)
            for (source, list) in rows.enumerated() where !list.isEmpty {
                collector.append(sources[source].columns[column], rows: list, count: list.count)
            }
            return collector.finish().gather(inverse, count: count)
        }
        return Batch(columns, count: count, order: order)
    }
}
