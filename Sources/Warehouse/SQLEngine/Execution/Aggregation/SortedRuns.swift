import Vectors

/// Runs of equal keys in rows that rise by these keys.
enum SortedRuns {
    /// Whether keys of this type can be followed: those of one word, and texts.
    static func canFollow(_ type: SQLType) -> Bool {
        switch type {
        case .number, .date, .time, .timestampNTZ, .timestampLTZ, .varchar: true
        default: false
        }
    }

    /// Where the runs begin, the first at 0; `nil` where the rows do not rise from one to the next, or cannot be
    /// followed.
    static func starts(_ keys: [Vector], count: Int) -> [Int]? {
        var marks = [UInt8](repeating: 0, count: count)
        let isSorted = marks.withUnsafeMutableBufferPointer { buffer in
            guard let marks = buffer.baseAddress else { return false }
            return mark(keys, count: count, marks)
        }
        guard isSorted else { return nil }
        var starts = [0]
        for row in 1..<max(1, count) where marks[row] != 0 { starts.append(row) }
        return starts
    }

    /// Whether the rows rise from one to the next.
    static func isRising(_ keys: [Vector], count: Int) -> Bool {
        var marks = [UInt8](repeating: 0, count: count)
        return marks.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mark(keys, count: count, $0) } ?? true
        }
    }

    /// Marks rows that differ from the one before them; false where one comes before the row before it.
    private static func mark(
        _ keys: [Vector], count: Int, _ marks: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        for key in keys {
            guard isWhole(key, count) else { return false }
            switch key.layout {
            case .int64:
                let values = key.int64s
                var isRising = true
                for row in 1..<max(1, count) {
                    let (value, before) = (values[row], values[row - 1])
                    isRising = isRising && (value >= before || marks[row] != 0)
                    marks[row] |= value != before ? 1 : 0
                }
                if !isRising { return false }
            case .string:
                let codes = key.codes
                for row in 1..<max(1, count) where codes[row] != codes[row - 1] {
                    let order = Comparison.compareRows(key, row, key, row - 1)
                    if order < 0, marks[row] == 0 { return false }
                    if order != 0 { marks[row] = 1 }
                }
            default: return false
            }
        }
        return true
    }

    private static func isWhole(_ key: Vector, _ count: Int) -> Bool {
        guard let validity = key.validity else { return true }
        return (0..<count).allSatisfy { validity[$0] != 0 }
    }

    /// How two rows compare by their keys: below, at or above 0.
    static func compare(_ first: [Vector], _ row: Int, _ second: [Vector], _ other: Int) -> Int {
        for (a, b) in zip(first, second) {
            let order = Comparison.compareRows(a, row, b, other)
            if order != 0 { return order }
        }
        return 0
    }
}
