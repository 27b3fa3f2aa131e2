import JSON
import Vectors

/// Comparisons of FLOAT vectors, which may be doubles or decimals.
extension Comparison {
    static func fillFloats(
        _ target: UnsafeMutablePointer<UInt8>, _ left: Vector, _ right: Vector, _ count: Int, _ truth: Truth
    ) {
        if left.layout == .int64 {
            if right.isConstant, fillDecimals(target, left, constant: right, count, truth) { return }
            if right.layout == .int64, fillDecimals(target, left, right, count, truth.operation) { return }
        }
        let (first, second) = (left.asDoubles(), right.isConstant ? right : right.asDoubles())
        let (a, b) = (first.doubles, second.doubles)
        let constant = right.isConstant ? FloatKernel.first(right) : 0
        let operation = truth.operation
        if hasNaN(a, count) || (right.isConstant ? constant.isNaN : hasNaN(b, count)) {
            loopWithNaN(target, count, truth, { a[$0] }, { right.isConstant ? constant : b[$0] })
        } else if right.isConstant {
            loop(target, count, operation, { a[$0] }, { _ in constant })
        } else {
            loop(target, count, operation, { a[$0] }, { b[$0] })
        }
        withExtendedLifetime((first, second)) {}
    }

    /// Whether any is NaN: then its bits without the sign are above those of infinity, and the sum here is
    /// negative.
    private static func hasNaN(_ values: UnsafePointer<Double>, _ count: Int) -> Bool {
        var sums: Int64 = 0
        values.withMemoryRebound(to: Int64.self, capacity: count) { bits in
            for row in 0..<count { sums |= (bits[row] & Int64.max) &+ 0x000F_FFFF_FFFF_FFFF }
        }
        return sums < 0
    }

    /// Decimals with decimals, of which one scale may be brought to the other; `false` where that overflows.
    private static func fillDecimals(
        _ target: UnsafeMutablePointer<UInt8>, _ left: Vector, _ right: Vector, _ count: Int,
        _ operation: BinaryOperator
    ) -> Bool {
        let (a, b) = (left.int64s, right.int64s)
        if left.scale == right.scale {
            loop(target, count, operation, { a[$0] }, { b[$0] })
            return true
        }
        let difference = abs(left.scale - right.scale)
        guard difference <= 18 else { return false }
        let power = DecimalMath.powers64[difference]
        // Multiplied by the power the values of the lesser scale must fit.
        let limit = UInt64(Int64.max / power)
        let scaled = left.scale < right.scale ? a : b
        var isTooLarge = false
        for row in 0..<count { isTooLarge = isTooLarge || scaled[row].magnitude > limit }
        if isTooLarge { return false }
        if left.scale < right.scale {
            loop(target, count, operation, { a[$0] &* power }, { b[$0] })
        } else {
            loop(target, count, operation, { a[$0] }, { b[$0] &* power })
        }
        return true
    }

    /// Decimals with a constant, which is brought to their scale: between which two of them it lies is enough
    /// to know.
    private static func fillDecimals(
        _ target: UnsafeMutablePointer<UInt8>, _ left: Vector, constant right: Vector, _ count: Int,
        _ truth: Truth
    ) -> Bool {
        let a = left.int64s
        var bound: (floor: Int64, isExact: Bool)?
        if right.layout == .int64, right.scale <= left.scale, left.scale - right.scale <= 18 {
            let (value, overflow) = right.int64s[0].multipliedReportingOverflow(
                by: DecimalMath.powers64[left.scale - right.scale])
            if !overflow { bound = (value, true) }
        }
        guard let (floor, isExact) = bound ?? decimalFloor(FloatKernel.first(right), scale: left.scale) else {
            return false
        }
        if isExact {
            loop(target, count, truth.operation, { a[$0] }, { _ in floor })
            return true
        }
        switch truth.operation {
        case .equal: target.initialize(repeating: 0, count: count)
        case .notEqual: target.initialize(repeating: 1, count: count)
        case .less, .lessOrEqual: loop(target, count, .lessOrEqual, { a[$0] }, { _ in floor })
        default: loop(target, count, .greater, { a[$0] }, { _ in floor })
        }
        return true
    }

    /// The greatest decimal of a scale that as a double is not greater than `value`, and whether it is
    /// `value`. `nil` beyond 2^52, where doubles and decimals part.
    static func decimalFloor(_ value: Double, scale: Int) -> (floor: Int64, isExact: Bool)? {
        guard scale <= 18 else { return nil }
        let power = decimalPower(scale)
        let scaled = value * power
        guard scaled.magnitude < 4_503_599_627_370_496 else { return nil }
        var floor = Int64(scaled)
        // The multiplication may have been off by one, and what was cut off a negative number is one too
        // many.
        while Double(floor) / power > value { floor -= 1 }
        while Double(floor + 1) / power <= value { floor += 1 }
        return (floor, Double(floor) / power == value)
    }

    /// As `loop`, with NaN equal to itself and greater than all else.
    private static func loopWithNaN(
        _ target: UnsafeMutablePointer<UInt8>, _ count: Int, _ truth: Truth, _ left: (Int) -> Double,
        _ right: (Int) -> Double
    ) {
        for row in 0..<count { target[row] = truth(order(left(row), right(row))) }
    }
}
