extension StatementParser {
    // MARK: INSERT

    mutating func insert() throws(SQLError) -> Statement {
        let place = position
        advance()
        let overwrites = accept("OVERWRITE")
        if at("ALL") || at("FIRST") { throw unsupported("INSERT into several tables is") }
        try expect("INTO")
        let table = try objectName("a table")
        var columns: [Identifier] = []
        if kind == .leftParenthesis, !startsQuery(1), kind(1) != .leftParenthesis {
            columns = try identifiersInParentheses("a column")
        }
        let source: Insert.Source
        if accept("VALUES") {
            source = .rows(try insertedRows(columns.count))
        } else if startsQuery() || kind == .leftParenthesis {
            source = .query(try query())
        } else {
            throw failure("VALUES or a query")
        }
        return .insert(
            Insert(table: table, columns: columns, source: source, overwrites: overwrites, position: place))
    }

    /// The rows behind VALUES, each as long as the list of columns if there is one.
    private mutating func insertedRows(_ columnCount: Int) throws(SQLError) -> [[Expression?]] {
        var rows: [[Expression?]] = []
        repeat {
            let place = position
            let row = try valuesOrDefaults()
            let expected = columnCount > 0 ? columnCount : rows.first?.count ?? row.count
            guard row.count == expected else {
                throw wrong(
                    columnCount > 0
                        ? "There are \(columnCount) columns, but \(row.count) values"
                        : "The rows have different lengths: the first has \(expected), this one \(row.count)",
                    at: place)
            }
            rows.append(row)
        } while accept(.comma)
        return rows
    }

    /// `(a, DEFAULT, …)`.
    private mutating func valuesOrDefaults() throws(SQLError) -> [Expression?] {
        try expect(.leftParenthesis, "'('", hint: "each row of VALUES stands in parentheses")
        var row: [Expression?] = []
        repeat { row.append(try valueOrDefault()) } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        return row
    }

    private mutating func valueOrDefault() throws(SQLError) -> Expression? {
        if at("DEFAULT"),
            kind(1) == .comma || kind(1) == .rightParenthesis || kind(1) == .end || kind(1) == .semicolon
                || kind(1) == .word
        {
            advance()
            return nil
        }
        return try expression()
    }

    // MARK: UPDATE and DELETE

    mutating func update() throws(SQLError) -> Statement {
        let place = position
        advance()
        let table = try objectName("a table")
        let alias = try targetAlias()
        try expect("SET")
        let assignments = try assignments(table, alias)
        let from = accept("FROM") ? try fromClause() : nil
        let predicate = accept("WHERE") ? try expression() : nil
        return .update(
            Update(
                table: table, alias: alias, assignments: assignments, from: from, predicate: predicate,
                position: place))
    }

    mutating func delete() throws(SQLError) -> Statement {
        let place = position
        advance()
        try expect("FROM")
        let table = try objectName("a table")
        let alias = try targetAlias()
        let using = accept("USING") ? try fromClause() : nil
        let predicate = accept("WHERE") ? try expression() : nil
        return .delete(
            Delete(table: table, alias: alias, using: using, predicate: predicate, position: place))
    }

    private mutating func targetAlias() throws(SQLError) -> Identifier? {
        let place = position
        guard let alias = try tableAlias() else { return nil }
        guard alias.columns.isEmpty else { throw wrong("The alias takes no columns here", at: place) }
        return alias.name
    }

    /// `c = e, …`; a column may have the table's name or alias before it.
    private mutating func assignments(_ table: ObjectName, _ alias: Identifier?) throws(SQLError)
        -> [Assignment]
    {
        var assignments: [Assignment] = []
        repeat {
            let name = try objectName("a column", partsMax: 4)
            guard let column = name.parts.last else { throw failure("a column") }
            let qualifier = name.parts.dropLast()
            guard
                qualifier.isEmpty || qualifier.count == 1 && qualifier.last == (alias ?? table.parts.last)
                    || alias == nil && qualifier.elementsEqual(table.parts.suffix(qualifier.count))
            else {
                throw wrong(
                    "\(name) is no column of the table that is changed, \(alias?.name ?? "\(table)")",
                    at: name.position)
            }
            try expect(.equal, "'='")
            assignments.append(Assignment(column: column, value: try valueOrDefault()))
        } while accept(.comma)
        return assignments
    }

    // MARK: MERGE

    mutating func merge() throws(SQLError) -> Statement {
        let place = position
        advance()
        try expect("INTO")
        let table = try objectName("a table")
        let alias = try targetAlias()
        try expect("USING")
        let source = try tableFactor()
        try expect("ON")
        var merge = Merge(
            table: table, alias: alias, source: source, condition: try expression(), position: place)
        while at("WHEN") { merge.clauses.append(try mergeClause(table, alias)) }
        guard !merge.clauses.isEmpty else { throw failure("WHEN MATCHED or WHEN NOT MATCHED") }
        return .merge(merge)
    }

    private mutating func mergeClause(_ table: ObjectName, _ alias: Identifier?) throws(SQLError)
        -> Merge.Clause
    {
        let place = position
        advance()
        let isMatched = !accept("NOT")
        try expect("MATCHED")
        if at("BY") { throw unsupported("WHEN NOT MATCHED BY is") }
        let condition = accept("AND") ? try expression() : nil
        try expect("THEN")
        let action: Merge.Action
        if isMatched, accept("UPDATE") {
            if at("ALL") { throw unsupported("UPDATE ALL BY NAME is") }
            try expect("SET")
            action = .update(try assignments(table, alias))
        } else if isMatched, accept("DELETE") {
            action = .delete
        } else if !isMatched, accept("INSERT") {
            if at("ALL") { throw unsupported("INSERT ALL BY NAME is") }
            let columns = kind == .leftParenthesis ? try identifiersInParentheses("a column") : []
            try expect("VALUES")
            let valuesPlace = position
            let values = try valuesOrDefaults()
            guard columns.isEmpty || columns.count == values.count else {
                throw wrong("There are \(columns.count) columns, but \(values.count) values", at: valuesPlace)
            }
            action = .insert(columns: columns, values: values)
        } else {
            throw failure(isMatched ? "UPDATE or DELETE" : "INSERT")
        }
        return Merge.Clause(isMatched: isMatched, condition: condition, action: action, position: place)
    }
}
