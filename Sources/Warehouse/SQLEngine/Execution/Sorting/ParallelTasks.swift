import DurableIO
import Synchronization
import Threads

/// Pieces of work that threads take one after the other.
enum ParallelTasks {
    /// Does `body` once for each of `0 ..< tasks`; in order where there is one thread.
    static func run(_ tasks: Int, threads: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        let workers = min(tasks, threads)
        guard workers > 1 else { return try (0..<tasks).forEach(body) }
        let taken = Atomic(0)
        try WorkerThreads.perform(workers) { _ in
            while true {
                let task = taken.wrappingAdd(1, ordering: .relaxed).oldValue
                if task >= tasks { return }
                try body(task)
            }
        }
    }
}
