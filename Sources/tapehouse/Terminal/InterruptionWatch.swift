import DurableIO
import Synchronization

/// Passes Ctrl-C on to a statement that runs: looks for it from a thread of its own until stopped.
final class InterruptionWatch: Sendable {
    private let isStopped = Atomic<Bool>(false)

    init(_ interrupt: @escaping @Sendable () -> Void) {
        Task.detached { [self] in
            while !isStopped.load(ordering: .relaxed) {
                if Interruption.isRequested { return interrupt() }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
    }
}
