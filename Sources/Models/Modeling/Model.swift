import Warehouse

/// A model: a SELECT with a name, from which a view or a table is made.
///
/// Its SQL names other models as `{{ ref('name') }}` and raw tables as `{{ source('schema', 'table') }}`, as
/// in dbt.
public struct Model: Sendable, Equatable {
    /// What is made of a model.
    public enum Materialization: Sendable, Equatable {
        /// A view: computed when it is read.
        case view
        /// A table: computed anew at each build.
        case table
        /// A table into which each build merges the rows that are new since the last one.
        ///
        /// - uniqueKey: columns that no two rows have the same values in; the table is clustered by them.
        /// - latest: of two rows with one key that stays which has more in these columns, the first one first; NULL is
        ///   less than anything.
        case incremental(uniqueKey: [String], latest: [String])

        /// The name in dbt.
        public var name: String {
            switch self {
            case .view: "view"
            case .table: "table"
            case .incremental: "incremental"
            }
        }
    }

    /// The name, which is the table's name too.
    public let name: String
    /// What is made of it.
    public let materialization: Materialization
    /// The SELECT. In an incremental model `{{ new_rows }}` stands for the condition that picks the new raw
    /// rows; it gives each key once.
    public let sql: String

    /// Makes a model.
    public init(_ name: String, _ materialization: Materialization, _ sql: String) {
        self.name = name
        self.materialization = materialization
        self.sql = sql
    }

    /// The models that this one reads, by name.
    public var references: [String] {
        sql.matches(of: Self.reference).map { String($0.output.1) }
    }

    /// The name of the view or table.
    var table: String { name.uppercased() }

    /// The name with database and schema.
    var fullName: String { "\(Warehouse.schemaName).\(table)" }

    /// The SQL with the names of tables in the place of references.
    var resolvedSQL: String {
        sql.replacing(Self.reference) { "\(Warehouse.schemaName).\($0.output.1.uppercased())" }
            .replacing(Self.source) {
                "\(Warehouse.databaseName).\($0.output.1.uppercased()).\($0.output.2.uppercased())"
            }
    }

    /// What stands for the condition that picks new rows.
    static let newRows = "{{ new_rows }}"
    private static var reference: Regex<(Substring, Substring)> { /\{\{ *ref\( *'([^']+)' *\) *\}\}/ }
    private static var source: Regex<(Substring, Substring, Substring)> {
        /\{\{ *source\( *'([^']+)' *, *'([^']+)' *\) *\}\}/
    }
}

/// An error in a set of models, found before anything is built.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in which model.
    public let description: String
}
