import Vectors

extension Plan {
    /// The plans directly below.
    package var inputs: [Plan] {
        switch self {
        case .oneRow, .scan, .values, .generator, .recursiveInput: []
        case .filter(let input, _), .project(let input, _), .window(let input, _), .sort(let input, _, _, _),
            .limit(let input, _, _),
            .distinct(let input):
            [input]
        case .aggregate(let aggregate): [aggregate.input]
        case .join(let join): [join.left, join.right]
        case .set(let set): set.inputs.map(\.plan)
        case .lateral(let lateral): [lateral.input]
        case .recursive(let recursive): [recursive.anchor, recursive.step]
        case .topRows(let top): [top.input]
        case .shared(let shared): [shared.input]
        }
    }

    /// Whether it does no more than compute and choose rows of one table.
    var readsOneTable: Bool {
        switch self {
        case .scan: true
        case .filter(let input, _), .project(let input, _): input.readsOneTable
        default: false
        }
    }

    /// The same step over other inputs, as many as there were.
    package func with(inputs new: [Plan]) -> Plan {
        switch self {
        case .oneRow, .scan, .values, .generator, .recursiveInput: return self
        case .filter(_, let condition): return .filter(new[0], condition)
        case .project(_, let assignments): return .project(new[0], assignments)
        case .window(_, let calls): return .window(new[0], calls)
        case .sort(_, let items, let limit, let offset):
            return .sort(new[0], items, limit: limit, offset: offset)
        case .limit(_, let limit, let offset): return .limit(new[0], limit: limit, offset: offset)
        case .distinct: return .distinct(new[0])
        case .aggregate(var aggregate):
            aggregate.input = new[0]
            return .aggregate(aggregate)
        case .join(var join):
            join.left = new[0]
            join.right = new[1]
            return .join(join)
        case .set(var set):
            for place in set.inputs.indices { set.inputs[place].plan = new[place] }
            return .set(set)
        case .lateral(var lateral):
            lateral.input = new[0]
            return .lateral(lateral)
        case .recursive(var recursive):
            recursive.anchor = new[0]
            recursive.step = new[1]
            return .recursive(recursive)
        case .topRows(var top):
            top.input = new[0]
            return .topRows(top)
        case .shared(var shared):
            shared.input = new[0]
            return .shared(shared)
        }
    }

    /// Visits every step, inputs first.
    package func visit(_ body: (Plan) -> Void) {
        for input in inputs { input.visit(body) }
        body(self)
    }

    /// The expressions of this step.
    package var expressions: [BoundExpression] {
        switch self {
        case .oneRow, .generator, .limit, .distinct, .recursiveInput, .shared: []
        case .scan(let scan): scan.filters
        case .values(let rows, _): rows.flatMap { $0 }
        case .filter(_, let condition): [condition]
        case .project(_, let assignments): assignments.map(\.expression)
        case .aggregate(let aggregate):
            aggregate.keys.map(\.expression) + aggregate.calls.flatMap(\.expressions)
        case .window(_, let calls): calls.flatMap { $0.arguments + $0.partition + $0.order.map(\.expression) }
        case .join(let join):
            join.keys.flatMap { [$0.left, $0.right] } + (join.condition.map { [$0] } ?? [])
                + (join.asof.map { [$0.left, $0.right] } ?? [])
        case .sort(_, let items, _, _): items.map(\.expression)
        case .set(let set): set.inputs.flatMap { $0.columns.map(\.expression) }
        case .lateral(let lateral): lateral.arguments
        case .recursive(let recursive): (recursive.anchorColumns + recursive.stepColumns).map(\.expression)
        case .topRows(let top): top.partition + top.order.map(\.expression)
        }
    }

    /// Whether it may give other rows each time it is read.
    var isVolatile: Bool {
        if case .shared = self { return false }
        return expressions.contains(where: \.isVolatile) || inputs.contains(where: \.isVolatile)
    }

    /// The recursive queries around it of which it reads what the step before gave.
    var recursionsRead: Set<Int> {
        if case .recursiveInput(let number, _) = self { return [number] }
        var numbers = inputs.reduce(into: Set<Int>()) { $0.formUnion($1.recursionsRead) }
        if case .recursive(let recursive) = self { numbers.remove(recursive.number) }
        return numbers
    }

    /// The same step with each of its expressions changed.
    package func mapExpressions(_ change: (BoundExpression) throws -> BoundExpression) rethrows -> Plan {
        func items(_ items: [SortItem]) throws -> [SortItem] {
            try items.map {
                SortItem(
                    expression: try change($0.expression), isDescending: $0.isDescending,
                    nullsFirst: $0.nullsFirst)
            }
        }
        func assignments(_ assignments: [Assignment]) throws -> [Assignment] {
            try assignments.map { Assignment($0.column, try change($0.expression)) }
        }
        switch self {
        case .oneRow, .generator, .limit, .distinct, .recursiveInput, .set, .recursive, .shared: return self
        case .scan(var scan):
            scan.filters = try scan.filters.map(change)
            return .scan(scan)
        case .values(let rows, let columns): return .values(try rows.map { try $0.map(change) }, columns)
        case .filter(let input, let condition): return .filter(input, try change(condition))
        case .project(let input, let list): return .project(input, try assignments(list))
        case .aggregate(var aggregate):
            aggregate.keys = try assignments(aggregate.keys)
            aggregate.calls = try aggregate.calls.map { call in
                var copy = call
                copy.arguments = try call.arguments.map(change)
                copy.order = try items(call.order)
                return copy
            }
            return .aggregate(aggregate)
        case .window(let input, let calls):
            return .window(
                input,
                try calls.map { call in
                    var copy = call
                    copy.arguments = try call.arguments.map(change)
                    copy.partition = try call.partition.map(change)
                    copy.order = try items(call.order)
                    return copy
                })
        case .join(var join):
            join.keys = try join.keys.map { (try change($0.left), try change($0.right), $0.nullSafe) }
            join.condition = try join.condition.map(change)
            join.asof = try join.asof.map { (try change($0.left), $0.operation, try change($0.right)) }
            return .join(join)
        case .sort(let input, let list, let limit, let offset):
            return .sort(input, try items(list), limit: limit, offset: offset)
        case .lateral(var lateral):
            lateral.arguments = try lateral.arguments.map(change)
            return .lateral(lateral)
        case .topRows(var top):
            top.partition = try top.partition.map(change)
            top.order = try items(top.order)
            return .topRows(top)
        }
    }
}

extension AggregateCall {
    /// Its arguments and the expressions of its order.
    package var expressions: [BoundExpression] { arguments + order.map(\.expression) }

    /// What it gives for no rows.
    var emptyValue: BoundExpression {
        let value: Scalar =
            switch function {
            case .count, .countStar, .countIf, .countDistinct, .regressionCount, .hash: .integer(0)
            case .listAggregate: .text("")
            case .arrayAggregate: .json("[]")
            case .objectAggregate: .json("{}")
            default: .null
            }
        return .constant(value, column.type)
    }
}
