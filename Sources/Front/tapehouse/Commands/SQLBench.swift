import JSON
import SQLEngine
import Vectors
import Warehouse

/// The measurements of `tapehouse sql --bench`.
///
/// Every statement is run several times over before the next one is, in one process: what the first run has
/// to read into
/// memory the others find there. Its rows are made to the last and dropped, so what is measured is the query
/// and not its
/// printing.
struct SQLBench {
    /// How often each statement is run.
    let rounds: Int
    let session: Session

    /// Runs the statements of a script, and prints a line of JSON for each: its text, how many rows it gave,
    /// and the seconds
    /// of each round from the text to the last row.
    ///
    /// - Throws: `Failure` with the place in the script where a statement fails; those before it have been measured.
    func run(_ script: String) throws {
        do {
            try measure(script)
        } catch let error as SQLError {
            throw SQLSession.failure(error, in: script)
        }
    }

    private func measure(_ script: String) throws {
        let output = StandardOutput.shared
        for statement in Session.statements(of: script) {
            var seconds: [OrderedJSON] = []
            var rows = 0
            for _ in 0..<rounds {
                rows = 0
                let start = ContinuousClock.now
                let outcome = try session.run(statement.text, at: statement.position) { _, batch in
                    if Interruption.isRequested { session.interrupter() }
                    rows += batch.count
                }
                seconds.append(.number((ContinuousClock.now - start).seconds))
                rows = outcome.changedRows ?? rows
            }
            let line = OrderedJSON.object([
                ("statement", .string(statement.text)), ("rows", .integer(rows)),
                ("seconds", .array(seconds)),
            ])
            output.writeLine(line.text)
            output.flush()
        }
    }
}
