package import Vectors

/// What names of tables mean, for the binder.
package protocol Catalog: AnyObject {
    /// What a name in FROM stands for; `nil` where there is nothing of the name.
    func resolve(_ name: ObjectName) throws -> CatalogEntry?
    /// The files of a stage as a table whose rows have columns `$1`, `$2` ….
    func stage(_ reference: StageReference) throws -> any TableSource
    /// The rows of a table function of the catalogue's own; `nil` where it has none of the name.
    ///
    /// - Parameter constant: gives what an argument is, as a type.
    func tableFunction(_ call: FunctionCall, _ constant: (Expression, SQLType) throws -> Scalar) throws
        -> (any TableSource)?
    /// A session variable, written `$NAME`.
    func variable(_ name: String) -> Scalar?
    /// Runs `body` with names that are not full meant as of a database and schema.
    func within<Result>(_ schema: [String], _ body: () throws -> Result) rethrows -> Result
    /// Names that resemble one that was not found, best first.
    func namesLike(_ name: ObjectName) -> [String]
}

/// What a name stands for.
package enum CatalogEntry {
    /// A table, with the full name: database, schema, table.
    case table(any TableSource, name: [String])
    /// A view: the text of its query, its columns, and its full name.
    case view(query: String, columns: [ViewColumn], name: [String])
}

/// A column of a view, as it was when the view was made.
package struct ViewColumn: Sendable {
    package var name: String
    /// What the view's query calls it.
    package var sourceName: String
    package var type: SQLType

    package init(name: String, sourceName: String, type: SQLType) {
        self.name = name
        self.sourceName = sourceName
        self.type = type
    }

    /// Whether it still is what a query gives; NUMBERs may have got other digits.
    func matches(_ column: BoundQuery.NamedColumn) -> Bool {
        sourceName == column.name
            && (type == column.column.type || type.isNumber && column.column.type.isNumber)
    }
}

/// A query that is bound: how it is computed, and what its columns are called.
package struct BoundQuery: Sendable {
    package var plan: Plan
    package var columns: [NamedColumn]

    package struct NamedColumn: Sendable {
        package var name: String
        package var column: PlanColumn

        package init(name: String, column: PlanColumn) {
            self.name = name
            self.column = column
        }
    }

    package init(plan: Plan, columns: [NamedColumn]) {
        self.plan = plan
        self.columns = columns
    }

    /// How long the values of a column are at most, where the query casts them to VARCHAR(n) or BINARY(n).
    package func lengthMax(of column: PlanColumn) -> Int? { plan.lengthMax(of: column.id) }
}

extension Plan {
    fileprivate func lengthMax(of id: ColumnID) -> Int? {
        switch self {
        case .project(let input, let assignments):
            let expression = assignments.first { $0.column.id == id }?.expression
            if case .call(let use, _)? = expression?.kind { return use.lengthMax }
            return expression?.columnID.flatMap(input.lengthMax)
        case .set: return nil
        default: return inputs.first { $0.columns.contains { $0.id == id } }?.lengthMax(of: id)
        }
    }
}
