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
            from standard input; on a terminal it is a prompt with history (.help tells more). Statements are SQLite's, with \
            STDDEV_POP added and ROUND rounding the decimal number half away from zero. Tables are found with and without the \
            schema, COMMON.

            The warehouse is opened for reading, which never disturbs a replay that goes on; --write allows changes.

            EXAMPLES
              tapehouse sql "SELECT * FROM gold_kpi ORDER BY change_percent DESC"
              tapehouse sql --csv "SELECT * FROM gold_candlestick WHERE symbol = 'AAPL'" > aapl.csv
              tapehouse sql "SELECT reason, count(*) FROM COMMON.LOAD_REJECTS GROUP BY reason"
              tapehouse sql < report.sql
              tapehouse sql
            """)

    @Argument(help: "The statements, with semicolons between them.")
    var statements: String?

    @OptionGroup var data: DataDirectoryOptions

    @Flag(exclusivity: .exclusive, help: "The form of the results.")
    var form = ResultForm.table

    @Flag(help: "Allow statements that change the warehouse.")
    var write = false

    func run() throws {
        let directory = DataDirectory(data.resolved)
        guard try FileSystem.local.kind(of: directory.warehouse) == .file else {
            throw Failure(
                .noInput,
                "there is no warehouse in \(directory.path): replay a recording first, or name another with --data-dir"
            )
        }
        let lock = write ? try directory.lock(purpose: "tapehouse sql --write") : nil
        let warehouse = try Warehouse(path: directory.warehouse, access: write ? .readWrite : .readOnly)
        try withExtendedLifetime(lock) {
            let session = SQLSession(warehouse, form: form)
            if let statements {
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
