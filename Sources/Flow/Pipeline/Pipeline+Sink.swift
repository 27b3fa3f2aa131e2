import DurableIO
import ObjectStore
import PartitionedLog
import Threads
import Warehouse

extension Pipeline {
    /// What the sink did.
    public struct SinkResult: Sendable {
        /// Rows, bytes and time.
        public var stage = ReplaySummary.StageResult(stage: .sink)
        /// How many objects were put.
        public var objects = 0
    }

    /// Puts the topic's committed records, from where the group stopped to the last stable offset, into the
    /// bucket.
    ///
    /// An object holds the values of a run of consecutive offsets, a line each. It is put before the group
    /// commits, so a crash in between puts the object again, under the same key.
    public func sink(control: RunControl = RunControl()) throws -> SinkResult {
        let start = ContinuousClock.now
        let run = try makeSinkRun(loads: false)
        let total = run.recordsBehind
        do {
            try run.advance { records in
                try control.checkCancellation()
                control.progress(Progress(stage: .sink, completed: records, total: total))
            }
            var (result, _) = try run.finish()
            ProcessMemory.trim()
            result.stage.duration = ContinuousClock.now - start
            return result
        } catch {
            run.cancel()
            throw error
        }
    }

    /// A sink that begins where the group stopped.
    ///
    /// - Parameter loads: whether objects are loaded right after they are put. All that is in the bucket must
    ///   have been loaded.
    func makeSinkRun(loads: Bool) throws -> SinkRun {
        let partitions = log.partitions(of: settings.topic)
        return try SinkRun(self, zip(partitions, partitions.map(sinkStart)).map { $0 }, loads: loads)
    }

    /// Where the sink goes on in a partition: where the group stopped; or further back, at what the warehouse
    /// wants next, where the bucket does not have that (objects were removed, or another bucket is used than
    /// before).
    private func sinkStart(_ partition: PartitionLog) throws -> Offset {
        let id = partition.topicPartition
        let known = try groups.committed(settings.group, id)
        let committed = max(known?.offset ?? .zero, partition.logStartOffset)
        let wanted = try warehouse.nextOffset(topic: id.topic, partition: id.partition)
        guard wanted < committed.value,
            try partition.hasCommittedRecords(from: Offset(wanted), before: committed)
        else { return committed }
        let isThere = try unloadedObjects(of: id, damaged: { _ in }).contains { object in
            object.key.firstOffset.value <= wanted && wanted < object.nextOffset ?? 0
        }
        return isThere ? committed : max(Offset(wanted), partition.logStartOffset)
    }
}
