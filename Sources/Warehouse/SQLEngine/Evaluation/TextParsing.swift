/// Reads values from text the way Snowflake does where no format is given. All forms may have spaces around
/// them.
package enum TextParsing {
    package typealias Bytes = UnsafeBufferPointer<UInt8>

    /// Without the spaces around.
    @inline(__always)
    package static func trimmed(_ text: Bytes) -> Bytes {
        var start = 0
        var end = text.count
        while start < end, isSpace(text[start]) { start += 1 }
        while end > start, isSpace(text[end - 1]) { end -= 1 }
        return Bytes(rebasing: text[start..<end])
    }

    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The parts of a number: digits without the point, up to 38 significant ones, and the power of ten that
    /// they count.
    struct Decimal {
        var isNegative = false
        /// The first digits from the first that is not 0.
        var digits: UInt128 = 0
        /// How many digits that is.
        var digitCount = 0
        /// The value is `digits` times 10^`exponent`.
        var exponent = 0
        /// The first digit that was left out, and so whether what was left out is at least one half.
        var firstDropped: UInt8 = 0
        /// Whether a digit that is not 0 was left out.
        var isInexact = false
    }

    /// Sign, digits with or without a point, exponent; `nil` for anything else.
    static func decimal(_ untrimmed: Bytes) -> Decimal? {
        let text = trimmed(untrimmed)
        var result = Decimal()
        var place = 0
        if place < text.count, text[place] == 0x2D || text[place] == 0x2B {
            result.isNegative = text[place] == 0x2D
            place += 1
        }
        var seen = 0
        scanDigits(text, &place, &result, &seen, isFraction: false)
        if place < text.count, text[place] == 0x2E {
            place += 1
            scanDigits(text, &place, &result, &seen, isFraction: true)
        }
        guard seen > 0 else { return nil }
        if place < text.count, text[place] | 0x20 == 0x65 {
            guard let exponent = exponent(text, from: place + 1) else { return nil }
            result.exponent += exponent
            return result
        }
        return place == text.count ? result : nil
    }

    @inline(__always)
    private static func scanDigits(
        _ text: Bytes, _ place: inout Int, _ result: inout Decimal, _ seen: inout Int, isFraction: Bool
    ) {
        // Up to 18 digits fit 64 bits, whose arithmetic is faster.
        if result.digitCount <= 18 {
            var small = UInt64(truncatingIfNeeded: result.digits)
            while place < text.count, isDigit(text[place]), result.digitCount < 18 {
                small = small &* 10 &+ UInt64(text[place] &- 0x30)
                if small != 0 { result.digitCount += 1 }
                if isFraction { result.exponent -= 1 }
                seen += 1
                place += 1
            }
            result.digits = UInt128(small)
        }
        while place < text.count, isDigit(text[place]) {
            let digit = text[place] &- 0x30
            if result.digitCount < 38 {
                result.digits = result.digits &* 10 &+ UInt128(digit)
                if result.digits != 0 { result.digitCount += 1 }
                if isFraction { result.exponent -= 1 }
            } else {
                if !result.isInexact, result.digitCount == 38 { result.firstDropped = digit }
                result.digitCount += 1
                result.isInexact = result.isInexact || digit != 0
                if !isFraction { result.exponent += 1 }
            }
            seen += 1
            place += 1
        }
    }

    private static func exponent(_ text: Bytes, from start: Int) -> Int? {
        var place = start
        var isNegative = false
        if place < text.count, text[place] == 0x2D || text[place] == 0x2B {
            isNegative = text[place] == 0x2D
            place += 1
        }
        guard place < text.count else { return nil }
        var value = 0
        while place < text.count {
            guard isDigit(text[place]) else { return nil }
            value = min(99_999, value * 10 + Int(text[place] &- 0x30))
            place += 1
        }
        return isNegative ? -value : value
    }

    /// A NUMBER, as an integer that counts units of 10^-scale, rounded half away from zero; `nil` where the
    /// text is no number or the number has more than `precision` digits.
    package static func number(_ text: Bytes, precision: Int, scale: Int) -> Int128? {
        guard let decimal = decimal(text) else { return nil }
        if decimal.digits == 0 { return 0 }
        let shift = decimal.exponent + scale
        var magnitude = Int128(decimal.digits)
        if shift > 0 || decimal.isInexact {
            guard shift <= 38, let larger = DecimalMath.shifted(magnitude, by: shift) else { return nil }
            magnitude = larger
            // All 38 digits are kept only where the next one decides the rounding.
            if shift == 0, decimal.firstDropped >= 5 { magnitude += 1 }
        } else if shift < 0 {
            magnitude = DecimalMath.shifted(magnitude, by: shift) ?? 0
        }
        guard magnitude.magnitude < DecimalMath.powers[precision].magnitude else { return nil }
        return decimal.isNegative ? -magnitude : magnitude
    }

    /// A FLOAT, correctly rounded; also NaN, inf and -inf. `nil` for other text, and for numbers beyond its
    /// range.
    package static func float(_ text: Bytes) -> Double? {
        guard let decimal = decimal(text) else { return special(trimmed(text)) }
        if decimal.digits == 0 { return decimal.isNegative ? -0.0 : 0 }
        // Both the digits and the power are exact, so that one operation rounds once.
        if decimal.digitCount <= 15, abs(decimal.exponent) <= 22 {
            let digits = Double(UInt64(truncatingIfNeeded: decimal.digits))
            let power = decimalPower22(abs(decimal.exponent))
            let value = decimal.exponent < 0 ? digits / power : digits * power
            return decimal.isNegative ? -value : value
        }
        guard let value = Double(String(decoding: trimmed(text), as: UTF8.self)), value.isFinite else {
            return nil
        }
        return value
    }

    private static func special(_ text: Bytes) -> Double? {
        if matches(text, "nan") { return .nan }
        if matches(text, "inf") || matches(text, "+inf") || matches(text, "infinity") { return .infinity }
        return matches(text, "-inf") || matches(text, "-infinity") ? -.infinity : nil
    }

    /// A BOOLEAN: true, t, yes, y, on, 1 and their opposites, in any case.
    package static func boolean(_ untrimmed: Bytes) -> Bool? {
        let text = trimmed(untrimmed)
        for word in ["true", "t", "yes", "y", "on", "1"] as [StaticString] where matches(text, word) {
            return true
        }
        for word in ["false", "f", "no", "n", "off", "0"] as [StaticString] where matches(text, word) {
            return false
        }
        return nil
    }

    /// Whether text is a word of ASCII letters in lower case, whatever its own case.
    static func matches(_ text: Bytes, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<text.count {
            let byte = text[index]
            let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
            if lower != word.utf8Start[index] { return false }
        }
        return true
    }

    /// Bytes from hexadecimal digits; `nil` where there is something else or half a byte.
    package static func hexadecimal(_ text: Bytes) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = nibble(text[index]), let low = nibble(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    static func nibble(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte - 0x30 }
        let lower = byte | 0x20
        return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : nil
    }
}

@inline(__always)
private func decimalPower22(_ exponent: Int) -> Double { exactPowers[exponent] }

private let exactPowers: [Double] = (0...22).map { Double("1e\($0)") ?? .nan }
