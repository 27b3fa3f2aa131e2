/// Sends records to a topic in batches, one batch in the making for each partition.
///
/// A record is acknowledged when `flush()` returns. Not thread-safe: one producer to a thread.
public final class Producer {
    private let partitions: [PartitionLog]
    private let builders: [RecordBatchBuilder]
    private let batchBytes: Int
    private var hasFailed = false

    /// The largest key and value together that surely fit a batch.
    public static let recordBytesMax = 1_000_000

    /// A producer for a topic that exists.
    ///
    /// - Parameter batchBytes: a batch is sent when its records, uncompressed, reach this size.
    /// - Throws: `LogError` with code `unknownTopicOrPartition`.
    public init(
        _ log: LogDirectory, topic: String, batchBytes: Int = 256 << 10, compression: Compression = .zstd
    ) throws {
        let partitions = log.partitions(of: topic)
        guard !partitions.isEmpty else {
            throw LogError(.unknownTopicOrPartition, "there is no topic \(topic) in \(log.path)")
        }
        self.partitions = partitions
        self.batchBytes = batchBytes
        builders = partitions.map {
            RecordBatchBuilder(compression: $0.configuration.compression ?? compression)
        }
    }

    /// Adds a record to the batch of its key's partition, sending the batch when it is full.
    ///
    /// - Parameter timestamp: milliseconds since 1970.
    /// - Throws: `LogError` with code `messageTooLarge` for a record over `recordBytesMax`, which is not
    ///   sent;
    ///   `DurableIOError` where the disk fails: then the records since the last `flush()` are not acknowledged.
    public func send(
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, timestamp: Int64,
        headers: [RecordHeader] = []
    ) throws {
        guard key.count + value.count <= Self.recordBytesMax else {
            throw LogError(
                .messageTooLarge,
                "a record of \(key.count + value.count) bytes is over the limit of \(Self.recordBytesMax)")
        }
        try requireSound()
        let index =
            partitions.count == 1 ? 0 : Int(Partitioner.partition(key: key, of: Int32(partitions.count)))
        // A batch that the record would carry over the limit goes first, so that one large record fits.
        let bytes = headers.reduce(key.count + value.count) {
            $0 + $1.key.utf8.count + ($1.value?.count ?? 0) + 20
        }
        if builders[index].recordCount > 0, builders[index].byteCount + bytes > batchBytes {
            try guarded { try sendBatch(index) }
        }
        builders[index].append(timestamp: timestamp, key: key, value: value, headers: headers)
    }

    /// Sends what is waiting and waits until everything sent is on the disk.
    ///
    /// - Throws: as `send`. After an error of the disk the producer sends nothing more, so that no later
    ///   success can be taken for that of a batch that was dropped.
    public func flush() throws {
        try guarded {
            for index in partitions.indices where builders[index].recordCount > 0 { try sendBatch(index) }
            for partition in partitions { try partition.flush() }
        }
    }

    private func sendBatch(_ index: Int) throws {
        _ = try builders[index].finish { try partitions[index].append($0, from: .builder) }
    }

    /// Does what can fail unless something has failed before.
    private func guarded(_ body: () throws -> Void) throws {
        try requireSound()
        do {
            try body()
        } catch {
            hasFailed = true
            throw error
        }
    }

    private func requireSound() throws {
        guard !hasFailed else {
            throw LogError(
                .storage,
                "a batch could not be sent; make a new producer and send again what is not acknowledged")
        }
    }
}
