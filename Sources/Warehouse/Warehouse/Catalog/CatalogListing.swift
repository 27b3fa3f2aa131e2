import ColumnStore
import SQLEngine
import SQLiteKit
import Vectors

/// A table or view as lists of them show it.
struct ListedRelation {
    var name: QualifiedName
    var isView: Bool
    var columns: [CatalogColumn]
    /// Of the catalogue; `nil` for the warehouse's own tables and the views of INFORMATION_SCHEMA.
    var object: CatalogObject?

    var comment: String? { object?.comment }
    var createdOn: Int64 { object?.createdOn ?? 0 }
}

extension SessionCatalog {
    /// All tables and views, or those of a database or schema, sorted by their names.
    func relations(database: String? = nil, schema: String? = nil) throws -> [ListedRelation] {
        var list = try store.objects(.relation, database: database, schema: schema).map { object in
            ListedRelation(
                name: object.name, isView: object.kind == .view, columns: try store.columns(of: object),
                object: object)
        }
        if database ?? Schema.databaseName == Schema.databaseName, schema ?? Schema.name == Schema.name {
            list += NativeTables.all.map { name, columns in
                ListedRelation(
                    name: QualifiedName(database: Schema.databaseName, schema: Schema.name, name: name),
                    isView: false,
                    columns: columns.map(CatalogColumn.init))
            }
        }
        if schema ?? InformationSchema.name == InformationSchema.name {
            for known in try store.databases().map(\.name) where database ?? known == known {
                list += InformationSchema.views.map { name, columns in
                    ListedRelation(
                        name: QualifiedName(database: known, schema: InformationSchema.name, name: name),
                        isView: true,
                        columns: columns.map(CatalogColumn.init))
                }
            }
        }
        return list.sorted { $0.name.parts.lexicographicallyPrecedes($1.name.parts, by: Self.precedes) }
    }

    private static func precedes(_ first: String, _ second: String) -> Bool {
        first.utf8.lexicographicallyPrecedes(second.utf8)
    }

    /// All schemas, or those of a database, INFORMATION_SCHEMA with them.
    func schemas(_ database: String? = nil) throws -> [(
        database: String, name: String, comment: String?, createdOn: Int64
    )] {
        var list = try store.schemas(database)
        for known in try store.databases() where database ?? known.name == known.name {
            list.append(
                (known.name, InformationSchema.name, "Views of what the database contains", known.createdOn))
        }
        return list.sorted {
            [$0.database, $0.name].lexicographicallyPrecedes([$1.database, $1.name], by: Self.precedes)
        }
    }

    /// The rows of a table, and the bytes they take; `nil` where nobody knows them.
    func size(of relation: ListedRelation) throws -> (rows: Scalar, bytes: Scalar) {
        if let table = relation.object?.table {
            let storage = try database.storage(table)
            return (.integer(storage.rows), .integer(storage.byteCount))
        }
        guard relation.name.isNative else { return (.null, .null) }
        let count = try database.withConnection {
            try $0.integer("SELECT count(*) FROM \(relation.name.name)")
        }
        return (.integer(Int(count ?? 0)), .null)
    }
}

extension CatalogObject {
    /// A stage's URL; `nil` for a stage in the warehouse's own folder.
    var stageURL: String? {
        guard kind == .stage,
            case .createStage(let create)? = try? SQLParser.parse("CREATE STAGE S \(definition ?? "")")
        else { return nil }
        return create.url
    }

    /// The type of a file format: CSV, JSON, ….
    var formatType: String? {
        guard kind == .fileFormat,
            case .createFileFormat(let create)? = try? SQLParser.parse(
                "CREATE FILE FORMAT F \(definition ?? "")")
        else { return nil }
        return create.options["TYPE"]?.text.uppercased() ?? "CSV"
    }
}

extension CatalogColumn {
    /// A column of the warehouse's own tables.
    init(_ column: TableColumn) {
        self.init(name: column.name, type: column.type)
        isNullable = column.isNullable
    }

    /// The type as Snowflake's lists show it, with lengths and digits.
    var fullTypeText: String {
        switch type {
        case .varchar: "VARCHAR(\(valueLengthMax ?? 0))"
        case .binary: "BINARY(\(valueLengthMax ?? 0))"
        case .time, .timestampNTZ, .timestampLTZ, .timestampTZ: "\(type)(\(Self.fractionDigits))"
        default: type.description
        }
    }

    /// The greatest number of characters or bytes of a value, declared or not; `nil` for types without one.
    var valueLengthMax: Int? {
        lengthMax ?? (type == .varchar ? Self.charactersMax : type == .binary ? Self.bytesMax : nil)
    }

    /// The greatest length where none is declared.
    static let charactersMax = 16_777_216
    static let bytesMax = 8_388_608
    /// The digits of seconds behind the point that times have.
    static let fractionDigits = 6

    /// The type's name in INFORMATION_SCHEMA and SHOW COLUMNS.
    var familyText: String {
        switch type {
        case .varchar: "TEXT"
        case .number: "NUMBER"
        default: type.description
        }
    }

    /// The default as lists show it.
    var defaultText: Scalar {
        if let identity { return .text("IDENTITY START \(identity.next) INCREMENT \(identity.step)") }
        return defaultSQL.map(Scalar.text) ?? .null
    }
}

extension Scalar {
    /// A text, NULL for none.
    static func optional(_ text: String?) -> Scalar { text.map(Scalar.text) ?? .null }

    /// A TIMESTAMP_LTZ; NULL for 0, the time of what was there from the start.
    static func time(_ microseconds: Int64) -> Scalar {
        microseconds == 0 ? .null : .temporal(microseconds, .timestampLTZ)
    }

    static func yesNo(_ value: Bool) -> Scalar { .text(value ? "YES" : "NO") }
}
