/// Sends records to a topic in batches, one batch in the making for each partition, without a task or a copy in
/// between: what a thread that has many records to send uses.
///
/// A record with a key goes to the partition that Kafka's Java producer would choose. Records without go to one
/// partition until its batch is sent, then to the next (KIP-480). A record is acknowledged when `flush()` returns. Not
/// thread-safe: one writer to a thread.
public final class TopicWriter {
    private let partitions: [PartitionLog]
    private let known: PresentPartitions
    /// Whether a partition was chosen, whatever the keys.
    private let isChosen: Bool
    /// Whether each of the topic's partitions is here, so that a key's is found without looking.
    private let isWhole: Bool
    private let builders: [RecordBatchBuilder]
    /// Those of the builders.
    private let encoders: [RecordEncoder]
    /// The size at which each partition's batch is sent.
    private let batchBytes: [Int]
    /// The largest batch that each partition takes.
    private let bytesMax: [Int]
    private let identity: TransactionCoordinator.ProducerIdentity?
    private var sequences: [Int32]
    private var ends: [Offset]
    private var stickyIndex = 0
    private var hasFailed = false

    /// A writer for a topic that exists.
    ///
    /// - Parameters:
    ///   - partition: the one partition to write to, whatever the keys.
    ///   - batchBytes: a batch is sent when its records, uncompressed, reach this size.
    ///   - compression: `none` or `zstd`, unless the topic has a `compression.type` of its own.
    ///   - identity: makes the writer idempotent.
    /// - Throws: `LogError` with code `unknownTopicOrPartition`.
    public init(
        _ log: LogDirectory, topic: String, partition: Int32? = nil, batchBytes: Int = 256 << 10,
        compression: Compression = .zstd, identity: TransactionCoordinator.ProducerIdentity? = nil
    ) throws {
        let known = try PresentPartitions(of: topic, in: log)
        let partitions = try partition.map { [known.partitions[try known.place(of: $0)]] } ?? known.partitions
        self.known = known
        isChosen = partition != nil
        isWhole = known.isWhole
        self.partitions = partitions
        bytesMax = partitions.map(\.configuration.maxMessageBytes)
        self.batchBytes = bytesMax.map { min(batchBytes, $0) }
        self.identity = identity
        sequences = partitions.map { _ in 0 }
        ends = partitions.map { _ in .zero }
        builders = partitions.map {
            RecordBatchBuilder(compression: $0.configuration.compression ?? compression)
        }
        encoders = builders.map(\.encoder)
    }

    /// Adds a record to the batch of its partition, sending the batch when it is full.
    ///
    /// - Parameter timestamp: milliseconds since 1970.
    /// - Throws: `LogError` with code `messageTooLarge` for a record over the topic's `max.message.bytes`, and
    ///   `unknownTopicOrPartition` for a key whose partition is not here; neither is sent. `DurableIOError` where
    ///   the disk fails: then the records since the last `flush()` are not acknowledged.
    public func send(
        key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestamp: Int64,
        headers: [RecordHeader] = []
    ) throws {
        try requireSound()
        let size = RecordBatchBuilder.byteCountMax(key: key, value: value, headers: headers)
        let index: Int
        if let key, !isChosen {
            index =
                isWhole
                ? Int(Partitioner.partition(key: key, of: Int32(partitions.count)))
                : try known.place(ofKey: key)
        } else {
            index = stickyIndex
        }
        if size > bytesMax[index] - RecordBatchHeader.byteCount {
            try partitions[index].requireRoom(forRecord: size, bytesMax[index])
        }
        let encoder = encoders[index]
        // A batch that the record would carry over the limit goes first, so that one large record fits.
        if encoder.state.pointee.recordCount > 0, encoder.state.pointee.used + size > batchBytes[index] {
            try guarded { try sendBatch(index) }
        }
        encoder.append(timestamp: timestamp, key: key, value: value, headers: headers)
    }

    /// Sends what is waiting.
    ///
    /// - Throws: as `send`.
    public func sendAll() throws {
        try guarded {
            for index in partitions.indices where builders[index].recordCount > 0 { try sendBatch(index) }
        }
    }

    /// Sends what is waiting and waits until everything sent is as safe as the topic's flush policy promises.
    ///
    /// - Throws: as `send`. After an error of the disk the writer sends nothing more, so that no later success
    ///   can be taken for that of a batch that was dropped.
    public func flush() throws {
        try sendAll()
        try guarded {
            for (index, partition) in partitions.enumerated() { try partition.commit(through: ends[index]) }
        }
    }

    private func sendBatch(_ index: Int) throws {
        let builder = builders[index]
        var stamp = ProducerStamp.none
        if let identity {
            stamp = ProducerStamp(
                producerID: identity.id, producerEpoch: identity.epoch, baseSequence: sequences[index])
        }
        let count = builder.recordCount
        let result = try builder.finish(stamp) { try partitions[index].append($0, from: .builder) }
        sequences[index] = RecordBatchHeader.sequence(sequences[index], advancedBy: count)
        ends[index] = result.lastOffset + 1
        if index == stickyIndex { stickyIndex = (stickyIndex + 1) % partitions.count }
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
                "a batch could not be sent; make a new writer and send again what is not acknowledged")
        }
    }
}

extension PartitionLog {
    /// Checks that a record fits a batch of its own.
    ///
    /// - Throws: `LogError` with code `messageTooLarge`.
    func requireRoom(forRecord size: Int, _ limit: Int) throws {
        guard size <= limit - RecordBatchHeader.byteCount else {
            throw LogError(
                .messageTooLarge,
                "a record of \(size) bytes is more than topic \(topicPartition.topic) takes: with the \(RecordBatchHeader.byteCount) "
                    + "of its batch its max.message.bytes is \(limit)")
        }
    }
}
