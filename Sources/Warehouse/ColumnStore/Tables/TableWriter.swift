internal import SQLiteKit
package import Vectors

/// Appends rows to a table, gathering them to row groups. One thread, that of the transaction.
///
/// Nothing is sure to be in the table before `finish`.
package final class TableWriter {
    private let database: ColumnDatabase
    private let table: TableID
    private let columns: [ColumnInfo]
    private let encoder: RowGroupEncoder
    private let store: (EncodedRowGroup) throws -> Void
    private let usesDelta: Bool
    private var collectors: [VectorCollector] = []
    private var rows = 0
    /// How many rows have been appended.
    package private(set) var rowCount = 0

    /// - Parameters:
    ///   - usesDelta: whether few rows at the end may go to the delta.
    ///   - store: takes row groups; the next place of the table where it is not given.
    init(
        _ database: ColumnDatabase, _ table: TableID, columns: [ColumnInfo], usesDelta: Bool = true,
        store: ((EncodedRowGroup) throws -> Void)? = nil
    ) {
        self.database = database
        self.table = table
        self.columns = columns
        self.usesDelta = usesDelta
        encoder = RowGroupEncoder(columns: columns)
        self.store = store ?? { try database.insert($0, into: table) }
        begin(capacity: 1024)
    }

    private func begin(capacity: Int) {
        collectors = columns.map { VectorCollector($0.type, capacity: capacity) }
        rows = 0
    }

    /// Appends rows.
    ///
    /// - Parameter values: a vector for each column of the table, in the table's order.
    /// - Throws: `ColumnStoreError` with code `mismatch` where vectors do not suit their columns.
    package func append(_ values: [Vector], count: Int) throws {
        guard values.count == columns.count, values.allSatisfy({ $0.count == count }) else {
            throw ColumnStoreError(
                code: .mismatch,
                message:
                    "the table has \(columns.count) columns; \(values.count) are given, of \(values.map(\.count)) rows"
            )
        }
        var start = 0
        while start < count {
            let taken = min(count - start, database.configuration.rowGroupRows - rows)
            for (collector, vector) in zip(collectors, values) {
                collector.append(vector.slice(from: start, count: taken))
            }
            rows += taken
            start += taken
            if rows == database.configuration.rowGroupRows { try flush() }
        }
        rowCount += count
    }

    /// Appends rows of a batch.
    package func append(_ batch: Batch) throws { try append(batch.columns, count: batch.count) }

    /// Puts what is left into the table.
    package func finish() throws {
        guard rows > 0 else { return }
        if usesDelta, rows < database.configuration.deltaAppendRowsMax {
            try database.insertDelta(try encode(), into: table)
        } else {
            try store(try encode())
        }
        begin(capacity: 1024)
    }

    private func flush() throws {
        try store(try encode())
        // After one full row group another is likely.
        begin(capacity: database.configuration.rowGroupRows)
    }

    private func encode() throws -> EncodedRowGroup {
        let values = collectors.map { ColumnValues.plain($0.finish()) }
        return try encoder.encode(
            values, rows: rows, threads: rows < 4096 ? 1 : database.configuration.threads)
    }
}

extension ColumnDatabase {
    /// Begins to append rows to a table.
    package func writer(_ table: TableID) throws -> TableWriter {
        TableWriter(self, table, columns: try columns(table))
    }

    /// Whether the delta of a table has grown so far that it should be merged.
    package func needsDeltaMerge(_ table: TableID) throws -> Bool {
        try snapshot(table).deltaRows >= configuration.deltaRowsMax
    }

    /// Makes row groups of the delta. No scan of the table on this connection may be running.
    package func mergeDelta(_ table: TableID) throws {
        try withConnection { connection in
            let snapshot = try snapshot(table)
            guard !snapshot.delta.isEmpty else { return }
            let scan = try scan(snapshot, snapshot.columns.map { ColumnRequest($0.id) })
            let reader = scan.makeReader()
            let writer = TableWriter(self, table, columns: snapshot.columns, usesDelta: false) {
                try self.insert($0, into: table, position: nil, connection)
            }
            let piece = snapshot.rowGroups.count
            let rows = snapshot.deltaRows
            for start in stride(from: 0, to: rows, by: Batch.rowsMax) {
                try writer.append(
                    reader.batch(piece: piece, start: start, count: min(Batch.rowsMax, rows - start)))
            }
            try writer.finish()
            try touch(table)
            try connection.execute("DELETE FROM TH_DELTA WHERE TABLE_ID = \(table.value)")
        }
    }
}
