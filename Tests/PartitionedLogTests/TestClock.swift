import Logging
import Synchronization
import Testing

/// A clock that goes when it is told to, in milliseconds.
final class TestClock: Sendable {
    private let time: Mutex<Int64>

    init(_ start: Int64) {
        time = Mutex(start)
    }

    var now: Int64 { time.withLock { $0 } }

    func advance(_ milliseconds: Int64) {
        time.withLock { $0 += milliseconds }
    }
}

extension Logger {
    /// One that says nothing: what fails is what the test wants to fail.
    static let silent = Logger(label: "silent", factory: { _ in SwiftLogNoOpLogHandler() })
}

/// Waits until something holds, for a minute at most. Other tests need the threads, so it does not spin.
func eventually(_ what: String, _ holds: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !holds() {
        try #require(ContinuousClock.now < deadline, "\(what)")
        try await Task.sleep(for: .milliseconds(1))
    }
}
