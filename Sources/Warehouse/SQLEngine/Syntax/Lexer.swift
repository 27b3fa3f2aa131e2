/// Cuts a text into tokens. It never fails: what is no token becomes one of a bad kind, so that a script can be split
/// into statements even where one of them is wrong.
struct SQLLexer {
    let bytes: [UInt8]
    private(set) var position = 0
    /// Whether the statement began with PUT or GET: only there does `file://` not begin a comment.
    private var readsFileURLs = false
    private var isAtStatementStart = true

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The byte at the position plus `offset`, 0 behind the end.
    @inline(__always)
    private func byte(_ offset: Int = 0) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    /// The next token; `.end` again and again behind the last.
    mutating func next() -> SQLToken {
        if let comment = skipBlanks() { return comment }
        let start = position
        guard start < bytes.count else { return SQLToken(kind: .end, start: start, end: start) }
        let kind = scan(bytes[start])
        if kind == .semicolon {
            isAtStatementStart = true
            readsFileURLs = false
        } else {
            if isAtStatementStart {
                readsFileURLs = kind == .word && (spells("PUT", start) || spells("GET", start))
            }
            isAtStatementStart = false
        }
        return SQLToken(kind: kind, start: start, end: position)
    }

    /// Whether the bytes from `start` to the position are `word`, in any case.
    private func spells(_ word: StaticString, _ start: Int) -> Bool {
        bytes.spells(word, from: start, to: position)
    }

    /// Skips spaces and comments; a comment that does not end is returned.
    private mutating func skipBlanks() -> SQLToken? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x09...0x0D, 0x20: position += 1
            // A no-break space, as text copied from web pages has.
            case 0xC2 where byte(1) == 0xA0: position += 2
            // A byte order mark.
            case 0xEF where byte(1) == 0xBB && byte(2) == 0xBF: position += 3
            case UInt8(ascii: "-") where byte(1) == UInt8(ascii: "-"): skipLine()
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"): skipLine()
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"):
                let start = position
                position += 2
                while position < bytes.count, !(byte() == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/")) {
                    position += 1
                }
                guard position < bytes.count else {
                    return SQLToken(kind: .unterminated, start: start, end: position)
                }
                position += 2
            default: return nil
            }
        }
        return nil
    }

    private mutating func skipLine() {
        while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
    }

    /// Scans the token that begins with `first` at the position.
    private mutating func scan(_ first: UInt8) -> SQLToken.Kind {
        switch first {
        case UInt8(ascii: "'"): return scanString()
        case UInt8(ascii: "\""): return scanQuotedName()
        case UInt8(ascii: "$"): return scanDollar()
        case UInt8(ascii: "@"): return scanStage()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return scanNumber()
        case UInt8(ascii: ".") where byte(1).isDigit: return scanNumber()
        default:
            guard first.startsName else { return scanSymbol(first) }
            let start = position
            while position < bytes.count, bytes[position].continuesName, !isBlankOfManyBytes { position += 1 }
            if readsFileURLs, spells("FILE", start), byte() == UInt8(ascii: ":"),
                byte(1) == UInt8(ascii: "/"), byte(2) == UInt8(ascii: "/")
            {
                while position < bytes.count, byte() > 0x20, byte() != UInt8(ascii: ";") { position += 1 }
                return .fileURL
            }
            return .word
        }
    }

    /// A no-break space or a byte order mark, which would otherwise be taken for letters.
    private var isBlankOfManyBytes: Bool {
        (byte() == 0xC2 && byte(1) == 0xA0) || (byte() == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF)
    }

    private mutating func scanString() -> SQLToken.Kind {
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\\"): position += 2
            case UInt8(ascii: "'"):
                position += 1
                guard byte() == UInt8(ascii: "'") else { return .string }
                position += 1
            default: position += 1
            }
        }
        position = bytes.count
        return .unterminated
    }

    private mutating func scanQuotedName() -> SQLToken.Kind {
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            guard byte == UInt8(ascii: "\"") else { continue }
            guard self.byte() == UInt8(ascii: "\"") else { return .quotedName }
            position += 1
        }
        return .unterminated
    }

    /// `$$…$$`, `$1` or `$name`.
    private mutating func scanDollar() -> SQLToken.Kind {
        position += 1
        if byte() == UInt8(ascii: "$") {
            position += 1
            while position < bytes.count {
                if byte() == UInt8(ascii: "$"), byte(1) == UInt8(ascii: "$") {
                    position += 2
                    return .rawString
                }
                position += 1
            }
            return .unterminated
        }
        if byte().isDigit {
            while byte().isDigit { position += 1 }
            return .ordinal
        }
        guard byte().startsName else { return .unknown }
        while position < bytes.count, byte().continuesName, !isBlankOfManyBytes { position += 1 }
        return .variable
    }

    /// `@` and all up to a blank, a comma, a parenthesis or a semicolon outside double quotes.
    private mutating func scanStage() -> SQLToken.Kind {
        position += 1
        while position < bytes.count {
            switch byte() {
            case 0...0x20, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"),
                UInt8(ascii: "'"):
                return .stage
            case UInt8(ascii: "\""):
                if scanQuotedName() == .unterminated { return .unterminated }
            default: position += 1
            }
        }
        return .stage
    }

    private mutating func scanNumber() -> SQLToken.Kind {
        while byte().isDigit { position += 1 }
        if byte() == UInt8(ascii: ".") {
            position += 1
            while byte().isDigit { position += 1 }
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            let hasSign = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-")
            if byte(hasSign ? 2 : 1).isDigit {
                position += hasSign ? 2 : 1
                while byte().isDigit { position += 1 }
            }
        }
        guard byte().continuesName, !isBlankOfManyBytes else { return .number }
        while position < bytes.count, byte().continuesName, !isBlankOfManyBytes { position += 1 }
        return .numberTail
    }

    private mutating func scanSymbol(_ first: UInt8) -> SQLToken.Kind {
        if let (kind, length) = longSymbol(first, byte(1)) {
            position += length
            return kind
        }
        position += 1
        switch first {
        case UInt8(ascii: "("): return .leftParenthesis
        case UInt8(ascii: ")"): return .rightParenthesis
        case UInt8(ascii: "["): return .leftBracket
        case UInt8(ascii: "]"): return .rightBracket
        case UInt8(ascii: "{"): return .leftBrace
        case UInt8(ascii: "}"): return .rightBrace
        case UInt8(ascii: ","): return .comma
        case UInt8(ascii: ";"): return .semicolon
        case UInt8(ascii: "."): return .dot
        case UInt8(ascii: ":"): return .colon
        case UInt8(ascii: "+"): return .plus
        case UInt8(ascii: "-"): return .minus
        case UInt8(ascii: "*"): return .star
        case UInt8(ascii: "/"): return .slash
        case UInt8(ascii: "%"): return .percent
        case UInt8(ascii: "="): return .equal
        case UInt8(ascii: "<"): return .less
        case UInt8(ascii: ">"): return .greater
        case UInt8(ascii: "?"): return .question
        default: return .unknown
        }
    }

    /// The symbols of two and more characters.
    private func longSymbol(_ first: UInt8, _ second: UInt8) -> (SQLToken.Kind, Int)? {
        switch (first, second) {
        case (UInt8(ascii: ":"), UInt8(ascii: ":")): (.doubleColon, 2)
        case (UInt8(ascii: ":"), UInt8(ascii: "=")): (.colonEqual, 2)
        case (UInt8(ascii: "|"), UInt8(ascii: "|")): (.concatenate, 2)
        case (UInt8(ascii: "!"), UInt8(ascii: "=")), (UInt8(ascii: "<"), UInt8(ascii: ">")): (.notEqual, 2)
        case (UInt8(ascii: "<"), UInt8(ascii: "=")): (.lessOrEqual, 2)
        case (UInt8(ascii: ">"), UInt8(ascii: "=")): (.greaterOrEqual, 2)
        case (UInt8(ascii: "="), UInt8(ascii: ">")): (.arrow, 2)
        case (UInt8(ascii: "="), UInt8(ascii: "=")): (.doubleEqual, 2)
        case (UInt8(ascii: "*"), UInt8(ascii: "*")): (.power, 2)
        case (UInt8(ascii: "-"), UInt8(ascii: ">")):
            byte(2) == UInt8(ascii: ">") ? (.flow, 3) : (.thinArrow, 2)
        default: nil
        }
    }
}

extension UInt8 {
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
    /// The upper-case letter of a lower-case one of ASCII, otherwise the byte itself.
    var upperCased: UInt8 { self &- UInt8(ascii: "a") < 26 ? self &- 32 : self }
    /// A letter, an underscore, or a part of a character beyond ASCII.
    var startsName: Bool {
        (self | 0x20) &- UInt8(ascii: "a") < 26 || self == UInt8(ascii: "_") || self >= 0x80
    }
    var continuesName: Bool { startsName || isDigit || self == UInt8(ascii: "$") }
}

extension [UInt8] {
    /// Whether the bytes from `start` to `end` are `word` (in upper case), in any case of ASCII letters.
    @inline(__always)
    func spells(_ word: StaticString, from start: Int, to end: Int) -> Bool {
        guard end - start == word.utf8CodeUnitCount else { return false }
        for offset in 0..<(end - start) where self[start + offset].upperCased != word.utf8Start[offset] {
            return false
        }
        return true
    }
}
