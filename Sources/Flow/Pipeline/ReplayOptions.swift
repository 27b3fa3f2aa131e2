public import MarketData

/// Which quotes of a recording are replayed, and how fast.
public struct ReplayOptions: Sendable {
    /// How fast time passes in a replay.
    public enum Speed: Sendable, Equatable {
        /// As fast as the machine can.
        case max
        /// So many times as fast as it was recorded, by `fetched_at`.
        case times(Double)
    }

    /// How fast.
    public var speed = Speed.max
    /// Only these symbols; empty for all.
    public var symbols: Set<String> = []
    /// Only quotes fetched at or after this time.
    public var from: Timestamp?
    /// Only quotes fetched before this time.
    public var to: Timestamp?
    /// Of what comes from a pipe, or at a speed other than `max`: how long it may take until what has come is
    /// safe in the log, and on its way to gold.
    public var flushInterval = Duration.seconds(1)

    /// Everything, as fast as possible.
    public init() {}
}

/// Keeps the recorded pace: holds a quote back until its time has come.
struct Pacer {
    private let factor: Double
    private let started = ContinuousClock.now
    private var firstSecond: Int64?

    init?(_ speed: ReplayOptions.Speed) {
        guard case .times(let factor) = speed else { return nil }
        self.factor = factor
    }

    /// How long to wait from now until a quote fetched at `second` is due; not positive once it is.
    mutating func delay(until second: Int64) -> Duration {
        let first = firstSecond ?? second
        firstSecond = first
        let due = Duration.seconds(Double(second - first) / factor)
        return due - (ContinuousClock.now - started)
    }
}
