import Vectors

/// Functions of characters' numbers, and of bytes as text.
extension StringFunctions {
    static let codes: [ScalarFunction] = [
        .plain(
            "ASCII", aliases: ["UNICODE"], "ASCII(text)",
            "The Unicode number of the first character; 0 of no text.",
            [.text], .integer
        ) { arguments, count, _ in
            try RowCalls.integers(arguments, count: count) { row in
                let bytes = arguments[0].bytes(row)
                return bytes.isEmpty ? 0 : Int(UTF8Bytes.decode(bytes, 0).scalar)
            }
        },
        .plain(
            "CHR", aliases: ["CHAR"], "CHR(number)", "The character with a Unicode number.", [.integer],
            .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let number = arguments[0].integer(row)
                guard let code = UInt32(exactly: number), let scalar = Unicode.Scalar(code) else {
                    throw SQLError(.data, "\(number) is the number of no Unicode character")
                }
                var bytes: [UInt8] = []
                UTF8Bytes.append(scalar.value, to: &bytes)
                return try output.append(bytes)
            }
        },
    ]

    static let encodings: [ScalarFunction] = [
        .plain(
            "BASE64_ENCODE", "BASE64_ENCODE(bytes[, line length[, alphabet]])",
            "The bytes (of a text: its UTF-8) in base 64.", [.textOrBytes, .integer, .text], optional: 2,
            .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let alphabet = try Base64(arguments.count > 2 ? arguments[2].string(row) : "")
                let lineLength = arguments.count > 1 ? max(0, arguments[1].integer(row)) : 0
                return try output.append(alphabet.encode(arguments[0].bytes(row), lineLength: lineLength))
            }
        },
        base64Decoder("BASE64_DECODE_STRING", .varchar, isTry: false),
        base64Decoder("TRY_BASE64_DECODE_STRING", .varchar, isTry: true),
        base64Decoder("BASE64_DECODE_BINARY", .binary, isTry: false),
        base64Decoder("TRY_BASE64_DECODE_BINARY", .binary, isTry: true),
        .plain(
            "HEX_ENCODE", "HEX_ENCODE(bytes[, case])",
            "The bytes (of a text: its UTF-8) as hexadecimal digits, in upper case unless the case is 0.",
            [.textOrBytes, .integer], optional: 1, .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let isUpper = arguments.count < 2 || arguments[1].integer(row) != 0
                let digits = Array((isUpper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
                return try output.append(
                    arguments[0].bytes(row).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
            }
        },
        hexDecoder("HEX_DECODE_STRING", .varchar, isTry: false),
        hexDecoder("TRY_HEX_DECODE_STRING", .varchar, isTry: true),
        hexDecoder("HEX_DECODE_BINARY", .binary, isTry: false),
        hexDecoder("TRY_HEX_DECODE_BINARY", .binary, isTry: true),
    ]

    private static func base64Decoder(_ name: String, _ type: SQLType, isTry: Bool) -> ScalarFunction {
        let form = type == .binary ? "bytes" : "text"
        return .plain(
            name, "\(name)(text[, alphabet])",
            "The \(form) of base 64\(isTry ? "; NULL where it is none" : "").",
            [.text, .text], optional: 1, type
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count, type) { row, output in
                let alphabet = try Base64(arguments.count > 1 ? arguments[1].string(row) : "")
                let decoded = alphabet.decode(arguments[0].bytes(row))
                return try append(decoded, type, isTry, to: output) {
                    "'\(arguments[0].string(row))' is not \(form) in base 64"
                }
            }
        }
    }

    private static func hexDecoder(_ name: String, _ type: SQLType, isTry: Bool) -> ScalarFunction {
        let form = type == .binary ? "bytes" : "text"
        return .plain(
            name, "\(name)(text)",
            "The \(form) of hexadecimal digits\(isTry ? "; NULL where they are none" : "").",
            [.text], type
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count, type) { row, output in
                try append(hexDecoded(arguments[0].bytes(row)), type, isTry, to: output) {
                    "'\(arguments[0].string(row))' is not \(form) in hexadecimal digits"
                }
            }
        }
    }

    private static func append(
        _ decoded: [UInt8]?, _ type: SQLType, _ isTry: Bool, to output: TextOutput, _ message: () -> String
    ) throws(SQLError) -> Bool {
        if let decoded, type == .binary || String(validating: decoded, as: UTF8.self) != nil {
            return try output.append(decoded)
        }
        if isTry { return false }
        throw SQLError(.data, message())
    }

    /// The bytes that pairs of hexadecimal digits name; `nil` where they are not.
    static func hexDecoded(_ digits: UTF8Bytes.Bytes) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(digits.count / 2)
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let high = hexDigit(digits[place]), let low = hexDigit(digits[place + 1]) else {
                return nil
            }
            result.append(high << 4 | low)
        }
        return result
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

/// Base 64 with the alphabet of RFC 4648, of which the last two characters and the padding may be others.
struct Base64 {
    private var alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private var padding = UInt8(ascii: "=")

    /// - Parameter characters: up to three: for 62, for 63 and for padding.
    init(_ characters: String) throws(SQLError) {
        let bytes = Array(characters.utf8)
        guard bytes.count <= 3, bytes.allSatisfy({ $0 < 0x80 }) else {
            throw SQLError(
                .data, "an alphabet of base 64 is up to three ASCII characters, not '\(characters)'")
        }
        if bytes.count > 0 { alphabet[62] = bytes[0] }
        if bytes.count > 1 { alphabet[63] = bytes[1] }
        if bytes.count > 2 { padding = bytes[2] }
    }

    /// - Parameter lineLength: after so many characters a line ends; 0 for one line.
    func encode(_ bytes: UTF8Bytes.Bytes, lineLength: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let left = bytes.count - start
            let second = left > 1 ? UInt32(bytes[start + 1]) : 0
            let third = left > 2 ? UInt32(bytes[start + 2]) : 0
            let bits = UInt32(bytes[start]) << 16 | second << 8 | third
            result.append(alphabet[Int(bits >> 18)])
            result.append(alphabet[Int(bits >> 12 & 63)])
            result.append(left > 1 ? alphabet[Int(bits >> 6 & 63)] : padding)
            result.append(left > 2 ? alphabet[Int(bits & 63)] : padding)
        }
        guard lineLength > 0, result.count > lineLength else { return result }
        var lines: [UInt8] = []
        for start in stride(from: 0, to: result.count, by: lineLength) {
            if start > 0 { lines.append(0x0A) }
            lines += result[start..<min(start + lineLength, result.count)]
        }
        return lines
    }

    /// The bytes; `nil` where the text is not base 64. Ends of lines do not count; padding may be missing.
    func decode(_ text: UTF8Bytes.Bytes) -> [UInt8]? {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount = 0
        var paddings = 0
        var characters = 0
        for byte in text where byte != 0x0A && byte != 0x0D {
            characters += 1
            if byte == padding, values[Int(byte)] == 255 {
                paddings += 1
                continue
            }
            let value = values[Int(byte)]
            guard value != 255, paddings == 0 else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
                bits &= (1 << UInt32(bitCount)) - 1
            }
        }
        guard bitCount < 6, bits == 0, paddings == 0 || (paddings <= 2 && characters % 4 == 0) else {
            return nil
        }
        return result
    }
}
