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
        var summary = ReplaySummary()
        let producer = try RecordingProducer(self, options: options, control: control)
        let total = sources.reduce(Optional(0)) { sum, source in
            sum.flatMap { sum in source.byteCount.map { sum + $0 } }
        }
        var bytesBefore = 0
        for source in sources {
            try producer.run(source, progressBase: bytesBefore, progressTotal: total, &summary) { summary in
                try drain(&summary, control: control)
            }
            bytesBefore += source.bytesRead
        }
        try drain(&summary, control: control)
        try warehouse.checkpoint()
        summary.disk = try directory.diskUsage(fileSystem: fileSystem)
        return summary
    }

    /// Takes what the log holds all the way to gold.
    private func drain(_ summary: inout ReplaySummary, control: RunControl) throws {
        let sunk = try sink(control: control)
        summary.objectsPut += sunk.objects
        summary.add(sunk.stage)
        let loaded = try load(control: control)
        summary.add(loaded.stage)
        summary.newRejects += loaded.newRejects
        for reject in loaded.rejects { summary.addReject(reject.reason, place: reject.place) }
        let start = ContinuousClock.now
        summary.models = try build(control: control)
        let gold = summary.models.filter { $0.name.hasPrefix("gold_") }.reduce(0) { $0 + ($1.rows ?? 0) }
        var built = ReplaySummary.StageResult(stage: .build)
        built.duration = ContinuousClock.now - start
        summary.add(built)
        if let index = summary.stages.firstIndex(where: { $0.stage == .build }) {
            summary.stages[index].rows = gold
        }
    }
}
