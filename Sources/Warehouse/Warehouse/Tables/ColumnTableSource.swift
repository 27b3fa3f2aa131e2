import JSON
import ColumnStore
import SQLEngine
import Vectors

/// A table of the column store as the engine sees it: one moment of it.
final class ColumnTableSource: TableSource {
    let columns: [TableColumn]
    private let database: ColumnDatabase
    private let snapshot: TableSnapshot
    private let ids: [ColumnStore.ColumnID]

    init(_ database: ColumnDatabase, _ table: TableID, _ columns: [CatalogColumn]) throws {
        self.database = database
        snapshot = try database.snapshot(table)
        ids = columns.compactMap(\.id)
        self.columns = columns.map { TableColumn($0.name, $0.type, isNullable: $0.isNullable) }
    }

    var estimatedRowCount: Int { snapshot.rowCount }
    var exactRowCount: Int? { snapshot.rowCount }

    func knowledge(of column: Int) -> ColumnKnowledge? {
        // Zone maps count deleted rows too.
        guard column >= 0, snapshot.deltaRows == 0, snapshot.rowGroups.allSatisfy({ $0.liveRows == $0.rows })
        else { return nil }
        let type = columns[column].type
        var known = ColumnKnowledge(lower: .null, upper: .null, valueCount: 0)
        for group in snapshot.rowGroups {
            guard let zone = group.zone(ids[column]), zone.jsonNulls == 0 else { return nil }
            known.valueCount += zone.values
            if zone.values == 0 { continue }
            guard case .integers(let least, let greatest) = zone.bounds,
                type.isTemporal || type.isNumber || type == .float,
                type != .timestampTZ
            else { return nil }
            let (lower, upper) = (
                Self.scalar(least, type, zone.scale), Self.scalar(greatest, type, zone.scale)
            )
            if known.lower == .null || lower.isBelow(known.lower) { known.lower = lower }
            if known.upper == .null || known.upper.isBelow(upper) { known.upper = upper }
        }
        return known
    }

    private static func scalar(_ value: Int64, _ type: SQLType, _ scale: Int) -> Scalar {
        switch type {
        case .number: .number(Int128(value), scale: scale)
        case .float: .float(Double(value) / decimalPower(scale))
        default: .temporal(value, type)
        }
    }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        let requests = request.columns.map { column in
            column.index == ScanColumn.rowAddress
                ? ColumnRequest.rowAddress : ColumnRequest(ids[column.index], path: column.path)
        }
        return Scan(try database.scan(snapshot, requests), request.bounds)
    }

    private final class Scan: TableScan {
        private let scan: ColumnScan
        private let bounds: [ColumnBounds]

        init(_ scan: ColumnScan, _ bounds: [ColumnBounds]) {
            self.scan = scan
            self.bounds = bounds
        }

        var pieceCount: Int { scan.pieceCount }
        func rowCount(of piece: Int) -> Int { scan.rowCount(of: piece) }

        func isExcluded(piece: Int, start: Int, count: Int) -> Bool {
            bounds.contains { bound in
                // What is damaged is not excluded: reading it says so.
                (try? scan.isExcluded(
                    bound.column, lower: bound.lower, upper: bound.upper, piece: piece, start: start,
                    count: count)) ?? false
            }
        }

        func makeReader() -> any TableReader { Reader(scan) }
    }

    private final class Reader: TableReader {
        private let scan: ColumnScan
        private let reader: RowGroupReader

        init(_ scan: ColumnScan) {
            self.scan = scan
            reader = scan.makeReader()
        }

        func read(_ column: Int, piece: Int, start: Int, count: Int) throws -> Vector {
            try reader.read(column, piece: piece, start: start, count: count)
        }

        func liveRows(piece: Int, start: Int, count: Int) -> [UInt32]? {
            scan.liveRows(piece: piece, start: start, count: count)
        }
    }
}
