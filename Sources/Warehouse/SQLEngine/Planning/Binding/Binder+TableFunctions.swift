import Synchronization
import Vectors

/// Numbers for the rows that a table function is called for.
private final class SequenceCounter: Sendable {
    private let next = Atomic<Int64>(1)

    func take(_ count: Int) -> Int64 { next.wrappingAdd(Int64(count), ordering: .relaxed).oldValue }
}

extension Binder {
    private func tableFunction(_ name: String, _ position: Int) throws -> TableFunction {
        if let function = TableFunction.find(name) { return function }
        let near = NearestNames.of(name, among: TableFunction.all.map(\.name) + ["GENERATOR"])
        throw SQLError(
            .notFound,
            "there is no table function \(name)"
                + (near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"),
            position: position)
    }

    private func constant(_ expression: Expression, _ type: SQLType) throws -> Scalar {
        let bound = try cast(try bind(expression, over: []), to: type, position: expression.position)
        guard let value = bound.constant else {
            throw SQLError(
                .unsupported, "an argument of this table function must be a constant",
                position: expression.position)
        }
        return value
    }

    /// `TABLE(f(…))` and `LATERAL f(…)` over the tables to its left.
    func bindTableFunction(
        _ call: FunctionCall, _ alias: TableAlias?, _ left: Plan, isOuter: Bool, _ scope: Scope,
        _ position: Int
    ) throws -> Plan {
        let name = call.name.parts.last?.name ?? ""
        if name == "GENERATOR" { return try bindGenerator(call, alias, left, scope, position) }
        if case .oneRow = left, let table = try catalog.tableFunction(call, constant) {
            return scan(table, name: name, alias, scopeName: [name], scope)
        }
        let function = try tableFunction(name, position)
        let binding = ExpressionBinding(scope: scope)
        binding.clause = "the arguments of a table function"
        let positional = try call.arguments.map { try bind($0, binding) }
        var named: [String: BoundExpression] = [:]
        for (label, value) in call.named { named[label.name] = try bind(value, binding) }
        guard binding.subqueries.isEmpty else {
            throw SQLError(
                .unsupported, "a subquery cannot stand in the arguments of a table function",
                position: position)
        }
        let arguments = try function.parameters.enumerated().map { place, parameter in
            let given =
                place < positional.count ? positional[place] : named.removeValue(forKey: parameter.name)
            // An outer join keeps rows for which the function gives none.
            let value =
                given ?? (isOuter && parameter.name == "OUTER" ? BoundExpression.true : nil)
                ?? parameter.defaultValue.map { BoundExpression.constant($0, NumberLiteral.type(of: $0)) }
            guard let value else {
                throw SQLError(
                    .invalid, "it is \(function.signature): \(parameter.name) is missing", position: position)
            }
            if parameter.isConstant, value.constant == nil {
                throw SQLError(
                    .unsupported, "\(parameter.name) of \(name) must be a constant",
                    position: value.position ?? position)
            }
            if parameter.type == .variant, value.type.isSemiStructured { return value }
            return try cast(value, to: parameter.type)
        }
        if let stray = named.keys.sorted().first
            ?? (positional.count > function.parameters.count ? "so many" : nil)
        {
            throw SQLError(
                .invalid, "it is \(function.signature): there is no argument \(stray)", position: position)
        }
        let columns = function.columns.map { (name: $0.name, column: makeColumn($0.type)) }
        scope.tables.append(
            Scope.Table(
                name: alias.map { [$0.name.name] } ?? [name],
                columns: columns.enumerated().map { place, column in
                    let names = alias?.columns ?? []
                    return Scope.Column(
                        name: place < names.count ? names[place].name : column.name, column: column.column)
                }))
        let evaluate = function.evaluate
        let wanted = columns.map { _ in true }
        let sequence = SequenceCounter()
        return .lateral(
            Plan.Lateral(
                input: left, title: name, arguments: arguments,
                expand: { arguments, count, _ in
                    let output = try evaluate(arguments, count, sequence.take(count), wanted)
                    return (output.rows, output.columns)
                }, columns: columns.map(\.column)))
    }

    private func bindGenerator(
        _ call: FunctionCall, _ alias: TableAlias?, _ left: Plan, _ scope: Scope, _ position: Int
    ) throws -> Plan {
        let binding = ExpressionBinding(scope: Scope(parent: nil))
        let named = call.named.first { $0.name.name == "ROWCOUNT" }?.value ?? call.arguments.first
        guard let named,
            case .number(let count, 0)? = try cast(try bind(named, binding), to: .integer).constant,
            count >= 0,
            let rows = Int(exactly: count)
        else {
            throw SQLError(
                .unsupported, "write GENERATOR(ROWCOUNT => n) with a constant number of rows",
                position: position)
        }
        let column = makeColumn(.number(precision: 18, scale: 0))
        let plan = Plan.generator(rows: rows, column)
        scope.tables.append(
            Scope.Table(
                name: alias.map { [$0.name.name] } ?? ["GENERATOR"],
                columns: [Scope.Column(name: "$SEQ", column: column, isHidden: true)]))
        if case .oneRow = left { return plan }
        return .join(Plan.JoinPlan(kind: .inner, left: left, right: plan))
    }

    /// SEQ1, SEQ2, SEQ4, SEQ8: the number of the row that GENERATOR gives, from 0.
    func sequence(_ name: String, _ binding: ExpressionBinding, _ position: Int) throws -> BoundExpression {
        for table in binding.scope.tables {
            if let column = table.columns.first(where: { $0.name == "$SEQ" }) {
                return BoundExpression(.column(column.column.id), column.column.type, position: position)
            }
        }
        throw SQLError(
            .unsupported,
            "\(name)() counts the rows of TABLE(GENERATOR(ROWCOUNT => n)); elsewhere write ROW_NUMBER() OVER (ORDER BY …) - 1",
            position: position)
    }

    /// PIVOT: groups by all columns but two, with an aggregate a value.
    func bindPivot(_ pivot: Pivot, _ scope: Scope) throws -> Plan {
        let inner = Scope(parent: scope.parent)
        let plan = try bindFrom(pivot.table, inner)
        let binding = ExpressionBinding(scope: inner)
        binding.aggregates = []
        guard let name = pivot.aggregate.name.parts.last?.name, let signature = AggregateSignature.find(name),
            let key = try inner.findHere([pivot.column])
        else {
            throw SQLError(
                .notFound, "PIVOT wants an aggregate function and a column of the table",
                position: pivot.position)
        }
        let template = try boundAggregate(signature, name, pivot.aggregate, binding, pivot.position)
        let used = template.arguments.reduce(into: key.columns) { $1.collectColumns(into: &$0) }
        let kept = inner.tables.flatMap(\.columns).filter { !used.contains($0.column.id) && !$0.isHidden }
        var columns = kept
        var calls: [AggregateCall] = []
        for item in pivot.values {
            let value = try bind(item.value, ExpressionBinding(scope: Scope(parent: nil)))
            let test = try compare(.equal, key, value, position: pivot.position)
            var call = template
            call.column = makeColumn(template.column.type)
            let chosen = template.function == .countStar ? BoundExpression.true : template.arguments[0]
            if call.function == .countStar { call.function = .count }
            call.arguments =
                [
                    try conditional(
                        [.init(condition: test, value: chosen)], otherwise: .constant(.null, .null),
                        pivot.position)
                ] + template.arguments.dropFirst()
            calls.append(call)
            // Snowflake names the columns after the values as they are written.
            let quoted =
                if case .text(let text)? = value.constant { "'\(text)'" } else {
                    value.constant?.description ?? ""
                }
            columns.append(Scope.Column(name: item.alias?.name ?? quoted, column: call.column))
        }
        let aggregate = Plan.Aggregate(
            input: plan, keys: kept.map { .init(passing: $0.column) }, calls: calls)
        let named = columns.map { BoundQuery.NamedColumn(name: $0.name, column: $0.column) }
        return try enter(
            BoundQuery(plan: .aggregate(aggregate), columns: named), pivot.alias, scope, pivot.position)
    }

    /// UNPIVOT: a row for each of some columns.
    func bindUnpivot(_ unpivot: Unpivot, _ scope: Scope) throws -> Plan {
        let inner = Scope(parent: scope.parent)
        let plan = try bindFrom(unpivot.table, inner)
        let sources = try unpivot.columns.map { item in
            guard let column = try inner.findHere([item.column]) else {
                throw SQLError(
                    .notFound, "there is no column \(item.column.name)", position: item.column.position)
            }
            return column
        }
        let type = try commonType(sources, "the columns of UNPIVOT", unpivot.position)
        let used = sources.reduce(into: Set<ColumnID>()) { $1.collectColumns(into: &$0) }
        let kept = inner.tables.flatMap(\.columns).filter { !used.contains($0.column.id) && !$0.isHidden }
        let outputs = kept.map { makeColumn($0.column.type) }
        let (name, value) = (makeColumn(.varchar), makeColumn(type))
        let inputs = try zip(unpivot.columns, sources).map {
            item, source -> (plan: Plan, columns: [PlanColumn]) in
            let (nameColumn, valueColumn) = (makeColumn(.varchar), makeColumn(type))
            var assignments = kept.map { Plan.Assignment(passing: $0.column) }
            assignments.append(.init(nameColumn, .constant(.text(item.alias ?? item.column.name), .varchar)))
            assignments.append(.init(valueColumn, try cast(source, to: type)))
            var piece = Plan.project(plan, assignments)
            if !unpivot.includesNulls {
                piece = .filter(piece, not(BoundExpression(.isNull(valueColumn.expression), .boolean)))
            }
            return (piece, kept.map(\.column) + [nameColumn, valueColumn])
        }
        let set = Plan.SetPlan(
            operation: .union, isAll: true, inputs: inputs, columns: outputs + [name, value])
        var named = zip(kept, outputs).map { BoundQuery.NamedColumn(name: $0.name, column: $1) }
        named.append(.init(name: unpivot.name.name, column: name))
        named.append(.init(name: unpivot.value.name, column: value))
        return try enter(BoundQuery(plan: .set(set), columns: named), unpivot.alias, scope, unpivot.position)
    }
}
