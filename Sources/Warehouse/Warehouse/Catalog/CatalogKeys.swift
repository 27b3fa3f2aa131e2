import SQLEngine
import SQLiteKit

/// A key of a table as declared; it informs, and nothing enforces it.
struct CatalogKey {
    enum Kind: String {
        case primary = "PRIMARY KEY", unique = "UNIQUE", foreign = "FOREIGN KEY"
    }

    var name: String
    var kind: Kind
    /// In the order declared.
    var columns: [String]
    /// Microseconds since 1970 UTC.
    var createdOn: Int64
}

extension CatalogStore {
    /// Made with the first key: files of earlier builds have no such table.
    private static let keysTable = """
        CREATE TABLE IF NOT EXISTS TH_OBJECT_KEYS(
            OBJECT_ID INTEGER NOT NULL,
            NAME TEXT NOT NULL,
            SEQUENCE INTEGER NOT NULL,     -- of the column in the key, from 1
            KIND TEXT NOT NULL,            -- PRIMARY KEY, UNIQUE, FOREIGN KEY
            COLUMN_NAME TEXT NOT NULL,
            CREATED_ON INTEGER NOT NULL,
            PRIMARY KEY(OBJECT_ID, NAME, SEQUENCE)
        ) WITHOUT ROWID
        """

    private func hasKeys() throws -> Bool {
        try connection.integer("SELECT 1 FROM sqlite_master WHERE name = 'TH_OBJECT_KEYS'") != nil
    }

    /// The keys of a table, those that were declared first first.
    func keys(of object: Int64) throws -> [CatalogKey] {
        guard try hasKeys() else { return [] }
        let rows = try connection.rows(
            "SELECT NAME, KIND, COLUMN_NAME, CREATED_ON FROM TH_OBJECT_KEYS WHERE OBJECT_ID = ? "
                + "ORDER BY CREATED_ON, NAME, SEQUENCE", .integer(object))
        var keys: [CatalogKey] = []
        for row in rows {
            if keys.last?.name == row[0].string {
                keys[keys.count - 1].columns.append(row[2].string)
            } else if let kind = CatalogKey.Kind(rawValue: row[1].string) {
                keys.append(
                    CatalogKey(
                        name: row[0].string, kind: kind, columns: [row[2].string],
                        createdOn: row[3].integerValue))
            }
        }
        return keys
    }

    /// Keeps these keys of a table, in the place of those it has.
    func setKeys(_ keys: [CatalogKey], of object: Int64) throws {
        if keys.isEmpty { return try removeKeys(of: object) }
        try connection.execute(Self.keysTable)
        try removeKeys(of: object)
        for key in keys {
            for (place, column) in key.columns.enumerated() {
                _ = try connection.rows(
                    "INSERT INTO TH_OBJECT_KEYS VALUES (?, ?, ?, ?, ?, ?)", .integer(object), .text(key.name),
                    .integer(Int64(place + 1)), .text(key.kind.rawValue), .text(column),
                    .integer(key.createdOn))
            }
        }
    }

    /// Forgets the keys of a table.
    func removeKeys(of object: Int64) throws {
        guard try hasKeys() else { return }
        _ = try connection.rows("DELETE FROM TH_OBJECT_KEYS WHERE OBJECT_ID = ?", .integer(object))
    }
}
