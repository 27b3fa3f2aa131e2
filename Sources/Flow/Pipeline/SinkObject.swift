import DurableIO
import ObjectStore
import PartitionedLog
import Synchronization

/// An object of the sink.
struct SinkObject: Sendable {
    let key: SinkKey
    let nextOffset: Offset
    let records: Int
    /// The values, a line each.
    let lines: [UInt8]
    /// The lines as they are stored, where that is in another form.
    let compressed: [UInt8]?

    /// Puts it into a bucket.
    ///
    /// - Parameter nanoseconds: now.
    func put(to store: ObjectStore, _ bucket: BucketName, at nanoseconds: Int64) throws -> ObjectInfo {
        var options = PutOptions()
        options.headers.contentType = key.isCompressed ? "application/zstd" : "application/json"
        options.userMetadata = [
            "First-Offset": "\(key.firstOffset)", "Next-Offset": "\(nextOffset)", "Records": "\(records)",
        ]
        options.modifiedNanoseconds = nanoseconds
        return try store.put(
            compressed ?? lines, bucket: bucket, key: try ObjectKey(key.text), options: options)
    }
}

/// Memory that has been used and is empty again. Fresh memory of the size of an object costs more than
/// writing to it.
final class SpareBytes: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func put(_ used: [UInt8]) { bytes.withLock { $0 = used } }

    func take() -> [UInt8] {
        var taken = bytes.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
        taken.removeAll(keepingCapacity: true)
        return taken
    }
}

/// Reads the committed records of one partition and makes objects of them. Which records go into which object
/// follows from the log alone, however much of it is there at a time. Not thread-safe.
final class SinkObjectBuilder {
    let partition: PartitionLog
    private let settings: PipelineSettings
    private let spare: SpareBytes
    private let compressor = ZstdCompressor(level: 1, tableLog: 16)
    private var scratch = RecordScratch()
    /// The record that is read next.
    private var next: Offset
    private var begun = Begun()

    private static let singlesMax = 512

    /// The object in the making.
    private struct Begun {
        /// The offset and the timestamp of its first record, where there is one.
        var first: (offset: Offset, timestamp: Int64)?
        var records = 0
        var lines: [UInt8] = []
    }

    /// - Parameter spare: memory of lines that nobody needs any more.
    init(_ partition: PartitionLog, from start: Offset, _ settings: PipelineSettings, spare: SpareBytes) {
        self.partition = partition
        self.settings = settings
        self.spare = spare
        next = start
    }

    /// The next objects that are complete with what the log has now; none where it has to grow before.
    func nextComplete() throws -> [SinkObject] {
        switch settings.keyLayout {
        case .partition: try nextRun().map { [$0] } ?? []
        case .symbol: try nextSingles()
        }
    }

    /// What has been read behind the last complete object.
    func rest() throws -> SinkObject? { try finish() }

    /// Objects of one record each.
    private func nextSingles() throws -> [SinkObject] {
        var objects: [SinkObject] = []
        while objects.count < Self.singlesMax, let found = try partition.committedBatch(holding: next) {
            let batch = found.batch
            if found.isWanted {
                try batch.forEachRecord(&scratch) { record in
                    guard record.offset >= next, objects.count < Self.singlesMax else { return }
                    var lines: [UInt8] = []
                    Self.append(record.value, to: &lines)
                    let key = SinkKey(
                        partition.topicPartition, record.offset,
                        symbol: record.key.map { String(decoding: $0, as: UTF8.self) } ?? "",
                        seconds: record.timestamp / 1000)
                    objects.append(
                        SinkObject(
                            key: key, nextOffset: record.offset + 1, records: 1, lines: lines, compressed: nil
                        ))
                    next = record.offset + 1
                }
                if objects.count == Self.singlesMax { break }
            }
            next = max(batch.header.lastOffset + 1, next)
        }
        return objects
    }

    /// The object of a run of records, once it is complete.
    private func nextRun() throws -> SinkObject? {
        while let found = try partition.committedBatch(holding: next) {
            let batch = found.batch
            // The offsets of what does not count are no lines.
            var isComplete = !found.isWanted
            if found.isWanted {
                isComplete = try take(batch)
                // Where the batch's last offsets are gone (compacted away) the lines would no longer count as
                // offsets.
                if next <= batch.header.lastOffset { isComplete = true }
            }
            if isComplete, let object = try finish() { return object }
            next = max(next, batch.header.lastOffset + 1)
        }
        return nil
    }

    /// Adds the records of a batch to the object in the making; whether that is complete.
    private func take(_ batch: RecordBatch) throws -> Bool {
        // In variables, which nobody else can have in use.
        var object = begun
        begun = Begun()
        var following = next
        var isComplete = false
        try batch.forEachRecord(&scratch) { record in
            guard !isComplete, record.offset >= following else { return }
            if let first = object.first {
                // Lines count as offsets, so a gap ends the object.
                isComplete = record.offset != following
                if let roll = settings.rollMilliseconds, record.timestamp &- first.timestamp >= roll {
                    isComplete = true
                }
                if isComplete { return }
            } else {
                object.first = (record.offset, record.timestamp)
                object.lines = spare.take()
            }
            Self.append(record.value, to: &object.lines)
            object.records += 1
            following = record.offset + 1
            isComplete = object.lines.count >= settings.objectBytes
        }
        begun = object
        next = following
        return isComplete
    }

    /// The object in the making, as it is; `nil` where there is none.
    private func finish() throws -> SinkObject? {
        let object = begun
        guard let first = object.first?.offset else { return nil }
        begun = Begun()
        return SinkObject(
            key: SinkKey(partition.topicPartition, first), nextOffset: first + Int64(object.records),
            records: object.records, lines: object.lines,
            compressed: try object.lines.withUnsafeBytes(compressor.frame))
    }

    /// Adds a value as one line. Line breaks inside JSON are blanks, so they can be written as blanks; a
    /// tombstone is the JSON null.
    private static func append(_ value: UnsafeRawBufferPointer?, to lines: inout [UInt8]) {
        guard let value else { return lines.append(contentsOf: "null\n".utf8) }
        let start = lines.count
        lines.append(contentsOf: value)
        if value.firstLineFeed() != nil || value.firstPlace(of: 0x0D) != nil {
            for index in start..<lines.count where lines[index] == 0x0A || lines[index] == 0x0D {
                lines[index] = 0x20
            }
        }
        lines.append(0x0A)
    }
}
