import Vectors

extension Binder {
    func bindJoin(_ join: Join, _ scope: Scope) throws -> Plan {
        let join = try regrouped(join)
        let before = scope.tables.count
        let left = try bindFrom(join.left, scope)
        let leftTables = scope.tables.count
        // LATERAL and table functions on the right see the tables on the left.
        if join.right.isLateral { return try bindLateral(join, left, scope) }
        let right = try bindFrom(join.right, scope)
        if join.kind == .asof { return try bindAsOf(join, left, right, scope, before..<leftTables) }
        var plan = Plan.JoinPlan(kind: join.kind.plan, left: left, right: right)
        let coalesced = try bindCondition(
            join.condition, &plan, scope, before..<leftTables, join.position)
        if join.kind == .cross, plan.condition != nil || !plan.keys.isEmpty {
            throw SQLError(
                .invalid, "CROSS JOIN takes no condition: write JOIN … ON", position: join.position)
        }
        if coalesced.isEmpty { return .join(plan) }
        let passing = Plan.join(plan).columns.map(Plan.Assignment.init(passing:))
        return .project(.join(plan), passing + coalesced)
    }

    /// ON and USING. For FULL and RIGHT joins with USING: the columns that take their value from either side.
    private func bindCondition(
        _ condition: Join.Condition, _ plan: inout Plan.JoinPlan, _ scope: Scope, _ leftTables: Range<Int>,
        _ position: Int
    ) throws -> [Plan.Assignment] {
        switch condition {
        case .none: return []
        case .on(let expression):
            let binding = ExpressionBinding(scope: scope)
            binding.clause = "ON"
            let bound = try self.condition(try bind(expression, binding), "ON")
            guard binding.subqueries.isEmpty else {
                throw SQLError(
                    .unsupported, "a subquery cannot stand in ON: put it into WHERE or a WITH clause",
                    position: expression.position)
            }
            split(bound, &plan)
            return []
        case .using(let names): return try bindUsing(names, &plan, scope, leftTables)
        case .natural:
            let right = Set(
                scope.tables[leftTables.upperBound...].flatMap {
                    $0.columns.filter { !$0.isHidden }.map(\.name)
                })
            let names = scope.tables[leftTables].flatMap { $0.columns.filter { !$0.isHidden }.map(\.name) }
                .filter(right.contains)
            return try bindUsing(names.map { Identifier($0, position: position) }, &plan, scope, leftTables)
        case .match: throw SQLError(.invalid, "MATCH_CONDITION goes with ASOF JOIN alone", position: position)
        }
    }

    /// The columns of USING come first, once; the two sides' own are found by their qualified names.
    private func bindUsing(
        _ names: [Identifier], _ plan: inout Plan.JoinPlan, _ scope: Scope, _ leftTables: Range<Int>
    ) throws
        -> [Plan.Assignment]
    {
        var coalesced: [Plan.Assignment] = []
        var shared = Scope.Table(name: [], columns: [])
        for name in names {
            guard let left = place(name, scope, leftTables),
                let right = place(name, scope, leftTables.upperBound..<scope.tables.count)
            else {
                throw SQLError(
                    .notFound, "USING: column \(name.name) is not on both sides", position: name.position)
            }
            let (leftColumn, rightColumn) = (
                scope.tables[left.table].columns[left.column].column,
                scope.tables[right.table].columns[right.column].column
            )
            let (first, second, _) = try unified(
                leftColumn.expression, rightColumn.expression, position: name.position)
            plan.keys.append((first, second, false))
            scope.tables[left.table].columns[left.column].isHidden = true
            scope.tables[right.table].columns[right.column].isHidden = true
            var column = leftColumn
            if plan.kind == .full || plan.kind == .right {
                column = makeColumn(first.type)
                coalesced.append(
                    Plan.Assignment(column, BoundExpression(.coalesce([first, second]), first.type)))
            }
            shared.columns.append(Scope.Column(name: name.name, column: column))
        }
        if !shared.columns.isEmpty { scope.tables.insert(shared, at: leftTables.lowerBound) }
        return coalesced
    }

    private func place(_ name: Identifier, _ scope: Scope, _ tables: Range<Int>) -> (table: Int, column: Int)?
    {
        for table in tables {
            if let column = scope.tables[table].columns.firstIndex(where: {
                $0.name == name.name && !$0.isHidden
            }) {
                return (table, column)
            }
        }
        return nil
    }

    /// Takes equalities between the two sides as keys of the join, and the rest as its condition.
    func split(_ condition: BoundExpression, _ plan: inout Plan.JoinPlan) {
        let left = Set(plan.left.columns.map(\.id))
        let right = Set(plan.right.columns.map(\.id))
        var rest = plan.condition?.conjuncts ?? []
        for part in condition.conjuncts {
            if let (first, second, nullSafe) = Self.equality(part) {
                let (a, b) = (first.columns, second.columns)
                if !a.isEmpty, !b.isEmpty, a.isSubset(of: left), b.isSubset(of: right) {
                    plan.keys.append((first, second, nullSafe))
                    continue
                }
                if !a.isEmpty, !b.isEmpty, a.isSubset(of: right), b.isSubset(of: left) {
                    plan.keys.append((second, first, nullSafe))
                    continue
                }
            }
            rest.append(part)
        }
        plan.condition = .all(rest)
    }

    /// The sides of `a = b` and of `a IS NOT DISTINCT FROM b`.
    static func equality(_ expression: BoundExpression) -> (BoundExpression, BoundExpression, nullSafe: Bool)?
    {
        if case .call(let use, let sides) = expression.kind, use.binary == .equal {
            return (sides[0], sides[1], false)
        }
        if case .not(let inner) = expression.kind, case .call(let use, let sides) = inner.kind,
            use.identity == .isDistinct
        {
            return (sides[0], sides[1], true)
        }
        return nil
    }

    private func bindAsOf(
        _ join: Join, _ left: Plan, _ right: Plan, _ scope: Scope, _ leftTables: Range<Int>
    ) throws -> Plan {
        guard case .match(let match, let rest) = join.condition,
            case .binary(let operation, let first, let second) = match.kind,
            [.greaterOrEqual, .greater, .lessOrEqual, .less].contains(operation)
        else {
            throw SQLError(
                .invalid, "ASOF JOIN wants MATCH_CONDITION (left.time >= right.time), or another of >, <=, <",
                position: join.position)
        }
        var plan = Plan.JoinPlan(kind: .left, left: left, right: right)
        _ = try bindCondition(rest, &plan, scope, leftTables, join.position)
        if let other = plan.condition ?? plan.keys.first(where: \.nullSafe)?.left {
            throw SQLError(
                .unsupported, "ASOF JOIN … ON takes equalities (=) between the two tables alone",
                position: other.position)
        }
        let binding = ExpressionBinding(scope: scope)
        let (a, b, _) = try unified(
            try bind(first, binding), try bind(second, binding), position: match.position)
        let leftColumns = Set(left.columns.map(\.id))
        if a.columns.isSubset(of: leftColumns) {
            plan.asof = (a, operation, b)
        } else {
            plan.asof = (b, operation.mirrored, a)
        }
        return .join(plan)
    }
}

extension Join.Kind {
    fileprivate var plan: Plan.JoinPlan.Kind {
        switch self {
        case .inner, .cross: .inner
        case .left, .asof: .left
        case .right: .right
        case .full: .full
        }
    }
}
