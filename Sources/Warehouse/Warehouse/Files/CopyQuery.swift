import SQLEngine
import Vectors

/// The query of `COPY INTO table FROM (SELECT … FROM @stage)`: run over each piece, and where it fails over
/// ever fewer rows, until
/// those are found that it fails for. One thread.
final class CopyQuery {
    let shape: SourceShape
    private let run: StatementRun
    private let source: PieceTable
    private let binder: Binder
    private let query: BoundQuery
    private let columns: [CatalogColumn]
    private let truncates: Bool

    /// - Parameters:
    ///   - places: the table's columns that the query fills.
    init(
        _ run: StatementRun, _ query: Query, _ shape: SourceShape, places: [Int], _ columns: [CatalogColumn],
        truncates: Bool, position: Int
    ) throws {
        self.run = run
        self.shape = shape
        self.truncates = truncates
        let source = PieceTable(shape)
        self.source = source
        binder = run.makeBinder()
        let usual = run.catalog.stageTable
        run.catalog.stageTable = { _ in source }
        defer { run.catalog.stageTable = usual }
        let bound = try binder.bind(query)
        guard bound.columns.count == places.count else {
            throw SQLError(
                .invalid,
                "the query gives \(bound.columns.count) columns, and \(places.count) are to be filled",
                position: position)
        }
        self.query = try run.completed(bound, places, columns, binder)
        // Numbers come later.
        self.columns = columns.map { column in
            var column = column
            column.isNullable = column.isNullable || column.identity != nil
            return column
        }
    }

    /// The stage that a query reads, where it is of the kind that COPY takes.
    static func stage(of query: Query) throws(SQLError) -> StageReference {
        func unsupported(_ what: String) -> SQLError {
            SQLError(
                .unsupported, "the query of COPY INTO takes records one by one; it cannot have \(what)",
                position: query.position)
        }
        guard case .select(let select) = query.body else { throw unsupported("UNION, VALUES and the like") }
        guard query.order.isEmpty, !query.ordersByAll else { throw unsupported("ORDER BY") }
        guard query.limit == nil, query.offset == nil, select.top == nil else { throw unsupported("LIMIT") }
        guard !select.isDistinct else { throw unsupported("DISTINCT") }
        guard case .none = select.grouping, select.having == nil, select.qualify == nil else {
            throw unsupported("GROUP BY, HAVING or QUALIFY")
        }
        guard case .stage(let reference, _)? = select.from else {
            throw SQLError(
                .invalid, "the query of COPY INTO reads one stage: FROM @stage", position: query.position)
        }
        return reference
    }

    /// Runs the query over a piece.
    ///
    /// - Parameters:
    ///   - stopsAtError: whether the first error is enough.
    ///   - take: takes the rows.
    /// - Returns: what became of the records of each span.
    func run(_ piece: SourcePiece, stopsAtError: Bool, _ take: (Batch) throws -> Void) throws -> [(
        file: Int, FileTally
    )] {
        source.begin(piece)
        var tallies = piece.tallies
        var start = 0
        for index in tallies.indices {
            let rows = start..<start + piece.rows[index].count
            start = rows.upperBound
            var loaded = 0
            var errors: [CopyError] = []
            if !rows.isEmpty {
                try attempt(rows, piece, stopsAtError, &errors) { batch in
                    loaded += batch.count
                    try take(batch)
                }
            }
            for error in errors { tallies[index].1.add(error) }
            tallies[index].1.errors.sort { $0.row < $1.row }
            tallies[index].1.loaded = loaded
        }
        return tallies
    }

    private func attempt(
        _ rows: Range<Int>, _ piece: SourcePiece, _ stopsAtError: Bool, _ errors: inout [CopyError],
        _ take: (Batch) throws -> Void
    ) throws {
        if stopsAtError, !errors.isEmpty { return }
        let made: [Batch]
        do {
            made = try batches(rows)
        } catch let error as SQLError where error.code == .data {
            guard rows.count > 1 else {
                errors.append(piece.error(error.message, row: rows.lowerBound))
                return
            }
            let middle = rows.lowerBound + rows.count / 2
            try attempt(rows.lowerBound..<middle, piece, stopsAtError, &errors, take)
            try attempt(middle..<rows.upperBound, piece, stopsAtError, &errors, take)
            return
        }
        for batch in made { try take(batch) }
    }

    private func batches(_ rows: Range<Int>) throws -> [Batch] {
        source.range = rows
        var result: [Batch] = []
        try run.drain(try PhysicalPlanner(binder, run.context).plan(query)) { batch in
            var batch = batch
            if truncates { batch.columns = zip(batch.columns, columns).map { Self.truncated($0, $1) } }
            try RowChecks.check(batch.columns, columns)
            result.append(batch)
        }
        return result
    }

    private static func truncated(_ vector: Vector, _ column: CatalogColumn) -> Vector {
        guard let lengthMax = column.valueLengthMax, vector.layout == .string,
            vector.dictionary?.byteCount ?? 0 > lengthMax
        else { return vector }
        var format = FileFormat()
        format.binary = .utf8
        let sink = FieldSink.make(
            column.type, lengthMax: lengthMax, truncates: true, format, EvaluationContext(),
            capacity: max(1, vector.count))
        for row in 0..<vector.count {
            if vector.isValid(row) {
                _ = sink.put(vector.bytes(row), row: row)
            } else {
                sink.putNull(row: row)
            }
        }
        return sink.finish(count: vector.count)
    }
}

/// Some rows of the piece that is at hand, as the stage's table.
private final class PieceTable: TableSource, @unchecked Sendable {
    // Changed between the runs of the query alone, by the thread that starts them.
    let columns: [TableColumn]
    let estimatedRowCount = 131_072
    var range = 0..<0
    private var piece: SourcePiece?
    private var vectors: [ScanColumn: Vector] = [:]

    init(_ shape: SourceShape) { columns = shape.columns }

    func begin(_ piece: SourcePiece) {
        self.piece = piece
        vectors = [:]
    }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        let list = try request.columns.map { column -> Vector in
            if let known = vectors[column] { return known.slice(from: range.lowerBound, count: range.count) }
            guard let vector = try piece?.vector(column) else {
                return Vector.nulls(.varchar, count: range.count)
            }
            vectors[column] = vector
            return vector.slice(from: range.lowerBound, count: range.count)
        }
        return VectorPieces([list], [range.count])
    }
}
