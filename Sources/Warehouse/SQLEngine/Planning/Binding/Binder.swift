package import Vectors

/// Resolves the names of a query, checks its types, and makes a plan of it. One thread; one statement.
package final class Binder {
    let catalog: any Catalog
    let context: EvaluationContext
    private var columnCount = 0
    private var recursionCount = 0
    private var ownCount = 0
    private var sharedCount = 0
    /// Queries of WITH clauses that would give other rows each time they are read.
    var sharedTables: [ObjectIdentifier: SharedTable] = [:]
    private var viewNames: [[String]] = []
    /// The WITH clauses around, innermost last.
    var commonTables: [[String: CommonTable]] = [[:]]
    /// Objects that were resolved: full names of tables and views.
    package private(set) var references: Set<[String]> = []
    private static let viewDepthMax = 32
    /// Recursive tables that their own step has read.
    var recursionUses: Set<Int> = []

    /// A query of a WITH clause that is computed once, whoever names it. Keeping its tree keeps its identity.
    struct SharedTable {
        let query: Query
        let names: [String]
        let plan: Plan.Shared
    }

    /// What a name of a WITH clause stands for.
    enum CommonTable {
        /// A query that is bound anew each time it is named, in the scope of the clauses before it.
        case query(Query.CommonTable, level: Int)
        /// The recursive table itself, inside its own definition.
        case recursive(Int, names: [String], columns: [PlanColumn])
    }

    package init(catalog: any Catalog, context: EvaluationContext) {
        self.catalog = catalog
        self.context = context
    }

    /// A new column.
    package func makeColumn(_ type: SQLType) -> PlanColumn {
        columnCount += 1
        return PlanColumn(ColumnID(columnCount), type)
    }

    /// The identity of a function that is the same as itself alone.
    func own(_ name: String) -> FunctionUse.Identity {
        ownCount += 1
        return .own(name, number: ownCount)
    }

    /// The plan as one that is computed once, however many steps read it.
    func shared(_ plan: Plan, _ columns: [PlanColumn]) -> Plan.Shared {
        sharedCount += 1
        return Plan.Shared(number: sharedCount, input: plan, columns: columns)
    }

    func makeRecursion() -> Int {
        recursionCount += 1
        return recursionCount
    }

    /// Binds a whole query.
    package func bind(_ query: Query) throws -> BoundQuery {
        try bind(query, parent: nil)
    }

    /// Binds an expression over the columns of a table, for DML, defaults and constraints.
    package func bind(
        _ expression: Expression, over columns: [(table: [String], name: String, column: PlanColumn)]
    )
        throws -> BoundExpression
    {
        let scope = Scope(parent: nil)
        for (table, name, column) in columns {
            if scope.tables.last?.name != table { scope.tables.append(Scope.Table(name: table, columns: [])) }
            scope.tables[scope.tables.count - 1].columns.append(Scope.Column(name: name, column: column))
        }
        let binding = ExpressionBinding(scope: scope)
        let bound = try self.bind(expression, binding)
        guard binding.subqueries.isEmpty else {
            throw SQLError(.unsupported, "a subquery cannot stand here", position: expression.position)
        }
        return bound
    }

    func bind(_ query: Query, parent: Scope?) throws -> BoundQuery {
        commonTables.append([:])
        defer { commonTables.removeLast() }
        let level = commonTables.count - 1
        for table in query.with {
            guard commonTables[level][table.name.name] == nil else {
                throw SQLError(.invalid, "WITH names \(table.name.name) twice", position: table.name.position)
            }
            commonTables[level][table.name.name] = .query(table, level: level)
        }
        return try bindOrdered(query, parent: parent)
    }

    // MARK: Views

    /// Binds the query of a view, which sees none of the names around it.
    func bindView(_ text: String, columns: [ViewColumn], name: [String], position: Int) throws -> BoundQuery {
        guard viewNames.count < Self.viewDepthMax, !viewNames.contains(name) else {
            throw SQLError(
                .invalid,
                "view \(name.joined(separator: ".")) reads itself, by way of "
                    + viewNames.map { $0.last ?? "" }.joined(separator: ", "),
                position: position)
        }
        viewNames.append(name)
        let outer = commonTables
        commonTables = [[:]]
        defer {
            commonTables = outer
            viewNames.removeLast()
        }
        do {
            var bound = try catalog.within(Array(name.dropLast())) {
                try bind(try SQLParser.parseQuery(text), parent: nil)
            }
            guard columns.count == bound.columns.count,
                zip(columns, bound.columns).allSatisfy({ $0.matches($1) })
            else {
                throw SQLError(
                    .invalid,
                    "its query gives other columns than when it was made, "
                        + "\(Self.list(bound.columns.map { ($0.name, $0.column.type) })) instead of "
                        + "\(Self.list(columns.map { ($0.sourceName, $0.type) })): CREATE OR REPLACE VIEW makes it anew"
                )
            }
            for (index, column) in columns.enumerated() { bound.columns[index].name = column.name }
            return bound
        } catch let error as SQLError {
            throw SQLError(
                error.code, "view \(name.joined(separator: ".")): \(error.message)", position: position)
        }
    }

    private static func list(_ columns: [(name: String, type: SQLType)]) -> String {
        columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
    }

    func note(_ name: [String]) { references.insert(name) }
}
