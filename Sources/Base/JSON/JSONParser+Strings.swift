extension JSONParser {
    /// Reads a string at whose quote the position is.
    mutating func string() throws(JSONError) {
        position += 1
        let start = position
        let raw = UnsafeRawPointer(base)
        while true {
            while position + 8 <= count {
                let special = JSONBytes.special(raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                position += special == 0 ? 8 : special.trailingZeroBitCount >> 3
                if special != 0 { break }
            }
            guard position < count else { throw fail(.endsTooEarly) }
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                append(.string, start, position)
                position += 1
                return
            }
            if byte == UInt8(ascii: "\\") { return try decodedString(start) }
            try plainCharacter(byte)
        }
    }

    /// Passes over one character that is no quote and no backslash.
    @inline(__always)
    private mutating func plainCharacter(_ byte: UInt8) throws(JSONError) {
        if byte < 0x20 { throw fail(.controlCharacter) }
        if byte < 0x80 {
            position += 1
        } else {
            let length = JSONBytes.sequenceLength(base + position, count - position)
            guard length > 0 else { throw fail(.notUTF8) }
            position += length
        }
    }

    /// Reads on from the first backslash of a string, into the tape's own memory.
    private mutating func decodedString(_ start: Int) throws(JSONError) {
        reserveDecoded()
        let first = decodedCount
        copyDecoded(from: start)
        while true {
            guard position < count else { throw fail(.endsTooEarly) }
            let run = position
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                append(.string, first, decodedCount, isDecoded: true)
                position += 1
                return
            }
            if byte == UInt8(ascii: "\\") {
                try escape()
            } else {
                try plainCharacter(byte)
                copyDecoded(from: run)
            }
        }
    }

    /// Decoded strings are never longer than their text, so room for the whole text is enough for all of
    /// them.
    private mutating func reserveDecoded() {
        guard decodedCapacity < count else { return }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: count * 2)
        larger.update(from: decoded, count: decodedCount)
        decoded.deallocate()
        decoded = larger
        decodedCapacity = count * 2
    }

    private mutating func copyDecoded(from start: Int) {
        (decoded + decodedCount).update(from: base + start, count: position - start)
        decodedCount += position - start
    }

    private mutating func put(_ byte: UInt8) {
        decoded[decodedCount] = byte
        decodedCount += 1
    }

    private mutating func escape() throws(JSONError) {
        let start = position
        position += 1
        guard position < count else { throw fail(.endsTooEarly) }
        switch base[position] {
        case UInt8(ascii: "\""): put(0x22)
        case UInt8(ascii: "\\"): put(0x5C)
        case UInt8(ascii: "/"): put(0x2F)
        case UInt8(ascii: "b"): put(0x08)
        case UInt8(ascii: "f"): put(0x0C)
        case UInt8(ascii: "n"): put(0x0A)
        case UInt8(ascii: "r"): put(0x0D)
        case UInt8(ascii: "t"): put(0x09)
        case UInt8(ascii: "u"):
            position += 1
            return try unicodeEscape(start)
        default: throw fail(.unknownEscape)
        }
        position += 1
    }

    private mutating func unicodeEscape(_ start: Int) throws(JSONError) {
        var unit = try hexadecimal()
        if unit & 0xFC00 == 0xD800 {
            for expected in [UInt8(ascii: "\\"), UInt8(ascii: "u")] {
                guard position < count else { throw fail(.endsTooEarly) }
                guard base[position] == expected else {
                    throw JSONError(.halfSurrogatePair, column: start + 1)
                }
                position += 1
            }
            let low = try hexadecimal()
            guard low & 0xFC00 == 0xDC00 else { throw JSONError(.halfSurrogatePair, column: start + 1) }
            unit = 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)
        } else if unit & 0xFC00 == 0xDC00 {
            throw JSONError(.halfSurrogatePair, column: start + 1)
        }
        switch unit {
        case ..<0x80: put(UInt8(unit))
        case ..<0x800:
            put(UInt8(0xC0 | unit >> 6))
            put(UInt8(0x80 | unit & 0x3F))
        case ..<0x10000:
            put(UInt8(0xE0 | unit >> 12))
            put(UInt8(0x80 | unit >> 6 & 0x3F))
            put(UInt8(0x80 | unit & 0x3F))
        default:
            put(UInt8(0xF0 | unit >> 18))
            put(UInt8(0x80 | unit >> 12 & 0x3F))
            put(UInt8(0x80 | unit >> 6 & 0x3F))
            put(UInt8(0x80 | unit & 0x3F))
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard position < count else { throw fail(.endsTooEarly) }
            let byte = base[position]
            let letter = byte | 0x20
            if byte &- 0x30 < 10 {
                unit = unit << 4 | UInt32(byte - 0x30)
            } else if letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "f") {
                unit = unit << 4 | UInt32(letter - UInt8(ascii: "a") + 10)
            } else {
                throw fail(.hexadecimalExpected)
            }
            position += 1
        }
        return unit
    }
}

/// Bytes of JSON texts, eight at a time.
package enum JSONBytes {
    /// The high bit of the first byte (the lowest one) that is a quote, a backslash, a control character or
    /// not ASCII; above it there may be more bits that mean nothing. 0 where there is none.
    @inlinable
    package static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let found =
            ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word)
            | word
        return found & (ones &* 0x80)
    }

    /// The bytes of the well-formed UTF-8 sequence that begins here with a byte beyond ASCII; 0 if it is
    /// none.
    package static func sequenceLength(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
        let lead = bytes[0]
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard lead >= 0xC2, lead <= 0xF4, count >= length else { return 0 }
        let second = bytes[1]
        let range: ClosedRange<UInt8> =
            switch lead {
            case 0xE0: 0xA0...0xBF
            case 0xED: 0x80...0x9F
            case 0xF0: 0x90...0xBF
            case 0xF4: 0x80...0x8F
            default: 0x80...0xBF
            }
        guard range.contains(second) else { return 0 }
        for index in 2..<max(2, length) where bytes[index] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// Whether all of it is well-formed UTF-8.
    package static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        var position = 0
        while position < bytes.count {
            if base[position] < 0x80 {
                position += 1
            } else {
                let length = sequenceLength(base + position, bytes.count - position)
                if length == 0 { return false }
                position += length
            }
        }
        return true
    }
}
