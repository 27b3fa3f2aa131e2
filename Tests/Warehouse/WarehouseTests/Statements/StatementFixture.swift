import SQLEngine
import TestSupport
import SQLiteKit
import Testing
import Vectors

@testable import Warehouse

/// A warehouse of its own, with a session.
struct StatementFixture {
    let directory: TemporaryDirectory
    let warehouse: Warehouse
    let session: Session

    init() throws {
        directory = try TemporaryDirectory()
        warehouse = try Warehouse(path: directory.file("w.db"), access: .readWrite)
        session = warehouse.makeSession()
    }

    /// The rows of the last of some statements, as text; NULL as "NULL".
    @discardableResult
    func run(_ script: String) throws -> [[String]] {
        var result: [[String]] = []
        for statement in Session.statements(of: script) {
            result = try session.query(statement.text).rows.map { $0.map(\.description) }
        }
        return result
    }

    /// Rows as lines, with blanks between the values.
    func lines(_ script: String) throws -> [String] { try run(script).map { $0.joined(separator: " ") } }

    /// The error of a statement that fails.
    func failure(_ statement: String) -> SQLError? {
        do {
            _ = try session.query(statement)
            return nil
        } catch {
            return error as? SQLError
        }
    }

    /// A column of a result by its name.
    func column(_ name: String, of statement: String) throws -> [String] {
        let result = try session.query(statement)
        let place = try #require(result.columns.firstIndex { $0.name == name })
        return result.rows.map { $0[place].description }
    }
}
