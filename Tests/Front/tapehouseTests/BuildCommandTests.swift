import DurableIO
import TestSupport
import Testing

/// `tapehouse build`, and what a replay says of recordings that are none.
@Suite struct BuildCommandTests {
    private let directory: TemporaryDirectory
    private var data: String { directory.file("data") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func run(_ arguments: String...) throws -> Subprocess.Outcome {
        try Subprocess.run(arguments + ["--data-dir", data])
    }

    private func write(_ content: String, _ name: String) throws -> String {
        try directory.write(content, to: name)
    }

    @Test func modelsAreSelectedAndMadeAnew() throws {
        #expect(try run("build").status == 66)
        #expect(try run("replay", ProjectFiles.fixture("dirty.ndjson")).status == 0)
        let all = try run("build", "--full-refresh")
        #expect(all.status == 0)
        #expect(all.output.contains("silver_clean_stock_quotes"))
        let some = try run(
            "build", "--select", "+gold_kpi", "gold_treechart", "--exclude", "bronze_*", "--json")
        #expect(some.status == 0)
        #expect(some.output.contains(#""model":"silver_clean_stock_quotes""#))
        #expect(some.output.contains(#""model":"gold_treechart""#))
        #expect(!some.output.contains("candlestick") && !some.output.contains("bronze"))
        let wrong = try run("build", "--select", "gold_kpis")
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("no model is named gold_kpis: there are bronze_stg_stock_quotes"))
        let help = try Subprocess.run(["build", "--help"])
        #expect(help.output.contains("tapehouse build --select gold_kpi gold_candlestick"))
    }

    @Test func tablesOfThePipelineAreGuarded() throws {
        #expect(try run("replay", ProjectFiles.fixture("dirty.ndjson")).status == 0)
        let outcome = try run("sql", "--write", "DELETE FROM silver_clean_stock_quotes")
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.contains(
                "`tapehouse build --full-refresh --select silver_clean_stock_quotes` makes it anew"))
    }

    @Test func aRecordingThatIsNoneIsNamed() throws {
        let csv = try write("symbol,price,time\nAAPL,1,2\n", "q.csv")
        let outcome = try run("replay", csv)
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("q.csv has no quote: it looks like CSV"))
        let error = try run(
            "replay", try write(#"{"error":"You don't have access to this resource."}"#, "e.json"))
        #expect(error.status == 65)
        #expect(error.errors.contains("You don't have access"))
    }

    @Test func symbolsThatNothingHasAreSaid() throws {
        let outcome = try run("replay", ProjectFiles.fixture("simulated.ndjson"), "--symbols", "aapl,MSFT")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("no quote is of aapl; there are "))
        #expect(outcome.errors.contains("AAPL"))
    }

    @Test(arguments: ["0", "1h", "x"]) func anIntervalIsChecked(text: String) throws {
        #expect(try run("replay", "x", "--flush-interval", text).status == 64)
    }
}
