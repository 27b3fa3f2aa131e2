import JSON
import Vectors

/// Functions that number the rows of a partition.
enum RankingFunctions {
    static func rowNumber(_ rows: WindowRows, _ type: SQLType) -> Vector {
        let result = Vector.allocate(type, layout: .int64, count: rows.count)
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) {
            for row in first..<last { result.int64s[row] = Int64(row - first + 1) }
        }
        return result
    }

    static func rank(_ rows: WindowRows, _ type: SQLType, isDense: Bool) -> Vector {
        let result = Vector.allocate(type, layout: .int64, count: rows.count)
        let marks = rows.isFirstPeer
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) {
            var rank: Int64 = 0
            for row in first..<last {
                if marks[row] != 0 { rank = isDense ? rank + 1 : Int64(row - first + 1) }
                result.int64s[row] = rank
            }
        }
        return result
    }

    /// The share of the other rows that come before.
    static func percentRank(_ rows: WindowRows) -> Vector {
        let result = Vector.allocate(.float, layout: .double, count: rows.count)
        let marks = rows.isFirstPeer
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) {
            let others = Double(max(1, last - first - 1))
            var before = 0
            for row in first..<last {
                if marks[row] != 0 { before = row - first }
                result.doubles[row] = Double(before) / others
            }
        }
        return result
    }

    /// The share of rows that come before or are equal.
    static func cumeDist(_ rows: WindowRows) -> Vector {
        let result = Vector.allocate(.float, layout: .double, count: rows.count)
        let ends = rows.peerBounds().ends
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) {
            for row in first..<last { result.doubles[row] = Double(ends[row] - first) / Double(last - first) }
        }
        return result
    }

    /// Buckets of equal size; the first ones have one row more where that does not come out even.
    static func ntile(_ rows: WindowRows, _ column: Int, _ type: SQLType) throws -> Vector {
        let argument = try rows.column(column)
        let result = Vector.allocate(type, layout: .int64, count: rows.count, hasValidity: true)
        result.validity?.initialize(repeating: 1, count: rows.count)
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) {
            guard case .number(let value, let scale) = argument.scalar(at: first) else {
                result.validity.map { ($0 + first).initialize(repeating: 0, count: last - first) }
                continue
            }
            let buckets = value / integerPower(scale)
            guard buckets > 0 else {
                throw SQLError(.data, "NTILE needs a number of buckets greater than 0, not \(buckets)")
            }
            let size = Int128(last - first)
            let small = Int(size / min(buckets, size))
            let larger = Int(size % min(buckets, size))
            let border = larger * (small + 1)
            for row in first..<last {
                let place = row - first
                let bucket = place < border ? place / (small + 1) : larger + (place - border) / small
                result.int64s[row] = Int64(bucket + 1)
            }
        }
        return result.droppingNeedlessValidity()
    }
}
