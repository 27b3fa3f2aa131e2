import Vectors

extension NumberFormat {
    /// The number that a text in this format names; `nil` where it is not in it. Blanks do not count. The
    /// text may have fewer digits than the format, but no more.
    func number(_ text: UTF8Bytes.Bytes) -> (value: Int128, scale: Int)? {
        var bytes = text.filter { $0 != 0x20 }
        if isMinimal || exponentWidth > 0 { return plain(bytes) }
        for element in elements {
            // Literals must be where they are; the first place is as good as any for text with digits of its
            // own.
            guard case .literal(let literal) = element else { continue }
            let wanted = literal.filter { $0 != 0x20 }
            if wanted.isEmpty { continue }
            guard let place = Self.find(wanted, in: bytes) else { return nil }
            bytes.removeSubrange(place..<(place + wanted.count))
        }
        guard let isNegative = takeSigns(&bytes) else { return nil }
        let magnitude = isHexadecimal ? hexadecimal(bytes) : decimal(bytes)
        return magnitude.map { (isNegative ? -$0.value : $0.value, $0.scale) }
    }

    private static func find(_ part: [UInt8], in bytes: [UInt8]) -> Int? {
        guard part.count <= bytes.count else { return nil }
        return (0...(bytes.count - part.count)).first { bytes[$0...].starts(with: part) }
    }

    private func plain(_ bytes: [UInt8]) -> (value: Int128, scale: Int)? {
        var digits = bytes
        if digits.first == 0x2B { digits.removeFirst() }
        guard let first = digits.first, first &- 0x30 < 10 || first == 0x2D || first == 0x2E else {
            return nil
        }
        return digits.withUnsafeBufferPointer { digits in
            guard let decimal = TextParsing.decimal(digits), decimal.digits < DecimalMath.powers[38].magnitude
            else { return nil }
            let value = Int128(decimal.digits)
            let signed = first == 0x2D ? -value : value
            if decimal.exponent >= 0 {
                return DecimalMath.shifted(signed, by: decimal.exponent).map { ($0, 0) }
            }
            return -decimal.exponent <= 37 ? (signed, -decimal.exponent) : nil
        }
    }

    /// Removes signs of numbers and money; gives whether the number is negative, `nil` where there are too
    /// many.
    private func takeSigns(_ bytes: inout [UInt8]) -> Bool? {
        var signs: [UInt8] = []
        var dollars = 0
        while let first = bytes.first, first == 0x2D || first == 0x2B || first == 0x24 {
            if first == 0x24 { dollars += 1 } else { signs.append(first) }
            bytes.removeFirst()
        }
        while let last = bytes.last, last == 0x2D || last == 0x2B {
            signs.append(last)
            bytes.removeLast()
        }
        guard signs.count <= 1, dollars <= (elements.contains(.dollar) ? 1 : 0) else { return nil }
        return signs.first == 0x2D
    }

    private func hexadecimal(_ bytes: [UInt8]) -> (value: Int128, scale: Int)? {
        guard !bytes.isEmpty, bytes.count <= wholeDigits, bytes.count <= 31 else { return nil }
        var value: Int128 = 0
        for byte in bytes {
            guard let digit = StringFunctions.hexDigit(byte) else { return nil }
            value = value << 4 | Int128(digit)
        }
        return (value, 0)
    }

    private func decimal(_ bytes: [UInt8]) -> (value: Int128, scale: Int)? {
        let hasGroups = elements.contains(.group)
        var value: Int128 = 0
        var whole = 0
        var fraction: Int?
        for byte in bytes {
            switch byte {
            case 0x30...0x39:
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                guard !overflow, product < DecimalMath.powers[38] else { return nil }
                value = product + Int128(byte - 0x30)
                if fraction == nil { whole += 1 } else { fraction = fraction.map { $0 + 1 } }
            case 0x2C: guard hasGroups, fraction == nil, whole > 0 else { return nil }
            case 0x2E:
                guard fraction == nil, elements.contains(.point) else { return nil }
                fraction = 0
            default: return nil
            }
        }
        guard whole + (fraction ?? 0) > 0, whole <= wholeDigits, fraction ?? 0 <= fractionDigits else {
            return nil
        }
        return (value, fraction ?? 0)
    }
}
