import Vectors

/// Window functions whose value is the same throughout a partition, where the query then groups by that partition: the
/// usual way to write "first and last price of a day". They become aggregates, and the window goes.
extension Optimizer {
    func collapsed(_ plan: Plan) -> Plan {
        let plan = plan.with(inputs: plan.inputs.map(collapsed))
        switch plan {
        case .aggregate(let aggregate): return collapsed(aggregate) ?? plan
        case .distinct(let input): return collapsedDistinct(input) ?? plan
        default: return plan
        }
    }

    private func collapsed(_ aggregate: Plan.Aggregate) -> Plan? {
        var result = aggregate
        var input = aggregate.input
        var values: [ColumnID: BoundExpression] = [:]
        if case .project(let below, let assignments) = input {
            // What is drawn anew each time must not come to stand in several places.
            guard !assignments.contains(where: \.expression.isVolatile) else { return nil }
            input = below
            values = Dictionary(
                assignments.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
        }
        guard case .window(let base, let calls) = input else { return nil }
        let windows = Dictionary(uniqueKeysWithValues: calls.map { ($0.column.id, $0) })
        result.keys = aggregate.keys.map { .init($0.column, $0.expression.substituting(values)) }
        let keys = Set(result.keys.map(\.expression))
        guard result.keys.allSatisfy({ $0.expression.columns.isDisjoint(with: Set(windows.keys)) }) else {
            return nil
        }
        var replaced: [AggregateCall] = []
        for call in aggregate.calls {
            var copy = call
            copy.arguments = call.arguments.map { $0.substituting(values) }
            copy.order = call.order.map { item in
                var item = item
                item.expression = item.expression.substituting(values)
                return item
            }
            if copy.expressions.contains(where: { !$0.columns.isDisjoint(with: Set(windows.keys)) }) {
                guard [.anyValue, .minimum, .maximum].contains(copy.function),
                    let id = copy.arguments[0].columnID,
                    let window = windows[id], Set(window.partition) == keys,
                    let aggregated = window.asAggregate(column: copy.column),
                    // Without keys no rows make a group, which has no window to take a value from.
                    !keys.isEmpty || aggregated.emptyValue.constant == .null
                else { return nil }
                copy = aggregated
            }
            replaced.append(copy)
        }
        result.calls = replaced
        result.input = base
        return .aggregate(result)
    }

    /// SELECT DISTINCT of partition columns and of values that are the same throughout a partition.
    private func collapsedDistinct(_ input: Plan) -> Plan? {
        guard case .project(.window(let base, let calls), let assignments) = input, let first = calls.first,
            !assignments.contains(where: \.expression.isVolatile)
        else { return nil }
        let partition = Set(first.partition)
        guard !partition.isEmpty, calls.allSatisfy({ Set($0.partition) == partition })
        else { return nil }
        let windows = Dictionary(uniqueKeysWithValues: calls.map { ($0.column.id, $0) })
        var keys: [Plan.Assignment] = []
        var aggregates: [AggregateCall] = []
        for assignment in assignments {
            if let id = assignment.expression.columnID, let window = windows[id] {
                guard let call = window.asAggregate(column: assignment.column) else { return nil }
                aggregates.append(call)
            } else {
                guard partition.contains(assignment.expression) else { return nil }
                keys.append(assignment)
            }
        }
        guard Set(keys.map(\.expression)) == partition else { return nil }
        return .aggregate(Plan.Aggregate(input: base, keys: keys, calls: aggregates))
    }
}

extension WindowCall {
    /// The aggregate over the partition that gives the same; `nil` where the value differs within a partition.
    func asAggregate(column: PlanColumn) -> AggregateCall? {
        guard frame.isWholePartition, !ignoresNulls else { return nil }
        switch function {
        case .firstValue:
            return AggregateCall(
                column: column, function: .firstBy, arguments: arguments, order: order, position: position)
        case .lastValue:
            return AggregateCall(
                column: column, function: .lastBy, arguments: arguments, order: order, position: position)
        case .aggregate(let aggregate):
            let count = arguments.count - aggregateOrder.count
            let order = zip(arguments[count...], aggregateOrder).map { expression, key in
                Plan.SortItem(
                    expression: expression, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
            }
            return AggregateCall(
                column: column, function: aggregate, arguments: Array(arguments[..<count]),
                isDistinct: isDistinct, order: order,
                position: position)
        default: return nil
        }
    }
}
