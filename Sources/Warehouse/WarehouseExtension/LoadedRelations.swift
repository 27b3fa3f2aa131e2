internal import CSQLiteAPI
package import SQLiteKit

/// Shows on a connection what the schema of a warehouse's file leaves out: tables that are too large to be
/// copied, and views. They are virtual tables of the connection's temporary schema, so that nobody else meets them.
package enum LoadedRelations {
    /// Makes them, where the connection has a warehouse, and not those that it has already.
    ///
    /// What is made in the warehouse later, another call shows.
    package static func show(on connection: Connection) throws {
        guard let database = try OpenWarehouse.databaseName(connection) else { return }
        let warehouse = try OpenWarehouse(connection)
        var taken = Set(
            try connection.rows(
                "SELECT name FROM \(TableName.quoted(database)).sqlite_master UNION ALL SELECT name FROM temp.sqlite_master"
            ).map { ColumnNames.folded($0[0].text ?? "") })
        for relation in try warehouse.relations() {
            let folded = ColumnNames.folded(relation.nameInFile)
            guard !folded.hasPrefix("sqlite_"), taken.insert(folded).inserted else { continue }
            let module = relation.isView ? WarehouseModules.viewModule : WarehouseModules.tableModule
            let argument = relation.parts.map(TableName.quoted).joined(separator: ".")
            try connection.execute(
                "CREATE VIRTUAL TABLE temp.\(TableName.quoted(relation.nameInFile)) "
                    + "USING \(module)('\(argument.replacing("'", with: "''"))')")
        }
    }
}
