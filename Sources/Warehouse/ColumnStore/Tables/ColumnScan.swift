internal import Synchronization
internal import Vectors

/// A column that is to be read, or a path of keys inside a VARIANT column.
package struct ColumnRequest: Hashable, Sendable {
    /// `nil` for the rows' addresses.
    package var column: ColumnID?
    package var path: [String]

    package init(_ column: ColumnID, path: [String] = []) {
        self.column = column
        self.path = path
    }

    private init() {
        column = nil
        path = []
    }

    /// A NUMBER that names the row, see `RowAddress`.
    package static let rowAddress = ColumnRequest()
}

/// A reading of some columns of a snapshot, in pieces: the row groups in their order, and last the delta.
///
/// May be shared between threads; each thread reads through a reader of its own.
package final class ColumnScan: Sendable {
    struct Column: Sendable {
        /// `nil` for addresses.
        let info: ColumnInfo?
        let path: [String]
        let form: ColumnForm
        /// For each row group, and for each entry of the delta.
        let sources: [ColumnSource]
        let deltaSources: [ColumnSource]
    }

    package let snapshot: TableSnapshot
    let database: ColumnDatabase
    let columns: [Column]
    private let deltaRows: Int
    private let deltaDeleted: DeletedRows?
    private let deltaVectors = Mutex<[Int: Vector]>([:])

    init(_ snapshot: TableSnapshot, _ database: ColumnDatabase, _ requests: [ColumnRequest]) throws {
        self.snapshot = snapshot
        self.database = database
        columns = try requests.map { request in
            guard let id = request.column else {
                return Column(info: nil, path: [], form: .natural, sources: [], deltaSources: [])
            }
            let info = try snapshot.column(id)
            let sources = snapshot.rowGroups.map { ColumnSource(snapshot, $0, info, path: request.path) }
            let delta = snapshot.delta.map { ColumnSource(snapshot, $0, info, path: request.path) }
            return Column(
                info: info, path: request.path, form: Self.form(info, request.path, sources + delta),
                sources: sources,
                deltaSources: delta)
        }
        deltaRows = snapshot.deltaRows
        deltaDeleted = Self.deltaDeleted(snapshot)
    }

    private static func form(_ info: ColumnInfo, _ path: [String], _ sources: [ColumnSource]) -> ColumnForm {
        var zones: [ZoneMap] = []
        for source in sources {
            switch source {
            case .nothing: break
            case .segment(_, let entry): zones.append(entry.zone)
            case .composed: return .json
            case .defaultValue:
                if info.type.isSemiStructured { return .json }
                if let zone = info.defaultZone { zones.append(zone) }
            }
        }
        if info.type == .float { return .ofFloat(zones) }
        guard info.type.isSemiStructured else { return .natural }
        return path.isEmpty ? .json : .ofPath(zones)
    }

    private static func deltaDeleted(_ snapshot: TableSnapshot) -> DeletedRows? {
        guard snapshot.delta.contains(where: { $0.deleted != nil }) else { return nil }
        var all = DeletedRows(rows: snapshot.deltaRows)
        var first = 0
        for entry in snapshot.delta {
            if let deleted = entry.deleted {
                for row in 0..<entry.rows where deleted.contains(row) { _ = all.insert(first + row) }
            }
            first += entry.rows
        }
        return all
    }

    // MARK: Pieces

    package var pieceCount: Int { snapshot.rowGroups.count + (deltaRows > 0 ? 1 : 0) }

    func isDelta(_ piece: Int) -> Bool { piece == snapshot.rowGroups.count }

    /// The rows of a piece, deleted ones included.
    package func rowCount(of piece: Int) -> Int {
        isDelta(piece) ? deltaRows : snapshot.rowGroups[piece].rows
    }

    /// The rows of a range that are not deleted, counted from `start`, a multiple of 1,024; `nil` for all.
    package func liveRows(piece: Int, start: Int, count: Int) -> [UInt32]? {
        let deleted = isDelta(piece) ? deltaDeleted : snapshot.rowGroups[piece].deleted
        return deleted?.live(from: start, count: count)
    }

    /// A reader for one thread.
    package func makeReader() -> RowGroupReader { RowGroupReader(self) }

    /// The zone map of a requested column in a piece, where one segment has all of its values.
    package func zone(_ column: Int, piece: Int) -> ZoneMap? {
        isDelta(piece) || columns[column].info == nil ? nil : columns[column].sources[piece].zone
    }

    /// All rows of the delta; made once and kept.
    func deltaVector(_ column: Int, _ make: () throws -> Vector) throws -> Vector {
        if let vector = deltaVectors.withLock({ $0[column] }) { return vector }
        let vector = try make()
        deltaVectors.withLock { $0[column] = vector }
        return vector
    }

    func place(_ group: RowGroup, _ key: SegmentKey) -> SegmentPlace {
        SegmentPlace(
            table: snapshot.table, column: key.column, path: snapshot.paths[key], group: group.id)
    }

    func segment(_ group: RowGroup, _ key: SegmentKey, _ entry: SegmentEntry) throws -> SegmentReader {
        try database.reader(entry, rows: group.rows, place(group, key))
    }
}

extension ColumnDatabase {
    /// Begins to read columns of a snapshot that was made on this connection.
    package func scan(_ snapshot: TableSnapshot, _ columns: [ColumnRequest]) throws -> ColumnScan {
        try ColumnScan(snapshot, self, columns)
    }
}
