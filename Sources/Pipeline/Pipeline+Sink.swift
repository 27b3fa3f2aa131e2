import DurableIO
import ObjectStore
import PartitionedLog
import Synchronization
import Warehouse

extension Pipeline {
    /// What the sink did.
    public struct SinkResult: Sendable {
        /// Rows, bytes and time.
        public var stage = ReplaySummary.StageResult(stage: .sink)
        /// How many objects were put.
        public var objects = 0
    }

    /// Puts the topic's records, from where the group stopped to the high watermark, into the bucket.
    ///
    /// An object holds the values of a run of consecutive offsets, a line each. It is put before the group
    /// commits, so a crash in between puts the object again, under the same key.
    public func sink(control: RunControl = RunControl()) throws -> SinkResult {
        let start = ContinuousClock.now
        var result = SinkResult()
        let partitions = log.partitions(of: settings.topic)
        let committed = try partitions.map(sinkStart)
        let total = zip(partitions, committed).reduce(0) { $0 + Int($1.0.highWatermark - $1.1) }
        for (partition, committed) in zip(partitions, committed) {
            let builder = SinkObjectBuilder(partition, settings)
            var objects = try builder.buildSome(from: committed)
            while let last = objects.last {
                try control.checkCancellation()
                let following = try put(objects, building: builder, from: last.nextOffset)
                try groups.commit(
                    settings.group, [partition.topicPartition: CommittedOffset(last.nextOffset)])
                result.objects += objects.count
                result.stage.rows += objects.reduce(0) { $0 + $1.records }
                result.stage.bytes += objects.reduce(0) { $0 + $1.rawBytes }
                control.progress(Progress(stage: .sink, completed: result.stage.rows, total: total))
                objects = following
            }
        }
        ProcessMemory.trim()
        result.stage.duration = ContinuousClock.now - start
        return result
    }

    /// Where the sink goes on in a partition: where the group stopped; or further back, at what the warehouse
    /// wants next, where the bucket does not have that (objects were removed, or another bucket is used than
    /// before).
    private func sinkStart(_ partition: PartitionLog) throws -> Offset {
        let id = partition.topicPartition
        let known = try groups.committed(settings.group, id)
        let committed = max(known?.offset ?? .zero, partition.logStartOffset)
        let wanted = try warehouse.nextOffset(topic: id.topic, partition: id.partition)
        guard wanted < committed.value else { return committed }
        var isThere = false
        try store.forEachObject(bucket: bucket, damaged: { _ in }) { object in
            guard let key = SinkKey(object.key), key.partition == id,
                let next = object.userMetadata["Next-Offset"].flatMap({ Int64($0) })
            else { return }
            if key.firstOffset.value <= wanted, wanted < next { isThere = true }
        }
        return isThere ? committed : max(Offset(wanted), partition.logStartOffset)
    }

    /// Puts objects, and builds those that follow; both at once where it is worth a thread.
    private func put(_ objects: [SinkObject], building builder: SinkObjectBuilder, from next: Offset) throws
        -> [SinkObject]
    {
        guard objects.count == 1, objects[0].rawBytes >= 4 << 20 else {
            try put(objects)
            return try builder.buildSome(from: next)
        }
        let following = Mutex<[SinkObject]>([])
        let (store, bucket, clock) = (store, bucket, settings.clock)
        try WorkerThreads.perform(2) { part in
            if part == 0 {
                try objects[0].put(to: store, bucket, at: clock())
            } else {
                let built = try builder.buildSome(from: next)
                following.withLock { $0 = built }
            }
        }
        return following.withLock { $0 }
    }

    /// Puts objects; many small ones side by side, so that they share their waits for the disk.
    private func put(_ objects: [SinkObject]) throws {
        let put = { @Sendable [store, bucket, clock = settings.clock] (object: SinkObject) in
            try object.put(to: store, bucket, at: clock())
        }
        guard objects.count > 1 else { return try objects.forEach(put) }
        let writers = min(8, objects.count)
        try WorkerThreads.perform(writers) { writer in
            for index in stride(from: writer, to: objects.count, by: writers) { try put(objects[index]) }
        }
    }

}

/// The content of one object of the sink.
private struct SinkObject {
    let key: SinkKey
    let nextOffset: Offset
    let records: Int
    let rawBytes: Int
    let content: [UInt8]

    func put(to store: ObjectStore, _ bucket: BucketName, at nanoseconds: Int64) throws {
        var options = PutOptions()
        options.headers.contentType = key.isCompressed ? "application/zstd" : "application/json"
        options.userMetadata = [
            "First-Offset": "\(key.firstOffset)", "Next-Offset": "\(nextOffset)", "Records": "\(records)",
        ]
        options.modifiedNanoseconds = nanoseconds
        try store.put(content, bucket: bucket, key: try ObjectKey(key.text), options: options)
    }
}

/// Reads runs of records of one partition and makes objects of them. Which records go into which object
/// follows from the log up to its high watermark alone.
private final class SinkObjectBuilder: @unchecked Sendable {
    // One thread at a time builds.

    private let partition: PartitionLog
    private let settings: PipelineSettings
    private let compressor = ZstdCompressor(level: 1)
    private var scratch = RecordScratch()
    private var lines: [UInt8] = []

    private static let pieceBytes = 256 << 10
    private static let objectsMax = 512

    init(_ partition: PartitionLog, _ settings: PipelineSettings) {
        self.partition = partition
        self.settings = settings
    }

    /// The next objects from `start` on; none at the high watermark.
    func buildSome(from start: Offset) throws -> [SinkObject] {
        switch settings.keyLayout {
        case .partition: try build(from: start).map { [$0] } ?? []
        case .symbol: try buildSingle(from: start)
        }
    }

    /// Objects of one record each.
    private func buildSingle(from start: Offset) throws -> [SinkObject] {
        var objects: [SinkObject] = []
        var next = start
        while objects.count < Self.objectsMax, let batch = try partition.batch(holding: next) {
            if !batch.header.isControl {
                try batch.forEachRecord(&scratch) { record in
                    guard record.offset >= next, objects.count < Self.objectsMax else { return }
                    lines.removeAll(keepingCapacity: true)
                    let rawBytes = appendLine(record.value)
                    let key = SinkKey(
                        partition.topicPartition, record.offset,
                        symbol: record.key.map { String(decoding: $0, as: UTF8.self) } ?? "",
                        seconds: record.timestamp / 1000)
                    objects.append(
                        SinkObject(
                            key: key, nextOffset: record.offset + 1, records: 1, rawBytes: rawBytes,
                            content: lines))
                }
            }
            next = max(batch.header.lastOffset + 1, next)
        }
        return objects
    }

    /// The object that begins at `start`, or behind it where the log has a gap; `nil` at the high watermark.
    func build(from start: Offset) throws -> SinkObject? {
        var next = start
        var first: Offset?
        var firstTimestamp: Int64?
        var records = 0
        var rawBytes = 0
        var compressed: [UInt8] = []
        var isFull = false
        lines.removeAll(keepingCapacity: true)
        while !isFull, let batch = try partition.batch(holding: next) {
            if !batch.header.isControl {
                try batch.forEachRecord(&scratch) { record in
                    guard !isFull, record.offset >= next else { return }
                    // Lines count as offsets, so a gap ends the object.
                    if first != nil, record.offset != next {
                        isFull = true
                        return
                    }
                    if let firstTimestamp, let roll = settings.rollMilliseconds,
                        record.timestamp &- firstTimestamp >= roll
                    {
                        isFull = true
                        return
                    }
                    first = first ?? record.offset
                    firstTimestamp = firstTimestamp ?? record.timestamp
                    rawBytes += appendLine(record.value)
                    records += 1
                    next = record.offset + 1
                    isFull = rawBytes >= settings.objectBytes
                }
            } else if first != nil {
                break
            }
            // Where the batch's last offsets are gone (compacted away) the lines would no longer count as
            // offsets.
            if first != nil, next <= batch.header.lastOffset { isFull = true }
            if !isFull { next = max(next, batch.header.lastOffset + 1) }
            if lines.count >= Self.pieceBytes { try compressLines(into: &compressed, last: false) }
        }
        guard let first else { return nil }
        try compressLines(into: &compressed, last: true)
        return SinkObject(
            key: SinkKey(partition.topicPartition, first), nextOffset: first + Int64(records),
            records: records, rawBytes: rawBytes, content: compressed)
    }

    private func compressLines(into compressed: inout [UInt8], last: Bool) throws {
        try lines.withUnsafeBytes { try compressor.stream($0, last: last, appendingTo: &compressed) }
        lines.removeAll(keepingCapacity: true)
    }

    /// Adds a value as one line. Line breaks inside JSON are blanks, so they can be written as blanks; a
    /// tombstone is the JSON null.
    private func appendLine(_ value: UnsafeRawBufferPointer?) -> Int {
        let before = lines.count
        guard let value else {
            lines.append(contentsOf: "null\n".utf8)
            return lines.count - before
        }
        lines.append(contentsOf: value)
        if value.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
            for index in before..<lines.count where lines[index] == 0x0A || lines[index] == 0x0D {
                lines[index] = 0x20
            }
        }
        lines.append(0x0A)
        return lines.count - before
    }
}
