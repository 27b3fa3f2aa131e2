internal import CSQLiteAPI
internal import CWarehouseExtension
internal import ColumnStore
internal import Vectors

/// A table as a virtual table of a connection has it.
final class VirtualTable {
    let warehouse: OpenWarehouse
    /// The table when SQLite connected the virtual table; `nil` where it had gone by then.
    let table: OpenWarehouse.Table?
    /// What the virtual table's argument calls it.
    let name: String

    init(_ warehouse: OpenWarehouse, _ table: OpenWarehouse.Table?, named name: String) {
        self.warehouse = warehouse
        self.table = table
        self.name = name
    }

    var columns: [OpenWarehouse.Column] { table?.columns ?? [] }

    /// The table as it is now: one that is made anew has another number, under the same name.
    func current() throws -> OpenWarehouse.Table {
        guard let now = try warehouse.table(name) else { throw ExtensionError.noTable(name) }
        guard now.columns.map(\.name) == columns.map(\.name) else {
            throw ExtensionError("the columns of table \(name) have changed: open the warehouse again")
        }
        return now
    }

    /// The statement that tells SQLite of the columns.
    var declaration: String {
        guard !columns.isEmpty else { return "CREATE TABLE x(gone)" }
        let columns = columns.map { "\(TableName.quoted($0.name)) \($0.type.declaredInSQLite)" }
        return "CREATE TABLE x(\(columns.joined(separator: ", ")))"
    }
}

/// What stands behind a cursor: goes from batch to batch, and reads columns of a batch when SQLite first asks
/// for them.
final class TableReading {
    private let table: VirtualTable
    /// The columns of the batch, in the table's order.
    let cells: UnsafeMutablePointer<ColumnCells>
    private let rows = UnsafeMutablePointer<UInt32>.allocate(capacity: Batch.rowsMax)
    /// What the cells point into.
    private var vectors: [Vector?]

    private var known: OpenWarehouse.Table?
    private var snapshot: TableSnapshot?
    private var scan: ColumnScan?
    private var reader: RowGroupReader?
    /// The place of each column among those of the scan.
    private var places: [Int?] = []
    private var terms: [PushedTerm] = []

    // Where the batch is, and where the next one is looked for.
    private var piece = 0
    private var start = 0
    private var count = 0
    private var next = 0
    /// The number of the piece's first row.
    private var firstRowid: Int64 = 1

    /// The rows that share bounds of their own.
    private static let blockRows = 1024

    init(_ table: VirtualTable) {
        self.table = table
        let columns = table.columns.count
        cells = .allocate(capacity: columns)
        cells.initialize(repeating: ColumnCells(), count: columns)
        vectors = Array(repeating: nil, count: columns)
    }

    deinit {
        cells.deallocate()
        rows.deallocate()
    }

    /// Begins a reading, with the values for the plan's terms.
    func begin(_ plan: ScanPlan, _ values: UnsafeMutablePointer<OpaquePointer?>?) throws {
        let known = try self.known ?? table.current()
        self.known = known
        let columns = known.columns
        terms = plan.terms.enumerated().compactMap { place, term in
            let type = term.column == ScanPlan.rowid ? SQLType.integer : columns[term.column].type
            return values?[place].flatMap { PushedTerm(term, type, $0) }
        }
        // One cursor sees one moment of the table, however often it begins anew.
        let snapshot = try self.snapshot ?? table.warehouse.columns.snapshot(known.id)
        self.snapshot = snapshot
        let wanted = columns.indices.filter { column in
            plan.uses(column) || plan.terms.contains { $0.column == column }
        }
        let places = columns.indices.map { wanted.firstIndex(of: $0) }
        if scan == nil || places != self.places {
            let scan = try table.warehouse.columns.scan(
                snapshot, wanted.map { ColumnRequest(columns[$0].id) })
            self.scan = scan
            reader = scan.makeReader()
            self.places = places
        }
        piece = 0
        next = 0
        firstRowid = 1
        forgetColumns()
    }

    /// Goes to the next rows, and tells the cursor of them.
    func advance(_ cursor: UnsafeMutablePointer<th_cursor>) throws {
        forgetColumns()
        cursor.pointee.row = 0
        cursor.pointee.rows = nil
        while let scan, try findRange(scan) {
            guard let live = scan.liveRows(piece: piece, start: start, count: count) else {
                cursor.pointee.count = Int64(count)
                cursor.pointee.first_rowid = firstRowid + Int64(start)
                return
            }
            guard !live.isEmpty else { continue }
            for (place, row) in live.enumerated() { rows[place] = row }
            cursor.pointee.rows = UnsafePointer(rows)
            cursor.pointee.count = Int64(live.count)
            cursor.pointee.first_rowid = firstRowid + Int64(start)
            return
        }
        cursor.pointee.count = 0
    }

    /// Reads a column of the batch.
    func load(_ column: Int) throws {
        guard vectors.indices.contains(column), let place = places[column], let reader else {
            throw ExtensionError("column \(column) was not asked for")
        }
        let vector = ColumnCells.plain(try reader.read(place, piece: piece, start: start, count: count))
        vectors[column] = vector
        cells[column] = ColumnCells(vector)
    }

    private func forgetColumns() {
        for column in vectors.indices where vectors[column] != nil {
            vectors[column] = nil
            cells[column] = ColumnCells()
        }
    }

    // MARK: Leaving out what the terms exclude

    /// Finds the next rows that the terms do not exclude; false at the end.
    private func findRange(_ scan: ColumnScan) throws -> Bool {
        while piece < scan.pieceCount {
            let all = scan.rowCount(of: piece)
            if next == 0, try isExcluded(scan, 0, all) { next = all }
            while next < all, !terms.isEmpty, try isExcluded(scan, next, min(Self.blockRows, all - next)) {
                next += Self.blockRows
            }
            guard next < all else {
                firstRowid += Int64(all)
                piece += 1
                next = 0
                continue
            }
            start = next
            next = min(all, start + (terms.isEmpty ? Batch.rowsMax : Self.blockRows))
            while next < all, next - start < Batch.rowsMax,
                try !isExcluded(scan, next, min(Self.blockRows, all - next))
            {
                next = min(all, next + Self.blockRows)
            }
            count = next - start
            return true
        }
        return false
    }

    private func isExcluded(_ scan: ColumnScan, _ start: Int, _ count: Int) throws -> Bool {
        for term in terms {
            if term.column == ScanPlan.rowid {
                if term.excludes(rowidsFrom: firstRowid + Int64(start), count: count) { return true }
                continue
            }
            guard let place = places[term.column], try isTextInOrder(scan, term, place) else { continue }
            let isExcluded = try term.intervals.allSatisfy { interval in
                try scan.isExcluded(
                    place, lower: interval.lower, upper: interval.upper, piece: piece, start: start,
                    count: count)
            }
            if isExcluded { return true }
        }
        return false
    }

    /// Whether the values of the piece are in the order of their texts, where SQLite compares texts.
    private func isTextInOrder(_ scan: ColumnScan, _ term: PushedTerm, _ place: Int) throws -> Bool {
        guard term.type.isTemporal else { return true }
        guard let zone = scan.zone(place, piece: piece) else { return false }
        switch zone.bounds {
        case .none: return true
        case .integers(let min, let max): return TemporalBound.isOrdered(term.type, min: min, max: max)
        default: return false
        }
    }
}
