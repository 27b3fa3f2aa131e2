import DurableIO
import SQLiteKit
import Warehouse

/// Runs statements on a warehouse and prints their results.
final class SQLSession {
    let warehouse: Warehouse
    var form: ResultForm

    private static let sampleRows = 1000

    init(_ warehouse: Warehouse, form: ResultForm) {
        self.warehouse = warehouse
        self.form = form
    }

    /// Runs every statement of `sql`.
    ///
    /// - Throws: `Failure`, with the place in the statement, where one fails; those before it have been run.
    func run(_ sql: String) throws {
        defer { StandardOutput.shared.flush() }
        do {
            var position = 0
            var resultCount = 0
            while let (statement, end) = try warehouse.connection.prepareFirst(sql, from: position) {
                position = end
                if statement.columnNames.isEmpty {
                    try statement.run()
                } else {
                    if resultCount > 0, form == .table { StandardOutput.shared.writeLine() }
                    try print(statement)
                    resultCount += 1
                }
            }
        } catch let error as SQLiteError {
            throw Self.failure(error)
        }
    }

    private static func failure(_ error: SQLiteError) -> Failure {
        if error.isInterrupted { return Failure(.interrupted, "interrupted") }
        if error.isReadOnly {
            return Failure(
                .statementFailed,
                "the warehouse is open for reading only; --write allows statements that change it")
        }
        var message = error.description
        if let position = error.position, let sql = error.sql {
            let lines = sql.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
            let line = String(decoding: lines[position.line - 1], as: UTF8.self).replacing("\r", with: "")
            message +=
                "\n  \(line)\n  "
                + String(repeating: " ", count: position.column - 1) + "^"
        }
        return Failure(.statementFailed, message)
    }

    private func print(_ statement: Statement) throws {
        switch form {
        case .table: try printTable(statement)
        case .csv: try printCSV(statement)
        case .json: try printJSON(statement)
        case .ndjson: try printLines(statement)
        }
    }

    private func step(_ statement: Statement) throws -> Bool {
        if Interruption.isRequested { throw SQLiteError(extendedCode: 9, message: "interrupted") }
        return try statement.step()
    }

    private func printTable(_ statement: Statement) throws {
        var sample: [[SQLiteValue]] = []
        while sample.count < Self.sampleRows, try step(statement) { sample.append(statement.row) }
        let alignments = statement.columnNames.indices.map { column in
            let values = sample.map { $0[column] }.filter { $0 != .null }
            let isNumber = !values.isEmpty && values.allSatisfy(\.isNumber)
            return isNumber ? TextTable.Alignment.right : .left
        }
        let cells = sample.map { $0.map(\.shown) }
        let table = TextTable(statement.columnNames, alignments: alignments, sample: cells)
        let output = StandardOutput.shared
        output.write(table.heading)
        for row in cells { output.writeLine(table.line(row)) }
        var count = sample.count
        while count >= Self.sampleRows, try step(statement) {
            output.writeLine(table.line(statement.row.map(\.shown)))
            count += 1
        }
        output.writeLine(Style.dim("(\(Format.grouped(count)) row\(count == 1 ? "" : "s"))"))
    }

    private func printCSV(_ statement: Statement) throws {
        let output = StandardOutput.shared
        output.writeLine(statement.columnNames.map(Self.quotedCSV).joined(separator: ","))
        while try step(statement) {
            output.writeLine(
                statement.row.map { $0 == .null ? "" : Self.quotedCSV($0.shown) }.joined(separator: ","))
        }
    }

    private static func quotedCSV(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else {
            return text
        }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private func printJSON(_ statement: Statement) throws {
        let output = StandardOutput.shared
        var isFirst = true
        output.write("[")
        while try step(statement) {
            output.write(isFirst ? "\n" : ",\n")
            output.write(object(statement).text())
            isFirst = false
        }
        output.writeLine("\n]")
    }

    private func printLines(_ statement: Statement) throws {
        while try step(statement) { StandardOutput.shared.writeLine(object(statement).text()) }
    }

    private func object(_ statement: Statement) -> JSON {
        .object(zip(statement.columnNames, statement.row).map { ($0, JSON($1)) })
    }
}

extension SQLiteValue {
    fileprivate var isNumber: Bool {
        switch self {
        case .integer, .real: true
        default: false
        }
    }

    /// The value as it is shown.
    fileprivate var shown: String {
        switch self {
        case .null: "NULL"
        case .integer(let value): String(value)
        case .real(let value): "\(value)"
        case .text(let value): value
        case .blob(let value): "x'\(value.hexadecimal)'"
        }
    }
}
