import SQLEngine
import Vectors

extension Session {
    /// The statements that would make tables and views of this name anew, as GET_DDL gives them.
    ///
    /// - Parameter name: a name as it is written in SQL, with database and schema or without; all of the current schema
    ///   where it is `nil`.
    /// - Throws: `SQLError` where there is nothing of that name.
    public func definitions(of name: String? = nil) throws -> [String] {
        guard let name else {
            let settings = catalog.settings
            let objects = try store.objects(.relation, database: settings.database, schema: settings.schema)
            return try objects.map { try definition(of: $0) } + nativeNames.sorted().map(nativeDefinition)
        }
        let full = catalog.qualified(try SQLParser.parseObjectName(name))
        if full.database == Schema.databaseName, full.schema == Schema.name,
            NativeTables.all[full.name] != nil
        {
            return [nativeDefinition(full.name)]
        }
        guard let object = try store.object(full, .relation) else {
            throw SQLError(.notFound, "there is no table or view \(full.description)")
        }
        return [try definition(of: object)]
    }

    /// The warehouse's own tables, where the session's schema is theirs.
    private var nativeNames: [String] {
        let isTheirs =
            catalog.settings.database == Schema.databaseName && catalog.settings.schema == Schema.name
        return isTheirs ? Array(NativeTables.all.keys) : []
    }

    private func nativeDefinition(_ name: String) -> String {
        let columns = (NativeTables.all[name] ?? []).map { CatalogColumn(name: $0.name, type: $0.type) }
        return Self.table(name, columns, clusterBy: nil)
    }

    private func definition(of object: CatalogObject) throws -> String {
        let columns = try store.columns(of: object)
        guard object.kind == .view else {
            return Self.table(object.name.name, columns, clusterBy: object.definition)
        }
        let names = columns.map { Self.written($0.name) }.joined(separator: ", ")
        return
            "CREATE OR REPLACE VIEW \(Self.written(object.name.name)) (\(names)) AS\n\(object.definition ?? "");"
    }

    private static func table(_ name: String, _ columns: [CatalogColumn], clusterBy: String?) -> String {
        let lines = columns.map { column in
            var line = "    \(written(column.name)) \(column.typeText)"
            if !column.isNullable { line += " NOT NULL" }
            if let expression = column.defaultSQL { line += " DEFAULT \(expression)" }
            if let identity = column.identity {
                line += " AUTOINCREMENT START \(identity.next) INCREMENT \(identity.step)"
            }
            return line
        }
        let cluster = clusterBy.map { " CLUSTER BY (\($0))" }
        return
            "CREATE OR REPLACE TABLE \(written(name))\(cluster ?? "") (\n\(lines.joined(separator: ",\n"))\n);"
    }

    /// A name as it is written: in quotes where it would mean another one without.
    private static func written(_ name: String) -> String { Identifier(name).sqlText }
}
