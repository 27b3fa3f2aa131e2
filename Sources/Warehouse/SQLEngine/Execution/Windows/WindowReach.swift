import Vectors

extension WindowFunction {
    /// How many rows before and behind a row it may look at, where that is a small number that is the same for all
    /// rows: then a part of a partition can be computed from the part and so many rows around it. `nil` elsewhere.
    var reach: Int? {
        switch kind {
        case .rowNumber: return 0
        case .lag(_, let offset, _, false), .lead(_, let offset, _, false):
            return offset.magnitude <= UInt(Self.reachMax) ? abs(offset) : nil
        case .firstValue, .lastValue, .nthValue, .countStar, .count, .countIf, .sum, .average, .minimum,
            .maximum:
            guard frame.unit == .rows, let start = Self.reach(frame.start), let end = Self.reach(frame.end)
            else { return nil }
            return max(start, end)
        default: return nil
        }
    }

    private static let reachMax = 4096

    private static func reach(_ bound: WindowFrame.Bound) -> Int? {
        switch bound {
        case .currentRow: 0
        case .preceding(.rows(let count)), .following(.rows(let count)): count <= reachMax ? count : nil
        default: nil
        }
    }

    /// Makes of values for a part of a partition those for the whole one: rows are counted from its beginning.
    func moved(_ values: Vector, by rows: Int) -> Vector {
        guard case .rowNumber = kind, rows > 0 else { return values }
        let result = Vector.allocate(values.type, count: values.count)
        for row in 0..<values.count { result.int64s[row] = values.int64s[row] + Int64(rows) }
        return result
    }
}
