import Vectors

/// GROUP BY, bound.
struct BoundGrouping {
    var expressions: [BoundExpression] = []
    /// GROUPING SETS: places in `expressions`.
    var sets: [[Int]]?
}

extension Binder {
    /// The GROUP BY clause; `nil` where there is none.
    func bindGrouping(_ select: Select, _ outputs: [Output], _ binding: ExpressionBinding) throws
        -> BoundGrouping?
    {
        let (aggregates, windows) = (binding.aggregates, binding.windows)
        binding.clause = "GROUP BY"
        binding.aggregates = nil
        binding.windows = nil
        defer { (binding.aggregates, binding.windows) = (aggregates, windows) }
        var made = Set(
            (aggregates ?? []).map(\.column.id) + (windows ?? []).map(\.column.id)
                + binding.groupings.map(\.column.id))
        made.formUnion(binding.drawn.readers(of: made))
        func key(_ expression: Expression) throws -> BoundExpression {
            let bound: BoundExpression
            if let place = try ordinal(expression, count: outputs.count, "GROUP BY") {
                bound = outputs[place].expression
            } else {
                bound = try bind(expression, binding)
            }
            guard bound.columns.isDisjoint(with: made) else {
                throw SQLError(
                    .invalid, "GROUP BY names an aggregate or window function", position: expression.position)
            }
            return bound
        }
        switch select.grouping {
        case .none: return nil
        case .all:
            return BoundGrouping(
                expressions: outputs.map(\.expression).filter { $0.columns.isDisjoint(with: made) })
        case .expressions(let expressions): return BoundGrouping(expressions: try expressions.map(key))
        case .sets(let expressions, let sets):
            return BoundGrouping(expressions: try expressions.map(key), sets: sets)
        }
    }
}

/// The keys of a grouped SELECT, and how expressions above the aggregation read them.
struct Groups {
    private let binder: Binder
    private let input: Set<ColumnID>
    private var keys: [Plan.Assignment] = []
    private var columns: [BoundExpression: PlanColumn] = [:]
    private let sets: [[Int]]?
    private var places: [Int?] = []

    init(_ binder: Binder, _ grouping: BoundGrouping, input: Set<ColumnID>) throws {
        self.binder = binder
        self.input = input
        sets = grouping.sets
        let hasOthers = grouping.expressions.contains { $0.constant == nil }
        for expression in grouping.expressions {
            if let known = columns[expression] {
                places.append(keys.firstIndex { $0.column.id == known.id })
                continue
            }
            // A constant makes no groups, but an empty list of keys would make one group of nothing, and in a
            // set it can be missing.
            if expression.constant != nil, sets == nil, hasOthers || !keys.isEmpty {
                places.append(nil)
                continue
            }
            let column =
                expression.columnID.map { PlanColumn($0, expression.type) }
                ?? binder.makeColumn(expression.type)
            places.append(keys.count)
            keys.append(Plan.Assignment(column, expression))
            columns[expression] = column
        }
    }

    /// The aggregation over a plan.
    func plan(_ plan: Plan, _ calls: [AggregateCall], _ groupings: [GroupingCall]) throws -> Plan {
        let asked = try groupings.map(asked)
        guard let sets else {
            let aggregate = Plan.aggregate(Plan.Aggregate(input: plan, keys: keys, calls: calls))
            if groupings.isEmpty { return aggregate }
            let zeros = groupings.map {
                Plan.Assignment($0.column, .constant(.number(0, scale: 0), $0.column.type))
            }
            return .project(aggregate, aggregate.columns.map(Plan.Assignment.init(passing:)) + zeros)
        }
        let (plan, keys) = stable(plan)
        let given = keys.map(\.column) + calls.map(\.column) + groupings.map(\.column)
        let inputs = sets.map { set -> (plan: Plan, columns: [PlanColumn]) in
            let chosen = Set(set.compactMap { places[$0] })
            let kept = chosen.sorted().map { place in
                Plan.Assignment(binder.makeColumn(keys[place].column.type), keys[place].expression)
            }
            var byPlace = Dictionary(uniqueKeysWithValues: zip(chosen.sorted(), kept.map(\.column)))
            let made = calls.map { call in
                var copy = call
                copy.column = binder.makeColumn(call.column.type)
                return copy
            }
            var assignments = (kept.map(\.column) + made.map(\.column)).map { Plan.Assignment(passing: $0) }
            for (place, key) in keys.enumerated() where byPlace[place] == nil {
                let missing = binder.makeColumn(key.column.type)
                byPlace[place] = missing
                assignments.append(Plan.Assignment(missing, .constant(.null, key.column.type)))
            }
            let answers = zip(groupings, asked).map { call, places in
                // A bit a key, the first one highest: set where the key is not in the set.
                let bits = places.reduce(Int128(0)) { $0 << 1 | (chosen.contains($1) ? 0 : 1) }
                return Plan.Assignment(
                    binder.makeColumn(call.column.type), .constant(.number(bits, scale: 0), call.column.type))
            }
            let aggregate = Plan.aggregate(Plan.Aggregate(input: plan, keys: kept, calls: made))
            return (
                .project(aggregate, assignments + answers),
                keys.indices.compactMap { byPlace[$0] } + made.map(\.column) + answers.map(\.column)
            )
        }
        return .set(Plan.SetPlan(operation: .union, isAll: true, inputs: inputs, columns: given))
    }

    /// What each set reads anew, and its keys: what is drawn at random is drawn once for all sets.
    private func stable(_ plan: Plan) -> (Plan, [Plan.Assignment]) {
        let drawn = keys.filter(\.expression.isVolatile)
        guard plan.isVolatile || !drawn.isEmpty else { return (plan, keys) }
        let input = Plan.project(plan, plan.columns.map(Plan.Assignment.init(passing:)) + drawn)
        let known = keys.map { $0.expression.isVolatile ? .init(passing: $0.column) : $0 }
        return (.shared(binder.shared(input, input.columns)), known)
    }

    /// The places of the keys that a call of GROUPING names.
    private func asked(_ call: GroupingCall) throws -> [Int] {
        try call.arguments.map { argument in
            guard let column = columns[argument],
                let place = keys.firstIndex(where: { $0.column.id == column.id })
            else {
                throw SQLError(
                    .invalid, "GROUPING takes expressions of GROUP BY",
                    position: argument.position ?? call.position)
            }
            return place
        }
    }

    /// An expression as it is written over the groups.
    func above(_ expression: BoundExpression) throws -> BoundExpression {
        // A constant is a key only as a whole: within something larger it is itself, whatever keys have its value.
        let isKey = expression.constant != nil && sets != nil
        let result = expression.replaced { part in
            guard part.constant == nil || isKey, let column = columns[part] else {
                return nil
            }
            return BoundExpression(.column(column.id), part.type, position: part.position)
        }
        try check(result)
        return result
    }

    func above(_ item: Plan.SortItem) throws -> Plan.SortItem {
        Plan.SortItem(
            expression: try above(item.expression), isDescending: item.isDescending,
            nullsFirst: item.nullsFirst)
    }

    func above(_ call: WindowCall) throws -> WindowCall {
        var copy = call
        copy.arguments = try call.arguments.map(above)
        copy.partition = try call.partition.map(above)
        copy.order = try call.order.map(above)
        return copy
    }

    private func check(_ expression: BoundExpression) throws {
        if case .column(let id) = expression.kind, input.contains(id),
            !keys.contains(where: { $0.column.id == id })
        {
            throw SQLError(
                .invalid,
                "this column is neither in GROUP BY nor inside an aggregate function: add it to GROUP BY, or use ANY_VALUE(…)",
                position: expression.position)
        }
        for child in expression.children { try check(child) }
    }
}
