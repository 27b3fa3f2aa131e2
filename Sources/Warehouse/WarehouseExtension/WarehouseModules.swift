internal import CSQLiteAPI
internal import CWarehouseExtension
package import SQLiteKit

/// The SQLite modules that show the tables of a warehouse to SQLite:
///
/// - `CREATE VIRTUAL TABLE name USING warehouse(table)`: the rows of a table, which is named by its number or as
///   `SCHEMA.NAME` or `NAME`; to be read only;
/// - `warehouse_tables`: what tables there are.
///
/// A program loads them as an extension, or calls `register`: the code is the same.
package enum WarehouseModules {
    /// The name of the module that shows one table.
    package static let tableModule = "warehouse"

    /// Adds the modules to a connection.
    package static func register(on connection: Connection) throws {
        let code = connection.withHandle { register($0) }
        guard code == SQLITE_OK else {
            throw SQLiteError(
                extendedCode: code, message: "cannot add the modules of the warehouse to SQLite")
        }
    }

    static func register(_ db: OpaquePointer) -> Int32 {
        // The modules share what they read on a connection, as long as one of their tables is open.
        let shared = SharedWarehouse(db)
        for (name, module) in [(tableModule, tableMethods), ("warehouse_tables", listMethods)] {
            let retained = Unmanaged.passRetained(shared).toOpaque()
            // SQLite releases the data even where it fails.
            let code = th_sqlite3_create_module_v2(db, name, module, retained) { data in
                if let data { Unmanaged<SharedWarehouse>.fromOpaque(data).release() }
            }
            guard code == SQLITE_OK else { return code }
        }
        return SQLITE_OK
    }

    // Filled once, before it is given to SQLite, and never changed.
    nonisolated(unsafe) private static let tableMethods = kept(TableModule.methods)
    nonisolated(unsafe) private static let listMethods = kept(ListModule.methods)

    private static func kept(_ methods: sqlite3_module) -> UnsafePointer<sqlite3_module> {
        let pointer = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        pointer.initialize(to: methods)
        return UnsafePointer(pointer)
    }
}

/// The way from the extension's entry point to Swift.
@_cdecl("th_warehouse_register")
func registerExtension(_ db: OpaquePointer, _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>)
    -> Int32
{
    let code = WarehouseModules.register(db)
    if code != SQLITE_OK { error.pointee = th_sqlite3_copy("cannot add the modules of the warehouse") }
    return code
}
