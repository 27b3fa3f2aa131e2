import DurableIO
import Synchronization
package import Vectors

/// Counts what another operator gives and the time until it has given it, that of the operators below included.
package final class ProfiledOperator: PhysicalOperator {
    private let inner: any PhysicalOperator
    private let rows = Atomic(0)
    private let batches = Atomic(0)
    private let nanoseconds = Atomic(0)

    package init(_ inner: any PhysicalOperator) { self.inner = inner }

    package var types: [SQLType] { inner.types }
    package var children: [any PhysicalOperator] { inner.children }
    package var title: String { inner.title }
    /// How many rows were given.
    package var rowCount: Int { rows.load(ordering: .relaxed) }
    /// The time spent in it and below, of all threads together.
    package var milliseconds: Double { Double(nanoseconds.load(ordering: .relaxed)) / 1e6 }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        try timed { try inner.open(context) }.map { Stream($0, self) }
    }

    private func timed<Result>(_ body: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        defer {
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            nanoseconds.wrappingAdd(
                Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000), ordering: .relaxed)
        }
        return try body()
    }

    private final class Stream: BatchStream {
        private let source: any BatchStream
        private let owner: ProfiledOperator

        var sortedBy: [SortKey] { source.sortedBy }

        init(_ source: any BatchStream, _ owner: ProfiledOperator) {
            self.source = source
            self.owner = owner
        }

        func next() throws -> Batch? {
            let batch = try owner.timed { try source.next() }
            if let batch {
                owner.rows.wrappingAdd(batch.count, ordering: .relaxed)
                owner.batches.wrappingAdd(1, ordering: .relaxed)
            }
            return batch
        }
    }
}
