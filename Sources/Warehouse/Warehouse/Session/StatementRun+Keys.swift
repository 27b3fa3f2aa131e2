import SQLEngine
import Vectors

extension StatementRun {
    /// The keys that constraints declare, added to those of a table.
    ///
    /// - Throws: `SQLError` where a column is not there, or a name or a primary key is there already.
    func keys(
        _ constraints: [TableConstraint], addedTo keys: [CatalogKey] = [], of columns: [CatalogColumn]
    ) throws -> [CatalogKey] {
        try constraints.reduce(into: keys) { keys, constraint in
            for column in constraint.columns where !columns.contains(where: { $0.name == column.name }) {
                throw noColumn(column, columns)
            }
            let kind: CatalogKey.Kind =
                switch constraint.kind {
                case .primaryKey: .primary
                case .unique: .unique
                case .foreignKey: .foreign
                }
            if kind == .primary, keys.contains(where: { $0.kind == .primary }) {
                throw SQLError(
                    .alreadyExists, "there is a primary key already", position: constraint.position)
            }
            let name = constraint.name?.name ?? Self.freeName(keys)
            if keys.contains(where: { $0.name == name }) {
                throw SQLError(
                    .alreadyExists, "there is a constraint \(name) already", position: constraint.position)
            }
            keys.append(
                CatalogKey(
                    name: name, kind: kind, columns: constraint.columns.map(\.name), createdOn: now))
        }
    }

    /// The keys that CREATE TABLE declares, added to those of the table that is copied. A primary key holds no NULLs.
    func declaredKeys(
        _ create: CreateTable, addedTo keys: [CatalogKey], of columns: inout [CatalogColumn]
    ) throws -> [CatalogKey] {
        let keys = try self.keys(
            create.columns.flatMap(\.constraints) + create.constraints, addedTo: keys, of: columns)
        for key in keys where key.kind == .primary {
            for place in columns.indices where key.columns.contains(columns[place].name) {
                columns[place].isNullable = false
            }
        }
        return keys
    }

    private static func freeName(_ keys: [CatalogKey]) -> String {
        let names = Set(keys.map(\.name))
        var number = keys.count + 1
        while names.contains("SYS_CONSTRAINT_\(number)") { number += 1 }
        return "SYS_CONSTRAINT_\(number)"
    }

    func addKeys(_ constraints: [TableConstraint], to object: CatalogObject) throws {
        guard !constraints.isEmpty else { return }
        let columns = try store.columns(of: object)
        try store.setKeys(
            try keys(constraints, addedTo: store.keys(of: object.id), of: columns), of: object.id)
    }

    func dropKey(_ dropped: AlterTable.DroppedConstraint, of object: CatalogObject, _ position: Int) throws {
        var keys = try store.keys(of: object.id)
        let count = keys.count
        let what: String
        switch dropped {
        case .primaryKey:
            what = "primary key"
            keys.removeAll { $0.kind == .primary }
        case .named(let name):
            what = "constraint \(name.name)"
            keys.removeAll { $0.name == name.name }
        case .unique(let columns):
            what = "unique key of \(columns.map(\.name).joined(separator: ", "))"
            keys.removeAll { $0.kind == .unique && $0.columns == columns.map(\.name) }
        case .foreignKey(let columns):
            what = "foreign key of \(columns.map(\.name).joined(separator: ", "))"
            keys.removeAll { $0.kind == .foreign && $0.columns == columns.map(\.name) }
        }
        guard keys.count < count else {
            throw SQLError(
                .notFound, "\(object.name.description) has no \(what)", position: position)
        }
        try store.setKeys(keys, of: object.id)
    }

    /// What SHOW PRIMARY KEYS gives.
    func primaryKeys(_ show: Show) throws -> Shown {
        var rows: [InformationSchema.Row] = []
        for relation in try columnOwners(show) {
            guard let object = relation.object else { continue }
            for key in try store.keys(of: object.id) where key.kind == .primary {
                for (place, column) in key.columns.enumerated() {
                    rows.append([
                        "created_on": .time(key.createdOn), "database_name": .text(object.name.database),
                        "schema_name": .text(object.name.schema), "table_name": .text(object.name.name),
                        "column_name": .text(column), "key_sequence": .integer(place + 1),
                        "constraint_name": .text(key.name), "rely": .text("false"), "comment": .null,
                    ])
                }
            }
        }
        return Shown(
            columns:
                "created_on@ database_name schema_name table_name column_name key_sequence# constraint_name rely comment",
            rows: rows, nameColumn: "table_name")
    }
}
