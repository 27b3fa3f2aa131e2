import JSON
import Vectors

/// Operators on NUMBER vectors. 64 bits are tried first; where one row does not fit, the batch is done again
/// in 128 bits, and only then rows that are NULL are left out.
struct NumberKernel: Sendable {
    /// Digits behind the point of the operands.
    let left: Int
    let right: Int
    let result: SQLType

    private var precision: Int { if case .number(let precision, _) = result { precision } else { 38 } }

    // MARK: Plus and minus

    @Sendable func add(_ l: Vector, _ r: Vector) throws -> Vector {
        if let sum = narrow(
            l, r, unchecked: { $0 &+ $1 },
            checked: { a, b, flags in
                let sum = a &+ b
                // Overflow where both operands have the sign that the sum has not.
                flags |= (a ^ sum) & (b ^ sum)
                return sum
            })
        {
            return sum
        }
        return try wide(l, r) { left, right in
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? nil : sum
        }
    }

    @Sendable func subtract(_ l: Vector, _ r: Vector) throws -> Vector {
        if let difference = narrow(
            l, r, unchecked: { $0 &- $1 },
            checked: { a, b, flags in
                let difference = a &- b
                flags |= (a ^ b) & (a ^ difference)
                return difference
            })
        {
            return difference
        }
        return try wide(l, r) { left, right in
            let (difference, overflow) = left.subtractingReportingOverflow(right)
            return overflow ? nil : difference
        }
    }

    /// In 64 bits, operands brought to the scale of the result; `nil` where that does not do.
    @inline(__always)
    private func narrow(
        _ l: Vector, _ r: Vector, unchecked: (Int64, Int64) -> Int64,
        checked: (Int64, Int64, inout Int64) -> Int64
    ) -> Vector? {
        let (leftShift, rightShift) = (result.scale - left, result.scale - right)
        guard l.layout == .int64, r.layout == .int64, leftShift <= 18, rightShift <= 18 else { return nil }
        let (leftPower, rightPower) = (DecimalMath.powers64[leftShift], DecimalMath.powers64[rightShift])
        let isAligned = leftPower == 1 && rightPower == 1
        // No value of up to 18 digits overflows.
        if precision <= 18 {
            if isAligned { return each(l, r) { a, b, _ in unchecked(a, b) } }
            return each(l, r) { a, b, _ in unchecked(a &* leftPower, b &* rightPower) }
        }
        if isAligned { return each(l, r, checked) }
        return each(l, r) { a, b, flags in
            let (first, firstOverflow) = a.multipliedReportingOverflow(by: leftPower)
            let (second, secondOverflow) = b.multipliedReportingOverflow(by: rightPower)
            if firstOverflow || secondOverflow { flags = -1 }
            return checked(first, second, &flags)
        }
    }

    /// A loop over 64-bit operands; `nil` where the flags are negative after it.
    @inline(__always)
    private func each(_ l: Vector, _ r: Vector, _ body: (Int64, Int64, inout Int64) -> Int64) -> Vector? {
        let count = l.count
        let vector = Vector.allocate(result, layout: .int64, count: count)
        let (a, b, target) = (l.int64s, r.int64s, vector.int64s)
        var flags: Int64 = 0
        if r.isConstant, count > 0 {
            let constant = b[0]
            for row in 0..<count { target[row] = body(a[row], constant, &flags) }
        } else {
            for row in 0..<count { target[row] = body(a[row], b[row], &flags) }
        }
        return flags < 0 ? nil : finished(vector, l, r)
    }

    private func finished(_ vector: Vector, _ l: Vector, _ r: Vector) -> Vector {
        vector.withNulls(of: l, r).with(isConstant: l.isConstant && r.isConstant)
    }

    /// In 128 bits, operands brought to the scale of the result. `nil` from the body: out of range.
    @inline(__always)
    private func wide(_ l: Vector, _ r: Vector, _ body: (Int128, Int128) throws -> Int128?) throws -> Vector {
        let (leftShift, rightShift) = (result.scale - left, result.scale - right)
        return try eachWide(l, r) { a, b in
            guard let first = DecimalMath.shifted(a, by: leftShift),
                let second = DecimalMath.shifted(b, by: rightShift)
            else { return nil }
            return try body(first, second)
        }
    }

    @inline(__always)
    private func eachWide(_ l: Vector, _ r: Vector, _ body: (Int128, Int128) throws -> Int128?) throws
        -> Vector
    {
        let (first, second) = (l.widened(), r.widened())
        let vector = Vector.allocate(result, layout: .int128, count: l.count)
        let limit = DecimalMath.powers[38].magnitude
        for row in 0..<l.count {
            vector.int128s[row] = 0
            guard l.isValid(row), r.isValid(row) else { continue }
            guard let value = try body(first.int128s[row], second.int128s[row]), value.magnitude < limit
            else {
                throw outOfRange(first.int128s[row], second.int128s[row])
            }
            vector.int128s[row] = value
        }
        return finished(vector, l, r).narrowed()
    }

    private func outOfRange(_ a: Int128, _ b: Int128) -> SQLError {
        let first = DecimalText.text(a, scale: left, trimmed: false)
        let second = DecimalText.text(b, scale: right, trimmed: false)
        return SQLError(
            .data, "Number out of representable range: type \(result), operands \(first) and \(second)")
    }

    // MARK: Times, divided by, modulo

    @Sendable func multiply(_ l: Vector, _ r: Vector) throws -> Vector {
        let dropped = left + right - result.scale
        if l.layout == .int64, r.layout == .int64, dropped <= 18 {
            let power = DecimalMath.powers64[dropped]
            let product: Vector?
            if dropped == 0 {
                product = each(l, r) { a, b, flags in
                    let (value, overflow) = a.multipliedReportingOverflow(by: b)
                    flags |= overflow ? -1 : 0
                    return value
                }
            } else {
                product = each(l, r) { a, b, flags in
                    let (value, overflow) = a.multipliedReportingOverflow(by: b)
                    flags |= overflow ? -1 : 0
                    return DecimalMath.divideRounded(value, by: power)
                }
            }
            if let product { return product }
        }
        return try eachWide(l, r) { DecimalMath.multiply($0, $1, dropping: dropped) }
    }

    @Sendable func divide(_ l: Vector, _ r: Vector) throws -> Vector {
        let added = result.scale - left + right
        if l.layout == .int64, r.layout == .int64, added <= 18 {
            let power = DecimalMath.powers64[added]
            if let quotient = each(
                l, r,
                { a, b, flags in
                    let (dividend, overflow) = a.multipliedReportingOverflow(by: power)
                    // Divisors of 0 are left to the careful way, as is the least number, which has no
                    // opposite.
                    if overflow || b == 0 || b == Int64.min || dividend == Int64.min {
                        flags = -1
                        return 0
                    }
                    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: b)
                    let isHalf = remainder.magnitude >= b.magnitude &- remainder.magnitude
                    return isHalf ? quotient &+ ((dividend ^ b) >> 63 | 1) : quotient
                })
            {
                return quotient
            }
        }
        return try eachWide(l, r) { a, b in
            if b == 0 { throw Self.divisionByZero }
            return DecimalMath.divide(a, b, adding: added)
        }
    }

    @Sendable func modulo(_ l: Vector, _ r: Vector) throws -> Vector {
        let (leftShift, rightShift) = (result.scale - left, result.scale - right)
        if l.layout == .int64, r.layout == .int64, leftShift <= 18, rightShift <= 18 {
            let (leftPower, rightPower) = (DecimalMath.powers64[leftShift], DecimalMath.powers64[rightShift])
            if let remainder = each(
                l, r,
                { a, b, flags in
                    let (first, firstOverflow) = a.multipliedReportingOverflow(by: leftPower)
                    let (second, secondOverflow) = b.multipliedReportingOverflow(by: rightPower)
                    if firstOverflow || secondOverflow || second == 0 || second == -1 {
                        if firstOverflow || secondOverflow || second == 0 { flags = -1 }
                        return 0
                    }
                    return first % second
                })
            {
                return remainder
            }
        }
        return try wide(l, r) { a, b in
            if b == 0 { throw Self.divisionByZero }
            return b == -1 ? 0 : a % b
        }
    }

    static let divisionByZero = SQLError(.data, "Division by zero")
}

/// Operators on FLOAT vectors.
enum FloatKernel {
    @inline(__always)
    static func run(_ l: Vector, _ r: Vector, _ body: (Double, Double) -> Double) -> Vector {
        let count = l.count
        let vector = Vector.allocate(.float, count: count)
        if count == 0 { return vector }
        let first = l.isConstant ? l : l.asDoubles()
        let second = r.isConstant ? r : r.asDoubles()
        let (a, b, target) = (first.doubles, second.doubles, vector.doubles)
        if r.isConstant {
            let (constant, other) = (Self.first(r), l.isConstant ? Self.first(l) : 0)
            if l.isConstant {
                target.initialize(repeating: body(other, constant), count: count)
            } else {
                for row in 0..<count { target[row] = body(a[row], constant) }
            }
        } else if l.isConstant {
            let constant = Self.first(l)
            for row in 0..<count { target[row] = body(constant, b[row]) }
        } else {
            for row in 0..<count { target[row] = body(a[row], b[row]) }
        }
        return withExtendedLifetime((first, second)) {
            vector.withNulls(of: l, r).with(isConstant: l.isConstant && r.isConstant)
        }
    }

    /// The first row. Of decimals no other row is converted.
    static func first(_ vector: Vector) -> Double {
        let one = vector.slice(from: 0, count: 1).asDoubles()
        return withExtendedLifetime(one) { one.doubles[0] }
    }

    /// Where a divisor of a row that is not NULL is zero, it throws.
    @inline(__always)
    static func dividing(_ l: Vector, _ r: Vector, _ body: (Double, Double) -> Double) throws -> Vector {
        let divisors = r.isConstant && r.count > 0 ? r.slice(from: 0, count: 1).asDoubles() : r.asDoubles()
        var zeros: UInt8 = 0
        for row in 0..<divisors.count { zeros |= divisors.doubles[row] == 0 ? 1 : 0 }
        if zeros != 0 {
            for row in 0..<l.count where l.isValid(row) && r.isValid(row) {
                if divisors.doubles[divisors.count == r.count ? row : 0] == 0 {
                    throw NumberKernel.divisionByZero
                }
            }
        }
        return run(l, divisors.count == r.count ? divisors : r, body)
    }
}
