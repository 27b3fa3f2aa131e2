/// The digits of a number's text: `mantissa` times 10^`exponent`, without zeros at the end of the mantissa.
package struct JSONDecimal: Equatable, Sendable {
    /// Whether it is below 0. Zero never is.
    package var isNegative = false
    /// The digits; less than 10^38.
    package var mantissa: UInt128 = 0
    /// The power of ten of the last digit; 0 for zero.
    package var exponent = 0
    /// How many digits the mantissa has; 0 for zero.
    package var digitCount = 0
    /// False where there are more than 38 digits: then the mantissa lacks the others.
    package var isExact = true

    /// The most digits a NUMBER has.
    package static let digitsMax = 38
    /// The most digits behind the point of a NUMBER.
    package static let scaleMax = 37

    /// Of the text of a JSON number, which must be one.
    package init(_ text: UnsafeBufferPointer<UInt8>) {
        var position = 0
        // The digits up to the last one that is not 0, as long as 64 bits hold them for certain.
        var small: UInt64 = 0
        var smallCount = 0
        var zeros = 0
        var digitsSeen = 0
        var point: Int?
        if text.first == UInt8(ascii: "-") {
            isNegative = true
            position = 1
        }
        while position < text.count {
            let byte = text[position]
            position += 1
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else {
                if byte | 0x20 == UInt8(ascii: "e") { break }
                point = digitsSeen
                continue
            }
            digitsSeen &+= 1
            if digit == 0 {
                zeros &+= 1
                continue
            }
            let added = (smallCount == 0 && mantissa == 0 ? 0 : zeros) &+ 1
            zeros = 0
            if mantissa == 0, smallCount &+ added <= 18 {
                for _ in 0..<added { small &*= 10 }
                small &+= UInt64(digit)
                smallCount &+= added
            } else {
                if mantissa == 0 {
                    mantissa = UInt128(small)
                    digitCount = smallCount
                }
                add(digit: digit, count: added)
            }
        }
        if mantissa == 0 {
            mantissa = UInt128(small)
            digitCount = smallCount
        }
        guard mantissa != 0 else {
            isNegative = false
            return
        }
        exponent = zeros - (point.map { digitsSeen - $0 } ?? 0)
        if position < text.count { exponent += Self.exponent(text, from: position) }
    }

    /// Appends a digit, with `count - 1` zeros before it.
    private mutating func add(digit: UInt8, count: Int) {
        digitCount += count
        guard isExact, digitCount <= Self.digitsMax else {
            isExact = false
            return
        }
        for _ in 0..<count { mantissa &*= 10 }
        mantissa &+= UInt128(digit)
    }

    /// The exponent behind the letter; beyond a thousand million it says no more than that.
    private static func exponent(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        var isNegative = false
        var value = 0
        if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
            isNegative = text[position] == UInt8(ascii: "-")
            position += 1
        }
        while position < text.count {
            if value < 1_000_000_000 { value = value * 10 + Int(text[position] & 15) }
            position += 1
        }
        return isNegative ? -value : value
    }

    /// As an integer and the digits behind the point, where 38 digits hold it.
    package var asNumber: (value: Int128, scale: Int)? {
        guard isExact else { return nil }
        if exponent >= 0 {
            guard digitCount + exponent <= Self.digitsMax else { return nil }
            let value = Int128(mantissa) * integerPower(exponent)
            return (isNegative ? -value : value, 0)
        }
        guard -exponent <= Self.scaleMax else { return nil }
        return (isNegative ? -Int128(mantissa) : Int128(mantissa), -exponent)
    }

    /// The nearest double where it is certain without a look at the text: at most 15 digits and a power of
    /// ten that a double holds exactly. Its shortest text has the same digits.
    package var asExactDouble: Double? {
        guard isExact, digitCount <= 15, abs(exponent) <= 22 else { return nil }
        let value = Double(UInt64(truncatingIfNeeded: mantissa))
        let power = decimalPower(abs(exponent))
        let result = exponent < 0 ? value / power : value * power
        return isNegative ? -result : result
    }

    /// The nearest double, for up to 19 digits and a power of ten that 128 bits allow to be multiplied or
    /// divided by exactly; `nil` beyond.
    package var asNearestDouble: Double? {
        guard isExact, digitCount <= 19, exponent <= 19, exponent >= -27 else { return nil }
        let digits = UInt64(truncatingIfNeeded: mantissa)
        guard digits != 0 else { return 0 }
        if exponent >= 0 {
            return signed(
                Self.double(mantissa &* UInt128(integerPower(exponent)), isMore: false, exponent: 0))
        }
        // 10^-k is 5^-k times 2^-k. As many bits before the division as there is room for leave more than 64
        // after it.
        let shift = 64 + digits.leadingZeroBitCount
        let (quotient, remainder) = (mantissa << UInt128(shift))
            .quotientAndRemainder(dividingBy: Self.powersOfFive[-exponent])
        return signed(Self.double(quotient, isMore: remainder != 0, exponent: exponent - shift))
    }

    private func signed(_ value: Double) -> Double { isNegative ? -value : value }

    /// `value` times 2^`exponent`, rounded once.
    ///
    /// - Parameter isMore: whether something below the last bit has been left out; then the value has more
    ///   than 64 bits.
    private static func double(_ value: UInt128, isMore: Bool, exponent: Int) -> Double {
        let dropped = max(0, 64 - value.leadingZeroBitCount)
        var top = UInt64(truncatingIfNeeded: value >> UInt128(dropped))
        // Whatever is lost below keeps the value from being taken for a tie.
        if isMore || value & (1 << UInt128(dropped) - 1) != 0 { top |= 1 }
        return Double(sign: .plus, exponent: exponent + dropped, significand: Double(top))
    }

    private static let powersOfFive: [UInt128] = (0..<27).reduce(into: [1]) { powers, _ in
        powers.append((powers.last ?? 1) * 5)
    }
}

/// A JSON number.
package enum JSONNumber: Sendable {
    /// An integer that counts units of 10^-scale: at most 38 digits and 37 behind the point, the last one not
    /// 0.
    case decimal(Int128, scale: Int)
    /// A number beyond that whose digits are those of the double's shortest text.
    case double(Double)
    /// A number that neither holds: its text.
    case verbatim(String)

    /// Of the text of a JSON number, which must be one.
    package init(_ text: UnsafeBufferPointer<UInt8>) {
        let digits = JSONDecimal(text)
        if let (value, scale) = digits.asNumber {
            self = .decimal(value, scale: scale)
        } else if let value = Self.exactDouble(text, digits) {
            self = .double(value)
        } else {
            self = .verbatim(String(decoding: text, as: UTF8.self))
        }
    }

    /// Of a double that is finite.
    package init(_ value: Double) {
        var text = value.description
        self = text.withUTF8 { JSONNumber($0) }
    }

    /// The double whose shortest text has these digits, if there is one.
    ///
    /// - Parameter text: the number with these digits.
    package static func exactDouble(_ text: UnsafeBufferPointer<UInt8>, _ digits: JSONDecimal) -> Double? {
        if let value = digits.asExactDouble { return value }
        guard digits.isExact, digits.digitCount <= 17 else { return nil }
        guard let value = digits.asNearestDouble ?? Double(String(decoding: text, as: UTF8.self)),
            value.isFinite
        else { return nil }
        var shortest = value.description
        return shortest.withUTF8 { JSONDecimal($0) } == digits ? value : nil
    }

    /// What TYPEOF calls it.
    package var kind: JSONKind {
        switch self {
        case .decimal(_, let scale): scale == 0 ? .integer : .decimal
        case .double, .verbatim: .double
        }
    }

    /// The nearest double; infinite beyond the doubles.
    package var double: Double {
        switch self {
        case .decimal(let value, 0): Double(value)
        case .double(let value): value
        case .verbatim(let text): Double(text) ?? .nan
        case .decimal(let value, let scale):
            // Below 2^53 and 10^22 the division is rounded once; beyond, the text decides.
            value.magnitude < 1 << 53 && scale <= 22
                ? Double(value) / decimalPower(scale)
                : Double(DecimalText.text(value, scale: scale, trimmed: true)) ?? .nan
        }
    }
}

extension JSONNumber: Equatable {
    package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        switch (left, right) {
        case (.decimal(let left, let leftScale), .decimal(let right, let rightScale)):
            return left == right && leftScale == rightScale
        case (.double(let left), .double(let right)): return left == right
        case (.verbatim(let left), .verbatim(let right)): return significant(left) == significant(right)
        default: return false
        }
    }

    /// The digits of any number, without zeros at both ends, and the power of ten of the last one.
    private static func significant(_ text: String) -> [Int] {
        var digits: [Int] = []
        var exponent = 0
        var isFraction = false
        let bytes = Array(text.utf8)
        let letter = bytes.firstIndex { $0 | 0x20 == UInt8(ascii: "e") } ?? bytes.count
        for byte in bytes[..<letter] {
            if byte == UInt8(ascii: ".") { isFraction = true }
            guard byte &- 0x30 < 10 else { continue }
            if isFraction { exponent -= 1 }
            if byte != 0x30 || !digits.isEmpty { digits.append(Int(byte - 0x30)) }
        }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        let written = String(decoding: bytes[min(letter + 1, bytes.count)...], as: UTF8.self)
        exponent += written.isEmpty ? 0 : Int(written) ?? (written.hasPrefix("-") ? Int.min / 2 : Int.max / 2)
        return [bytes.first == UInt8(ascii: "-") ? -1 : 1, exponent] + digits
    }
}

/// What a value of a VARIANT is, in the terms of TYPEOF: one of JSON, or one that `TypedText` tells.
package enum JSONKind: Sendable, Hashable {
    case null, boolean, integer, decimal, double, string, array, object
    case date, time, timestampNTZ, timestampLTZ, timestampTZ, binary
}

extension JSONKind: CustomStringConvertible {
    /// The name as TYPEOF gives it.
    package var description: String {
        switch self {
        case .null: "NULL_VALUE"
        case .boolean: "BOOLEAN"
        case .integer: "INTEGER"
        case .decimal: "DECIMAL"
        case .double: "DOUBLE"
        case .string: "VARCHAR"
        case .array: "ARRAY"
        case .object: "OBJECT"
        case .date: "DATE"
        case .time: "TIME"
        case .timestampNTZ: "TIMESTAMP_NTZ"
        case .timestampLTZ: "TIMESTAMP_LTZ"
        case .timestampTZ: "TIMESTAMP_TZ"
        case .binary: "BINARY"
        }
    }
}
