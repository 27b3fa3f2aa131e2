internal import SQLiteKit
internal import Vectors

/// What a compaction has done.
package struct CompactionSummary: Sendable, Equatable {
    /// Row groups taken away, and those that have come in their place.
    package var groupsBefore = 0
    package var groupsAfter = 0
    /// Rows written anew, and deleted rows that are gone.
    package var rowsWritten = 0
    package var rowsRemoved = 0
}

extension ColumnDatabase {
    /// How many row groups are sorted together.
    private static let sortedGroupsMax = 32

    /// Merges the delta, and writes row groups anew that are small or have many deleted rows. Rows keep their
    /// order, unless columns to cluster by are given: then rows are sorted by them, in runs of up to 32 row
    /// groups. No scan of the table on this connection may be running.
    ///
    /// - Parameter clusterBy: columns other than VARIANT, the most important one first.
    package func compact(_ table: TableID, clusterBy: [ColumnID] = []) throws -> CompactionSummary {
        try withConnection { connection in
            try mergeDelta(table)
            let snapshot = try snapshot(table)
            var summary = CompactionSummary()
            for run in clusterBy.isEmpty ? smallRuns(snapshot) : sortedRuns(snapshot) {
                try rewrite(run, snapshot, clusterBy, &summary, connection)
            }
            if summary.groupsBefore > 0 { try touch(table) }
            return summary
        }
    }

    private func isWorthRewriting(_ group: RowGroup) -> Bool {
        group.liveRows < configuration.rowGroupRows / 2 || group.liveRows * 5 < group.rows * 4
    }

    /// Runs of neighbours that are small or have many deleted rows.
    private func smallRuns(_ snapshot: TableSnapshot) -> [Range<Int>] {
        let groups = snapshot.rowGroups
        var runs: [Range<Int>] = []
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, isWorthRewriting(groups[end]) { end += 1 }
            // A single small row group gets no better by being written again.
            if end > start + 1 || (end == start + 1 && groups[start].deleted != nil) {
                runs.append(start..<end)
            }
            start = max(end, start + 1)
        }
        return runs
    }

    private func sortedRuns(_ snapshot: TableSnapshot) -> [Range<Int>] {
        stride(from: 0, to: snapshot.rowGroups.count, by: Self.sortedGroupsMax).map {
            $0..<min($0 + Self.sortedGroupsMax, snapshot.rowGroups.count)
        }
    }

    private func rewrite(
        _ run: Range<Int>, _ snapshot: TableSnapshot, _ clusterBy: [ColumnID],
        _ summary: inout CompactionSummary,
        _ connection: Connection
    ) throws {
        let groups = snapshot.rowGroups[run]
        let scan = try scan(snapshot, snapshot.columns.map { ColumnRequest($0.id) })
        let order = clusterBy.isEmpty ? nil : try newOrder(run, snapshot, clusterBy)
        if !clusterBy.isEmpty, order == nil, !groups.contains(where: isWorthRewriting) { return }

        // New row groups take the places of the old ones, of which there are no fewer, as no new one but the
        // last has room left.
        var places = groups.map(\.position)[...]
        var written: [EncodedRowGroup] = []
        let table = snapshot.table
        let writer = TableWriter(self, table, columns: snapshot.columns, usesDelta: false) {
            written.append($0)
        }
        if let order {
            try append(run, scan, order, to: writer)
        } else {
            let reader = scan.makeReader()
            for piece in run {
                let rows = scan.rowCount(of: piece)
                for start in stride(from: 0, to: rows, by: Batch.rowsMax) {
                    try writer.append(
                        reader.batch(piece: piece, start: start, count: min(Batch.rowsMax, rows - start)))
                }
            }
        }
        try writer.finish()
        try removeGroups(groups.map(\.id), from: table, connection)
        for group in written {
            precondition(
                !places.isEmpty, "\(written.count) row groups cannot take the places of \(groups.count)")
            try insert(group, into: table, position: places.removeFirst(), connection)
        }
        summary.groupsBefore += groups.count
        summary.groupsAfter += written.count
        summary.rowsWritten += writer.rowCount
        summary.rowsRemoved += groups.reduce(0) { $0 + $1.rows } - writer.rowCount
    }

    /// All rows of the run that are not deleted, of some columns.
    private func collect(_ run: Range<Int>, _ scan: ColumnScan, _ columns: [(index: Int, type: SQLType)])
        throws -> [Vector]
    {
        let reader = scan.makeReader()
        let capacity = scan.snapshot.rowGroups[run].reduce(0) { $0 + $1.liveRows }
        let collectors = columns.map { VectorCollector($0.type, capacity: capacity) }
        for piece in run {
            let rows = scan.rowCount(of: piece)
            for start in stride(from: 0, to: rows, by: Batch.rowsMax) {
                let count = min(Batch.rowsMax, rows - start)
                let live = scan.liveRows(piece: piece, start: start, count: count)
                for (collector, column) in zip(collectors, columns) {
                    let vector = try reader.read(column.index, piece: piece, start: start, count: count)
                    if let live {
                        collector.append(vector, rows: live, count: live.count)
                    } else {
                        collector.append(vector)
                    }
                }
            }
        }
        return collectors.map { $0.finish() }
    }

    private func newOrder(_ run: Range<Int>, _ snapshot: TableSnapshot, _ clusterBy: [ColumnID]) throws
        -> [UInt32]?
    {
        let infos = try clusterBy.map { try snapshot.column($0) }
        if let wrong = infos.first(where: { $0.type.isSemiStructured }) {
            throw ColumnStoreError(
                code: .mismatch,
                message: "rows cannot be clustered by column \(wrong.id.value) of type \(wrong.type)")
        }
        let scan = try scan(snapshot, clusterBy.map { ColumnRequest($0) })
        let keys = try collect(run, scan, infos.enumerated().map { ($0.offset, $0.element.type) })
        return RowSorter.order(keys, rows: keys.first?.count ?? 0)
    }

    private func append(_ run: Range<Int>, _ scan: ColumnScan, _ order: [UInt32], to writer: TableWriter)
        throws
    {
        let columns = scan.columns.enumerated().compactMap { index, column in
            column.info.map { (index, $0.type) }
        }
        let vectors = try collect(run, scan, columns)
        try order.withUnsafeBufferPointer { rows in
            for start in stride(from: 0, to: rows.count, by: configuration.rowGroupRows) {
                guard let base = rows.baseAddress else { return }
                let count = min(configuration.rowGroupRows, rows.count - start)
                try writer.append(vectors.map { $0.gather(base + start, count: count) }, count: count)
            }
        }
    }
}
