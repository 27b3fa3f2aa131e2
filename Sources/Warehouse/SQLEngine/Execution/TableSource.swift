package import Vectors

/// A table as queries see it.
package protocol TableSource: AnyObject, Sendable {
    var columns: [TableColumn] { get }
    /// How many rows there are, about: for choosing plans.
    var estimatedRowCount: Int { get }
    /// How many rows there are, exactly; `nil` where that is not known without reading.
    var exactRowCount: Int? { get }
    /// What is known of a whole column without reading it; `nil` for nothing.
    func knowledge(of column: Int) -> ColumnKnowledge?
    /// Begins to read. Everything read through one scan is of one moment.
    func scan(_ request: ScanRequest) throws -> any TableScan
}

extension TableSource {
    package var exactRowCount: Int? { nil }
    package func knowledge(of column: Int) -> ColumnKnowledge? { nil }
}

/// What is known of all values of a column.
package struct ColumnKnowledge: Sendable {
    /// The least and the greatest value; NULL where there is none.
    package var lower: Scalar
    package var upper: Scalar
    /// How many are not NULL.
    package var valueCount: Int

    package init(lower: Scalar, upper: Scalar, valueCount: Int) {
        self.lower = lower
        self.upper = upper
        self.valueCount = valueCount
    }
}

/// A column of a table.
package struct TableColumn: Sendable {
    package var name: String
    package var type: SQLType
    package var isNullable: Bool

    package init(_ name: String, _ type: SQLType, isNullable: Bool = true) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
    }
}

/// A column that is to be read, or a path of keys inside a VARIANT column.
package struct ScanColumn: Hashable, Sendable {
    /// The place in the table's columns; `rowAddress` for a NUMBER that names the row while nothing changes.
    package var index: Int
    package var path: [String] = []
    package static let rowAddress = -1

    package init(_ index: Int, path: [String] = []) {
        self.index = index
        self.path = path
    }
}

/// What is read of a table.
package struct ScanRequest: Sendable {
    package var columns: [ScanColumn]
    /// Rows that fail one of these need not be given (but may be).
    package var bounds: [ColumnBounds]

    package init(columns: [ScanColumn], bounds: [ColumnBounds] = []) {
        self.columns = columns
        self.bounds = bounds
    }
}

/// An interval in which a column's value must lie. Values are of the column's type; for a path of a VARIANT, those of a
/// number (`.number`, `.float`) or a string (`.text`).
package struct ColumnBounds: Sendable {
    /// The place in the request's columns.
    package var column: Int
    package var lower: Scalar?
    package var upper: Scalar?

    package init(column: Int, lower: Scalar?, upper: Scalar?) {
        self.column = column
        self.lower = lower
        self.upper = upper
    }
}

/// A scan: pieces (row groups) that threads take one by one.
package protocol TableScan: AnyObject, Sendable {
    /// How many pieces there are, in the table's order.
    var pieceCount: Int { get }
    /// The rows of a piece, deleted ones included.
    func rowCount(of piece: Int) -> Int
    /// Whether rows `start ..< start + count` of a piece can be left out, because of the request's bounds.
    func isExcluded(piece: Int, start: Int, count: Int) -> Bool
    /// A reader for one thread.
    func makeReader() -> any TableReader
}

/// Reads pieces of a scan. One thread.
package protocol TableReader: AnyObject {
    /// The values of a column of the request for rows `start ..< start + count` of a piece; `start` is a
    /// multiple of 1,024,
    /// and `count` at most `Batch.rowsMax`. All vectors of a column have one form throughout the scan, but
    /// for validity and
    /// 64 or 128 bits.
    func read(_ column: Int, piece: Int, start: Int, count: Int) throws -> Vector
    /// The rows of the range that are not deleted, counted from `start`; `nil` for all.
    func liveRows(piece: Int, start: Int, count: Int) throws -> [UInt32]?
}
