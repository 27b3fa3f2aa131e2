internal import SQLiteKit
internal import Vectors

extension ColumnDatabase {
    /// Puts a row group behind all other rows.
    package func insert(_ group: EncodedRowGroup, into table: TableID) throws {
        guard group.rows > 0 else { return }
        try withConnection { connection in
            // Rows of the delta are older.
            if try hasDelta(table, connection) { try mergeDelta(table) }
            try insert(group, into: table, position: nil, connection)
        }
    }

    /// Puts a few rows behind all other rows, as an entry of the delta.
    package func insertDelta(_ group: EncodedRowGroup, into table: TableID) throws {
        try withConnection { connection in
            let id = try newGroup(table, connection)
            let paths = try pathNumbers(group, table, connection)
            let data = DeltaEntry.bytes(group, paths: paths)
            let statement = try BlobStatement(connection, "INSERT INTO TH_DELTA VALUES(?, ?, ?, NULL, ?)")
            statement.bind(table.value, at: 0)
            statement.bind(id, at: 1)
            statement.bind(Int64(group.rows), at: 2)
            statement.bindBlob(uncopied: data.bytes, at: 3)
            try withExtendedLifetime(data) { try statement.run() }
        }
    }

    func hasDelta(_ table: TableID, _ connection: Connection) throws -> Bool {
        try connection.integer("SELECT 1 FROM TH_DELTA WHERE TABLE_ID = ? LIMIT 1", .integer(table.value))
            != nil
    }

    /// - Parameter position: where it stands among the row groups; `nil` for behind them.
    func insert(_ group: EncodedRowGroup, into table: TableID, position: Int64?, _ connection: Connection)
        throws
    {
        let id = try newGroup(table, connection)
        let paths = try pathNumbers(group, table, connection)
        let row = try connection.prepare("INSERT INTO TH_ROW_GROUPS VALUES(?, ?, ?, ?, NULL)")
        row.bind([.integer(table.value), .integer(id), .integer(position ?? id), .integer(Int64(group.rows))])
        try row.run()
        let data = try BlobStatement(
            connection, "INSERT INTO TH_SEGMENT_DATA VALUES(NULL, ?) RETURNING SEGMENT_ID")
        let directory = try BlobStatement(
            connection, "INSERT INTO TH_SEGMENTS VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")
        for (part, path) in zip(group.parts, paths) {
            let bytes = part.segment.bytes
            data.bindBlob(uncopied: bytes.bytes, at: 0)
            let segment = try withExtendedLifetime(bytes) {
                defer { data.reset() }
                guard try data.step() else { preconditionFailure("INSERT ... RETURNING gives a row") }
                return data.integer(0)
            }
            let zone = part.segment.zone.sealed
            let keys = part.residueKeys.map { keys in
                SealedBytes.seal { ResidueKeys.append(keys, to: &$0) }
            }
            let numbers = [
                table.value, id, part.column.value, path, segment, Int64(bytes.count),
                Int64(part.segment.checksum),
            ]
            for (index, number) in numbers.enumerated() { directory.bind(number, at: index) }
            directory.bindBlob(uncopied: zone.bytes, at: 7)
            directory.bindNull(at: 8)
            if let keys { directory.bindBlob(uncopied: keys.bytes, at: 8) }
            try withExtendedLifetime((zone, keys)) { try directory.run() }
        }
    }

    private func newGroup(_ table: TableID, _ connection: Connection) throws -> Int64 {
        let statement = try connection.prepare(
            """
            UPDATE TH_TABLES SET NEXT_GROUP_ID = NEXT_GROUP_ID + 1, VERSION = VERSION + 1
            WHERE TABLE_ID = ? RETURNING NEXT_GROUP_ID - 1
            """)
        statement.bind(table.value, at: 0)
        defer { statement.reset() }
        guard try statement.step() else { throw Self.missing(table) }
        return statement.integer(0)
    }

    /// The numbers of the parts' paths, new ones where they have none yet.
    private func pathNumbers(_ group: EncodedRowGroup, _ table: TableID, _ connection: Connection) throws
        -> [Int64]
    {
        guard group.parts.contains(where: { $0.path != nil }) else { return group.parts.map { _ in 0 } }
        let known = try connection.prepare("SELECT COLUMN_ID, PATH_ID, PATH FROM TH_PATHS WHERE TABLE_ID = ?")
        known.bind(table.value, at: 0)
        var numbers: [ColumnID: [String: Int64]] = [:]
        while try known.step() {
            numbers[ColumnID(known.integer(0)), default: [:]][known.text(2)] = known.integer(1)
        }
        let addition = try connection.prepare("INSERT INTO TH_PATHS VALUES(?, ?, ?, ?)")
        return try group.parts.map { part in
            guard let path = part.path else { return 0 }
            let text = PathText.text(path)
            if let number = numbers[part.column]?[text] { return number }
            let number = (numbers[part.column]?.values.max() ?? 0) + 1
            numbers[part.column, default: [:]][text] = number
            addition.bind([.integer(table.value), .integer(part.column.value), .integer(number), .text(text)])
            try addition.run()
            return number
        }
    }

    // MARK: Deleting

    /// Deletes rows.
    ///
    /// - Returns: how many there were of them.
    /// - Throws: `ColumnStoreError` with code `notFound` where an address is of no row group.
    package func delete(_ rows: [RowAddress], from table: TableID) throws -> Int {
        guard !rows.isEmpty else { return 0 }
        return try withConnection { connection in
            try touch(table)
            let sorted = rows.sorted { $0.value < $1.value }
            var total = 0
            var first = 0
            while first < sorted.count {
                let group = sorted[first].group
                var end = first
                while end < sorted.count, sorted[end].group == group { end += 1 }
                total += try delete(sorted[first..<end].map(\.row), group, table, connection)
                first = end
            }
            return total
        }
    }

    private func delete(_ rows: [Int], _ group: Int64, _ table: TableID, _ connection: Connection) throws
        -> Int
    {
        for name in ["TH_ROW_GROUPS", "TH_DELTA"] {
            let known = try BlobStatement(
                connection, "SELECT ROW_COUNT, DELETED_ROWS FROM \(name) WHERE TABLE_ID = ? AND GROUP_ID = ?")
            known.bind(table.value, at: 0)
            known.bind(group, at: 1)
            guard try known.step() else { continue }
            let rowCount = Int(known.integer(0))
            let place = SegmentPlace(table: table, group: group)
            var deleted = try place.locating {
                try TableSnapshot.deletedRows(known, 1, rows: rowCount) ?? DeletedRows(rows: rowCount)
            }
            known.reset()
            var added = 0
            for row in rows {
                guard row < rowCount else {
                    throw ColumnStoreError(code: .notFound, message: "\(place.description) has no row \(row)")
                }
                added += deleted.insert(row) ? 1 : 0
            }
            let bytes = deleted.encoded()
            let change = try BlobStatement(
                connection, "UPDATE \(name) SET DELETED_ROWS = ? WHERE TABLE_ID = ? AND GROUP_ID = ?")
            change.bindBlob(uncopied: bytes.bytes, at: 0)
            change.bind(table.value, at: 1)
            change.bind(group, at: 2)
            try withExtendedLifetime(bytes) { try change.run() }
            return added
        }
        throw ColumnStoreError(
            code: .notFound, message: "there is no row group \(group) in table \(table.value)")
    }

    /// Removes row groups and their segments.
    func removeGroups(_ groups: [Int64], from table: TableID, _ connection: Connection) throws {
        let data = try connection.prepare(
            """
            DELETE FROM TH_SEGMENT_DATA WHERE SEGMENT_ID IN
                (SELECT SEGMENT_ID FROM TH_SEGMENTS WHERE TABLE_ID = ? AND GROUP_ID = ?)
            """)
        let directory = try connection.prepare("DELETE FROM TH_SEGMENTS WHERE TABLE_ID = ? AND GROUP_ID = ?")
        let row = try connection.prepare("DELETE FROM TH_ROW_GROUPS WHERE TABLE_ID = ? AND GROUP_ID = ?")
        for group in groups {
            for statement in [data, directory, row] {
                statement.bind([.integer(table.value), .integer(group)])
                try statement.run()
            }
        }
    }
}
