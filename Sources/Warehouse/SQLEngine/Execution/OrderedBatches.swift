import DurableIO
import Threads
package import Vectors

/// Brings the batches of several streams, which threads work on side by side, to one thread in their order.
package enum OrderedBatches {
    /// How many batches of a single stream are handed on by the thread that makes them.
    private static let alone = 8

    /// Opens an operator and hands its batches to `body`, on the calling thread.
    package static func drain(
        _ source: any PhysicalOperator, _ context: ExecutionContext, _ body: (Batch) throws -> Void
    ) throws {
        let streams = try source.open(context)
        if streams.isEmpty { return }
        if streams.count == 1 {
            // A few batches are not worth a thread; of more, the next ones are made while `body` has one.
            var taken = 0
            while taken < alone || context.threads == 1 {
                guard let batch = try streams[0].next() else { return }
                try context.checkInterruption()
                try body(batch)
                taken += 1
            }
        }
        let queues = Queues(streams, context)
        defer { queues.stop() }
        while let batch = try queues.next() { try body(batch) }
    }

    /// A queue a stream. The reader takes the batch that comes first of those at the queues' heads, as soon
    /// as each queue has
    /// one or has ended.
    private final class Queues: @unchecked Sendable {
        // The streams are used by one thread each; all else under the monitor.
        private let monitor = Monitor()
        private var queues: [[Batch]]
        private var heads: [Int]
        private var isEnded: [Bool]
        private var failure: (any Error)?
        private var isStopped = false
        private let threads: WorkerThreads
        private static let lengthMax = 16

        init(_ streams: [any BatchStream], _ context: ExecutionContext) {
            queues = streams.map { _ in [] }
            heads = streams.map { _ in 0 }
            isEnded = streams.map { _ in false }
            threads = WorkerThreads(max: streams.count)
            let boxes = streams.map(Box.init)
            for index in streams.indices { threads.async { self.work(index, boxes[index].stream, context) } }
        }

        // Carries a stream to its thread.
        private final class Box: @unchecked Sendable {
            let stream: any BatchStream
            init(_ stream: any BatchStream) { self.stream = stream }
        }

        private func work(_ index: Int, _ stream: any BatchStream, _ context: ExecutionContext) {
            do {
                while let batch = try stream.next() {
                    try context.checkInterruption()
                    guard put(batch, index) else { break }
                }
            } catch {
                monitor.locked { failure = failure ?? error }
            }
            monitor.locked {
                isEnded[index] = true
                monitor.broadcast()
            }
        }

        private func put(_ batch: Batch, _ index: Int) -> Bool {
            monitor.locked {
                while queues[index].count - heads[index] >= Self.lengthMax, !isStopped, failure == nil {
                    monitor.wait()
                }
                if isStopped || failure != nil { return false }
                queues[index].append(batch)
                monitor.broadcast()
                return true
            }
        }

        func next() throws -> Batch? {
            try monitor.locked {
                while true {
                    if let failure { throw failure }
                    var first: Int?
                    var isWaiting = false
                    for index in queues.indices {
                        guard heads[index] < queues[index].count else {
                            if !isEnded[index] { isWaiting = true }
                            continue
                        }
                        if first == nil || head(index).order < head(first ?? index).order { first = index }
                    }
                    if !isWaiting {
                        guard let first else { return nil }
                        defer { monitor.broadcast() }
                        return take(first)
                    }
                    monitor.wait()
                }
            }
        }

        private func head(_ index: Int) -> Batch { queues[index][heads[index]] }

        private func take(_ index: Int) -> Batch {
            let batch = queues[index][heads[index]]
            heads[index] += 1
            if heads[index] >= Self.lengthMax {
                queues[index].removeFirst(heads[index])
                heads[index] = 0
            }
            return batch
        }

        /// Waits until no thread works any more.
        func stop() {
            monitor.locked {
                isStopped = true
                monitor.broadcast()
                while !isEnded.allSatisfy({ $0 }) { monitor.wait() }
            }
        }
    }
}
