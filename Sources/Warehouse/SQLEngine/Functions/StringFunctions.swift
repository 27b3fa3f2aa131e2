import Vectors

/// Functions of text: case, blanks, length, joining.
enum StringFunctions {
    static let all: [ScalarFunction] =
        casing + trimming + lengths + joining + parts + padding + searching + replacing + codes + encodings
        + distances

    // MARK: Case

    private static let casing: [ScalarFunction] = [
        .plain("UPPER", "UPPER(text)", "The text in upper case.", [.text], .varchar) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                try TextCase.append(arguments[0].bytes(row), to: output, isUpper: true)
            }
        },
        .plain("LOWER", "LOWER(text)", "The text in lower case.", [.text], .varchar) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                try TextCase.append(arguments[0].bytes(row), to: output, isUpper: false)
            }
        },
        .plain(
            "INITCAP", "INITCAP(text[, delimiters])",
            "The text with the first letter of each word in upper case and all others in lower case.",
            [.text, .text], optional: 1, .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let delimiters = arguments.count > 1 ? UTF8Bytes.scalars(arguments[1].bytes(row)) : nil
                return try output.append(TextCase.titled(arguments[0].bytes(row), delimiters: delimiters))
            }
        },
    ]

    // MARK: Trimming

    private static func trim(
        _ name: String, _ summary: String, atStart: Bool, atEnd: Bool
    ) -> ScalarFunction {
        .plain(
            name, "\(name)(text[, characters])", summary, [.text, .text], optional: 1, .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let bytes = arguments[0].bytes(row)
                guard arguments.count > 1 else {
                    return try output.append(trimmed(bytes, atStart: atStart, atEnd: atEnd) { $0 == 0x20 })
                }
                let characters = arguments[1].bytes(row)
                if UTF8Bytes.isASCII(characters) {
                    return try output.append(
                        trimmed(bytes, atStart: atStart, atEnd: atEnd) {
                            $0 < 0x80 && characters.contains(UInt8($0))
                        })
                }
                let set = Set(UTF8Bytes.scalars(characters))
                return try output.append(trimmed(bytes, atStart: atStart, atEnd: atEnd) { set.contains($0) })
            }
        }
    }

    private static let trimming: [ScalarFunction] = [
        trim("TRIM", "The text without the characters (blanks) at both ends.", atStart: true, atEnd: true),
        trim("LTRIM", "The text without the characters (blanks) at its start.", atStart: true, atEnd: false),
        trim("RTRIM", "The text without the characters (blanks) at its end.", atStart: false, atEnd: true),
    ]

    @inline(__always)
    private static func trimmed(
        _ bytes: UTF8Bytes.Bytes, atStart: Bool, atEnd: Bool, _ isTrimmed: (UInt32) -> Bool
    ) -> UTF8Bytes.Bytes {
        var start = 0
        var end = bytes.count
        while atStart, start < end {
            let (scalar, length) = UTF8Bytes.decode(bytes, start)
            guard isTrimmed(scalar) else { break }
            start += length
        }
        while atEnd, end > start {
            var last = end - 1
            while last > start, UTF8Bytes.isContinuation(bytes[last]) { last -= 1 }
            guard isTrimmed(UTF8Bytes.decode(bytes, last).scalar) else { break }
            end = last
        }
        return UTF8Bytes.slice(bytes, start, end)
    }

    // MARK: Length

    private static let lengths: [ScalarFunction] = [
        .plain(
            "LENGTH", aliases: ["LEN", "CHAR_LENGTH", "CHARACTER_LENGTH"], "LENGTH(text)",
            "The number of characters of a text, or of bytes of a BINARY.", [.textOrBytes], .integer
        ) { arguments, count, _ in
            let isBinary = arguments[0].type == .binary
            return try RowCalls.integers(arguments, count: count) { row in
                let bytes = arguments[0].bytes(row)
                return isBinary ? bytes.count : UTF8Bytes.characterCount(bytes)
            }
        },
        .plain(
            "OCTET_LENGTH", "OCTET_LENGTH(text)", "The number of bytes.", [.textOrBytes], .integer
        ) { arguments, count, _ in
            try RowCalls.integers(arguments, count: count) { arguments[0].bytes($0).count }
        },
        .plain("BIT_LENGTH", "BIT_LENGTH(text)", "The number of bits.", [.textOrBytes], .integer) {
            arguments, count, _ in
            try RowCalls.integers(arguments, count: count) { arguments[0].bytes($0).count * 8 }
        },
    ]

    // MARK: Joining

    /// Texts joined; they are all BINARY where the first one is.
    private static func concatenation(
        _ name: String, _ signature: String, _ summary: String, _ counts: ClosedRange<Int>
    ) -> ScalarFunction {
        ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            var types = try ScalarFunction.targets(signature, arguments, [.textOrBytes], counts)
            let isBinary = arguments.contains { $0.type == .binary }
            if isBinary {
                guard arguments.allSatisfy({ $0.type == .binary || $0.type == .null }) else {
                    throw SQLError(.invalid, "\(name) cannot join BINARY and text: convert one of them")
                }
                types = types.map { _ in .binary }
            }
            let result = isBinary ? SQLType.binary : .varchar
            return .init(types, result) { arguments, count, _ in
                try RowCalls.text(arguments, count: count, result) { row, output in
                    let total = arguments.reduce(0) { $0 + $1.bytes(row).count }
                    return try output.append(byteCount: total) { target in
                        var target = target
                        for argument in arguments { target = copy(argument.bytes(row), to: target) }
                    }
                }
            }
        }
    }

    private static let joining: [ScalarFunction] = [
        concatenation("CONCAT", "CONCAT(text, …)", "The texts one behind the other.", 1...Int.max),
        concatenation("||", "text || text", "The texts one behind the other.", 2...2),
        ScalarFunction(
            "CONCAT_WS", "CONCAT_WS(separator, text, …)", "The texts with the separator between them."
        ) { arguments throws(SQLError) in
            let types = try ScalarFunction.targets(
                "CONCAT_WS(separator, text, …)", arguments, [.text], 2...Int.max)
            return .init(types, .varchar) { arguments, count, _ in
                let texts = arguments.dropFirst()
                return try RowCalls.text(arguments, count: count) { row, output in
                    let separator = arguments[0].bytes(row)
                    let total = texts.reduce(separator.count * (texts.count - 1)) { $0 + $1.bytes(row).count }
                    return try output.append(byteCount: total) { target in
                        var target = copy(texts[1].bytes(row), to: target)
                        for text in texts.dropFirst() {
                            target = copy(separator, to: target)
                            target = copy(text.bytes(row), to: target)
                        }
                    }
                }
            }
        },
    ]

    /// Copies bytes and gives the place behind them.
    @inline(__always)
    static func copy(_ bytes: UTF8Bytes.Bytes, to target: UnsafeMutablePointer<UInt8>)
        -> UnsafeMutablePointer<UInt8>
    {
        guard let base = bytes.baseAddress else { return target }
        target.update(from: base, count: bytes.count)
        return target + bytes.count
    }
}

/// Upper and lower case of all of Unicode, with a short way for ASCII.
enum TextCase {
    /// Appends the text in the case asked for; gives `true`.
    @inline(__always)
    static func append(_ bytes: UTF8Bytes.Bytes, to output: TextOutput, isUpper: Bool) throws(SQLError)
        -> Bool
    {
        guard UTF8Bytes.isASCII(bytes) else { return try output.append(cased(bytes, isUpper: isUpper)) }
        let first: UInt8 = isUpper ? 0x61 : 0x41
        return try output.append(byteCount: bytes.count) { target in
            for place in 0..<bytes.count {
                let byte = bytes[place]
                target[place] = byte &- first < 26 ? byte ^ 0x20 : byte
            }
        }
    }

    /// The text in the case asked for.
    static func cased(_ bytes: UTF8Bytes.Bytes, isUpper: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            let (scalar, length) = UTF8Bytes.decode(bytes, place)
            append(scalar, isUpper: isUpper, to: &result)
            place += length
        }
        return result
    }

    static func append(_ scalar: UInt32, isUpper: Bool, to result: inout [UInt8]) {
        if scalar < 0x80 {
            let isCased = scalar &- (isUpper ? 0x61 : 0x41) < 26
            result.append(UInt8(isCased ? scalar ^ 0x20 : scalar))
        } else if let character = Unicode.Scalar(scalar) {
            let properties = character.properties
            result += (isUpper ? properties.uppercaseMapping : properties.lowercaseMapping).utf8
        } else {
            UTF8Bytes.append(scalar, to: &result)
        }
    }

    /// The one character that stands for another in comparisons that ignore case.
    @inline(__always)
    static func folded(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 { return scalar &- 0x41 < 26 ? scalar | 0x20 : scalar }
        return foldedBeyondASCII(scalar)
    }

    private static func foldedBeyondASCII(_ scalar: UInt32) -> UInt32 {
        guard let character = Unicode.Scalar(scalar) else { return scalar }
        let lower = character.properties.lowercaseMapping.unicodeScalars
        return lower.count == 1 ? lower.first?.value ?? scalar : scalar
    }

    private static let wordDelimiters = Set(
        " \t\n\r\u{0B}\u{0C}!?@\"^#$&~_,.:;+-*%/|\\[](){}<>".unicodeScalars.map(\.value))

    /// The text with the first letter of each word in upper case.
    static func titled(_ bytes: UTF8Bytes.Bytes, delimiters: [UInt32]?) -> [UInt8] {
        let delimiters = delimiters.map { Set($0) } ?? wordDelimiters
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var isStart = true
        var place = 0
        while place < bytes.count {
            let (scalar, length) = UTF8Bytes.decode(bytes, place)
            // A delimiter that is a letter is no first letter of a word.
            if delimiters.contains(scalar) {
                isStart = true
                result += bytes[place..<(place + length)]
            } else {
                append(scalar, isUpper: isStart, to: &result)
                isStart = false
            }
            place += length
        }
        return result
    }
}
