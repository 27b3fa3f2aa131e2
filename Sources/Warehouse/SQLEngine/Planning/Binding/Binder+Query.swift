package import Vectors

extension Binder {
    /// A query with ORDER BY and LIMIT.
    func bindOrdered(_ query: Query, parent: Scope?) throws -> BoundQuery {
        let limit = try bindCount(query.limit, "LIMIT")
        let offset = try bindCount(query.offset, "OFFSET") ?? 0
        if case .select(let select) = query.body {
            return try bind(
                select, order: query.order, orderByAll: query.orderByAll, limit: limit, offset: offset,
                parent: parent)
        }
        var bound = try bind(query.body, parent: parent)
        if !query.order.isEmpty || query.ordersByAll {
            let items = try bindOrder(query, over: bound)
            bound.plan = .sort(bound.plan, items, limit: limit, offset: offset)
        } else if limit != nil || offset > 0 {
            bound.plan = .limit(bound.plan, limit: limit, offset: offset)
        }
        return bound
    }

    /// ORDER BY behind a set operation: names and places of the result's columns, and expressions of them.
    private func bindOrder(_ query: Query, over bound: BoundQuery) throws -> [Plan.SortItem] {
        if let item = query.orderByAll { return bound.columns.map { sortItem($0.column.expression, item) } }
        let scope = Scope(parent: nil)
        scope.tables = [
            Scope.Table(
                name: [], columns: bound.columns.map { Scope.Column(name: $0.name, column: $0.column) })
        ]
        return try query.order.map { item in
            if let place = try ordinal(item.expression, count: bound.columns.count, "ORDER BY") {
                return sortItem(bound.columns[place].column.expression, item)
            }
            return sortItem(try bind(item.expression, ExpressionBinding(scope: scope)), item)
        }
    }

    /// The column that a whole number in ORDER BY or GROUP BY names, from 0.
    func ordinal(_ expression: Expression, count: Int, _ clause: String) throws -> Int? {
        guard case .number(let text) = expression.kind, let place = Int(text) else { return nil }
        guard (1...max(count, 1)).contains(place), count > 0 else {
            throw SQLError(
                .invalid, "\(clause) \(place): the select list has \(count) items",
                position: expression.position)
        }
        return place - 1
    }

    func sortItem(_ expression: BoundExpression, _ item: OrderItem) -> Plan.SortItem {
        Plan.SortItem(
            expression: comparable(expression), isDescending: item.isDescending,
            nullsFirst: item.nullsFirst ?? item.isDescending)
    }

    /// TIMESTAMP_TZ orders and groups by its instant; other types as they are.
    func comparable(_ expression: BoundExpression) -> BoundExpression { expression }

    private func bindCount(_ expression: Expression?, _ clause: String) throws -> Int? {
        guard let expression else { return nil }
        let bound = try bind(expression, ExpressionBinding(scope: Scope(parent: nil)))
        switch bound.constant {
        case .null: return nil
        case .number(let value, let scale) where scale == 0 && value >= 0: return Int(clamping: value)
        default:
            throw SQLError(
                .invalid, "\(clause) takes a whole number of rows that is known before the query runs",
                position: expression.position)
        }
    }

    func bind(_ body: Query.Body, parent: Scope?) throws -> BoundQuery {
        switch body {
        case .select(let select):
            return try bind(select, order: [], orderByAll: nil, limit: nil, offset: 0, parent: parent)
        case .query(let query): return try bind(query, parent: parent)
        case .values(let rows, let position): return try bindValues(rows, position: position, parent: parent)
        case .set(let operation, let isAll, let left, let right, let position):
            return try combine(
                operation, isAll: isAll, [try bind(left, parent: parent), try bind(right, parent: parent)],
                position: position)
        }
    }

    /// UNION, EXCEPT, INTERSECT of queries whose columns are brought to common types.
    func combine(
        _ operation: Query.SetOperator, isAll: Bool, _ inputs: [BoundQuery], position: Int
    ) throws -> BoundQuery {
        let width = inputs[0].columns.count
        for input in inputs where input.columns.count != width {
            throw SQLError(
                .invalid,
                "\(operation.rawValue): one side has \(width) columns, the other \(input.columns.count)",
                position: position)
        }
        let types = try (0..<width).map { place in
            let all = inputs.map { $0.columns[place].column.type }
            guard let type = TypeRules.common(all) else {
                throw SQLError(
                    .invalid,
                    "\(operation.rawValue): column \(place + 1) is \(all[0]) on one side and \(all[1]) on the other; cast one of them",
                    position: position)
            }
            return type
        }
        let converted = try inputs.map { input in
            try convert(input, to: types)
        }
        let columns = types.map(makeColumn)
        let set = Plan.SetPlan(
            operation: operation, isAll: isAll, inputs: converted.map { ($0.plan, $0.columns.map(\.column)) },
            columns: columns)
        return BoundQuery(
            plan: .set(set),
            columns: zip(inputs[0].columns, columns).map { BoundQuery.NamedColumn(name: $0.name, column: $1) }
        )
    }

    /// The same query with its columns cast.
    package func convert(_ query: BoundQuery, to types: [SQLType]) throws -> BoundQuery {
        if zip(query.columns, types).allSatisfy({ $0.column.type == $1 }) { return query }
        var result = query
        var assignments: [Plan.Assignment] = []
        for (place, named) in query.columns.enumerated() {
            let expression = try cast(named.column.expression, to: types[place])
            let column = named.column.type == types[place] ? named.column : makeColumn(types[place])
            if !assignments.contains(where: { $0.column.id == column.id }) {
                assignments.append(Plan.Assignment(column, expression))
            }
            result.columns[place].column = column
        }
        result.plan = .project(query.plan, assignments)
        return result
    }

    func bindValues(_ rows: [[Expression]], position: Int, parent: Scope?) throws -> BoundQuery {
        guard let width = rows.first?.count, rows.allSatisfy({ $0.count == width }) else {
            throw SQLError(.invalid, "the rows of VALUES differ in length", position: position)
        }
        let binding = ExpressionBinding(scope: Scope(parent: parent))
        let bound = try rows.map { try $0.map { try bind($0, binding) } }
        guard binding.subqueries.isEmpty else {
            throw SQLError(
                .unsupported, "a subquery cannot stand in VALUES: write SELECT … UNION ALL SELECT …",
                position: position)
        }
        let types = try (0..<width).map { place in
            guard let type = TypeRules.common(bound.map { $0[place].type }) else {
                throw SQLError(
                    .invalid, "column \(place + 1) of VALUES has values of types that do not go together",
                    position: position)
            }
            return type
        }
        let columns = types.map(makeColumn)
        let converted = try bound.map { row in try row.enumerated().map { try cast($1, to: types[$0]) } }
        return BoundQuery(
            plan: .values(converted, columns),
            columns: columns.enumerated().map { BoundQuery.NamedColumn(name: "COLUMN\($0 + 1)", column: $1) })
    }
}

extension Query {
    /// What ORDER BY ALL says of each column; `nil` where it is not written.
    fileprivate var orderByAll: OrderItem? {
        guard ordersByAll else { return nil }
        return OrderItem(
            expression: Expression(.null, at: position), isDescending: ordersByAllDescending,
            nullsFirst: ordersByAllNullsFirst)
    }
}
