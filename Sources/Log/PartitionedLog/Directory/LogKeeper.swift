import Dispatch

/// Does what becomes due in a log directory while a program without tasks holds it for writing, on a thread of its
/// own: what has waited its `flush.ms` is written through each second; retention and compaction act every five
/// minutes, as with Kafka's `log.retention.check.interval.ms`, and at the end. Thread-safe. (In programs with tasks
/// `EmbeddedLog` does it.)
public final class LogKeeper: Sendable {
    private let log: LogDirectory
    private let report: @Sendable (LogDirectory.Maintenance) -> Void
    private let stopping = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)

    /// Begins.
    ///
    /// - Parameters:
    ///   - interval: how many seconds lie between two rounds of maintenance.
    ///   - report: hears what each round did; on the keeper's thread.
    public init(
        _ log: LogDirectory, interval: Double = 300,
        report: @escaping @Sendable (LogDirectory.Maintenance) -> Void
    ) {
        self.log = log
        self.report = report
        DispatchQueue(label: "tapehouse.log.keeper").async { [log, stopping, stopped] in
            var next = DispatchTime.now() + interval
            while stopping.wait(timeout: .now() + min(1, interval)) == .timedOut {
                if DispatchTime.now() < next {
                    var result = LogDirectory.Maintenance()
                    result.failures = log.flushWhatIsDue()
                    if !result.failures.isEmpty { report(result) }
                } else {
                    report(log.maintain())
                    next = .now() + interval
                }
            }
            stopped.signal()
        }
    }

    /// Ends, with a last round where the work was done.
    public func stop(lastRound: Bool = true) {
        stopping.signal()
        stopped.wait()
        if lastRound { report(log.maintain()) }
    }
}
