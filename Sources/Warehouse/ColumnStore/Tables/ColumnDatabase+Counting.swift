internal import SQLiteKit

extension ColumnDatabase {
    /// How many rows a table has, without deleted ones, as the running transaction sees it. Reads no
    /// directory of segments.
    package func rowCount(of table: TableID) throws -> Int {
        try withConnection { connection in
            let statement = try BlobStatement(
                connection,
                """
                SELECT ROW_COUNT, DELETED_ROWS FROM TH_ROW_GROUPS WHERE TABLE_ID = ?1
                UNION ALL SELECT ROW_COUNT, DELETED_ROWS FROM TH_DELTA WHERE TABLE_ID = ?1
                """)
            statement.bind(table.value, at: 0)
            var count = 0
            while try statement.step() {
                count += Int(statement.integer(0))
                guard !statement.isNull(1) else { continue }
                count -= try SegmentPlace(table: table).locating {
                    try statement.withBlob(1, DeletedRows.count)
                }
            }
            return count
        }
    }
}
