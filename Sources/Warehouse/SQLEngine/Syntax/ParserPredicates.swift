extension StatementParser {
    /// Whether IS, IN, BETWEEN, LIKE or one of them with NOT stands here.
    var startsPredicate: Bool {
        if at("NOT") { return predicateWord(1) }
        return at("IS") || predicateWord(0)
    }

    private func predicateWord(_ offset: Int) -> Bool {
        at("IN", offset) || at("LIKE", offset) || at("BETWEEN", offset) || at("ILIKE", offset)
            || at("RLIKE", offset) || at("REGEXP", offset)
    }

    /// Goes on behind `left` at a predicate.
    mutating func predicate(_ left: Expression) throws(SQLError) -> Expression {
        let place = position
        if accept("IS") { return try isPredicate(left, place) }
        let negated = accept("NOT")
        if accept("IN") { return try inPredicate(left, negated, place) }
        if accept("BETWEEN") {
            let low = try expression(Precedence.additive)
            try expect("AND", hint: "BETWEEN needs a lower and an upper bound")
            let high = try expression(Precedence.additive)
            return Expression(.between(left, low, high, negated: negated), at: place)
        }
        return try likePredicate(left, negated, place)
    }

    private mutating func isPredicate(_ left: Expression, _ place: Int) throws(SQLError) -> Expression {
        let negated = accept("NOT")
        if accept("NULL") { return Expression(.isNull(left, negated: negated), at: place) }
        if accept("TRUE") { return Expression(.isBoolean(left, true, negated: negated), at: place) }
        if accept("FALSE") { return Expression(.isBoolean(left, false, negated: negated), at: place) }
        guard accept("DISTINCT") else {
            throw failure("NULL, TRUE, FALSE or DISTINCT FROM", hint: "values are compared with = and <>")
        }
        try expect("FROM")
        let right = try expression(Precedence.additive)
        return Expression(.isDistinctFrom(left, right, negated: negated), at: place)
    }

    private mutating func inPredicate(
        _ left: Expression, _ negated: Bool, _ place: Int
    ) throws(SQLError) -> Expression {
        guard kind == .leftParenthesis else {
            throw failure("'(' behind IN", hint: "for arrays there is ARRAY_CONTAINS(value, array)")
        }
        switch try parenthesized() {
        case .query(let query): return Expression(.inSubquery(left, query, negated: negated), at: place)
        case .list(let list):
            guard !list.isEmpty else { throw wrong("The list of IN is empty", at: place) }
            // More parentheses around a query change nothing.
            if list.count == 1, case .subquery(let query) = list[0].kind {
                return Expression(.inSubquery(left, query, negated: negated), at: place)
            }
            return Expression(.inList(left, list, negated: negated), at: place)
        }
    }

    private mutating func likePredicate(
        _ value: Expression, _ negated: Bool, _ place: Int
    ) throws(SQLError) -> Expression {
        let form: LikePredicate.Form = at("LIKE") ? .like : at("ILIKE") ? .ilike : .regular
        advance()
        let quantifier: LikePredicate.Quantifier = at("ANY") || at("SOME") ? .any : at("ALL") ? .all : .one
        var patterns: [Expression]
        if quantifier == .one {
            patterns = [try expression(Precedence.additive)]
        } else {
            guard form != .regular else { throw unsupported("RLIKE with ANY or ALL is") }
            advance()
            guard kind == .leftParenthesis else { throw failure("'(' and a list of patterns") }
            guard case .list(let list) = try parenthesized() else {
                throw unsupported("LIKE ANY and LIKE ALL with a query are", at: place)
            }
            guard !list.isEmpty else { throw wrong("The list of patterns is empty", at: place) }
            patterns = list
        }
        var escape: Expression?
        if at("ESCAPE") {
            guard form != .regular else {
                throw failure("no ESCAPE", hint: "patterns of RLIKE escape with \\\\")
            }
            advance()
            escape = try expression(Precedence.additive)
        }
        return Expression(
            .like(
                LikePredicate(
                    form: form, quantifier: quantifier, value: value, patterns: patterns, escape: escape,
                    negated: negated)), at: place)
    }

    // MARK: Parentheses

    /// What stands in parentheses.
    enum Parenthesized {
        case list([Expression])
        case query(Query)
    }

    /// Whether a query begins `offset` places on, without parentheses before it.
    func startsQuery(_ offset: Int = 0) -> Bool {
        at("SELECT", offset) || at("WITH", offset) || at("VALUES", offset)
    }

    /// Whether the token goes on with a query whose first part, in parentheses, has just been read.
    var continuesQuery: Bool {
        at("UNION") || at("EXCEPT") || at("MINUS") || at("INTERSECT") || at("ORDER") || at("LIMIT")
            || at("OFFSET") || at("FETCH")
    }

    /// `(a, b)`, `()` or `(query)`, from the opening parenthesis on.
    mutating func parenthesized() throws(SQLError) -> Parenthesized {
        let start = position
        advance()
        if startsQuery() {
            let query = try query()
            try expect(.rightParenthesis, "')'")
            return .query(query)
        }
        var list: [Expression] = []
        guard !accept(.rightParenthesis) else { return .list([]) }
        repeat {
            let item = try expression()
            // `((SELECT …) UNION …)`: only behind the first query is it clear that all of it is one.
            if list.isEmpty, case .subquery(let first) = item.kind, continuesQuery {
                let query = try query(continuing: first, at: start)
                try expect(.rightParenthesis, "')'")
                return .query(query)
            }
            list.append(item)
        } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        return .list(list)
    }
}
