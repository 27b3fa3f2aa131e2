import Vectors

extension StatementParser {
    /// A value without operators.
    mutating func primary() throws(SQLError) -> Expression {
        let place = position
        switch kind {
        case .number:
            defer { advance() }
            return Expression(.number(text(token)), at: place)
        case .string, .rawString:
            return Expression(.string(try string("a string")), at: place)
        case .ordinal:
            guard let number = Int(text(token).dropFirst()), number > 0 else {
                throw wrong("Columns are counted from $1")
            }
            advance()
            return Expression(.ordinal(number), at: place)
        case .variable:
            let name = Identifier(word, position: place)
            advance()
            return Expression(.column([name]), at: place)
        case .word, .quotedName:
            // Calls and CASE need more of the stack than operators do.
            let outer = try enter()
            let value = kind == .word ? try wordPrimary() : try name()
            leave(outer)
            return value
        case .leftParenthesis:
            switch try parenthesized() {
            case .query(let query): return Expression(.subquery(query), at: place)
            case .list(let list):
                if list.count == 1 { return list[0] }
                guard !list.isEmpty else { throw wrong("The parentheses are empty", at: place) }
                return Expression(.tuple(list), at: place)
            }
        case .leftBracket: return try array()
        case .leftBrace: return try object()
        case .star:
            throw failure("an expression", hint: "'*' stands alone in a SELECT list or in COUNT(*)")
        case .stage:
            throw failure("an expression", hint: "stages stand in FROM")
        case .colon:
            throw failure(
                "an expression", hint: "bind variables are not supported; write $name behind SET name = …")
        default: throw failure("an expression")
        }
    }

    /// An expression that begins with a word.
    private mutating func wordPrimary() throws(SQLError) -> Expression {
        let place = position
        if kind(1) == .leftParenthesis, let special = try specialCall() { return special }
        if accept("NULL") { return Expression(.null, at: place) }
        if accept("TRUE") { return Expression(.boolean(true), at: place) }
        if accept("FALSE") { return Expression(.boolean(false), at: place) }
        if at("CASE") { return try caseExpression() }
        if at("EXISTS") {
            advance()
            guard kind == .leftParenthesis else { throw failure("'(' and a query") }
            switch try parenthesized() {
            case .query(let query): return Expression(.exists(query), at: place)
            case .list(let list):
                if list.count == 1, case .subquery(let query) = list[0].kind {
                    return Expression(.exists(query), at: place)
                }
                throw wrong("EXISTS needs a query in its parentheses", at: place)
            }
        }
        if at("INTERVAL"), let interval = try interval() { return interval }
        if kind(1) == .string || kind(1) == .rawString, let type = literalType {
            advance()
            return Expression(.typedLiteral(type, try string("a string")), at: place)
        }
        return try name()
    }

    /// The type of `DATE '…'` and the like.
    private var literalType: SQLType? {
        if at("DATE") { return .date }
        if at("TIME") { return .time }
        if at("TIMESTAMP") || at("TIMESTAMP_NTZ") || at("DATETIME") || at("TIMESTAMPNTZ") {
            return .timestampNTZ
        }
        if at("TIMESTAMP_LTZ") || at("TIMESTAMPLTZ") { return .timestampLTZ }
        if at("TIMESTAMP_TZ") || at("TIMESTAMPTZ") { return .timestampTZ }
        return nil
    }

    private mutating func caseExpression() throws(SQLError) -> Expression {
        let place = position
        advance()
        let operand = at("WHEN") ? nil : try expression()
        var branches: [(when: Expression, then: Expression)] = []
        while accept("WHEN") {
            let when = try expression()
            try expect("THEN")
            branches.append((when, try expression()))
        }
        guard !branches.isEmpty else { throw failure("WHEN") }
        let otherwise = accept("ELSE") ? try expression() : nil
        try expect("END", hint: "CASE goes up to END")
        return Expression(.caseWhen(operand: operand, branches: branches, otherwise: otherwise), at: place)
    }

    /// A column, or a function with its parentheses.
    private mutating func name() throws(SQLError) -> Expression {
        let place = position
        if kind == .word {
            let name = word
            let isCall = kind(1) == .leftParenthesis
            if isCall, ReservedWords.functions.contains(name) {
                advance()
                return try call(ObjectName([Identifier(name, position: place)]))
            }
            if !isCall, ReservedWords.bareFunctions.contains(name) {
                advance()
                let call = FunctionCall(name: ObjectName([Identifier(name, position: place)]))
                return Expression(.function(call), at: place)
            }
            if ReservedWords.notColumns.contains(name) {
                throw failure(
                    "an expression", hint: "\(name) is a reserved word; as a column it needs double quotes")
            }
        }
        var parts = [try identifier("an expression")]
        while kind == .dot {
            advance()
            if kind == .ordinal {
                parts.append(Identifier(text(token), position: position))
                advance()
                break
            }
            if kind == .star { throw failure("a column", hint: "'t.*' stands alone in a SELECT list") }
            parts.append(try identifier("a column behind the point"))
        }
        if kind == .leftParenthesis {
            guard parts.count <= 3 else {
                throw wrong("A function's name has at most three parts", at: place)
            }
            return try call(ObjectName(parts))
        }
        guard parts.count <= 4 else {
            throw wrong(
                "A column's name has at most four parts; a path into a VARIANT begins with a colon: v:a.b",
                at: place)
        }
        return Expression(.column(parts), at: place)
    }

    /// `[1, 2]`.
    private mutating func array() throws(SQLError) -> Expression {
        let place = position
        advance()
        var values: [Expression] = []
        if kind != .rightBracket {
            repeat { values.append(try expression()) } while accept(.comma)
        }
        try expect(.rightBracket, "']' or ','")
        return Expression(.array(values), at: place)
    }

    /// `{'a': 1}`.
    private mutating func object() throws(SQLError) -> Expression {
        let place = position
        advance()
        var pairs: [(key: String, value: Expression)] = []
        if kind == .star { throw unsupported("{*} (objects of all columns) is", at: place) }
        if kind != .rightBrace {
            repeat {
                let key = try string("a key in single quotes")
                try expect(.colon, "':'")
                pairs.append((key, try expression()))
            } while accept(.comma)
        }
        try expect(.rightBrace, "'}' or ','")
        return Expression(.object(pairs), at: place)
    }
}
