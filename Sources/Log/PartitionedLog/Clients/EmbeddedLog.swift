public import DurableIO
public import Logging
public import ServiceLifecycle
import Synchronization
import Threads

/// A log in this process: a directory of partitions with the coordinators of its consumer groups and transactions.
///
/// ```swift
/// let log = try EmbeddedLog("log")
/// try log.directory.createTopic("trades", partitions: 3)
/// let producer = try log.makeProducer()
/// try await producer.send(ProducerRecord(topic: "trades", key: "AAPL", value: "225.5"))
/// let consumer = try log.makeConsumer(.init(group: "printer", topics: ["trades"]))
/// for try await record in consumer.records { print(record.offset) }
/// ```
/// As a service it does what becomes due: writes through, removes old segments, compacts, ends sessions and
/// transactions that are over their time; at a graceful shutdown it closes the directory. Thread-safe.
public final class EmbeddedLog: Sendable, Service {
    /// The partitions and all that is done to topics.
    public let directory: LogDirectory
    /// The consumer groups.
    public let groups: GroupCoordinator
    /// The transactions.
    public let transactions: TransactionCoordinator
    private let maintenanceInterval: Duration
    private let logger: Logger
    private let isClosed = Mutex(false)
    /// Where calls wait for the disk, so that the threads that run tasks do not.
    private let blocking = WorkerThreads(max: 64)

    /// Opens a log directory, or makes it.
    ///
    /// - Parameters:
    ///   - configuration: the settings of topics that have none of their own.
    ///   - maintenanceInterval: how often the service looks for what has become due.
    /// - Throws: as `LogDirectory.init`.
    public init(
        _ path: String, access: LogDirectory.Access = .readWrite,
        configuration: LogConfiguration = LogConfiguration(),
        groupOptions: GroupCoordinator.Options = GroupCoordinator.Options(),
        maintenanceInterval: Duration = .seconds(1), logger: Logger = Logger(label: "tapehouse.log"),
        fileSystem: FileSystem = .local,
        clock: @escaping @Sendable () -> Int64 = { WallClock.milliseconds() }
    ) throws {
        directory = try LogDirectory(
            path, access: access, configuration: configuration, fileSystem: fileSystem, clock: clock)
        groups = try GroupCoordinator(directory, options: groupOptions)
        transactions = try TransactionCoordinator(directory, groups: groups)
        self.maintenanceInterval = maintenanceInterval
        self.logger = logger
        for error in groups.unreadable + transactions.unreadable { logger.warning("\(error)") }
        for recovery in directory.recoveries {
            logger.log(
                level: recovery.lostFlushedRecords ? .error : .notice,
                "\(recovery.topicPartition): cut \(recovery.bytesCut) bytes behind offset \(recovery.endOffset): \(recovery.reason)"
            )
        }
    }

    /// A producer of this log.
    ///
    /// - Throws: as `TransactionCoordinator.makeProducer`.
    public func makeProducer(_ options: Producer.Options = Producer.Options()) throws -> Producer {
        try Producer(self, options)
    }

    /// A consumer of this log.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition` or `invalidGroupID`.
    public func makeConsumer(_ options: Consumer.Options) throws -> Consumer {
        try Consumer(self, options)
    }

    /// Deletes a topic with all its records, and what groups have committed in it.
    ///
    /// - Throws: as `LogDirectory.deleteTopic`.
    public func deleteTopic(_ topic: String) throws {
        try directory.deleteTopic(topic)
        try groups.forget(topic: topic)
    }

    /// Does what becomes due until a graceful shutdown, then closes the log.
    public func run() async throws {
        // The last round is for what came before the shutdown.
        try? await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                await waitForDisk { self.maintain() }
                try await Task.sleep(for: maintenanceInterval)
            }
        }
        try await close()
    }

    /// One round of what has become due. `run` does it; who does not run the service calls it.
    public func maintain() {
        groups.expire()
        let result = directory.maintain()
        for (id, removed) in result.removed {
            logger.info("\(id): removed \(removed.segments) segments, \(removed.bytes) bytes")
        }
        for (id, compaction) in result.compacted {
            logger.info(
                "\(id): compacted \(compaction.bytesRead) bytes to \(compaction.bytesWritten), up to offset \(compaction.cleanedTo)"
            )
        }
        var failures = result.failures
        do { try transactions.expire() } catch { failures.append(error) }
        do { try groups.expireOffsets() } catch { failures.append(error) }
        for failure in failures { logger.error("\(failure)") }
    }

    /// Writes everything through and leaves the mark of a clean stop. Closing twice is closing once.
    public func close() async throws {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if wasClosed { return }
        try await waitForDisk { try self.directory.close() }
    }

    /// Does what waits for the disk on a thread that may wait.
    func waitForDisk<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
    {
        try await blocking.run(body)
    }

    private func waitForDisk(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            blocking.async {
                body()
                continuation.resume()
            }
        }
    }
}
