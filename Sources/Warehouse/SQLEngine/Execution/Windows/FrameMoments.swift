import JSON
import Vectors

/// Variances and standard deviations over frames.
struct FrameMoments {
    private let rows: WindowRows
    private let vector: Vector
    private let bounds: FrameBounds
    private let isSample: Bool
    private let isDeviation: Bool

    init(_ rows: WindowRows, _ column: Int, _ frame: WindowFrame, isSample: Bool, isDeviation: Bool) throws {
        self.rows = rows
        vector = try rows.column(column)
        bounds = try rows.bounds(frame)
        self.isSample = isSample
        self.isDeviation = isDeviation
    }

    func vector(_ type: SQLType) throws -> Vector {
        if vector.type == .null { return .nulls(type, count: rows.count) }
        let doubles = vector.asDoubles()
        guard doubles.layout == .double else {
            throw SQLError(.invalid, "variances are of numbers, not of \(vector.type)")
        }
        let result = Vector.allocate(.float, layout: .double, count: rows.count, hasValidity: true)
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) where first < last {
            if isExact(first..<last) {
                writeExact(first..<last, result)
            } else {
                write(first..<last, doubles, result)
            }
        }
        return try Self.number(result.droppingNeedlessValidity(), as: type)
    }

    private func give(_ row: Int, _ squares: Double, _ count: Double, _ result: Vector) {
        let divisor = isSample ? count - 1 : count
        result.validity?[row] = divisor > 0 ? 1 : 0
        let variance = divisor > 0 ? max(0, squares / divisor) : 0
        // A maximum would hide NaN.
        let value = squares.isNaN ? squares : variance
        result.doubles[row] = isDeviation ? value.squareRoot() : value
    }

    /// Whether the number of rows times the sum of squares fits 128 bits.
    private func isExact(_ partition: Range<Int>) -> Bool {
        guard vector.layout == .int64 else { return false }
        let validity = vector.validity.map { UnsafePointer($0 + partition.lowerBound) }
        let range = NarrowIntegers.range(
            vector.int64s + partition.lowerBound, validity: validity, count: partition.count)
        guard let range else { return true }
        let largest = Int128(max(range.least.magnitude, range.greatest.magnitude))
        return largest * Int128(partition.count) <= Int128(Int64.max)
    }

    private func writeExact(_ partition: Range<Int>, _ result: Vector) {
        let origin = partition.lowerBound
        var counts = [Int](repeating: 0, count: partition.count + 1)
        var sums = [Int64](repeating: 0, count: partition.count + 1)
        var squares = [Int128](repeating: 0, count: partition.count + 1)
        for index in 0..<partition.count {
            let isValid = vector.isValid(origin + index)
            let value = isValid ? vector.int64s[origin + index] : 0
            counts[index + 1] = counts[index] + (isValid ? 1 : 0)
            sums[index + 1] = sums[index] + value
            squares[index + 1] = squares[index] + Int128(value) * Int128(value)
        }
        let power = decimalPower(vector.scale)
        for row in partition {
            let start = bounds.starts[row] - origin
            let end = max(start, bounds.ends[row] - origin)
            let count = counts[end] - counts[start]
            let sum = Int128(sums[end] - sums[start])
            let spread = Int128(count) * (squares[end] - squares[start]) - sum * sum
            give(row, Double(spread) / Double(max(1, count)) / power / power, Double(count), result)
        }
    }

    private func write(_ partition: Range<Int>, _ doubles: Vector, _ result: Vector) {
        SlidingFold.fold(bounds, partition, identity: Moments.zero) { row in
            vector.isValid(row) ? Moments(count: 1, mean: doubles.doubles[row], squares: 0) : .zero
        } combine: {
            $0 + $1
        } give: { row, moments in
            let isFinite = moments.mean.isFinite
            give(row, isFinite ? moments.squares : .nan, moments.count, result)
        }
    }

    /// Doubles as the type that the caller wants: FLOAT or NUMBER.
    static func number(_ doubles: Vector, as type: SQLType) throws -> Vector {
        guard case .number(_, let scale) = type else { return doubles.with(type: type) }
        let result = Vector.allocate(type, layout: .int128, count: doubles.count)
        for row in 0..<doubles.count {
            guard doubles.isValid(row) else {
                result.int128s[row] = 0
                continue
            }
            guard let value = DecimalMath.decimal(doubles.doubles[row], scale: scale) else {
                throw DecimalMath.outOfRange("\(doubles.doubles[row])", type)
            }
            result.int128s[row] = value
        }
        return result.withNulls(of: doubles).narrowed()
    }
}
