extension SQLWriter {
    mutating func query(_ query: Query) {
        if !query.with.isEmpty {
            write(query.isRecursive ? "WITH RECURSIVE " : "WITH ")
            list(query.with) { writer, table in
                writer.write(table.name.sqlText)
                writer.names(table.columns)
                writer.write(" AS ")
                writer.parentheses(table.query)
            }
            write(" ")
        }
        body(query.body, 1)
        if query.ordersByAll {
            write(" ORDER BY ALL")
            direction(query.ordersByAllDescending, query.ordersByAllNullsFirst)
        } else if !query.order.isEmpty {
            write(" ORDER BY ")
            order(query.order)
        }
        if let limit = query.limit {
            write(" LIMIT ")
            expression(limit, Precedence.or)
        }
        if let offset = query.offset {
            write(" OFFSET ")
            expression(offset, Precedence.or)
        }
    }

    /// ` (a, b)`, or nothing.
    private mutating func names(_ names: [Identifier]) {
        if !names.isEmpty { write(" (\(names.map(\.sqlText).joined(separator: ", ")))") }
    }

    /// A body, in parentheses if its operator binds more weakly than `minimum`.
    private mutating func body(_ body: Query.Body, _ minimum: Int) {
        switch body {
        case .select(let select): self.select(select)
        case .values(let rows, _): values(rows)
        case .query(let query): parentheses(query)
        case .set(let symbol, let isAll, let left, let right, _):
            let precedence = symbol == .intersect ? 2 : 1
            if precedence < minimum { write("(") }
            self.body(left, precedence)
            write(" \(symbol.rawValue)\(isAll ? " ALL" : "") ")
            // Chains of one union need no parentheses, however their trees lean.
            if symbol == .union, case .set(.union, isAll, _, _, _) = right {
                self.body(right, precedence)
            } else {
                self.body(right, precedence + 1)
            }
            if precedence < minimum { write(")") }
        }
    }

    private mutating func values(_ rows: [[Expression]]) {
        write("VALUES ")
        list(rows) { writer, row in
            writer.write("(")
            writer.list(row)
            writer.write(")")
        }
    }

    // MARK: SELECT

    private mutating func select(_ select: Select) {
        write(select.isDistinct ? "SELECT DISTINCT " : "SELECT ")
        if let top = select.top {
            write("TOP ")
            expression(top, Precedence.or)
            write(" ")
        }
        list(select.items) { writer, item in
            switch item {
            case .star(let star): writer.star(star)
            case .expression(let expression, let alias):
                writer.expression(expression, Precedence.or)
                if let alias { writer.write(" AS \(alias.sqlText)") }
            }
        }
        if let from = select.from {
            write(" FROM ")
            table(from)
        }
        clause(" WHERE ", select.predicate)
        grouping(select.grouping)
        clause(" HAVING ", select.having)
        clause(" QUALIFY ", select.qualify)
        if !select.windows.isEmpty {
            write(" WINDOW ")
            list(select.windows) { writer, window in
                writer.write("\(window.name.sqlText) AS ")
                writer.specification(window.specification)
            }
        }
    }

    private mutating func clause(_ word: String, _ value: Expression?) {
        guard let value else { return }
        write(word)
        expression(value, Precedence.or)
    }

    private mutating func star(_ star: Select.Star) {
        write((star.qualifier.map(\.sqlText) + ["*"]).joined(separator: "."))
        if let pattern = star.pattern { write(" ILIKE \(Self.quoted(pattern))") }
        if !star.excluded.isEmpty {
            write(" EXCLUDE")
            names(star.excluded)
        }
        if !star.replaced.isEmpty {
            write(" REPLACE (")
            list(star.replaced) { writer, pair in
                writer.expression(pair.expression, Precedence.or)
                writer.write(" AS \(pair.name.sqlText)")
            }
            write(")")
        }
        if !star.renamed.isEmpty {
            write(" RENAME (")
            list(star.renamed) { $0.write("\($1.from.sqlText) AS \($1.to.sqlText)") }
            write(")")
        }
    }

    private mutating func grouping(_ grouping: Select.Grouping) {
        switch grouping {
        case .none: break
        case .all: write(" GROUP BY ALL")
        case .expressions(let expressions):
            write(" GROUP BY ")
            list(expressions)
        case .sets(let expressions, let sets):
            write(" GROUP BY GROUPING SETS (")
            list(sets) { writer, set in
                writer.write("(")
                writer.list(set.map { expressions[$0] })
                writer.write(")")
            }
            write(")")
        }
    }

    // MARK: FROM

    private mutating func alias(_ alias: TableAlias?) {
        guard let alias else { return }
        write(" AS \(alias.name.sqlText)")
        names(alias.columns)
    }

    mutating func table(_ table: TableExpression) {
        switch table {
        case .table(let reference):
            write(reference.name.sqlText)
            alias(reference.alias)
            if let percent = reference.samplePercent { write(" SAMPLE (\(percent))") }
            if let rows = reference.sampleRows { write(" SAMPLE (\(rows) ROWS)") }
            if let seed = reference.sampleSeed { write(" SEED (\(seed))") }
        case .subquery(let query, let alias, let isLateral, _):
            if isLateral { write("LATERAL ") }
            parentheses(query)
            self.alias(alias)
        case .values(let rows, let alias, _):
            values(rows)
            self.alias(alias)
        case .function(let call, let alias, let isLateral, _):
            write(isLateral ? "LATERAL " : "TABLE(")
            function(call)
            if !isLateral { write(")") }
            self.alias(alias)
        case .stage(let stage, let alias):
            self.stage(stage)
            self.alias(alias)
        case .join(let join): self.join(join)
        case .pivot(let pivot): self.pivot(pivot)
        case .unpivot(let unpivot): self.unpivot(unpivot)
        }
    }

    private mutating func join(_ join: Join) {
        table(join.left)
        if case .natural = join.condition { write(" NATURAL") }
        write(" \(join.kind.rawValue) JOIN ")
        // A join on the right side stood in parentheses.
        if case .join = join.right {
            write("(")
            table(join.right)
            write(")")
        } else {
            table(join.right)
        }
        condition(join.condition)
    }

    private mutating func condition(_ condition: Join.Condition) {
        switch condition {
        case .none, .natural: break
        case .on(let predicate):
            write(" ON ")
            expression(predicate, Precedence.or)
        case .using(let columns):
            write(" USING")
            names(columns)
        case .match(let match, let rest):
            write(" MATCH_CONDITION (")
            expression(match, Precedence.or)
            write(")")
            self.condition(rest)
        }
    }

    /// A table before PIVOT or UNPIVOT.
    private mutating func source(_ table: TableExpression) {
        if case .join = table {
            write("(")
            self.table(table)
            write(")")
        } else {
            self.table(table)
        }
    }

    private mutating func pivot(_ pivot: Pivot) {
        source(pivot.table)
        write(" PIVOT (")
        function(pivot.aggregate)
        write(" FOR \(pivot.column.sqlText) IN (")
        list(pivot.values) { writer, item in
            writer.expression(item.value, Precedence.or)
            if let alias = item.alias { writer.write(" AS \(alias.sqlText)") }
        }
        write("))")
        alias(pivot.alias)
    }

    private mutating func unpivot(_ unpivot: Unpivot) {
        source(unpivot.table)
        write(" UNPIVOT \(unpivot.includesNulls ? "INCLUDE NULLS " : "")(\(unpivot.value.sqlText) FOR ")
        write("\(unpivot.name.sqlText) IN (")
        list(unpivot.columns) { writer, item in
            writer.write(item.column.sqlText)
            if let alias = item.alias { writer.write(" AS \(Self.quoted(alias))") }
        }
        write("))")
        alias(unpivot.alias)
    }
}
