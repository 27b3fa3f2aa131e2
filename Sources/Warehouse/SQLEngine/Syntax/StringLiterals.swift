/// The values of literals as they stand in the text.
enum StringLiteral {
    /// The text of `'…'`, whose quotes are the first and the last byte of `range`.
    static func decode(_ bytes: [UInt8], _ range: Range<Int>) throws(SQLError) -> String {
        var index = range.lowerBound + 1
        let end = range.upperBound - 1
        let needsDecoding = bytes[index..<end].contains {
            $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "'")
        }
        guard needsDecoding else { return String(decoding: bytes[index..<end], as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(end - index)
        while index < end {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\\"), index + 1 < end {
                try escape(bytes, &index, end, &text)
            } else {
                text.append(byte)
                // The second of two quotes is skipped.
                index += byte == UInt8(ascii: "'") ? 2 : 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes the escape at `index` and goes behind it.
    private static func escape(
        _ bytes: [UInt8], _ index: inout Int, _ end: Int, _ text: inout [UInt8]
    ) throws(SQLError) {
        let start = index
        let letter = bytes[index + 1]
        index += 2
        switch letter {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            // Up to three octal digits; a lone 0 is the NUL character.
            var value = UInt32(letter - UInt8(ascii: "0"))
            var digits = 1
            while digits < 3, index < end, bytes[index] &- UInt8(ascii: "0") < 8, value < 32 {
                value = value * 8 + UInt32(bytes[index] - UInt8(ascii: "0"))
                index += 1
                digits += 1
            }
            append(value, &text)
        case UInt8(ascii: "x"):
            append(try hexadecimal(bytes, &index, end, digits: 2, escape: start), &text)
        case UInt8(ascii: "u"):
            var value = try hexadecimal(bytes, &index, end, digits: 4, escape: start)
            if 0xD800..<0xDC00 ~= value, index + 6 <= end, bytes[index] == UInt8(ascii: "\\"),
                bytes[index + 1] == UInt8(ascii: "u")
            {
                var second = index + 2
                let low = try hexadecimal(bytes, &second, end, digits: 4, escape: index)
                if 0xDC00..<0xE000 ~= low {
                    value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
                    index = second
                }
            }
            guard Unicode.Scalar(value) != nil else {
                throw SQLError(
                    .syntax, "The escape is half a character: it needs its other half", position: start)
            }
            append(value, &text)
        default:
            // Any other character stands for itself.
            text.append(letter)
        }
    }

    private static func hexadecimal(
        _ bytes: [UInt8], _ index: inout Int, _ end: Int, digits: Int, escape: Int
    ) throws(SQLError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard index < end, let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
                throw SQLError(
                    .syntax,
                    digits == 2
                        ? #"The escape \x needs two hexadecimal digits"#
                        : #"The escape \u needs four hexadecimal digits"#, position: escape)
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    private static func append(_ value: UInt32, _ text: inout [UInt8]) {
        if let scalar = Unicode.Scalar(value) { text.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
    }

    /// The name in `"…"`, whose quotes are the first and the last byte of `range`.
    static func decodeName(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        let inner = bytes[(range.lowerBound + 1)..<(range.upperBound - 1)]
        guard inner.contains(UInt8(ascii: "\"")) else { return String(decoding: inner, as: UTF8.self) }
        var text: [UInt8] = []
        var isSecond = false
        for byte in inner {
            if byte == UInt8(ascii: "\""), isSecond {
                isSecond = false
            } else {
                text.append(byte)
                isSecond = byte == UInt8(ascii: "\"")
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
