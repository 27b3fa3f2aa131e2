internal import SQLiteKit
internal import Vectors

/// A table as one transaction sees it. Immutable; may be shared between threads.
///
/// Scans of it may run as long as the transaction lives in which it was made, and until the table is
/// compacted or its delta is merged in that transaction.
package final class TableSnapshot: Sendable {
    package let table: TableID
    /// Rises with every change of the table.
    package let version: Int64
    /// In the order in which they were added.
    package let columns: [ColumnInfo]
    /// The row groups, in the order of their rows.
    package let rowGroups: [RowGroup]
    /// Small appends, whose rows come after those of the row groups.
    package let delta: [RowGroup]
    let paths: [SegmentKey: [String]]

    private init(
        table: TableID, version: Int64, columns: [ColumnInfo], rowGroups: [RowGroup], delta: [RowGroup],
        paths: [SegmentKey: [String]]
    ) {
        self.table = table
        self.version = version
        self.columns = columns
        self.rowGroups = rowGroups
        self.delta = delta
        self.paths = paths
    }

    /// How many rows there are, without deleted ones.
    package var rowCount: Int { (rowGroups + delta).reduce(0) { $0 + $1.liveRows } }

    /// The rows of the delta, deleted ones included.
    package var deltaRows: Int { delta.reduce(0) { $0 + $1.rows } }

    package func column(_ id: ColumnID) throws -> ColumnInfo {
        guard let column = columns.first(where: { $0.id == id }) else {
            throw ColumnStoreError(
                code: .notFound, message: "there is no column \(id.value) in table \(table.value)")
        }
        return column
    }

    /// The segments of a column in a row group, sub-columns in the order of their paths.
    func entries(_ group: RowGroup, _ column: ColumnID) -> [(key: SegmentKey, entry: SegmentEntry)] {
        group.segments.filter { $0.key.column == column }.map { ($0.key, $0.value) }.sorted {
            $0.key < $1.key
        }
    }

    // MARK: Reading it from the file

    /// - Parameter known: an earlier one, given back where nothing has changed.
    static func load(
        _ table: TableID, _ connection: Connection, known: TableSnapshot?
    ) throws -> TableSnapshot {
        guard
            let version = try connection.integer(
                "SELECT VERSION FROM TH_TABLES WHERE TABLE_ID = ?", .integer(table.value))
        else { throw ColumnDatabase.missing(table) }
        if let known, known.version == version { return known }
        let segments = try loadSegments(table, connection)
        return TableSnapshot(
            table: table, version: version, columns: try loadColumns(table, connection),
            rowGroups: try loadGroups(table, connection, segments), delta: try loadDelta(table, connection),
            paths: try loadPaths(table, connection))
    }

    private static func loadColumns(_ table: TableID, _ connection: Connection) throws -> [ColumnInfo] {
        let statement = try BlobStatement(
            connection,
            """
            SELECT COLUMN_ID, TYPE, DEFAULT_ZONE_MAP, DEFAULT_SEGMENT FROM TH_COLUMNS
            WHERE TABLE_ID = ? ORDER BY COLUMN_ID
            """
        )
        statement.bind(table.value, at: 0)
        var columns: [ColumnInfo] = []
        while try statement.step() {
            let id = ColumnID(statement.integer(0))
            let column = try SegmentPlace(table: table, column: id).locating {
                guard let type = SQLType(describedAs: statement.text(1)) else {
                    throw SegmentDamage("its type \(statement.text(1)) is unknown")
                }
                guard !statement.isNull(3) else {
                    return ColumnInfo(id: id, type: type, defaultValue: nil, defaultZone: nil)
                }
                let zone = try statement.withBlob(2) { try ZoneMap(sealed: $0) }
                let reader = try statement.withBlob(3) { try SegmentReader(SegmentBytes(copying: $0)) }
                guard reader.rows == 1 else { throw SegmentDamage("its default is not one value") }
                return ColumnInfo(id: id, type: type, defaultValue: reader, defaultZone: zone)
            }
            columns.append(column)
        }
        return columns
    }

    private static func loadPaths(_ table: TableID, _ connection: Connection) throws -> [SegmentKey: [String]]
    {
        let statement = try connection.prepare(
            "SELECT COLUMN_ID, PATH_ID, PATH FROM TH_PATHS WHERE TABLE_ID = ?")
        statement.bind(table.value, at: 0)
        var paths: [SegmentKey: [String]] = [:]
        while try statement.step() {
            let key = SegmentKey(column: ColumnID(statement.integer(0)), path: statement.integer(1))
            paths[key] = try SegmentPlace(table: table, column: key.column).locating {
                guard let path = PathText.path(statement.text(2)) else {
                    throw SegmentDamage("path \(key.path) is malformed")
                }
                return path
            }
        }
        return paths
    }

    private static func loadSegments(
        _ table: TableID, _ connection: Connection
    ) throws -> [Int64: [SegmentKey: SegmentEntry]] {
        let statement = try BlobStatement(
            connection,
            """
            SELECT GROUP_ID, COLUMN_ID, PATH_ID, SEGMENT_ID, BYTE_COUNT, CHECKSUM, ZONE_MAP, RESIDUE_KEYS
            FROM TH_SEGMENTS WHERE TABLE_ID = ?
            """)
        statement.bind(table.value, at: 0)
        var result: [Int64: [SegmentKey: SegmentEntry]] = [:]
        while try statement.step() {
            let key = SegmentKey(column: ColumnID(statement.integer(1)), path: statement.integer(2))
            let place = SegmentPlace(table: table, column: key.column, group: statement.integer(0))
            let (zone, keys) = try place.locating {
                (
                    try statement.withBlob(6) { try ZoneMap(sealed: $0) },
                    try statement.isNull(7) ? nil : statement.withBlob(7) { try ResidueKeys.keys(sealed: $0) }
                )
            }
            result[statement.integer(0), default: [:]][key] = SegmentEntry(
                segment: statement.integer(3), byteCount: Int(statement.integer(4)),
                checksum: UInt32(truncatingIfNeeded: statement.integer(5)), zone: zone, residueKeys: keys,
                inline: nil)
        }
        return result
    }

    private static func loadGroups(
        _ table: TableID, _ connection: Connection, _ segments: [Int64: [SegmentKey: SegmentEntry]]
    ) throws -> [RowGroup] {
        let statement = try BlobStatement(
            connection,
            """
            SELECT GROUP_ID, POSITION, ROW_COUNT, DELETED_ROWS FROM TH_ROW_GROUPS
            WHERE TABLE_ID = ? ORDER BY POSITION
            """)
        statement.bind(table.value, at: 0)
        var groups: [RowGroup] = []
        while try statement.step() {
            let id = statement.integer(0)
            let rows = Int(statement.integer(2))
            try SegmentPlace(table: table, group: id).locating {
                guard (0...SegmentFormat.rowsMax).contains(rows) else {
                    throw SegmentDamage("it has \(rows) rows")
                }
                for entry in (segments[id] ?? [:]).values where entry.zone.rows != rows {
                    throw SegmentDamage("a zone map is of \(entry.zone.rows) rows, not \(rows)")
                }
                groups.append(
                    RowGroup(
                        id: id, position: statement.integer(1), rows: rows,
                        deleted: try deletedRows(statement, 3, rows: rows), segments: segments[id] ?? [:],
                        isDelta: false))
            }
        }
        return groups
    }

    private static func loadDelta(_ table: TableID, _ connection: Connection) throws -> [RowGroup] {
        let statement = try BlobStatement(
            connection,
            "SELECT GROUP_ID, ROW_COUNT, DELETED_ROWS, DATA FROM TH_DELTA WHERE TABLE_ID = ? ORDER BY GROUP_ID"
        )
        statement.bind(table.value, at: 0)
        var entries: [RowGroup] = []
        while try statement.step() {
            let id = statement.integer(0)
            let rows = Int(statement.integer(1))
            try SegmentPlace(table: table, group: id).locating {
                guard (0...SegmentFormat.rowsMax).contains(rows) else {
                    throw SegmentDamage("it has \(rows) rows")
                }
                entries.append(
                    RowGroup(
                        id: id, position: id, rows: rows, deleted: try deletedRows(statement, 2, rows: rows),
                        segments: try statement.withBlob(3) { try DeltaEntry.segments($0, rows: rows) },
                        isDelta: true))
            }
        }
        return entries
    }

    static func deletedRows(_ statement: BlobStatement, _ column: Int, rows: Int) throws -> DeletedRows? {
        if statement.isNull(column) { return nil }
        return try statement.withBlob(column) { try DeletedRows($0, rows: rows) }
    }
}
