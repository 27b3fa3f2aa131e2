internal import CSQLiteAPI
internal import CWarehouseExtension
internal import ColumnStore

/// The module `warehouse_tables`: what tables there are, with their numbers, rows and bytes. It is there
/// without being created.
enum ListModule {
    private final class List {
        let warehouse: OpenWarehouse
        init(_ warehouse: OpenWarehouse) { self.warehouse = warehouse }
    }

    private final class Reading {
        private let warehouse: OpenWarehouse
        private(set) var rows: [(name: String, table: Int64, rows: Int64, bytes: Int64)] = []

        init(_ warehouse: OpenWarehouse) { self.warehouse = warehouse }

        func read() throws {
            rows = try warehouse.relations().compactMap { relation in
                guard let table = relation.table else { return nil }
                let snapshot = try warehouse.columns.snapshot(table)
                let bytes = (snapshot.rowGroups + snapshot.delta).reduce(0) { $0 + $1.byteCount }
                return (relation.nameInFile, table.value, Int64(snapshot.rowCount), Int64(bytes))
            }
        }
    }

    static var methods: sqlite3_module {
        var methods = sqlite3_module()
        methods.iVersion = 1
        methods.xConnect = connect
        methods.xBestIndex = { _, info in
            info?.pointee.estimatedCost = 1000
            info?.pointee.estimatedRows = 100
            return SQLITE_OK
        }
        methods.xDisconnect = { VirtualObjects.releaseTable($0) }
        methods.xOpen = open
        methods.xClose = { VirtualObjects.releaseCursor($0) }
        methods.xFilter = { cursor, _, _, _, _ in
            guard let cursor, let raw = VirtualObjects.own(cursor) else { return SQLITE_MISUSE }
            let reading = VirtualObjects.object(raw, Reading.self)
            do {
                try reading.read()
                raw.pointee.row = 0
                raw.pointee.count = Int64(reading.rows.count)
                return SQLITE_OK
            } catch {
                return VirtualObjects.report(error, cursor.pointee.pVtab)
            }
        }
        methods.xNext = { cursor in
            VirtualObjects.own(cursor)?.pointee.row += 1
            return SQLITE_OK
        }
        methods.xEof = { cursor in
            VirtualObjects.own(cursor).map { $0.pointee.row < $0.pointee.count ? 0 : 1 } ?? 1
        }
        methods.xColumn = column
        methods.xRowid = { cursor, rowid in
            rowid?.pointee = VirtualObjects.own(cursor)?.pointee.row ?? 0
            return SQLITE_OK
        }
        return methods
    }

    private static let connect:
        @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, Int32, UnsafePointer<UnsafePointer<CChar>?>?,
            UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?,
            UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        ) -> Int32 = { db, data, _, _, result, message in
            guard let db, let data, let result else { return SQLITE_MISUSE }
            do {
                let warehouse = try Unmanaged<SharedWarehouse>.fromOpaque(data).takeUnretainedValue().open()
                let code = th_sqlite3_declare_vtab(
                    db, "CREATE TABLE x(name TEXT, table_id INTEGER, rows INTEGER, bytes INTEGER)")
                guard code == SQLITE_OK else { return code }
                _ = th_sqlite3_vtab_is_innocuous(db)
                result.pointee = VirtualObjects.table(List(warehouse))
                return SQLITE_OK
            } catch {
                message?.pointee = th_sqlite3_copy(VirtualObjects.message(error))
                return VirtualObjects.code(error)
            }
        }

    private static let open:
        @convention(c) (
            UnsafeMutablePointer<sqlite3_vtab>?,
            UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab_cursor>?>?
        ) -> Int32 = { table, result in
            guard let table, let result else { return SQLITE_MISUSE }
            let reading = Reading(VirtualObjects.object(table, List.self).warehouse)
            result.pointee = VirtualObjects.cursor(reading)
            return SQLITE_OK
        }

    private static let column:
        @convention(c) (UnsafeMutablePointer<sqlite3_vtab_cursor>?, OpaquePointer?, Int32) -> Int32 = {
            cursor, context, column in
            guard let raw = VirtualObjects.own(cursor), let context else { return SQLITE_MISUSE }
            let row = VirtualObjects.object(raw, Reading.self).rows[Int(raw.pointee.row)]
            let sink = ResultSink(context: context)
            switch column {
            case 0:
                var name = row.name
                name.withUTF8 { sink.text($0) }
            case 1: sink.integer(row.table)
            case 2: sink.integer(row.rows)
            default: sink.integer(row.bytes)
            }
            return SQLITE_OK
        }
}
