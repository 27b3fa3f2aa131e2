public import DurableIO
public import Logging
import MarketData
public import Modeling
import ObjectStore
public import PartitionedLog
import SQLiteKit
import Warehouse

/// The way of a quote, in one process: produce, sink, load, build.
///
/// Each stage takes up where it left off and can be repeated: what it writes has a name that follows from
/// what it reads, and the mark of how far it came moves together with, or after, what it marks. So a crash at
/// any moment is followed by the same run with the same result. Not thread-safe; one process at a time writes
/// to a data directory.
public final class Pipeline {
    /// The folder that everything is in.
    public let directory: DataDirectory
    /// Names and sizes.
    public let settings: PipelineSettings

    let bucket: BucketName
    let log: LogDirectory
    let store: ObjectStore
    let warehouse: Warehouse
    /// Runs the models.
    private let session: Session
    let groups: GroupCoordinator
    let logger: Logger
    let fileSystem: FileSystem
    private let lock: DirectoryLock

    /// Opens the pipeline in a data directory, making what is missing and recovering what a crash left
    /// behind.
    ///
    /// - Parameters:
    ///   - purpose: what the caller does, for the message that a second process gets.
    ///   - logger: hears of what a crash left behind and of what looks wrong.
    /// - Throws: `DurableIOError` where the folder cannot be used; its code is `locked` where another process
    ///   has it.
    public init(
        _ directory: DataDirectory, settings: PipelineSettings = PipelineSettings(),
        purpose: String = "pipeline",
        logger: Logger, fileSystem: FileSystem = .local
    ) throws {
        self.directory = directory
        self.settings = settings
        self.logger = logger
        self.fileSystem = fileSystem
        try TopicPartition.validate(topic: settings.topic)
        try TopicPartition.validate(topic: settings.rejectsTopic)
        guard !settings.topic.hasPrefix("__"), !settings.topic.hasSuffix(PipelineSettings.rejectsSuffix)
        else {
            throw LogError(
                .invalidTopic,
                "topic \(settings.topic) belongs to the log itself: quotes go to one whose name neither begins with __ "
                    + "nor ends in \(PipelineSettings.rejectsSuffix)")
        }
        bucket = try BucketName(settings.bucket)
        lock = try directory.lock(purpose: purpose, fileSystem: fileSystem)
        log = try LogDirectory(
            directory.log, configuration: Self.logConfiguration, fileSystem: fileSystem)
        for recovery in log.recoveries {
            let level: Logger.Level = recovery.lostFlushedRecords ? .error : .notice
            logger.log(
                level: level,
                "\(recovery.topicPartition): cut \(recovery.bytesCut) bytes behind offset \(recovery.endOffset) that an interrupted write left: \(recovery.reason)"
            )
        }
        groups = try GroupCoordinator(log)
        var storeOptions = ObjectStore.Options()
        storeOptions.durability = settings.durability
        storeOptions.clock = settings.clock
        storeOptions.report = { logger.error("\($0.message): set aside in .minio.sys/quarantine") }
        store = try ObjectStore(directory.objects, options: storeOptions, fileSystem: fileSystem)
        warehouse = try Warehouse(path: directory.warehouse, access: .readWrite)
        var options = Session.Options()
        options.memoryLimit = settings.memoryLimit
        options.changesModels = true
        session = warehouse.makeSession(options)
        if !log.hasTopic(settings.topic) {
            try log.createTopic(settings.topic, partitions: settings.partitions)
        }
        if !log.hasTopic(settings.rejectsTopic) {
            try log.createTopic(settings.rejectsTopic, partitions: 1)
        }
        try requireWholeTopics()
        try requireMatchingLog()
        try store.createBucket(bucket)
    }

    /// Topics of the pipeline: readers see what is on the disk and nothing else, recordings may be of any
    /// time, and none is ever too old.
    public static var logConfiguration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.flush = .batch
        configuration.retentionMilliseconds = nil
        configuration.timestampAfterMaxMilliseconds = .max
        return configuration
    }

    /// Checks that the warehouse was loaded from this log. With another one, offsets would begin anew below
    /// those that are loaded already, and its rows would be taken for rows that are there.
    private func requireMatchingLog() throws {
        for topic in [settings.topic, settings.rejectsTopic] {
            for partition in log.partitions(of: topic) {
                let loaded = try warehouse.nextOffset(
                    topic: topic, partition: partition.topicPartition.partition)
                guard loaded <= partition.highWatermark.value else {
                    throw LogError(
                        .offsetOutOfRange,
                        "\(partition.topicPartition) ends at offset \(partition.highWatermark) in \(directory.log), but "
                            + "\(directory.warehouse) has loaded it up to \(loaded): the log is not the one that the "
                            + "warehouse was loaded from; put the right one back, or use a new data directory"
                    )
                }
            }
        }
    }

    /// Builds bronze, silver and gold from the raw rows.
    public func build(control: RunControl = RunControl()) throws -> [ModelResult] {
        let project = try StockModels.project()
        var built = 0
        return try Builder(project, in: warehouse, session: session).build(builtAt: timestamp()) { _ in
            try control.checkCancellation()
            control.progress(Progress(stage: .build, completed: built, total: project.models.count))
            built += 1
        }
    }

    /// Flushes everything and marks the log as closed cleanly.
    public func close() throws {
        try log.close()
        try warehouse.checkpoint()
    }

    /// Stops what the warehouse is doing, from another thread.
    public var interrupter: @Sendable () -> Void {
        let (connection, session) = (warehouse.connection.interrupter, session.interrupter)
        return {
            session()
            connection.interrupt()
        }
    }

    /// Now, as the warehouse writes times.
    func timestamp() -> String { Self.timestamp(settings.clock()) }

    /// A time in nanoseconds since 1970, now if none is given, as the warehouse writes times.
    public static func timestamp(_ nanoseconds: Int64 = WallClock.nanoseconds()) -> String {
        Timestamp(seconds: nanoseconds / 1_000_000_000).description
    }
}
