import JSON
import Vectors

/// Variance, deviation, covariance, correlation, regression, skewness, kurtosis: from sums of powers, which
/// are exact for
/// decimals and kept to twice the digits of a double otherwise.
final class MomentState: AggregateState {
    private struct Sums {
        var count: Int64 = 0
        var x = ExactSum()
        var xx = ExactSum()
        var y = ExactSum()
        var yy = ExactSum()
        var xy = ExactSum()
    }

    private let function: AggregateFunction
    private let isPair: Bool
    private let needsHigher: Bool
    private var sums = GroupArray(Sums())
    private var higher = GroupArray((ExactSum(), ExactSum()))
    /// Sums of decimals as integers, and of their squares.
    private var integers = GroupArray((count: Int64(0), sum: Int128(0), squares: Int128(0)))
    private var scale: Int?

    init(_ function: AggregateFunction) {
        self.function = function
        needsHigher = function == .skew || function == .kurtosis
        switch function {
        case .covariancePopulation, .covarianceSample, .correlation, .regressionSlope, .regressionIntercept,
            .regressionR2, .regressionCount:
            isPair = true
        default: isPair = false
        }
    }

    func grow(to groups: Int) {
        sums.grow(to: groups)
        integers.grow(to: groups)
        if needsHigher { higher.grow(to: groups) }
    }

    func add(_ arguments: [Vector], _ rows: GroupedRows) {
        if isPair { return addPairs(arguments[0].asDoubles(), arguments[1].asDoubles(), rows) }
        let vector = arguments[0]
        if vector.layout == .int64, !needsHigher, scale == nil || scale == vector.scale,
            IntegerKernels.magnitudeBits(vector.int64s, count: rows.count) <= 46
        {
            scale = vector.scale
            return addIntegers(vector, rows)
        }
        addDoubles(vector.asDoubles(), rows)
    }

    private func addIntegers(_ vector: Vector, _ rows: GroupedRows) {
        let (values, integers) = (vector.int64s, integers.base)
        let isNarrow = IntegerKernels.magnitudeBits(values, count: rows.count) <= 25
        if let runs = rows.runs, vector.validity == nil, isNarrow, rows.count <= 8192 {
            for run in runs {
                var (sum, squares) = (Int64(0), Int64(0))
                for row in run.start..<(run.start + run.count) {
                    sum &+= values[row]
                    squares &+= values[row] &* values[row]
                }
                integers[run.group].count &+= Int64(run.count)
                integers[run.group].sum &+= Int128(sum)
                integers[run.group].squares &+= Int128(squares)
            }
            return
        }
        for row in 0..<rows.count where vector.isValid(row) {
            let group = Int(rows.groups[row])
            let value = values[row]
            integers[group].count &+= 1
            integers[group].sum &+= Int128(value)
            integers[group].squares &+= isNarrow ? Int128(value &* value) : Int128(value) * Int128(value)
        }
    }

    private func addDoubles(_ vector: Vector, _ rows: GroupedRows) {
        for row in 0..<rows.count where vector.isValid(row) {
            let group = Int(rows.groups[row])
            let value = vector.doubles[row]
            sums.base[group].count &+= 1
            sums.base[group].x.add(value)
            sums.base[group].xx.add(product: value, value)
            if needsHigher {
                higher.base[group].0.add(value * value * value)
                higher.base[group].1.add(value * value * value * value)
            }
        }
    }

    /// Pairs come as (y, x).
    private func addPairs(_ y: Vector, _ x: Vector, _ rows: GroupedRows) {
        for row in 0..<rows.count where y.isValid(row) && x.isValid(row) {
            let group = Int(rows.groups[row])
            let (a, b) = (x.doubles[row], y.doubles[row])
            sums.base[group].count &+= 1
            sums.base[group].x.add(a)
            sums.base[group].xx.add(product: a, a)
            sums.base[group].y.add(b)
            sums.base[group].yy.add(product: b, b)
            sums.base[group].xy.add(product: a, b)
        }
    }

    func merge(_ other: any AggregateState, groups: [UInt32]) {
        let other = ofThisKind(other)
        if scale == nil { scale = other.scale }
        for (group, target) in groups.enumerated() where target != KeyTable.none {
            let target = Int(target)
            if other.scale == scale {
                integers[target].count &+= other.integers[group].count
                integers[target].sum &+= other.integers[group].sum
                integers[target].squares &+= other.integers[group].squares
                add(other.sums[group], to: target)
            } else {
                add(other.total(group), to: target)
            }
            if needsHigher {
                higher[target].0.add(other.higher[group].0)
                higher[target].1.add(other.higher[group].1)
            }
        }
    }

    private func add(_ from: Sums, to group: Int) {
        sums[group].count &+= from.count
        sums[group].x.add(from.x)
        sums[group].xx.add(from.xx)
        sums[group].y.add(from.y)
        sums[group].yy.add(from.yy)
        sums[group].xy.add(from.xy)
    }

    /// All that is known of a group, integers brought to doubles.
    private func total(_ group: Int) -> Sums {
        var result = sums[group]
        let exact = integers[group]
        guard exact.count > 0 else { return result }
        let unit = decimalPower(scale ?? 0)
        result.count &+= exact.count
        result.x.add(ExactSum(exact.sum).divided(by: unit))
        result.xx.add(ExactSum(exact.squares).divided(by: unit).divided(by: unit))
        return result
    }

    func finish(_ groups: Int) -> Vector {
        if function == .regressionCount {
            let result = Vector.allocate(.number(precision: 18, scale: 0), count: groups)
            for group in 0..<groups { result.int64s[group] = sums[group].count }
            return result
        }
        let result = Vector.allocate(.float, layout: .double, count: groups, hasValidity: true)
        for group in 0..<groups {
            let value = value(group)
            result.doubles[group] = value ?? 0
            result.validity?[group] = value == nil ? 0 : 1
        }
        return result
    }

    private func value(_ group: Int) -> Double? {
        let total = total(group)
        guard total.count > 0 else { return nil }
        let n = Double(total.count)
        let xx = exactDeviation(group) ?? ExactSum.deviation(total.xx, total.x, total.x, n)
        switch function {
        case .variancePopulation: return max(0, xx / n)
        case .deviationPopulation: return max(0, xx / n).squareRoot()
        case .varianceSample: return total.count > 1 ? max(0, xx / (n - 1)) : nil
        case .deviationSample: return total.count > 1 ? max(0, xx / (n - 1)).squareRoot() : nil
        case .skew, .kurtosis: return shape(total, higher[group], n)
        default: return pairValue(total, n, xx)
        }
    }

    /// The sum of squared distances from the mean, exactly, where all is in integers and the products fit.
    private func exactDeviation(_ group: Int) -> Double? {
        let exact = integers[group]
        guard exact.count > 0, sums[group].count == 0 else { return nil }
        let (squares, o1) = exact.squares.multipliedReportingOverflow(by: Int128(exact.count))
        let (square, o2) = exact.sum.multipliedReportingOverflow(by: exact.sum)
        guard !o1, !o2 else { return nil }
        let unit = decimalPower(scale ?? 0)
        return Double(nearest: squares - square) / Double(exact.count) / (unit * unit)
    }

    private func pairValue(_ total: Sums, _ n: Double, _ xx: Double) -> Double? {
        let yy = ExactSum.deviation(total.yy, total.y, total.y, n)
        let xy = ExactSum.deviation(total.xy, total.x, total.y, n)
        switch function {
        case .covariancePopulation: return xy / n
        case .covarianceSample: return total.count > 1 ? xy / (n - 1) : nil
        case .correlation: return xx > 0 && yy > 0 ? min(1, max(-1, xy / (xx * yy).squareRoot())) : nil
        case .regressionSlope: return xx > 0 ? xy / xx : nil
        case .regressionIntercept: return xx > 0 ? (total.y.value - xy / xx * total.x.value) / n : nil
        default: return xx == 0 ? nil : yy == 0 ? 1 : xy * xy / (xx * yy)
        }
    }

    private func shape(_ total: Sums, _ powers: (ExactSum, ExactSum), _ n: Double) -> Double? {
        let mean = total.x.value / n
        let (s2, s3, s4) = (total.xx.value, powers.0.value, powers.1.value)
        let m2 = s2 - n * mean * mean
        let m3 = s3 - 3 * mean * s2 + 2 * n * mean * mean * mean
        let m4 = s4 - 4 * mean * s3 + 6 * mean * mean * s2 - 3 * n * mean * mean * mean * mean
        guard m2 > 0 else { return nil }
        let variance = m2 / (n - 1)
        if function == .skew {
            return n > 2 ? n / ((n - 1) * (n - 2)) * m3 / (variance * variance.squareRoot()) : nil
        }
        guard n > 3 else { return nil }
        return n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * m4 / (variance * variance)
            - 3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3))
    }

    var byteCount: Int { sums.byteCount + integers.byteCount + higher.byteCount }
}

extension ExactSum {
    func divided(by divisor: Double) -> ExactSum {
        var result = ExactSum()
        let quotient = high / divisor
        result.high = quotient
        // What the quotient lacks: the remainder of the division, and the low part.
        result.low = (high.addingProduct(-quotient, divisor) + low) / divisor
        return result
    }

    /// The sum of products of distances from the means: Σab − ΣaΣb / n.
    static func deviation(_ products: ExactSum, _ a: ExactSum, _ b: ExactSum, _ n: Double) -> Double {
        var result = products
        let quotient = a.high / n
        result.add(product: -quotient, b.high)
        let rest = (a.high.addingProduct(-quotient, n) + a.low) / n
        result.add(-(rest * b.high))
        result.add(-(quotient * b.low))
        return result.value
    }
}
