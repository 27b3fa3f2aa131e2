import DurableIO
public import MarketData
import Modeling
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
        if options.speed == .max {
            summary.add(try sink(control: control))
            summary.add(try load(control: control))
        }
        try produce(sources, options, control, &summary)
        ProcessMemory.trim()
        try drain(&summary, control: control)
        try warehouse.checkpoint()
        summary.disk = try directory.diskUsage(fileSystem: fileSystem)
        summary.duration = ContinuousClock.now - start
        return summary
    }

    /// Sinks and loads what the producer has committed, on threads of its own, while more is produced.
    private final class Follower: Sendable {
        private let run: SinkRun
        private let advancing: HandOver<Void>

        init(_ run: SinkRun) {
            self.run = run
            advancing = HandOver(waitingMax: .max) { try run.advance() }
        }

        /// Tells that there is more in the log. An error of the sink is no concern of who produces; `finish` throws it.
        func follow() { try? advancing.hand(()) }

        func finish() throws -> (SinkResult, LoadResult) {
            try advancing.drain()
            return try run.finish()
        }

        func cancel() {
            run.cancel()
            advancing.cancel()
        }
    }

    /// Produces recordings; as fast as possible, with sink and load beside it.
    private func produce(
        _ sources: [ByteSource], _ options: ReplayOptions, _ control: RunControl,
        _ summary: inout ReplaySummary
    ) throws {
        let follower = options.speed == .max ? try Follower(makeSinkRun(loads: true)) : nil
        do {
            let producer = try RecordingProducer(
                self, options: options, control: control, didCommit: { follower?.follow() })
            let total = sources.reduce(Optional(0)) { sum, source in
                sum.flatMap { sum in source.byteCount.map { sum + $0 } }
            }
            var bytesBefore = 0
            for source in sources {
                try producer.run(source, progressBase: bytesBefore, progressTotal: total, &summary) {
                    summary in
                    try drain(&summary, control: control)
                }
                bytesBefore += source.bytesRead
            }
            if let (sunk, loaded) = try follower?.finish() {
                summary.add(sunk)
                summary.add(loaded)
            }
        } catch {
            follower?.cancel()
            throw error
        }
    }

    /// Takes what the log holds all the way to gold.
    private func drain(_ summary: inout ReplaySummary, control: RunControl) throws {
        summary.add(try sink(control: control))
        summary.add(try load(control: control))
        let start = ContinuousClock.now
        summary.models = try build(control: control)
        let gold = summary.models.filter { $0.name.hasPrefix("gold_") }.reduce(0) { $0 + ($1.rows ?? 0) }
        var built = ReplaySummary.StageResult(stage: .build)
        built.duration = ContinuousClock.now - start
        summary.add(built)
        if let index = summary.stages.firstIndex(where: { $0.stage == .build }) {
            summary.stages[index].rows = gold
        }
        // Only now, when the store has what the log's topics hold.
        maintainLog()
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
}
