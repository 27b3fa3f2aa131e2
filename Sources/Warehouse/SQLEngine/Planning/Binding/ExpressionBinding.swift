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
    /// Whether what simplifies to its operand stays an expression of its own, as it is a key of its own in ROLLUP and
    /// the like.
    var keepsForms = false
    /// Whether subqueries that are written the same are one (`subqueryValues`).
    var repeatsSubqueries = false
    var subqueryValues: [WrittenSubquery: BoundExpression] = [:]
    private var aggregateColumns: [AggregateCall.Computation: PlanColumn] = [:]
    private var windowColumns: [WindowCall.Computation: PlanColumn] = [:]
    /// How deep inside arguments of aggregates the binder is.
    var aggregateDepth = 0

    init(scope: Scope) { self.scope = scope }

    func addSubquery(_ join: @escaping (Plan) throws -> Plan) {
        if aggregateDepth > 0 { innerSubqueries.append(join) } else { subqueries.append(join) }
    }

    /// The column of an aggregate; one and the same for calls that are the same.
    func column(of call: AggregateCall) -> PlanColumn {
        let key = call.computation
        if let known = aggregateColumns[key] { return known }
        aggregateColumns[key] = call.column
        aggregates?.append(call)
        return call.column
    }

    /// The column of a window function; one and the same for calls that are the same.
    func column(of call: WindowCall) -> PlanColumn {
        let key = call.computation
        if let known = windowColumns[key] { return known }
        windowColumns[key] = call.column
        windows?.append(call)
        return call.column
    }
}

extension ExpressionBinding {
    /// A subquery by its text, what it reads of the row around it, and whether it stands in an aggregate's argument.
    struct WrittenSubquery: Hashable {
        let text: String
        let columns: Set<ColumnID>
        let isInner: Bool
    }
}

/// A call of GROUPING.
struct GroupingCall {
    var column: PlanColumn
    var arguments: [BoundExpression]
    var position: Int
}
