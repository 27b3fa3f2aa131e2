internal import SQLiteKit
package import Vectors

extension ColumnDatabase {
    /// Makes a table; its columns are numbered from 1 in their order.
    package func createTable(_ types: [SQLType]) throws -> TableID {
        try withConnection { connection in
            let statement = try connection.prepare(
                "INSERT INTO TH_TABLES VALUES(NULL, 1, 1, 1) RETURNING TABLE_ID")
            guard try statement.step() else { preconditionFailure("INSERT ... RETURNING gives a row") }
            let table = TableID(statement.integer(0))
            statement.reset()
            for type in types { _ = try addColumn(table, type, defaultValue: .null) }
            return table
        }
    }

    /// Adds a column behind the others, without touching the rows there are.
    ///
    /// - Parameter defaultValue: what rows have that are there already.
    package func addColumn(_ table: TableID, _ type: SQLType, defaultValue: Scalar) throws -> ColumnID {
        let segment = defaultValue == .null ? nil : try RowGroupEncoder.encodeDefault(defaultValue, type)
        return try withConnection { connection in
            try touch(table)
            let next = try connection.prepare(
                """
                UPDATE TH_TABLES SET NEXT_COLUMN_ID = NEXT_COLUMN_ID + 1
                WHERE TABLE_ID = ? RETURNING NEXT_COLUMN_ID - 1
                """
            )
            next.bind(table.value, at: 0)
            guard try next.step() else { throw Self.missing(table) }
            let column = ColumnID(next.integer(0))
            next.reset()
            let statement = try BlobStatement(connection, "INSERT INTO TH_COLUMNS VALUES(?, ?, ?, ?, ?)")
            statement.bind(table.value, at: 0)
            statement.bind(column.value, at: 1)
            statement.bind(type.description, at: 2)
            let zone = segment?.zone.sealed
            if let segment, let zone {
                statement.bindBlob(uncopied: zone.bytes, at: 3)
                statement.bindBlob(uncopied: segment.bytes.bytes, at: 4)
            }
            try withExtendedLifetime((zone, segment)) { try statement.run() }
            return column
        }
    }

    /// Drops a column and its segments.
    package func dropColumn(_ table: TableID, _ column: ColumnID) throws {
        try withConnection { connection in
            try touch(table)
            try connection.execute(
                """
                DELETE FROM TH_SEGMENT_DATA WHERE SEGMENT_ID IN
                    (SELECT SEGMENT_ID FROM TH_SEGMENTS
                     WHERE TABLE_ID = \(table.value) AND COLUMN_ID = \(column.value));
                DELETE FROM TH_SEGMENTS WHERE TABLE_ID = \(table.value) AND COLUMN_ID = \(column.value);
                DELETE FROM TH_PATHS WHERE TABLE_ID = \(table.value) AND COLUMN_ID = \(column.value);
                """)
            let statement = try connection.prepare(
                "DELETE FROM TH_COLUMNS WHERE TABLE_ID = ? AND COLUMN_ID = ?")
            statement.bind([.integer(table.value), .integer(column.value)])
            try statement.run()
            guard connection.changedRows == 1 else {
                throw ColumnStoreError(
                    code: .notFound, message: "there is no column \(column.value) in table \(table.value)")
            }
        }
    }

    /// Removes all rows.
    package func truncateTable(_ table: TableID) throws {
        try withConnection { connection in
            try touch(table)
            try connection.execute(Self.deletionOfRows(table))
        }
    }

    /// Removes a table and all that belongs to it.
    package func dropTable(_ table: TableID) throws {
        try withConnection { connection in
            try touch(table)
            try connection.execute(Self.deletionOfRows(table))
            for name in ["TH_PATHS", "TH_COLUMNS", "TH_TABLES"] {
                try connection.execute("DELETE FROM \(name) WHERE TABLE_ID = \(table.value)")
            }
        }
    }

    private static func deletionOfRows(_ table: TableID) -> String {
        """
        DELETE FROM TH_SEGMENT_DATA WHERE SEGMENT_ID IN
            (SELECT SEGMENT_ID FROM TH_SEGMENTS WHERE TABLE_ID = \(table.value));
        DELETE FROM TH_SEGMENTS WHERE TABLE_ID = \(table.value);
        DELETE FROM TH_ROW_GROUPS WHERE TABLE_ID = \(table.value);
        DELETE FROM TH_DELTA WHERE TABLE_ID = \(table.value);
        """
    }

    /// The columns of a table, in their order.
    package func columns(_ table: TableID) throws -> [ColumnInfo] { try snapshot(table).columns }
}
