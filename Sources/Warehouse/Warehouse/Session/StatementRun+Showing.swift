import SQLEngine
import Vectors

extension StatementRun {
    /// What SHOW shows: rows by the names of their columns.
    struct Shown {
        /// In the notation of `InformationSchema.columns`.
        var columns: String
        var rows: [InformationSchema.Row]
        /// The column that LIKE and STARTS WITH are about.
        var nameColumn = "name"
        /// The columns of SHOW TERSE.
        var terse = "created_on@ name kind database_name schema_name"
    }

    func show(_ show: Show, _ rows: TakeRows) throws -> StatementOutcome {
        if show.history {
            throw SQLError(
                .unsupported, "what is dropped is gone: SHOW … HISTORY is not supported",
                position: show.position)
        }
        let shown: Shown =
            switch show.kind {
            case .tables: try tables(show)
            case .views: try views(show)
            case .objects: try objects(show)
            case .schemas: try schemas(show)
            case .databases: try databases()
            case .columns: try columns(show)
            case .stages: try others(show, .stage)
            case .fileFormats: try others(show, .fileFormat)
            case .sequences: try others(show, .sequence)
            case .functions: functions()
            case .parameters: parameters()
            case .variables: variables()
            case .primaryKeys: try primaryKeys(show)
            }
        let columns = InformationSchema.columns(show.isTerse ? shown.terse : shown.columns)
        let kept = try Self.filtered(shown, show)
        return try give(columns, kept.map { row in columns.map { row[$0.name] ?? .null } }, rows)
    }

    /// LIKE (in any case), STARTS WITH, LIMIT … FROM.
    private static func filtered(_ shown: Shown, _ show: Show) throws -> [InformationSchema.Row] {
        func name(_ row: InformationSchema.Row) -> [UInt8] {
            if case .text(let text)? = row[shown.nameColumn] { Array(text.utf8) } else { [] }
        }
        var rows = shown.rows
        if let like = show.like {
            let pattern = try Array(like.utf8).withUnsafeBufferPointer {
                try LikePattern.compile($0, isCaseInsensitive: true)
            }
            rows = rows.filter { name($0).withUnsafeBufferPointer(pattern.matches) }
        }
        if let start = show.startsWith { rows = rows.filter { name($0).starts(with: start.utf8) } }
        if let from = show.from {
            let bytes = Array(from.utf8)
            rows = rows.filter { !name($0).lexicographicallyPrecedes(bytes) && name($0) != bytes }
        }
        if let limit = show.limit { rows = Array(rows.prefix(limit)) }
        return rows
    }

    // MARK: Where

    /// The database and the schema that IN names; `nil` for all. Where IN is missing, the session's own.
    func scope(_ show: Show) throws -> (database: String?, schema: String?) {
        let settings = catalog.settings
        switch show.scope {
        case nil: return (settings.database, settings.schema)
        case .account, .session: return (nil, nil)
        case .database(let name):
            let database = name?.name ?? settings.database
            guard try store.hasDatabase(database) else {
                throw SQLError(.notFound, "database \(database) does not exist", position: show.position)
            }
            return (database, nil)
        case .schema(let name): return try name.map { try schema($0) } ?? (settings.database, settings.schema)
        case .unqualified(let name), .table(let name):
            let parts = catalog.expanded(name).parts.map(\.name)
            if parts.count == 1, let part = parts.first, try !store.hasSchema(settings.database, part),
                try store.hasDatabase(part)
            {
                return (part, nil)
            }
            return try schema(name)
        }
    }

    private func schema(_ name: ObjectName) throws -> (database: String?, schema: String?) {
        let parts = catalog.expanded(name).parts.map(\.name)
        let database = parts.count > 1 ? parts[parts.count - 2] : catalog.settings.database
        let schema = parts.last ?? ""
        guard try store.hasSchema(database, schema) || schema == InformationSchema.name else {
            throw SQLError(.notFound, "schema \(database).\(schema) does not exist", position: name.position)
        }
        return (database, schema)
    }

    // MARK: The session

    private func functions() -> Shown {
        let rows = FunctionListing.all.map { entry -> InformationSchema.Row in
            [
                "name": .text(entry.name), "is_builtin": .text("Y"),
                "is_aggregate": .text(entry.kind == .aggregate ? "Y" : "N"),
                "arguments": .text(entry.signature), "description": .text(entry.summary),
                "is_table_function": .text(entry.kind == .table ? "Y" : "N"),
                "kind": .text(entry.kind.rawValue),
            ]
        }
        return Shown(
            columns:
                "created_on@ name schema_name is_builtin is_aggregate arguments description catalog_name is_table_function "
                + "kind", rows: rows, terse: "created_on@ name kind catalog_name schema_name")
    }

    private func parameters() -> Shown {
        let names = SessionParameter.all.map(\.name)
        let others = catalog.settings.parameters.keys.filter { !names.contains($0) }
        let rows = (names + others).sorted().compactMap { name -> InformationSchema.Row? in
            guard let parameter = SessionParameter.named(name) else { return nil }
            return [
                "key": .text(name), "value": .text(catalog.settings.parameter(name)),
                "default": .text(parameter.defaultValue),
                "level": .text(catalog.settings.parameters[name] == nil ? "" : "SESSION"),
                "description": .text(parameter.summary),
                "type": .text(parameter.typeText),
            ]
        }
        return Shown(
            columns: "key value default level description type", rows: rows, nameColumn: "key",
            terse: "key value")
    }

    private func variables() -> Shown {
        let rows = catalog.settings.variables.sorted { $0.key < $1.key }.map {
            name, value -> InformationSchema.Row in
            let type =
                switch value {
                case .number: "fixed"
                case .float: "real"
                case .boolean: "boolean"
                case .temporal(_, let type): type.description.lowercased()
                default: "text"
                }
            return [
                "name": .text(name), "value": value == .null ? .null : .text(value.description),
                "type": .text(type),
            ]
        }
        return Shown(
            columns: "session_id created_on@ updated_on@ name value type comment", rows: rows,
            terse: "name value type")
    }
}
