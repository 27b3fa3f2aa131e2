import ColumnStore
import SQLEngine
import Vectors

/// One statement while it runs.
final class StatementRun {
    typealias TakeRows = (StatementOutcome, ResultRows) throws -> Void

    let session: Session
    /// The statement's text, to which positions refer.
    let text: String
    let context: ExecutionContext

    var catalog: SessionCatalog { session.catalog }
    var store: CatalogStore { session.store }
    var database: ColumnDatabase { session.database }
    /// Microseconds since 1970 UTC.
    var now: Int64 { context.evaluation.now }

    init(_ session: Session, _ text: String) {
        self.session = session
        self.text = text
        context = session.makeContext()
        session.catalog.stageTable = { [weak session] reference in
            guard let session else {
                throw SQLError(.invalid, "the session has ended", position: reference.position)
            }
            return try StatementRun(session, text).stageTable(reference)
        }
    }

    func makeBinder() -> Binder { Binder(catalog: catalog, context: context.evaluation) }

    func perform(_ statement: Statement, _ rows: TakeRows) throws -> StatementOutcome {
        switch statement {
        case .query(let query): return try select(query, rows)
        case .createTable(let payload): return try createTable(payload)
        case .createView(let payload): return try createView(payload)
        case .createContainer(let payload): return try createContainer(payload)
        case .drop(let payload): return try drop(payload)
        case .truncate(let payload): return try truncate(payload)
        case .insert(let payload):
            let outcome = try insert(payload)
            return try giveCounts(
                [("number of rows inserted", outcome.changedRows ?? 0)], message: outcome.message ?? "",
                changed: outcome.changedRows ?? 0, rows)
        case .explain(let payload): return try explain(payload, rows)
        case .use(let payload): return try use(payload)
        case .begin: return StatementOutcome(message: "Statement executed successfully.")
        case .commit, .rollback: return StatementOutcome(message: "Statement executed successfully.")
        case .ignored(let reason, _): return StatementOutcome(message: reason)
        default: return try performOther(statement, rows)
        }
    }

    // MARK: Queries

    func select(_ query: Query, _ rows: TakeRows) throws -> StatementOutcome {
        let binder = makeBinder()
        let bound = try binder.bind(query)
        var outcome = StatementOutcome(
            columns: bound.columns.map { ResultColumn(name: $0.name, type: $0.column.type) })
        let source = try PhysicalPlanner(binder, context).plan(bound)
        try drain(source) { batch in
            outcome.rowCount += batch.count
            try rows(outcome, ResultRows(batch: batch))
        }
        return outcome
    }

    /// All batches of an operator in their order, on this thread; several streams are worked on side by side.
    func drain(_ source: any PhysicalOperator, _ body: (Batch) throws -> Void) throws {
        try OrderedBatches.drain(source, context, body)
    }

    private func explain(_ explain: Explain, _ rows: TakeRows) throws -> StatementOutcome {
        guard case .query(let query) = explain.statement else {
            throw SQLError(
                .unsupported, "EXPLAIN shows queries; write the SELECT of the statement",
                position: explain.position)
        }
        let binder = makeBinder()
        let bound = try binder.bind(query)
        let source = try PhysicalPlanner(
            binder, explain.isAnalyzed ? context : nil, isProfiled: explain.isAnalyzed
        ).plan(bound)
        if explain.isAnalyzed { try drain(source) { _ in } }
        let lines = PlanText.lines(source)
        let list = lines.map { line -> [Scalar] in
            let title = Scalar.text(String(repeating: "  ", count: line.depth) + line.title)
            guard explain.isAnalyzed else { return [title] }
            return [
                title, line.rows.map { .number(Int128($0), scale: 0) } ?? .null,
                line.milliseconds.map { .number(Int128(($0 * 1000).rounded()), scale: 3) } ?? .null,
            ]
        }
        var columns = [TableColumn("OPERATION", .varchar)]
        if explain.isAnalyzed {
            columns += [
                TableColumn("ROWS", .number(precision: 18, scale: 0)),
                TableColumn("MILLISECONDS", .number(precision: 18, scale: 3)),
            ]
        }
        return try give(columns, list, rows)
    }

    /// Rows made here, as a result.
    func give(_ columns: [TableColumn], _ list: [[Scalar]], _ rows: TakeRows) throws -> StatementOutcome {
        var outcome = StatementOutcome(columns: columns.map { ResultColumn(name: $0.name, type: $0.type) })
        outcome.rowCount = list.count
        guard !list.isEmpty else { return outcome }
        let vectors = columns.indices.map { place in
            let collector = VectorCollector(columns[place].type, capacity: list.count)
            for row in list { collector.append(Vector.constant(row[place], columns[place].type, count: 1)) }
            return collector.finish()
        }
        try rows(outcome, ResultRows(batch: Batch(vectors, count: list.count)))
        return outcome
    }
}
