import ColumnStore
import SQLEngine
import Vectors

/// The table that a load fills, and how.
struct CopyTarget: Sendable {
    /// The table's name in messages.
    let table: String
    let columns: [CatalogColumn]
    let info: [ColumnInfo]
    /// The columns that records give, by their places in the table: field by field.
    let given: [Int]
    /// How the names of fields and keys are compared with those of columns; `nil` where fields are
    /// matched by their order.
    let matching: Matching?
    /// What the other columns get; none for AUTOINCREMENT.
    let defaults: [Int: any VectorExpression]
    let truncates: Bool
    /// Whether rows are to be made ready for the table; otherwise they are only looked at.
    let encodes: Bool
    let format: FileFormat
    let context: EvaluationContext

    enum Matching: Sendable { case exact, ignoringCase }

    /// Whether a name in a file is that of a column.
    func matches(_ name: String, _ column: Int) -> Bool {
        let own = columns[column].name
        if matching == .exact { return name.utf8.elementsEqual(own.utf8) }
        return name.uppercased().utf8.elementsEqual(own.uppercased().utf8)
    }

    /// Whether a column that is not given gets something else than NULL.
    func hasDefault(_ column: Int) -> Bool { defaults[column] != nil || columns[column].identity != nil }

    /// Whether rows are numbered, which only can be done in their order.
    var needsNumbering: Bool { columns.contains { $0.identity != nil } }

    /// A column in messages, as `"TABLE"["COLUMN":3]`.
    func columnText(_ column: Int) -> String { "\"\(table)\"[\"\(columns[column].name)\":\(column + 1)]" }

    /// All columns of some rows: those given, and defaults for the others.
    func complete(_ values: [Int: ColumnValues], count: Int, order: Int) throws -> [ColumnValues] {
        try columns.indices.map { column in
            if let given = values[column] { return given }
            guard let expression = defaults[column] else {
                return .plain(Vector.nulls(columns[column].type, count: count))
            }
            return .plain(
                try expression.evaluate(Batch([], count: count, order: UInt64(order) << 32), context))
        }
    }
}

/// What came of a piece: rows for the table, and what became of the records of each file.
struct CopiedPiece: Sendable {
    /// A row group that only needs to be put into the table.
    var encoded: EncodedRowGroup?
    /// Rows as vectors, a value for each column of the table.
    var values: [ColumnValues] = []
    var count = 0
    var tallies: [(file: Int, FileTally)] = []

    /// The rows as vectors.
    func vectors() throws -> [Vector] {
        try values.map { value in
            switch value {
            case .plain(let vector): return vector
            case .shredded(let column): return try column.assembled(count: count)
            }
        }
    }
}

/// Turns pieces into rows of a table; one for each thread.
protocol CopyWorker: AnyObject {
    func load(_ piece: Piece) throws -> CopiedPiece
}

extension CopyTarget {
    /// Rows from here on are encoded by the thread that has read them; fewer go to the table's delta.
    static let encodedRowsMin = 4096

    /// Encodes the rows where that can be done already.
    func finished(
        _ piece: Piece, _ values: [Int: ColumnValues], count: Int, _ tallies: [(file: Int, FileTally)]
    ) throws -> CopiedPiece {
        var result = CopiedPiece(count: count, tallies: tallies)
        guard count > 0 else { return result }
        let all = try complete(values, count: count, order: piece.index)
        let isSmall = piece.isLast && count < Self.encodedRowsMin
        if needsNumbering || isSmall || !encodes {
            result.values = all
        } else {
            result.encoded = try RowGroupEncoder(columns: info).encode(all, rows: count)
        }
        return result
    }
}

extension CopyTarget {
    /// What one thread reads pieces with.
    func makeWorker() throws -> any CopyWorker {
        switch format.kind {
        case .csv: return CSVLoader(self)
        case .json:
            let isWhole = matching == nil && columns[given[0]].type == .variant
            return isWhole ? JSONVariantLoader(self) : try JSONMembersLoader(self)
        }
    }
}
