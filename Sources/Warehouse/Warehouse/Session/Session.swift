package import CivilTime
import ColumnStore
import DurableIO
import SQLEngine
import SQLiteKit
import Synchronization
import Threads
import Vectors

/// Runs SQL, in the dialect of Snowflake, on a warehouse. One thread at a time; `interrupt` from any.
///
/// Each statement is a transaction of its own unless BEGIN has begun a longer one. A query sees one moment of
/// the warehouse,
/// whatever is loaded beside it.
public final class Session {
    /// What a session may use.
    public struct Options: Sendable {
        /// How many threads a query may have.
        public var threads = WorkerThreads.processors
        /// The bytes that sorts, joins and aggregates of one statement may hold before they use temporary
        /// files.
        public var memoryLimit = 1 << 30
        /// The folder of these files.
        public var temporaryDirectory = "/tmp"
        /// The time, in microseconds since 1970 UTC.
        public var clock: @Sendable () -> Int64 = { WallClock.nanoseconds() / 1000 }

        /// Whether tables and views that are built from models may be changed, as who builds them does.
        public var changesModels = false

        /// Where the files of stages lie that have a URL, by the URL's scheme, such as `s3`. `file` needs
        /// none.
        public var stageStorage: [String: any StageStorage] = [:]

        /// All processors, 1 GiB, `/tmp`.
        public init() {}
    }

    let warehouse: Warehouse
    let catalog: SessionCatalog
    let options: Options
    var isInTransaction = false
    /// Why SQLite has undone the transaction that is yet to be ended, if it has.
    private var undoingCause: String?
    /// Whether it has made temporary objects, which end with it.
    var hasTemporaryObjects = false
    /// What is done once what is done now is certain to stay. That it fails is no error any more.
    var afterCommit: [() throws -> Void] = []
    private let interruption = Interruption()
    /// Statements made by other parts of the module, by kind.
    var store: CatalogStore { catalog.store }
    var database: ColumnDatabase { warehouse.columns }

    private final class Interruption: Sendable {
        let isWanted = Atomic(false)
    }

    init(_ warehouse: Warehouse, _ options: Options) {
        self.warehouse = warehouse
        self.options = options
        let store = CatalogStore(warehouse.connection, session: Int64.random(in: 1...Int64.max))
        catalog = SessionCatalog(store, warehouse.columns, SessionSettings())
    }

    deinit {
        // What cannot be dropped now is dropped when the warehouse is next opened for writing.
        if hasTemporaryObjects, warehouse.connection.isIdle {
            try? warehouse.dropTemporaryObjects(of: store.session)
        }
    }

    /// The TIMEZONE, in which TIMESTAMP_LTZ is shown.
    package var zone: TimeZoneRules { catalog.settings.zone }

    /// Makes the statement that is running fail as interrupted, as soon as it can. From any thread.
    public var interrupter: @Sendable () -> Void {
        let interruption = interruption
        return { interruption.isWanted.store(true, ordering: .relaxed) }
    }

    /// The statements of a script, each with the place where it begins, in UTF-8 bytes.
    public static func statements(of script: String) -> [(text: String, position: Int)] {
        let bytes = Array(script.utf8)
        return SQLParser.split(script).map { (String(decoding: bytes[$0], as: UTF8.self), $0.lowerBound) }
    }

    /// Whether a text ends with a whole statement and its semicolon.
    public static func isComplete(_ text: String) -> Bool { SQLParser.isComplete(text) }

    /// Runs every statement of a script, and drops the rows that they give.
    ///
    /// - Returns: what each statement did.
    /// - Throws: `SQLError` with the place in `script` where one fails; those before it have been done.
    @discardableResult
    public func execute(_ script: String) throws -> [StatementOutcome] {
        try Self.statements(of: script).map { try run($0.text, at: $0.position) }
    }

    /// Runs one statement, and gives its rows as a whole.
    public func query(_ statement: String) throws -> QueryResult {
        var rows: [[Scalar]] = []
        let outcome = try run(statement) { _, batch in
            for row in 0..<batch.count { rows.append(batch.row(row)) }
        }
        return QueryResult(columns: outcome.columns, rows: rows, outcome: outcome)
    }

    /// Runs one statement.
    ///
    /// - Parameters:
    ///   - position: where the statement begins in a longer text, to which the places of errors then refer.
    ///   - rows: takes the rows, some at a time, with what is known of the result.
    @discardableResult
    public func run(
        _ text: String, at position: Int = 0,
        rows: (StatementOutcome, ResultRows) throws -> Void = { _, _ in }
    ) throws -> StatementOutcome {
        interruption.isWanted.store(false, ordering: .relaxed)
        do {
            let statement = try SQLParser.parse(text)
            let run = StatementRun(self, text)
            if statement.isReadOnly {
                return try transaction(of: statement) { try run.perform(statement, rows) }
            }
            // What a statement says that it has done is said once it is certain.
            var held: [(StatementOutcome, ResultRows)] = []
            let outcome = try transaction(of: statement) {
                try run.perform(statement) { held.append(($0, $1)) }
            }
            for (outcome, batch) in held { try rows(outcome, batch) }
            return outcome
        } catch var error as SQLError {
            error.position = error.position.map { $0 + position }
            throw error
        } catch let error as ColumnStoreError {
            throw SQLError(.storage, error.message)
        } catch let error as SQLiteError {
            throw Self.translated(error)
        }
    }

    static func translated(_ error: SQLiteError) -> SQLError {
        if error.isReadOnly { return SQLError(.storage, "the warehouse is open for reading only") }
        if error.isInterrupted { return SQLError(.interrupted, "the statement was interrupted") }
        return SQLError(.storage, error.description)
    }

    /// What a statement may use while it runs.
    func makeContext() -> ExecutionContext {
        let interruption = interruption
        return ExecutionContext(
            threads: options.threads, memoryLimit: options.memoryLimit,
            spillDirectory: options.temporaryDirectory,
            evaluation: makeEvaluation(), interruption: { interruption.isWanted.load(ordering: .relaxed) })
    }

    func makeEvaluation() -> EvaluationContext {
        var context = EvaluationContext(zone: catalog.settings.zone, now: options.clock())
        context.weekStart = catalog.settings.weekStart
        context.weekOfYearPolicy = catalog.settings.weekOfYearPolicy
        context.database = catalog.settings.database
        context.schema = catalog.settings.schema
        context.seed = UInt64(truncatingIfNeeded: context.now)
        return context
    }

    // MARK: Transactions

    private func transaction<Result>(of statement: SQLEngine.Statement, _ body: () throws -> Result) throws
        -> Result
    {
        if warehouse.connection.isIdle { afterCommit = [] }
        let earlier = afterCommit.count
        do {
            let result = try begun(statement, body)
            if case .rollback = statement { afterCommit = [] }
            if warehouse.connection.isIdle {
                for action in afterCommit { try? action() }
                afterCommit = []
            }
            return result
        } catch {
            afterCommit.removeLast(afterCommit.count - earlier)
            if isInTransaction, warehouse.connection.isIdle, undoingCause == nil {
                undoingCause = String(describing: error)
            }
            throw error
        }
    }

    /// Ends the transaction that a script has begun; where COMMIT fails, nothing of it stays.
    private func end(_ statement: SQLEngine.Statement) throws {
        guard isInTransaction else { return }
        defer {
            isInTransaction = false
            undoingCause = nil
        }
        guard statement.isCommit else {
            if !warehouse.connection.isIdle { try warehouse.connection.execute("ROLLBACK") }
            return
        }
        if warehouse.connection.isIdle { throw undone("nothing of it can be committed", statement) }
        do {
            try warehouse.refreshMirror()
            try warehouse.connection.execute("COMMIT")
        } catch {
            if !warehouse.connection.isIdle { try warehouse.connection.execute("ROLLBACK") }
            throw error
        }
    }

    private func undone(_ consequence: String, _ statement: SQLEngine.Statement) -> SQLError {
        SQLError(
            .storage, "the transaction has been undone (\(undoingCause ?? "by SQLite")): \(consequence)",
            position: statement.position)
    }

    private func begun<Result>(_ statement: SQLEngine.Statement, _ body: () throws -> Result) throws -> Result
    {
        switch statement {
        case .commit, .rollback:
            try end(statement)
            return try body()
        // Outside of the transaction that its script believes in, nothing must be done.
        case _ where isInTransaction && warehouse.connection.isIdle:
            throw undone("ROLLBACK ends it, and then it can be begun again", statement)
        case .begin:
            if isInTransaction {
                throw SQLError(.invalid, "a transaction has begun already", position: statement.position)
            }
            try warehouse.connection.execute("BEGIN IMMEDIATE")
            isInTransaction = true
            return try body()
        default: break
        }
        if isInTransaction {
            // A statement that fails leaves nothing behind; the transaction goes on.
            return try warehouse.savepoint(body)
        }
        // The pipeline runs statements inside of its own transactions.
        if !warehouse.connection.isIdle { return try warehouse.savepoint(body) }
        if statement.isReadOnly { return try warehouse.readTransaction(body) }
        return try warehouse.connection.transaction {
            let result = try body()
            try warehouse.refreshMirror()
            return result
        }
    }
}

extension SQLEngine.Statement {
    fileprivate var isCommit: Bool { if case .commit = self { true } else { false } }

    /// Whether it leaves the warehouse as it is.
    var isReadOnly: Bool {
        switch self {
        case .query, .describe, .show, .use, .list, .get, .alterSession, .setVariables, .unsetVariables,
            .ignored, .unload:
            true
        case .explain(let explain): !explain.isAnalyzed || explain.statement.isReadOnly
        default: false
        }
    }
}

extension Session {
    /// How many rows a table or view has.
    func countRows(of name: QualifiedName) throws -> Int64 {
        let result = try query("SELECT COUNT(*) FROM \(name.quoted)")
        if case .number(let count, _)? = result.rows.first?.first { return Int64(clamping: count) }
        return 0
    }
}
