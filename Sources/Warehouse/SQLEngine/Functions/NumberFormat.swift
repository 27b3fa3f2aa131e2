import JSON
import Vectors

/// A format of numbers, such as `$999,990.00`, `S9.99EEEE`, `FM0000` or `XX`.
///
/// 9 stands for a digit that is blank before the first one, 0 for a digit that is always there, X for
/// hexadecimal digits, a comma (G) parts groups, a point (D) stands before the fraction, S, MI and $ are
/// signs, B leaves out a whole part of 0, FM leaves out blanks, and what is in double quotes stands for
/// itself. EE to EEEEE give powers of ten, TM the shortest text.
struct NumberFormat: Sendable {
    enum Element: Equatable, Sendable {
        /// 9 or 0.
        case digit(isForced: Bool)
        /// X or x; 0 between them is one too.
        case hexadecimal
        case group, point
        case sign, minus, dollar
        case literal([UInt8])
    }

    /// The text of the format.
    let source: String
    private(set) var elements: [Element] = []
    private(set) var isFilled = true
    private(set) var isBlankZero = false
    private(set) var isMinimal = false
    private(set) var isHexadecimal = false
    private(set) var hasUpperDigits = true
    /// How many characters an exponent takes; 0 without one, 2 for as many as it needs.
    private(set) var exponentWidth = 0
    /// Digits before and behind the point.
    private(set) var wholeDigits = 0
    private(set) var fractionDigits = 0

    /// Reads a format.
    init(_ text: String) throws(SQLError) {
        source = text
        let bytes = Array(text.utf8)
        var place = 0
        var hasPoint = false
        while place < bytes.count {
            place += try read(bytes, place, &hasPoint)
        }
        guard isMinimal || wholeDigits + fractionDigits > 0 else { throw error("it has no digits") }
        if elements.count(where: { $0 == .sign || $0 == .minus }) > 1 {
            throw error("it has more than one sign")
        }
        if isHexadecimal, hasPoint || exponentWidth > 0 || elements.contains(.group) {
            throw error("hexadecimal digits have no point, groups or exponent")
        }
    }

    private func error(_ reason: String) -> SQLError {
        SQLError(.data, "'\(source)' is no format of numbers: \(reason)")
    }

    /// Reads one element and gives its length.
    private mutating func read(_ bytes: [UInt8], _ place: Int, _ hasPoint: inout Bool) throws(SQLError) -> Int
    {
        let rest = bytes[place...].map { $0 & 0xDF }
        if rest.starts(with: "TM".utf8) {
            isMinimal = true
            let suffix = place + 2 < bytes.count ? bytes[place + 2] : 0
            if suffix & 0xDF == UInt8(ascii: "E") { exponentWidth = 2 }
            return suffix == UInt8(ascii: "9") || suffix & 0xDF == UInt8(ascii: "E") ? 3 : 2
        }
        if rest.starts(with: "FM".utf8) {
            isFilled = false
            return 2
        }
        if rest.starts(with: "MI".utf8) {
            elements.append(.minus)
            return 2
        }
        switch bytes[place] {
        case UInt8(ascii: "9"), UInt8(ascii: "0"):
            elements.append(.digit(isForced: bytes[place] == UInt8(ascii: "0")))
            if hasPoint { fractionDigits += 1 } else { wholeDigits += 1 }
        case UInt8(ascii: "X"), UInt8(ascii: "x"):
            isHexadecimal = true
            hasUpperDigits = bytes[place] == UInt8(ascii: "X")
            elements.append(.hexadecimal)
            wholeDigits += 1
        case UInt8(ascii: ","), UInt8(ascii: "G"), UInt8(ascii: "g"): elements.append(.group)
        case UInt8(ascii: "."), UInt8(ascii: "D"), UInt8(ascii: "d"):
            if hasPoint { throw error("it has more than one point") }
            hasPoint = true
            elements.append(.point)
        case UInt8(ascii: "S"), UInt8(ascii: "s"): elements.append(.sign)
        case UInt8(ascii: "B"), UInt8(ascii: "b"): isBlankZero = true
        case UInt8(ascii: "$"): elements.append(.dollar)
        case UInt8(ascii: " "): elements.append(.literal([0x20]))
        case UInt8(ascii: "\""):
            guard let end = bytes[(place + 1)...].firstIndex(of: UInt8(ascii: "\"")) else {
                throw error("a quote is not closed")
            }
            elements.append(.literal(Array(bytes[(place + 1)..<end])))
            return end - place + 1
        case UInt8(ascii: "E"), UInt8(ascii: "e"):
            exponentWidth = rest.prefix { $0 == UInt8(ascii: "E") }.count
            guard (2...5).contains(exponentWidth) else { throw error("an exponent is EE to EEEEE") }
            return exponentWidth
        default:
            throw error("'\(String(decoding: bytes[place...], as: UTF8.self).prefix(1))' means nothing in it")
        }
        return 1
    }

    // MARK: Writing

    /// A number to be written: digits with a point before the last `scale` of them.
    struct Number {
        var isNegative: Bool
        var digits: UInt128
        var scale: Int
        /// Text of what has no digits: NaN and the infinities.
        var special: String?

        init(_ value: Int128, scale: Int) {
            isNegative = value < 0
            digits = value.magnitude
            self.scale = scale
        }

        /// A row of a NUMBER or FLOAT.
        init(_ vector: Vector, _ row: Int) {
            guard vector.layout == .double else {
                self.init(vector.wide(row), scale: vector.scale)
                return
            }
            let value = vector.doubles[row]
            self.init(0, scale: 0)
            if !value.isFinite {
                special = JSONText.number(value)
                return
            }
            var text = "\(value)"
            let decimal = text.withUTF8 { JSONDecimal($0) }
            isNegative = decimal.isNegative
            digits = decimal.mantissa
            scale = -decimal.exponent
        }

        /// The digits with `places` of them behind the point, half away from zero; `nil` beyond 38 digits.
        func rounded(_ places: Int) -> UInt128? {
            let shift = places - scale
            if shift >= 0 {
                if digits == 0 { return 0 }
                guard shift <= 38 else { return nil }
                return DecimalMath.shifted(Int128(digits), by: shift)?.magnitude
            }
            return DecimalMath.shifted(Int128(digits), by: max(-39, shift))?.magnitude
        }
    }

    /// The number in the format; of one that does not fit all digits are #.
    func text(of number: Number) -> [UInt8] {
        if let special = number.special { return Array(special.utf8) }
        if isMinimal { return minimal(number) }
        if isHexadecimal { return hexadecimal(number) }
        if exponentWidth > 0 { return scientific(number) }
        let rounded = number.rounded(fractionDigits)
        var digits = rounded.map { Array(String($0).utf8) } ?? []
        if digits.count <= fractionDigits {
            digits = [UInt8](repeating: 0x30, count: fractionDigits + 1 - digits.count) + digits
        }
        let whole = Array(digits.dropLast(fractionDigits).drop { $0 == 0x30 })
        let fits = rounded != nil && whole.count <= wholeDigits
        let fraction = Array(digits.suffix(fractionDigits))
        return fill(whole, fits ? fraction : nil, isNegative: number.isNegative && rounded != 0)
    }

    /// Digits in the places of the format. Signs stand right before the first digit or where they are behind it, but MI
    /// always where it is.
    ///
    /// - Parameter fraction: `nil` where the number does not fit.
    private func fill(_ whole: [UInt8], _ fraction: [UInt8]?, isNegative: Bool) -> [UInt8] {
        var result: [UInt8] = []
        var hasBegun = false
        // Hexadecimal digits have no place for the sign that numbers above 0 do not have.
        let noSign: [UInt8] = isFilled && !isHexadecimal ? [0x20] : []
        var prefix: [UInt8] = hasSign ? [] : isNegative ? [0x2D] : noSign
        var wholePlace = 0
        var fractionPlace = 0
        let shown = fraction.map { shownFraction($0) } ?? 0
        var isFraction = false
        for element in elements {
            switch element {
            case .digit, .hexadecimal:
                if let fraction {
                    if isFraction {
                        if fractionPlace < shown { result.append(fraction[fractionPlace]) }
                        fractionPlace += 1
                        continue
                    }
                    wholePlace += 1
                    let missing = wholeDigits - wholePlace - whole.count
                    let isLast = wholePlace == wholeDigits && !isBlankZero
                    if missing < 0 || element == .digit(isForced: true) || hasBegun || isLast {
                        begin(&result, &prefix, &hasBegun)
                        result.append(
                            missing < 0 ? whole[whole.count - (wholeDigits - wholePlace) - 1] : 0x30)
                    } else if isFilled {
                        result.append(0x20)
                    }
                } else {
                    begin(&result, &prefix, &hasBegun)
                    result.append(UInt8(ascii: "#"))
                }
            case .group: if hasBegun { result.append(0x2C) } else if isFilled { result.append(0x20) }
            case .point:
                isFraction = true
                begin(&result, &prefix, &hasBegun)
                if isFilled || shown > 0 || fraction == nil { result.append(0x2E) }
            case .sign: addSign(isNegative ? 0x2D : 0x2B, &result, &prefix, hasBegun)
            case .minus:
                if isNegative || isFilled { result.append(isNegative ? 0x2D : 0x20) }
            case .dollar: if hasBegun { result.append(0x24) } else { prefix.append(0x24) }
            case .literal(let bytes): result += bytes
            }
        }
        // No digit has been written: the place of the sign is blank too.
        return hasBegun ? result : prefix.map { _ in 0x20 } + result
    }

    private var hasSign: Bool { elements.contains(.sign) || elements.contains(.minus) }

    private func begin(_ result: inout [UInt8], _ prefix: inout [UInt8], _ hasBegun: inout Bool) {
        if hasBegun { return }
        hasBegun = true
        result += prefix
        prefix = []
    }

    private func addSign(_ sign: UInt8, _ result: inout [UInt8], _ prefix: inout [UInt8], _ hasBegun: Bool) {
        if hasBegun { result.append(sign) } else { prefix.append(sign) }
    }

    /// How many digits of a fraction are written: all, but for zeros at the end for which FM has a 9.
    private func shownFraction(_ fraction: [UInt8]) -> Int {
        if isFilled { return fraction.count }
        let behind = elements.drop { $0 != .point }
        var forced = 0
        for (place, element) in behind.dropFirst().filter({ if case .digit = $0 { true } else { false } })
            .enumerated()
        where element == .digit(isForced: true) { forced = place + 1 }
        let last = fraction.lastIndex { $0 != 0x30 }.map { $0 + 1 } ?? 0
        return max(forced, last)
    }

    private func minimal(_ number: Number) -> [UInt8] {
        let value = number.isNegative ? -Int128(number.digits) : Int128(number.digits)
        if exponentWidth > 0 { return scientific(number) }
        if number.scale >= 0, number.scale <= 38 {
            return Array(DecimalText.text(value, scale: number.scale, trimmed: true).utf8)
        }
        if number.scale < 0, let whole = number.rounded(0) {
            return Array(((number.isNegative ? "-" : "") + String(whole)).utf8)
        }
        return scientific(number)
    }

    private func hexadecimal(_ number: Number) -> [UInt8] {
        let rounded = number.rounded(0) ?? 0
        let digits = rounded == 0 ? [] : Array(String(rounded, radix: 16, uppercase: hasUpperDigits).utf8)
        return fill(
            digits, digits.count <= wholeDigits ? [] : nil, isNegative: number.isNegative && rounded != 0)
    }

    /// One digit (or as many as the format has) before the point, and a power of ten.
    private func scientific(_ number: Number) -> [UInt8] {
        let lead = max(1, wholeDigits)
        let all = Array(String(number.digits).utf8)
        var exponent = number.digits == 0 ? 0 : all.count - number.scale - lead
        let places = isMinimal ? max(0, all.count - 1) : fractionDigits
        // The mantissa is the number divided by the power of ten.
        var mantissa = Number(Int128(number.digits), scale: number.scale + exponent)
        var digits = mantissa.rounded(places).map { Array(String($0).utf8) } ?? []
        if number.digits != 0, digits.count > lead + places {
            // Rounding carried into another digit.
            exponent += 1
            mantissa.scale += 1
            digits = mantissa.rounded(places).map { Array(String($0).utf8) } ?? []
        }
        if digits.count < places + 1 {
            digits = [UInt8](repeating: 0x30, count: places + 1 - digits.count) + digits
        }
        var fraction = Array(digits.suffix(places))
        if isMinimal { while fraction.last == 0x30 { fraction.removeLast() } }
        let sign: [UInt8] =
            number.isNegative
            ? [0x2D] : elements.contains(.sign) ? [0x2B] : isFilled && !isMinimal ? [0x20] : []
        var power = Array(String(abs(exponent)).utf8)
        let width = exponentWidth == 2 ? 0 : exponentWidth - 2
        if power.count < width { power = [UInt8](repeating: 0x30, count: width - power.count) + power }
        let whole = Array(digits.dropLast(places))
        let hasSignedPower = exponentWidth > 2 || exponent < 0
        let mark: [UInt8] = [UInt8(ascii: "E")] + (hasSignedPower ? [exponent < 0 ? 0x2D : 0x2B] : [])
        return sign + whole + (fraction.isEmpty ? [] : [0x2E] + fraction) + mark + power
    }
}
