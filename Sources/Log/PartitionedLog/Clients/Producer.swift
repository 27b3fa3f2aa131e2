public import ServiceLifecycle
import Synchronization

/// Sends records from tasks: each is acknowledged to the task that sent it, batched with others where it may linger.
///
/// Idempotent unless told otherwise: a batch is in the log once, in the order in which it was sent. With a
/// transactional id it writes in transactions. As a service it flushes at a graceful shutdown. Thread-safe.
public final class Producer: Sendable, Service {
    /// What an acknowledgement waits for: `acks`.
    public enum Acknowledgement: Sendable {
        /// Nothing: whether the record is in the log is not told, and neither is its offset (0).
        case none
        /// The record is in the log, whatever the topic's flush policy (1).
        case log
        /// It is as safe as the topic's flush policy promises (all).
        case flushPolicy
    }

    /// What a producer can be told.
    public struct Options: Sendable {
        /// `acks`. An idempotent producer needs to be told, so it cannot have `none`.
        public var acknowledgement = Acknowledgement.flushPolicy
        /// The size at which a batch is sent: `batch.size`, in bytes before compression.
        public var batchBytes = 64 << 10
        /// How long a record may wait for others before its batch is sent: `linger.ms`. With none, `send`
        /// writes each record at once.
        public var linger = Duration.zero
        /// How many bytes may be written and not yet acknowledged before `enqueue` waits: `buffer.memory`.
        public var unacknowledgedBytesMax = 32 << 20
        /// `compression.type`: `none` or `zstd`, unless the topic has one of its own.
        public var compression = Compression.none
        /// `enable.idempotence`.
        public var isIdempotent = true
        /// `transactional.id`.
        public var transactionalID: String?
        /// `transaction.timeout.ms`.
        public var transactionTimeoutMilliseconds = 60_000

        /// Kafka's defaults for the most.
        public init() {}
    }

    /// The producer's options.
    public let options: Options
    let log: EmbeddedLog
    let state: Mutex<State>

    struct State {
        var identity: TransactionCoordinator.ProducerIdentity?
        var topics: [String: PresentPartitions] = [:]
        /// Which state of the directory's topics they are of.
        var topology = -1
        var accumulators: [TopicPartition: Accumulator] = [:]
        var sticky: [String: Int32] = [:]
        var isLingering = false
        var transaction = TransactionPhase.none
        var partitionsInTransaction: Set<TopicPartition> = []
        var unacknowledgedBytes = 0
        /// The first error since the last flush.
        var failure: (any Error)?
        /// What ended the producer for good.
        var fatal: LogError?
    }

    enum TransactionPhase {
        case none
        case open
        /// It is being committed or aborted, and takes nothing more.
        case ending
        /// A batch of it could not be sent, so it can only be aborted.
        case failed
    }

    /// The batch in the making of one partition.
    final class Accumulator: @unchecked Sendable {
        // Guarded by the producer's lock.
        let partition: PartitionLog
        let builder: RecordBatchBuilder
        var deliveries: [(delivery: Delivery, timestamp: Int64)] = []
        var sequence: Int32 = 0
        /// The offset behind the last record sent.
        var end = Offset.zero

        /// The largest batch that the topic takes.
        let bytesMax: Int

        init(_ partition: PartitionLog, _ compression: Compression) {
            self.partition = partition
            let configuration = partition.configuration
            bytesMax = configuration.maxMessageBytes
            builder = RecordBatchBuilder(compression: configuration.compression ?? compression)
        }
    }

    /// A batch that is in the log, and those to tell once it is safe.
    struct Sent: Sendable {
        let partition: PartitionLog
        let result: Result<PartitionLog.AppendResult, any Error>
        let deliveries: [(delivery: Delivery, timestamp: Int64)]
        let bytes: Int
    }

    init(_ log: EmbeddedLog, _ options: Options) throws {
        self.log = log
        self.options = options
        guard options.compression.isWritten else {
            throw LogError(
                .unsupportedCompression, "\(options.compression.name) is read, not written: use none or zstd")
        }
        guard options.acknowledgement != .none || (!options.isIdempotent && options.transactionalID == nil)
        else {
            throw LogError(
                .invalidConfig,
                "an idempotent producer cannot do without acknowledgements: set isIdempotent to false")
        }
        var state = State()
        if let id = options.transactionalID {
            state.identity = try log.transactions.makeProducer(
                transactionalID: id, timeoutMilliseconds: options.transactionTimeoutMilliseconds)
        } else if options.isIdempotent {
            state.identity = try log.transactions.makeProducer()
        }
        self.state = Mutex(state)
    }

    // MARK: Sending

    /// Sends a record and waits until it is acknowledged.
    ///
    /// - Returns: where it came to stand; with acknowledgement `none` the offset is -1.
    /// - Throws: `LogError`, `DurableIOError`: then the record is not in the log.
    @discardableResult
    public func send(_ record: ProducerRecord) async throws -> RecordMetadata {
        if options.acknowledgement == .none {
            let delivery = try await enqueue(record)
            return try await delivery.metadata
        }
        let delivery = Delivery()
        let added = try add(record, delivery)
        if options.linger == .zero || added.isFull {
            try await settle(added.sent + drain())
        } else {
            try await settle(added.sent)
            linger()
        }
        return try await delivery.metadata
    }

    /// Puts a record into its batch, to be sent with others; waits only where too much is unacknowledged.
    ///
    /// - Returns: what tells of the record's end.
    /// - Throws: `LogError` where the record cannot be taken.
    @discardableResult
    public func enqueue(_ record: ProducerRecord) async throws -> Delivery {
        let delivery = Delivery()
        let added = try add(record, delivery)
        let sent = added.sent + (added.isFull ? drain(onlyFull: true) : [])
        if !added.isFull { linger() }
        if isOverLimit || !needsAcknowledgement(sent) {
            try await settle(sent)
        } else {
            Task { try? await settle(sent) }
        }
        return delivery
    }

    /// Sends what is waiting, and waits until everything sent is acknowledged.
    ///
    /// - Throws: the first error since the last flush of a batch that could not be sent; the deliveries have
    ///   their own.
    public func flush() async throws {
        try await settle(drain())
        let (ends, failure) = state.withLock { state in
            defer { state.failure = nil }
            return (state.accumulators.values.map { ($0.partition, $0.end) }, state.failure)
        }
        if let failure { throw failure }
        if options.acknowledgement == .flushPolicy,
            ends.contains(where: { $0.0.configuration.flush == .batch })
        {
            try await log.waitForDisk { for (partition, end) in ends { try partition.commit(through: end) } }
        }
    }

    /// Flushes at a graceful shutdown.
    public func run() async throws {
        try? await gracefulShutdown()
        try await flush()
    }

    private var isOverLimit: Bool {
        state.withLock { $0.unacknowledgedBytes > options.unacknowledgedBytesMax }
    }

    /// Puts a record into its batch; whether that is full now, and the batch before it where it would not have fit.
    private func add(_ record: ProducerRecord, _ delivery: Delivery) throws -> (isFull: Bool, sent: [Sent]) {
        let size = record.withFields {
            RecordBatchBuilder.byteCountMax(key: $0, value: $1, headers: record.headers)
        }
        let timestamp = record.timestamp ?? log.directory.clock()
        return try state.withLock { state in
            if let fatal = state.fatal { throw fatal }
            let accumulator = try accumulator(for: record, &state)
            // What the topic takes is decided when the batch is as large as it is stored.
            try accumulator.partition.requireRoom(forRecord: size, RecordBatch.byteCountMax)
            try takeIntoTransaction(accumulator.partition.topicPartition, &state)
            let limit = min(options.batchBytes, accumulator.bytesMax)
            var sent: [Sent] = []
            // A batch that the record would carry over the limit goes first, so that one large record fits.
            if accumulator.builder.recordCount > 0, accumulator.builder.byteCount + size > limit {
                sent.append(write(accumulator, &state))
            }
            record.withFields { key, value in
                accumulator.builder.append(
                    timestamp: timestamp, key: key, value: value, headers: record.headers)
            }
            if options.acknowledgement == .none {
                let place = RecordMetadata(
                    topicPartition: accumulator.partition.topicPartition, offset: Offset(-1),
                    timestamp: timestamp)
                delivery.finish(.success(place))
            }
            accumulator.deliveries.append((delivery, timestamp))
            return (accumulator.builder.byteCount >= limit, sent)
        }
    }

    private func accumulator(for record: ProducerRecord, _ state: inout State) throws -> Accumulator {
        let topic = record.topic
        let topology = log.directory.topology.load(ordering: .relaxed)
        if state.topology != topology {
            state.topology = topology
            state.topics = [:]
        }
        let known: PresentPartitions
        if let found = state.topics[topic] {
            known = found
        } else {
            known = try PresentPartitions(of: topic, in: log.directory)
            state.topics[topic] = known
        }
        let place: Int
        if let chosen = record.partition {
            place = try known.place(of: chosen)
        } else if let key = record.key {
            place = try key.withUnsafeBytes { try known.place(ofKey: $0) }
        } else {
            place = Int(state.sticky[topic, default: 0] & .max) % known.partitions.count
        }
        let partition = known.partitions[place]
        let id = partition.topicPartition
        if let accumulator = state.accumulators[id] {
            // One of a topic that was deleted has to learn of it when it is sent.
            if accumulator.partition === partition || accumulator.builder.recordCount > 0 {
                return accumulator
            }
        }
        let accumulator = Accumulator(partition, options.compression)
        state.accumulators[id] = accumulator
        return accumulator
    }

    // MARK: Batches

    /// Writes the batches that are waiting.
    func drain(onlyFull: Bool = false) -> [Sent] {
        state.withLock { state in
            var sent: [Sent] = []
            for accumulator in state.accumulators.values where accumulator.builder.recordCount > 0 {
                let limit = min(options.batchBytes, accumulator.bytesMax)
                if onlyFull, accumulator.builder.byteCount < limit { continue }
                sent.append(write(accumulator, &state))
            }
            return sent
        }
    }

    private func write(_ accumulator: Accumulator, _ state: inout State) -> Sent {
        let deliveries = accumulator.deliveries
        accumulator.deliveries = []
        let bytes = accumulator.builder.byteCount
        var stamp = ProducerStamp.none
        if let identity = state.identity {
            stamp = ProducerStamp(
                producerID: identity.id, producerEpoch: identity.epoch, baseSequence: accumulator.sequence,
                isTransactional: options.transactionalID != nil)
        }
        let result = Result {
            try accumulator.builder.finish(stamp) { try accumulator.partition.append($0, from: .builder) }
        }
        switch result {
        case .success(let result):
            accumulator.end = result.lastOffset + 1
            accumulator.sequence = RecordBatchHeader.sequence(
                accumulator.sequence, advancedBy: Int32(deliveries.count))
        case .failure(let error as LogError)
        where error.code == .invalidProducerEpoch || error.code == .producerFenced:
            state.fatal = error
            state.failure = state.failure ?? error
        case .failure(let error): state.failure = state.failure ?? error
        }
        state.unacknowledgedBytes += bytes
        if case .failure = result, state.transaction == .open { state.transaction = .failed }
        state.sticky[accumulator.partition.topicPartition.topic, default: 0] &+= 1
        return Sent(partition: accumulator.partition, result: result, deliveries: deliveries, bytes: bytes)
    }

    private func needsAcknowledgement(_ sent: [Sent]) -> Bool {
        options.acknowledgement == .flushPolicy
            && sent.contains { $0.partition.configuration.flush == .batch }
    }

    /// Waits until the batches are as safe as their flush policies promise, and tells those who wait.
    func settle(_ sent: [Sent]) async throws {
        guard needsAcknowledgement(sent) else { return tell(sent) }
        try await log.waitForDisk { self.tell(sent) }
    }

    private func tell(_ sent: [Sent]) {
        for batch in sent {
            let outcome = Result {
                let result = try batch.result.get()
                if options.acknowledgement == .flushPolicy {
                    try batch.partition.commit(through: result.lastOffset + 1)
                }
                return result
            }
            state.withLock { state in
                state.unacknowledgedBytes -= batch.bytes
                if case .failure(let error) = outcome { state.failure = state.failure ?? error }
            }
            for (index, waiting) in batch.deliveries.enumerated() {
                waiting.delivery.finish(
                    outcome.map { result in
                        RecordMetadata(
                            topicPartition: batch.partition.topicPartition,
                            offset: result.baseOffset + Int64(index),
                            timestamp: result.logAppendTime < 0 ? waiting.timestamp : result.logAppendTime)
                    })
            }
        }
    }

    /// Sees to it that what waits now is sent once it has lingered.
    private func linger() {
        let isDue = state.withLock { state in
            defer { state.isLingering = true }
            return !state.isLingering
        }
        guard isDue else { return }
        Task { [self] in
            try? await Task.sleep(for: options.linger)
            state.withLock { $0.isLingering = false }
            try? await settle(drain())
        }
    }
}
