internal import SQLiteKit

// The tables inside the SQLite file. Names of tables and columns, schemas and views belong to the layer
// above, which keeps tables of its own beside these.
//
// A table is a list of row groups, in the order of POSITION, and after them the entries of its delta, in the
// order of GROUP_ID. Each column of a row group is a segment; a VARIANT column is a segment for each path
// that is shredded and, as path 0, one for what is left. VERSION rises with every change, so that a reader
// knows what it has seen before.

enum Schema {
    static let formatVersion: Int64 = 2

    static let sql = """
        CREATE TABLE IF NOT EXISTS TH_FORMAT(VERSION INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS TH_TABLES(
            TABLE_ID INTEGER PRIMARY KEY AUTOINCREMENT,
            VERSION INTEGER NOT NULL,
            NEXT_COLUMN_ID INTEGER NOT NULL,
            NEXT_GROUP_ID INTEGER NOT NULL
        );
        CREATE TABLE IF NOT EXISTS TH_COLUMNS(
            TABLE_ID INTEGER NOT NULL,
            COLUMN_ID INTEGER NOT NULL,
            TYPE TEXT NOT NULL,
            DEFAULT_ZONE_MAP BLOB,
            DEFAULT_SEGMENT BLOB,          -- a segment of one row, for row groups older than the column
            PRIMARY KEY(TABLE_ID, COLUMN_ID)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS TH_PATHS(
            TABLE_ID INTEGER NOT NULL,
            COLUMN_ID INTEGER NOT NULL,
            PATH_ID INTEGER NOT NULL,      -- from 1
            PATH TEXT NOT NULL,            -- keys with their counts of bytes: 4:user4:name
            PRIMARY KEY(TABLE_ID, COLUMN_ID, PATH_ID)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS TH_ROW_GROUPS(
            TABLE_ID INTEGER NOT NULL,
            GROUP_ID INTEGER NOT NULL,
            POSITION INTEGER NOT NULL,
            ROW_COUNT INTEGER NOT NULL,
            DELETED_ROWS BLOB,             -- see DeletedRows.swift; these small blobs begin with a CRC-32C
            PRIMARY KEY(TABLE_ID, GROUP_ID)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS TH_SEGMENTS(
            TABLE_ID INTEGER NOT NULL,
            GROUP_ID INTEGER NOT NULL,
            COLUMN_ID INTEGER NOT NULL,
            PATH_ID INTEGER NOT NULL,
            SEGMENT_ID INTEGER NOT NULL,
            BYTE_COUNT INTEGER NOT NULL,
            CHECKSUM INTEGER NOT NULL,     -- CRC-32C, as in the segment
            ZONE_MAP BLOB NOT NULL,        -- see ZoneMap.swift
            RESIDUE_KEYS BLOB,             -- outermost keys in what is left of a VARIANT; NULL: not known
            PRIMARY KEY(TABLE_ID, GROUP_ID, COLUMN_ID, PATH_ID)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS TH_SEGMENT_DATA(
            SEGMENT_ID INTEGER PRIMARY KEY AUTOINCREMENT,
            DATA BLOB NOT NULL             -- see SegmentFormat.swift
        );
        CREATE TABLE IF NOT EXISTS TH_DELTA(
            TABLE_ID INTEGER NOT NULL,
            GROUP_ID INTEGER NOT NULL,
            ROW_COUNT INTEGER NOT NULL,
            DELETED_ROWS BLOB,
            DATA BLOB NOT NULL,            -- segments of a few rows, see DeltaEntry.swift
            PRIMARY KEY(TABLE_ID, GROUP_ID)
        );
        """

    static func create(_ connection: Connection) throws {
        try connection.execute(sql)
        if try connection.integer("SELECT 1 FROM TH_FORMAT") == nil {
            try connection.execute("INSERT INTO TH_FORMAT VALUES(\(formatVersion))")
        }
        try requireKnownFormat(connection)
    }

    static func requireKnownFormat(_ connection: Connection) throws {
        let version = try connection.integer("SELECT VERSION FROM TH_FORMAT") ?? 0
        guard version != formatVersion else { return }
        throw ColumnStoreError(
            code: .unknownFormat,
            message: "the tables are of format \(version), and this build knows format \(formatVersion): "
                + (version > formatVersion
                    ? "a newer build has written them, which can read them"
                    : "replay the recordings or the log into a new data directory"))
    }
}
