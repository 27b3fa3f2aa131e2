import SQLEngine
public import Vectors

/// A column of a result.
public struct ResultColumn: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The type.
    public let type: SQLType
}

/// Some rows of a result.
public struct ResultRows: Sendable {
    package let batch: Batch

    /// How many rows there are.
    public var count: Int { batch.count }

    /// A value.
    public func value(row: Int, column: Int) -> Scalar { batch.columns[column].scalar(at: row).plain }

    /// A row.
    public func row(_ row: Int) -> [Scalar] { batch.columns.map { $0.scalar(at: row).plain } }
}

/// What a statement has done.
public struct StatementOutcome: Sendable {
    /// The columns of its rows.
    public var columns: [ResultColumn] = []
    /// How many rows it gave.
    public var rowCount = 0
    /// How many rows of tables it changed, if it is a statement that does.
    public var changedRows: Int?
    /// What it says of itself, where it gives no rows: "Table GOLD_KPI successfully created."
    public var message: String?
}

/// A result kept as a whole.
public struct QueryResult: Sendable {
    /// The columns.
    public let columns: [ResultColumn]
    /// The rows.
    public let rows: [[Scalar]]
    /// What the statement did.
    public let outcome: StatementOutcome
}
