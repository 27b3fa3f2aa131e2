extension StatementParser {
    // MARK: SAMPLE

    /// `SAMPLE [BERNOULLI | SYSTEM] (p | n ROWS) [SEED (n)]`.
    mutating func sample(_ table: TableExpression) throws(SQLError) -> TableExpression {
        let place = position
        advance()
        guard case .table(var reference) = table, reference.samplePercent == nil, reference.sampleRows == nil
        else {
            throw unsupported("SAMPLE behind anything but a table is", at: place)
        }
        for method: StaticString in ["BERNOULLI", "ROW", "SYSTEM", "BLOCK"] where accept(method) { break }
        try expect(.leftParenthesis, "'('")
        guard kind == .number else { throw failure("a percentage, or a number and ROWS") }
        if at("ROWS", 1) {
            reference.sampleRows = try count("a number of rows", maximum: 1_000_000)
            advance()
        } else {
            guard let percent = Double(text(token)), 0...100 ~= percent else {
                throw wrong("The percentage of SAMPLE lies between 0 and 100")
            }
            reference.samplePercent = percent
            advance()
        }
        try expect(.rightParenthesis, "')' or ROWS")
        if accept("SEED") || accept("REPEATABLE") {
            try expect(.leftParenthesis, "'('")
            reference.sampleSeed = try count("a number")
            try expect(.rightParenthesis, "')'")
        }
        if reference.alias == nil { reference.alias = try tableAlias() }
        return .table(reference)
    }

    // MARK: PIVOT

    /// `PIVOT (agg(x) FOR c IN (v1 AS a, v2)) [alias]`.
    mutating func pivot(_ table: TableExpression) throws(SQLError) -> TableExpression {
        let place = position
        skip(2)
        let value = try expression()
        guard case .function(let aggregate) = value.kind else {
            throw wrong(
                "PIVOT begins with an aggregate function: PIVOT (SUM(x) FOR c IN (…))", at: value.position)
        }
        if kind == .comma { throw unsupported("PIVOT with more than one aggregate is") }
        try expect("FOR")
        let column = try identifier("a column")
        try expect("IN")
        try expect(.leftParenthesis, "'('")
        if at("ANY") || startsQuery() {
            throw SQLError(
                .unsupported, "PIVOT … IN (ANY) and with a query are not supported; list the values",
                position: position)
        }
        var values: [(value: Expression, alias: Identifier?)] = []
        repeat {
            let value = try expression()
            let alias = accept("AS") || isName() ? try identifier("an alias") : nil
            values.append((value, alias))
        } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        if at("DEFAULT") { throw unsupported("DEFAULT ON NULL in PIVOT is") }
        try expect(.rightParenthesis, "')'")
        return .pivot(
            Pivot(
                table: table, aggregate: aggregate, column: column, values: values, alias: try tableAlias(),
                position: place))
    }

    /// `UNPIVOT [INCLUDE NULLS | EXCLUDE NULLS] (x FOR c IN (a AS 'x', b)) [alias]`.
    mutating func unpivot(_ table: TableExpression) throws(SQLError) -> TableExpression {
        let place = position
        advance()
        let includesNulls = accept("INCLUDE", "NULLS")
        if !includesNulls { _ = accept("EXCLUDE", "NULLS") }
        try expect(.leftParenthesis, "'('")
        let value = try identifier("the name of the column of values")
        try expect("FOR")
        let name = try identifier("the name of the column of names")
        try expect("IN")
        try expect(.leftParenthesis, "'('")
        var columns: [(column: Identifier, alias: String?)] = []
        repeat {
            let column = try identifier("a column")
            var alias: String?
            if accept("AS") || kind == .string || isName() {
                alias = kind == .string ? try string("an alias") : try identifier("an alias").name
            }
            columns.append((column, alias))
        } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        try expect(.rightParenthesis, "')'")
        return .unpivot(
            Unpivot(
                table: table, value: value, name: name, columns: columns, includesNulls: includesNulls,
                alias: try tableAlias(), position: place))
    }
}
