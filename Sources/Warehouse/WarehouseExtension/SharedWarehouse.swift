internal import CSQLiteAPI
internal import ColumnStore
internal import SQLiteKit
internal import Vectors

/// What the modules of one connection share: the warehouse behind it, as long as one of its tables is in use.
/// (Statements must be gone when SQLite closes the connection, which happens after it has let go of the
/// tables and before it lets go of the modules.)
final class SharedWarehouse {
    private let handle: OpaquePointer
    private weak var current: OpenWarehouse?
    /// What answers the queries of views.
    let views: ViewEngine?

    init(_ handle: OpaquePointer, _ views: ViewEngine?) {
        self.handle = handle
        self.views = views
    }

    func open() throws -> OpenWarehouse {
        if let current { return current }
        let opened = try OpenWarehouse(Connection(borrowing: handle))
        current = opened
        return opened
    }
}

/// The warehouse among the databases of a connection, read in the transactions of that connection.
final class OpenWarehouse {
    let connection: Connection
    let columns: ColumnDatabase

    private static let cacheBytesMax = 64 << 20

    init(_ connection: Connection) throws {
        self.connection = connection
        columns = try ColumnDatabase(
            connection, isReadOnly: true, cache: SegmentCache(bytesMax: Self.cacheBytesMax))
        guard try Self.databaseName(connection) != nil else {
            throw ExtensionError("no database of this connection is a warehouse")
        }
        try ColumnDatabase.requireKnownFormat(connection)
    }

    /// The database whose tables unqualified names mean: the first that has them.
    static func databaseName(_ connection: Connection) throws -> String? {
        try connection.rows("SELECT name FROM pragma_database_list ORDER BY seq = 1 DESC, seq").map {
            $0[0].text ?? ""
        }
        .first { name in
            let quoted = name.replacing("\"", with: "\"\"")
            return try connection.integer(
                "SELECT 1 FROM \"\(quoted)\".sqlite_master WHERE name = 'TH_OBJECTS'") != nil
        }
    }

    /// Makes sure that a virtual table in `schema` does not read another database than the one that it is in.
    func requireReadable(in schema: String) throws {
        guard schema != "temp", let name = try Self.databaseName(connection), name != schema else { return }
        throw ExtensionError(
            "\(name) is the warehouse that is read here, not \(schema): open one warehouse at a time")
    }

    // MARK: The catalogue

    /// What a virtual table needs to know of a table.
    struct Table {
        var id: TableID
        var columns: [Column]
        /// About how many rows it has.
        var rows: Int64
    }

    struct Column {
        var name: String
        var id: ColumnID
        var type: SQLType
    }

    /// The table that the argument of a virtual table names: a number, or a name with dots. `nil` where there
    /// is none.
    func table(_ argument: String) throws -> Table? {
        guard let (object, id) = try place(of: argument), let table = id else { return nil }
        let rows = try connection.rows(
            """
            SELECT O.NAME, O.COLUMN_ID, C.TYPE FROM TH_OBJECT_COLUMNS O JOIN TH_COLUMNS C
            ON C.TABLE_ID = ? AND C.COLUMN_ID = O.COLUMN_ID WHERE O.OBJECT_ID = ? ORDER BY O.POSITION
            """, .integer(table), .integer(object))
        let names = ColumnNames.unique(rows.map { $0[0].text ?? "" })
        let columns = try zip(rows, names).map { row, name in
            guard let type = SQLType(describedAs: row[2].text ?? "") else {
                throw ExtensionError(
                    "column \(name) of table \(argument) has the unknown type \(row[2].text ?? "")")
            }
            return Column(name: name, id: ColumnID(row[1].integer ?? 0), type: type)
        }
        guard !columns.isEmpty else { throw ExtensionError("table \(argument) has no columns") }
        let stored = try connection.integer(
            """
            SELECT (SELECT coalesce(sum(ROW_COUNT), 0) FROM TH_ROW_GROUPS WHERE TABLE_ID = ?1)
                + (SELECT coalesce(sum(ROW_COUNT), 0) FROM TH_DELTA WHERE TABLE_ID = ?1)
            """, .integer(table))
        return Table(id: TableID(table), columns: columns, rows: stored ?? 0)
    }

    /// The columns of the view that the argument of a virtual table names. `nil` where there is none.
    func view(_ argument: String) throws -> [ViewColumn]? {
        guard let (object, _) = try place(of: argument, kind: "VIEW") else { return nil }
        let rows = try connection.rows(
            "SELECT NAME, TYPE FROM TH_OBJECT_COLUMNS WHERE OBJECT_ID = ? ORDER BY POSITION", .integer(object)
        )
        let names = ColumnNames.unique(rows.map { $0[0].text ?? "" })
        return zip(rows, names).map { row, name in
            ViewColumn(
                name: name, queried: row[0].text ?? "",
                declared: SQLType(describedAs: row[1].text ?? "")?.declaredInSQLite ?? "")
        }
    }

    struct ViewColumn {
        /// As SQLite is to call it.
        var name: String
        /// As the view calls it.
        var queried: String
        /// The type that SQLite shows.
        var declared: String
    }

    private func place(of argument: String, kind: String = "TABLE") throws -> (object: Int64, table: Int64?)?
    {
        let rows: [[SQLiteValue]]
        if let number = Int64(argument) {
            rows = try connection.rows(
                "SELECT OBJECT_ID, TABLE_ID FROM TH_OBJECTS WHERE TABLE_ID = ?", .integer(number))
        } else {
            let parts = TableName.parts(argument)
            guard (1...3).contains(parts.count) else { return nil }
            let full = Array(repeating: nil, count: 3 - parts.count) + parts.map(Optional.some)
            // Where the name says nothing, the schema that is there from the start comes first.
            rows = try connection.rows(
                """
                SELECT OBJECT_ID, TABLE_ID FROM TH_OBJECTS
                WHERE KIND = ?4 AND SESSION_ID = 0 AND NAME IN (?1, upper(?1))
                    AND (?2 IS NULL OR SCHEMA_NAME IN (?2, upper(?2)))
                    AND (?3 IS NULL OR DATABASE_NAME IN (?3, upper(?3)))
                ORDER BY NAME <> ?1, SCHEMA_NAME <> 'COMMON', OBJECT_ID LIMIT 1
                """, full[2].map(SQLiteValue.text) ?? .null, full[1].map(SQLiteValue.text) ?? .null,
                full[0].map(SQLiteValue.text) ?? .null, .text(kind))
        }
        guard let row = rows.first, let object = row[0].integer else { return nil }
        return (object, row[1].integer)
    }

    /// A table or a view.
    struct Relation {
        /// Database, schema and name.
        var parts: [String]
        var isView: Bool
        /// The table's number; `nil` for a view.
        var table: TableID?
        /// The name that the file's own schema has for it.
        var nameInFile: String { TableName.inFile(database: parts[0], schema: parts[1], name: parts[2]) }
    }

    /// All tables and views, the oldest first.
    func relations() throws -> [Relation] {
        try connection.rows(
            """
            SELECT DATABASE_NAME, SCHEMA_NAME, NAME, KIND, TABLE_ID FROM TH_OBJECTS
            WHERE KIND IN ('TABLE', 'VIEW') AND SESSION_ID = 0 ORDER BY OBJECT_ID
            """
        ).map { row in
            Relation(
                parts: row[0..<3].map { $0.text ?? "" }, isView: row[3].text == "VIEW",
                table: row[4].integer.map { TableID($0) })
        }
    }

    /// The path of the warehouse's file.
    func file() throws -> String {
        let name = try Self.databaseName(connection) ?? ""
        let rows = try connection.rows("SELECT file FROM pragma_database_list WHERE name = ?", .text(name))
        return rows.first?[0].text ?? ""
    }
}

/// What is wrong with the use of a virtual table.
struct ExtensionError: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
    init(_ message: String) { self.message = message }

    static func noTable(_ name: String) -> ExtensionError {
        ExtensionError("the warehouse has no table \(name); warehouse_tables lists what there is")
    }
}
