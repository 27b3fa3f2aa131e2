internal import Vectors

/// A segment that cannot be read.
package struct SegmentReport: Sendable {
    package let table: TableID
    /// `nil` where the table as a whole cannot be read.
    package let column: ColumnID?
    package let path: [String]
    package let group: Int64?
    /// What is wrong, with the place.
    package let message: String
}

/// What a table takes up.
package struct TableStorage: Sendable {
    /// What a column takes up.
    package struct Column: Sendable {
        package var column: ColumnID
        /// The keys of a sub-column of a VARIANT; `nil` for a whole column, or what is left of a VARIANT.
        package var path: [String]?
        package var byteCount = 0
        package var validityBytes = 0
        package var dictionaryBytes = 0
        /// Bytes of values by encoding.
        package var encodingBytes = [Int](repeating: 0, count: BlockEncoding.allCases.count)
    }

    /// Rows without deleted ones.
    package var rows = 0
    package var deletedRows = 0
    package var rowGroups = 0
    package var deltaRows = 0
    /// Columns and sub-columns, in their order.
    package var columns: [Column] = []
    /// The bytes of all segments.
    package var byteCount: Int { columns.reduce(0) { $0 + $1.byteCount } }
}

extension ColumnDatabase {
    /// Reads and decodes every segment of a table, and compares it with what its zone map says of it.
    ///
    /// - Returns: those that cannot be read.
    package func verify(_ table: TableID) throws -> [SegmentReport] {
        let snapshot: TableSnapshot
        do {
            snapshot = try self.snapshot(table)
        } catch let error as ColumnStoreError where error.code == .damaged {
            return [SegmentReport(table: table, column: nil, path: [], group: nil, message: error.message)]
        }
        var reports: [SegmentReport] = []
        let encoder = SegmentEncoder()
        for group in snapshot.rowGroups + snapshot.delta {
            for (key, entry) in group.segments.sorted(by: { $0.key < $1.key }) {
                let place = SegmentPlace(
                    table: table, column: key.column, path: snapshot.paths[key], group: group.id)
                do {
                    let reader = try uncachedReader(entry, rows: group.rows, place)
                    try place.locating {
                        try reader.decodeAll()
                        let rows = try reader.read(.variant, from: 0, count: reader.rows)
                        guard entry.zone.agrees(with: try encoder.encode(rows).zone) else {
                            throw SegmentDamage("its zone map says of its values what is not so")
                        }
                    }
                } catch let error as ColumnStoreError where error.code == .damaged {
                    reports.append(
                        SegmentReport(
                            table: table, column: key.column, path: place.path ?? [], group: group.id,
                            message: error.message))
                }
            }
        }
        return reports
    }

    /// What a table takes up.
    package func storage(_ table: TableID) throws -> TableStorage {
        let snapshot = try snapshot(table)
        var storage = TableStorage(
            rows: snapshot.rowCount, rowGroups: snapshot.rowGroups.count, deltaRows: snapshot.deltaRows)
        var columns: [SegmentKey: TableStorage.Column] = [:]
        for group in snapshot.rowGroups + snapshot.delta {
            storage.deletedRows += group.deleted?.count ?? 0
            for (key, entry) in group.segments {
                var column =
                    columns[key] ?? TableStorage.Column(column: key.column, path: snapshot.paths[key])
                column.byteCount += entry.byteCount
                column.validityBytes += entry.zone.validityBytes
                column.dictionaryBytes += entry.zone.dictionaryBytes
                for index in column.encodingBytes.indices {
                    column.encodingBytes[index] += entry.zone.encodingBytes[index]
                }
                columns[key] = column
            }
        }
        storage.columns = columns.sorted { $0.key < $1.key }.map(\.value)
        return storage
    }
}
