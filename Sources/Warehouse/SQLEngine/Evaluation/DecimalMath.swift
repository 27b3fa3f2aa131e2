import JSON
package import Vectors

/// Arithmetic of decimals: integers that count units of a power of ten.
package enum DecimalMath {
    /// Powers of ten, 0 to 18.
    package static let powers64: [Int64] = (0...18).map { (0..<$0).reduce(1) { power, _ in power * 10 } }
    /// Powers of ten, 0 to 38.
    package static let powers: [Int128] = (0...38).map { (0..<$0).reduce(1) { power, _ in power * 10 } }

    /// The quotient, half away from zero. The divisor is positive.
    @inline(__always)
    package static func divideRounded<Value: FixedWidthInteger & SignedInteger>(
        _ value: Value, by divisor: Value
    ) -> Value {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        let distance = remainder < 0 ? 0 &- remainder : remainder
        return distance >= divisor &- distance ? (value < 0 ? quotient &- 1 : quotient &+ 1) : quotient
    }

    /// Times 10^shift, or for a negative shift divided and rounded half away from zero; `nil` where it
    /// exceeds 38 digits.
    package static func shifted(_ value: Int128, by shift: Int) -> Int128? {
        if shift == 0 { return value }
        if shift < 0 { return shift < -38 ? 0 : divideRounded(value, by: powers[-shift]) }
        if value == 0 { return 0 }
        guard shift <= 38 else { return nil }
        let (result, overflow) = value.multipliedReportingOverflow(by: powers[shift])
        return overflow || result.magnitude >= powers[38].magnitude ? nil : result
    }

    /// The product of `left` and `right` divided by 10^`digits`, half away from zero; `nil` beyond 38 digits.
    package static func multiply(_ left: Int128, _ right: Int128, dropping digits: Int) -> Int128? {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        let limit = powers[38].magnitude
        if !overflow {
            let result = digits == 0 ? product : shifted(product, by: -digits) ?? 0
            return result.magnitude >= limit ? nil : result
        }
        let (high, low) = left.magnitude.multipliedFullWidth(by: right.magnitude)
        let divisor = powers[digits].magnitude
        guard high < divisor else { return nil }
        let (quotient, remainder) = divisor.dividingFullWidth((high, low))
        guard quotient < limit else { return nil }
        let result = Int128(quotient) + (remainder >= divisor - remainder ? 1 : 0)
        guard result.magnitude < limit else { return nil }
        return (left < 0) == (right < 0) ? result : -result
    }

    /// `left` times 10^`digits` divided by `right`, which is not 0, half away from zero; `nil` beyond 38
    /// digits.
    package static func divide(_ left: Int128, _ right: Int128, adding digits: Int) -> Int128? {
        let divisor = right.magnitude
        let limit = powers[38].magnitude
        var (quotient, remainder) = left.magnitude.quotientAndRemainder(dividingBy: divisor)
        var missing = digits
        while missing > 0 {
            let step = min(missing, 38)
            let (more, overflow) = quotient.multipliedReportingOverflow(by: powers[step].magnitude)
            let next = divisor.dividingFullWidth(remainder.multipliedFullWidth(by: powers[step].magnitude))
            let (sum, carried) = more.addingReportingOverflow(next.quotient)
            guard !overflow, !carried, sum < limit else { return nil }
            (quotient, remainder) = (sum, next.remainder)
            missing -= step
        }
        if remainder >= divisor - remainder { quotient += 1 }
        guard quotient < limit else { return nil }
        return (left < 0) == (right < 0) ? Int128(quotient) : -Int128(quotient)
    }

    /// The decimal that names a double (its shortest), rounded to `scale` digits half away from zero; `nil`
    /// where it is no number or exceeds 38 digits.
    package static func decimal(_ value: Double, scale: Int) -> Int128? {
        let scaled = value.magnitude * decimalPower(scale)
        if scaled < 4e15 {
            let floor = Double(Int64(scaled))
            let fraction = scaled - floor
            // Only a fraction within the error of the multiplication of one half needs the digits.
            if abs(fraction - 0.5) >= max(1e-6, scaled * 4e-16) {
                let result = Int64(fraction < 0.5 ? floor : floor + 1)
                return Int128(value < 0 ? -result : result)
            }
        }
        guard value.isFinite else { return nil }
        var text = "\(value)"
        return text.withUTF8 { TextParsing.number($0, precision: 38, scale: scale) }
    }

    /// What is thrown where a value does not fit its type.
    package static func outOfRange(_ value: String, _ type: SQLType) -> SQLError {
        SQLError(.data, "Number out of representable range: type \(type), value \(value)")
    }
}

// MARK: Vectors of decimals

extension DecimalMath {
    /// Decimals of another scale and precision (NUMBER, or FLOAT and VARIANT in that form) as `type`, a
    /// NUMBER: rounded half away from zero.
    ///
    /// - Parameter digits: how many digits the values have at most, as far as is known.
    package static func rescale(_ vector: Vector, digits: Int, to type: SQLType, isTry: Bool) throws -> Vector
    {
        guard case .number(let precision, let scale) = type else { return vector }
        let shift = scale - vector.scale
        // Rounding may carry into one digit more.
        if shift == 0, digits <= precision || (vector.layout == .int64 && precision >= 19) {
            return vector.with(type: type, scale: scale)
        }
        if vector.layout == .int64, let result = rescaled64(vector, shift: shift, type, precision) {
            return result
        }
        return try rescaledWide(vector, shift: shift, type, precision, isTry)
    }

    /// `nil` where a value does not fit 64 bits, or the precision.
    private static func rescaled64(_ vector: Vector, shift: Int, _ type: SQLType, _ precision: Int) -> Vector?
    {
        guard abs(shift) <= 18 else { return nil }
        let bound = precision >= 19 ? Int64.max : powers64[precision] - 1
        let power = powers64[abs(shift)]
        let source = vector.int64s
        let result = Vector.allocate(type, layout: .int64, count: vector.count)
        let target = result.int64s
        var failed = false
        if shift > 0 {
            for row in 0..<vector.count {
                let (value, overflow) = source[row].multipliedReportingOverflow(by: power)
                target[row] = value
                failed = failed || overflow || value > bound || value < -bound
            }
        } else {
            for row in 0..<vector.count {
                let value = power == 1 ? source[row] : divideRounded(source[row], by: power)
                target[row] = value
                failed = failed || value > bound || value < -bound
            }
        }
        // It may have been the arbitrary value of a NULL; the careful way finds out.
        return failed ? nil : result.withNulls(of: vector)
    }

    private static func rescaledWide(
        _ vector: Vector, shift: Int, _ type: SQLType, _ precision: Int, _ isTry: Bool
    ) throws -> Vector {
        let source = vector.widened()
        let limit = powers[precision].magnitude
        let result = Vector.allocate(type, layout: .int128, count: vector.count, hasValidity: true)
        for row in 0..<vector.count {
            result.int128s[row] = 0
            result.validity?[row] = 0
            guard source.isValid(row) else { continue }
            guard let value = shifted(source.int128s[row], by: shift), value.magnitude < limit else {
                if isTry { continue }
                let text = DecimalText.text(source.int128s[row], scale: vector.scale, trimmed: false)
                throw outOfRange(text, type)
            }
            result.int128s[row] = value
            result.validity?[row] = 1
        }
        return result.droppingNeedlessValidity().narrowed()
    }
}

extension Vector {
    /// NUMBER values in 64 bits each where all fit.
    package func narrowed() -> Vector {
        guard layout == .int128 else { return self }
        let result = Vector.allocate(type, layout: .int64, scale: scale, count: count)
        for row in 0..<count {
            let value = int128s[row]
            let small = Int64(truncatingIfNeeded: value)
            if Int128(small) != value, isValid(row) { return self }
            result.int64s[row] = small
        }
        return result.with(validity: .some(validity), isConstant: isConstant, alsoKeeping: self)
    }

    /// These values with the NULLs of another vector.
    func withNulls(of source: Vector) -> Vector {
        source.validity == nil ? self : with(validity: .some(source.validity), alsoKeeping: source)
    }

    /// These values, NULL where either vector is.
    func withNulls(of left: Vector, _ right: Vector) -> Vector {
        guard let first = left.validity else { return withNulls(of: right) }
        guard let second = right.validity else { return withNulls(of: left) }
        let memory = VectorMemory(byteCount: count)
        let target = memory.pointer.bindMemory(to: UInt8.self, capacity: count)
        for row in 0..<count { target[row] = (first[row] != 0 ? 1 : 0) & (second[row] != 0 ? 1 : 0) }
        return with(validity: .some(target), alsoKeeping: memory)
    }

    /// Without a validity that says nothing.
    func droppingNeedlessValidity() -> Vector {
        guard let validity else { return self }
        var all: UInt8 = 1
        for row in 0..<count { all &= validity[row] }
        return all == 1 ? with(validity: .some(nil)) : self
    }

    /// A VARIANT's JSON nulls made NULL.
    func withoutJSONNulls() -> Vector {
        guard let validity, !(layout == .string && isJSON) else { return self }
        var any: UInt8 = 0
        for row in 0..<count { any |= validity[row] }
        guard any & Self.jsonNull != 0 else { return self }
        let memory = VectorMemory(byteCount: count)
        let target = memory.pointer.bindMemory(to: UInt8.self, capacity: count)
        for row in 0..<count { target[row] = validity[row] & 1 }
        return with(validity: .some(target), alsoKeeping: memory)
    }

    /// The first row, `count` times.
    func repeated(_ count: Int) -> Vector {
        if count == self.count, isConstant { return self }
        let result = Vector.allocate(
            type, layout: layout, scale: scale, count: count, hasValidity: validity != nil,
            dictionary: dictionary,
            isJSON: isJSON)
        switch layout {
        case .bool: result.bools.initialize(repeating: bools[0], count: count)
        case .int64, .double: result.int64s.initialize(repeating: int64s[0], count: count)
        case .int128: result.int128s.initialize(repeating: int128s[0], count: count)
        case .string: result.codes.initialize(repeating: codes[0], count: count)
        }
        if let validity { result.validity?.initialize(repeating: validity[0], count: count) }
        return result.with(isConstant: true)
    }

    /// Whether all rows are NULL and known to be.
    var isConstantNull: Bool { isConstant && count > 0 && !isValid(0) }
}
