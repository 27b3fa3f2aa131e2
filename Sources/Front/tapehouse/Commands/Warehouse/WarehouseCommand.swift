import JSON
import ArgumentParser
import DurableIO
import Pipeline
import SQLiteKit
import Warehouse

struct WarehouseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warehouse",
        abstract: "Look after the warehouse: its tables and its soundness.",
        discussion: """
            Both commands only look on, beside whoever writes; `tapehouse sql` asks the warehouse itself.

            EXAMPLES
              tapehouse warehouse tables
              tapehouse warehouse verify --json
            """,
        subcommands: [WarehouseTablesCommand.self, WarehouseVerifyCommand.self])
}

extension DataDirectoryOptions {
    /// Opens the warehouse to look at it.
    fileprivate func openWarehouse() throws -> Warehouse {
        try Warehouse(path: DataDirectory(resolved).warehouse, access: .readOnly)
    }
}

struct WarehouseTablesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tables",
        abstract: "List the tables and views of the pipeline's schema with their rows.",
        discussion: """
            EXAMPLES
              tapehouse warehouse tables
              tapehouse warehouse tables --json
            """)

    @OptionGroup var data: DataDirectoryOptions

    @OptionGroup var output: JSONOptions

    func run() throws {
        let tables = try data.openWarehouse().tables()
        if output.isJSON {
            return StandardOutput.shared.writeJSON(
                tables.map { table in
                    .object([
                        ("name", .string(table.name)), ("kind", .string(table.kind)),
                        ("rows", .integer(table.rows)),
                    ])
                })
        }
        let rows = tables.map { [$0.name, $0.kind, Format.grouped(Int($0.rows))] }
        let table = TextTable(["NAME", "KIND", "ROWS"], alignments: [.left, .left, .right], sample: rows)
        StandardOutput.shared.write(table.heading)
        for row in rows { StandardOutput.shared.writeLine(table.line(row)) }
    }
}

struct WarehouseVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check all that the warehouse stores.",
        discussion: """
            Reads all of it: SQLite's own structure, and of each table the checksums, every value, and what its directory \
            says of them. Exits with 65 where something is damaged. Nothing is repaired: a damaged warehouse is restored from a copy, \
            or made anew by replaying the log or the recordings.

            EXAMPLES
              tapehouse warehouse verify
              tapehouse warehouse verify --data-dir week --json
            """)

    @OptionGroup var data: DataDirectoryOptions

    @OptionGroup var output: JSONOptions

    func run() throws {
        let warehouse = try data.openWarehouse()
        let problems = try warehouse.verify()
        if output.isJSON {
            StandardOutput.shared.writeJSON([
                .object([
                    ("path", .string(warehouse.path)), ("problems", .array(problems.map(OrderedJSON.string))),
                ])
            ])
        } else {
            for problem in problems { StandardOutput.shared.writeLine("\(Style.red("✘")) \(problem)") }
            StandardOutput.shared.writeLine(
                "\(warehouse.path): "
                    + (problems.isEmpty ? Style.green("no damage") : Style.red("\(problems.count) problems")))
        }
        if !problems.isEmpty { throw Failure(.badData) }
    }
}
