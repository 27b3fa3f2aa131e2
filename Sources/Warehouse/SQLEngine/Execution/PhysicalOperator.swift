package import Vectors

/// A step of a plan that gives batches of rows. Columns have places, from 0.
package protocol PhysicalOperator: AnyObject, Sendable {
    /// The types of the columns it gives.
    var types: [SQLType] { get }
    /// What feeds it.
    var children: [any PhysicalOperator] { get }
    /// What it is and does, for EXPLAIN: `HashJoin INNER on #0 = #2`.
    var title: String { get }
    /// Begins the work: up to `context.threads` streams, which together give each row once and may be drained
    /// by different
    /// threads at once. Whatever must be complete before the first row can be given (a sort, a hash table) is
    /// done in here,
    /// with the threads of the context. Called once.
    func open(_ context: ExecutionContext) throws -> [any BatchStream]
}

/// Batches, one after the other; one thread at a time.
package protocol BatchStream: AnyObject {
    /// The next batch, never empty; `nil` at the end.
    func next() throws -> Batch?
    /// What the rows are known to be ordered by.
    var sortedBy: [SortKey] { get }
}

extension BatchStream {
    package var sortedBy: [SortKey] { [] }
}

/// An expression whose columns are places in a batch.
package protocol VectorExpression: Sendable {
    var type: SQLType { get }
    /// The values for all rows of the batch.
    func evaluate(_ batch: Batch, _ context: EvaluationContext) throws -> Vector
}

/// How rows are ordered by one column.
package struct SortKey: Hashable, Sendable {
    /// The column's place.
    package var column: Int
    package var isDescending: Bool
    package var nullsFirst: Bool

    package init(column: Int, isDescending: Bool = false, nullsFirst: Bool = false) {
        self.column = column
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }
}
