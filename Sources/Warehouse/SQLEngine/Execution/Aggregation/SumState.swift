internal import CKernels
import JSON
import Vectors

/// SUM and AVG. Whole numbers and decimals are added exactly; doubles so that their order does not show.
final class SumState: AggregateState {
    private let isAverage: Bool
    private let type: SQLType
    private let argument: SQLType
    /// Sums of numbers held as integers, in units of 10^-scale.
    private var integers = GroupArray<Int128>(0)
    private var scale = 0
    private var doubles: GroupArray<ExactSum>?
    private var counts = GroupArray<Int64>(0)

    init(isAverage: Bool, argument: SQLType, result: SQLType) {
        self.isAverage = isAverage
        self.argument = argument
        type = result
        scale = argument.scale
    }

    func grow(to groups: Int) {
        integers.grow(to: groups)
        doubles?.grow(to: groups)
        counts.grow(to: groups)
    }

    func add(_ arguments: [Vector], _ rows: GroupedRows) throws {
        let vector = arguments[0]
        switch vector.layout {
        case .int64:
            if argument == .float, vector.scale != scale { try rescale(to: vector.scale) }
            vector.scale == scale ? addIntegers(vector, rows) : addDoubles(vector.asDoubles(), rows)
        case .int128:
            for row in 0..<rows.count where vector.isValid(row) {
                let group = Int(rows.groups[row])
                let (sum, overflow) = integers[group].addingReportingOverflow(vector.int128s[row])
                if overflow { throw SQLError(.data, "the sum has more than 38 digits") }
                integers[group] = sum
                counts[group] &+= 1
            }
        case .double: addDoubles(vector, rows)
        default: break
        }
    }

    /// Before anything is added, decimals decide on the scale.
    private func rescale(to scale: Int) throws {
        if (0..<counts.count).allSatisfy({ counts[$0] == 0 }) || doubles != nil { self.scale = scale }
    }

    private func addIntegers(_ vector: Vector, _ rows: GroupedRows) {
        let values = vector.int64s
        if let runs = rows.runs, vector.validity == nil {
            // Up to 8,192 values of 50 bits have a sum of 63.
            let isSmall = IntegerKernels.magnitudeBits(values, count: rows.count) <= 49 && rows.count <= 8192
            for run in runs {
                integers[run.group] &+=
                    isSmall
                    ? Int128(IntegerKernels.sum(values + run.start, count: run.count))
                    : IntegerKernels.wideSum(values + run.start, count: run.count)
                counts[run.group] &+= Int64(run.count)
            }
            return
        }
        let (sums, counts) = (integers.base, counts.base)
        guard let validity = vector.validity else {
            for row in 0..<rows.count {
                let group = Int(rows.groups[row])
                sums[group] &+= Int128(values[row])
                counts[group] &+= 1
            }
            return
        }
        for row in 0..<rows.count where validity[row] != 0 {
            let group = Int(rows.groups[row])
            sums[group] &+= Int128(values[row])
            counts[group] &+= 1
        }
    }

    private func addDoubles(_ vector: Vector, _ rows: GroupedRows) {
        if doubles == nil {
            var made = GroupArray(ExactSum())
            made.grow(to: counts.count)
            doubles = made
        }
        guard let sums = doubles?.base else { return }
        for row in 0..<rows.count where vector.isValid(row) {
            let group = Int(rows.groups[row])
            sums[group].add(vector.doubles[row])
            counts[group] &+= 1
        }
    }

    func merge(_ other: any AggregateState, groups: [UInt32]) throws {
        let other = ofThisKind(other)
        if other.doubles != nil, doubles == nil {
            addDoubles(Vector.nulls(.float, count: 0), GroupedRows([], count: 0, order: 0))
        }
        if (0..<counts.count).allSatisfy({ counts[$0] == 0 }) { scale = other.scale }
        for (group, target) in groups.enumerated() where target != KeyTable.none && other.counts[group] > 0 {
            let target = Int(target)
            counts[target] &+= other.counts[group]
            if other.scale == scale {
                integers[target] &+= other.integers[group]
            } else {
                if doubles == nil {
                    addDoubles(Vector.nulls(.float, count: 0), GroupedRows([], count: 0, order: 0))
                }
                doubles?.base[target].add(Double(nearest: other.integers[group]) / decimalPower(other.scale))
            }
            if let sums = other.doubles { doubles?.base[target].add(sums[group]) }
        }
    }

    func finish(_ groups: Int) throws -> Vector {
        if type == .float { return finishFloats(groups) }
        var results = [Int128](repeating: 0, count: groups)
        for group in 0..<groups where counts[group] > 0 {
            var value = integers[group]
            if isAverage {
                guard
                    let shifted = DecimalMath.divide(value, Int128(counts[group]), adding: type.scale - scale)
                else {
                    throw SQLError(.data, "the average has more than 38 digits")
                }
                value = shifted
            }
            guard value.magnitude < integerPower(38).magnitude else {
                throw SQLError(.data, "the sum has more than 38 digits")
            }
            results[group] = value
        }
        return VectorMaking.numbers(results, type) { counts[$0] > 0 }
    }

    private func finishFloats(_ groups: Int) -> Vector {
        let result = Vector.allocate(.float, layout: .double, count: groups, hasValidity: true)
        for group in 0..<groups {
            result.validity?[group] = counts[group] > 0 ? 1 : 0
            var value = Double(nearest: integers[group]) / decimalPower(scale)
            if let sums = doubles {
                var total = sums[group]
                if integers[group] != 0 { total.add(value) }
                value = total.value
            }
            if isAverage {
                value =
                    doubles == nil
                    ? Double(nearest: integers[group]) / (Double(counts[group]) * decimalPower(scale))
                    : value / Double(counts[group])
            }
            result.doubles[group] = value
        }
        return result
    }

    var byteCount: Int { integers.byteCount + counts.byteCount + (doubles?.byteCount ?? 0) }
}

/// Vectors of results.
enum VectorMaking {
    /// NUMBERs as 64 bits where all fit, otherwise as 128.
    static func numbers(_ values: [Int128], _ type: SQLType, isValid: (Int) -> Bool) -> Vector {
        let isSmall = values.allSatisfy { Int64(exactly: $0) != nil }
        let result = Vector.allocate(
            type, layout: isSmall ? .int64 : .int128, count: values.count, hasValidity: true)
        for (row, value) in values.enumerated() {
            if isSmall {
                result.int64s[row] = Int64(truncatingIfNeeded: value)
            } else {
                result.int128s[row] = value
            }
            result.validity?[row] = isValid(row) ? 1 : 0
        }
        return result
    }
}

/// Loops over whole numbers.
enum IntegerKernels {
    /// The bits of the greatest magnitude, or one more.
    static func magnitudeBits(_ values: UnsafePointer<Int64>, count: Int) -> Int {
        var bits: Int64 = 0
        for index in 0..<count { bits |= values[index] ^ (values[index] >> 63) }
        return 64 - bits.leadingZeroBitCount
    }

    @inline(__always)
    static func sum(_ values: UnsafePointer<Int64>, count: Int) -> Int64 {
        var sum: Int64 = 0
        for index in 0..<count { sum &+= values[index] }
        return sum
    }

    /// The least and the greatest value; the ends of 64 bits, the wrong way round, of none.
    @inline(__always)
    static func range(_ values: UnsafePointer<Int64>, count: Int) -> (least: Int64, greatest: Int64) {
        var (least, greatest) = (Int64.max, Int64.min)
        th_range(values, count, &least, &greatest)
        return (least, greatest)
    }

    static func wideSum(_ values: UnsafePointer<Int64>, count: Int) -> Int128 {
        var sum: Int128 = 0
        for index in 0..<count { sum &+= Int128(values[index]) }
        return sum
    }
}
