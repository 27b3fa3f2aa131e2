internal import CSQLiteAPI
internal import CWarehouseExtension
internal import SQLiteKit
package import Vectors

/// Answers queries in the warehouse's own SQL, beside the connection that asks: given the file and the SQL,
/// the batches of the result.
package typealias ViewEngine = @Sendable (_ file: String, _ sql: String) throws -> any ViewRows

/// The rows of a query, in batches.
package protocol ViewRows: AnyObject {
    /// The next rows; `nil` at the end.
    func next() throws -> Batch?
}

/// The module `warehouse_view`: the methods by which SQLite reads one view. Only the columns that SQLite asks for are
/// computed.
///
/// The engine reads by a connection of its own, and so sees what has been committed when a reading begins.
enum ViewModule {
    private final class View {
        let columns: [OpenWarehouse.ViewColumn]
        let file: String
        /// What the virtual table's argument calls it.
        let name: String
        let engine: ViewEngine

        init(
            _ columns: [OpenWarehouse.ViewColumn], file: String, named name: String,
            _ engine: @escaping ViewEngine
        ) {
            self.columns = columns
            self.file = file
            self.name = name
            self.engine = engine
        }
    }

    private final class Reading {
        private let view: View
        let cells: UnsafeMutablePointer<ColumnCells>
        private var rows: (any ViewRows)?
        private var wanted: [Int] = []
        /// What the cells point into.
        private var vectors: [Vector] = []

        init(_ view: View) {
            self.view = view
            cells = .allocate(capacity: view.columns.count)
            cells.initialize(repeating: ColumnCells(), count: view.columns.count)
        }

        deinit { cells.deallocate() }

        /// - Parameter used: a bit for each column; the last of the 64 stands for all further columns.
        func begin(_ used: UInt64) throws {
            wanted = view.columns.indices.filter { used & (1 << UInt64(min($0, 63))) != 0 }
            let list = wanted.map { TableName.quoted(view.columns[$0].queried) }.joined(separator: ", ")
            let name = TableName.parts(view.name).map(TableName.quoted).joined(separator: ".")
            rows = try view.engine(view.file, "SELECT \(list.isEmpty ? "1" : list) FROM \(name)")
        }

        func advance(_ cursor: UnsafeMutablePointer<th_cursor>) throws {
            cursor.pointee.first_rowid += cursor.pointee.count
            cursor.pointee.row = 0
            cursor.pointee.count = 0
            while let batch = try rows?.next() {
                guard batch.count > 0 else { continue }
                vectors = batch.columns.map(ColumnCells.plain)
                for (place, column) in wanted.enumerated() { cells[column] = ColumnCells(vectors[place]) }
                cursor.pointee.count = Int64(batch.count)
                return
            }
            rows = nil
        }
    }

    static var methods: sqlite3_module {
        var methods = sqlite3_module()
        methods.iVersion = 1
        methods.xCreate = { ViewModule.connect($0, $1, $2, $3, $4, $5) }
        methods.xConnect = { ViewModule.connect($0, $1, $2, $3, $4, $5) }
        methods.xBestIndex = bestIndex
        methods.xDisconnect = { VirtualObjects.releaseTable($0) }
        methods.xDestroy = { VirtualObjects.releaseTable($0) }
        methods.xOpen = open
        methods.xClose = { VirtualObjects.releaseCursor($0) }
        methods.xFilter = { cursor, _, text, _, _ in
            ViewModule.attempt(cursor) { cursor, reading in
                cursor.pointee.first_rowid = 1
                cursor.pointee.count = 0
                try reading.begin(text.flatMap { UInt64(String(cString: $0)) } ?? .max)
                try reading.advance(cursor)
            }
        }
        methods.xNext = { cursor in
            guard let raw = VirtualObjects.own(cursor) else { return SQLITE_MISUSE }
            raw.pointee.row += 1
            if raw.pointee.row < raw.pointee.count { return SQLITE_OK }
            return ViewModule.attempt(cursor) { try $1.advance($0) }
        }
        methods.xEof = { VirtualObjects.own($0).map { $0.pointee.count == 0 ? 1 : 0 } ?? 1 }
        methods.xColumn = { cursor, context, column in
            guard let raw = VirtualObjects.own(cursor), let context, let memory = raw.pointee.cells else {
                return SQLITE_MISUSE
            }
            let cell = memory.assumingMemoryBound(to: ColumnCells.self) + Int(column)
            guard cell.pointee.form != .unread else { return SQLITE_MISUSE }
            cell.pointee.give(Int(raw.pointee.row), to: ResultSink(context: context))
            return SQLITE_OK
        }
        methods.xRowid = { cursor, rowid in
            rowid?.pointee = VirtualObjects.own(cursor).map { $0.pointee.first_rowid + $0.pointee.row } ?? 0
            return SQLITE_OK
        }
        return methods
    }

    private static func connect(
        _ db: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _ count: Int32,
        _ arguments: UnsafePointer<UnsafePointer<CChar>?>?,
        _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?,
        _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> Int32 {
        guard let db, let data, let result else { return SQLITE_MISUSE }
        do {
            guard count == 4, let name = arguments?[3].map({ String(cString: $0) }) else {
                throw ExtensionError("write USING warehouse_view(VIEW), with the name of one view")
            }
            let shared = Unmanaged<SharedWarehouse>.fromOpaque(data).takeUnretainedValue()
            let warehouse = try shared.open()
            guard let engine = shared.views, let columns = try warehouse.view(name), !columns.isEmpty else {
                throw ExtensionError("the warehouse has no view \(name)")
            }
            let declared = columns.map { "\(TableName.quoted($0.name)) \($0.declared)" }
            let code = th_sqlite3_declare_vtab(db, "CREATE TABLE x(\(declared.joined(separator: ", ")))")
            guard code == SQLITE_OK else { return code }
            result.pointee = VirtualObjects.table(
                View(columns, file: try warehouse.file(), named: name, engine))
            return SQLITE_OK
        } catch {
            message?.pointee = th_sqlite3_copy(VirtualObjects.message(error))
            return VirtualObjects.code(error)
        }
    }

    private static let bestIndex:
        @convention(c) (UnsafeMutablePointer<sqlite3_vtab>?, UnsafeMutablePointer<sqlite3_index_info>?) ->
            Int32 = { _, info in
                guard let info else { return SQLITE_MISUSE }
                guard let text = th_sqlite3_copy(String(info.pointee.colUsed)) else { return SQLITE_NOMEM }
                info.pointee.idxStr = text
                info.pointee.needToFreeIdxStr = 1
                // Beginning anew runs the view's query again, so that it is best read once.
                info.pointee.estimatedCost = 1e7
                info.pointee.estimatedRows = 100_000
                return SQLITE_OK
            }

    private static let open:
        @convention(c) (
            UnsafeMutablePointer<sqlite3_vtab>?,
            UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab_cursor>?>?
        ) -> Int32 = { table, result in
            guard let table, let result else { return SQLITE_MISUSE }
            let reading = Reading(VirtualObjects.object(table, View.self))
            result.pointee = VirtualObjects.cursor(reading, cells: UnsafeMutableRawPointer(reading.cells))
            return SQLITE_OK
        }

    private static func attempt(
        _ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?,
        _ body: (UnsafeMutablePointer<th_cursor>, Reading) throws -> Void
    ) -> Int32 {
        guard let cursor, let raw = VirtualObjects.own(cursor) else { return SQLITE_MISUSE }
        do {
            try body(raw, VirtualObjects.object(raw, Reading.self))
            return SQLITE_OK
        } catch {
            raw.pointee.count = 0
            return VirtualObjects.report(error, cursor.pointee.pVtab)
        }
    }
}
