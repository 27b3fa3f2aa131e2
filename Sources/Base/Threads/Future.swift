/// What a thread makes and another waits for.
package final class Future<Value: Sendable, Failure: Error>: @unchecked Sendable {
    // Touched under the monitor alone.
    private let monitor = Monitor()
    private var result: Result<Value, Failure>?

    package init() {}

    /// Gives the value, or why there is none; once.
    package func fulfil(_ result: Result<Value, Failure>) {
        monitor.locked {
            precondition(self.result == nil, "a future has one result")
            self.result = result
            monitor.broadcast()
        }
    }

    /// Waits for the value.
    ///
    /// - Throws: why there is none.
    package func wait() throws(Failure) -> Value {
        let made = monitor.locked {
            while true {
                if let result { return result }
                monitor.wait()
            }
        }
        return try made.get()
    }
}
