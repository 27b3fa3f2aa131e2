internal import CSQLiteAPI
internal import CWarehouseExtension
internal import ColumnStore
internal import SQLiteKit

/// The module `warehouse`: the methods by which SQLite reads one table.
enum TableModule {
    static var methods: sqlite3_module {
        var methods = sqlite3_module()
        methods.iVersion = 1
        methods.xCreate = { TableModule.connect($0, $1, $2, $3, $4, $5, isNew: true) }
        methods.xConnect = { TableModule.connect($0, $1, $2, $3, $4, $5, isNew: false) }
        methods.xBestIndex = bestIndex
        methods.xDisconnect = { VirtualObjects.releaseTable($0) }
        methods.xDestroy = { VirtualObjects.releaseTable($0) }
        methods.xOpen = open
        methods.xClose = { VirtualObjects.releaseCursor($0) }
        methods.xFilter = filter
        methods.xNext = next
        methods.xEof = { cursor in
            guard let cursor = VirtualObjects.own(cursor) else { return 1 }
            return cursor.pointee.count == 0 ? 1 : 0
        }
        methods.xColumn = column
        methods.xRowid = rowid
        methods.xRename = { _, _ in SQLITE_OK }
        return methods
    }

    // MARK: Tables

    /// - Parameter isNew: a virtual table that is being made must name a table that is there. One that names a table
    ///   which has gone since must still be found, or SQLite could not drop it; it tells when it is read.
    private static func connect(
        _ db: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _ count: Int32,
        _ arguments: UnsafePointer<UnsafePointer<CChar>?>?,
        _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?,
        _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, isNew: Bool
    ) -> Int32 {
        guard let db, let data, let result else { return SQLITE_MISUSE }
        // The module's name, the database's, the table's own, and what is in the parentheses.
        let words = (0..<Int(count)).map { place in arguments?[place].map { String(cString: $0) } ?? "" }
        do {
            guard words.count == 4 else {
                throw ExtensionError(
                    "write USING warehouse(TABLE), with the name or the number of one table")
            }
            let shared = Unmanaged<SharedWarehouse>.fromOpaque(data).takeUnretainedValue()
            let warehouse = try shared.open()
            try warehouse.requireReadable(in: words[1])
            let found = try warehouse.table(words[3])
            guard found != nil || !isNew else { throw ExtensionError.noTable(words[3]) }
            let table = VirtualTable(warehouse, found, named: words[3])
            let code = th_sqlite3_declare_vtab(db, table.declaration)
            guard code == SQLITE_OK else { return code }
            _ = th_sqlite3_vtab_is_innocuous(db)
            result.pointee = VirtualObjects.table(table)
            return SQLITE_OK
        } catch {
            message?.pointee = th_sqlite3_copy(VirtualObjects.message(error))
            return VirtualObjects.code(error)
        }
    }

    private static let bestIndex:
        @convention(c) (UnsafeMutablePointer<sqlite3_vtab>?, UnsafeMutablePointer<sqlite3_index_info>?) ->
            Int32 = {
                table, info in
                guard let table, let info else { return SQLITE_MISUSE }
                let object = VirtualObjects.object(table, VirtualTable.self)
                let plan = ScanPlan(info, object.columns, rows: object.table?.rows ?? 0)
                guard let text = th_sqlite3_copy(plan.text) else { return SQLITE_NOMEM }
                info.pointee.idxStr = text
                info.pointee.needToFreeIdxStr = 1
                return SQLITE_OK
            }

    // MARK: Cursors

    private static let open:
        @convention(c) (
            UnsafeMutablePointer<sqlite3_vtab>?,
            UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab_cursor>?>?
        ) -> Int32 = { table, result in
            guard let table, let result else { return SQLITE_MISUSE }
            let reading = TableReading(VirtualObjects.object(table, VirtualTable.self))
            result.pointee = VirtualObjects.cursor(reading, cells: UnsafeMutableRawPointer(reading.cells))
            return SQLITE_OK
        }

    private static let filter:
        @convention(c) (
            UnsafeMutablePointer<sqlite3_vtab_cursor>?, Int32, UnsafePointer<CChar>?, Int32,
            UnsafeMutablePointer<OpaquePointer?>?
        ) -> Int32 = { cursor, _, text, _, values in
            attempt(cursor) { cursor, reading in
                guard let text, let plan = ScanPlan(String(cString: text)) else {
                    throw ExtensionError("the plan of the reading is not one of this extension")
                }
                try reading.begin(plan, values)
                try reading.advance(cursor)
            }
        }

    private static let next: @convention(c) (UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 = {
        cursor in
        guard let raw = VirtualObjects.own(cursor) else { return SQLITE_MISUSE }
        raw.pointee.row &+= 1
        if raw.pointee.row < raw.pointee.count { return SQLITE_OK }
        return attempt(cursor) { try $1.advance($0) }
    }

    private static let column:
        @convention(c) (UnsafeMutablePointer<sqlite3_vtab_cursor>?, OpaquePointer?, Int32) -> Int32 = {
            cursor, context, column in
            guard let raw = VirtualObjects.own(cursor), let context, let memory = raw.pointee.cells else {
                return SQLITE_MISUSE
            }
            let cell = memory.assumingMemoryBound(to: ColumnCells.self) + Int(column)
            if cell.pointee.form == .unread {
                let code = attempt(cursor) { try $1.load(Int(column)) }
                guard code == SQLITE_OK else { return code }
            }
            let place = Int(raw.pointee.row)
            let row = raw.pointee.rows.map { Int($0[place]) } ?? place
            cell.pointee.give(row, to: ResultSink(context: context))
            return SQLITE_OK
        }

    private static let rowid:
        @convention(c) (UnsafeMutablePointer<sqlite3_vtab_cursor>?, UnsafeMutablePointer<sqlite3_int64>?) ->
            Int32 = {
                cursor, result in
                guard let raw = VirtualObjects.own(cursor), let result else { return SQLITE_MISUSE }
                let place = Int(raw.pointee.row)
                let row = raw.pointee.rows.map { Int64($0[place]) } ?? Int64(place)
                result.pointee = raw.pointee.first_rowid + row
                return SQLITE_OK
            }

    /// Runs `body` with the object behind a cursor, and keeps what it throws for SQLite to report.
    private static func attempt(
        _ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?,
        _ body: (UnsafeMutablePointer<th_cursor>, TableReading) throws -> Void
    ) -> Int32 {
        guard let cursor, let raw = VirtualObjects.own(cursor) else { return SQLITE_MISUSE }
        do {
            try body(raw, VirtualObjects.object(raw, TableReading.self))
            return SQLITE_OK
        } catch {
            raw.pointee.count = 0
            return VirtualObjects.report(error, cursor.pointee.pVtab)
        }
    }
}

/// Gives values to SQLite as the result of a column.
struct ResultSink: CellSink {
    let context: OpaquePointer

    @inline(__always) func null() { th_sqlite3_result_null(context) }
    @inline(__always) func integer(_ value: Int64) { th_sqlite3_result_int64(context, value) }
    @inline(__always) func real(_ value: Double) { th_sqlite3_result_double(context, value) }

    @inline(__always)
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        // SQLite may keep a value longer than the batch lives, hence the copy.
        let base = bytes.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
        th_sqlite3_result_text64(context, base, UInt64(bytes.count), transient, UInt8(SQLITE_UTF8))
    }

    @inline(__always)
    func blob(_ bytes: UnsafeBufferPointer<UInt8>) {
        th_sqlite3_result_blob64(context, bytes.baseAddress, UInt64(bytes.count), transient)
    }

    @inline(__always)
    private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
