internal import Vectors

/// Sorts rows by columns, rising, NULL last; rows that are equal keep their order.
enum RowSorter {
    /// The rows in their new order; `nil` where they are in order already.
    static func order(_ columns: [Vector], rows: Int) -> [UInt32]? {
        var order = (0..<UInt32(rows)).map { $0 }
        // The least important column first, and of each its least important byte: each pass keeps the order
        // of the one before.
        for column in columns.reversed() {
            for keys in keys(column) { sort(&order, by: keys) }
        }
        return (0..<rows).allSatisfy { order[$0] == UInt32($0) } ? nil : order
    }

    private static func sort(_ order: inout [UInt32], by keys: [UInt64]) {
        var varying: UInt64 = 0
        guard let first = keys.first else { return }
        for key in keys { varying |= key ^ first }
        var target = order
        for shift in stride(from: UInt64(0), to: 64, by: 8) where varying >> shift & 0xFF != 0 {
            var places = [Int](repeating: 0, count: 257)
            for key in keys { places[Int(key >> shift & 0xFF) + 1] += 1 }
            for digit in 1...256 { places[digit] += places[digit - 1] }
            for row in order {
                let digit = Int(keys[Int(row)] >> shift & 0xFF)
                target[places[digit]] = row
                places[digit] += 1
            }
            swap(&order, &target)
        }
    }

    /// Unsigned integers by which a column is ordered, the least important ones first.
    private static func keys(_ vector: Vector) -> [[UInt64]] {
        var passes: [[UInt64]] = []
        let rows = 0..<vector.count
        func signed(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) ^ (1 << 63) }
        switch vector.layout {
        case .bool: passes.append(rows.map { UInt64(vector.bools[$0]) })
        case .int64: passes.append(rows.map { signed(vector.int64s[$0]) })
        case .double:
            passes.append(rows.map { signed(orderedBits(Int64(bitPattern: vector.doubles[$0].bitPattern))) })
        case .int128:
            passes.append(rows.map { UInt64(truncatingIfNeeded: vector.int128s[$0]) })
            passes.append(rows.map { signed(Int64(truncatingIfNeeded: vector.int128s[$0] >> 64)) })
        case .string:
            guard let dictionary = vector.dictionary else { break }
            let sorted = (0..<dictionary.count).sorted { ZoneMap.precedes(dictionary[$0], dictionary[$1]) }
            var ranks = [UInt64](repeating: 0, count: dictionary.count)
            for (rank, code) in sorted.enumerated() {
                // The same string may have several codes.
                let isSame = rank > 0 && !ZoneMap.precedes(dictionary[sorted[rank - 1]], dictionary[code])
                ranks[code] = isSame ? ranks[sorted[rank - 1]] : UInt64(rank)
            }
            passes.append(rows.map { ranks[Int(vector.codes[$0])] })
        }
        guard let validity = vector.validity else { return passes }
        for pass in passes.indices { for row in rows where validity[row] == 0 { passes[pass][row] = 0 } }
        passes.append(rows.map { validity[$0] == 0 ? 1 : 0 })
        return passes
    }
}
