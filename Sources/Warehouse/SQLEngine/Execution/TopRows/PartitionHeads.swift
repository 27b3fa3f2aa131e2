import Vectors

/// Of rows sorted by partition, the first ones of each.
final class PartitionHeads: BatchStream {
    private let source: any BatchStream
    private let partition: [Int]
    private let limit: Int
    /// The partition columns of the last row of the batch before.
    private var last: [Vector]?
    private var taken = 0

    var sortedBy: [SortKey] { source.sortedBy }

    init(_ source: any BatchStream, partition: [Int], limit: Int) {
        self.source = source
        self.partition = partition
        self.limit = limit
    }

    func next() throws -> Batch? {
        while let batch = try source.next() {
            let columns = partition.map { batch.columns[$0] }
            let begins = PartitionBegins.find(columns, count: batch.count, after: last)
            last = columns.map { $0.slice(from: batch.count - 1, count: 1) }
            var rows: [UInt32] = []
            var numbers: [Int64] = []
            for row in 0..<batch.count {
                taken = begins[row] != 0 ? 1 : taken + 1
                guard taken <= limit else { continue }
                rows.append(UInt32(row))
                numbers.append(Int64(taken))
            }
            if rows.isEmpty { continue }
            let number = Vector.allocate(TopRowsOperator.numberType, count: rows.count)
            number.int64s.update(from: numbers, count: numbers.count)
            let kept = rows.count == batch.count ? batch.columns : batch.columns.map { $0.picking(rows) }
            return Batch(kept + [number], count: rows.count, order: batch.order)
        }
        return nil
    }
}

/// Where partitions begin in rows that are sorted by them.
enum PartitionBegins {
    /// A byte a row: 1 where its columns differ from those of the row before. NULLs are equal to each other.
    ///
    /// - Parameter previous: the row before the first, as vectors of one row; `nil`: the first row begins a partition.
    static func find(_ columns: [Vector], count: Int, after previous: [Vector]?) -> [UInt8] {
        var begins = [UInt8](repeating: 0, count: count)
        guard count > 0 else { return begins }
        if let previous {
            for (column, before) in zip(columns, previous) where !isEqual(column, 0, before, 0) {
                begins[0] = 1
            }
        } else {
            begins[0] = 1
        }
        begins.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for column in columns { mark(column, count, base) }
        }
        return begins
    }

    private static func mark(_ vector: Vector, _ count: Int, _ begins: UnsafeMutablePointer<UInt8>) {
        if vector.isConstant { return }
        if vector.validity == nil, vector.layout == .int64, vector.type != .timestampTZ {
            for row in 1..<max(count, 1) {
                begins[row] |= vector.int64s[row] != vector.int64s[row - 1] ? 1 : 0
            }
        } else if vector.validity == nil, vector.layout == .string, vector.dictionary?.isUnique == true,
            !vector.type.isSemiStructured
        {
            for row in 1..<max(count, 1) { begins[row] |= vector.codes[row] != vector.codes[row - 1] ? 1 : 0 }
        } else {
            for row in 1..<max(count, 1) where !isEqual(vector, row, vector, row - 1) { begins[row] = 1 }
        }
    }

    private static func isEqual(_ first: Vector, _ i: Int, _ second: Vector, _ j: Int) -> Bool {
        switch (first.isValid(i), second.isValid(j)) {
        case (true, true): Comparison.compareRows(first, i, second, j) == 0
        case (false, false): true
        default: false
        }
    }
}
