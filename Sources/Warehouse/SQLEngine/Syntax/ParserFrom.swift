extension StatementParser {
    /// What stands behind FROM: tables with commas between.
    mutating func fromClause() throws(SQLError) -> TableExpression {
        var left = try joinedTables()
        while kind == .comma {
            let place = position
            advance()
            let right = try joinedTables()
            try grow()
            left = .join(Join(kind: .cross, left: left, right: right, condition: .none, position: place))
        }
        return left
    }

    /// A table with its joins.
    private mutating func joinedTables() throws(SQLError) -> TableExpression {
        var left = try tableFactor()
        while let join = try join(left) {
            try grow()
            left = .join(join)
        }
        return left
    }

    // MARK: Joins

    /// A join onto `left`, if one stands here.
    private mutating func join(_ left: TableExpression) throws(SQLError) -> Join? {
        let place = position
        guard kind == .word else { return nil }
        if accept("ASOF", "JOIN") { return try asofJoin(left, place) }
        if accept("CROSS") {
            try expect("JOIN")
            let right = try tableFactor()
            if at("ON") || at("USING") {
                throw failure("the end of CROSS JOIN", hint: "a join with a condition is an INNER JOIN")
            }
            return Join(kind: .cross, left: left, right: right, condition: .none, position: place)
        }
        let isNatural = accept("NATURAL")
        guard let kind = try joinKind() else {
            guard isNatural else { return nil }
            throw failure("JOIN")
        }
        let right = try tableFactor()
        if isNatural {
            return Join(kind: kind, left: left, right: right, condition: .natural, position: place)
        }
        let condition = try joinCondition()
        // Only an inner join makes sense without a condition, or what reads each row of the left side anyway.
        if case .none = condition, kind != .inner, kind != .left || !right.isLateral {
            throw failure("ON or USING", hint: "a join without condition is a CROSS JOIN")
        }
        return Join(kind: kind, left: left, right: right, condition: condition, position: place)
    }

    private mutating func joinKind() throws(SQLError) -> Join.Kind? {
        if accept("JOIN") || accept("INNER", "JOIN") { return .inner }
        let sides: [(StaticString, Join.Kind)] = [("LEFT", .left), ("RIGHT", .right), ("FULL", .full)]
        for (word, kind) in sides where at(word) {
            if at("SEMI", 1) || at("ANTI", 1) {
                throw SQLError(
                    .unsupported, "SEMI and ANTI joins are not supported; write [NOT] EXISTS or [NOT] IN",
                    position: position)
            }
            advance()
            _ = accept("OUTER")
            try expect("JOIN")
            return kind
        }
        return nil
    }

    private mutating func joinCondition() throws(SQLError) -> Join.Condition {
        if accept("ON") { return .on(try expression()) }
        if accept("USING") { return .using(try identifiersInParentheses("a column")) }
        return .none
    }

    private mutating func asofJoin(_ left: TableExpression, _ place: Int) throws(SQLError) -> Join {
        let right = try tableFactor()
        try expect(
            "MATCH_CONDITION",
            hint: "ASOF JOIN needs MATCH_CONDITION (left.time >= right.time), then ON or USING")
        try expect(.leftParenthesis, "'('")
        let match = try expression()
        guard case .binary(let symbol, _, _) = match.kind,
            [.less, .lessOrEqual, .greater, .greaterOrEqual].contains(symbol)
        else { throw wrong("MATCH_CONDITION takes one comparison with <, <=, > or >=", at: match.position) }
        try expect(.rightParenthesis, "')'", hint: "MATCH_CONDITION takes one comparison")
        let condition = Join.Condition.match(match, try joinCondition())
        return Join(kind: .asof, left: left, right: right, condition: condition, position: place)
    }

    // MARK: Tables

    /// A table, with alias, SAMPLE, PIVOT and UNPIVOT.
    mutating func tableFactor() throws(SQLError) -> TableExpression {
        let outer = try enter(2)
        var table = try tablePrimary()
        while true {
            if at("PIVOT"), kind(1) == .leftParenthesis {
                table = try pivot(table)
            } else if at("UNPIVOT"), kind(1) == .leftParenthesis || at("INCLUDE", 1) || at("EXCLUDE", 1) {
                table = try unpivot(table)
            } else if at("SAMPLE") || at("TABLESAMPLE") {
                table = try sample(table)
            } else if at("MATCH_RECOGNIZE"), kind(1) == .leftParenthesis {
                throw unsupported("MATCH_RECOGNIZE is")
            } else {
                break
            }
            try grow()
        }
        leave(outer, 2)
        return table
    }

    private mutating func tablePrimary() throws(SQLError) -> TableExpression {
        let place = position
        switch kind {
        case .stage, .string: return try stageTable()
        case .leftParenthesis: return try tableInParentheses()
        case .word:
            if accept("VALUES") {
                let rows = try valuesRows()
                return .values(rows, alias: try tableAlias(), position: place)
            }
            if at("LATERAL") { return try lateral() }
            if at("TABLE"), kind(1) == .leftParenthesis { return try tableFunction() }
        default: break
        }
        if startsQuery() { throw failure("a table", hint: "a query in FROM needs parentheses") }
        let name = try objectName("a table")
        if kind == .leftParenthesis {
            throw failure(
                "an alias or the next clause", hint: "functions in FROM are written TABLE(\(name)(…))")
        }
        if at("AT") || at("BEFORE"), kind(1) == .leftParenthesis {
            throw unsupported("Time travel (AT, BEFORE) is")
        }
        if at("CHANGES"), kind(1) == .leftParenthesis { throw unsupported("CHANGES is") }
        return .table(TableReference(name: name, alias: try tableAlias()))
    }

    /// `[AS] name [(columns)]`, if it is there.
    mutating func tableAlias() throws(SQLError) -> TableAlias? {
        if !accept("AS") {
            guard
                kind == .quotedName
                    || kind == .word && isName() && !ReservedWords.notTableAliases.contains(word)
            else { return nil }
            if at("MATCH_RECOGNIZE"), kind(1) == .leftParenthesis { return nil }
        }
        let name = try identifier("an alias")
        let columns = kind == .leftParenthesis ? try identifiersInParentheses("a column") : []
        return TableAlias(name: name, columns: columns)
    }

    /// `(SELECT …)` or `(a JOIN b)`.
    private mutating func tableInParentheses() throws(SQLError) -> TableExpression {
        let place = position
        advance()
        if startsQuery() {
            let query = try query()
            try expect(.rightParenthesis, "')'")
            return .subquery(query, alias: try tableAlias(), isLateral: false, position: place)
        }
        let inner = try fromClause()
        if case .subquery(let first, nil, false, _) = inner, continuesQuery {
            let query = try query(continuing: first, at: place)
            try expect(.rightParenthesis, "')'")
            return .subquery(query, alias: try tableAlias(), isLateral: false, position: place)
        }
        try expect(.rightParenthesis, "')'")
        let aliasPlace = position
        guard let alias = try tableAlias() else { return inner }
        switch inner {
        case .subquery(let query, nil, let isLateral, let position):
            return .subquery(query, alias: alias, isLateral: isLateral, position: position)
        case .table(var reference) where reference.alias == nil:
            reference.alias = alias
            return .table(reference)
        default:
            throw wrong(
                "Only a table or a query can have an alias, not a join in parentheses", at: aliasPlace)
        }
    }

    private mutating func lateral() throws(SQLError) -> TableExpression {
        let place = position
        advance()
        if kind == .leftParenthesis {
            guard startsQuery(1) else {
                advance()
                throw failure("a query")
            }
            advance()
            let query = try query()
            try expect(.rightParenthesis, "')'")
            return .subquery(query, alias: try tableAlias(), isLateral: true, position: place)
        }
        if at("TABLE"), kind(1) == .leftParenthesis {
            guard case .function(let call, let alias, _, _) = try tableFunction() else {
                throw wrong("LATERAL needs a query or a function", at: place)
            }
            return .function(call, alias: alias, isLateral: true, position: place)
        }
        let call = try plainCall("a query in parentheses or a function, such as FLATTEN,")
        return .function(call, alias: try tableAlias(), isLateral: true, position: place)
    }

    /// `TABLE(f(…))` or `TABLE('name')`.
    private mutating func tableFunction() throws(SQLError) -> TableExpression {
        let place = position
        skip(2)
        if kind == .string || kind == .rawString || kind == .variable {
            var name: ObjectName
            if kind == .variable {
                name = ObjectName([Identifier(word)])
                advance()
            } else {
                let textPlace = position
                let text = try string("a table's name")
                do throws(SQLError) { name = try SQLParser.parseObjectName(text) } catch {
                    throw SQLError(error.code, error.message, position: textPlace)
                }
            }
            for part in name.parts.indices { name.parts[part].position = place }
            try expect(.rightParenthesis, "')'")
            return .table(TableReference(name: name, alias: try tableAlias()))
        }
        let call = try plainCall("a function")
        if at("OVER") { throw unsupported("OVER with functions in FROM is") }
        try expect(.rightParenthesis, "')'")
        // These see the tables before them even without the word LATERAL.
        let isLateral = ["FLATTEN", "SPLIT_TO_TABLE", "STRTOK_SPLIT_TO_TABLE"].contains(
            call.name.parts.last?.name)
        return .function(call, alias: try tableAlias(), isLateral: isLateral, position: place)
    }

    private mutating func plainCall(_ expected: String) throws(SQLError) -> FunctionCall {
        var call = FunctionCall(name: try objectName(expected))
        try arguments(&call)
        return call
    }
}
