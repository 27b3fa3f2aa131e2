import JSON
import ArgumentParser
import DurableIO
import Modeling
import Pipeline
import SQLiteKit
import Warehouse

struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build bronze, silver and gold from the raw table.",
        discussion: """
            Builds the models, each behind those that it reads, in one transaction: a view, or a table that is made \
            anew, or an incremental one into which the raw rows are merged that have come since it was built last. \
            With --full-refresh incremental models, too, are made anew from all raw rows. `tapehouse replay` builds \
            by itself.

            Models are selected as in dbt: NAME, +NAME with all that it reads, NAME+ with all that reads it, 2+NAME \
            and NAME+1 so many steps, @NAME, and patterns such as 'gold_*'; blanks unite criteria, commas take what \
            they have in common.

            EXAMPLES
              tapehouse build
              tapehouse build --full-refresh
              tapehouse build --select gold_kpi gold_candlestick
              tapehouse build --full-refresh --select silver_clean_stock_quotes+ --json
              tapehouse build --select 'gold_*' --exclude gold_treechart
            """)

    @OptionGroup var data: DataDirectoryOptions

    @OptionGroup var wait: WaitOptions

    @Option(
        name: .shortAndLong, parsing: .upToNextOption,
        help: ArgumentHelp("Only these models. (default: all)", valueName: "criteria"),
        completion: .list(BuildCommand.modelNames))
    var select: [String] = []

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("None of these models.", valueName: "criteria"),
        completion: .list(BuildCommand.modelNames))
    var exclude: [String] = []

    @Flag(name: .customLong("full-refresh"), help: "Make incremental models anew from all raw rows.")
    var isFullRefresh = false

    @OptionGroup var output: JSONOptions

    private static var modelNames: [String] { (try? StockModels.project().models.map(\.name)) ?? [] }

    func run() throws {
        let directory = DataDirectory(data.resolved)
        guard try FileSystem.local.kind(of: directory.warehouse) == .file else {
            throw Failure(
                .noInput,
                "there is no warehouse in \(directory.path): replay a recording first, or name another with --data-dir"
            )
        }
        let project = try StockModels.project()
        let selection = Selection(select: select, exclude: exclude)
        do {
            _ = try selection.models(of: project)
        } catch let error as ModelError {
            throw Failure(.usage, error.description)
        }
        Interruption.install()
        let lock = try wait.untilFree { try directory.lock(purpose: "tapehouse build") }
        let start = ContinuousClock.now
        let results = try withExtendedLifetime(lock) { try build(project, selection, directory) }
        let report = BuildReport(
            results: results, directory: FileSystem.local.absolutePath(directory.path),
            duration: ContinuousClock.now - start)
        if output.isJSON {
            StandardOutput.shared.writeJSON([report.json])
        } else {
            StandardOutput.shared.write(report.text)
        }
    }

    private func build(_ project: Project, _ selection: Selection, _ directory: DataDirectory) throws
        -> [ModelResult]
    {
        let warehouse = try Warehouse(path: directory.warehouse, access: .readWrite)
        var options = Session.Options()
        options.changesModels = true
        let session = warehouse.makeSession(options)
        let watch = InterruptionWatch(session.interrupter)
        defer { watch.stop() }
        let results = try Builder(project, in: warehouse, session: session).build(
            builtAt: Pipeline.timestamp(), selection: selection, isFullRefresh: isFullRefresh
        ) { _ in
            if Interruption.isRequested { throw Interrupted() }
        }
        try warehouse.checkpoint()
        return results
    }
}

/// What a build did, as text and as JSON.
struct BuildReport {
    let results: [ModelResult]
    let directory: String
    let duration: Duration

    var text: String { Self.table(results) }

    var json: OrderedJSON {
        .object([
            ("data_dir", .string(directory)), ("models", Self.json(results)),
            ("seconds", .number(duration.seconds)),
        ])
    }

    static func table(_ models: [ModelResult]) -> String {
        let rows = models.map { model in
            [
                model.name, model.materialization, model.rowsChanged.map(Format.grouped) ?? "",
                model.rows.map(Format.grouped) ?? "", Format.duration(model.duration),
            ]
        }
        return TextTable.render(
            ["model", "made as", "written", "rows", "time"],
            alignments: [.left, .left, .right, .right, .right], rows)
    }

    static func json(_ models: [ModelResult]) -> OrderedJSON {
        .array(
            models.map { model in
                .object([
                    ("model", .string(model.name)), ("materialization", .string(model.materialization)),
                    ("rows_written", model.rowsChanged.map { .integer($0) } ?? .null),
                    ("rows", model.rows.map { .integer($0) } ?? .null),
                    ("seconds", .number(model.duration.seconds)),
                ])
            })
    }
}
