/// A token: what it is and which bytes of the text it covers.
struct SQLToken {
    enum Kind: UInt8 {
        /// A keyword or an unquoted name: only its place tells which.
        case word
        case quotedName
        case string
        /// `$$…$$`
        case rawString
        case number
        /// `$1`
        case ordinal
        /// `$name`
        case variable
        /// `@stage/path`
        case stage
        /// `file://…` of PUT and GET
        case fileURL
        case leftParenthesis, rightParenthesis, leftBracket, rightBracket, leftBrace, rightBrace
        case comma, semicolon, dot, colon, doubleColon, arrow
        case plus, minus, star, slash, percent, concatenate
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
        case end
        /// What no statement may contain; `SQLLexer.problem` says why.
        case unterminated, unknown, doubleEqual, thinArrow, flow, question, power, colonEqual, numberTail
    }

    var kind: Kind
    var start: Int
    var end: Int

    /// Whether the lexer could not make sense of it.
    var isBad: Bool { kind.rawValue >= Kind.unterminated.rawValue }

    /// Whether a value or a name may consist of it.
    var isOperand: Bool { kind.rawValue <= Kind.variable.rawValue }
}
