import SQLEngine
import Vectors
import Warehouse

/// Runs statements on a warehouse and prints their results.
final class SQLSession {
    let warehouse: Warehouse
    let session: Session
    var form: ResultForm

    init(_ warehouse: Warehouse, form: ResultForm, options: Session.Options = Session.Options()) {
        self.warehouse = warehouse
        self.form = form
        session = warehouse.makeSession(options)
    }

    /// Runs every statement of `sql`.
    ///
    /// - Throws: `Failure`, with the place in the statement, where one fails; those before it have been run.
    func run(_ sql: String) throws {
        defer { StandardOutput.shared.flush() }
        var printer: ResultPrinter?
        var resultCount = 0
        do {
            for statement in Session.statements(of: sql) {
                printer = nil
                let outcome = try session.run(statement.text, at: statement.position) { outcome, rows in
                    if Interruption.isRequested { session.interrupter() }
                    let current = printer ?? makePrinter(outcome, isFirst: resultCount == 0)
                    printer = current
                    current.print(rows)
                }
                if outcome.columns.isEmpty {
                    if let message = outcome.message, Terminal.isOutput, form == .table {
                        StandardError.writeLine(message)
                    }
                    continue
                }
                (printer ?? makePrinter(outcome, isFirst: resultCount == 0)).finish()
                // Whatever becomes of the next statement, this result is out.
                StandardOutput.shared.flush()
                resultCount += 1
            }
        } catch {
            printer?.breakOff()
            if let error = error as? SQLError { throw Self.failure(error, in: sql) }
            throw error
        }
    }

    private func makePrinter(_ outcome: StatementOutcome, isFirst: Bool) -> ResultPrinter {
        ResultPrinter(outcome.columns, form, zone: session.zone, isFirst: isFirst)
    }

    static func failure(_ error: SQLError, in sql: String) -> Failure {
        if error.code == .interrupted { return Failure(.interrupted, "interrupted") }
        if error.code == .storage, error.message.hasSuffix("open for reading only") {
            return Failure(.statementFailed, "\(error.message); --write allows statements that change it")
        }
        guard let place = error.place(in: sql) else { return Failure(.statementFailed, error.message) }
        let lines = sql.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        let line = String(decoding: lines[place.line - 1], as: UTF8.self).replacing("\r", with: "")
        return Failure(
            .statementFailed,
            "\(error.message), at line \(place.line), column \(place.column)\n  \(line)\n  "
                + String(repeating: " ", count: place.column - 1) + "^")
    }
}
