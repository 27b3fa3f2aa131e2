import DurableIO
public import MarketData
import Modeling
import Threads
import Warehouse

extension Pipeline {
    /// Replays recordings through the whole pipeline.
    ///
    /// Lines that are no quotes, and recordings that cannot be read to their end, are kept as rejects and do
    /// not stop the rest. Replaying a recording again adds raw rows, and changes neither silver nor gold.
    ///
    /// - Parameter sources: the recordings, opened.
    /// - Throws: `Interrupted` where the caller stopped it; what had been produced by then is in the log.
    ///   Errors of the disk, the log, the store and the warehouse.
    public func replay(
        _ sources: [ByteSource], options: ReplayOptions = ReplayOptions(), control: RunControl = RunControl()
    ) throws -> ReplaySummary {
        let start = ContinuousClock.now
        var summary = ReplaySummary()
        // What an interrupted run has left comes first, for rows are loaded in the order of their offsets.
        summary.add(try sink(control: control))
        summary.add(try load(control: control))
        let follower = try Follower(self)
        do {
            let producer = try RecordingProducer(self, options: options, control: control, follower: follower)
            try producer.run(sources)
            try follower.finish(&summary)
            summary.add(producer.summary)
        } catch {
            follower.cancel()
            throw error
        }
        ProcessMemory.trim()
        var rejects = LoadResult()
        try loadProducerRejects(into: &rejects)
        summary.add(rejects)
        summary.add(try timedBuild(control: control))
        // Only now, when the store has what the log's topics hold.
        maintainLog()
        try warehouse.checkpoint()
        summary.disk = try directory.diskUsage(entriesMax: Self.entriesMax, fileSystem: fileSystem)
        summary.duration = ContinuousClock.now - start
        return summary
    }

    /// Of a store with more files than this it is not told how large it is: a replay costs what is new.
    private static let entriesMax = 2048

    /// Builds, and tells how long it took.
    fileprivate func timedBuild(control: RunControl) throws -> BuildResult {
        let start = ContinuousClock.now
        var result = BuildResult(models: try build(control: control))
        result.stage.duration = ContinuousClock.now - start
        return result
    }
}

/// What a build did.
private struct BuildResult {
    var stage = ReplaySummary.StageResult(stage: .build)
    var models: [ModelResult]
}

/// Sinks and loads what the producer has committed, on threads of its own, while more is produced; and builds
/// where it is told to. Nobody else may use the warehouse meanwhile.
final class Follower: @unchecked Sendable {
    // It outlives its work, and the pipeline outlives it.
    private unowned let pipeline: Pipeline
    private let run: SinkRun
    /// When the log was last looked after; touched by who works alone.
    private var maintained = ContinuousClock.now
    private let monitor = Monitor()
    // Touched under the monitor alone.
    private var isRefreshing = false
    private var refreshed = ContinuousClock.now
    private var refreshTime = Duration.zero
    private var summary = ReplaySummary()

    private lazy var advancing = HandOver<Bool>(waitingMax: .max) { [unowned self] isRefresh in
        if isRefresh { try refresh() } else { try run.advance() }
    }

    /// As Kafka's `log.retention.check.interval.ms`.
    private static let maintenanceInterval = Duration.seconds(300)
    /// Refreshing may take this part of the time while there is more to read, so that reading gets on.
    private static let busyShare = 10

    init(_ pipeline: Pipeline) throws {
        self.pipeline = pipeline
        run = try pipeline.makeSinkRun(loads: true)
        _ = advancing
    }

    /// Tells that there is more in the log. An error of the sink is no concern of who produces; `finish`
    /// throws it.
    func follow() { try? advancing.hand(false) }

    /// Takes what the log has all the way to gold, beside the caller, unless that is going on, or took place
    /// not long ago for what it costs.
    ///
    /// - Parameters:
    ///   - interval: how long ago the last time has to be at least.
    ///   - isIdle: whether the caller has nothing else to do.
    /// - Returns: whether it will.
    func refresh(every interval: Duration, isIdle: Bool) throws -> Bool {
        let isDue = monitor.locked {
            let pause = max(interval, refreshTime * (isIdle ? 1 : Self.busyShare - 1))
            guard !isRefreshing, ContinuousClock.now - refreshed >= pause else { return false }
            isRefreshing = true
            return true
        }
        if isDue { try advancing.hand(true) }
        return isDue
    }

    /// Throws what has failed so far.
    func check() throws { try advancing.check() }

    private func refresh() throws {
        let start = ContinuousClock.now
        try run.settle()
        var rejects = Pipeline.LoadResult()
        try pipeline.loadProducerRejects(into: &rejects)
        let built = try pipeline.timedBuild(control: RunControl())
        if start - maintained >= Self.maintenanceInterval {
            pipeline.maintainLog()
            maintained = start
        }
        monitor.locked {
            summary.add(rejects)
            summary.add(built)
            refreshed = ContinuousClock.now
            refreshTime = refreshed - start
            isRefreshing = false
        }
    }

    /// Takes on all that the log has, waits for the end of it, and adds what has been done.
    func finish(_ total: inout ReplaySummary) throws {
        try advancing.drain()
        let (sunk, loaded) = try run.finish()
        total.add(sunk)
        total.add(loaded)
        total.add(monitor.locked { summary })
    }

    /// Ends the work; nothing is done any more once it returns.
    func cancel() {
        run.cancel()
        advancing.cancel(throwing: Interrupted())
    }
}

extension ReplaySummary {
    fileprivate mutating func add(_ sunk: Pipeline.SinkResult) {
        objectsPut += sunk.objects
        add(sunk.stage)
    }

    fileprivate mutating func add(_ loaded: Pipeline.LoadResult) {
        add(loaded.stage)
        newRejects += loaded.newRejects
        for reject in loaded.rejects { addReject(reject.reason, place: reject.place) }
    }

    /// Models count as they are after the last build.
    fileprivate mutating func add(_ built: BuildResult) {
        models = built.models
        add(built.stage)
        if let index = stages.firstIndex(where: { $0.stage == .build }) {
            stages[index].rows = models.filter { $0.name.hasPrefix("gold_") }.reduce(0) {
                $0 + ($1.rows ?? 0)
            }
        }
    }

    /// Adds what another part of the same replay did.
    fileprivate mutating func add(_ other: ReplaySummary) {
        recordings += other.recordings
        for stage in other.stages { add(stage) }
        for reject in other.rejects { addRejects(reject) }
        newRejects += other.newRejects
        objectsPut += other.objectsPut
        unmatchedSymbols = other.unmatchedSymbols
        symbolsSeen = other.symbolsSeen
    }
}
