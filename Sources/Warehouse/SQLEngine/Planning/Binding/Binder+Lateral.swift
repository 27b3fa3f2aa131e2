import Vectors

/// LATERAL: subqueries and functions that read the tables before them.
extension Binder {
    /// `a, LATERAL f JOIN b ON …`: what is lateral belongs to the tables before it, though JOIN binds closer
    /// than the comma.
    func regrouped(_ join: Join) throws -> Join {
        guard case .none = join.condition, case .join(var inner) = join.right, inner.beginsLaterally else {
            return join
        }
        guard inner.kind != .right, inner.kind != .full else {
            throw SQLError(
                .unsupported,
                "\(inner.kind.rawValue) JOIN cannot follow something LATERAL: put that into a subquery of its own",
                position: inner.position)
        }
        var outer = join
        outer.right = inner.left
        inner.left = .join(outer)
        return inner
    }

    /// A join whose right side reads the left one.
    func bindLateral(_ join: Join, _ left: Plan, _ scope: Scope) throws -> Plan {
        guard [.inner, .cross, .left].contains(join.kind) else {
            throw SQLError(
                .unsupported, "\(join.kind.rawValue) JOIN does not go with LATERAL or a table function",
                position: join.position)
        }
        if case .function(let call, let alias, _, let position) = join.right {
            let plan = try bindTableFunction(call, alias, left, isOuter: join.kind == .left, scope, position)
            guard let condition = try lateralCondition(join.condition, scope) else { return plan }
            if join.kind == .left {
                throw SQLError(
                    .unsupported, "LEFT JOIN of a table function takes no condition but TRUE",
                    position: condition.position)
            }
            return .filter(plan, condition)
        }
        guard case .subquery(let query, let alias, _, let position) = join.right else { return left }
        var bound = try bind(query, parent: scope)
        if case .project(let input, let assignments) = bound.plan, readsAround(bound.plan, assignments) {
            if join.kind == .left {
                return try attachMixed(&bound, input, assignments, to: left, join, alias, scope, position)
            }
            // What it computes of the row before it is computed behind the join.
            let joined: Plan
            if case .oneRow = input {
                joined = left
            } else {
                joined = try attach(input, to: left, kind: .inner, position: position)
            }
            bound.plan = .project(joined, left.columns.map(Plan.Assignment.init(passing:)) + assignments)
            let plan = try enter(bound, alias, scope, position)
            return try lateralCondition(join.condition, scope).map { .filter(plan, $0) } ?? plan
        }
        let isFilled = !freeColumns(of: bound.plan).isEmpty && bound.plan.givesOneRow
        let values = isFilled ? bound.columns.map { emptyValue(of: $0.column, in: bound.plan) } : []
        if !isFilled || values.contains(where: { $0 == nil }) {
            _ = try enter(bound, alias, scope, position)
            let condition = try lateralCondition(join.condition, scope)
            return try attach(
                bound.plan, to: left, kind: join.kind == .left ? .left : .inner,
                conditions: condition.map { [$0] } ?? [],
                position: position)
        }
        // One row for each row before it, even where it reads no rows: those get what the aggregates are of nothing.
        let (marked, isMissing) = marked(bound.plan)
        let joined = try attach(marked, to: left, kind: .left, fillsEmptyGroup: true, position: position)
        let filled = zip(bound.columns, values).map { named, empty in
            let value = BoundExpression(
                .conditional(
                    [.init(condition: isMissing, value: empty ?? .constant(.null, named.column.type))],
                    otherwise: named.column.expression), named.column.type)
            return Plan.Assignment(makeColumn(named.column.type), value)
        }
        for place in bound.columns.indices { bound.columns[place].column = filled[place].column }
        bound.plan = .project(joined, left.columns.map(Plan.Assignment.init(passing:)) + filled)
        let plan = try enter(bound, alias, scope, position)
        guard let condition = try lateralCondition(join.condition, scope) else { return plan }
        if join.kind != .left { return .filter(plan, condition) }
        return blanked(plan, unless: condition, passing: left, &scope.tables[scope.tables.count - 1])
    }

    /// LEFT JOIN LATERAL of a query that computes values of the row before it as well.
    private func attachMixed(
        _ bound: inout BoundQuery, _ input: Plan, _ assignments: [Plan.Assignment], to left: Plan,
        _ join: Join, _ alias: TableAlias?, _ scope: Scope, _ position: Int
    ) throws -> Plan {
        let values = Dictionary(
            assignments.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
        // New columns: those of the row before it stay what they are where nothing is joined to it.
        let fresh = bound.columns.map { ($0.column, makeColumn($0.column.type)) }
        for (place, column) in fresh.enumerated() { bound.columns[place].column = column.1 }
        _ = try enter(bound, alias, scope, position)
        let computed = fresh.map { Plan.Assignment($1, values[$0.id] ?? $0.expression) }
        let byColumn = Dictionary(uniqueKeysWithValues: computed.map { ($0.column.id, $0.expression) })
        let condition = try lateralCondition(join.condition, scope)
        let (marked, isMissing) = marked(input)
        let joined = try attach(
            marked, to: left, kind: .left, conditions: condition.map { [$0.substituting(byColumn)] } ?? [],
            position: position)
        let filled = computed.map { assignment in
            let type = assignment.column.type
            return Plan.Assignment(
                assignment.column,
                BoundExpression(
                    .conditional(
                        [.init(condition: isMissing, value: .constant(.null, type))],
                        otherwise: assignment.expression), type))
        }
        return .project(joined, left.columns.map(Plan.Assignment.init(passing:)) + filled)
    }

    /// One row for each row on the left: where the condition of LEFT JOIN is not true, its columns are NULL.
    private func blanked(
        _ plan: Plan, unless condition: BoundExpression, passing left: Plan, _ table: inout Scope.Table
    ) -> Plan {
        var filled: [Plan.Assignment] = []
        for place in table.columns.indices {
            let old = table.columns[place].column
            let column = makeColumn(old.type)
            let value = BoundExpression(
                .conditional(
                    [.init(condition: condition, value: old.expression)],
                    otherwise: .constant(.null, old.type)), old.type)
            filled.append(Plan.Assignment(column, value))
            table.columns[place].column = column
        }
        return .project(plan, left.columns.map(Plan.Assignment.init(passing:)) + filled)
    }

    /// Whether assignments on top of a plan read columns of the queries around it.
    func readsAround(_ plan: Plan, _ assignments: [Plan.Assignment]) -> Bool {
        let free = freeColumns(of: plan)
        return assignments.contains { !$0.expression.columns.isDisjoint(with: free) }
    }

    /// ON behind something lateral; `nil` where it is always true.
    private func lateralCondition(_ condition: Join.Condition, _ scope: Scope) throws -> BoundExpression? {
        switch condition {
        case .none: return nil
        case .on(let expression):
            let binding = ExpressionBinding(scope: scope)
            binding.clause = "ON"
            let bound = try self.condition(try bind(expression, binding), "ON")
            guard binding.subqueries.isEmpty else {
                throw SQLError(.unsupported, "a subquery cannot stand in ON", position: expression.position)
            }
            return bound.constant == .boolean(true) ? nil : bound
        default: throw SQLError(.unsupported, "LATERAL takes no other condition than ON")
        }
    }
}

extension TableExpression {
    /// Whether it reads the tables before it.
    var isLateral: Bool {
        switch self {
        case .function, .subquery(_, alias: _, isLateral: true, position: _): true
        default: false
        }
    }
}

extension Join {
    /// Whether the first of what it joins is lateral.
    fileprivate var beginsLaterally: Bool {
        if case .join(let inner) = left { return inner.beginsLaterally }
        return left.isLateral
    }
}
