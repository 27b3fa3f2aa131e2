import TestSupport
import Testing

@testable import Warehouse

/// Thousands of queries by chance, answered also by DuckDB and SQLite. `TAPEHOUSE_ORACLE_PYTHON` names a
/// Python that has what `Tests/Support/Oracles/requirements.txt` lists; skipped where it is not set.
/// `TAPEHOUSE_SQL_QUERIES` asks for more queries, `TAPEHOUSE_SQL_SEED` for others.
@Suite(.enabled(if: environment("TAPEHOUSE_ORACLE_PYTHON") != nil, "TAPEHOUSE_ORACLE_PYTHON is not set"))
struct DifferentialTests {
    @Test func othersAnswerTheSame() throws {
        let run = DifferentialRun(
            seed: environment("TAPEHOUSE_SQL_SEED").flatMap(UInt64.init) ?? 1,
            count: environment("TAPEHOUSE_SQL_QUERIES").flatMap(Int.init) ?? 3000,
            directory: try TemporaryDirectory(), python: try #require(environment("TAPEHOUSE_ORACLE_PYTHON")))
        let outcome = try run.run()
        for fault in outcome.faults.prefix(20) { Issue.record("seed \(run.seed):\n\(fault)") }
        #expect(
            outcome.faults.isEmpty,
            "\(outcome.faults.count) of \(outcome.asked) queries are answered otherwise")
        // What an oracle refuses says nothing: most must have been answered.
        #expect((outcome.compared["duckdb"] ?? 0) * 10 >= outcome.asked * 9, "\(outcome.refusals)")
        #expect((outcome.compared["sqlite"] ?? 0) * 20 >= outcome.asked, "\(outcome.compared)")
    }
}
