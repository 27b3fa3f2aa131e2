internal import DurableIO
internal import SQLiteKit
internal import Threads
internal import Vectors
internal import Warehouse
internal import WarehouseExtension

/// The rows of a query, which a thread of its own makes a few batches ahead of whoever takes them.
final class QueryRows: ViewRows {
    private let shared = Shared()
    private let thread = WorkerThreads(max: 1)
    private static let batchesMax = 4

    private struct Abandoned: Error {}

    private final class Shared: @unchecked Sendable {
        // Touched under the monitor alone.
        let monitor = Monitor()
        var batches: [Batch] = []
        var isAtEnd = false
        var isAbandoned = false
        var failure: (any Error)?
        /// Stops the query where it has yet to give a row.
        var interrupt: (@Sendable () -> Void)?

        func put(_ batch: Batch) throws {
            try monitor.locked {
                while batches.count >= QueryRows.batchesMax, !isAbandoned { monitor.wait() }
                if isAbandoned { throw Abandoned() }
                batches.append(batch)
                monitor.broadcast()
            }
        }

        func end(_ error: (any Error)?) {
            monitor.locked {
                failure = error
                isAtEnd = true
                monitor.broadcast()
            }
        }

        func abandon() {
            monitor.locked {
                isAbandoned = true
                interrupt?()
                monitor.broadcast()
            }
        }
    }

    /// Starts a query on the warehouse in a file.
    init(file: String, sql: String) throws {
        thread.async { [shared] in
            do {
                let warehouse = try Warehouse(path: file, access: .readOnly)
                let session = warehouse.makeSession()
                shared.monitor.locked { shared.interrupt = session.interrupter }
                try session.run(sql) { _, rows in try shared.put(rows.batch) }
                shared.end(nil)
            } catch {
                shared.end(error)
            }
        }
    }

    deinit { shared.abandon() }

    func next() throws -> Batch? {
        try shared.monitor.locked {
            while shared.batches.isEmpty, !shared.isAtEnd { shared.monitor.wait() }
            if let failure = shared.failure { throw failure }
            guard !shared.batches.isEmpty else { return nil }
            shared.monitor.broadcast()
            return shared.batches.removeFirst()
        }
    }
}
