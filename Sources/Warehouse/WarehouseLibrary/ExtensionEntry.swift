internal import CSQLiteAPI
internal import CWarehouseExtension
internal import SQLiteKit
internal import WarehouseExtension

/// What SQLite calls when it loads `libwarehouse`: adds the modules to a connection, and shows on it the
/// tables and views of its warehouse that the file's own schema leaves out. Loading it once more shows those
/// that were made since.
///
/// SQLite's types are pointers here, for a function that C calls can name no others.
@_cdecl("sqlite3_warehouse_init")
public func initializeWarehouseExtension(
    _ db: OpaquePointer, _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ routines: UnsafeRawPointer
) -> Int32 {
    let code = th_warehouse_use(message, routines.assumingMemoryBound(to: sqlite3_api_routines.self))
    guard code == SQLITE_OK else { return code }
    do {
        let connection = Connection(borrowing: db)
        try WarehouseModules.register(on: connection) { try QueryRows(file: $0, sql: $1) }
        try LoadedRelations.show(on: connection)
        // The Swift runtime in this library cannot be unloaded.
        return th_loaded_permanently
    } catch {
        message?.pointee = th_sqlite3_copy("\(error)")
        return SQLITE_ERROR
    }
}
