import DurableIO
import ObjectStore
import PartitionedLog
import Warehouse

/// Where an object of the sink lies: `TOPIC/partition=P/OFFSET.ndjson.zst`, a function of where its first
/// record does.
struct SinkKey: Equatable {
    let partition: TopicPartition
    let firstOffset: Offset

    var text: String {
        "\(partition.topic)/partition=\(partition.partition)/\(firstOffset.fileName).ndjson.zst"
    }

    init(_ partition: TopicPartition, _ firstOffset: Offset) {
        self.partition = partition
        self.firstOffset = firstOffset
    }

    /// Reads a key; `nil` for one that the sink did not make.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let suffix = ".ndjson.zst"
        let label = "partition="
        guard parts.count == 3, parts[1].hasPrefix(label), parts[2].hasSuffix(suffix),
            let partition = Int32(parts[1].dropFirst(label.count)),
            let offset = Int64(parts[2].dropLast(suffix.count))
        else { return nil }
        self.init(TopicPartition(String(parts[0]), partition), Offset(offset))
        guard self.text == text else { return nil }
    }
}

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
            let builder = SinkObjectBuilder(partition, bytesMax: settings.objectBytes)
            var next = committed
            while let object = try builder.build(from: next) {
                try control.checkCancellation()
                try put(object, partition: partition.topicPartition)
                try groups.commit(
                    settings.group, [partition.topicPartition: CommittedOffset(object.nextOffset)])
                next = object.nextOffset
                result.objects += 1
                result.stage.rows += object.records
                result.stage.bytes += object.rawBytes
                control.progress(Progress(stage: .sink, completed: result.stage.rows, total: total))
            }
        }
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
        let objects = try store.list(
            bucket: bucket, prefix: "\(id.topic)/partition=\(id.partition)/",
            damaged: { _ in })
        let isThere = objects.contains { object in
            guard let key = SinkKey(object.key),
                let next = object.userMetadata["Next-Offset"].flatMap({ Int64($0) })
            else { return false }
            return key.firstOffset.value <= wanted && wanted < next
        }
        return isThere ? committed : max(Offset(wanted), partition.logStartOffset)
    }

    private func put(_ object: SinkObject, partition: TopicPartition) throws {
        try object.compressed.withUnsafeBytes { bytes in
            _ = try store.put(
                bytes, bucket: bucket,
                key: try ObjectKey(SinkKey(partition, object.firstOffset).text),
                contentType: "application/zstd",
                userMetadata: [
                    "First-Offset": "\(object.firstOffset)", "Next-Offset": "\(object.nextOffset)",
                    "Records": "\(object.records)",
                ],
                modifiedNanoseconds: settings.clock())
        }
    }
}

/// The content of one object of the sink.
private struct SinkObject {
    let firstOffset: Offset
    let nextOffset: Offset
    let records: Int
    let rawBytes: Int
    let compressed: [UInt8]
}

/// Reads runs of records of one partition and makes objects of them. Which records go into which object
/// follows from the log up to its high watermark alone.
private final class SinkObjectBuilder {
    private let partition: PartitionLog
    private let bytesMax: Int
    private let compressor = ZstdCompressor(level: 1)
    private var scratch = RecordScratch()
    private var lines: [UInt8] = []

    private static let pieceBytes = 256 << 10

    init(_ partition: PartitionLog, bytesMax: Int) {
        self.partition = partition
        self.bytesMax = bytesMax
    }

    /// The object that begins at `start`, or behind it where the log has a gap; `nil` at the high watermark.
    func build(from start: Offset) throws -> SinkObject? {
        var next = start
        var first: Offset?
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
                    first = first ?? record.offset
                    rawBytes += appendLine(record.value)
                    records += 1
                    next = record.offset + 1
                    isFull = rawBytes >= bytesMax
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
            firstOffset: first, nextOffset: first + Int64(records), records: records, rawBytes: rawBytes,
            compressed: compressed)
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
