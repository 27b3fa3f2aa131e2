internal import SQLiteKit
package import Vectors

extension ColumnDatabase {
    /// Allows more digits in a NUMBER column; what is stored stays as it is.
    ///
    /// - Parameter type: a NUMBER of the same scale and at least the same precision.
    package func widenColumn(_ table: TableID, _ column: ColumnID, to type: SQLType) throws {
        let old = try snapshot(table).column(column).type
        guard case .number(let before, let scale) = old, case .number(let precision, scale) = type,
            precision >= before
        else {
            throw ColumnStoreError(
                code: .mismatch, message: "a column of \(old) cannot simply become \(type)")
        }
        try withConnection { connection in
            try touch(table)
            let statement = try connection.prepare(
                "UPDATE TH_COLUMNS SET TYPE = ? WHERE TABLE_ID = ? AND COLUMN_ID = ?")
            statement.bind([.text(type.description), .integer(table.value), .integer(column.value)])
            try statement.run()
        }
    }
}
