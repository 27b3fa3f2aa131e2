import SQLiteKit

extension CatalogStore {
    /// Gives a database or, where a schema is given, a schema another name; what is in it goes with it.
    func renameContainer(_ database: String, _ schema: String?, to newDatabase: String, _ newSchema: String?)
        throws
    {
        guard let schema, let newSchema else {
            for (table, column) in [
                ("TH_DATABASES", "NAME"), ("TH_SCHEMAS", "DATABASE_NAME"), ("TH_OBJECTS", "DATABASE_NAME"),
            ] {
                _ = try connection.rows(
                    "UPDATE \(table) SET \(column) = ? WHERE \(column) = ?", .text(newDatabase),
                    .text(database))
            }
            return
        }
        _ = try connection.rows(
            "UPDATE TH_SCHEMAS SET DATABASE_NAME = ?, NAME = ? WHERE DATABASE_NAME = ? AND NAME = ?",
            .text(newDatabase),
            .text(newSchema), .text(database), .text(schema))
        _ = try connection.rows(
            "UPDATE TH_OBJECTS SET DATABASE_NAME = ?, SCHEMA_NAME = ? WHERE DATABASE_NAME = ? AND SCHEMA_NAME = ?",
            .text(newDatabase),
            .text(newSchema), .text(database), .text(schema))
    }

    /// Sets the comment of a database or, where a schema is given, of a schema.
    func setContainerComment(_ database: String, _ schema: String?, _ comment: String) throws {
        if let schema {
            _ = try connection.rows(
                "UPDATE TH_SCHEMAS SET COMMENT = ? WHERE DATABASE_NAME = ? AND NAME = ?", .text(comment),
                .text(database), .text(schema))
        } else {
            _ = try connection.rows(
                "UPDATE TH_DATABASES SET COMMENT = ? WHERE NAME = ?", .text(comment), .text(database))
        }
    }
}
