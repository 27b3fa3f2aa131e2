public import MarketData

/// A stage of the way of a quote.
public enum Stage: String, Sendable, CaseIterable {
    /// From the recording to the log.
    case produce
    /// From the log to the object store.
    case sink
    /// From the object store to the warehouse's raw table.
    case load
    /// From the raw table to bronze, silver and gold.
    case build
}

/// How far a stage has come, in whatever it counts: bytes, records or models.
public struct Progress: Sendable {
    /// The stage.
    public let stage: Stage
    /// What has been done.
    public let completed: Int
    /// What there is to do; `nil` where that is not known.
    public let total: Int?
    /// At a speed other than `max`: the recorded time that has come.
    public var time: Timestamp?
}

/// How a caller follows a run and stops it.
public struct RunControl {
    /// Called every now and then.
    public var progress: (Progress) -> Void
    /// Asked every now and then; once it says `true` the run ends with `Interrupted`.
    public var isCancelled: () -> Bool

    /// A run that tells nobody and is never stopped, unless something else is given.
    public init(
        progress: @escaping (Progress) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
    ) {
        self.progress = progress
        self.isCancelled = isCancelled
    }

    func checkCancellation() throws {
        if isCancelled() { throw Interrupted() }
    }
}

/// A run was stopped by its caller. What had been done stays, and running it again goes on from there.
public struct Interrupted: Error {
    /// Says that a caller has stopped.
    public init() {}
}
