/// The tables that every warehouse has, as SQL.
///
/// ```
/// BRONZE_STOCK_QUOTES_RAW   V VARIANT and where each row came from: a view over the shredded rows
/// RAW_SHREDDED              the rows of it: V's usual paths as typed columns, RESIDUE for lines that hold more
/// LOAD_HISTORY              the objects that have been loaded: the ledger
/// LOAD_OFFSETS              how far each partition has been loaded
/// LOAD_REJECTS              what could not be loaded, with the place and the reason
/// BUILD_HISTORY             which models were built when, and what came out
/// ```
enum Schema {
    /// `PRAGMA application_id` of a warehouse file: "Tape".
    static let applicationID: Int64 = 0x5461_7065
    /// `PRAGMA user_version`: the version of these definitions.
    static let version: Int64 = 1
    /// The schema's name, as Snowflake's users write it.
    static let name = "COMMON"

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
        CREATE TABLE RAW_SHREDDED (
            RAW_ID INTEGER PRIMARY KEY,
            LOAD_ID INTEGER NOT NULL REFERENCES LOAD_HISTORY,
            LOG_OFFSET INTEGER NOT NULL,
            C, D, DP, H, L, O, PC, T,
            SYMBOL TEXT NOT NULL,
            FETCHED_AT,
            RESIDUE TEXT
        );
        CREATE VIEW BRONZE_STOCK_QUOTES_RAW AS
        SELECT coalesce(
                   r.RESIDUE,
                   json_object('c', r.C, 'd', r.D, 'dp', r.DP, 'h', r.H, 'l', r.L, 'o', r.O, 'pc', r.PC, 't', r.T,
                               'symbol', r.SYMBOL, 'fetched_at', r.FETCHED_AT)) AS V,
               h.TOPIC, h.LOG_PARTITION, r.LOG_OFFSET, h.OBJECT_KEY, h.LOADED_AT, r.RAW_ID
        FROM RAW_SHREDDED r LEFT JOIN LOAD_HISTORY h ON h.LOAD_ID = r.LOAD_ID;
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
