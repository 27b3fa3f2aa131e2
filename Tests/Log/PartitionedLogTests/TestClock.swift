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

/// Waits until something holds. Other tests need the threads, so it does not spin; and they may keep them for long, so
/// it counts how often it has looked, not the time.
func eventually(_ what: String, _ holds: () -> Bool) async throws {
    for _ in 0..<30_000 {
        if holds() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    try #require(holds(), "\(what)")
}
