import SQLEngine
import Vectors

extension StatementRun {
    func describe(_ describe: Describe, _ rows: TakeRows) throws -> StatementOutcome {
        guard case .object(let kind, let written) = describe.target else {
            throw SQLError(
                .unsupported, "results of earlier statements are not kept: describe the table or view",
                position: describe.position)
        }
        try catalog.requireExpanded(written)
        let name = catalog.qualified(written)
        switch kind {
        case .database, .schema: return try describeContainer(kind, written, rows)
        case .stage, .fileFormat, .sequence:
            let space: ObjectSpace = kind == .stage ? .stage : kind == .fileFormat ? .fileFormat : .sequence
            guard let object = try store.object(name, space) else {
                throw SQLError(
                    .notFound, "\(kind.rawValue.lowercased()) \(name.description) does not exist",
                    position: describe.position)
            }
            return try give(
                Self.texts("property", "property_value"),
                [
                    ["NAME", object.name.description], ["DEFINITION", object.definition ?? ""],
                    ["COMMENT", object.comment ?? ""],
                ]
                .map { $0.map(Scalar.text) }, rows)
        default: break
        }
        let relations = try catalog.relations(database: name.database, schema: name.schema)
        guard let relation = relations.first(where: { $0.name == name }) else {
            let near = catalog.namesLike(written)
            throw SQLError(
                .notFound,
                "table or view \(name.description) does not exist"
                    + (near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"),
                position: describe.position)
        }
        let keys = try relation.object.map { try store.keys(of: $0.id) } ?? []
        func isIn(_ kind: CatalogKey.Kind, _ column: CatalogColumn) -> Scalar {
            .text(keys.contains { $0.kind == kind && $0.columns.contains(column.name) } ? "Y" : "N")
        }
        let list = relation.columns.map { column -> [Scalar] in
            [
                .text(column.name), .text(column.fullTypeText), .text("COLUMN"),
                .text(column.isNullable ? "Y" : "N"),
                column.defaultText, isIn(.primary, column), isIn(.unique, column), .null, .null,
                .optional(column.comment), .null,
                .null,
            ]
        }
        return try give(
            Self.texts(
                "name", "type", "kind", "null?", "default", "primary key", "unique key", "check",
                "expression", "comment",
                "policy name", "privacy domain"), list, rows)
    }

    /// What is in a schema or database.
    private func describeContainer(_ kind: ObjectKind, _ written: ObjectName, _ rows: TakeRows) throws
        -> StatementOutcome
    {
        let parts = catalog.expanded(written).parts.map(\.name)
        let name = parts.last ?? ""
        let database =
            kind == .database ? name : parts.count > 1 ? parts[parts.count - 2] : catalog.settings.database
        let exists =
            try kind == .database
            ? store.hasDatabase(database) : store.hasSchema(database, name) || name == InformationSchema.name
        guard exists else {
            throw SQLError(
                .notFound, "\(kind.rawValue.lowercased()) \(name) does not exist", position: written.position)
        }
        let columns = [TableColumn("created_on", .timestampLTZ)] + Self.texts("name", "kind")
        if kind == .database {
            let list = try catalog.schemas(database).map { schema -> [Scalar] in
                [.time(schema.createdOn), .text(schema.name), .text("SCHEMA")]
            }
            return try give(columns, list, rows)
        }
        let list = try catalog.relations(database: database, schema: name).map { relation -> [Scalar] in
            [.time(relation.createdOn), .text(relation.name.name), .text(relation.isView ? "VIEW" : "TABLE")]
        }
        return try give(columns, list, rows)
    }

    /// Columns of type VARCHAR.
    static func texts(_ names: String...) -> [TableColumn] { names.map { TableColumn($0, .varchar) } }
}
