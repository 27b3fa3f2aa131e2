import SQLEngine
import Vectors

extension StatementRun {
    // MARK: ALTER SCHEMA, ALTER DATABASE

    func alterContainer(_ alter: AlterContainer) throws -> StatementOutcome {
        let isDatabase = alter.kind == .database
        let (database, schema) = containerName(alter.name, isDatabase: isDatabase)
        if alter.ifExists, try !containerExists(database, schema) { return Self.success }
        try requireContainer(database, schema, alter.position)
        switch alter.action {
        case .set(let options):
            if let comment = options["COMMENT"] {
                try store.setContainerComment(database, schema, comment.text)
            }
        case .rename(let name):
            try requireMovable(database, schema, alter.position)
            let (newDatabase, newSchema) = containerName(name, isDatabase: isDatabase)
            guard try !containerExists(newDatabase, newSchema) else {
                throw SQLError(.alreadyExists, "\(name.description) already exists", position: name.position)
            }
            if newSchema != nil { try requireContainer(newDatabase, nil, name.position) }
            try store.renameContainer(database, schema, to: newDatabase, newSchema)
            follow(database, schema, to: newDatabase, newSchema)
        case .swap(let name):
            let (otherDatabase, otherSchema) = containerName(name, isDatabase: isDatabase)
            try requireContainer(otherDatabase, otherSchema, name.position)
            try requireMovable(database, schema, alter.position)
            try requireMovable(otherDatabase, otherSchema, name.position)
            guard (database, schema ?? "") != (otherDatabase, otherSchema ?? "") else {
                throw SQLError(
                    .invalid, "\(name.description) cannot be swapped with itself", position: name.position)
            }
            // Names are unique, so that one of them has to step aside.
            let aside = "\u{0}"
            let (asideDatabase, asideSchema) = isDatabase ? (aside, nil) : (database, Optional(aside))
            try store.renameContainer(database, schema, to: asideDatabase, asideSchema)
            try store.renameContainer(otherDatabase, otherSchema, to: database, schema)
            try store.renameContainer(asideDatabase, asideSchema, to: otherDatabase, otherSchema)
        }
        return Self.success
    }

    private func containerName(_ name: ObjectName, isDatabase: Bool) -> (database: String, schema: String?) {
        let parts = catalog.expanded(name).parts.map(\.name)
        let last = parts.last ?? ""
        if isDatabase { return (last, nil) }
        return (parts.count > 1 ? parts[parts.count - 2] : catalog.settings.database, last)
    }

    private func containerExists(_ database: String, _ schema: String?) throws -> Bool {
        try schema.map { try store.hasSchema(database, $0) } ?? store.hasDatabase(database)
    }

    private func requireContainer(_ database: String, _ schema: String?, _ position: Int) throws {
        guard try containerExists(database, schema) else {
            throw SQLError(
                .notFound,
                schema.map { "schema \(database).\($0) does not exist" }
                    ?? "database \(database) does not exist",
                position: position)
        }
    }

    func requireMovable(_ database: String, _ schema: String?, _ position: Int) throws {
        guard database == Schema.databaseName, schema == nil || schema == Schema.name else { return }
        throw SQLError(
            .invalid, "\(schema ?? database) holds the warehouse's own tables and stays as it is",
            position: position)
    }

    /// The session stays where it is when that gets another name.
    private func follow(_ database: String, _ schema: String?, to newDatabase: String, _ newSchema: String?) {
        guard catalog.settings.database == database, schema == nil || catalog.settings.schema == schema else {
            return
        }
        catalog.settings.database = newDatabase
        if let newSchema { catalog.settings.schema = newSchema }
    }

    // MARK: COMMENT

    func comment(_ comment: Comment) throws -> StatementOutcome {
        switch comment.kind {
        case .database, .schema:
            let (database, schema) = containerName(comment.name, isDatabase: comment.kind == .database)
            if comment.ifExists, try !containerExists(database, schema) { return Self.success }
            try requireContainer(database, schema, comment.position)
            try store.setContainerComment(database, schema, comment.text)
        case .column:
            let table = ObjectName(Array(comment.name.parts.dropLast()))
            guard let object = try commented(table, .relation, comment), let name = comment.name.parts.last
            else { break }
            var columns = try store.columns(of: object)
            guard let place = columns.firstIndex(where: { $0.name == name.name }) else {
                throw SQLError(
                    .notFound, "\(object.name.name) has no column \(name.name)", position: name.position)
            }
            columns[place].comment = comment.text
            try store.setColumns(columns, of: object.id)
        default:
            let space: ObjectSpace =
                switch comment.kind {
                case .stage: .stage
                case .fileFormat: .fileFormat
                case .sequence: .sequence
                default: .relation
                }
            guard var object = try commented(comment.name, space, comment) else { break }
            guard object.kind.rawValue == comment.kind.rawValue else {
                throw SQLError(
                    .invalid,
                    "\(object.name.name) is a \(object.kind.rawValue.lowercased()): write COMMENT ON \(object.kind.rawValue)",
                    position: comment.position)
            }
            object.comment = comment.text
            try store.update(object)
        }
        return Self.success
    }

    private func commented(_ name: ObjectName, _ space: ObjectSpace, _ comment: Comment) throws
        -> CatalogObject?
    {
        if let object = try store.object(catalog.qualified(name), space) { return object }
        if comment.ifExists { return nil }
        throw SQLError(
            .notFound,
            "\(comment.kind == .column ? "table" : comment.kind.rawValue.lowercased()) \(name.description) does not exist",
            position: name.position)
    }
}
