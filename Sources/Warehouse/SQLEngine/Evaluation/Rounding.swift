import JSON
package import Vectors

/// ROUND, TRUNC, FLOOR and CEIL of FLOAT and NUMBER, as they are meant: of the decimal number.
///
/// A double such as 2.675 is a little less than what it was written as, so that arithmetic alone would round
/// it down. Here the shortest decimal that names the double decides.
package enum Rounding {
    package enum Mode: Sendable { case halfAwayFromZero, towardZero, down, up }

    /// The type of the result; `places` is `nil` where it is not constant. The number of digits before the
    /// point may grow by one where rounding carries.
    package static func resultType(_ type: SQLType, places: Int?) -> SQLType {
        guard case .number(let precision, let scale) = type else { return .float }
        guard let places else { return .number(precision: min(38, precision + 1), scale: scale) }
        if places >= scale { return type }
        let kept = max(0, places)
        return .number(precision: min(38, precision - scale + kept + 1), scale: kept)
    }

    /// To `places` digits behind the point, or for negative places before it; half away from zero.
    package static func round(_ vector: Vector, places: Int) throws -> Vector {
        try apply(.halfAwayFromZero, vector, places: places)
    }

    /// Digits behind the last place are dropped.
    package static func truncate(_ vector: Vector, places: Int) throws -> Vector {
        try apply(.towardZero, vector, places: places)
    }

    /// The greatest value of so many places that is not greater.
    package static func floor(_ vector: Vector, places: Int) throws -> Vector {
        try apply(.down, vector, places: places)
    }

    /// The least value of so many places that is not less.
    package static func ceil(_ vector: Vector, places: Int) throws -> Vector {
        try apply(.up, vector, places: places)
    }

    /// One of the four on a FLOAT or NUMBER; the result is of `resultType`.
    package static func apply(_ mode: Mode, _ vector: Vector, places: Int) throws -> Vector {
        let type = resultType(vector.type, places: places)
        if vector.layout == .double {
            let result = Vector.allocate(.float, count: vector.count)
            let (source, target) = (vector.doubles, result.doubles)
            if mode == .halfAwayFromZero, 0...15 ~= places {
                roundAll(source, target, vector.count, places)
            } else if places == 0, mode != .halfAwayFromZero {
                wholes(mode, source, target, vector.count)
            } else {
                for row in 0..<vector.count { target[row] = value(source[row], mode, places: places) }
            }
            return result.withNulls(of: vector).with(isConstant: vector.isConstant)
        }
        let dropped = vector.scale - places
        if dropped <= 0 { return vector.with(type: type) }
        return try decimals(mode, vector, dropped: dropped, type).with(isConstant: vector.isConstant)
    }

    /// With as many places as `places`, a NUMBER of scale 0, says for each row; the result is of `resultType`
    /// without places.
    package static func apply(_ mode: Mode, _ vector: Vector, places: Vector) throws -> Vector {
        let type = resultType(vector.type, places: nil)
        let isNumber = type.isNumber
        let source = isNumber ? vector.widened() : vector.asDoubles()
        let result = Vector.allocate(type, layout: isNumber ? .int128 : .double, count: vector.count)
        for row in 0..<vector.count {
            if isNumber { result.int128s[row] = 0 } else { result.doubles[row] = 0 }
            guard vector.isValid(row), places.isValid(row) else { continue }
            let wanted = places.layout == .int64 ? Int(places.int64s[row].clamped(to: -400...400)) : 400
            guard isNumber else {
                result.doubles[row] = value(source.doubles[row], mode, places: wanted)
                continue
            }
            let dropped = vector.scale - wanted
            let number = source.int128s[row]
            result.int128s[row] =
                dropped <= 0 ? number : try rounded(number, mode, dropped: dropped, keepsScale: true, type)
        }
        return result.withNulls(of: vector, places).narrowed()
    }

    // MARK: Decimals

    private static func decimals(_ mode: Mode, _ vector: Vector, dropped: Int, _ type: SQLType) throws
        -> Vector
    {
        let kept = vector.scale - dropped
        let scale = max(0, kept)
        if let quick = quickly(mode, vector, dropped: dropped, type) { return quick }
        if vector.layout == .int64, dropped <= 18, vector.scale <= 18, kept >= -18 {
            let result = Vector.allocate(type, layout: .int64, scale: scale, count: vector.count)
            let power = DecimalMath.powers64[dropped]
            let back = DecimalMath.powers64[max(0, -kept)]
            let (source, target) = (vector.int64s, result.int64s)
            var overflows = false
            for row in 0..<vector.count {
                let units = divided(source[row], by: power, mode)
                let (value, overflow) = units.multipliedReportingOverflow(by: back)
                target[row] = value
                overflows = overflows || overflow
            }
            if !overflows { return result.withNulls(of: vector) }
        }
        if type == .float { return try apply(mode, vector.asDoubles(), places: kept) }
        let wide = vector.widened()
        let result = Vector.allocate(type, layout: .int128, scale: scale, count: vector.count)
        for row in 0..<vector.count {
            result.int128s[row] =
                vector.isValid(row)
                ? try rounded(wide.int128s[row], mode, dropped: dropped, keepsScale: false, type, kept: kept)
                : 0
        }
        return result.withNulls(of: vector).narrowed()
    }

    /// Of 64-bit values below 2^50 with places left behind the point: by arithmetic of doubles, which is
    /// exact for them and many times faster than division of integers.
    private static func quickly(_ mode: Mode, _ vector: Vector, dropped: Int, _ type: SQLType) -> Vector? {
        guard mode == .halfAwayFromZero, vector.layout == .int64, dropped <= 12, vector.scale >= dropped
        else { return nil }
        let result = Vector.allocate(type, layout: .int64, scale: vector.scale - dropped, count: vector.count)
        let (source, target) = (vector.int64s, result.int64s)
        var bits: Int64 = 0
        for row in 0..<vector.count { bits |= source[row] ^ (source[row] >> 63) }
        guard bits < 1 << 50 else { return nil }
        // Added to a whole number below 2^51, it brings the number's bits to the end of the sum's.
        let shift = 6_755_399_441_055_744.0
        let shiftBits = Int64(bitPattern: shift.bitPattern)
        let power = decimalPower(dropped)
        let (half, inverse) = (power / 2, 1 / power)
        for row in 0..<vector.count {
            let value = Double(bitPattern: UInt64(bitPattern: source[row] &+ shiftBits)) - shift
            let magnitude = value.magnitude
            let near = magnitude * inverse + shift - shift
            let rest = magnitude - near * power
            // One half goes up; and the nearest may be off by one where the product was not exact.
            let up = rest >= half ? 1.0 : 0.0
            let down = rest < -half ? 1.0 : 0.0
            let rounded = Double(signOf: value, magnitudeOf: near + up - down)
            target[row] = Int64(bitPattern: (rounded + shift).bitPattern) &- shiftBits
        }
        return result.withNulls(of: vector)
    }

    /// One decimal without its last `dropped` digits, at the scale it had or the one it has then.
    private static func rounded(
        _ value: Int128, _ mode: Mode, dropped: Int, keepsScale: Bool, _ type: SQLType, kept: Int = 0
    ) throws -> Int128 {
        // Beyond 38 digits nothing is left but, for some modes, one unit, which then is out of range.
        let units =
            dropped <= 38
            ? divided(value, by: DecimalMath.powers[dropped], mode)
            : (mode == .down && value < 0 ? -1 : (mode == .up && value > 0 ? 1 : 0))
        guard let result = DecimalMath.shifted(units, by: keepsScale ? dropped : max(0, -kept)) else {
            throw DecimalMath.outOfRange("\(units)e\(keepsScale ? dropped : -kept)", type)
        }
        return result
    }

    @inline(__always)
    private static func divided<Value: FixedWidthInteger & SignedInteger>(
        _ value: Value, by power: Value, _ mode: Mode
    ) -> Value {
        if mode == .halfAwayFromZero { return DecimalMath.divideRounded(value, by: power) }
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: power)
        switch mode {
        case .down: return remainder < 0 ? quotient &- 1 : quotient
        case .up: return remainder > 0 ? quotient &+ 1 : quotient
        default: return quotient
        }
    }

    // MARK: Doubles

    /// One double. Nothing becomes minus zero (the sum with 0 takes its sign away), which decimals do not
    /// have.
    package static func value(_ value: Double, _ mode: Mode, places: Int) -> Double {
        guard value.isFinite, value != 0, places <= 400 else { return value }
        if places == 0, mode != .halfAwayFromZero { return value.rounded(rule(mode)) + 0 }
        guard (0...15).contains(places) else { return byDigits(value, mode, places: places) }
        let scale = decimalPower(places)
        let scaled = value.magnitude * scale
        guard scaled < 4e15 else { return places == 0 ? value : byDigits(value, mode, places: places) }
        let floor = Double(Int64(scaled))
        let fraction = scaled - floor
        let tolerance = max(1e-6, scaled * 4e-16)
        let isAway = mode == .up ? value > 0 : (mode == .down ? value < 0 : false)
        var units = floor
        if mode == .halfAwayFromZero {
            // Only a fraction within the error of the multiplication of one half needs the digits.
            if abs(fraction - 0.5) < tolerance { return byDigits(value, mode, places: places) }
            if fraction > 0.5 { units += 1 }
        } else {
            // And for the other modes one next to a whole number.
            if fraction < tolerance || fraction > 1 - tolerance {
                return byDigits(value, mode, places: places)
            }
            if isAway { units += 1 }
        }
        let result = units / scale
        return (value < 0 ? -result : result) + 0
    }

    /// As `value` rounds, without the text of any but large values.
    private static func roundAll(
        _ source: UnsafePointer<Double>, _ target: UnsafeMutablePointer<Double>, _ count: Int, _ places: Int
    ) {
        let scale = decimalPower(places)
        for row in 0..<count {
            let scaled = source[row].magnitude * scale
            guard scaled < 1e9 else {
                target[row] = value(source[row], .halfAwayFromZero, places: places)
                continue
            }
            let floor = Double(Int64(scaled))
            let fraction = scaled - floor
            var isUp = fraction > 0.5
            if abs(fraction - 0.5) < 1e-6 {
                // The decimal at one half has at most 15 digits here: no other double stands for it, and what is
                // above or below it is so as a decimal too.
                isUp = source[row].magnitude >= (floor * 10 + 5) / (scale * 10)
            }
            let rounded = (floor + (isUp ? 1.0 : 0.0)) / scale
            target[row] = Double(signOf: source[row], magnitudeOf: rounded) + 0
        }
    }

    /// As `value` does without places, for modes that need no digits.
    private static func wholes(
        _ mode: Mode, _ source: UnsafePointer<Double>, _ target: UnsafeMutablePointer<Double>, _ count: Int
    ) {
        switch mode {
        case .down: wholes(mode, source, target, count) { value, whole in whole > value ? whole - 1 : whole }
        case .up: wholes(mode, source, target, count) { value, whole in whole < value ? whole + 1 : whole }
        default: wholes(mode, source, target, count) { _, whole in whole }
        }
    }

    @inline(__always)
    private static func wholes(
        _ mode: Mode, _ source: UnsafePointer<Double>, _ target: UnsafeMutablePointer<Double>, _ count: Int,
        _ adjust: (_ value: Double, _ whole: Double) -> Double
    ) {
        for row in 0..<count {
            let value = source[row]
            // Above, every double is whole, and some are none that an integer can hold.
            target[row] =
                value.magnitude < 4e15
                ? adjust(value, Double(Int64(value))) + 0 : Self.value(value, mode, places: 0)
        }
    }

    private static func rule(_ mode: Mode) -> FloatingPointRoundingRule {
        switch mode {
        case .halfAwayFromZero: .toNearestOrAwayFromZero
        case .towardZero: .towardZero
        case .down: .down
        case .up: .up
        }
    }

    /// By the digits of the shortest decimal that names the value.
    private static func byDigits(_ value: Double, _ mode: Mode, places: Int) -> Double {
        var text = "\(value.magnitude)"
        let decimal = text.withUTF8 { TextParsing.decimal($0) }
        guard let decimal else { return value }
        let dropped = -decimal.exponent - places
        if dropped <= 0 { return value }
        let isAway = mode == .up ? value > 0 : (mode == .down ? value < 0 : false)
        var units: UInt128 = 0
        var remainder = decimal.digits
        var isHalf = false
        if dropped <= 38 {
            let power = DecimalMath.powers[dropped].magnitude
            (units, remainder) = decimal.digits.quotientAndRemainder(dividingBy: power)
            isHalf = remainder >= power - remainder
        }
        if mode == .halfAwayFromZero ? isHalf : (isAway && remainder > 0) { units += 1 }
        let result = units == 0 ? 0 : Double("\(units)e\(-places)") ?? value.magnitude
        return (value < 0 ? -result : result) + 0
    }
}

extension Comparable {
    fileprivate func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
