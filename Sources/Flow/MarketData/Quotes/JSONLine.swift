/// A complete JSON parser (RFC 8259) for a line that holds a quote in any shape: keys in any order, blanks,
/// escapes, numbers of any form, further keys of any depth up to a limit.
///
/// Not thread-safe.
final class JSONLine {
    private static let depthMax = 128

    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private var position = 0
    private var symbol = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
    private var symbolByteCount = 0

    deinit {
        symbol.deallocate()
    }

    /// Reads the line into `quote`, whose fields are missing before.
    ///
    /// A key that comes twice counts with its last value. Text that holds a number is taken as the number, as
    /// a cast in SQL would.
    func parse(_ line: UnsafeRawBufferPointer, into quote: inout ParsedQuote) throws(QuoteRejection) {
        bytes = line
        position = 0
        symbolByteCount = 0
        guard String(validating: line, as: UTF8.self) != nil else { throw QuoteRejection("not UTF-8 text") }
        skipBlanks()
        guard position < bytes.count else { throw QuoteRejection("empty") }
        guard peek() == UInt8(ascii: "{") else { throw fail("not a JSON object") }
        position += 1
        skipBlanks()
        if peek() == UInt8(ascii: "}") {
            position += 1
        } else {
            repeat {
                skipBlanks()
                let key = try string()
                try expect(":", "after a key")
                skipBlanks()
                try member(key, &quote)
                skipBlanks()
            } while try another(closing: "}")
        }
        skipBlanks()
        guard position == bytes.count else { throw fail("something follows the JSON object") }
        guard symbolByteCount > 0 else { throw QuoteRejection("symbol is missing") }
        quote.symbol = UnsafeRawBufferPointer(rebasing: symbol[..<symbolByteCount])
        quote.isWhole = false
    }

    private func member(_ key: [UInt8], _ quote: inout ParsedQuote) throws(QuoteRejection) {
        switch String(decoding: key, as: UTF8.self) {
        case "c": quote.currentPrice = try number("c")
        case "d": quote.change = try number("d")
        case "dp": quote.changePercent = try number("dp")
        case "h": quote.dayHigh = try number("h")
        case "l": quote.dayLow = try number("l")
        case "o": quote.dayOpen = try number("o")
        case "pc": quote.previousClose = try number("pc")
        case "t": quote.time = try number("t")
        case "fetched_at": quote.fetchedAt = try number("fetched_at")
        case "symbol":
            guard peek() == UInt8(ascii: "\"") else {
                let isNull = peek() == UInt8(ascii: "n")
                try value(depth: 1)
                throw QuoteRejection(isNull ? "symbol is null" : "symbol is not text")
            }
            let text = try string()
            guard !text.isEmpty else { throw QuoteRejection("symbol is empty") }
            keepSymbol(text)
        default: try value(depth: 1)
        }
    }

    private func keepSymbol(_ text: [UInt8]) {
        if text.count > symbol.count {
            symbol.deallocate()
            symbol = .allocate(byteCount: text.count, alignment: 1)
        }
        symbol.copyBytes(from: text)
        symbolByteCount = text.count
    }

    private func number(_ key: String) throws(QuoteRejection) -> JSONNumber {
        let start = position
        switch peek() {
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        case UInt8(ascii: "\""):
            let text = String(decoding: try string(), as: UTF8.self)
            guard let number = Self.number(text: text) else {
                throw QuoteRejection("\(key) is text that is no number", column: start + 1)
            }
            return number
        case let byte? where Self.beginsNumber(byte):
            try numberToken()
            let text = String(decoding: bytes[start..<position], as: UTF8.self)
            guard let number = Self.number(text: text) else {
                throw QuoteRejection("\(key) is too large a number", column: start + 1)
            }
            return number
        default:
            try value(depth: 1)
            throw QuoteRejection("\(key) is not a number", column: start + 1)
        }
    }

    private static func number(text: String) -> JSONNumber? {
        if let integer = Int64(text), !text.hasPrefix("+") { return JSONNumber(integer: integer) }
        guard text.utf8.allSatisfy({ "+-.eE0123456789".utf8.contains($0) }), let real = Double(text),
            real.isFinite
        else { return nil }
        return JSONNumber(real: real)
    }

    // MARK: Values

    private func value(depth: Int) throws(QuoteRejection) {
        guard depth < Self.depthMax else { throw fail("more than \(Self.depthMax) levels of nesting") }
        switch peek() {
        case UInt8(ascii: "{"):
            position += 1
            skipBlanks()
            if peek() == UInt8(ascii: "}") { return position += 1 }
            repeat {
                skipBlanks()
                _ = try string()
                try expect(":", "after a key")
                skipBlanks()
                try value(depth: depth + 1)
                skipBlanks()
            } while try another(closing: "}")
        case UInt8(ascii: "["):
            position += 1
            skipBlanks()
            if peek() == UInt8(ascii: "]") { return position += 1 }
            repeat {
                skipBlanks()
                try value(depth: depth + 1)
                skipBlanks()
            } while try another(closing: "]")
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        case let byte? where Self.beginsNumber(byte): try numberToken()
        default: throw fail("a JSON value is expected")
        }
    }

    /// Passes over a comma, or over the end of an object or array, and tells which.
    private func another(closing: Unicode.Scalar) throws(QuoteRejection) -> Bool {
        if peek() == UInt8(ascii: ",") {
            position += 1
            return true
        }
        guard peek() == UInt8(ascii: closing) else { throw fail("',' or '\(closing)' is expected") }
        position += 1
        return false
    }

    private func numberToken() throws(QuoteRejection) {
        if peek() == UInt8(ascii: "-") { position += 1 }
        if peek() == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if peek() == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
    }

    private func digits() throws(QuoteRejection) {
        let start = position
        while let byte = peek(), Self.isDigit(byte) { position += 1 }
        guard position > start else { throw fail("a digit is expected") }
    }

    private func literal(_ word: String) throws(QuoteRejection) {
        let start = position
        for byte in word.utf8 {
            guard peek() == byte else {
                if position < bytes.count { position = start }
                throw fail("a JSON value is expected")
            }
            position += 1
        }
    }

    private func string() throws(QuoteRejection) -> [UInt8] {
        guard peek() == UInt8(ascii: "\"") else { throw fail("a string is expected") }
        position += 1
        var content: [UInt8] = []
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return content
            case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
            case ..<0x20:
                position -= 1
                throw fail("a control character stands in a string")
            default: content.append(byte)
            }
        }
        throw fail("a string does not end")
    }

    private func escape() throws(QuoteRejection) -> [UInt8] {
        guard let byte = peek() else { throw fail("a string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var unit = try hexadecimalUnit()
            if (0xD800..<0xDC00).contains(unit), bytes[position...].starts(with: "\\u".utf8) {
                position += 2
                let low = try hexadecimalUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw fail("half a surrogate pair") }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw fail("half a surrogate pair") }
            return Array(String(Character(scalar)).utf8)
        default:
            position -= 1
            throw fail("an unknown escape")
        }
    }

    private func hexadecimalUnit() throws(QuoteRejection) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
            else {
                throw fail("four hexadecimal digits are expected")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    // MARK: Bytes

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func beginsNumber(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: "-") }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private func skipBlanks() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }

    private func expect(_ scalar: Unicode.Scalar, _ place: String) throws(QuoteRejection) {
        skipBlanks()
        guard peek() == UInt8(ascii: scalar) else { throw fail("'\(scalar)' is expected \(place)") }
        position += 1
    }

    private func fail(_ reason: String) -> QuoteRejection {
        guard position < bytes.count else {
            return QuoteRejection("malformed JSON: the line ends too early", column: position + 1)
        }
        return QuoteRejection("malformed JSON: \(reason)", column: position + 1)
    }
}
