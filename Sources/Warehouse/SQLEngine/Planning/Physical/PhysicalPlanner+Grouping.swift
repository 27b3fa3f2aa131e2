import Vectors

extension PhysicalPlanner {
    func aggregate(_ aggregate: Plan.Aggregate) throws -> Step {
        let below = try step(aggregate.input)
        let (input, places) = try withColumns(
            aggregate.keys.map(\.expression) + aggregate.calls.flatMap(\.inputs), below)
        let keys = Array(places.prefix(aggregate.keys.count))
        var next = aggregate.keys.count
        let specifications = aggregate.calls.map { call -> AggregateSpecification in
            let inputs = call.inputs
            let used = Array(places[next..<(next + inputs.count)])
            next += inputs.count
            return AggregateSpecification(
                function: call.function, arguments: used, argumentTypes: inputs.map(\.type),
                argumentCount: call.arguments.count,
                order: call.order.map {
                    SortKey(column: 0, isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
                },
                isDistinct: call.isDistinct, result: call.column.type)
        }
        let title =
            "Aggregate "
            + aggregate.calls.map {
                "\($0.function.rawValue)(\($0.isDistinct ? "DISTINCT " : "")\($0.arguments.map(PlanText.text).joined(separator: ", ")))"
            }
            .joined(separator: ", ")
            + (aggregate.keys.isEmpty
                ? "" : " by " + aggregate.keys.map { PlanText.text($0.expression) }.joined(separator: ", "))
        let source = AggregateOperator(
            input.source, keys: keys, specifications, sorted: try sortedGroups(aggregate), title: title)
        return Step(profiled(source), aggregate.keys.map(\.column.id) + aggregate.calls.map(\.column.id))
    }

    /// A table that rises by the keys can be asked for them alone, ahead of the aggregation.
    private func sortedGroups(_ aggregate: Plan.Aggregate) throws -> SortedGroups? {
        guard !aggregate.keys.isEmpty, aggregate.input.readsOneTable,
            aggregate.keys.allSatisfy({
                SortedRuns.canFollow($0.expression.type) && !$0.expression.isVolatile
            })
        else { return nil }
        var wanted: Set<ColumnID> = []
        for key in aggregate.keys { key.expression.collectColumns(into: &wanted) }
        let below = try PhysicalPlanner(binder, context, shared: shared).step(
            Optimizer(binder).pruned(aggregate.input, wanted))
        let (input, places) = try withColumns(aggregate.keys.map(\.expression), below)
        let expressions = zip(places, aggregate.keys).map {
            ColumnExpression(place: $0, type: $1.expression.type)
        }
        return SortedGroups(source: ProjectOperator(input.source, expressions, title: "Keys"))
    }

    func topRows(_ top: Plan.TopRows) throws -> Step {
        let (first, partition) = try withColumns(top.partition, try step(top.input))
        let (below, keys) = try sortKeys(top.order, first)
        let source = TopRowsOperator(below.source, partition: partition, order: keys, limit: top.limit)
        var result = below
        result.source = profiled(source)
        if let number = top.number { result.places[number.id] = below.source.types.count }
        return result
    }

    /// Window functions; those that share partition and order are computed together.
    func window(_ input: Plan, _ calls: [WindowCall]) throws -> Step {
        var result = try step(input)
        var groups: [[WindowCall]] = []
        for call in calls {
            if let place = groups.firstIndex(where: {
                $0[0].partition == call.partition && $0[0].order == call.order
            }) {
                groups[place].append(call)
            } else {
                groups.append([call])
            }
        }
        for group in groups { result = try window(result, together: group) }
        return result
    }

    private func window(_ step: Step, together calls: [WindowCall]) throws -> Step {
        let (first, partition) = try withColumns(calls[0].partition, step)
        let (second, order) = try sortKeys(calls[0].order, first)
        let (below, places) = try withColumns(calls.flatMap(\.arguments), second)
        var next = 0
        let functions = try calls.map { call in
            let used = Array(places[next..<(next + call.arguments.count)])
            next += call.arguments.count
            return try WindowFunctionMaking.function(call, used)
        }
        var result = below
        result.source = profiled(
            WindowOperator(below.source, partition: partition, order: order, functions: functions))
        for (place, call) in calls.enumerated() {
            result.places[call.column.id] = below.source.types.count + place
        }
        return result
    }
}

extension AggregateCall {
    /// The arguments, and the keys of the order behind them.
    var inputs: [BoundExpression] { arguments + order.map(\.expression) }
}

/// Window functions as the operator knows them.
enum WindowFunctionMaking {
    static func function(_ call: WindowCall, _ places: [Int]) throws -> WindowFunction {
        WindowFunction(try kind(call, places), type: call.column.type, frame: try frame(call))
    }

    private static func kind(_ call: WindowCall, _ places: [Int]) throws -> WindowFunction.Kind {
        func integer(_ place: Int) -> Int? {
            guard place < call.arguments.count, case .number(let value, _)? = call.arguments[place].constant
            else { return nil }
            return Int(clamping: value)
        }
        switch call.function {
        case .rowNumber: return .rowNumber
        case .rank: return .rank
        case .denseRank: return .denseRank
        case .percentRank: return .percentRank
        case .cumeDist: return .cumeDist
        case .ntile: return .ntile(column: places[0])
        case .lag, .lead:
            let offset = integer(1) ?? 1
            let other = places.count > 2 ? places[2] : nil
            if case .lag = call.function {
                return .lag(
                    column: places[0], offset: offset, defaultColumn: other, ignoresNulls: call.ignoresNulls)
            }
            return .lead(
                column: places[0], offset: offset, defaultColumn: other, ignoresNulls: call.ignoresNulls)
        case .firstValue: return .firstValue(column: places[0], ignoresNulls: call.ignoresNulls)
        case .lastValue: return .lastValue(column: places[0], ignoresNulls: call.ignoresNulls)
        case .nthValue:
            guard let n = integer(1), n >= 1 else {
                throw SQLError(.invalid, "NTH_VALUE counts from 1", position: call.position)
            }
            return .nthValue(column: places[0], n: n, ignoresNulls: call.ignoresNulls)
        case .aggregate(let function): return try kind(function, call, places)
        }
    }

    private static func kind(_ function: AggregateFunction, _ call: WindowCall, _ places: [Int]) throws
        -> WindowFunction.Kind
    {
        if !call.isDistinct, let column = places.first {
            switch function {
            case .count: return .count(column: column)
            case .countIf: return .countIf(column: column)
            case .sum: return .sum(column: column)
            case .average: return .average(column: column)
            case .minimum: return .minimum(column: column)
            case .maximum: return .maximum(column: column)
            case .deviationPopulation: return .deviationPopulation(column: column)
            case .deviationSample: return .deviationSample(column: column)
            case .variancePopulation: return .variancePopulation(column: column)
            case .varianceSample: return .varianceSample(column: column)
            case .booleanAnd: return .booleanAnd(column: column)
            case .booleanOr: return .booleanOr(column: column)
            default: break
            }
        }
        if function == .countStar { return .countStar }
        let specification = AggregateSpecification(
            function: function, arguments: Array(places.indices), argumentTypes: call.arguments.map(\.type),
            argumentCount: call.arguments.count - call.aggregateOrder.count, order: call.aggregateOrder,
            isDistinct: call.isDistinct, result: call.column.type)
        return .custom(StateWindowAggregate(specification), columns: places)
    }

    private static func frame(_ call: WindowCall) throws -> WindowFrame {
        func bound(_ bound: WindowCall.Bound) throws -> WindowFrame.Bound {
            switch bound {
            case .unboundedPreceding: return .unboundedPreceding
            case .currentRow: return .currentRow
            case .unboundedFollowing: return .unboundedFollowing
            case .preceding(let distance): return .preceding(try offset(distance))
            case .following(let distance): return .following(try offset(distance))
            }
        }
        func offset(_ distance: WindowCall.Distance) throws -> WindowFrame.Offset {
            switch distance {
            case .interval(let months, let microseconds) where call.frame.isRange:
                return .interval(months: months, microseconds: microseconds)
            case .number(.number(let value, let scale)) where value >= 0:
                if call.frame.isRange { return .number(value, scale: scale) }
                if scale == 0, let rows = Int(exactly: value) { return .rows(rows) }
            case .number(.float(let value)) where call.frame.isRange && value >= 0: return .float(value)
            default: break
            }
            throw SQLError(
                .invalid,
                "the distance of a frame must be a number that is not negative, or of RANGE an INTERVAL",
                position: call.position)
        }
        return WindowFrame(
            call.frame.isRange ? .range : .rows, from: try bound(call.frame.start),
            to: try bound(call.frame.end))
    }
}

/// An aggregate of the engine as a window function.
struct StateWindowAggregate: WindowAggregate {
    private let specification: AggregateSpecification

    init(_ specification: AggregateSpecification) { self.specification = specification }

    var title: String { specification.function.rawValue }

    func makeState() -> any WindowAggregateState { State(specification) }

    private final class State: WindowAggregateState {
        private let specification: AggregateSpecification
        private var added: [[Vector]] = []
        private var counts: [Int] = []

        init(_ specification: AggregateSpecification) { self.specification = specification }

        func add(_ columns: [Vector], from start: Int, count: Int) {
            added.append(columns.map { $0.slice(from: start, count: count) })
            counts.append(count)
        }

        func value() throws -> Scalar {
            // States give their result once; a frame that grows is computed from its pieces.
            let state = specification.makeState()
            state.grow(to: 1)
            for (order, (columns, count)) in zip(added, counts).enumerated() {
                let groups = [UInt32](repeating: 0, count: count)
                try groups.withUnsafeBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    try state.add(columns, GroupedRows(base, count: count, order: UInt64(order)))
                }
            }
            return try state.finish(1).scalar(at: 0)
        }
    }
}
