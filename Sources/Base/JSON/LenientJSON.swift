/// Rewrites what Snowflake's PARSE_JSON takes beyond JSON as JSON.
///
/// Keys may be plain words or in single quotes, strings in single quotes; `true`, `false` and `null` may be in any
/// case; a number may begin with `+` or a point, or end with a point; NaN, Infinity, inf and `undefined` are values;
/// an element that is missing between the commas of an array, or behind the last one, is null; commas too many
/// between the members of an object mean nothing. It only makes a text that a parser then has to accept: whatever it
/// does not know it copies.
struct LenientJSON {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    private let text: Bytes
    private var place = 0
    private var output: [UInt8] = []
    /// The objects and arrays that are open, by the byte that closes them.
    private var closing: [UInt8] = []
    /// Whether a value may come here, rather than a comma or an end; of the innermost object, a key or an end.
    private var wantsValue = true
    /// Whether a key has just been read, and its value comes.
    private var isBehindKey = false
    /// Whether the innermost array or object has had an element or a comma.
    private var hasBegun = false

    private init(_ text: Bytes) {
        self.text = text
        output.reserveCapacity(text.count + 16)
    }

    /// The text as JSON, if it can be brought into that form. What is returned may still not be JSON.
    static func strict(_ text: Bytes) -> [UInt8]? {
        var rewriting = LenientJSON(text)
        return rewriting.run() ? rewriting.output : nil
    }

    private mutating func run() -> Bool {
        while place < text.count {
            let byte = text[place]
            switch byte {
            case 0x09, 0x0A, 0x0D, 0x20:
                output.append(byte)
                place += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard wantsValue, !isInObject || isBehindKey, closing.count < JSONTape.depthMax else {
                    return false
                }
                output.append(byte)
                place += 1
                // The bytes of both pairs differ by 2.
                closing.append(byte + 2)
                (isBehindKey, hasBegun) = (false, false)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): guard close(byte) else { return false }
            case UInt8(ascii: ","): guard comma() else { return false }
            default: guard wantsValue, scalar(byte) else { return false }
            }
        }
        return closing.isEmpty
    }

    private var isInObject: Bool { closing.last == UInt8(ascii: "}") }

    private mutating func close(_ byte: UInt8) -> Bool {
        guard closing.last == byte, !isBehindKey else { return false }
        if wantsValue, hasBegun {
            if isInObject { removeComma() } else { output += "null".utf8 }
        }
        closing.removeLast()
        output.append(byte)
        place += 1
        ended()
        return true
    }

    private mutating func comma() -> Bool {
        guard !closing.isEmpty, !isBehindKey else { return false }
        place += 1
        if wantsValue {
            // Another comma without a member before it.
            if isInObject { return hasBegun }
            output += "null".utf8
        }
        output.append(UInt8(ascii: ","))
        (wantsValue, hasBegun) = (true, true)
        return true
    }

    private mutating func removeComma() {
        if let last = output.lastIndex(of: UInt8(ascii: ",")) { output.remove(at: last) }
    }

    /// A value has ended.
    private mutating func ended() {
        (wantsValue, isBehindKey, hasBegun) = (closing.isEmpty, false, true)
    }

    // MARK: Strings, words and numbers

    /// A key with its colon, or a value that is no object and no array.
    private mutating func scalar(_ byte: UInt8) -> Bool {
        let isKey = isInObject && !isBehindKey
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            guard string(quote: byte) else { return false }
        } else {
            let start = place
            while place < text.count, !Self.endsWord(text[place]) { place += 1 }
            let word = Bytes(rebasing: text[start..<place])
            guard !word.isEmpty, isKey ? key(word) : value(word) else { return false }
        }
        guard isKey else {
            ended()
            return true
        }
        while place < text.count, text[place] <= 0x20 { place += 1 }
        guard place < text.count, text[place] == UInt8(ascii: ":") else { return false }
        place += 1
        output.append(UInt8(ascii: ":"))
        isBehindKey = true
        return true
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte <= 0x20 || ",:{}[]\"'".utf8.contains(byte)
    }

    /// A string in quotes of either kind.
    private mutating func string(quote: UInt8) -> Bool {
        output.append(UInt8(ascii: "\""))
        place += 1
        while place < text.count, text[place] != quote {
            let byte = text[place]
            if byte == UInt8(ascii: "\\"), place + 1 < text.count {
                // JSON has no escape for a single quote.
                if text[place + 1] != UInt8(ascii: "'") { output.append(byte) }
                output.append(text[place + 1])
                place += 2
                continue
            }
            if byte == UInt8(ascii: "\"") { output.append(UInt8(ascii: "\\")) }
            output.append(byte)
            place += 1
        }
        guard place < text.count else { return false }
        place += 1
        output.append(UInt8(ascii: "\""))
        return true
    }

    /// A key without quotes: a letter, `_` or `$`, and then digits too.
    private mutating func key(_ word: Bytes) -> Bool {
        for (index, byte) in word.enumerated() {
            let isLetter = (byte | 0x20) &- 0x61 < 26 || byte == 0x5F || byte == 0x24 || byte >= 0x80
            guard isLetter || (index > 0 && byte &- 0x30 < 10) else { return false }
        }
        output.append(UInt8(ascii: "\""))
        output += word
        output.append(UInt8(ascii: "\""))
        return true
    }

    private mutating func value(_ word: Bytes) -> Bool {
        let lower = String(decoding: word.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
        switch lower {
        case "true", "false", "null": output += lower.utf8
        case "undefined": output += "null".utf8
        case "nan": append(.nan)
        case "infinity", "inf", "+infinity", "+inf": append(.infinity)
        case "-infinity", "-inf": append(-.infinity)
        default: return number(word)
        }
        return true
    }

    private mutating func append(_ value: Double) {
        output.append(UInt8(ascii: "\""))
        output += TypedText.text(value)
        output.append(UInt8(ascii: "\""))
    }

    /// A number, without a sign `+`, and with digits on both sides of its point.
    private mutating func number(_ word: Bytes) -> Bool {
        var index = 0
        if word[0] == UInt8(ascii: "-") { output.append(word[0]) }
        if word[0] == UInt8(ascii: "-") || word[0] == UInt8(ascii: "+") { index = 1 }
        let start = index
        guard start < word.count, word[start] &- 0x30 < 10 || word[start] == UInt8(ascii: ".") else {
            return false
        }
        while index < word.count {
            let byte = word[index]
            guard byte &- 0x30 < 10 || ".eE+-".utf8.contains(byte) else { return false }
            if byte == UInt8(ascii: "."), index == start { output.append(0x30) }
            output.append(byte)
            index += 1
            if byte == UInt8(ascii: "."), index == word.count || word[index] | 0x20 == UInt8(ascii: "e") {
                guard index - 1 > start else { return false }
                output.append(0x30)
            }
        }
        return true
    }
}
