import ColumnStore
import SQLEngine
import SQLiteKit
import Vectors

/// Reads and writes the catalogue's tables, in the transaction that is running. The thread of the connection.
final class CatalogStore {
    let connection: Connection
    /// Whose temporary objects are seen; 0 for nobody's.
    let session: Int64

    init(_ connection: Connection, session: Int64 = 0) {
        self.connection = connection
        self.session = session
    }

    // MARK: Databases and schemas

    func databases() throws -> [(name: String, comment: String?, createdOn: Int64)] {
        try connection.rows("SELECT NAME, COMMENT, CREATED_ON FROM TH_DATABASES ORDER BY NAME")
            .map { ($0[0].string, $0[1].optionalString, $0[2].integerValue) }
    }

    func schemas(_ database: String?) throws -> [(
        database: String, name: String, comment: String?, createdOn: Int64
    )] {
        try connection.rows(
            "SELECT DATABASE_NAME, NAME, COMMENT, CREATED_ON FROM TH_SCHEMAS WHERE ?1 IS NULL OR DATABASE_NAME = ?1 ORDER BY 1, 2",
            database.map(SQLiteValue.text) ?? .null
        ).map { ($0[0].string, $0[1].string, $0[2].optionalString, $0[3].integerValue) }
    }

    func hasDatabase(_ name: String) throws -> Bool {
        try connection.integer("SELECT 1 FROM TH_DATABASES WHERE NAME = ?", .text(name)) != nil
    }

    func hasSchema(_ database: String, _ name: String) throws -> Bool {
        try connection.integer(
            "SELECT 1 FROM TH_SCHEMAS WHERE DATABASE_NAME = ? AND NAME = ?", .text(database), .text(name))
            != nil
    }

    func addDatabase(_ name: String, comment: String?, now: Int64) throws {
        _ = try connection.rows(
            "INSERT INTO TH_DATABASES VALUES (?, ?, ?)", .text(name), comment.map(SQLiteValue.text) ?? .null,
            .integer(now))
    }

    func addSchema(_ database: String, _ name: String, comment: String?, now: Int64) throws {
        _ = try connection.rows(
            "INSERT INTO TH_SCHEMAS VALUES (?, ?, ?, ?)", .text(database), .text(name),
            comment.map(SQLiteValue.text) ?? .null,
            .integer(now))
    }

    /// Removes a database with its schemas, or one schema; what is in them is gone already.
    func removeContainer(_ database: String, schema: String?) throws {
        _ = try connection.rows(
            "DELETE FROM TH_SCHEMAS WHERE DATABASE_NAME = ?1 AND (?2 IS NULL OR NAME = ?2)", .text(database),
            schema.map(SQLiteValue.text) ?? .null)
        if schema == nil {
            _ = try connection.rows("DELETE FROM TH_DATABASES WHERE NAME = ?", .text(database))
        }
    }

    // MARK: Objects

    private static let objectColumns =
        "OBJECT_ID, DATABASE_NAME, SCHEMA_NAME, NAME, KIND, TABLE_ID, DEFINITION, COMMENT, CREATED_ON, SESSION_ID"

    /// The object of a name; a temporary one hides another.
    ///
    /// - Parameter session: the only session whose objects count, 0 for what stays; `nil` for all that are seen.
    func object(_ name: QualifiedName, _ space: ObjectSpace, of session: Int64? = nil) throws
        -> CatalogObject?
    {
        try connection.rows(
            "SELECT \(Self.objectColumns) FROM TH_OBJECTS WHERE DATABASE_NAME = ? AND SCHEMA_NAME = ? AND NAME = ? AND SPACE = ? "
                + "AND SESSION_ID IN (?, ?) ORDER BY SESSION_ID DESC LIMIT 1",
            .text(name.database), .text(name.schema), .text(name.name), .text(space.rawValue),
            .integer(session ?? 0), .integer(session ?? self.session)
        ).first.flatMap(Self.object)
    }

    /// The temporary objects of one session, or of all.
    func temporaryObjects(of session: Int64? = nil) throws -> [CatalogObject] {
        try connection.rows(
            "SELECT \(Self.objectColumns) FROM TH_OBJECTS WHERE SESSION_ID <> 0 AND (?1 IS NULL OR SESSION_ID = ?1)",
            session.map(SQLiteValue.integer) ?? .null
        ).compactMap(Self.object)
    }

    /// All objects of a space, sorted by name.
    func objects(_ space: ObjectSpace, database: String? = nil, schema: String? = nil) throws
        -> [CatalogObject]
    {
        try connection.rows(
            "SELECT \(Self.objectColumns) FROM TH_OBJECTS WHERE SPACE = ?1 AND (?2 IS NULL OR DATABASE_NAME = ?2) "
                + "AND (?3 IS NULL OR SCHEMA_NAME = ?3) AND SESSION_ID IN (0, ?4) ORDER BY DATABASE_NAME, SCHEMA_NAME, NAME",
            .text(space.rawValue), database.map(SQLiteValue.text) ?? .null,
            schema.map(SQLiteValue.text) ?? .null, .integer(session)
        ).compactMap(Self.object)
    }

    private static func object(_ row: [SQLiteValue]) -> CatalogObject? {
        guard let kind = CatalogObject.Kind(rawValue: row[4].string) else { return nil }
        let table: TableID? = if case .integer(let id) = row[5] { TableID(id) } else { nil }
        return CatalogObject(
            id: row[0].integerValue,
            name: QualifiedName(database: row[1].string, schema: row[2].string, name: row[3].string),
            kind: kind, table: table, definition: row[6].optionalString, comment: row[7].optionalString,
            createdOn: row[8].integerValue, session: row[9].integerValue)
    }

    @discardableResult
    func add(_ object: CatalogObject, columns: [CatalogColumn] = []) throws -> Int64 {
        _ = try connection.rows(
            "INSERT INTO TH_OBJECTS(DATABASE_NAME, SCHEMA_NAME, NAME, SPACE, KIND, TABLE_ID, DEFINITION, COMMENT, CREATED_ON, SESSION_ID) "
                + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            .text(object.name.database), .text(object.name.schema), .text(object.name.name),
            .text(object.kind.space.rawValue),
            .text(object.kind.rawValue), object.table.map { .integer($0.value) } ?? .null,
            object.definition.map(SQLiteValue.text) ?? .null, object.comment.map(SQLiteValue.text) ?? .null,
            .integer(object.createdOn), .integer(object.session))
        let id = try connection.integer("SELECT last_insert_rowid()") ?? 0
        try setColumns(columns, of: id)
        return id
    }

    func remove(_ object: CatalogObject) throws {
        _ = try connection.rows("DELETE FROM TH_OBJECTS WHERE OBJECT_ID = ?", .integer(object.id))
        _ = try connection.rows("DELETE FROM TH_OBJECT_COLUMNS WHERE OBJECT_ID = ?", .integer(object.id))
        try removeKeys(of: object.id)
    }

    /// Writes an object's name, definition and comment anew.
    func update(_ object: CatalogObject) throws {
        _ = try connection.rows(
            "UPDATE TH_OBJECTS SET DATABASE_NAME = ?, SCHEMA_NAME = ?, NAME = ?, TABLE_ID = ?, DEFINITION = ?, COMMENT = ? WHERE OBJECT_ID = ?",
            .text(object.name.database), .text(object.name.schema), .text(object.name.name),
            object.table.map { .integer($0.value) } ?? .null,
            object.definition.map(SQLiteValue.text) ?? .null,
            object.comment.map(SQLiteValue.text) ?? .null, .integer(object.id))
    }

    // MARK: Columns

    func columns(of object: CatalogObject) throws -> [CatalogColumn] {
        try connection.rows(
            "SELECT NAME, COLUMN_ID, TYPE, LENGTH_MAX, IS_NULLABLE, DEFAULT_SQL, IDENTITY_NEXT, IDENTITY_STEP, COMMENT, SOURCE_NAME "
                + "FROM TH_OBJECT_COLUMNS WHERE OBJECT_ID = ? ORDER BY POSITION", .integer(object.id)
        ).map { row in
            guard let type = SQLType(named: row[2].string) else {
                throw SQLError(
                    .storage,
                    "column \(row[0].string) of \(object.name.description) has the unknown type \(row[2].string)"
                )
            }
            var column = CatalogColumn(name: row[0].string, type: type)
            if case .integer(let id) = row[1] { column.id = ColumnStore.ColumnID(id) }
            if case .integer(let length) = row[3] { column.lengthMax = Int(length) }
            column.isNullable = row[4].integerValue != 0
            column.defaultSQL = row[5].optionalString
            if case .integer(let next) = row[6] { column.identity = (next, row[7].integerValue) }
            column.comment = row[8].optionalString
            column.sourceName = row[9].optionalString
            return column
        }
    }

    func setColumns(_ columns: [CatalogColumn], of object: Int64) throws {
        _ = try connection.rows("DELETE FROM TH_OBJECT_COLUMNS WHERE OBJECT_ID = ?", .integer(object))
        for (position, column) in columns.enumerated() {
            _ = try connection.rows(
                "INSERT INTO TH_OBJECT_COLUMNS VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", .integer(object),
                .integer(Int64(position)),
                .text(column.name), column.id.map { .integer($0.value) } ?? .null,
                .text(column.type.description),
                column.lengthMax.map { .integer(Int64($0)) } ?? .null, .integer(column.isNullable ? 1 : 0),
                column.defaultSQL.map(SQLiteValue.text) ?? .null,
                column.identity.map { .integer($0.next) } ?? .null,
                column.identity.map { .integer($0.step) } ?? .null,
                column.comment.map(SQLiteValue.text) ?? .null,
                column.sourceName.map(SQLiteValue.text) ?? .null)
        }
    }
}

extension SQLiteValue {
    var string: String { if case .text(let text) = self { text } else { "" } }
    var optionalString: String? { if case .text(let text) = self { text } else { nil } }
    var integerValue: Int64 { if case .integer(let value) = self { value } else { 0 } }
}
