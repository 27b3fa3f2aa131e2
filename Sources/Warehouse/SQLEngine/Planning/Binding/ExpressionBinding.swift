import Vectors

/// What is collected while the expressions of one SELECT are bound.
final class ExpressionBinding {
    let scope: Scope
    /// Aggregates are allowed here and collected; `nil` where they are not, with the clause's name for the message.
    var aggregates: [AggregateCall]?
    /// Window functions, likewise.
    var windows: [WindowCall]?
    /// The clause, for messages.
    var clause = "here"
    /// Joins with subqueries that the expressions read, in order; to be put onto the plan below the expressions.
    var subqueries: [(Plan) throws -> Plan] = []
    /// The same for subqueries inside the arguments of aggregates.
    var innerSubqueries: [(Plan) throws -> Plan] = []
    /// The WINDOW clause.
    var namedWindows: [String: WindowSpecification] = [:]
    /// GROUPING(…): what it asks about, and the column that answers.
    var groupings: [GroupingCall] = []
    /// Items of the select list that each computation would make something else of.
    var drawn = DrawnItems()
    private var aggregateColumns: [String: PlanColumn] = [:]
    private var windowColumns: [String: PlanColumn] = [:]
    /// How deep inside arguments of aggregates the binder is.
    var aggregateDepth = 0

    init(scope: Scope) { self.scope = scope }

    func addSubquery(_ join: @escaping (Plan) throws -> Plan) {
        if aggregateDepth > 0 { innerSubqueries.append(join) } else { subqueries.append(join) }
    }

    /// The column of an aggregate; one and the same for calls that are the same.
    func column(of call: AggregateCall) -> PlanColumn {
        let key = call.fingerprint
        if let known = aggregateColumns[key] { return known }
        aggregateColumns[key] = call.column
        aggregates?.append(call)
        return call.column
    }

    /// The column of a window function; one and the same for calls that are the same.
    func column(of call: WindowCall) -> PlanColumn {
        let key = call.fingerprint
        if let known = windowColumns[key] { return known }
        windowColumns[key] = call.column
        windows?.append(call)
        return call.column
    }
}

/// A call of GROUPING.
struct GroupingCall {
    var column: PlanColumn
    var arguments: [BoundExpression]
    var position: Int
}

extension Plan.SortItem {
    var fingerprint: String { "\(expression.fingerprint) \(isDescending) \(nullsFirst)" }
}

extension AggregateCall {
    var fingerprint: String {
        "\(function.rawValue) \(isDistinct) \(arguments.map(\.fingerprint)) \(order.map(\.fingerprint))"
    }
}

extension WindowCall {
    var fingerprint: String {
        "\(name) \(isDistinct) \(ignoresNulls) \(frame) \(aggregateOrder) \(arguments.map(\.fingerprint)) \(partition.map(\.fingerprint)) "
            + "\(order.map(\.fingerprint))"
    }
}
