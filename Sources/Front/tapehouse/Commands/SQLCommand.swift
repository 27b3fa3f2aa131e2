import ArgumentParser
import DurableIO
import Pipeline
import SQLiteKit
import Warehouse

struct SQLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Ask the warehouse.",
        discussion: """
            Runs one or more statements and prints their results as tables, or in another form. Without a statement it reads them \
            from standard input; on a terminal it is a prompt with history (.help tells more). Statements are written in Snowflake's dialect; \
            --functions lists the functions. Tables of the pipeline are found with and without \
            their schema, STOCKS_MDS.COMMON.

            The warehouse is opened for reading, which never disturbs a replay that goes on; --write allows changes.

            EXAMPLES
              tapehouse sql "SELECT * FROM gold_kpi ORDER BY change_percent DESC"
              tapehouse sql --csv "SELECT * FROM gold_candlestick" > candles.csv
              tapehouse sql "SELECT reason, count(*) FROM load_rejects GROUP BY reason"
              tapehouse sql < report.sql
              tapehouse sql --bench 5 "SELECT count(*) FROM silver_clean_stock_quotes"
              tapehouse sql --functions date
              tapehouse sql
            """)

    @Argument(help: "The statements, with semicolons between them.")
    var statements: String?

    @OptionGroup var data: DataDirectoryOptions

    @OptionGroup var wait: WaitOptions

    @Flag(exclusivity: .exclusive, help: "The form of the results.")
    var form = ResultForm.table

    @Flag(help: "Allow statements that change the warehouse.")
    var write = false

    @Option(
        help: ArgumentHelp(
            "The most threads that a query uses; as many as there are processors if not given.",
            valueName: "n"))
    var threads: Int?

    @Option(
        name: .customLong("memory-limit"),
        help: ArgumentHelp(
            "What a statement may hold in memory to sort, join and aggregate before it uses temporary files.",
            valueName: "size"))
    var memoryLimit = ByteCountArgument(bytes: Session.Options().memoryLimit)

    @Option(
        help: ArgumentHelp(
            "Run each statement so often, and print the seconds of each round as a line of JSON instead of its rows.",
            valueName: "rounds"))
    var bench: Int?

    @Flag(
        help:
            "List the functions, those whose name contains the statement where one is given, and do nothing else."
    )
    var functions = false

    func validate() throws {
        guard threads.map({ (1...1024).contains($0) }) ?? true else {
            throw ValidationError("--threads is 1 to 1024.")
        }
        guard bench.map({ (1...1_000_000).contains($0) }) ?? true else {
            throw ValidationError("--bench is 1 to 1000000.")
        }
        guard bench == nil || form == .table else {
            throw ValidationError("--bench prints no results; leave out the form of them.")
        }
    }

    private var options: Session.Options {
        var options = Session.Options()
        if let threads { options.threads = threads }
        options.memoryLimit = memoryLimit.bytes
        return options
    }

    func run() throws {
        if functions {
            StandardOutput.shared.write(FunctionTable.text(containing: statements ?? ""))
            return StandardOutput.shared.flush()
        }
        let directory = DataDirectory(data.resolved)
        guard try write || FileSystem.local.kind(of: directory.warehouse) == .file else {
            throw Failure(
                .noInput,
                "there is no warehouse in \(directory.path): replay a recording first, or name another with --data-dir"
            )
        }
        let lock = write ? try wait.untilFree { try directory.lock(purpose: "tapehouse sql --write") } : nil
        let warehouse = try Warehouse(path: directory.warehouse, access: write ? .readWrite : .readOnly)
        try withExtendedLifetime(lock) {
            let session = SQLSession(warehouse, form: form, options: options)
            if let bench {
                try SQLBench(rounds: bench, session: session.session).run(
                    try statements ?? Self.readStandardInput())
            } else if let statements {
                try session.run(statements)
            } else if Terminal.isInput {
                try SQLPrompt(session).run()
            } else {
                try session.run(try Self.readStandardInput())
            }
        }
    }

    private static func readStandardInput() throws -> String {
        let input = try FileSystem.local.standardInput()
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = try piece.withUnsafeMutableBytes { try input.readNext(into: $0) }
            if count == 0 { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// How results are printed.
enum ResultForm: String, EnumerableFlag {
    case table
    case csv
    case json
    case ndjson

    static func help(for value: ResultForm) -> ArgumentHelp? {
        switch value {
        case .table: "As a table (the usual)."
        case .csv: "As CSV with a header (RFC 4180)."
        case .json: "As one JSON array of objects a statement."
        case .ndjson: "As a JSON object a line."
        }
    }
}
