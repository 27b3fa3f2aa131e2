extension SQLLexer {
    /// What is wrong with a bad token, and how to write it instead.
    static func problem(_ token: SQLToken, in bytes: [UInt8]) -> SQLError {
        let first = token.start < bytes.count ? bytes[token.start] : 0
        let text = String(decoding: bytes[token.start..<min(token.end, bytes.count)], as: UTF8.self)
        return switch token.kind {
        case .unterminated: SQLError(.syntax, unterminated(first), position: token.start)
        case .doubleEqual:
            SQLError(.syntax, "'==' is no operator; equality is written '='", position: token.start)
        case .thinArrow:
            SQLError(.unsupported, "'->' (lambda expressions) is not supported", position: token.start)
        case .flow:
            SQLError(
                .unsupported, "The flow operator '->>' is not supported; use a WITH clause",
                position: token.start)
        case .question:
            SQLError(
                .unsupported, "'?' (bind variables) is not supported; use SET name = value and $name",
                position: token.start)
        case .power:
            SQLError(.syntax, "'**' is no operator; write POWER(x, y)", position: token.start)
        case .colonEqual:
            SQLError(
                .unsupported, "':=' (scripting) is not supported; variables are set with SET name = value",
                position: token.start)
        case .numberTail:
            SQLError(
                .syntax,
                "'\(text)' is neither a number nor a name; a name that begins with a digit needs double quotes",
                position: token.start)
        default:
            SQLError(.syntax, unknown(first, bytes, token), position: token.start)
        }
    }

    private static func unterminated(_ first: UInt8) -> String {
        switch first {
        case UInt8(ascii: "'"):
            #"The string that begins here has no closing quote; a quote inside is written '' or \'"#
        case UInt8(ascii: "\""), UInt8(ascii: "@"):
            "The name in double quotes that begins here has no closing quote"
        case UInt8(ascii: "$"): "The string that begins with $$ here has no closing $$"
        default: "The comment that begins with /* here has no closing */"
        }
    }

    private static func unknown(_ first: UInt8, _ bytes: [UInt8], _ token: SQLToken) -> String {
        switch first {
        case UInt8(ascii: "`"): return "Names are quoted with double quotes, not with backticks"
        case UInt8(ascii: "#"): return "'#' begins no comment; write -- or //"
        case UInt8(ascii: "|"), UInt8(ascii: "&"), UInt8(ascii: "^"), UInt8(ascii: "~"):
            let character = Character(Unicode.Scalar(first))
            return "'\(character)' is no operator; use "
                + (first == UInt8(ascii: "|")
                    ? "|| to concatenate, BITOR for bits, or OR"
                    : first == UInt8(ascii: "&")
                        ? "AND, or BITAND for bits"
                        : first == UInt8(ascii: "^") ? "POWER or BITXOR" : "BITNOT or RLIKE")
        case UInt8(ascii: "!"): return "'!' is no operator; write NOT, or <> for unequal"
        case UInt8(ascii: "\\"): return "A backslash may only stand in a string"
        case UInt8(ascii: "$"): return "'$' must be followed by a column's number, a variable's name or $"
        case 0x21..<0x7F: return "'\(Character(Unicode.Scalar(first)))' is not expected here"
        default: return "A control character (\(first)) is not expected here"
        }
    }
}
