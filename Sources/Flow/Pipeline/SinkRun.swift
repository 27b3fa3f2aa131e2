import DurableIO
import Logging
import ObjectStore
import PartitionedLog
import Synchronization
import Threads

/// The sink at work: makes objects of what the log has, and puts them into the bucket on a thread of its own
/// while the next ones are made. Where it loads, that thread also loads each object, whose lines are still in
/// memory.
///
/// One thread at a time may use it.
final class SinkRun: @unchecked Sendable {
    // Builders and what they have done belong to the thread that uses this object; what is shared has locks.
    private let builders: [SinkObjectBuilder]
    private let delivery: Delivery
    private let delivering: HandOver<Delivery.Objects>
    private let isCancelled = Atomic(false)
    private var records = 0
    private var buildTime = Duration.zero

    /// How many records the log has behind those that are sunk.
    let recordsBehind: Int

    init(_ pipeline: Pipeline, _ partitions: [(PartitionLog, Offset)], loads: Bool) throws {
        let spare = SpareBytes()
        builders = partitions.map { SinkObjectBuilder($0, from: $1, pipeline.settings, spare: spare) }
        recordsBehind = partitions.reduce(0) { $0 + max(0, Int($1.0.lastStableOffset - $1.1)) }
        let delivery = Delivery(pipeline, spare, loads: loads)
        self.delivery = delivery
        delivering = HandOver(waitingMax: 1) { try delivery.deliver($0) }
    }

    /// Takes on what the log has now, but for what does not fill an object yet.
    ///
    /// - Parameter progress: called with the number of records taken so far; its errors end the work.
    func advance(progress: (Int) throws -> Void = { _ in }) throws {
        for builder in builders {
            while true {
                if isCancelled.load(ordering: .relaxed) { throw Interrupted() }
                let start = ContinuousClock.now
                let objects = try builder.nextComplete()
                buildTime += ContinuousClock.now - start
                guard try hand(objects, of: builder) else { break }
                try progress(records)
            }
        }
    }

    /// Takes on the rest too, and waits until everything is in the bucket, and loaded where that is wanted.
    /// More can follow.
    func settle() throws {
        for builder in builders { _ = try hand(try builder.rest().map { [$0] } ?? [], of: builder) }
        try delivering.drain()
    }

    /// Settles, and tells what has been done in all.
    func finish() throws -> (Pipeline.SinkResult, Pipeline.LoadResult) {
        try settle()
        for builder in builders { delivery.noteUndecided(builder.partition) }
        return delivery.results(buildTime: buildTime)
    }

    /// Ends the work; called from any thread, which waits until no object is put or loaded any more.
    func cancel() {
        isCancelled.store(true, ordering: .relaxed)
        delivering.cancel(throwing: Interrupted())
    }

    private func hand(_ objects: [SinkObject], of builder: SinkObjectBuilder) throws -> Bool {
        if objects.isEmpty { return false }
        records += objects.reduce(0) { $0 + $1.records }
        try delivering.hand(Delivery.Objects(partition: builder.partition.topicPartition, objects: objects))
        return true
    }
}

/// Brings objects to the bucket, notes it in the group, and loads them.
private final class Delivery: @unchecked Sendable {
    // Used by the delivering thread, and by others when that has nothing to do. The pipeline is used by one
    // thread at a time too, but for its log and its store, which any may use.
    // It outlives every delivery, and must not be kept open by a thread that is about to end.
    private unowned let pipeline: Pipeline
    private let spare: SpareBytes
    private let loads: Bool
    private var sunk = Pipeline.SinkResult()
    private var loaded = Pipeline.LoadResult()

    /// Objects that follow one another in a partition.
    struct Objects: Sendable {
        let partition: TopicPartition
        let objects: [SinkObject]
    }

    init(_ pipeline: Pipeline, _ spare: SpareBytes, loads: Bool) {
        self.pipeline = pipeline
        self.spare = spare
        self.loads = loads
    }

    /// What has been done; the stages' time is that in which they were at work.
    func results(buildTime: Duration) -> (Pipeline.SinkResult, Pipeline.LoadResult) {
        var sunk = sunk
        sunk.stage.duration = max(sunk.stage.duration, buildTime)
        return (sunk, loaded)
    }

    /// Tells of records that wait for the end of a transaction.
    func noteUndecided(_ partition: PartitionLog) {
        let (stable, end) = (partition.lastStableOffset, partition.highWatermark)
        guard stable < end else { return }
        pipeline.logger.notice(
            "\(partition.topicPartition): offsets \(stable) to \(end.value - 1) wait for a transaction that is neither committed nor aborted"
        )
    }

    func deliver(_ run: Objects) throws {
        guard let last = run.objects.last else { return }
        let start = ContinuousClock.now
        let infos = try put(run.objects)
        try pipeline.groups.commit(
            pipeline.settings.group, [run.partition: CommittedOffset(last.nextOffset)])
        sunk.objects += run.objects.count
        sunk.stage.rows += run.objects.reduce(0) { $0 + $1.records }
        sunk.stage.bytes += run.objects.reduce(0) { $0 + $1.lines.count }
        let isPut = ContinuousClock.now
        sunk.stage.duration += isPut - start
        guard loads else { return recycle(run) }
        let objects = zip(infos, run.objects).map { ($0, $1.key, $1.lines) }
        loaded.add(try pipeline.loadNow(objects))
        loaded.stage.duration += ContinuousClock.now - isPut
        recycle(run)
    }

    private func recycle(_ run: Objects) {
        if let lines = run.objects.first?.lines, run.objects.count == 1 { spare.put(lines) }
    }

    /// Puts objects; many small ones side by side, so that they share their waits for the disk.
    private func put(_ objects: [SinkObject]) throws -> [ObjectInfo] {
        let (store, bucket, clock) = (pipeline.store, pipeline.bucket, pipeline.settings.clock)
        guard objects.count > 1 else { return try objects.map { try $0.put(to: store, bucket, at: clock()) } }
        let infos = Mutex([ObjectInfo?](repeating: nil, count: objects.count))
        let writers = min(8, objects.count)
        try WorkerThreads.perform(writers) { writer in
            for index in stride(from: writer, to: objects.count, by: writers) {
                let info = try objects[index].put(to: store, bucket, at: clock())
                infos.withLock { $0[index] = info }
            }
        }
        return infos.withLock { $0.compactMap(\.self) }
    }
}
