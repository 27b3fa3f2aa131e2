import SQLiteKit
import TestSupport
import Testing

@testable import Warehouse

@Suite struct FormatTests {
    @Test("Tables of a newer format are refused by readers and writers alike, with what to do")
    func newerTables() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("warehouse.db")
        do {
            let warehouse = try Warehouse(path: path, access: .readWrite)
            try warehouse.connection.execute("UPDATE TH_FORMAT SET VERSION = 99")
        }
        for access in [Connection.Access.readOnly, .readWrite] {
            let error = #expect(throws: WarehouseError.self) { _ = try Warehouse(path: path, access: access) }
            #expect(error?.code == .unsupportedFormat)
            #expect(
                error?.message.contains("format 99") == true && error?.message.contains("newer build") == true
            )
        }
    }
}
