import Synchronization
import Vectors

/// Takes in all rows of some streams: in memory, or partitioned into files where the budget does not suffice.
final class RowCollector: @unchecked Sendable {
    // All that changes is touched under the lock alone.

    enum Rows {
        /// In the order of the source.
        case memory([Batch])
        case partitions(PartitionedRows)
    }

    private let types: [SQLType]
    private let keys: [Int]
    private let context: ExecutionContext
    private let maySpill: Bool
    private let bytesPerRow: Int
    private let lock = Mutex(())
    private var batches: [Batch] = []
    private var partitions: PartitionedRows?
    /// What the rows in memory take.
    let claim: MemoryClaim

    /// - Parameters:
    ///   - keys: the columns to partition by.
    ///   - bytesPerRow: what a row will need beside its values.
    init(types: [SQLType], keys: [Int], maySpill: Bool, bytesPerRow: Int, _ context: ExecutionContext) {
        self.types = types
        self.keys = keys
        self.context = context
        self.maySpill = maySpill
        self.bytesPerRow = bytesPerRow
        claim = MemoryClaim(context.memory)
    }

    /// Whether rows go to files by now.
    var isSpilling: Bool { lock.withLock { _ in partitions != nil } }

    func append(_ batch: Batch) throws {
        // The rows are copied once, when they are put together.
        let size = RowBytes.of(batch) * 2 + batch.count * bytesPerRow
        var moved: [Batch] = []
        let target: PartitionedRows? = lock.withLock { _ in
            if let partitions {
                moved = [batch]
                return partitions
            }
            batches.append(batch)
            if claim.take(size) || !maySpill { return nil }
            return startSpilling(&moved)
        }
        if let target { for batch in moved { try target.append(batch) } }
    }

    /// From now on rows go to files; `moved` are those that must, too. Under the lock.
    private func startSpilling(_ moved: inout [Batch]) -> PartitionedRows {
        let made = PartitionedRows(types: types, keys: keys, level: 0, directory: context.spillDirectory)
        partitions = made
        moved = batches
        batches = []
        claim.set(0)
        return made
    }

    /// Partitions all that is there; later batches too.
    func spill() throws -> PartitionedRows {
        var moved: [Batch] = []
        let target = lock.withLock { _ in partitions ?? startSpilling(&moved) }
        for batch in moved { try target.append(batch) }
        return target
    }

    /// What has been appended. When all streams are at their ends.
    func finish() -> Rows {
        lock.withLock { _ in
            if let partitions { return .partitions(partitions) }
            // Batches of the same order come from the same stream, and stay as they came.
            var sorted = Array(batches.enumerated())
            sorted.sort { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
            batches = []
            return .memory(sorted.map(\.element))
        }
    }

    /// Appends all batches of the streams.
    func collect(_ streams: [any BatchStream]) throws -> Rows {
        if !streams.isEmpty { try context.drain(streams) { _, batch in try self.append(batch) } }
        return finish()
    }
}
