/// What is in the catalogue, as SQL: the names of databases, schemas and the objects in them. The rows of
/// tables are the
/// column store's business (its tables begin with `TH_` too).
enum CatalogSchema {
    static let sql = """
        CREATE TABLE TH_DATABASES(
            NAME TEXT PRIMARY KEY,
            COMMENT TEXT,
            CREATED_ON INTEGER NOT NULL    -- microseconds since 1970 UTC, as all times here
        ) WITHOUT ROWID;
        CREATE TABLE TH_SCHEMAS(
            DATABASE_NAME TEXT NOT NULL,
            NAME TEXT NOT NULL,
            COMMENT TEXT,
            CREATED_ON INTEGER NOT NULL,
            PRIMARY KEY(DATABASE_NAME, NAME)
        ) WITHOUT ROWID;
        CREATE TABLE TH_OBJECTS(
            OBJECT_ID INTEGER PRIMARY KEY AUTOINCREMENT,
            DATABASE_NAME TEXT NOT NULL,
            SCHEMA_NAME TEXT NOT NULL,
            NAME TEXT NOT NULL,
            SPACE TEXT NOT NULL,           -- RELATION (tables and views), STAGE, FILE FORMAT, SEQUENCE
            KIND TEXT NOT NULL,            -- TABLE, VIEW, STAGE, FILE FORMAT, SEQUENCE
            TABLE_ID INTEGER,              -- of TH_TABLES
            DEFINITION TEXT,               -- a view's query; cluster keys of a table; options of a stage or format
            COMMENT TEXT,
            CREATED_ON INTEGER NOT NULL,
            SESSION_ID INTEGER NOT NULL,   -- whose temporary object it is; 0 for what stays
            UNIQUE(DATABASE_NAME, SCHEMA_NAME, NAME, SPACE, SESSION_ID)
        );
        CREATE TABLE TH_OBJECT_COLUMNS(
            OBJECT_ID INTEGER NOT NULL,
            POSITION INTEGER NOT NULL,
            NAME TEXT NOT NULL,
            COLUMN_ID INTEGER,             -- of TH_COLUMNS; NULL for the columns of views
            TYPE TEXT NOT NULL,
            LENGTH_MAX INTEGER,
            IS_NULLABLE INTEGER NOT NULL,
            DEFAULT_SQL TEXT,
            IDENTITY_NEXT INTEGER,
            IDENTITY_STEP INTEGER,
            COMMENT TEXT,
            SOURCE_NAME TEXT,              -- what the query of a view calls it
            PRIMARY KEY(OBJECT_ID, POSITION)
        ) WITHOUT ROWID;
        """
}
