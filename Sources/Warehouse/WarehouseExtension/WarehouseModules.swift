internal import CSQLiteAPI
internal import CWarehouseExtension
package import SQLiteKit

/// The SQLite modules that show the tables of a warehouse to SQLite:
///
/// - `CREATE VIRTUAL TABLE name USING warehouse(table)`: the rows of a table, which is named by its number or as
///   `SCHEMA.NAME` or `NAME`; to be read only;
/// - `CREATE VIRTUAL TABLE name USING warehouse_view(view)`: the rows of a view, where there is an engine for
/// its SQL;
/// - `warehouse_tables`: what tables there are.
///
/// A program loads them as an extension, or calls `register`: the code is the same.
package enum WarehouseModules {
    /// The name of the module that shows one table.
    package static let tableModule = "warehouse"

    /// The name of the module that shows one view.
    package static let viewModule = "warehouse_view"

    /// Adds the modules to a connection.
    ///
    /// - Parameter views: what answers the queries of views; without it there are none.
    package static func register(on connection: Connection, views: ViewEngine? = nil) throws {
        let code = connection.withHandle { register($0, views) }
        guard code == SQLITE_OK else {
            throw SQLiteError(
                extendedCode: code, message: "cannot add the modules of the warehouse to SQLite")
        }
    }

    private static func register(_ db: OpaquePointer, _ views: ViewEngine?) -> Int32 {
        // The modules share what they read on a connection, as long as one of their tables is open.
        let shared = SharedWarehouse(db, views)
        var modules = [(tableModule, tableMethods), ("warehouse_tables", listMethods)]
        if views != nil { modules.append((viewModule, viewMethods)) }
        for (name, module) in modules {
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
    nonisolated(unsafe) private static let viewMethods = kept(ViewModule.methods)

    private static func kept(_ methods: sqlite3_module) -> UnsafePointer<sqlite3_module> {
        let pointer = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        pointer.initialize(to: methods)
        return UnsafePointer(pointer)
    }
}
