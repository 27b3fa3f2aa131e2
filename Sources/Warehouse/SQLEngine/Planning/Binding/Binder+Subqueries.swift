import Vectors

extension Binder {
    /// `(SELECT …)` as a value: that of its one row, NULL where it has none.
    func scalarSubquery(_ query: Query, _ binding: ExpressionBinding, _ position: Int) throws
        -> BoundExpression
    {
        let bound = try bind(query, parent: binding.scope)
        guard bound.columns.count == 1 else {
            throw SQLError(
                .invalid,
                "a subquery that stands for a value gives one column, and this gives \(bound.columns.count)",
                position: position)
        }
        return once("(\(query.sqlText))", bound.plan, binding) { scalar(bound, binding, position) }
    }

    /// A subquery's value; one and the same for subqueries of a grouped SELECT that are written the same, as GROUP BY
    /// may name one that the select list repeats.
    private func once(
        _ text: @autoclosure () -> String, reading operands: [BoundExpression] = [], _ plan: Plan,
        _ binding: ExpressionBinding, _ make: () throws -> BoundExpression
    ) rethrows -> BoundExpression {
        guard binding.repeatsSubqueries, !plan.isVolatile else { return try make() }
        var columns = freeColumns(of: plan)
        for operand in operands { operand.collectColumns(into: &columns) }
        let key = ExpressionBinding.WrittenSubquery(
            text: text(), columns: columns, isInner: binding.aggregateDepth > 0)
        if let known = binding.subqueryValues[key] { return known }
        let value = try make()
        binding.subqueryValues[key] = value
        return value
    }

    /// The value of a query of one column.
    private func scalar(_ bound: BoundQuery, _ binding: ExpressionBinding, _ position: Int) -> BoundExpression
    {
        let value = bound.columns[0].column
        if case .project(let input, let assignments) = bound.plan, readsAround(bound.plan, assignments),
            let assignment = assignments.first(where: { $0.column.id == value.id })
        {
            return scalar(assignment.expression, over: input, binding, position)
        }
        let empty = emptyValue(of: value, in: bound.plan)
        guard let empty, empty.constant != .null else {
            binding.addSubquery {
                try self.attach(
                    bound.plan, to: $0, kind: .single, fillsEmptyGroup: empty != nil, position: position)
            }
            return BoundExpression(.column(value.id), value.type, position: position)
        }
        // Where nothing correlates, COUNT is 0 and not NULL: a marker tells whether there was a group.
        let (marked, isMissing) = marked(bound.plan)
        binding.addSubquery {
            try self.attach(marked, to: $0, kind: .single, fillsEmptyGroup: true, position: position)
        }
        return BoundExpression(
            .conditional([.init(condition: isMissing, value: empty)], otherwise: value.expression),
            value.type, position: position)
    }

    /// A value computed of columns of a subquery and of the row around it.
    private func scalar(
        _ expression: BoundExpression, over input: Plan, _ binding: ExpressionBinding, _ position: Int
    ) -> BoundExpression {
        if case .oneRow = input { return expression }
        let (marked, isMissing) = marked(input)
        let read = input.columns.filter { expression.columns.contains($0.id) }
        var empty: [ColumnID: BoundExpression] = [:]
        for column in read { empty[column.id] = emptyValue(of: column, in: input) }
        // An aggregation without keys has a row where there are none, of which the value is computed too.
        let isFilled = input.givesOneRow && empty.count == read.count
        binding.addSubquery {
            try self.attach(marked, to: $0, kind: .single, fillsEmptyGroup: isFilled, position: position)
        }
        let missing = isFilled ? expression.substituting(empty) : .constant(.null, expression.type)
        return BoundExpression(
            .conditional([.init(condition: isMissing, value: missing)], otherwise: expression),
            expression.type, position: position)
    }

    /// A plan with a column more, and whether that is NULL: for rows of a join to which the plan gave nothing.
    func marked(_ plan: Plan) -> (plan: Plan, isMissing: BoundExpression) {
        let marker = makeColumn(.boolean)
        return (
            .project(
                plan, plan.columns.map(Plan.Assignment.init(passing:)) + [Plan.Assignment(marker, .true)]),
            BoundExpression(.isNull(marker.expression), .boolean)
        )
    }

    /// What a column of an aggregation without keys is when there are no rows; `nil` for other plans.
    func emptyValue(of column: PlanColumn, in plan: Plan) -> BoundExpression? {
        switch plan {
        case .project(let input, let assignments):
            // Without an aggregation there is no row of which even a constant could be taken.
            guard input.givesOneRow, let assignment = assignments.first(where: { $0.column.id == column.id })
            else { return nil }
            var values: [ColumnID: BoundExpression] = [:]
            for id in assignment.expression.columns {
                guard let source = input.columns.first(where: { $0.id == id }),
                    let value = emptyValue(of: source, in: input)
                else { return nil }
                values[id] = value
            }
            let result = assignment.expression.substituting(values).rewritten(fold)
            return result.constant == nil ? nil : result
        case .sort(let input, _, limit: nil, offset: 0): return emptyValue(of: column, in: input)
        case .aggregate(let aggregate) where aggregate.keys.isEmpty:
            return aggregate.calls.first { $0.column.id == column.id }?.emptyValue
        default: return nil
        }
    }

    /// `EXISTS (SELECT …)`.
    func exists(_ query: Query, _ binding: ExpressionBinding, _ position: Int) throws -> BoundExpression {
        let bound = try bind(query, parent: binding.scope)
        if bound.plan.givesOneRow { return .true }
        return once("EXISTS (\(query.sqlText))", bound.plan, binding) {
            exists(bound.plan, [], binding, position)
        }
    }

    /// Whether a subquery has a row for which all of some conditions over its columns and the outer ones are true.
    private func exists(
        _ plan: Plan, _ conditions: [BoundExpression], _ binding: ExpressionBinding, _ position: Int
    ) -> BoundExpression {
        let mark = makeColumn(.boolean)
        binding.addSubquery { outer in
            try self.attach(
                plan, to: outer, kind: .semi, conditions: conditions, mark: mark, position: position)
        }
        return BoundExpression(
            .coalesce([mark.expression, .constant(.boolean(false), .boolean)]), .boolean, position: position)
    }

    /// `x IN (SELECT …)` and `x op ANY (SELECT …)`.
    func inSubquery(
        _ operand: Expression, _ query: Query, _ operation: BinaryOperator, _ binding: ExpressionBinding,
        _ position: Int
    ) throws -> BoundExpression {
        let operands: [BoundExpression]
        if case .tuple(let items) = operand.kind {
            operands = try items.map { try bind($0, binding) }
        } else {
            operands = [try bind(operand, binding)]
        }
        let bound = try bind(query, parent: binding.scope)
        guard bound.columns.count == operands.count else {
            throw SQLError(
                .invalid,
                "the subquery gives \(bound.columns.count) columns, and \(operands.count) are compared",
                position: position)
        }
        let text = { "\(operand.sqlText) \(operation.rawValue) ANY (\(query.sqlText))" }
        return try once(text(), reading: operands, bound.plan, binding) {
            try isAny(operands, operation, bound, binding, position)
        }
    }

    /// Whether some values compare so with the columns of any row of a query.
    private func isAny(
        _ operands: [BoundExpression], _ operation: BinaryOperator, _ query: BoundQuery,
        _ binding: ExpressionBinding, _ position: Int
    ) throws -> BoundExpression {
        var bound = query
        let pairs = try zip(operands, bound.columns).map { operand, named in
            try unified(operand, named.column.expression, position: position)
        }
        bound = try convert(bound, to: pairs.map(\.2))
        let inner = bound.columns.map(\.column.expression)
        if operands.count == 1, bound.plan.givesOneRow {
            return try compare(operation, pairs[0].0, scalar(bound, binding, position), position: position)
        }
        if operation == .equal, operands.count == 1, freeColumns(of: bound.plan).isEmpty {
            let mark = makeColumn(.boolean)
            let plan = bound.plan
            let left = pairs[0].0
            binding.addSubquery { outer in
                .join(
                    Plan.JoinPlan(
                        kind: .semi, left: outer, right: plan, keys: [(left, inner[0], false)], mark: mark))
            }
            return BoundExpression(.column(mark.id), .boolean, position: position)
        }
        let tests = try rowTests(operation, zip(pairs, inner).map { ($0.0, $1) }, position)
        let match = exists(bound.plan, tests, binding, position)
        // A comparison that nobody knows the outcome of makes "not in" unknown.
        let unknown = simplified(
            .and, tests.map { BoundExpression(.or([$0, BoundExpression(.isNull($0), .boolean)]), .boolean) },
            position)
        let possible = exists(bound.plan, [unknown], binding, position)
        return BoundExpression(
            .conditional(
                [
                    .init(condition: match, value: .true),
                    .init(condition: possible, value: .constant(.null, .boolean)),
                ],
                otherwise: .constant(.boolean(false), .boolean)), .boolean, position: position)
    }

    /// What must all be true for two rows to compare so.
    private func rowTests(
        _ operation: BinaryOperator, _ pairs: [(BoundExpression, BoundExpression)], _ position: Int
    ) throws -> [BoundExpression] {
        let tests = try pairs.map { try compare(operation, $0, $1, position: position) }
        if tests.count == 1 || operation == .equal { return tests }
        guard operation == .notEqual else { throw Self.unordered(position) }
        // Rows differ where any of their values do.
        return [simplified(.or, tests, position)]
    }

    /// The error for a comparison of rows that asks which comes first.
    static func unordered(_ position: Int) -> SQLError {
        SQLError(
            .unsupported, "lists can be compared by = and <> alone, with as many items on both sides",
            position: position)
    }

    // MARK: Correlation

    /// The columns that a plan reads and does not make: those of the queries around it.
    func freeColumns(of plan: Plan) -> Set<ColumnID> {
        var free: Set<ColumnID> = []
        plan.visit { step in
            var read: Set<ColumnID> = []
            for expression in step.expressions { expression.collectColumns(into: &read) }
            // A projection may pass on a column of a query around under the same identity.
            var given = step.inputs.flatMap(\.columns)
            if case .scan(let scan) = step { given = scan.columns.map(\.column) }
            free.formUnion(read.subtracting(given.map(\.id)))
        }
        return free
    }

    /// Joins a subquery that may read columns of `outer` to it.
    ///
    /// - Parameter fillsEmptyGroup: whether the caller knows what an aggregation without keys gives for no
    ///   rows, and puts it
    ///   where there is no match.
    func attach(
        _ inner: Plan, to outer: Plan, kind: Plan.JoinPlan.Kind, conditions: [BoundExpression] = [],
        mark: PlanColumn? = nil, fillsEmptyGroup: Bool = false, position: Int
    ) throws -> Plan {
        if mark != nil, case .project(let input, let assignments) = inner, readsAround(inner, assignments) {
            // What it computes of the row around it, the conditions compute.
            let values = Dictionary(
                assignments.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
            return try attach(
                input, to: outer, kind: kind, conditions: conditions.map { $0.substituting(values) },
                mark: mark, fillsEmptyGroup: fillsEmptyGroup, position: position)
        }
        var join = Plan.JoinPlan(
            kind: kind, left: outer, right: inner, mark: mark, marksExistence: mark != nil)
        let free = freeColumns(of: inner)
        var all = conditions
        if !free.isEmpty {
            var correlation = Correlation(
                self, free: free, isTest: mark != nil && conditions.isEmpty, position: position)
            join.right = try correlation.detached(inner)
            if correlation.emptyGroups > (fillsEmptyGroup ? 1 : 0) { throw correlation.unsupported }
            all += correlation.conditions
        }
        if let condition = BoundExpression.all(all) {
            split(condition, &join)
        } else if mark != nil {
            // Whether there is a row at all: one is enough.
            join.right = .limit(join.right, limit: 1, offset: 0)
        }
        return .join(join)
    }
}

extension Plan {
    /// Whether it is an aggregation without keys, which gives one row whatever it reads.
    var givesOneRow: Bool {
        switch self {
        case .project(let input, _), .sort(let input, _, limit: nil, offset: 0): input.givesOneRow
        case .aggregate(let aggregate): aggregate.keys.isEmpty
        default: false
        }
    }
}
