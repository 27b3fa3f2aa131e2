import DurableIO
import SQLEngine
import SQLiteKit
import TestSupport
import JSON
import Vectors
import Warehouse

/// Queries by chance, answered by this engine and by others.
struct DifferentialRun {
    struct Outcome {
        var asked = 0
        /// How many queries each engine answered.
        var compared: [String: Int] = [:]
        /// What an engine refused, and how often.
        var refusals: [String: Int] = [:]
        var faults: [String] = []
    }

    private struct Question {
        var query: GeneratedQuery
        var schema: Int
    }

    private static let queriesPerSchema = 40

    let seed: UInt64
    let count: Int
    let directory: TemporaryDirectory
    let python: String

    func run() throws -> Outcome {
        var generator = QueryGenerator(seed: seed)
        var tables: [[GeneratedTable]] = []
        var questions: [Question] = []
        while questions.count < count {
            generator.makeSchema(tables.count)
            tables.append(generator.tables)
            for _ in 0..<min(Self.queriesPerSchema, count - questions.count) {
                questions.append(Question(query: generator.query(), schema: tables.count - 1))
            }
        }
        generator.makeSchema(tables.count + 1)
        let large = QueryGenerator.largeTable("large")
        tables.append(generator.tables + [large])
        for _ in 0..<(count / 150) {
            questions.append(Question(query: generator.query(over: large), schema: tables.count - 1))
        }
        let answers = try ask(tables.flatMap { $0 }, questions)
        let warehouse = try Warehouse(path: directory.file("differential.db"), access: .readWrite)
        let sessions = [(1, 1 << 30), (3, 1 << 30), (2, 1 << 14)].map { threads, memory in
            var options = Session.Options()
            options.threads = threads
            options.memoryLimit = memory
            options.temporaryDirectory = directory.path
            return warehouse.makeSession(options)
        }
        try sessions[0].execute("BEGIN")
        for table in tables.flatMap({ $0 }) {
            try sessions[0].execute(table.creation)
            if let insertion = table.insertion { try sessions[0].run(insertion) }
        }
        try sessions[0].execute("COMMIT")
        var outcome = Outcome(asked: questions.count)
        for (number, question) in questions.enumerated() {
            compare(question, answers[number] ?? [], sessions, number, tables[question.schema], &outcome)
        }
        return outcome
    }

    private func compare(
        _ question: Question, _ answers: [OracleAnswer], _ sessions: [Session], _ number: Int,
        _ tables: [GeneratedTable],
        _ outcome: inout Outcome
    ) {
        var result = Result { try sessions[number % sessions.count].query(question.query.text.ours) }
        // A join without keys cannot do with next to no memory, and says so.
        if case .failure(let error as SQLError) = result, error.code == .outOfMemory {
            result = Result { try sessions[0].query(question.query.text.ours) }
        }
        for answer in answers {
            guard let rows = answer.rows else {
                outcome.refusals["\(answer.engine): \(answer.message.prefix(60))", default: 0] += 1
                continue
            }
            outcome.compared[answer.engine, default: 0] += 1
            switch result {
            case .success(let found):
                if RowComparison.isSame(found.rows, rows, isOrdered: question.query.isOrdered) { continue }
                outcome.faults.append(
                    text(question, tables) + "\n-- we give \(found.rows.count) rows:\n"
                        + lines(found.rows.map { $0.map(\.description).joined(separator: " | ") })
                        + "\n-- \(answer.engine) gives \(rows.count):\n"
                        + lines(rows.map { $0.joined(separator: " | ") }))
            case .failure(let error):
                outcome.faults.append(
                    text(question, tables)
                        + "\n-- we fail: \(error)\n-- \(answer.engine) gives \(rows.count) rows")
            }
            break
        }
    }

    private func text(_ question: Question, _ tables: [GeneratedTable]) -> String {
        let named = tables.filter { question.query.text.ours.contains($0.name + " ") }
        return named.map { $0.creation + ";" + ($0.insertion.map { "\n\($0);" } ?? "") }.joined(
            separator: "\n")
            + "\n-- the query:\n\(question.query.text.ours);"
    }

    private func lines(_ rows: [String]) -> String {
        (rows.count > 40 ? rows.prefix(40) + ["…"] : rows[...]).joined(separator: "\n")
    }

    // MARK: The oracle

    private func ask(_ tables: [GeneratedTable], _ questions: [Question]) throws -> [Int: [OracleAnswer]] {
        let input = try directory.write(Self.json(tables, questions), to: "queries.json")
        let script = "\(ProjectFiles.root)/Tests/Support/Oracles/sql_oracle.py"
        let outcome = try Subprocess([python, script, input, directory.file("answers.txt")]).wait()
        guard outcome.status == 0 else { throw OracleFailure(message: outcome.errors) }
        let bytes = try FileSystem.local.contents(of: directory.file("answers.txt"))
        return OracleAnswer.read(String(decoding: bytes, as: UTF8.self))
    }

    struct OracleFailure: Error {
        var message: String
    }

    private static func json(_ tables: [GeneratedTable], _ questions: [Question]) -> String {
        func quoted(_ text: String?) -> String {
            guard let text else { return "null" }
            return Array(text.utf8).withUnsafeBufferPointer { JSONText.quoted($0) }
        }
        func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
        let tableTexts = tables.map { table in
            let columns = table.columns.map {
                list([quoted($0.name), quoted($0.kind.duckType), quoted($0.kind.liteType)])
            }
            let rows = table.rows.map { row in
                list(
                    zip(row, table.columns).map { value, column in
                        // SQLite has numbers for booleans.
                        column.kind == .boolean && table.isPlain
                            ? quoted(value.map { $0 == "true" ? "1" : "0" }) : quoted(value)
                    })
            }
            let making = quoted(table.making?.duck)
            return
                "{\"name\":\(quoted(table.name)),\"making\":\(making),\"isPlain\":\(table.isPlain),\"columns\":\(list(columns)),\"rows\":\(list(rows))}"
        }
        let queryTexts = questions.map {
            "{\"duck\":\(quoted($0.query.text.duck)),\"lite\":\(quoted($0.query.text.lite))}"
        }
        return "{\"tables\":\(list(tableTexts)),\n\"queries\":[\(queryTexts.joined(separator: ",\n"))]}\n"
    }
}
