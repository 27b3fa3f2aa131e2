import Synchronization

/// Passes Ctrl-C on to a statement that runs: looks for it from a task of its own until stopped.
final class InterruptionWatch: Sendable {
    private let isStopped = Mutex(false)

    /// Starts to watch; `interrupt` is called at most once, and never after `stop` has returned.
    init(_ interrupt: @escaping @Sendable () -> Void) {
        Task.detached { [self] in
            while !look(interrupt) { try? await Task.sleep(for: .milliseconds(20)) }
        }
    }

    /// Ends the watch.
    func stop() {
        isStopped.withLock { $0 = true }
    }

    /// Whether there is nothing more to look for.
    private func look(_ interrupt: () -> Void) -> Bool {
        isStopped.withLock { isStopped in
            if !isStopped, Interruption.isRequested {
                interrupt()
                isStopped = true
            }
            return isStopped
        }
    }
}
