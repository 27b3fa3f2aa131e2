import DurableIO
import SQLiteKit
import TestSupport
import Vectors

import SQLiteKit
@testable import Warehouse

/// A warehouse with a session, and a folder `in` whose files the stage S reads.
final class StageTesting {
    let directory: TemporaryDirectory
    let warehouse: Warehouse
    let session: Session

    init(_ options: Session.Options = Session.Options()) throws {
        directory = try TemporaryDirectory()
        warehouse = try Warehouse(path: directory.file("w.db"), access: .readWrite)
        session = warehouse.makeSession(options)
        try FileSystem.local.createDirectory(directory.file("in"))
        try run("CREATE STAGE S URL = 'file://\(directory.file("in"))/'")
    }

    func write(_ name: String, _ content: String) throws { try write(name, Array(content.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let path = directory.file("in/\(name)")
        try FileSystem.local.createDirectory(FileSystem.parent(of: path))
        _ = try directory.write(bytes, to: "in/\(name)")
    }

    /// The rows as text, values separated by bars.
    @discardableResult
    func run(_ sql: String) throws -> [String] {
        try session.query(sql).rows.map { row in row.map(Self.text).joined(separator: "|") }
    }

    private static func text(_ value: Scalar) -> String {
        if case .json(let text) = value { return text }
        return value.description
    }

    /// The rows of a table, in their order.
    func rows(_ table: String, _ columns: String = "*") throws -> [String] {
        try run("SELECT \(columns) FROM \(table)")
    }

    /// Status, rows parsed, rows loaded and errors of each file, without the folder's name.
    func copy(_ sql: String) throws -> [String] {
        let result = try session.query(sql)
        return result.rows.map { row in
            guard row.count == 10 else { return row.map(Self.text).joined(separator: "|") }
            return
                ([row[0].description.split(separator: "/").last.map(String.init) ?? ""]
                + [1, 2, 3, 5].map { row[$0].description })
                .joined(separator: "|")
        }
    }
}
