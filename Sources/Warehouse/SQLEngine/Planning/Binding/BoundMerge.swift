package import Vectors

/// A MERGE whose names are resolved. It can be planned at once (`change`), or in steps that spare reading the target:
/// the source's rows first (`sourceQuery`, `replaceSource`), then which rows of the target match (`matches`,
/// `restrict`).
package struct BoundMerge {
    /// What a clause does.
    package enum Action: Sendable { case update, delete, insert }

    /// What each clause does, in their order.
    package let actions: [Action]
    private let binder: Binder
    private var scan: Plan.Scan
    private let address: PlanColumn
    private var source: Plan
    private var keys: [(left: BoundExpression, right: BoundExpression, nullSafe: Bool)]
    private let condition: BoundExpression?
    private let subqueries: [(Plan) throws -> Plan]
    /// The number of the clause that decides, and the table's columns.
    private let action: Plan.Assignment
    private let values: [Plan.Assignment]

    init(
        _ binder: Binder, actions: [Action], scan: Plan.Scan, address: PlanColumn, source: Plan,
        condition: BoundExpression,
        subqueries: [(Plan) throws -> Plan], action: Plan.Assignment, values: [Plan.Assignment]
    ) {
        var join = Plan.JoinPlan(kind: .right, left: .scan(scan), right: source)
        binder.split(condition, &join)
        self.actions = actions
        self.binder = binder
        self.scan = scan
        self.address = address
        self.source = source
        keys = join.keys
        self.condition = join.condition
        self.subqueries = subqueries
        self.action = action
        self.values = values
    }

    private var outputs: [Plan.Assignment] { [action] + values }

    private func columns(_ expressions: [BoundExpression]) -> Set<ColumnID> {
        expressions.reduce(into: []) { $1.collectColumns(into: &$0) }
    }

    private func join(_ kind: Plan.JoinPlan.Kind) -> Plan {
        // No row needs to be looked at where nothing can match.
        let isImpossible =
            condition?.conjuncts.contains { $0.constant == .boolean(false) || $0.constant == .null } ?? false
        let target = isImpossible ? Plan.limit(.scan(scan), limit: 0, offset: 0) : .scan(scan)
        return .join(Plan.JoinPlan(kind: kind, left: target, right: source, keys: keys, condition: condition))
    }

    // MARK: The whole

    /// The rows of the source with what they match, each with the clause that decides and the columns' values.
    package func change() throws -> BoundChange {
        let plan = try subqueries.reduce(join(.right)) { try $1($0) }
        let passed = plan.columns.map(Plan.Assignment.init(passing:))
        let decided = Plan.project(plan, passed + [action])
        return BoundChange(
            plan: .project(decided, [.init(passing: address), .init(passing: action.column)] + values),
            address: address,
            action: action.column, values: values.map(\.column))
    }

    // MARK: The source

    /// What is needed of the source, computed: columns, and behind them the keys to join by.
    package func sourceQuery() -> BoundQuery {
        // Subqueries may read any column.
        let read = columns(outputs.map(\.expression) + (condition.map { [$0] } ?? []))
        var seen: Set<ColumnID> = []
        let needed = source.columns.filter {
            (!subqueries.isEmpty || read.contains($0.id)) && seen.insert($0.id).inserted
        }
        let computed = keys.map { Plan.Assignment(binder.makeColumn($0.right.type), $0.right) }
        let assignments = needed.map(Plan.Assignment.init(passing:)) + computed
        return BoundQuery(
            plan: .project(source, assignments),
            columns: assignments.map {
                BoundQuery.NamedColumn(name: $0.column.id.description, column: $0.column)
            })
    }

    /// Puts the source's rows, as `query` from `sourceQuery` gave them, in the place of the source.
    ///
    /// - Parameters:
    ///   - table: these rows.
    ///   - vectors: the same, a column each; rows of the target beyond their keys need not be read.
    package mutating func replaceSource(_ query: BoundQuery, _ table: any TableSource, _ vectors: [Vector])
        throws
    {
        let columns = query.columns.enumerated().map { (column: $1.column, source: ScanColumn($0)) }
        source = .scan(Plan.Scan(table: table, name: "source", columns: columns))
        let first = columns.count - keys.count
        for index in keys.indices {
            keys[index].right = columns[first + index].column.expression
            guard !keys[index].nullSafe, let (least, greatest) = vectors[first + index].extremes else {
                continue
            }
            let key = keys[index].left
            for (operation, bound) in [(BinaryOperator.greaterOrEqual, least), (.lessOrEqual, greatest)] {
                scan.filters.append(
                    try binder.compare(
                        operation, key, .constant(bound, key.type), position: key.position ?? 0))
            }
        }
    }

    // MARK: The rows of the target that match

    /// Whether it pays to find out first which rows match: where more columns are needed of them than to find them.
    package var needsMatches: Bool {
        let own = Set(scan.columns.map(\.column.id)).subtracting([address.id])
        let joining = columns(keys.map(\.left) + (condition.map { [$0] } ?? []) + scan.filters)
        return !keys.isEmpty && !columns(outputs.map(\.expression)).intersection(own).isSubset(of: joining)
    }

    /// The addresses of the rows that match.
    package func matches() -> BoundQuery {
        BoundQuery(
            plan: .project(join(.semi), [.init(passing: address)]),
            columns: [BoundQuery.NamedColumn(name: "ADDRESS", column: address)])
    }

    /// Leaves out all rows of the target but those of which `test` says so, by their addresses.
    package mutating func restrict(_ test: @escaping @Sendable (_ addresses: Vector, _ count: Int) -> Vector)
    {
        let binding = ScalarFunction.Binding([.integer], .boolean) { arguments, count, _ in
            test(arguments[0], count)
        }
        let use = FunctionUse(.own("MATCHES", number: address.id.number), binding)
        let filter = BoundExpression(.call(use, [address.expression]), .boolean)
        scan.filters.insert(filter, at: 0)
    }
}

extension Binder {
    /// MERGE.
    package func bindMerge(_ merge: Merge, _ target: ChangeTarget) throws -> BoundMerge {
        let sourceScope = Scope(parent: nil)
        let source = try bindFrom(merge.source, sourceScope)
        let scope = Scope(parent: nil)
        let (scan, address) = scanTarget(target, scope)
        scope.tables += sourceScope.tables
        let binding = ExpressionBinding(scope: scope)
        binding.clause = "ON"
        let on = try condition(try bind(merge.condition, binding), "ON")
        guard binding.subqueries.isEmpty else {
            throw SQLError(
                .unsupported, "a subquery cannot stand in ON: put it into the source of MERGE",
                position: merge.condition.position)
        }
        let isInserted = BoundExpression(.isNull(address.expression), .boolean)
        let inserting = ExpressionBinding(scope: sourceScope)
        var branches: [BoundExpression.Branch] = []
        var rows: [(number: Int, values: [BoundExpression])] = []
        for (number, clause) in merge.clauses.enumerated() {
            let current = clause.isMatched ? binding : inserting
            current.clause = "WHEN"
            var tests = [clause.isMatched ? not(isInserted) : isInserted]
            if let test = clause.condition { tests.append(try condition(try bind(test, current), "WHEN")) }
            branches.append(
                .init(
                    condition: simplified(.and, tests, clause.position),
                    value: .constant(.integer(number), .integer)))
            if let values = try values(of: clause, target, scan, current) { rows.append((number, values)) }
        }
        let action = Plan.Assignment(
            makeColumn(.integer),
            try conditional(branches, otherwise: .constant(.null, .integer), merge.position))
        let values = try target.table.columns.enumerated().map { place, column in
            let choices = try rows.map { number, values in
                BoundExpression.Branch(
                    condition: try compare(
                        .equal, action.column.expression, .constant(.integer(number), .integer),
                        position: merge.position),
                    value: values[place])
            }
            return Plan.Assignment(
                makeColumn(column.type),
                try conditional(choices, otherwise: .constant(.null, column.type), merge.position))
        }
        return BoundMerge(
            self, actions: merge.clauses.map(\.kind), scan: scan, address: address, source: source,
            condition: on,
            subqueries: binding.subqueries + inserting.subqueries, action: action, values: values)
    }

    /// The columns' values after a clause; `nil` for DELETE.
    private func values(
        of clause: Merge.Clause, _ target: ChangeTarget, _ scan: Plan.Scan, _ binding: ExpressionBinding
    ) throws
        -> [BoundExpression]?
    {
        switch clause.action {
        case .delete: return nil
        case .update(let assignments):
            binding.clause = "SET"
            let assigned = try assigned(assignments, target, binding)
            return target.table.columns.indices.map { assigned[$0] ?? scan.columns[$0].column.expression }
        case .insert(let names, let expressions):
            binding.clause = "VALUES"
            let places =
                try names.isEmpty
                ? Array(target.table.columns.indices) : names.map { try place($0, in: target) }
            guard places.count == expressions.count else {
                throw SQLError(
                    .invalid, "\(places.count) columns are to be filled, and \(expressions.count) are given",
                    position: clause.position)
            }
            guard Set(places).count == places.count else {
                throw SQLError(.invalid, "INSERT names a column twice", position: clause.position)
            }
            let given = Dictionary(uniqueKeysWithValues: zip(places, expressions))
            return try target.table.columns.indices.map { try value(given[$0] ?? nil, $0, target, binding) }
        }
    }
}

extension Merge.Clause {
    fileprivate var kind: BoundMerge.Action {
        switch action {
        case .update: .update
        case .delete: .delete
        case .insert: .insert
        }
    }
}

extension Vector {
    /// The least and the greatest value; `nil` where there is none, or where values of the type do not lie in
    /// the order of
    /// what they are stored as.
    fileprivate var extremes: (least: Scalar, greatest: Scalar)? {
        let rows = (0..<count).lazy.filter { self.isValid($0) }
        let ends: (min: Int, max: Int)?
        switch (layout, type) {
        case (.int64, .number), (.int64, .date), (.int64, .time), (.int64, .timestampNTZ),
            (.int64, .timestampLTZ):
            let values = int64s
            ends = Self.ends(rows) { values[$0] < values[$1] }
        case (.int128, .number):
            let values = int128s
            ends = Self.ends(rows) { values[$0] < values[$1] }
        case (.string, .varchar):
            ends = Self.ends(rows) {
                self.codes[$0] != self.codes[$1] && self.bytes($0).lexicographicallyPrecedes(self.bytes($1))
            }
        default: ends = nil
        }
        return withExtendedLifetime(self) { ends.map { (scalar(at: $0.min), scalar(at: $0.max)) } }
    }

    private static func ends(_ rows: some Sequence<Int>, _ isLess: (Int, Int) -> Bool) -> (
        min: Int, max: Int
    )? {
        var ends: (min: Int, max: Int)?
        for row in rows {
            guard let known = ends else {
                ends = (row, row)
                continue
            }
            if isLess(row, known.min) { ends?.min = row }
            if isLess(known.max, row) { ends?.max = row }
        }
        return ends
    }
}
