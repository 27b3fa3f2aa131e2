import Vectors

/// The tables that every warehouse has.
///
/// ```
/// BRONZE_STOCK_QUOTES_RAW   V VARIANT and where each row came from: a table of columns
/// LOAD_HISTORY              the objects that have been loaded: the ledger; this and the following as SQLite tables
/// LOAD_OFFSETS              how far each partition has been loaded
/// LOAD_REJECTS              what could not be loaded, with the place and the reason
/// BUILD_HISTORY             which models were built when, and what came out
/// ```
enum Schema {
    /// `PRAGMA application_id` of a warehouse file: "Tape".
    static let applicationID: Int64 = 0x5461_7065
    /// `PRAGMA user_version`: the version of these definitions.
    static let version: Int64 = 3
    /// The database and the schema that are there from the start, named as the usual projects name theirs.
    static let databaseName = "STOCKS_MDS"
    static let name = "COMMON"
    /// The table that the pipeline loads into.
    static let rawTable = "BRONZE_STOCK_QUOTES_RAW"
    /// Its columns: the JSON, where it came from, and a number that rises in the order of loading.
    static let rawColumns: [(name: String, type: SQLType)] = [
        ("V", .variant), ("TOPIC", .varchar), ("LOG_PARTITION", .integer), ("LOG_OFFSET", .integer),
        ("OBJECT_KEY", .varchar),
        ("LOADED_AT", .timestampNTZ), ("RAW_ID", .integer),
    ]

    static let definitions = """
        CREATE TABLE LOAD_HISTORY (
            LOAD_ID INTEGER PRIMARY KEY,
            BUCKET TEXT NOT NULL,
            OBJECT_KEY TEXT NOT NULL,
            ETAG TEXT NOT NULL,
            TOPIC TEXT NOT NULL,
            LOG_PARTITION INTEGER NOT NULL,
            FIRST_OFFSET INTEGER NOT NULL,
            NEXT_OFFSET INTEGER NOT NULL,
            OBJECT_BYTES INTEGER NOT NULL,
            ROWS_LOADED INTEGER NOT NULL,
            ROWS_REJECTED INTEGER NOT NULL,
            LOADED_AT TEXT NOT NULL,
            UNIQUE (BUCKET, OBJECT_KEY, ETAG)
        );
        CREATE TABLE LOAD_OFFSETS (
            TOPIC TEXT NOT NULL,
            LOG_PARTITION INTEGER NOT NULL,
            NEXT_OFFSET INTEGER NOT NULL,
            PRIMARY KEY (TOPIC, LOG_PARTITION)
        ) WITHOUT ROWID;
        CREATE TABLE LOAD_REJECTS (
            REJECT_ID INTEGER PRIMARY KEY,
            SOURCE_FILE TEXT NOT NULL,
            LINE_NUMBER INTEGER NOT NULL,
            COLUMN_NUMBER INTEGER,
            REASON TEXT NOT NULL,
            RAW_LINE,
            BYTE_OFFSET INTEGER,
            BYTE_COUNT INTEGER NOT NULL,
            TIMES_SEEN INTEGER NOT NULL DEFAULT 1,
            CONTENT_HASH INTEGER NOT NULL,
            TOPIC TEXT NOT NULL,
            LOG_PARTITION INTEGER NOT NULL,
            LOG_OFFSET INTEGER NOT NULL,
            LOADED_AT TEXT NOT NULL,
            UNIQUE (SOURCE_FILE, LINE_NUMBER, CONTENT_HASH, REASON)
        );
        CREATE TABLE BUILD_HISTORY (
            BUILD_ID INTEGER NOT NULL,
            MODEL TEXT NOT NULL,
            MATERIALIZATION TEXT NOT NULL,
            ROWS_CHANGED INTEGER,
            DURATION_MS INTEGER NOT NULL,
            RAW_ID_THROUGH INTEGER NOT NULL,
            BUILT_AT TEXT NOT NULL,
            PRIMARY KEY (BUILD_ID, MODEL)
        ) WITHOUT ROWID;
        """
}
