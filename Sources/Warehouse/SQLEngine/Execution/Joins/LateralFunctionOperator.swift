package import Vectors

/// Calls a table function for each row of its input, such as FLATTEN, and gives the input's columns beside
/// those of the function's rows.
package final class LateralFunctionOperator: PhysicalOperator {
    /// Gives, for all rows of a batch, the function's rows: which input row each belongs to (rising), and its
    /// columns. An outer call gives a row of NULLs where there would be none.
    package typealias Expand =
        @Sendable (Batch, EvaluationContext) throws -> (rows: [UInt32], columns: [Vector])

    package let types: [SQLType]
    package let title: String
    private let child: any PhysicalOperator
    private let expand: Expand

    /// - Parameter added: the types of the function's columns.
    package init(child: any PhysicalOperator, title: String, added: [SQLType], expand: @escaping Expand) {
        self.child = child
        self.title = title
        self.expand = expand
        types = child.types + added
    }

    package var children: [any PhysicalOperator] { [child] }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        try child.open(context).map { Stream($0, expand, context) }
    }

    private final class Stream: BatchStream {
        private let child: any BatchStream
        private let expand: Expand
        private let context: ExecutionContext
        private var expanded: Batch?
        private var given = 0

        init(_ child: any BatchStream, _ expand: @escaping Expand, _ context: ExecutionContext) {
            self.child = child
            self.expand = expand
            self.context = context
        }

        func next() throws -> Batch? {
            while true {
                if let batch = expanded, given < batch.count {
                    let count = min(Batch.rowsMax, batch.count - given)
                    given += count
                    return batch.slice(from: given - count, count: count)
                }
                expanded = nil
                given = 0
                try context.checkInterruption()
                guard let batch = try child.next() else { return nil }
                let (rows, columns) = try expand(batch, context.evaluation)
                guard !rows.isEmpty else { continue }
                let gathered = rows.withUnsafeBufferPointer { buffer in
                    buffer.baseAddress.map { batch.gather($0, count: rows.count).columns } ?? []
                }
                expanded = Batch(gathered + columns, count: rows.count, order: batch.order)
            }
        }
    }
}
