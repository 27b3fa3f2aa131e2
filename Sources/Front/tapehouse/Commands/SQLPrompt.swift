import SQLEngine
import SQLiteKit
import Warehouse

/// The interactive form of `tapehouse sql`.
final class SQLPrompt {
    private let session: SQLSession
    private let editor: LineEditor

    init(_ session: SQLSession) {
        self.session = session
        let home = Environment["HOME"].map { "\($0)/.tapehouse_history" }
        editor = LineEditor(
            KeyReader(RawTerminal.next), history: History(path: Environment["TAPEHOUSE_HISTORY"] ?? home),
            size: { Terminal.size }, write: StandardError.write)
    }

    private static let help = """
        End a statement with a semicolon; it may have several lines. Ctrl-C drops what is typed or stops what runs.
          .tables             tables and views with their rows
          .schema [NAME]      the statements that make them
          .functions [NAME]   functions, all or those whose names contain a word
          .mode FORM          table, csv, json or ndjson
          .help               this text
          .quit, quit, exit   leaves, as Ctrl-D does
        """

    func run() throws {
        StandardError.writeLine("tapehouse \(Tapehouse.version): \(session.warehouse.path)")
        StandardError.writeLine("End a statement with a semicolon; .help tells more.")
        Interruption.install()
        let (connection, running) = (session.warehouse.connection.interrupter, session.session.interrupter)
        let interrupt: @Sendable () -> Void = {
            running()
            connection.interrupt()
        }
        while true {
            let result = RawTerminal.run {
                editor.read(
                    prompt: "tapehouse> ", continuation: "      ...> ", isComplete: Self.isComplete)
            }
            switch result ?? .end {
            case .end: return StandardOutput.shared.flush()
            case .cancelled: continue
            case .text(let text):
                editor.remember(text)
                if Self.isFarewell(text) { return StandardOutput.shared.flush() }
                if text.hasPrefix(".") {
                    if try !command(text) { return StandardOutput.shared.flush() }
                } else {
                    runInterruptibly(text, interrupt)
                }
            }
        }
    }

    /// Whether Enter ends a text: a command, a word that leaves, or statements with their semicolons.
    static func isComplete(_ text: String) -> Bool {
        text.hasPrefix(".") || text.allSatisfy(\.isWhitespace) || isFarewell(text) || Session.isComplete(text)
    }

    private static func isFarewell(_ text: String) -> Bool {
        let words = text.split { $0.isWhitespace || $0 == ";" }.map { $0.lowercased() }
        return words == ["exit"] || words == ["quit"]
    }

    private func runInterruptibly(_ sql: String, _ interrupt: @escaping @Sendable () -> Void) {
        Interruption.clear()
        let watch = InterruptionWatch(interrupt)
        defer { watch.stop() }
        do {
            try session.run(sql)
        } catch let failure as Failure {
            StandardError.writeLine(failure.message)
        } catch {
            StandardError.writeLine("\(error)")
        }
        Interruption.clear()
    }

    /// Runs a command that begins with a dot; whether the prompt goes on.
    private func command(_ line: String) throws -> Bool {
        let words = line.split(separator: " ")
        switch words.first {
        case ".quit", ".exit": return false
        case ".tables":
            let rows = try session.warehouse.tables().map {
                [$0.name, $0.kind, Format.grouped(Int($0.rows))]
            }
            StandardOutput.shared.write(
                TextTable.render(["name", "kind", "rows"], alignments: [.left, .left, .right], rows))
        case ".schema":
            do {
                let definitions = try session.session.definitions(
                    of: words.count > 1 ? String(words[1]) : nil)
                for definition in definitions { StandardOutput.shared.writeLine(definition) }
            } catch let error as SQLError {
                StandardError.writeLine(error.message)
            }
        case ".functions":
            StandardOutput.shared.write(
                FunctionTable.text(containing: words.count > 1 ? String(words[1]) : ""))
        case ".mode":
            if words.count == 2, let form = ResultForm(rawValue: String(words[1])) {
                session.form = form
            } else {
                StandardError.writeLine("the forms are table, csv, json and ndjson")
            }
        case ".help": StandardOutput.shared.writeLine(Self.help)
        default: StandardError.writeLine("there is no \(line); .help lists the commands")
        }
        StandardOutput.shared.flush()
        return true
    }
}
