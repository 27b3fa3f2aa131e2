import Vectors

/// MIN, MAX and MEDIAN over frames.
struct FrameExtremes {
    private let rows: WindowRows
    private let vector: Vector
    private let bounds: FrameBounds

    init(_ rows: WindowRows, _ column: Int, _ frame: WindowFrame) throws {
        self.rows = rows
        let source = try rows.column(column)
        vector = source.type.isSemiStructured ? source.asJSONText() : source
        bounds = try rows.bounds(frame)
    }

    /// The values that are the least, or the greatest, of each row's frame.
    func extremes(isMaximum: Bool) throws -> Vector {
        if vector.type == .null { return .nulls(vector.type, count: rows.count) }
        if vector.layout == .int128 {
            return extremes((0..<rows.count).map { vector.int128s[$0] }, isMaximum: isMaximum)
        }
        return extremes(try codes(), isMaximum: isMaximum)
    }

    /// Numbers that order as the values do.
    private func codes() throws -> [UInt64] {
        let count = rows.count
        switch vector.layout {
        case .int64 where vector.type == .timestampTZ:
            return (0..<count).map { OrderCode.of(vector.int64s[$0] >> 7) }
        case .int64: return (0..<count).map { OrderCode.of(vector.int64s[$0]) }
        case .double: return (0..<count).map { OrderCode.of(vector.doubles[$0]) }
        case .bool: return (0..<count).map { UInt64(vector.bools[$0]) }
        case .int128: return []
        case .string:
            // A dictionary that is much larger than the rows is not sorted as a whole.
            var source = vector
            if let dictionary = vector.dictionary, dictionary.count > 2 * count {
                let collector = VectorCollector(vector.type, capacity: count)
                collector.append(vector)
                source = collector.finish()
            }
            guard let dictionary = source.dictionary else { return [UInt64](repeating: 0, count: count) }
            let ranks = try StringRanks(dictionary, isJSON: vector.isJSON, threads: 1)
            return (0..<count).map { UInt64(ranks.ranks[Int(source.codes[$0])]) }
        }
    }

    private func extremes<Code: Comparable>(_ codes: [Code], isMaximum: Bool) -> Vector {
        var sources = [Int](repeating: -1, count: rows.count)
        codes.withUnsafeBufferPointer { codes in
            for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) where first < last {
                SlidingFold.fold(bounds, first..<last, identity: -1) { row in
                    vector.isValid(row) ? row : -1
                } combine: { left, right in
                    if left < 0 || right < 0 { return max(left, right) }
                    // Of equal values the first.
                    let isRight = isMaximum ? codes[right] > codes[left] : codes[right] < codes[left]
                    return isRight ? right : left
                } give: { row, source in
                    sources[row] = source
                }
            }
        }
        return PositionFunctions.take(vector, sources)
    }

    /// The middle of the values of each row's frame, or the mean of the middle two. Frames that are equal are
    /// sorted once.
    func median(_ type: SQLType) throws -> Vector {
        if vector.type == .null { return .nulls(type, count: rows.count) }
        if case .number(_, let scale) = type, vector.layout == .int64 || vector.layout == .int128 {
            let wide = vector.widened()
            let result = Vector.allocate(type, layout: .int128, count: rows.count, hasValidity: true)
            try eachMedian({ wide.int128s[$0] }, by: <) { row, middle in
                result.int128s[row] = 0
                result.validity?[row] = middle == nil ? 0 : 1
                guard let middle else { return }
                let shift = scale - vector.scale
                guard let value = DecimalMath.divide(middle.0 + middle.1, 2, adding: max(0, shift)) else {
                    throw DecimalMath.outOfRange("\(middle.0)", type)
                }
                result.int128s[row] = DecimalMath.shifted(value, by: min(0, shift)) ?? 0
            }
            return result.droppingNeedlessValidity().narrowed()
        }
        let doubles = vector.asDoubles()
        guard doubles.layout == .double else {
            throw SQLError(.invalid, "MEDIAN takes numbers, not \(vector.type)")
        }
        let result = Vector.allocate(.float, layout: .double, count: rows.count, hasValidity: true)
        try eachMedian({ doubles.doubles[$0] }, by: { OrderCode.of($0) < OrderCode.of($1) }) { row, middle in
            result.validity?[row] = middle == nil ? 0 : 1
            result.doubles[row] = middle.map { $0.0 + ($0.1 - $0.0) / 2 } ?? 0
            // The difference of two infinities is no number.
            if let middle, middle.0 == middle.1 { result.doubles[row] = middle.0 }
        }
        return try FrameMoments.number(result.droppingNeedlessValidity(), as: type)
    }

    private func eachMedian<Value>(
        _ value: (Int) -> Value, by precedes: (Value, Value) -> Bool,
        _ give: (Int, (Value, Value)?) throws -> Void
    ) throws {
        var last = (start: -1, end: -1)
        var middle: (Value, Value)?
        for row in 0..<rows.count {
            let start = bounds.starts[row]
            let end = max(start, bounds.ends[row])
            if (start, end) != last {
                last = (start, end)
                let sorted = (start..<end).filter(vector.isValid).map(value).sorted(by: precedes)
                middle = sorted.isEmpty ? nil : (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
            }
            try give(row, middle)
        }
    }
}
