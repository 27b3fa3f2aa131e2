import ColumnStore
import SQLEngine
import SQLiteKit

/// What a compaction has done.
public struct CompactionResult: Sendable, Equatable {
    /// Row groups taken away.
    public let groupsBefore: Int
    /// Row groups that have come in their place.
    public let groupsAfter: Int
    /// Rows written anew.
    public let rowsWritten: Int
    /// Deleted rows that take up space no more.
    public let rowsRemoved: Int
}

extension Session {
    /// Writes a table's small row groups, and those with many deleted rows, anew; sorted by the table's
    /// clustering keys, where
    /// it has some.
    ///
    /// - Parameter table: the name as in SQL; what is missing of it is the session's database and schema.
    /// - Throws: `SQLError` where there is no such table, or the warehouse can only be read.
    @discardableResult
    public func compact(table: String) throws -> CompactionResult {
        try translatingErrors {
            let name = try SQLParser.parseObjectName(table)
            return try inTransaction {
                let object = try StatementRun(self, table).table(name)
                guard let id = object.table else {
                    throw SQLError(.invalid, "\(object.name.description) is no table")
                }
                let keys = object.clusterKeys
                let columns = try store.columns(of: object)
                let summary = try database.compact(
                    id, clusterBy: keys.compactMap { key in columns.first { $0.name == key }?.id })
                return CompactionResult(
                    groupsBefore: summary.groupsBefore, groupsAfter: summary.groupsAfter,
                    rowsWritten: summary.rowsWritten,
                    rowsRemoved: summary.rowsRemoved)
            }
        }
    }

    private func translatingErrors<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as ColumnStoreError {
            throw SQLError(.storage, error.message)
        } catch let error as SQLiteError {
            throw Self.translated(error)
        }
    }

    private func inTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        try warehouse.connection.isIdle ? warehouse.connection.transaction(body) : warehouse.savepoint(body)
    }
}

extension Warehouse {
    /// Writes a table's small row groups, and those with many deleted rows, anew: see `Session.compact(table:)`.
    @discardableResult
    public func compact(table: String) throws -> CompactionResult { try makeSession().compact(table: table) }

    /// Reads and decodes everything that is stored.
    ///
    /// - Returns: what is damaged, each with the table, the column and the row group; empty where all is well.
    public func verify() throws -> [String] {
        try readTransaction {
            var reports = try connection.rows("PRAGMA integrity_check").map { $0[0].string }.filter {
                $0 != "ok"
            }
            let store = CatalogStore(connection)
            for object in try store.objects(.relation) {
                guard let table = object.table else { continue }
                let names = Dictionary(
                    try store.columns(of: object).compactMap { column in column.id.map { ($0, column.name) }
                    },
                    uniquingKeysWith: { first, _ in first })
                reports += try columns.verify(table).map { report in
                    let path = ([report.column.flatMap { names[$0] } ?? ""] + report.path).filter {
                        !$0.isEmpty
                    }
                    let place =
                        object.name.description
                        + (path.isEmpty ? "" : ", column \(path.joined(separator: ":"))")
                    return "\(place): \(report.message)"
                }
            }
            return reports
        }
    }
}
