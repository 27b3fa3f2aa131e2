extension StatementParser {
    /// A query with WITH, set operators, ORDER BY and LIMIT.
    mutating func query() throws(SQLError) -> Query {
        let outer = try enter(Self.queryLevels)
        let place = position
        var tables: [Query.CommonTable] = []
        var isRecursive = false
        if accept("WITH") {
            isRecursive = accept("RECURSIVE")
            repeat { tables.append(try commonTable()) } while accept(.comma)
        }
        let body = try setOperations(try queryOperand(), 1)
        let query = try tail(tables, isRecursive, body, place)
        leave(outer, Self.queryLevels)
        return query
    }

    /// A query needs more of the stack than an expression does.
    private static var queryLevels: Int { 4 }

    /// Goes on behind the first query in parentheses of a set operation.
    mutating func query(continuing first: Query, at place: Int) throws(SQLError) -> Query {
        let outer = try enter(Self.queryLevels)
        let body = try setOperations(first.isBare ? first.body : .query(first), 1)
        let query = try tail([], false, body, place)
        leave(outer, Self.queryLevels)
        return query
    }

    private mutating func commonTable() throws(SQLError) -> Query.CommonTable {
        let name = try identifier("the name of a common table")
        let columns = kind == .leftParenthesis ? try identifiersInParentheses("a column") : []
        try expect("AS", hint: "common tables are written WITH name AS (SELECT …)")
        try expect(.leftParenthesis, "'('")
        let query = try query()
        try expect(.rightParenthesis, "')'")
        return Query.CommonTable(name: name, columns: columns, query: query)
    }

    // MARK: Set operators

    /// A SELECT, VALUES, or a query in parentheses.
    private mutating func queryOperand() throws(SQLError) -> Query.Body {
        let place = position
        if at("SELECT") { return .select(try select()) }
        if at("VALUES") {
            advance()
            return .values(try valuesRows(), position: place)
        }
        if kind == .leftParenthesis {
            advance()
            let query = try query()
            try expect(.rightParenthesis, "')'")
            return query.isBare ? query.body : .query(query)
        }
        throw failure(
            "SELECT, VALUES or '('",
            hint: at("FROM") ? "FROM stands behind the SELECT list; SELECT * takes all columns" : nil)
    }

    private var setOperator: (Query.SetOperator, precedence: Int)? {
        guard kind == .word else { return nil }
        if at("UNION") { return (.union, 1) }
        if at("EXCEPT") || at("MINUS") { return (.except, 1) }
        if at("INTERSECT") { return (.intersect, 2) }
        return nil
    }

    /// Goes on behind `first` with operators that bind at least as strongly as `minimum`.
    private mutating func setOperations(_ first: Query.Body, _ minimum: Int) throws(SQLError) -> Query.Body {
        var left = first
        while let (symbol, precedence) = setOperator, precedence >= minimum {
            var operands = [left]
            var places: [Int] = []
            let isAll = try setQuantifier(symbol, &places)
            operands.append(try setOperations(try queryOperand(), precedence + 1))
            // Unions of one kind are associative, so long chains become trees of little height.
            while symbol == .union, at("UNION"), at("ALL", 1) == isAll {
                _ = try setQuantifier(symbol, &places)
                operands.append(try setOperations(try queryOperand(), precedence + 1))
            }
            try grow(operands.count <= Chain.shortMax ? places.count : Chain.levels(operands.count))
            left = Chain.tree(operands, places) { left, right, place in
                .set(symbol, isAll: isAll, left, right, position: place)
            }
        }
        return left
    }

    /// The operator with what follows it: whether it is ALL.
    private mutating func setQuantifier(
        _ symbol: Query.SetOperator, _ places: inout [Int]
    ) throws(SQLError) -> Bool {
        places.append(position)
        let name = word
        advance()
        if at("ALL"), symbol != .union { throw unsupported("\(name) ALL is") }
        let isAll = accept("ALL")
        if !isAll { _ = accept("DISTINCT") }
        if at("BY", then: "NAME") { throw unsupported("UNION BY NAME is") }
        return isAll
    }

    /// `(a, b), (c, d)` behind VALUES.
    mutating func valuesRows() throws(SQLError) -> [[Expression]] {
        var rows: [[Expression]] = []
        repeat {
            let place = position
            try expect(.leftParenthesis, "'('", hint: "each row of VALUES stands in parentheses")
            var row: [Expression] = []
            repeat { row.append(try expression()) } while accept(.comma)
            try expect(.rightParenthesis, "')' or ','")
            if let first = rows.first, first.count != row.count {
                throw wrong(
                    "The rows of VALUES have different lengths: the first has \(first.count), this one \(row.count)",
                    at: place)
            }
            rows.append(row)
        } while accept(.comma)
        return rows
    }

    // MARK: ORDER BY and LIMIT

    private mutating func tail(
        _ tables: [Query.CommonTable], _ isRecursive: Bool, _ body: Query.Body, _ place: Int
    ) throws(SQLError) -> Query {
        var order: [OrderItem] = []
        var all: OrderItem?
        if at("ORDER") {
            advance()
            try expect("BY")
            if at("ALL"), kind(1) != .leftParenthesis {
                var item = OrderItem(expression: Expression(.null, at: position))
                advance()
                try direction(&item)
                all = item
            } else {
                order = try orderItems()
            }
        }
        let (limit, offset) = try limits()
        if at("FOR"), at("UPDATE", 1) { throw unsupported("FOR UPDATE is") }
        let hasTail = all != nil || !order.isEmpty || limit != nil || offset != nil
        // Parentheses around a whole query change nothing.
        if tables.isEmpty, !hasTail, case .query(let inner) = body { return inner }
        return Query(
            with: tables, isRecursive: isRecursive, body: body, order: order, ordersByAll: all != nil,
            ordersByAllDescending: all?.isDescending ?? false, ordersByAllNullsFirst: all?.nullsFirst,
            limit: limit, offset: offset, position: place)
    }

    mutating func orderItems() throws(SQLError) -> [OrderItem] {
        var items: [OrderItem] = []
        repeat {
            var item = OrderItem(expression: try expression())
            try direction(&item)
            items.append(item)
        } while accept(.comma)
        return items
    }

    private mutating func direction(_ item: inout OrderItem) throws(SQLError) {
        if accept("DESC") { item.isDescending = true } else { _ = accept("ASC") }
        guard accept("NULLS") else { return }
        if accept("FIRST") {
            item.nullsFirst = true
        } else if accept("LAST") {
            item.nullsFirst = false
        } else {
            throw failure("FIRST or LAST")
        }
    }

    private mutating func limits() throws(SQLError) -> (limit: Expression?, offset: Expression?) {
        var limit: Expression?
        var offset: Expression?
        if accept("LIMIT") {
            limit = try rowCount("LIMIT")
            if kind == .comma {
                throw failure(
                    "OFFSET or the end", hint: "write LIMIT count OFFSET skipped, not LIMIT skipped, count")
            }
        }
        if accept("OFFSET") {
            offset = try rowCount("OFFSET")
            if !accept("ROWS") { _ = accept("ROW") }
        }
        if limit == nil, at("LIMIT") {
            throw failure("the end of the query", hint: "LIMIT stands before OFFSET")
        }
        if at("FETCH") {
            if limit != nil { throw failure("the end of the query", hint: "LIMIT and FETCH mean the same") }
            advance()
            if !accept("FIRST") { _ = accept("NEXT") }
            limit = try rowCount("FETCH")
            if at("PERCENT") { throw unsupported("FETCH … PERCENT is") }
            if !accept("ROWS") { _ = accept("ROW") }
            if at("WITH", then: "TIES") { throw unsupported("WITH TIES is") }
            _ = accept("ONLY")
        }
        return (limit, offset)
    }

    /// A number of rows; NULL means no limit.
    private mutating func rowCount(_ clause: String) throws(SQLError) -> Expression? {
        if accept("NULL") { return nil }
        guard kind == .number || kind == .variable else {
            throw failure(
                "a number behind \(clause)", hint: at("ALL") ? "leave the clause out for all rows" : nil)
        }
        let value = try primary()
        if case .number(let text) = value.kind, Int64(text) == nil {
            throw wrong("\(clause) takes a whole number", at: value.position)
        }
        return value
    }
}

extension Query {
    /// Whether it has nothing but its body, so that parentheses around it change nothing.
    fileprivate var isBare: Bool {
        with.isEmpty && order.isEmpty && !ordersByAll && limit == nil && offset == nil
    }
}
