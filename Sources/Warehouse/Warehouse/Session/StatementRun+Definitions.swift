import ColumnStore
import SQLEngine
import Vectors

extension StatementRun {
    // MARK: Tables

    func createTable(_ create: CreateTable) throws -> StatementOutcome {
        let name = catalog.qualified(create.name)
        try requireSchema(name, create.position)
        let session = try owner(of: name, create.persistence, create.position)
        if try store.object(name, .relation, of: session) != nil, create.ifNotExists {
            return StatementOutcome(message: "\(name.name) already exists, statement succeeded.")
        }
        var query: BoundQuery?
        let binder = makeBinder()
        var columns = try create.columns.map { try column($0) }
        var keys: [CatalogKey] = []
        switch create.source {
        case .columns: break
        case .query(let source):
            let bound = try binder.bind(source)
            query = bound
            columns = try columnsOfQuery(bound, columns, create)
        case .like(let other):
            let source = try table(other)
            columns = try store.columns(of: source)
            keys = try store.keys(of: source.id)
        case .clone(let other):
            let source = try table(other)
            columns = try store.columns(of: source)
            keys = try store.keys(of: source.id)
            query = try binder.bind(try SQLParser.parseQuery("SELECT * FROM \(source.name.quoted)"))
        }
        guard !columns.isEmpty else {
            throw SQLError(.invalid, "a table needs columns", position: create.position)
        }
        try checkNames(columns, create.position)
        keys = try declaredKeys(create, addedTo: keys, of: &columns)
        let types = columns.map { $0.type == .null ? .varchar : $0.type }
        try Numbering.check(columns, create.position)
        let cluster = try clusterKeys(create, columns)
        // The query may read the table that it replaces: that one goes last.
        let made = try database.createTable(types)
        let ids = try database.columns(made).map(\.id)
        for place in columns.indices {
            columns[place].id = ids[place]
            columns[place].type = types[place]
        }
        var count = 0
        if let query {
            count = try write(try binder.convert(query, to: types), binder, into: made, columns, cluster)
        }
        try replaceOld(name, by: .table, of: session, replaces: create.replaces, create.position)
        let object = CatalogObject(
            id: 0, name: name, kind: .table, table: made,
            definition: cluster.map(\.name).clusteringSQL,
            comment: create.comment, createdOn: now, session: session)
        try store.setKeys(keys, of: try store.add(object, columns: columns))
        return StatementOutcome(
            changedRows: query == nil ? nil : count, message: "Table \(name.name) successfully created.")
    }

    private func checkNames(_ columns: [CatalogColumn], _ position: Int) throws {
        guard let twice = Dictionary(grouping: columns, by: \.name).first(where: { $0.value.count > 1 })?.key
        else { return }
        throw SQLError(.invalid, "column \(twice) is named twice", position: position)
    }

    private func columnsOfQuery(_ query: BoundQuery, _ declared: [CatalogColumn], _ create: CreateTable)
        throws -> [CatalogColumn]
    {
        guard !declared.isEmpty else {
            return query.columns.map { named in
                var column = CatalogColumn(name: named.name, type: named.column.type)
                column.lengthMax = query.lengthMax(of: named.column)
                return column
            }
        }
        guard declared.count == query.columns.count else {
            throw SQLError(
                .invalid,
                "\(declared.count) columns are declared, and the query gives \(query.columns.count)",
                position: create.position)
        }
        return zip(declared, query.columns).map { declared, named in
            var column = declared
            if column.type == .null { column.type = named.column.type }
            return column
        }
    }

    func column(_ definition: ColumnDefinition) throws -> CatalogColumn {
        var column = CatalogColumn(name: definition.name.name, type: definition.type?.type ?? .null)
        column.lengthMax = definition.type?.lengthMax
        column.isNullable = !definition.isNotNull && !definition.isPrimaryKey
        column.comment = definition.comment
        column.identity = definition.identity.map { ($0.start, $0.step) }
        if let expression = definition.defaultValue {
            let binder = makeBinder()
            _ = try binder.assign(
                try binder.bind(expression, over: []), to: column.type, column: column.name)
            column.defaultSQL = expression.sqlText
        }
        return column
    }

    /// The columns to cluster by, of CLUSTER BY with expressions that are columns; rows are kept in their
    /// order.
    private func clusterKeys(_ create: CreateTable, _ columns: [CatalogColumn]) throws -> [CatalogColumn] {
        try create.clusterBy.compactMap { expression in
            guard case .column = expression.kind else { return nil }
            return try clusterKey(expression, columns)
        }
    }

    /// Writes the rows of a query into a table; how many there were.
    private func write(
        _ query: BoundQuery, _ binder: Binder, into table: TableID, _ columns: [CatalogColumn],
        _ cluster: [CatalogColumn]
    ) throws -> Int {
        var query = query
        if !cluster.isEmpty {
            let items = cluster.compactMap { key in columns.firstIndex { $0.name == key.name } }.map {
                place in
                Plan.SortItem(
                    expression: query.columns[place].column.expression, isDescending: false, nullsFirst: false
                )
            }
            query.plan = .sort(query.plan, items, limit: nil, offset: 0)
        }
        let writer = try database.writer(table)
        try drain(try PhysicalPlanner(binder, context).plan(query)) { batch in
            try RowChecks.check(batch.columns, columns)
            try writer.append(batch)
        }
        try writer.finish()
        return writer.rowCount
    }

    func requireSchema(_ name: QualifiedName, _ position: Int) throws {
        guard try store.hasSchema(name.database, name.schema) else {
            throw SQLError(
                .notFound, "schema \(name.database).\(name.schema) does not exist", position: position)
        }
        if name.schema == InformationSchema.name {
            throw SQLError(.invalid, "nothing can be made in INFORMATION_SCHEMA", position: position)
        }
        if name.schema == Schema.name, name.database == Schema.databaseName,
            NativeTables.all[name.name] != nil
        {
            throw SQLError(
                .alreadyExists, "\(name.name) is a table of the warehouse itself", position: position)
        }
    }

    /// The session that a new object belongs to; 0 where it is to stay.
    private func owner(of name: QualifiedName, _ persistence: Persistence, _ position: Int) throws -> Int64 {
        guard persistence == .temporary else { return 0 }
        // What would hide a table of the pipeline could not be changed itself.
        try requireChangeable(name, position)
        session.hasTemporaryObjects = true
        return store.session
    }

    /// Removes the table or view of a name that is to be made anew; one of the other kind is not meant.
    private func replaceOld(
        _ name: QualifiedName, by kind: CatalogObject.Kind, of session: Int64, replaces: Bool, _ position: Int
    ) throws {
        guard let old = try store.object(name, .relation, of: session) else { return }
        guard replaces else {
            throw SQLError(
                .alreadyExists, "\(name.description) already exists; CREATE OR REPLACE replaces it",
                position: position)
        }
        guard old.kind == kind else {
            let title = old.kind.rawValue
            throw SQLError(
                .invalid,
                "\(name.description) is a \(title.lowercased()), which CREATE OR REPLACE \(kind.rawValue) does not "
                    + "replace: DROP \(title) first",
                position: position)
        }
        try requireChangeable(name, position)
        try remove(old)
    }

    func remove(_ object: CatalogObject) throws {
        if let table = object.table { try database.dropTable(table) }
        switch object.kind {
        case .table: try CopyHistory(connection: session.warehouse.connection).forget(object.id)
        case .stage: try removeFiles(of: object)
        case .view, .fileFormat, .sequence: break
        }
        try store.remove(object)
    }

    /// The table of a name.
    func table(_ name: ObjectName) throws -> CatalogObject {
        try catalog.requireExpanded(name)
        let full = catalog.qualified(name)
        try requireNotNative(full, name.position)
        guard let object = try store.object(full, .relation) else {
            let near = catalog.namesLike(name)
            throw SQLError(
                .notFound,
                "table \(full.description) does not exist"
                    + (near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"),
                position: name.position)
        }
        guard object.kind == .table else {
            throw SQLError(.invalid, "\(full.description) is a view", position: name.position)
        }
        return object
    }

    // MARK: Views, schemas, databases

    func createView(_ create: CreateView) throws -> StatementOutcome {
        let name = catalog.qualified(create.name)
        try requireSchema(name, create.position)
        let session = try owner(of: name, create.persistence, create.position)
        if try store.object(name, .relation, of: session) != nil, create.ifNotExists {
            return StatementOutcome(message: "\(name.name) already exists, statement succeeded.")
        }
        let binder = makeBinder()
        let bound = try catalog.within([name.database, name.schema]) { try binder.bind(create.query) }
        if create.replaces, binder.references.contains(name.parts) {
            throw SQLError(
                .invalid,
                "the query of view \(name.description) reads that name itself: call one of them otherwise",
                position: create.position)
        }
        guard create.columns.isEmpty || create.columns.count == bound.columns.count else {
            throw SQLError(
                .invalid,
                "\(create.columns.count) columns are named, and the query gives \(bound.columns.count)",
                position: create.position)
        }
        let columns = bound.columns.enumerated().map { place, named in
            var column = CatalogColumn(
                name: create.columns.isEmpty ? named.name : create.columns[place].name.name,
                type: named.column.type)
            column.sourceName = named.name
            if !create.columns.isEmpty { column.comment = create.columns[place].comment }
            return column
        }
        try checkNames(columns, create.position)
        try replaceOld(name, by: .view, of: session, replaces: create.replaces, create.position)
        let query = String(decoding: Array(text.utf8)[create.queryText], as: UTF8.self)
        try store.add(
            CatalogObject(
                id: 0, name: name, kind: .view, definition: query, comment: create.comment, createdOn: now,
                session: session),
            columns: columns)
        return StatementOutcome(message: "View \(name.name) successfully created.")
    }

    func createContainer(_ create: CreateContainer) throws -> StatementOutcome {
        let parts = create.name.parts.map(\.name)
        let name = parts.last ?? ""
        if create.kind == .database {
            if try store.hasDatabase(name) {
                if create.ifNotExists {
                    return StatementOutcome(message: "\(name) already exists, statement succeeded.")
                }
                guard create.replaces else {
                    throw SQLError(
                        .alreadyExists, "database \(name) already exists", position: create.position)
                }
                try requireMovable(name, nil, create.position)
                try dropObjects(database: name, schema: nil)
            } else {
                try store.addDatabase(name, comment: create.comment, now: now)
            }
            if try !store.hasSchema(name, "PUBLIC") {
                try store.addSchema(name, "PUBLIC", comment: nil, now: now)
            }
            catalog.settings.database = name
            catalog.settings.schema = "PUBLIC"
            return StatementOutcome(message: "Database \(name) successfully created.")
        }
        let database = parts.count > 1 ? parts[parts.count - 2] : catalog.settings.database
        guard try store.hasDatabase(database) else {
            throw SQLError(.notFound, "database \(database) does not exist", position: create.position)
        }
        if try store.hasSchema(database, name) {
            if create.ifNotExists {
                return StatementOutcome(message: "\(name) already exists, statement succeeded.")
            }
            guard create.replaces else {
                throw SQLError(
                    .alreadyExists, "schema \(database).\(name) already exists", position: create.position)
            }
            try requireMovable(database, name, create.position)
            try dropObjects(database: database, schema: name)
        } else {
            try store.addSchema(database, name, comment: create.comment, now: now)
        }
        catalog.settings.database = database
        catalog.settings.schema = name
        return StatementOutcome(message: "Schema \(name) successfully created.")
    }

    /// Drops all that is in a database or schema.
    func dropObjects(database: String, schema: String?) throws {
        for space in [ObjectSpace.relation, .stage, .fileFormat, .sequence] {
            for object in try store.objects(space, database: database, schema: schema) { try remove(object) }
        }
    }

    func truncate(_ truncate: Truncate) throws -> StatementOutcome {
        let name = catalog.qualified(truncate.table)
        if truncate.ifExists, try store.object(name, .relation) == nil {
            return StatementOutcome(message: "Statement executed successfully.")
        }
        let (object, id) = try changeableTable(truncate.table)
        try database.truncateTable(id)
        // The same files may fill it again.
        try CopyHistory(connection: session.warehouse.connection).forget(object.id)
        return StatementOutcome(message: "Statement executed successfully.")
    }
}
