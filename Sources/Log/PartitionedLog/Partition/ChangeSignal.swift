import Synchronization

/// Tells those who wait that something in a log directory has changed: records that can be read, for the most.
///
/// Telling costs next to nothing while nobody waits. Thread-safe.
public final class ChangeSignal: Sendable {
    private let generation = Atomic<UInt64>(0)
    private let waiterCount = Atomic<Int>(0)
    private let waiters = Mutex<[UInt64: Waiter]>([:])
    private let nextID = Atomic<UInt64>(0)

    private struct Waiter {
        let continuation: CheckedContinuation<Void, Never>
        var timer: Task<Void, Never>?

        func wake() {
            timer?.cancel()
            continuation.resume()
        }
    }

    init() {}

    /// How often there has been a change. Look at it before looking for what changed.
    public var current: UInt64 { generation.load(ordering: .sequentiallyConsistent) }

    func notify() {
        generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
        guard waiterCount.load(ordering: .sequentiallyConsistent) > 0 else { return }
        let woken = waiters.withLock { waiters in
            defer {
                waiterCount.subtract(waiters.count, ordering: .sequentiallyConsistent)
                waiters = [:]
            }
            return waiters.values.map { $0 }
        }
        for waiter in woken { waiter.wake() }
    }

    /// Waits until there has been a change since `generation`, the time is up, or the task is cancelled.
    public func wait(after seen: UInt64, timeout: Duration) async {
        guard current == seen, timeout > .zero else { return }
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters.withLock { waiters in
                    waiters[id] = Waiter(continuation: continuation)
                    waiterCount.add(1, ordering: .sequentiallyConsistent)
                }
                // Only now, so that it finds whom to wake.
                let timer = Task { [self] in
                    try? await Task.sleep(for: timeout)
                    wake(id)
                }
                let isWaiting = waiters.withLock { waiters in
                    waiters[id]?.timer = timer
                    return waiters[id] != nil
                }
                if !isWaiting { timer.cancel() }
                // A change before the count was raised may have told nobody.
                if current != seen || Task.isCancelled { wake(id) }
            }
        } onCancel: {
            wake(id)
        }
    }

    private func wake(_ id: UInt64) {
        let waiter = waiters.withLock { waiters in
            let waiter = waiters.removeValue(forKey: id)
            if waiter != nil { waiterCount.subtract(1, ordering: .sequentiallyConsistent) }
            return waiter
        }
        waiter?.wake()
    }
}
