import Synchronization

/// A record on its way: it can be waited for, now or later, by any number of tasks.
public final class Delivery: Sendable {
    private enum State {
        case waiting([CheckedContinuation<RecordMetadata, any Error>])
        case done(Result<RecordMetadata, any Error>)
    }

    private let state = Mutex(State.waiting([]))

    init() {}

    /// Where the record came to stand, once it is acknowledged.
    ///
    /// - Throws: why it could not be sent: `LogError`, `DurableIOError`.
    public var metadata: RecordMetadata {
        get async throws {
            try await withCheckedThrowingContinuation { waiter in
                let result = state.withLock { state in
                    switch state {
                    case .done(let result): return Optional(result)
                    case .waiting(let waiters):
                        state = .waiting(waiters + [waiter])
                        return nil
                    }
                }
                if let result { waiter.resume(with: result) }
            }
        }
    }

    func finish(_ result: Result<RecordMetadata, any Error>) {
        let waiters = state.withLock { state in
            guard case .waiting(let waiters) = state else {
                return [CheckedContinuation<RecordMetadata, any Error>]()
            }
            state = .done(result)
            return waiters
        }
        for waiter in waiters { waiter.resume(with: result) }
    }
}
