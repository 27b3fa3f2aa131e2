import ColumnStore
import SQLEngine
import SQLiteKit
import Vectors

/// Which files have been loaded into which tables, and what could not be loaded of them. Two tables of the
/// file, made when they
/// are first needed; the transaction that is running.
struct CopyHistory {
    let connection: Connection

    static let definitions = """
        CREATE TABLE IF NOT EXISTS TH_COPY_HISTORY(
            OBJECT_ID INTEGER NOT NULL,    -- the table, of TH_OBJECTS
            FILE TEXT NOT NULL,            -- what names the file among those of all stages
            FILE_NAME TEXT NOT NULL,
            ETAG TEXT NOT NULL,
            FILE_SIZE INTEGER NOT NULL,
            LAST_MODIFIED INTEGER NOT NULL, -- microseconds since 1970 UTC, as LOADED_AT
            STATUS TEXT NOT NULL,          -- LOADED, PARTIALLY_LOADED, LOAD_FAILED
            ROWS_PARSED INTEGER NOT NULL,
            ROWS_LOADED INTEGER NOT NULL,
            ERROR_COUNT INTEGER NOT NULL,
            ERROR_LIMIT INTEGER NOT NULL,
            FIRST_ERROR TEXT,
            FIRST_ERROR_LINE INTEGER,
            FIRST_ERROR_CHARACTER INTEGER,
            FIRST_ERROR_COLUMN TEXT,
            LOADED_AT INTEGER NOT NULL,
            PRIMARY KEY(OBJECT_ID, FILE)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS TH_COPY_ERRORS(
            ERROR_ID INTEGER PRIMARY KEY,
            OBJECT_ID INTEGER NOT NULL,
            FILE_NAME TEXT NOT NULL,
            LINE INTEGER NOT NULL,
            CHARACTER INTEGER NOT NULL,
            BYTE_OFFSET INTEGER NOT NULL,
            ROW_NUMBER INTEGER NOT NULL,
            COLUMN_NAME TEXT,
            ERROR TEXT NOT NULL,
            REJECTED_RECORD BLOB NOT NULL,
            LOADED_AT INTEGER NOT NULL
        );
        CREATE INDEX IF NOT EXISTS TH_COPY_ERRORS_BY_OBJECT ON TH_COPY_ERRORS(OBJECT_ID);
        """

    /// So many errors of one statement are kept; all are counted.
    static let errorsMax = 100_000

    func prepare() throws { try connection.execute(Self.definitions) }

    struct Entry {
        var etag: String
        var byteCount: Int
        var modified: Int64
        var status: String
    }

    /// The files that have been loaded into a table, by URL.
    func entries(of object: Int64) throws -> [String: Entry] {
        let rows = try connection.rows(
            "SELECT FILE, ETAG, FILE_SIZE, LAST_MODIFIED, STATUS FROM TH_COPY_HISTORY WHERE OBJECT_ID = ?",
            .integer(object))
        return Dictionary(
            rows.map { row in
                (
                    row[0].string,
                    Entry(
                        etag: row[1].string, byteCount: Int(row[2].integerValue),
                        modified: row[3].integerValue, status: row[4].string)
                )
            }, uniquingKeysWith: { $1 })
    }

    /// Notes what became of a file.
    func note(_ result: CopyResult, of object: Int64, limit: Int, now: Int64) throws {
        let first = result.tally.errors.first
        let values: [SQLiteValue] = [
            .integer(object), .text(result.file.url), .text(result.file.title), .text(result.etag),
            .integer(Int64(result.file.byteCount)),
            .integer(result.file.modified), .text(result.status.rawValue),
            .integer(Int64(result.tally.parsed)),
            .integer(Int64(result.tally.loaded)), .integer(Int64(result.tally.errorCount)),
            .integer(Int64(limit)),
            first.map { .text($0.message) } ?? .null, first.map { .integer(Int64($0.line)) } ?? .null,
            first.map { .integer(Int64($0.character)) } ?? .null,
            first?.column.map(SQLiteValue.text) ?? .null, .integer(now),
        ]
        let statement = try connection.prepare(
            "INSERT OR REPLACE INTO TH_COPY_HISTORY VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        statement.bind(values)
        try statement.run()
    }

    /// Keeps records that were not loaded.
    func keep(_ errors: [CopyError], of file: StagedFile, object: Int64, now: Int64) throws {
        guard !errors.isEmpty else { return }
        let statement = try connection.prepare(
            "INSERT INTO TH_COPY_ERRORS VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        for error in errors {
            statement.bind([
                .integer(object), .text(file.title), .integer(Int64(error.line)),
                .integer(Int64(error.character)),
                .integer(Int64(error.byteOffset)), .integer(Int64(error.row)),
                error.column.map(SQLiteValue.text) ?? .null,
                .text(error.message), .blob(error.record), .integer(now),
            ])
            try statement.run()
        }
    }

    /// Forgets what was loaded into a table: it has been emptied or dropped.
    func forget(_ object: Int64) throws {
        guard try Self.exists(connection) else { return }
        _ = try connection.rows("DELETE FROM TH_COPY_HISTORY WHERE OBJECT_ID = ?", .integer(object))
        _ = try connection.rows("DELETE FROM TH_COPY_ERRORS WHERE OBJECT_ID = ?", .integer(object))
    }

    static func exists(_ connection: Connection) throws -> Bool {
        try connection.integer("SELECT 1 FROM sqlite_master WHERE name = 'TH_COPY_HISTORY'") != nil
    }
}

/// What COPY INTO has done with a file.
struct CopyResult {
    enum Status: String {
        case loaded = "LOADED", partly = "PARTIALLY_LOADED", failed = "LOAD_FAILED"
    }

    let file: StagedFile
    /// What the content is known by.
    var etag: String
    var tally: FileTally
    var status: Status

    init(_ file: StagedFile, etag: String, _ tally: FileTally, isSkipped: Bool) {
        self.file = file
        self.etag = etag
        self.tally = tally
        status =
            isSkipped || (tally.loaded == 0 && tally.errorCount > 0)
            ? .failed : tally.errorCount > 0 ? .partly : .loaded
        if isSkipped { self.tally.loaded = 0 }
    }
}
