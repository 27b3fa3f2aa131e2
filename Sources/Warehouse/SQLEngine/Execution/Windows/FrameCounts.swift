import Vectors

/// Aggregates over frames that only count rows.
enum FrameCounts {
    static func countStar(_ rows: WindowRows, _ frame: WindowFrame, _ type: SQLType) throws -> Vector {
        let bounds = try rows.bounds(frame)
        let result = Vector.allocate(type, layout: .int64, count: rows.count)
        for row in 0..<rows.count {
            result.int64s[row] = Int64(max(0, bounds.ends[row] - bounds.starts[row]))
        }
        return result
    }

    /// How many rows from the first on fulfil a condition, before each row and after the last.
    static func before(_ count: Int, _ condition: (Int) -> Bool) -> [Int] {
        var result = [Int](repeating: 0, count: count + 1)
        for row in 0..<count { result[row + 1] = result[row] + (condition(row) ? 1 : 0) }
        return result
    }

    static func count(
        _ rows: WindowRows, _ frame: WindowFrame, _ type: SQLType, where condition: (Int) -> Bool
    ) throws -> Vector {
        let bounds = try rows.bounds(frame)
        let before = before(rows.count, condition)
        let result = Vector.allocate(type, layout: .int64, count: rows.count)
        for row in 0..<rows.count {
            let isEmpty = bounds.starts[row] >= bounds.ends[row]
            result.int64s[row] = isEmpty ? 0 : Int64(before[bounds.ends[row]] - before[bounds.starts[row]])
        }
        return result
    }

    /// AND, or OR, of the values that are not NULL.
    static func boolean(_ rows: WindowRows, _ column: Int, _ frame: WindowFrame, isAnd: Bool) throws -> Vector
    {
        let vector = try rows.column(column)
        guard vector.layout == .bool else {
            throw SQLError(.invalid, "BOOLAND_AGG and BOOLOR_AGG take a BOOLEAN")
        }
        let bounds = try rows.bounds(frame)
        let falses = before(rows.count) { vector.isValid($0) && vector.bools[$0] == 0 }
        let trues = before(rows.count) { vector.isValid($0) && vector.bools[$0] != 0 }
        let result = Vector.allocate(.boolean, layout: .bool, count: rows.count, hasValidity: true)
        for row in 0..<rows.count {
            let start = bounds.starts[row]
            let end = max(start, bounds.ends[row])
            let falseCount = falses[end] - falses[start]
            let trueCount = trues[end] - trues[start]
            result.bools[row] = (isAnd ? falseCount == 0 : trueCount > 0) ? 1 : 0
            result.validity?[row] = falseCount + trueCount > 0 ? 1 : 0
        }
        return result.droppingNeedlessValidity()
    }
}
