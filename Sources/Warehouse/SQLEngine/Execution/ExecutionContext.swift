import DurableIO
import Synchronization
import Threads
package import Vectors

/// What a running statement may use.
package final class ExecutionContext: Sendable {
    /// How many threads may work side by side.
    package let threads: Int
    /// What sorts, joins and aggregates may hold.
    package let memory: MemoryBudget
    /// Where to write what does not fit in it.
    package let spillDirectory: String
    package let evaluation: EvaluationContext
    private let interruption: @Sendable () -> Bool

    /// - Parameters:
    ///   - spillDirectory: a folder for temporary files, which are unlinked as soon as they are open.
    ///   - interruption: whether somebody wants the statement to stop; asked from any thread.
    package init(
        threads: Int = WorkerThreads.processors, memoryLimit: Int = 1 << 30, spillDirectory: String = "/tmp",
        evaluation: EvaluationContext = EvaluationContext(),
        interruption: @escaping @Sendable () -> Bool = { false }
    ) {
        self.threads = max(1, threads)
        memory = MemoryBudget(limit: memoryLimit)
        self.spillDirectory = spillDirectory
        self.evaluation = evaluation
        self.interruption = interruption
    }

    /// Throws where the statement is to stop. Called about once a batch.
    package func checkInterruption() throws {
        if interruption() { throw SQLError(.interrupted, "the statement was interrupted") }
    }

    /// Drains streams, each on a thread of its own where there are several; the first error ends all.
    package func drain(
        _ streams: [any BatchStream], _ body: @escaping @Sendable (_ stream: Int, Batch) throws -> Void
    ) throws {
        let boxes = streams.map(StreamBox.init)
        let failed = Atomic(false)
        let isFailed = { @Sendable in failed.load(ordering: .relaxed) }
        let work: @Sendable (Int) throws -> Void = { index in
            do {
                while !isFailed(), let batch = try boxes[index].stream.next() {
                    try self.checkInterruption()
                    try body(index, batch)
                }
            } catch {
                failed.store(true, ordering: .relaxed)
                throw error
            }
        }
        if boxes.isEmpty { return }
        if boxes.count == 1 { return try work(0) }
        try WorkerThreads.perform(boxes.count, work)
    }

    // One thread at a time uses a stream; the box only carries it there.
    private final class StreamBox: @unchecked Sendable {
        let stream: any BatchStream
        init(_ stream: any BatchStream) { self.stream = stream }
    }
}

/// Bytes that a statement may hold in memory, shared by its operators and threads.
package final class MemoryBudget: Sendable {
    package let limit: Int
    private let used = Atomic(0)

    package init(limit: Int) { self.limit = limit }

    /// Takes bytes; whether the total is still within the limit. Where not, they are taken nevertheless, and the caller
    /// should spill and release.
    @discardableResult
    package func take(_ bytes: Int) -> Bool {
        used.wrappingAdd(bytes, ordering: .relaxed).newValue <= limit
    }

    package func release(_ bytes: Int) { used.wrappingSubtract(bytes, ordering: .relaxed) }

    /// Bytes taken now.
    package var taken: Int { used.load(ordering: .relaxed) }
}
