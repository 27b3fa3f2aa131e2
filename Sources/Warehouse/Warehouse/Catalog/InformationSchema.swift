import ColumnStore
import SQLEngine
import SQLiteKit
import Vectors

/// INFORMATION_SCHEMA: the catalogue as tables, each of one database.
enum InformationSchema {
    static let name = "INFORMATION_SCHEMA"

    /// A row by the names of its columns; what is missing is NULL.
    typealias Row = [String: Scalar]

    static func entry(_ name: QualifiedName, _ catalog: SessionCatalog) throws -> CatalogEntry? {
        guard let columns = views[name.name], try catalog.store.hasDatabase(name.database) else { return nil }
        let rows = try rows(name.name, name.database, catalog).map { row in
            columns.map { row[$0.name] ?? .null }
        }
        return .table(BatchTableSource(columns, estimatedRowCount: rows.count) { rows }, name: name.parts)
    }

    private static func rows(_ view: String, _ database: String, _ catalog: SessionCatalog) throws -> [Row] {
        switch view {
        case "TABLES": try catalog.relations(database: database).map { try table($0, catalog) }
        case "VIEWS": try catalog.relations(database: database).filter(\.isView).map(self.view)
        case "COLUMNS": try catalog.relations(database: database).flatMap(columns)
        case "SCHEMATA":
            try catalog.schemas(database).map { schema in
                [
                    "CATALOG_NAME": .text(schema.database), "SCHEMA_NAME": .text(schema.name),
                    "IS_TRANSIENT": .text("NO"),
                    "IS_MANAGED_ACCESS": .text("NO"), "RETENTION_TIME": .integer(0),
                    "CREATED": .time(schema.createdOn),
                    "LAST_ALTERED": .time(schema.createdOn), "COMMENT": .optional(schema.comment),
                ]
            }
        case "DATABASES":
            try catalog.store.databases().map { database in
                [
                    "DATABASE_NAME": .text(database.name), "IS_TRANSIENT": .text("NO"),
                    "COMMENT": .optional(database.comment),
                    "CREATED": .time(database.createdOn), "LAST_ALTERED": .time(database.createdOn),
                    "RETENTION_TIME": .integer(0),
                    "TYPE": .text("STANDARD"),
                ]
            }
        case "STAGES": try objects(.stage, "STAGE", database, catalog)
        case "FILE_FORMATS": try objects(.fileFormat, "FILE_FORMAT", database, catalog)
        case "SEQUENCES": try objects(.sequence, "SEQUENCE", database, catalog)
        case "LOAD_HISTORY":
            (database == Schema.databaseName ? try loads(catalog) : [])
                + (try CopyHistory.loads(of: database, catalog))
        default: []
        }
    }

    private static func table(_ relation: ListedRelation, _ catalog: SessionCatalog) throws -> Row {
        let size = try catalog.size(of: relation)
        let keys = relation.object?.clusterKeys ?? []
        let isTemporary = relation.object?.isTemporary ?? false
        return [
            "TABLE_CATALOG": .text(relation.name.database), "TABLE_SCHEMA": .text(relation.name.schema),
            "TABLE_NAME": .text(relation.name.name),
            "TABLE_TYPE": .text(relation.isView ? "VIEW" : isTemporary ? "LOCAL TEMPORARY" : "BASE TABLE"),
            "IS_TRANSIENT": relation.isView ? .null : .text("NO"),
            "CLUSTERING_KEY": keys.isEmpty ? .null : .text("LINEAR(\(keys.joined(separator: ", ")))"),
            "ROW_COUNT": size.rows, "BYTES": size.bytes,
            "RETENTION_TIME": relation.isView ? .null : .integer(0),
            "IS_INSERTABLE_INTO": .yesNo(!relation.isView && !relation.name.isNative),
            "IS_TYPED": .text("YES"),
            "CREATED": .time(relation.createdOn), "LAST_ALTERED": .time(relation.createdOn),
            "LAST_DDL": .time(relation.createdOn),
            "AUTO_CLUSTERING_ON": .text("NO"), "COMMENT": .optional(relation.comment),
            "IS_TEMPORARY": .yesNo(isTemporary),
            "IS_ICEBERG": .text("NO"), "IS_DYNAMIC": .text("NO"), "IS_HYBRID": .text("NO"),
        ]
    }

    private static func view(_ relation: ListedRelation) -> Row {
        [
            "TABLE_CATALOG": .text(relation.name.database), "TABLE_SCHEMA": .text(relation.name.schema),
            "TABLE_NAME": .text(relation.name.name),
            "VIEW_DEFINITION": .optional(relation.object?.definition),
            "CHECK_OPTION": .text("NONE"), "IS_UPDATABLE": .text("NO"), "INSERTABLE_INTO": .text("NO"),
            "IS_SECURE": .text("NO"),
            "CREATED": .time(relation.createdOn), "LAST_ALTERED": .time(relation.createdOn),
            "LAST_DDL": .time(relation.createdOn),
            "COMMENT": .optional(relation.comment),
        ]
    }

    private static func columns(_ relation: ListedRelation) -> [Row] {
        relation.columns.enumerated().map { place, column in
            var row: Row = [
                "TABLE_CATALOG": .text(relation.name.database), "TABLE_SCHEMA": .text(relation.name.schema),
                "TABLE_NAME": .text(relation.name.name), "COLUMN_NAME": .text(column.name),
                "ORDINAL_POSITION": .integer(place + 1),
                "COLUMN_DEFAULT": .optional(column.defaultSQL), "IS_NULLABLE": .yesNo(column.isNullable),
                "DATA_TYPE": .text(column.familyText), "IS_SELF_REFERENCING": .text("NO"),
                "IS_IDENTITY": .yesNo(column.identity != nil), "COMMENT": .optional(column.comment),
            ]
            switch column.type {
            case .varchar:
                let length = column.lengthMax ?? CatalogColumn.charactersMax
                row["CHARACTER_MAXIMUM_LENGTH"] = .integer(length)
                row["CHARACTER_OCTET_LENGTH"] = .integer(min(length, CatalogColumn.charactersMax / 4) * 4)
            case .binary:
                row["CHARACTER_MAXIMUM_LENGTH"] = .integer(column.lengthMax ?? CatalogColumn.bytesMax)
                row["CHARACTER_OCTET_LENGTH"] = row["CHARACTER_MAXIMUM_LENGTH"]
            case .number(let precision, let scale):
                row["NUMERIC_PRECISION"] = .integer(precision)
                row["NUMERIC_PRECISION_RADIX"] = .integer(10)
                row["NUMERIC_SCALE"] = .integer(scale)
            case .time, .timestampNTZ, .timestampLTZ, .timestampTZ:
                row["DATETIME_PRECISION"] = .integer(CatalogColumn.fractionDigits)
            default: break
            }
            if let identity = column.identity {
                row["IDENTITY_GENERATION"] = .text("BY DEFAULT")
                row["IDENTITY_START"] = .text("\(identity.next)")
                row["IDENTITY_INCREMENT"] = .text("\(identity.step)")
                row["IDENTITY_CYCLE"] = .text("NO")
                row["IDENTITY_ORDERED"] = .text("YES")
            }
            return row
        }
    }

    private static func objects(
        _ space: ObjectSpace, _ prefix: String, _ database: String, _ catalog: SessionCatalog
    ) throws -> [Row] {
        try catalog.store.objects(space, database: database).map { object in
            [
                "\(prefix)_CATALOG": .text(object.name.database),
                "\(prefix)_SCHEMA": .text(object.name.schema),
                "\(prefix)_NAME": .text(object.name.name), "DEFINITION": .optional(object.definition),
                "CREATED": .time(object.createdOn), "LAST_ALTERED": .time(object.createdOn),
                "COMMENT": .optional(object.comment),
                "STAGE_URL": .optional(object.stageURL), "FILE_FORMAT_TYPE": .optional(object.formatType),
                "STAGE_TYPE": .text(object.stageURL == nil ? "Internal Named" : "External Named"),
            ]
        }
    }

    /// The objects that the pipeline has loaded into the raw table.
    private static func loads(_ catalog: SessionCatalog) throws -> [Row] {
        try catalog.database.withConnection { connection in
            try connection.rows(
                "SELECT 's3://' || BUCKET || '/' || OBJECT_KEY, LOADED_AT, ROWS_LOADED, ROWS_REJECTED FROM LOAD_HISTORY ORDER BY LOAD_ID"
            ).map { row in
                var time = row[1].string
                let loaded = Int(row[2].integerValue)
                let rejected = Int(row[3].integerValue)
                return [
                    "SCHEMA_NAME": .text(Schema.name), "FILE_NAME": .text(row[0].string),
                    "TABLE_NAME": .text(Schema.rawTable),
                    "LAST_LOAD_TIME": time.withUTF8 { TextParsing.timestamp($0) }.map {
                        .temporal($0.local, .timestampLTZ)
                    } ?? .null,
                    "STATUS": .text(rejected == 0 ? "LOADED" : "PARTIALLY LOADED"),
                    "ROW_COUNT": .integer(loaded),
                    "ROW_PARSED": .integer(loaded + rejected), "ERROR_COUNT": .integer(rejected),
                ]
            }
        }
    }
}
