extension StatementParser {
    /// A SELECT up to its QUALIFY and WINDOW.
    mutating func select() throws(SQLError) -> Select {
        var select = Select(position: position)
        advance()
        if accept("DISTINCT") { select.isDistinct = true } else { _ = accept("ALL") }
        if at("TOP"), kind(1) == .number || kind(1) == .variable {
            advance()
            select.top = try primary()
            if case .number(let text) = select.top?.kind, Int64(text) == nil {
                throw wrong("TOP takes a whole number", at: select.top?.position)
            }
        }
        try selectItems(&select)
        if at("INTO") {
            throw SQLError(
                .unsupported,
                "SELECT INTO is not supported; write CREATE TABLE name AS SELECT … or SET name = (SELECT …)",
                position: position)
        }
        if accept("FROM") { select.from = try fromClause() }
        if accept("WHERE") { select.predicate = try expression() }
        if at("START", then: "WITH") || at("CONNECT", then: "BY") {
            throw SQLError(
                .unsupported, "CONNECT BY is not supported; write WITH RECURSIVE", position: position)
        }
        if at("GROUP") {
            advance()
            try expect("BY")
            select.grouping = try grouping()
        }
        if accept("HAVING") { select.having = try expression() }
        while true {
            if select.qualify == nil, accept("QUALIFY") {
                select.qualify = try expression()
            } else if select.windows.isEmpty, at("WINDOW"), isName(1) {
                advance()
                try windows(&select)
            } else {
                return select
            }
        }
    }

    private mutating func windows(_ select: inout Select) throws(SQLError) {
        repeat {
            let name = try identifier("a window's name")
            try expect("AS")
            guard !select.windows.contains(where: { $0.name == name }) else {
                throw wrong("The window \(name.name) is defined twice", at: name.position)
            }
            select.windows.append((name, try windowSpecification()))
        } while accept(.comma)
    }

    // MARK: Items

    private mutating func selectItems(_ select: inout Select) throws(SQLError) {
        repeat {
            // A comma behind the last item is allowed.
            if !select.items.isEmpty, endsItems { break }
            try selectItem(&select)
        } while accept(.comma)
    }

    /// Whether the list of items is over, behind a comma.
    private var endsItems: Bool {
        switch kind {
        case .end, .semicolon, .rightParenthesis: true
        case .word:
            at("FROM") || at("WHERE") || at("GROUP") || at("HAVING") || at("QUALIFY") || at("ORDER")
                || at("UNION")
                || at("EXCEPT") || at("MINUS") || at("INTERSECT") || at("LIMIT") && kind(1) == .number
        default: false
        }
    }

    private mutating func selectItem(_ select: inout Select) throws(SQLError) {
        if let star = try star() {
            select.items.append(.star(star))
            select.itemNames.append("")
            return
        }
        guard kind != .end, !at("FROM") else {
            throw failure("a column or another expression", hint: "SELECT * takes all columns")
        }
        let first = index
        let expression = try expression()
        let last = index
        var alias: Identifier?
        if accept("AS") {
            alias = try identifier("an alias")
        } else if kind == .quotedName
            || kind == .word && isName() && !ReservedWords.notItemAliases.contains(word)
        {
            alias = try identifier("an alias")
        } else if kind == .string {
            throw failure("an alias or ','", hint: "aliases are quoted with double quotes")
        }
        select.items.append(.expression(expression, alias: alias))
        if let alias {
            select.itemNames.append(alias.name)
        } else if case .column(let parts) = expression.kind, let name = parts.last {
            select.itemNames.append(name.name)
        } else {
            select.itemNames.append(sourceText(from: first, to: last))
        }
    }

    /// `*` or `t.*` with what may follow; `nil` where an expression stands.
    private mutating func star() throws(SQLError) -> Select.Star? {
        var offset = 0
        while kind(offset) == .word || kind(offset) == .quotedName, kind(offset + 1) == .dot { offset += 2 }
        guard kind(offset) == .star else { return nil }
        var star = Select.Star(position: position)
        if offset > 0 {
            repeat { star.qualifier.append(try identifier("a table")) } while accept(.dot) && kind != .star
            guard star.qualifier.count <= 3 else {
                throw wrong("A table's name has at most three parts", at: star.position)
            }
        }
        advance()
        if accept("ILIKE") { star.pattern = try string("a pattern in single quotes") }
        if at("EXCEPT"), kind(1) == .leftParenthesis, !startsQuery(2), kind(2) != .leftParenthesis {
            throw failure("EXCLUDE", hint: "columns are left out with * EXCLUDE (a, b)")
        }
        if accept("EXCLUDE") { star.excluded = try oneOrMore("a column") }
        if at("REPLACE"), kind(1) == .leftParenthesis {
            skip(2)
            repeat {
                let value = try expression()
                try expect("AS", hint: "write REPLACE (expression AS column)")
                star.replaced.append((value, try identifier("a column")))
            } while accept(.comma)
            try expect(.rightParenthesis, "')' or ','")
        }
        if accept("RENAME") {
            let hasParentheses = accept(.leftParenthesis)
            repeat {
                let from = try identifier("a column")
                try expect("AS", hint: "write RENAME (old AS new)")
                star.renamed.append((from, try identifier("a column's new name")))
            } while hasParentheses && accept(.comma)
            if hasParentheses { try expect(.rightParenthesis, "')' or ','") }
        }
        if at("AS") { throw failure("',' or FROM", hint: "'*' can have no alias") }
        return star
    }

    /// A name, or several in parentheses.
    private mutating func oneOrMore(_ expected: String) throws(SQLError) -> [Identifier] {
        kind == .leftParenthesis ? try identifiersInParentheses(expected) : [try identifier(expected)]
    }
}
