/// Hands items to a thread of its own, which does its work with each in their order, so that the next ones are made
/// meanwhile.
///
/// An error of the work comes out of the next call; items that are handed over after it are dropped. Thread-safe.
package final class HandOver<Item: Sendable>: Sendable {
    private let shared: Shared
    private let thread = WorkerThreads(max: 1)
    private let waitingMax: Int
    private let work: @Sendable (Item) throws -> Void

    private final class Shared: @unchecked Sendable {
        // Touched under the monitor alone.
        let monitor = Monitor()
        var waiting = 0
        var failure: (any Error)?
    }

    /// - Parameter waitingMax: how many items may wait or be worked on; whoever has more waits.
    package init(waitingMax: Int, _ work: @escaping @Sendable (Item) throws -> Void) {
        shared = Shared()
        self.waitingMax = waitingMax
        self.work = work
    }

    /// Hands over an item.
    package func hand(_ item: Item) throws {
        try shared.monitor.locked {
            while shared.waiting >= waitingMax, shared.failure == nil { shared.monitor.wait() }
            if let failure = shared.failure { throw failure }
            shared.waiting += 1
        }
        thread.async { [shared, work] in
            var failure = shared.monitor.locked { shared.failure }
            if failure == nil {
                do { try work(item) } catch { failure = error }
            }
            shared.monitor.locked {
                // It may have been cancelled meanwhile.
                shared.failure = shared.failure ?? failure
                shared.waiting -= 1
                shared.monitor.broadcast()
            }
        }
    }

    /// Throws what has failed so far.
    package func check() throws {
        if let failure = shared.monitor.locked({ shared.failure }) { throw failure }
    }

    /// Waits until the work with all items is done, or with all but `rest`.
    package func drain(to rest: Int = 0) throws {
        try shared.monitor.locked {
            while shared.waiting > rest, shared.failure == nil || rest == 0 { shared.monitor.wait() }
            if let failure = shared.failure { throw failure }
        }
    }

    /// Drops what waits, and waits until nothing is worked on any more. Later calls throw `error`, unless something has
    /// failed before.
    package func cancel(throwing error: any Error) {
        shared.monitor.locked {
            shared.failure = shared.failure ?? error
            shared.monitor.broadcast()
            while shared.waiting > 0 { shared.monitor.wait() }
        }
    }
}
