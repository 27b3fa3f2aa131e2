package import Vectors

/// Reads pieces of a scan. One thread; other threads have readers of their own.
package final class RowGroupReader {
    private let scan: ColumnScan
    // Segments of the piece last read, so that most batches do without the shared cache.
    private var piece = -1
    private var segments: [SegmentKey: SegmentReader] = [:]

    init(_ scan: ColumnScan) {
        self.scan = scan
    }

    /// The values of a requested column for some rows of a piece, deleted ones included. All vectors of a
    /// column have one form throughout the scan, but for validity and 64 or 128 bits of NUMBER.
    ///
    /// - Parameters:
    ///   - start: a multiple of 1,024.
    ///   - count: any number, usually 8,192.
    /// - Throws: `ColumnStoreError` with code `damaged`.
    package func read(_ column: Int, piece: Int, start: Int, count: Int) throws -> Vector {
        let requested = scan.columns[column]
        if scan.isDelta(piece) {
            return try scan.deltaVector(column) { try deltaVector(requested) }.slice(
                from: start, count: count)
        }
        if piece != self.piece {
            self.piece = piece
            segments.removeAll(keepingCapacity: true)
        }
        let group = scan.snapshot.rowGroups[piece]
        guard let info = requested.info else { return Self.addresses(group, from: start, count: count) }
        return try read(requested, info, requested.sources[piece], group, from: start, count: count)
    }

    /// Rows that are not deleted, all columns of the scan.
    package func batch(piece: Int, start: Int, count: Int) throws -> Batch {
        let columns = try scan.columns.indices.map { try read($0, piece: piece, start: start, count: count) }
        let batch = Batch(columns, count: count, order: UInt64(piece) << 32 | UInt64(start))
        guard let live = scan.liveRows(piece: piece, start: start, count: count) else { return batch }
        return batch.gather(live, count: live.count)
    }

    /// Calls `body` with all rows of the scan that are not deleted, in their order.
    package func forEachBatch(_ body: (Batch) throws -> Void) throws {
        for piece in 0..<scan.pieceCount {
            let rows = scan.rowCount(of: piece)
            for start in stride(from: 0, to: rows, by: Batch.rowsMax) {
                let batch = try batch(piece: piece, start: start, count: min(Batch.rowsMax, rows - start))
                if batch.count > 0 { try body(batch) }
            }
        }
    }

    private static func addresses(_ group: RowGroup, from start: Int, count: Int) -> Vector {
        let vector = Vector.allocate(.integer, count: count)
        let first = RowAddress(group: group.id, row: start).value
        for row in 0..<count { vector.int64s[row] = first + Int64(row) }
        return vector
    }

    private func deltaVector(_ requested: ColumnScan.Column) throws -> Vector {
        let collector = VectorCollector(requested.info?.type ?? .integer, capacity: scan.snapshot.deltaRows)
        for (index, entry) in scan.snapshot.delta.enumerated() {
            // Segments of one entry are not those of another.
            segments.removeAll(keepingCapacity: true)
            piece = -1
            if let info = requested.info {
                collector.append(
                    try read(
                        requested, info, requested.deltaSources[index], entry, from: 0, count: entry.rows))
            } else {
                collector.append(Self.addresses(entry, from: 0, count: entry.rows))
            }
        }
        segments.removeAll(keepingCapacity: true)
        return collector.finish()
    }

    // MARK: Sources

    private func read(
        _ requested: ColumnScan.Column, _ info: ColumnInfo, _ source: ColumnSource, _ group: RowGroup,
        from start: Int,
        count: Int
    ) throws -> Vector {
        switch source {
        case .nothing: return requested.form.blank(info.type, count: count, states: nil)
        case .defaultValue: return try defaultVector(requested, info, count: count)
        case .segment(let key, let entry):
            let vector = try values(key, entry, group, requested.resultType(info), from: start, count: count)
            return try scan.place(group, key).locating {
                entry.zone.values == 0
                    ? requested.form.blank(vector.type, count: count, states: vector)
                    : try requested.form.conform(vector)
            }
        case .composed(let composition):
            return try compose(composition, requested, info, group, from: start, count: count)
        }
    }

    private func values(
        _ key: SegmentKey, _ entry: SegmentEntry, _ group: RowGroup, _ type: SQLType, from start: Int,
        count: Int
    ) throws -> Vector {
        let segment = try segments[key] ?? scan.segment(group, key, entry)
        segments[key] = segment
        return try scan.place(group, key).locating {
            // The scale of a NUMBER is its column's; others have one for each segment.
            try segment.read(type, from: start, count: count, scale: type.isNumber ? type.scale : nil)
        }
    }

    private func defaultVector(_ requested: ColumnScan.Column, _ info: ColumnInfo, count: Int) throws
        -> Vector
    {
        guard let reader = info.defaultValue else {
            return requested.form.blank(info.type, count: count, states: nil)
        }
        return try SegmentPlace(table: scan.snapshot.table, column: info.id).locating {
            var value = try reader.read(requested.resultType(info), from: 0, count: 1)
            if !requested.path.isEmpty { value = ResidueLookup.vector(residue: value, path: requested.path) }
            let one = try requested.form.conform(value)
            let rows = [UInt32](repeating: 0, count: count)
            return one.with(isConstant: false).gather(rows, count: count).with(isConstant: true)
        }
    }

    private func compose(
        _ composition: ColumnSource.Composition, _ requested: ColumnScan.Column, _ info: ColumnInfo,
        _ group: RowGroup,
        from start: Int, count: Int
    ) throws -> Vector {
        let type = requested.resultType(info)
        func part(_ key: SegmentKey, _ entry: SegmentEntry) throws -> Vector {
            try values(key, entry, group, .variant, from: start, count: count)
        }
        var residue = try composition.residue.map { try part($0.0, $0.1) }
        if !requested.path.isEmpty {
            residue = residue.map { ResidueLookup.vector(residue: $0, path: requested.path) }
        }
        var candidates: [Vector] = []
        if let exact = composition.exact { candidates.append(try part(exact.0, exact.1)) }
        if let above = composition.above {
            let values = try part(above.0, above.1)
            candidates.append(ResidueLookup.vector(residue: values, path: above.rest))
        }
        if composition.below.isEmpty {
            if let residue { candidates.append(residue) }
        } else {
            let parts = try composition.below.map { (path: $0.path, vector: try part($0.0, $0.1)) }
            let column = ShreddedColumn(parts: parts, residue: residue?.asJSONText())
            candidates.append(try column.assembled(count: count))
        }
        return Self.firstValues(candidates.map { $0.asCompactJSONText() }, count: count).with(type: type)
    }

    /// Of each row the first value there is, as JSON text.
    private static func firstValues(_ candidates: [Vector], count: Int) -> Vector {
        guard candidates.count > 1 else { return candidates.first ?? .nulls(.variant, count: count) }
        let builder = StringDictionaryBuilder(capacity: count)
        let result = Vector.allocate(.variant, layout: .string, count: count, hasValidity: true, isJSON: true)
        for row in 0..<count {
            result.codes[row] = UInt32(row)
            let source = candidates.first { $0.isValid(row) }
            result.validity?[row] = source == nil ? 0 : 1
            builder.append(source?.bytes(row) ?? UnsafeBufferPointer(start: nil, count: 0))
        }
        return result.with(dictionary: builder.finish())
    }
}

extension ColumnScan.Column {
    /// The type of what is given: what is at a path of an OBJECT or ARRAY is a VARIANT.
    func resultType(_ info: ColumnInfo) -> SQLType { path.isEmpty ? info.type : .variant }
}
