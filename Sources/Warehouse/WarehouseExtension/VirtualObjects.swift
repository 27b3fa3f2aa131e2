internal import CSQLiteAPI
internal import CWarehouseExtension
internal import ColumnStore
internal import SQLiteKit

/// Swift objects behind SQLite's virtual tables.
enum VirtualObjects {
    /// A virtual table that keeps an object.
    static func table(_ object: AnyObject) -> UnsafeMutablePointer<sqlite3_vtab> {
        let table = UnsafeMutablePointer<th_table>.allocate(capacity: 1)
        table.initialize(to: th_table())
        table.pointee.object = Unmanaged.passRetained(object).toOpaque()
        return UnsafeMutableRawPointer(table).assumingMemoryBound(to: sqlite3_vtab.self)
    }

    /// The object of a table that was made with one of this type.
    static func object<Object: AnyObject>(_ table: UnsafeMutablePointer<sqlite3_vtab>, _: Object.Type)
        -> Object
    {
        let own = UnsafeMutableRawPointer(table).assumingMemoryBound(to: th_table.self)
        guard let object = own.pointee.object else {
            preconditionFailure("a virtual table without its object")
        }
        return Unmanaged<Object>.fromOpaque(object).takeUnretainedValue()
    }

    static func releaseTable(_ table: UnsafeMutablePointer<sqlite3_vtab>?) -> Int32 {
        guard let table else { return SQLITE_MISUSE }
        let own = UnsafeMutableRawPointer(table).assumingMemoryBound(to: th_table.self)
        if let object = own.pointee.object { Unmanaged<AnyObject>.fromOpaque(object).release() }
        own.deallocate()
        return SQLITE_OK
    }

    // MARK: Cursors

    /// A cursor that keeps an object.
    static func cursor(_ object: AnyObject, cells: UnsafeMutableRawPointer? = nil) -> UnsafeMutablePointer<
        sqlite3_vtab_cursor
    > {
        let cursor = UnsafeMutablePointer<th_cursor>.allocate(capacity: 1)
        cursor.initialize(to: th_cursor())
        cursor.pointee.cells = cells
        cursor.pointee.object = Unmanaged.passRetained(object).toOpaque()
        return UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
    }

    @inline(__always)
    static func own(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> UnsafeMutablePointer<th_cursor>?
    {
        UnsafeMutableRawPointer(cursor)?.assumingMemoryBound(to: th_cursor.self)
    }

    /// The object of a cursor that was made with one of this type.
    static func object<Object: AnyObject>(_ cursor: UnsafeMutablePointer<th_cursor>, _: Object.Type) -> Object
    {
        guard let object = cursor.pointee.object else { preconditionFailure("a cursor without its object") }
        return Unmanaged<Object>.fromOpaque(object).takeUnretainedValue()
    }

    static func releaseCursor(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 {
        guard let cursor = own(cursor) else { return SQLITE_MISUSE }
        if let object = cursor.pointee.object { Unmanaged<AnyObject>.fromOpaque(object).release() }
        cursor.deallocate()
        return SQLITE_OK
    }

    // MARK: Errors

    /// Leaves an error's message with a table; returns its code.
    static func report(_ error: any Error, _ table: UnsafeMutablePointer<sqlite3_vtab>?) -> Int32 {
        if let table {
            th_sqlite3_free(table.pointee.zErrMsg)
            table.pointee.zErrMsg = th_sqlite3_copy(message(error))
        }
        return code(error)
    }

    static func message(_ error: any Error) -> String {
        switch error {
        case let error as ExtensionError: error.message
        case let error as SQLiteError: error.description
        case let error as ColumnStoreError: error.message
        default: "\(error)"
        }
    }

    static func code(_ error: any Error) -> Int32 {
        switch error {
        case let error as SQLiteError: error.extendedCode == SQLITE_OK ? SQLITE_ERROR : error.extendedCode
        case let error as ColumnStoreError where error.code == .damaged: SQLITE_CORRUPT
        default: SQLITE_ERROR
        }
    }
}
