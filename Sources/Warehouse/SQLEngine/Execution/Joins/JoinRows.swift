import DurableIO
import Synchronization
import Threads
import Vectors

/// Bytes taken from a budget, given back when the object goes.
final class MemoryClaim: Sendable {
    private let budget: MemoryBudget
    private let amount = Atomic(0)

    init(_ budget: MemoryBudget) { self.budget = budget }

    deinit { budget.release(amount.load(ordering: .relaxed)) }

    /// Takes more; whether the budget's limit still holds.
    @discardableResult
    func take(_ bytes: Int) -> Bool {
        amount.wrappingAdd(bytes, ordering: .relaxed)
        return budget.take(bytes)
    }

    /// Changes what is taken to `bytes`.
    func set(_ bytes: Int) { take(bytes - amount.load(ordering: .relaxed)) }
}

/// All rows of a side of a join, one vector for each column. Rows have numbers from 0 on.
final class JoinRows: Sendable {
    let types: [SQLType]
    let columns: [Vector]
    let count: Int

    /// What gathers a row of NULLs.
    static let none = UInt32.max

    /// Puts batches together, which are in order.
    init(_ batches: [Batch], types: [SQLType], _ context: ExecutionContext) throws {
        self.types = types
        let count = batches.reduce(0) { $0 + $1.count }
        guard count < Int(Self.none) else {
            throw SQLError(.outOfMemory, "one side of a join has more than 4 billion rows")
        }
        self.count = count
        if batches.count == 1 {
            columns = batches[0].columns
            return
        }
        let made = Mutex([Vector?](repeating: nil, count: types.count))
        let next = Atomic(0)
        let work: @Sendable (Int) throws -> Void = { _ in
            while true {
                let column = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard column < types.count else { return }
                let collector = VectorCollector(types[column], capacity: count)
                for batch in batches {
                    try context.checkInterruption()
                    collector.append(batch.columns[column])
                }
                let vector = collector.finish()
                made.withLock { $0[column] = vector }
            }
        }
        let threads = min(context.threads, types.count)
        if threads > 1, count > 1 << 15 { try WorkerThreads.perform(threads, work) } else { try work(0) }
        columns = made.withLock { $0.compactMap(\.self) }
    }

    /// Some rows of all columns; NULLs where a row is `none`, which only may be if `hasNone`.
    func gather(_ rows: UnsafePointer<UInt32>, count: Int, hasNone: Bool) -> [Vector] {
        guard hasNone else { return columns.map { $0.gather(rows, count: count) } }
        if self.count == 0 { return types.map { Vector.nulls($0, count: count) } }
        let memory = VectorMemory(byteCount: count * 4)
        defer { withExtendedLifetime(memory) {} }
        let places = memory.pointer.assumingMemoryBound(to: UInt32.self)
        for row in 0..<count { places[row] = rows[row] == Self.none ? 0 : rows[row] }
        return columns.map { column in
            let vector = column.gather(places, count: count)
            let validity = VectorMemory(byteCount: count)
            let flags = validity.pointer.assumingMemoryBound(to: UInt8.self)
            for row in 0..<count {
                flags[row] = rows[row] == Self.none ? 0 : vector.validity?[row] ?? 1
            }
            return vector.with(validity: .some(flags), isConstant: false, alsoKeeping: validity)
        }
    }
}

/// A stream of no batches.
final class NoRows: BatchStream {
    func next() -> Batch? { nil }
}

/// How many bytes rows take.
enum RowBytes {
    /// About the bytes of a batch by itself: of a dictionary, only what its rows use.
    static func of(_ batch: Batch) -> Int {
        batch.columns.reduce(0) { sum, vector in
            var bytes = vector.count * (vector.layout.stride + (vector.validity == nil ? 0 : 1))
            if let dictionary = vector.dictionary, dictionary.count > 0 {
                let average = dictionary.byteCount / dictionary.count + 4
                bytes += min(dictionary.byteCount + 4 * dictionary.count, average * vector.count)
            }
            return sum + bytes
        }
    }
}
