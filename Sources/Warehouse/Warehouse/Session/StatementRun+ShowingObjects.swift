import SQLEngine
import Vectors

extension StatementRun {
    private func relations(_ show: Show) throws -> [ListedRelation] {
        let (database, schema) = try scope(show)
        return try catalog.relations(database: database, schema: schema)
    }

    private func row(_ relation: ListedRelation) throws -> InformationSchema.Row {
        let size = try catalog.size(of: relation)
        return [
            "created_on": .time(relation.createdOn), "name": .text(relation.name.name),
            "kind": .text(
                relation.isView ? "VIEW" : relation.object?.isTemporary == true ? "TEMPORARY" : "TABLE"),
            "database_name": .text(relation.name.database),
            "schema_name": .text(relation.name.schema), "comment": .text(relation.comment ?? ""),
            "cluster_by": .text(Self.clusterText(relation)), "rows": size.rows, "bytes": size.bytes,
            "owner": .text(""),
            "retention_time": .text(relation.isView ? "" : "0"), "reserved": .text(""),
            "text": .text(relation.object?.definition ?? ""),
            "is_secure": .text("false"), "is_materialized": .text("false"),
            "automatic_clustering": .text("OFF"),
            "change_tracking": .text("OFF"), "is_external": .text("N"), "is_dynamic": .text("N"),
            "is_hybrid": .text("N"),
            "is_iceberg": .text("N"),
        ]
    }

    private static func clusterText(_ relation: ListedRelation) -> String {
        let keys = relation.object?.clusterKeys ?? []
        return keys.isEmpty ? "" : "LINEAR(\(keys.joined(separator: ", ")))"
    }

    func tables(_ show: Show) throws -> Shown {
        Shown(
            columns:
                "created_on@ name database_name schema_name kind comment cluster_by rows# bytes# owner retention_time "
                + "automatic_clustering change_tracking is_external is_dynamic is_hybrid is_iceberg",
            rows: try relations(show).filter { !$0.isView }.map(row))
    }

    func views(_ show: Show) throws -> Shown {
        Shown(
            columns:
                "created_on@ name reserved database_name schema_name owner comment text is_secure is_materialized change_tracking",
            rows: try relations(show).filter(\.isView).map(row))
    }

    func objects(_ show: Show) throws -> Shown {
        Shown(
            columns:
                "created_on@ name database_name schema_name kind comment cluster_by rows# bytes# owner retention_time",
            rows: try relations(show).map(row))
    }

    func schemas(_ show: Show) throws -> Shown {
        let database: String?
        switch show.scope {
        case nil: database = catalog.settings.database
        // In IN name the name is a database's here.
        case .unqualified(let name):
            database = catalog.expanded(name).parts.last?.name
            guard try store.hasDatabase(database ?? "") else {
                throw SQLError(
                    .notFound, "database \(database ?? "") does not exist", position: name.position)
            }
        default: database = try scope(show).database
        }
        let (current, own) = (catalog.settings.schema, catalog.settings.database)
        let rows = try catalog.schemas(database).map { schema -> InformationSchema.Row in
            [
                "created_on": .time(schema.createdOn), "name": .text(schema.name), "is_default": .text("N"),
                "is_current": .text(schema.name == current && schema.database == own ? "Y" : "N"),
                "database_name": .text(schema.database), "owner": .text(""),
                "comment": .text(schema.comment ?? ""),
                "options": .text(""), "retention_time": .text("0"),
            ]
        }
        return Shown(
            columns:
                "created_on@ name is_default is_current database_name owner comment options retention_time",
            rows: rows)
    }

    func databases() throws -> Shown {
        let rows = try store.databases().map { database -> InformationSchema.Row in
            [
                "created_on": .time(database.createdOn), "name": .text(database.name),
                "is_default": .text("N"),
                "is_current": .text(database.name == catalog.settings.database ? "Y" : "N"),
                "origin": .text(""),
                "owner": .text(""), "comment": .text(database.comment ?? ""), "options": .text(""),
                "retention_time": .text("0"),
                "kind": .text("STANDARD"),
            ]
        }
        return Shown(
            columns:
                "created_on@ name is_default is_current origin owner comment options retention_time kind",
            rows: rows)
    }

    func others(_ show: Show, _ space: ObjectSpace) throws -> Shown {
        let (database, schema) = try scope(show)
        let rows = try store.objects(space, database: database, schema: schema).map {
            object -> InformationSchema.Row in
            [
                "created_on": .time(object.createdOn), "name": .text(object.name.name),
                "database_name": .text(object.name.database),
                "schema_name": .text(object.name.schema), "owner": .text(""),
                "comment": .text(object.comment ?? ""),
                "definition": .text(object.definition ?? ""),
                "format_options": .text(object.definition ?? ""),
                "url": .text(object.stageURL ?? ""),
                "type": .text(object.formatType ?? (object.stageURL == nil ? "INTERNAL" : "EXTERNAL")),
            ]
        }
        let columns =
            switch space {
            case .stage: "created_on@ name database_name schema_name url owner comment type definition"
            case .fileFormat: "created_on@ name database_name schema_name type owner comment format_options"
            default: "created_on@ name database_name schema_name owner comment"
            }
        return Shown(columns: columns, rows: rows, terse: "created_on@ name database_name schema_name")
    }

    // MARK: Columns

    func columns(_ show: Show) throws -> Shown {
        let rows = try columnOwners(show).flatMap { relation in
            relation.columns.map { column -> InformationSchema.Row in
                [
                    "table_name": .text(relation.name.name), "schema_name": .text(relation.name.schema),
                    "column_name": .text(column.name), "data_type": .text(Self.typeObject(column)),
                    "null?": .text(column.isNullable ? "true" : "NOT_NULL"),
                    "default": .text(column.defaultSQL ?? ""),
                    "kind": .text("COLUMN"), "expression": .text(""), "comment": .text(column.comment ?? ""),
                    "database_name": .text(relation.name.database),
                    "autoincrement": .text(column.identity == nil ? "" : column.defaultText.description),
                ]
            }
        }
        return Shown(
            columns:
                "table_name schema_name column_name data_type null? default kind expression comment database_name autoincrement",
            rows: rows, nameColumn: "column_name", terse: "table_name schema_name column_name data_type")
    }

    /// The tables and views whose columns, or keys, are to be shown.
    func columnOwners(_ show: Show) throws -> [ListedRelation] {
        let name: ObjectName
        switch show.scope {
        case .table(let table): name = table
        case .unqualified(let something): name = something
        default: return try relations(show)
        }
        let full = catalog.qualified(name)
        if let relation = try catalog.relations(database: full.database, schema: full.schema).first(where: {
            $0.name == full
        }) {
            return [relation]
        }
        if case .table = show.scope {
            throw SQLError(
                .notFound, "table or view \(full.description) does not exist", position: name.position)
        }
        return try relations(show)
    }

    /// A type as SHOW COLUMNS gives it: an object of JSON.
    private static func typeObject(_ column: CatalogColumn) -> String {
        let details =
            switch column.type {
            case .varchar:
                "\"length\":\(column.lengthMax ?? CatalogColumn.charactersMax),"
                    + "\"byteLength\":\(min(column.lengthMax ?? CatalogColumn.charactersMax, CatalogColumn.charactersMax / 4) * 4),"
            case .binary: "\"length\":\(column.lengthMax ?? CatalogColumn.bytesMax),"
            case .number(let precision, let scale): "\"precision\":\(precision),\"scale\":\(scale),"
            case .time, .timestampNTZ, .timestampLTZ, .timestampTZ:
                "\"precision\":0,\"scale\":\(CatalogColumn.fractionDigits),"
            default: ""
            }
        let type = column.type.isNumber ? "FIXED" : column.type == .float ? "REAL" : column.familyText
        return "{\"type\":\"\(type)\",\(details)\"nullable\":\(column.isNullable)}"
    }
}
