extension StatementParser {
    // MARK: Identifiers

    /// Whether a name can stand at the token `offset` places on.
    func isName(_ offset: Int = 0) -> Bool {
        guard index + offset < tokens.count else { return false }
        let token = tokens[index + offset]
        return token.kind == .quotedName || token.kind == .word && !ReservedWords.all.contains(folded(token))
    }

    /// A name; `expected` says of what.
    mutating func identifier(_ expected: String) throws(SQLError) -> Identifier {
        let token = token
        switch token.kind {
        case .quotedName:
            let name = StringLiteral.decodeName(bytes, token.start..<token.end)
            guard !name.isEmpty else { throw wrong("A name in double quotes must not be empty") }
            advance()
            return Identifier(name, position: token.start)
        case .word:
            let name = folded(token)
            guard !ReservedWords.all.contains(name) else {
                throw failure(expected, hint: "\(name) is a reserved word; as a name it needs double quotes")
            }
            advance()
            return Identifier(name, position: token.start)
        case .string:
            throw failure(expected, hint: "names are quoted with double quotes, single quotes make strings")
        default: throw failure(expected)
        }
    }

    /// The name of an object: up to three parts with points between, or `IDENTIFIER('name')`.
    mutating func objectName(_ expected: String, partsMax: Int = 3) throws(SQLError) -> ObjectName {
        if at("IDENTIFIER"), kind(1) == .leftParenthesis { return try nameByIdentifier() }
        var parts = [try identifier(expected)]
        while kind == .dot {
            advance()
            // `database..table` means the schema PUBLIC.
            if kind == .dot, parts.count == 1 {
                parts.append(Identifier("PUBLIC", position: position))
                continue
            }
            parts.append(try identifier("a name behind the point"))
        }
        guard parts.count <= partsMax else {
            throw wrong(
                "A name has at most \(partsMax) parts here (database, schema, object), not \(parts.count)",
                at: parts[0].position)
        }
        return ObjectName(parts)
    }

    /// `IDENTIFIER('name')` or `IDENTIFIER($variable)`; the variable stays for the session to resolve, as a name that
    /// begins with `$`.
    private mutating func nameByIdentifier() throws(SQLError) -> ObjectName {
        let start = position
        skip(2)
        let argument = token
        var name: ObjectName
        switch argument.kind {
        case .string, .rawString:
            let text = try string("a name in quotes")
            do throws(SQLError) {
                name = try SQLParser.parseObjectName(text)
            } catch {
                throw SQLError(error.code, error.message, position: argument.start)
            }
        case .variable:
            advance()
            name = ObjectName([Identifier(folded(argument), position: start)])
        default: throw failure("a name in quotes or a variable")
        }
        for part in name.parts.indices { name.parts[part].position = start }
        try expect(.rightParenthesis, "')'")
        return name
    }

    /// `(a, b, …)`.
    mutating func identifiersInParentheses(_ expected: String) throws(SQLError) -> [Identifier] {
        try expect(.leftParenthesis, "'('")
        var names: [Identifier] = []
        repeat { names.append(try identifier(expected)) } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        return names
    }

    // MARK: Literals

    /// A string, of either form.
    mutating func string(_ expected: String) throws(SQLError) -> String {
        let token = token
        switch token.kind {
        case .string:
            advance()
            return try StringLiteral.decode(bytes, token.start..<token.end)
        case .rawString:
            advance()
            return String(decoding: bytes[(token.start + 2)..<(token.end - 2)], as: UTF8.self)
        case .quotedName:
            throw failure(expected, hint: "strings are quoted with single quotes, double quotes make names")
        default: throw failure(expected)
        }
    }

    /// A whole number that may have a sign.
    mutating func integer(_ expected: String) throws(SQLError) -> Int64 {
        let sign = kind == .minus ? "-" : ""
        let start = position
        if kind == .minus || kind == .plus { advance() }
        guard kind == .number, let value = Int64(sign + text(token)) else {
            throw kind == .number
                ? wrong("'\(sign)\(text(token))' is no whole number of 64 bits", at: start)
                : failure(expected)
        }
        advance()
        return value
    }

    /// A whole number without a sign, of at most `maximum`.
    mutating func count(_ expected: String, maximum: Int = .max) throws(SQLError) -> Int {
        guard kind == .number else { throw failure(expected) }
        guard let value = Int(text(token)), value <= maximum else {
            throw failure("\(expected)\(maximum == .max ? "" : " up to \(maximum)")")
        }
        advance()
        return value
    }

    // MARK: Texts

    /// The source of the tokens from `first` up to `last`, in upper case outside double quotes, without comments and
    /// with single blanks: what Snowflake shows as the name of a column without alias.
    func sourceText(from first: Int, to last: Int) -> String {
        var text = ""
        for place in first..<max(first, last) {
            let token = tokens[place]
            if place > first, tokens[place - 1].end < token.start { text += " " }
            text += token.kind == .quotedName ? self.text(token) : folded(token)
        }
        return text
    }
}
