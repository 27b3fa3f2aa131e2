/// Some rows of several columns.
package struct Batch: Sendable {
    /// The columns, all of `count` rows.
    package var columns: [Vector]
    /// How many rows there are; columns may be none.
    package var count: Int
    /// Where the rows stand among all rows of their source: batches in rising order are the source's order.
    /// Batches of one
    /// stream rise.
    package var order: UInt64

    /// The number of rows that scans put into a batch. Other operators may make smaller or (gathering output)
    /// larger ones.
    package static let rowsMax = 8192

    package init(_ columns: [Vector], count: Int, order: UInt64 = 0) {
        self.columns = columns
        self.count = count
        self.order = order
    }

    /// The rows that `rows` names.
    package func gather(_ rows: UnsafePointer<UInt32>, count: Int) -> Batch {
        Batch(columns.map { $0.gather(rows, count: count) }, count: count, order: order)
    }

    /// Rows `start ..< start + count`, without copying.
    package func slice(from start: Int, count: Int) -> Batch {
        Batch(columns.map { $0.slice(from: start, count: count) }, count: count, order: order)
    }
}
