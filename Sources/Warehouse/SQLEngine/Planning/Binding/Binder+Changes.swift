package import Vectors

/// A table whose rows are to be changed.
package struct ChangeTarget {
    package var table: any TableSource
    /// Database, schema, table.
    package var name: [String]
    package var alias: String?
    /// What DEFAULT stands for in each column; NULL where it has no default.
    package var defaults: [Expression]

    package init(table: any TableSource, name: [String], alias: String?, defaults: [Expression]) {
        self.table = table
        self.name = name
        self.alias = alias
        self.defaults = defaults
    }
}

/// Which rows a statement changes, and what becomes of them.
package struct BoundChange {
    package var plan: Plan
    /// The address of the row; NULL for one that is to be inserted.
    package var address: PlanColumn
    /// Of MERGE: the number of the clause that decides, from 0; NULL where none does.
    package var action: PlanColumn?
    /// What the table's columns have afterwards, in their order; none for DELETE.
    package var values: [PlanColumn]

    /// The query that gives these columns: the address, the action where there is one, the values.
    package var query: BoundQuery {
        let columns = [address] + (action.map { [$0] } ?? []) + values
        return BoundQuery(plan: plan, columns: columns.map { BoundQuery.NamedColumn(name: "", column: $0) })
    }
}

extension Binder {
    /// The target with the column of its rows' addresses, entered into the scope.
    func scanTarget(_ target: ChangeTarget, _ scope: Scope) -> (scan: Plan.Scan, address: PlanColumn) {
        let alias = target.alias.map { TableAlias(name: Identifier($0)) }
        var columns = target.table.columns.enumerated().map { index, column in
            (column: makeColumn(column.type), source: ScanColumn(index))
        }
        scope.tables.append(
            Scope.Table(
                name: alias.map { [$0.name.name] } ?? target.name,
                columns: zip(target.table.columns, columns).map {
                    Scope.Column(name: $0.name, column: $1.column)
                }))
        let address = makeColumn(.integer)
        columns.append((address, ScanColumn(ScanColumn.rowAddress)))
        return (
            Plan.Scan(table: target.table, name: target.name.joined(separator: "."), columns: columns),
            address
        )
    }

    /// UPDATE. Where FROM gives a row several matches, it comes several times.
    package func bindUpdate(_ update: Update, _ target: ChangeTarget) throws -> BoundChange {
        let scope = Scope(parent: nil)
        let (scan, address) = scanTarget(target, scope)
        let old = scan.columns.dropLast().map(\.column)
        var plan = try joined(.scan(scan), update.from, scope)
        plan = try filtered(plan, update.predicate, scope)
        let binding = ExpressionBinding(scope: scope)
        binding.clause = "SET"
        let assigned = try assigned(update.assignments, target, binding)
        for subquery in binding.subqueries { plan = try subquery(plan) }
        var assignments = [Plan.Assignment(passing: address)]
        let values = old.enumerated().map { place, column -> PlanColumn in
            guard let value = assigned[place] else {
                assignments.append(.init(passing: column))
                return column
            }
            let new = makeColumn(column.type)
            assignments.append(.init(new, value))
            return new
        }
        return BoundChange(plan: .project(plan, assignments), address: address, values: values)
    }

    /// DELETE. Where USING gives a row several matches, it comes several times.
    package func bindDelete(_ delete: Delete, _ target: ChangeTarget) throws -> BoundChange {
        let scope = Scope(parent: nil)
        let (scan, address) = scanTarget(target, scope)
        var plan = try joined(.scan(scan), delete.using, scope)
        plan = try filtered(plan, delete.predicate, scope)
        return BoundChange(plan: .project(plan, [.init(passing: address)]), address: address, values: [])
    }

    /// The target with the tables of FROM or USING, which do not see it.
    private func joined(_ target: Plan, _ tables: TableExpression?, _ scope: Scope) throws -> Plan {
        guard let tables else { return target }
        let others = Scope(parent: nil)
        let plan = try bindFrom(tables, others)
        scope.tables += others.tables
        return .join(Plan.JoinPlan(kind: .inner, left: target, right: plan))
    }

    private func filtered(_ plan: Plan, _ predicate: Expression?, _ scope: Scope) throws -> Plan {
        guard let predicate else { return plan }
        let binding = ExpressionBinding(scope: scope)
        binding.clause = "WHERE"
        let bound = try condition(try bind(predicate, binding), "WHERE")
        return .filter(try binding.subqueries.reduce(plan) { try $1($0) }, bound)
    }

    /// The values of SET by the places of their columns, cast to their types.
    func assigned(_ assignments: [Assignment], _ target: ChangeTarget, _ binding: ExpressionBinding) throws
        -> [Int: BoundExpression]
    {
        var values: [Int: BoundExpression] = [:]
        for assignment in assignments {
            let place = try place(assignment.column, in: target)
            guard values[place] == nil else {
                throw SQLError(
                    .invalid, "column \(assignment.column.name) is set twice",
                    position: assignment.column.position)
            }
            values[place] = try value(assignment.value, place, target, binding)
        }
        return values
    }

    /// The value for a column of the target; DEFAULT where there is no expression.
    func value(_ expression: Expression?, _ place: Int, _ target: ChangeTarget, _ binding: ExpressionBinding)
        throws -> BoundExpression
    {
        let bound =
            try expression.map { try bind($0, binding) } ?? (try bind(target.defaults[place], over: []))
        let column = target.table.columns[place]
        return try assign(bound, to: column.type, column: column.name, position: expression?.position)
    }

    /// A value as a column takes it: what a column is given must be meant as what it holds, more so than in a cast.
    package func assign(
        _ value: BoundExpression, to type: SQLType, column: String, position: Int? = nil
    ) throws -> BoundExpression {
        // A cast would take the number as seconds since 1970.
        if type.isTemporal, value.type.isNumeric {
            throw SQLError(
                .invalid,
                "Expression type does not match column data type, expecting \(type) but got \(value.type) for column "
                    + "\(column); TO_\(type == .date || type == .time ? type.description : "TIMESTAMP") converts it",
                position: position ?? value.position)
        }
        return try cast(value, to: type, position: position)
    }

    func place(_ column: Identifier, in target: ChangeTarget) throws -> Int {
        if let place = target.table.columns.firstIndex(where: { $0.name == column.name }) { return place }
        let near = NearestNames.of(column.name, among: target.table.columns.map(\.name))
        throw SQLError(
            .notFound,
            "\(target.name.last ?? "") has no column \(column.name)"
                + (near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"),
            position: column.position)
    }
}
