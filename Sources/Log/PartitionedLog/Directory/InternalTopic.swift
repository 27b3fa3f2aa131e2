import DurableIO
import Synchronization

/// A topic in which the log keeps records of its own. Each name has its partition by Java's hash, and partitions come
/// to be as they are needed.
struct InternalTopic: Sendable {
    let name: String

    /// Committed offsets and consumer groups.
    static let groups = InternalTopic(name: "__consumer_offsets")
    /// Transactions.
    static let transactions = InternalTopic(name: "__transaction_state")

    static let partitionCount: Int32 = 50

    /// The number of the partition that what is said of `name` goes to.
    func partitionNumber(for name: String) -> Int32 {
        var hash: Int32 = 0
        for unit in name.utf16 { hash = hash &* 31 &+ Int32(unit) }
        return (hash == .min ? 0 : abs(hash)) % Self.partitionCount
    }

    /// The partition that what is said of `name` goes to, made where it is not there.
    func partition(for name: String, in log: LogDirectory) throws -> PartitionLog {
        let id = TopicPartition(self.name, partitionNumber(for: name))
        if let partition = try? log.partition(id) { return partition }
        try log.requireWritable()
        try log.changing.withLock { _ in
            if (try? log.partition(id)) != nil { return }
            var generator = SystemRandomNumberGenerator()
            let present = log.partitions(of: self.name).first
            let topicID = try present.flatMap {
                try TopicChange.topicID(of: $0.topicPartition, in: log.path, log.fileSystem)
            }
            try log.createPartition(id, topicID: topicID ?? KafkaID(using: &generator))
        }
        return try log.partition(id)
    }

    /// A record of an internal topic: a value of `nil` takes back what was said under the key.
    struct Entry {
        let key: [UInt8]
        let value: [UInt8]?
    }

    /// A batch that has been appended.
    struct Write: Sendable {
        let partition: PartitionLog
        let end: Offset

        /// Waits until it is as safe as the flush policy promises.
        func commit() throws {
            try partition.commit(through: end)
        }
    }

    /// Appends records as one batch.
    ///
    /// - Parameter stamp: the producer's, where they belong to a transaction.
    func append(
        _ entries: [Entry], for name: String, in log: LogDirectory, timestamp: Int64,
        stamp: ProducerStamp = .none
    ) throws -> Write {
        let partition = try partition(for: name, in: log)
        let builder = RecordBatchBuilder(compression: .none)
        for entry in entries {
            entry.key.withUnsafeBytes { key in
                guard let value = entry.value else {
                    return builder.append(timestamp: timestamp, key: key, value: nil)
                }
                value.withUnsafeBytes { builder.append(timestamp: timestamp, key: key, value: $0) }
            }
        }
        let result = try builder.finish(stamp) { try partition.append($0, from: .builder) }
        return Write(partition: partition, end: result.lastOffset + 1)
    }

    /// Gives every record to `body` in order, with the header of its batch.
    ///
    /// - Returns: what was wrong with the records that `body` could not read; the others have been read.
    func replay(_ log: LogDirectory, _ body: (RecordBatchHeader, Record) throws -> Void) throws -> [LogError]
    {
        var scratch = RecordScratch()
        var unreadable: [LogError] = []
        let buffer = FetchBuffer()
        for partition in log.partitions(of: name) {
            var next = partition.logStartOffset
            while true {
                let fetched = try partition.fetch(from: next, into: buffer)
                guard fetched.nextOffset > next else { break }
                next = fetched.nextOffset
                try buffer.forEachBatch { batch in
                    try batch.forEachRecord(&scratch) { record in
                        do {
                            try body(batch.header, record)
                        } catch let error as LogError {
                            let place = "\(partition.topicPartition), offset \(record.offset)"
                            unreadable.append(LogError(error.code, "\(place): \(error.message)"))
                        }
                    }
                }
            }
        }
        return unreadable
    }
}
