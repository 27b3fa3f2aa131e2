package import Vectors

/// Batches that are there already: the rows of VALUES, small results, tests.
package final class BatchSource: PhysicalOperator {
    package let types: [SQLType]
    package let title = "Values"
    private let parts: [[Batch]]

    package var children: [any PhysicalOperator] { [] }

    /// One stream of batches, which are numbered as they come.
    package convenience init(types: [SQLType], _ batches: [Batch]) {
        let numbered = batches.enumerated().map { Batch($1.columns, count: $1.count, order: UInt64($0)) }
        self.init(types: types, parts: [numbered])
    }

    /// A stream of each part; the orders of the batches are left as they are and rise within a part.
    package init(types: [SQLType], parts: [[Batch]]) {
        self.types = types
        self.parts = parts
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] { parts.map(Stream.init) }

    private final class Stream: BatchStream {
        private let batches: [Batch]
        private var index = 0

        init(_ batches: [Batch]) { self.batches = batches }

        func next() -> Batch? {
            while index < batches.count {
                index += 1
                if batches[index - 1].count > 0 { return batches[index - 1] }
            }
            return nil
        }
    }
}
