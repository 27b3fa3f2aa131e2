import Logging
import Synchronization

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
