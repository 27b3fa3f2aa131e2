import JSON
import Vectors

/// SUM and AVG over frames: exact for decimals, by differences of running sums; with twice the digits of
/// doubles otherwise.
struct FrameSums {
    private let rows: WindowRows
    private let vector: Vector
    private let bounds: FrameBounds
    private let type: SQLType
    private let isAverage: Bool

    init(_ rows: WindowRows, _ column: Int, _ frame: WindowFrame, _ type: SQLType, isAverage: Bool) throws {
        self.rows = rows
        let source = try rows.column(column)
        vector = source.type.isNumeric ? source : source.asDoubles()
        bounds = try rows.bounds(frame)
        self.type = type
        self.isAverage = isAverage
    }

    func vectors() throws -> Vector {
        switch vector.layout {
        case .double: return try doubles()
        case .int64: return try integers()
        case .int128: return try wideIntegers()
        case .bool where vector.type == .null: return .nulls(type, count: rows.count)
        default: throw SQLError(.invalid, "SUM and AVG take numbers, not \(vector.type)")
        }
    }

    // MARK: Decimals

    /// Running sums, of which the differences are exact: a wrap-around in both cancels out.
    private func integers() throws -> Vector {
        let values = vector.int64s
        let range = NarrowIntegers.range(values, validity: vector.validity, count: rows.count) ?? (0, 0)
        let largest = Int128(max(range.least.magnitude, range.greatest.magnitude))
        let isSmall = largest * Int128(rows.count) <= Int128(Int64.max)
        let counts = vector.validity.map { validity in FrameCounts.before(rows.count) { validity[$0] != 0 } }
        if isSmall, !isAverage, type.isNumber, type.scale == vector.scale {
            return smallSums(running(values, Int64.self), counts)
        }
        let sums = running(values, Int128.self)
        return try results(counts) { sums[$1] - sums[$0] }
    }

    private func running<Sum: FixedWidthInteger>(_ values: UnsafePointer<Int64>, _: Sum.Type) -> [Sum] {
        [Sum](unsafeUninitializedCapacity: rows.count + 1) { sums, count in
            var sum: Sum = 0
            for row in 0..<rows.count {
                sums[row] = sum
                if vector.isValid(row) { sum &+= Sum(truncatingIfNeeded: values[row]) }
            }
            sums[rows.count] = sum
            count = rows.count + 1
        }
    }

    private func smallSums(_ sums: [Int64], _ counts: [Int]?) -> Vector {
        let result = Vector.allocate(type, layout: .int64, count: rows.count, hasValidity: true)
        let validity = result.validity.unsafelyUnwrapped
        for row in 0..<rows.count {
            let start = bounds.starts[row]
            let end = max(start, bounds.ends[row])
            let count = counts.map { $0[end] - $0[start] } ?? (end - start)
            result.int64s[row] = sums[end] &- sums[start]
            validity[row] = count > 0 ? 1 : 0
        }
        return result.droppingNeedlessValidity()
    }

    /// Values of 128 bits as halves whose sums do not overflow.
    private func wideIntegers() throws -> Vector {
        var highs = [Int128](repeating: 0, count: rows.count + 1)
        var lows = highs
        for row in 0..<rows.count {
            let value = vector.isValid(row) ? vector.int128s[row] : 0
            highs[row + 1] = highs[row] + (value >> 64)
            lows[row + 1] = lows[row] + Int128(UInt64(truncatingIfNeeded: value))
        }
        let counts = vector.validity.map { validity in FrameCounts.before(rows.count) { validity[$0] != 0 } }
        return try results(counts) { start, end in
            let low = lows[end] - lows[start]
            guard let high = Int64(exactly: highs[end] - highs[start] + (low >> 64)) else {
                throw DecimalMath.outOfRange("a sum", type)
            }
            return Int128(high) << 64 | Int128(UInt64(truncatingIfNeeded: low))
        }
    }

    private func results(_ counts: [Int]?, _ sum: (_ start: Int, _ end: Int) throws -> Int128) throws
        -> Vector
    {
        let isFloat = type == .float
        let result = Vector.allocate(
            type, layout: isFloat ? .double : .int128, count: rows.count, hasValidity: true)
        let validity = result.validity.unsafelyUnwrapped
        var last = (start: -1, end: -1)
        for row in 0..<rows.count {
            let start = bounds.starts[row]
            let end = max(start, bounds.ends[row])
            if (start, end) == last {
                validity[row] = validity[row - 1]
                if isFloat { result.doubles[row] = result.doubles[row - 1] }
                if !isFloat { result.int128s[row] = result.int128s[row - 1] }
                continue
            }
            last = (start, end)
            let count = counts.map { $0[end] - $0[start] } ?? (end - start)
            validity[row] = count > 0 ? 1 : 0
            if isFloat {
                let value = count > 0 ? Double(nearest: try sum(start, end)) / decimalPower(vector.scale) : 0
                result.doubles[row] = isAverage ? value / Double(max(1, count)) : value
            } else {
                result.int128s[row] = count > 0 ? try decimal(try sum(start, end), count) : 0
            }
        }
        return result.droppingNeedlessValidity().narrowed()
    }

    private func decimal(_ sum: Int128, _ count: Int) throws -> Int128 {
        let digits = type.scale - vector.scale
        var value: Int128?
        if !isAverage {
            value = DecimalMath.shifted(sum, by: digits)
        } else if digits >= 0 {
            value = DecimalMath.divide(sum, Int128(count), adding: digits)
        } else {
            value = DecimalMath.divideRounded(sum, by: Int128(count) * integerPower(-digits))
        }
        guard let value, value.magnitude < DecimalMath.powers[38].magnitude else {
            throw DecimalMath.outOfRange("\(sum)", type)
        }
        return value
    }

    // MARK: Doubles

    private func doubles() throws -> Vector {
        let result = Vector.allocate(.float, layout: .double, count: rows.count, hasValidity: true)
        let validity = result.validity.unsafelyUnwrapped
        let values = vector.doubles
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) where first < last {
            SlidingFold.fold(bounds, first..<last, identity: DoubleSum.zero) { row in
                vector.isValid(row) ? DoubleSum(high: values[row], low: 0, count: 1) : .zero
            } combine: {
                $0 + $1
            } give: { row, sum in
                validity[row] = sum.count > 0 ? 1 : 0
                result.doubles[row] = isAverage ? sum.value / Double(max(1, sum.count)) : sum.value
            }
        }
        return try FrameMoments.number(result.droppingNeedlessValidity(), as: type)
    }
}
