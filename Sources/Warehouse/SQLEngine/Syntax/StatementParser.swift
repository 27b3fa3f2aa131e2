/// A parser by recursive descent over the tokens of one text. Its extensions hold the grammar.
struct StatementParser {
    /// How many levels expressions, queries and tables in FROM may be nested, and how high the trees may become: what
    /// walks them by recursion must get along with the stack of a thread. What needs more of the stack counts for more
    /// than one level.
    static let depthMax = 200

    let bytes: [UInt8]
    let tokens: [SQLToken]
    private(set) var index = 0
    private var depth = 0
    /// The height of the highest tree parsed so far on the current level.
    private var height = 0

    init(_ sql: String) throws(SQLError) {
        bytes = Array(sql.utf8)
        var lexer = SQLLexer(bytes)
        var tokens: [SQLToken] = []
        tokens.reserveCapacity(bytes.count / 5 + 2)
        while true {
            let token = lexer.next()
            if token.isBad { throw SQLLexer.problem(token, in: bytes) }
            tokens.append(token)
            if token.kind == .end { break }
        }
        self.tokens = tokens
    }

    // MARK: Tokens

    var token: SQLToken { tokens[index] }
    var kind: SQLToken.Kind { tokens[index].kind }
    /// Where the current token stands.
    var position: Int { tokens[index].start }
    /// Where the token before the current one ends.
    var endOfPrevious: Int { index > 0 ? tokens[index - 1].end : 0 }

    /// The kind of the token `offset` places on.
    func kind(_ offset: Int) -> SQLToken.Kind {
        index + offset < tokens.count ? tokens[index + offset].kind : .end
    }

    mutating func advance() { if index + 1 < tokens.count { index += 1 } }

    /// Goes to the place of a token; only forward.
    mutating func skip(_ count: Int) { index = min(index + count, tokens.count - 1) }

    func text(_ token: SQLToken) -> String { String(decoding: bytes[token.start..<token.end], as: UTF8.self) }

    /// The current word, folded.
    var word: String { folded(token) }

    func folded(_ token: SQLToken) -> String { SQLIdentifier.fold(bytes[token.start..<token.end]) }

    /// Whether the token `offset` places on is the word, in any case.
    @inline(__always)
    func at(_ word: StaticString, _ offset: Int = 0) -> Bool {
        guard index + offset < tokens.count else { return false }
        let token = tokens[index + offset]
        return token.kind == .word && bytes.spells(word, from: token.start, to: token.end)
    }

    func at(_ first: StaticString, then second: StaticString) -> Bool { at(first) && at(second, 1) }

    mutating func accept(_ kind: SQLToken.Kind) -> Bool {
        guard self.kind == kind else { return false }
        advance()
        return true
    }

    mutating func accept(_ word: StaticString) -> Bool {
        guard at(word) else { return false }
        advance()
        return true
    }

    mutating func accept(_ first: StaticString, _ second: StaticString) -> Bool {
        guard at(first), at(second, 1) else { return false }
        skip(2)
        return true
    }

    mutating func accept(_ first: StaticString, _ second: StaticString, _ third: StaticString) -> Bool {
        guard at(first), at(second, 1), at(third, 2) else { return false }
        skip(3)
        return true
    }

    mutating func expect(_ word: StaticString, hint: String? = nil) throws(SQLError) {
        guard accept(word) else { throw failure("\(word)", hint: hint) }
    }

    mutating func expect(_ kind: SQLToken.Kind, _ text: String, hint: String? = nil) throws(SQLError) {
        guard accept(kind) else { throw failure(text, hint: hint ?? separatorHint(kind)) }
    }

    /// What people usually forget where a list goes on.
    private func separatorHint(_ kind: SQLToken.Kind) -> String? {
        guard kind == .rightParenthesis || kind == .rightBracket, token.isOperand, index > 0 else {
            return nil
        }
        let before = tokens[index - 1]
        guard before.isOperand || before.kind == .rightParenthesis else { return nil }
        return "is a comma or an operator missing before it?"
    }

    // MARK: Depth

    /// Goes one level down; `leave` must get what it returns.
    mutating func enter(_ levels: Int = 1) throws(SQLError) -> Int {
        guard depth + levels <= Self.depthMax else { throw tooDeep }
        depth += levels
        defer { height = 0 }
        return height
    }

    mutating func leave(_ outer: Int, _ levels: Int = 1) {
        depth -= levels
        height = max(outer, height + 1)
    }

    /// Puts `levels` on top of the tree parsed last on this level.
    mutating func grow(_ levels: Int = 1) throws(SQLError) {
        height += levels
        guard height <= Self.depthMax else { throw tooDeep }
    }

    private var tooDeep: SQLError {
        SQLError(
            .syntax, "The statement is nested too deeply (more than \(Self.depthMax) levels)",
            position: position)
    }

    // MARK: Errors

    /// An error that says what stands here instead of what is expected.
    func failure(_ expected: String, hint: String? = nil) -> SQLError {
        let message = "\(found) stands where \(expected) is expected"
        return SQLError(.syntax, hint.map { "\(message); \($0)" } ?? message, position: position)
    }

    func unsupported(_ what: String, at position: Int? = nil) -> SQLError {
        SQLError(.unsupported, "\(what) not supported", position: position ?? self.position)
    }

    func wrong(_ message: String, at position: Int? = nil) -> SQLError {
        SQLError(.syntax, message, position: position ?? self.position)
    }

    /// The current token as messages name it.
    private var found: String {
        guard kind != .end else { return "The end of the text" }
        let text = text(token)
        return text.utf8.count > 40 ? "'\(text.prefix(40))…'" : kind == .string ? text : "'\(text)'"
    }

    /// Checks that nothing but semicolons is left.
    mutating func finish() throws(SQLError) {
        let hadSemicolon = kind == .semicolon
        while accept(.semicolon) {}
        guard kind != .end else { return }
        if hadSemicolon {
            throw wrong("Only one statement is expected; another begins here")
        }
        throw failure("the end of the statement", hint: hintAtEnd)
    }

    /// Why something may stand behind a statement that seemed to be over.
    private var hintAtEnd: String? {
        switch kind {
        case .rightParenthesis: return "no parenthesis is open"
        case .comma: return "is something missing before the comma?"
        case .word:
            for clause: StaticString in ["FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "ORDER", "LIMIT"]
            where at(clause) {
                return "the order is SELECT, FROM, WHERE, GROUP BY, HAVING, QUALIFY, ORDER BY, LIMIT"
            }
            for operation: StaticString in ["UNION", "EXCEPT", "MINUS", "INTERSECT"] where at(operation) {
                return "a query with ORDER BY or LIMIT needs parentheses before a set operator"
            }
            if at("ON") || at("USING") { return "join conditions stand right behind the joined table" }
            return "is a comma or an operator missing before it, or are quotes missing around a name?"
        case .quotedName, .number, .string, .rawString, .ordinal, .variable:
            return "is a comma or an operator missing before it?"
        default: return nil
        }
    }
}

/// How names are folded.
package enum SQLIdentifier {
    /// The name in upper case.
    static func fold(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.allSatisfy({ $0 < 0x80 }) else {
            return String(decoding: bytes, as: UTF8.self).uppercased()
        }
        return String(unsafeUninitializedCapacity: bytes.count) { buffer in
            for (offset, byte) in bytes.enumerated() { buffer[offset] = byte.upperCased }
            return bytes.count
        }
    }
}
