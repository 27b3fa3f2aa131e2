import CivilTime
import ColumnStore
import SQLEngine
import Vectors

/// What names mean in a session: its database and schema come first.
final class SessionCatalog: Catalog {
    let store: CatalogStore
    let database: ColumnDatabase
    var settings: SessionSettings
    /// Makes a table of a stage's files.
    var stageTable: (StageReference) throws -> any TableSource = { reference in
        throw SQLError(.unsupported, "a stage cannot be read here", position: reference.position)
    }

    init(_ store: CatalogStore, _ database: ColumnDatabase, _ settings: SessionSettings) {
        self.store = store
        self.database = database
        self.settings = settings
    }

    /// The full name, with what is missing taken from the session.
    func qualified(_ name: ObjectName) -> QualifiedName {
        let parts = expanded(name).parts.map(\.name)
        return QualifiedName(
            database: parts.count > 2 ? parts[parts.count - 3] : settings.database,
            schema: parts.count > 1 ? parts[parts.count - 2] : settings.schema, name: parts.last ?? "")
    }

    func resolve(_ name: ObjectName) throws -> CatalogEntry? {
        try requireExpanded(name)
        let full = qualified(name)
        if full.schema == InformationSchema.name { return try InformationSchema.entry(full, self) }
        if full.schema == Schema.name, full.database == Schema.databaseName,
            let columns = NativeTables.all[full.name]
        {
            return .table(NativeTables.source(full.name, columns, database), name: full.parts)
        }
        guard let object = try store.object(full, .relation) else { return nil }
        switch object.kind {
        case .view:
            return .view(
                query: object.definition ?? "",
                columns: try store.columns(of: object).map {
                    ViewColumn(name: $0.name, sourceName: $0.sourceName ?? $0.name, type: $0.type)
                },
                name: full.parts)
        default: return .table(try source(of: object), name: full.parts)
        }
    }

    /// The rows of a table.
    func source(of object: CatalogObject) throws -> ColumnTableSource {
        guard let table = object.table else {
            throw SQLError(.invalid, "\(object.name.description) is a \(object.kind.rawValue), not a table")
        }
        return try ColumnTableSource(database, table, try store.columns(of: object))
    }

    func stage(_ reference: StageReference) throws -> any TableSource { try stageTable(reference) }

    func variable(_ name: String) -> Scalar? { settings.variables[name] }

    func within<Result>(_ schema: [String], _ body: () throws -> Result) rethrows -> Result {
        let (database, name) = (settings.database, settings.schema)
        defer { (settings.database, settings.schema) = (database, name) }
        if schema.count == 2 { (settings.database, settings.schema) = (schema[0], schema[1]) }
        return try body()
    }

    func namesLike(_ name: ObjectName) -> [String] {
        let full = qualified(name)
        let native = NativeTables.all.keys.map {
            QualifiedName(database: Schema.databaseName, schema: Schema.name, name: $0)
        }
        let known = ((try? store.objects(.relation)) ?? []).map(\.name) + native
        return NearestNames.of(full.name, among: Array(Set(known.map(\.name)))).flatMap { near in
            let same = known.filter { $0.name == near }
            // What is elsewhere is found by its full name alone.
            let here = same.filter { $0.database == full.database && $0.schema == full.schema }
            return here.isEmpty ? same.map(\.description) : [near]
        }
    }
}

/// What a session can change with USE, SET and ALTER SESSION.
struct SessionSettings {
    var database = Schema.databaseName
    var schema = Schema.name
    /// SET name = value.
    var variables: [String: Scalar] = [:]
    /// ALTER SESSION: values as written, by name.
    var parameters: [String: OptionValue] = [:]
    var zone = TimeZoneRules.utc
    var weekStart = 0
    var weekOfYearPolicy = 0
}
