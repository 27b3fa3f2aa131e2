import ColumnStore
import SQLiteKit

extension Warehouse {
    /// From so many small row groups on, it is worth while to put a table in order.
    private static let smallGroupsMax = 8

    /// Writes a table's rows anew in the order of its cluster keys, once enough of them have come or gone
    /// since that was
    /// done last that it costs little beside what they cost themselves. Inside of a transaction, and of no
    /// query.
    ///
    /// - Parameter table: a table of the schema that is there from the start.
    public func compactIfWorthwhile(_ table: String) throws {
        let store = CatalogStore(connection)
        let name = QualifiedName(database: Schema.databaseName, schema: Schema.name, name: table)
        guard let object = try store.object(name, .relation), let id = object.table else { return }
        let snapshot = try columns.snapshot(id)
        let small = snapshot.rowGroups.filter { $0.liveRows < columns.configuration.rowGroupRows / 2 }
        let deleted = (snapshot.rowGroups + snapshot.delta).reduce(0) { $0 + $1.rows - $1.liveRows }
        let loose = small.reduce(0) { $0 + $1.liveRows } + deleted
        guard small.count >= Self.smallGroupsMax || deleted > columns.configuration.rowGroupRows,
            loose * 8 >= snapshot.rowCount
        else { return }
        let ids = Dictionary(
            try store.columns(of: object).map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
        _ = try columns.compact(id, clusterBy: object.clusterKeys.compactMap { ids[$0] ?? nil })
    }

    /// The names of the columns of a table or view of the schema that is there from the start; `nil` where
    /// there is none.
    public func columnNames(of relation: String) throws -> [String]? {
        let store = CatalogStore(connection)
        let name = QualifiedName(database: Schema.databaseName, schema: Schema.name, name: relation)
        guard let object = try store.object(name, .relation) else { return nil }
        return try store.columns(of: object).map(\.name)
    }

    /// Whether a build has made a table or view of this name from a model.
    public func isBuilt(_ relation: String) throws -> Bool {
        try connection.integer(
            "SELECT 1 FROM BUILD_HISTORY WHERE MODEL = ? COLLATE NOCASE LIMIT 1", .text(relation)) != nil
    }

    /// How many rows a table of that schema has; `nil` where there is none.
    public func rowCount(of table: String) throws -> Int? {
        let name = QualifiedName(database: Schema.databaseName, schema: Schema.name, name: table)
        return try CatalogStore(connection).object(name, .relation)?.table.map {
            try columns.snapshot($0).rowCount
        }
    }

    /// The database and the schema that are there from the start, as they are written in SQL.
    public static let schemaName = "\(Schema.databaseName).\(Schema.name)"
    /// The database that is there from the start.
    public static let databaseName = Schema.databaseName
}
