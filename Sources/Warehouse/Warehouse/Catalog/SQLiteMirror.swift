import ColumnStore
import SQLiteKit
import Vectors
import WarehouseExtension

/// Shows the tables of the catalogue in the file's own schema, to programs that know SQLite alone.
///
/// A table of few rows is there as an ordinary SQLite table with a copy of them, and so is a larger one that was made
/// as a whole, as gold tables are. What is larger still, or changes, and views, whose SQL is not SQLite's, are
/// not in the file's schema: an entry that takes a module or functions which the program does not have would
/// break every look at the schema as a whole. The extension shows them to a connection that loads it
/// (`LoadedRelations`). Tables of the schema that is there from the start have their own names, others
/// `SCHEMA.NAME`, to be quoted for its dot. Tables whose name another object of the file has are not shown.
///
/// Whoever changes a copy changes nothing but the copy, until the table itself changes.
struct SQLiteMirror {
    /// The rows that the copy of a table has at most when the table is new.
    static let copiedRowsMax = 100_000
    /// The rows that a copy may have which is made again because its table has changed: each change costs that much.
    static let recopiedRowsMax = 1000

    private static let definition = """
        CREATE TABLE IF NOT EXISTS TH_MIRRORS(
            NAME TEXT PRIMARY KEY,         -- in the file's schema
            TABLE_ID INTEGER NOT NULL,     -- of TH_TABLES
            VERSION INTEGER NOT NULL,      -- of the table, when it was last looked at
            SHAPE TEXT NOT NULL,           -- the columns in the catalogue
            DECLARATION TEXT               -- the columns of the copy; NULL where there is none
        ) WITHOUT ROWID
        """

    private let connection: Connection
    private let columns: ColumnDatabase
    private let store: CatalogStore

    init(_ connection: Connection, _ columns: ColumnDatabase) {
        self.connection = connection
        self.columns = columns
        store = CatalogStore(connection)
    }

    /// What the file's schema has for a table.
    private struct Mirror {
        var table: Int64
        var version: Int64
        var shape: String
        var declaration: String?
    }

    /// A table of the catalogue, with what the file's schema is to have for it.
    private struct Table {
        var name: String
        var object: CatalogObject
        var id: TableID
        var version: Int64
        var shape: String
        /// The name in SQL.
        var quoted: String { "main." + TableName.quoted(name) }
    }

    // MARK: Following the catalogue

    /// Brings the file's schema up to date with the catalogue and the tables, in the transaction that is
    /// running, which may write. Looks at all tables, and touches only what has changed since the last time.
    func refresh() throws {
        try columns.withConnection { connection in
            try connection.execute(Self.definition)
            try removeVirtualTables()
            var old: [String: Mirror] = [:]
            // What somebody else has removed is as if it had never been.
            let known = try connection.rows(
                """
                SELECT NAME, TABLE_ID, VERSION, SHAPE, DECLARATION FROM TH_MIRRORS
                WHERE DECLARATION IS NULL OR NAME IN (SELECT name FROM main.sqlite_master WHERE type = 'table')
                """)
            for row in known {
                old[row[0].string] = Mirror(
                    table: row[1].integerValue, version: row[2].integerValue, shape: row[3].string,
                    declaration: row[4].optionalString)
            }
            let tables = try self.tables()
            let wanted = Set(tables.map(\.name))
            // Names become free before others take them.
            for (name, mirror) in old.sorted(by: { $0.key < $1.key }) where !wanted.contains(name) {
                try remove(name, mirror)
            }
            for table in tables { try refresh(table, old[table.name]) }
        }
    }

    /// Earlier builds showed large tables as virtual ones. The connection must have the modules of
    /// `WarehouseModules`.
    private func removeVirtualTables() throws {
        let names = try connection.rows(
            """
            SELECT name FROM main.sqlite_master JOIN TH_MIRRORS USING (NAME)
            WHERE DECLARATION IS NULL AND sql LIKE 'CREATE VIRTUAL TABLE % USING warehouse(' || TABLE_ID || ')'
            """)
        for name in names { try connection.execute("DROP TABLE main.\(TableName.quoted(name[0].string))") }
    }

    /// The tables to be shown. Of names that SQLite takes for the same, the oldest table's counts.
    private func tables() throws -> [Table] {
        var taken = Set(NativeTables.all.keys.map(ColumnNames.folded))
        // What others have made in the file stays theirs.
        let foreign = try connection.rows(
            "SELECT name FROM main.sqlite_master WHERE name NOT IN (SELECT NAME FROM TH_MIRRORS WHERE DECLARATION IS NOT NULL)"
        )
        for row in foreign { taken.insert(ColumnNames.folded(row[0].string)) }
        let versions = try numbered("SELECT TABLE_ID, VERSION FROM TH_TABLES").mapValues(\.integerValue)
        let shapes = try numbered(
            """
            SELECT OBJECT_ID, group_concat(quote(NAME) || ' ' || COLUMN_ID || ' ' || TYPE, ', ')
            FROM (SELECT * FROM TH_OBJECT_COLUMNS ORDER BY OBJECT_ID, POSITION) GROUP BY OBJECT_ID
            HAVING count(*) <= \(Self.columnsMax)
            """
        ).mapValues(\.string)
        return try store.objects(.relation).sorted { $0.id < $1.id }.compactMap { object in
            guard object.kind == .table, let id = object.table, let version = versions[id.value],
                let shape = shapes[object.id]
            else { return nil }
            let name = TableName.inFile(
                database: object.name.database, schema: object.name.schema, name: object.name.name)
            let folded = ColumnNames.folded(name)
            guard !folded.hasPrefix("sqlite_"), !folded.hasPrefix("th_"), taken.insert(folded).inserted else {
                return nil
            }
            return Table(name: name, object: object, id: id, version: version, shape: shape)
        }
    }

    /// The most columns that a table of SQLite can have.
    private static let columnsMax = 2000

    /// The second column of a query's rows by the first.
    private func numbered(_ sql: String) throws -> [Int64: SQLiteValue] {
        try connection.rows(sql).reduce(into: [:]) { $0[$1[0].integerValue] = $1[1] }
    }

    private func refresh(_ table: Table, _ old: Mirror?) throws {
        let isSameTable = old.map { $0.table == table.id.value && $0.shape == table.shape } ?? false
        if isSameTable, old?.version == table.version { return }
        // The raw table is never made as a whole: each load adds to it.
        let grows = isSameTable || table.name == Schema.rawTable
        let rowsMax = grows ? Self.recopiedRowsMax : Self.copiedRowsMax
        if try columns.rowCount(of: table.id) <= rowsMax {
            try copy(table, old)
        } else {
            if let old { try remove(table.name, old) }
            try note(table, declaration: nil)
        }
    }

    private func note(_ table: Table, declaration: String?) throws {
        _ = try connection.rows(
            "INSERT OR REPLACE INTO TH_MIRRORS VALUES (?, ?, ?, ?, ?)", .text(table.name),
            .integer(table.id.value),
            .integer(table.version), .text(table.shape), declaration.map(SQLiteValue.text) ?? .null)
    }

    private func remove(_ name: String, _ mirror: Mirror) throws {
        if mirror.declaration != nil {
            try connection.execute("DROP TABLE IF EXISTS main.\(TableName.quoted(name))")
        }
        _ = try connection.rows("DELETE FROM TH_MIRRORS WHERE NAME = ?", .text(name))
    }

    // MARK: Copies

    private func copy(_ table: Table, _ old: Mirror?) throws {
        let infos = try store.columns(of: table.object).filter { $0.id != nil }
        let rows = try rows(of: table, infos.compactMap(\.id))
        let names = ColumnNames.unique(infos.map(\.name))
        let declaration = names.indices.map { place in
            var type = infos[place].type.declaredInSQLite
            // Text in a column of numbers would be rounded to a double, so such a column has no type.
            if type == "INTEGER" || type == "REAL", rows.contains(where: { $0[place].text != nil }) {
                type = ""
            }
            return TableName.quoted(names[place]) + (type.isEmpty ? "" : " " + type)
        }.joined(separator: ", ")
        if let old, old.declaration == declaration {
            try connection.execute("DELETE FROM \(table.quoted)")
        } else {
            if let old { try remove(table.name, old) }
            try connection.execute("CREATE TABLE \(table.quoted)(\(declaration))")
        }
        let marks = repeatElement("?", count: names.count).joined(separator: ", ")
        let insert = try connection.prepare("INSERT INTO \(table.quoted) VALUES (\(marks))")
        for row in rows {
            insert.bind(row)
            try insert.run()
        }
        try note(table, declaration: declaration)
    }

    private func rows(of table: Table, _ ids: [ColumnStore.ColumnID]) throws -> [[SQLiteValue]] {
        let scan = try columns.scan(try columns.snapshot(table.id), ids.map { ColumnRequest($0) })
        var rows: [[SQLiteValue]] = []
        try scan.makeReader().forEachBatch { batch in
            let vectors = batch.columns.map(ColumnCells.plain)
            let cells = vectors.map { ColumnCells($0) }
            // The cells point into the vectors.
            withExtendedLifetime(vectors) {
                for row in 0..<batch.count { rows.append(cells.map { $0.value(row) }) }
            }
        }
        return rows
    }
}
