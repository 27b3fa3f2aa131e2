import Vectors

/// Computes subqueries that stand for one value and do not depend on the rows around them, before the rest is
/// planned: as a
/// constant the value can be pushed into scans and rule out parts of tables.
struct ScalarResolution {
    private let binder: Binder
    private let context: ExecutionContext
    private let shared: SharedRowsByNumber

    init(_ binder: Binder, _ context: ExecutionContext, _ shared: SharedRowsByNumber) {
        self.binder = binder
        self.context = context
        self.shared = shared
    }

    func resolved(_ plan: Plan) throws -> Plan { try resolve(plan).plan }

    private typealias Values = [ColumnID: BoundExpression]

    private func resolve(_ plan: Plan) throws -> (plan: Plan, values: Values) {
        let inputs = try plan.inputs.map(resolve)
        var values: Values = inputs.reduce(into: [:]) { $0.merge($1.values) { first, _ in first } }
        var result = plan.with(inputs: inputs.map(\.plan))
        if !values.isEmpty {
            result = result.mapExpressions { expression in
                expression.columns.isDisjoint(with: values.keys)
                    ? expression : expression.substituting(values).rewritten(binder.fold)
            }
        }
        guard case .join(let join) = result, join.kind == .single, join.mark == nil, join.keys.isEmpty,
            join.condition == nil,
            binder.freeColumns(of: join.right).isEmpty
        else { return (result, values) }
        let columns = join.right.columns
        let row = try row(of: join.right, columns)
        for (column, value) in zip(columns, row) { values[column.id] = .constant(value, column.type) }
        return (join.left, values)
    }

    /// The one row of a plan; NULLs where it has none.
    private func row(of plan: Plan, _ columns: [PlanColumn]) throws -> [Scalar] {
        let query = BoundQuery(
            plan: plan, columns: columns.map { BoundQuery.NamedColumn(name: "", column: $0) })
        let source = try PhysicalPlanner(binder, shared: shared).plan(query)
        var row: [Scalar]?
        try OrderedBatches.drain(source, context) { batch in
            guard row == nil, batch.count == 1 else {
                throw SQLError(.cardinality, "a subquery that stands for a value gave more than one row")
            }
            row = batch.columns.map { $0.scalar(at: 0) }
        }
        return row ?? columns.map { _ in .null }
    }
}
