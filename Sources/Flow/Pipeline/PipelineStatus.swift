public import DurableIO
import ObjectStore
import PartitionedLog
import SQLiteKit
import Vectors
public import Warehouse

/// What is in a data directory, read without a lock beside whatever writes there.
public struct PipelineStatus: Sendable {
    /// A partition of a topic.
    public struct Partition: Sendable {
        /// The topic.
        public let topic: String
        /// The partition's number.
        public let partition: Int32
        /// The offset of the oldest record.
        public let startOffset: Int64
        /// The offset behind the newest record.
        public let endOffset: Int64
        /// How many segments.
        public let segments: Int
        /// Their size in bytes.
        public let bytes: Int
    }

    /// How far a consumer group has come in a partition.
    public struct Group: Sendable {
        /// The group.
        public let group: String
        /// The topic.
        public let topic: String
        /// The partition's number.
        public let partition: Int32
        /// The offset that it wants next.
        public let committed: Int64
        /// How many records it has yet to read.
        public let lag: Int64
    }

    /// A bucket.
    public struct Bucket: Sendable {
        /// The name.
        public let name: String
        /// How many objects.
        public let objects: Int
        /// The size of their data in bytes.
        public let bytes: Int
        /// How many objects have metadata that cannot be read.
        public let damaged: Int
    }

    /// The last load.
    public struct LastLoad: Sendable {
        /// When, in UTC.
        public let at: String
        /// The object's key.
        public let object: String
        /// How many rows.
        public let rows: Int64
    }

    /// The last build.
    public struct LastBuild: Sendable {
        /// When, in UTC.
        public let at: String
        /// How many models.
        public let models: Int64
        /// How long it took, in milliseconds.
        public let milliseconds: Int64
        /// How many raw rows have come since.
        public let rowsBehind: Int64
    }

    /// The partitions, internal topics included.
    public let partitions: [Partition]
    /// The groups' offsets.
    public let groups: [Group]
    /// The buckets.
    public let buckets: [Bucket]
    /// The tables and views.
    public let tables: [Warehouse.TableInfo]
    /// The last load, if there was one.
    public let lastLoad: LastLoad?
    /// The last build, if there was one.
    public let lastBuild: LastBuild?
    /// When the latest quote in silver was fetched, in UTC.
    public let latestFetchedAt: String?
    /// When the latest quote in silver was traded, in UTC.
    public let latestMarketTimestamp: String?
    /// What is on the disk.
    public let disk: DiskUsage

    /// Looks around in a data directory. Parts that do not exist yet are empty.
    public init(_ directory: DataDirectory, fileSystem: FileSystem = .local) throws {
        let log = try LogDirectory(directory.log, access: .readOnly, fileSystem: fileSystem)
        let all = log.topics.flatMap { log.partitions(of: $0) }
        partitions = all.map {
            Partition(
                topic: $0.topicPartition.topic, partition: $0.topicPartition.partition,
                startOffset: $0.logStartOffset.value, endOffset: $0.logEndOffset.value,
                segments: $0.segmentCount,
                bytes: $0.byteCount)
        }
        let coordinator = try GroupCoordinator(log)
        groups = coordinator.groups.flatMap { group in
            coordinator.committed(group).sorted { $0.key < $1.key }.compactMap { id, committed in
                (try? log.partition(id)).map { partition in
                    Group(
                        group: group, topic: id.topic, partition: id.partition,
                        committed: committed.offset.value, lag: partition.logEndOffset - committed.offset)
                }
            }
        }
        let store = try ObjectStore(directory.objects, access: .readOnly, fileSystem: fileSystem)
        buckets = try store.buckets().map { bucket in
            var (damaged, objects, bytes) = (0, 0, 0)
            try store.forEachObject(bucket: bucket.name, damaged: { _ in damaged += 1 }) { object in
                objects += 1
                bytes += object.byteCount
            }
            return Bucket(
                name: bucket.name.description, objects: objects, bytes: bytes, damaged: damaged)
        }
        disk = try directory.diskUsage(fileSystem: fileSystem)
        guard try fileSystem.kind(of: directory.warehouse) == .file else {
            tables = []
            lastLoad = nil
            lastBuild = nil
            latestFetchedAt = nil
            latestMarketTimestamp = nil
            return
        }
        let warehouse = try Warehouse(path: directory.warehouse, access: .readOnly)
        tables = try warehouse.tables()
        let connection = warehouse.connection
        lastLoad = try connection.rows(
            "SELECT LOADED_AT, OBJECT_KEY, ROWS_LOADED FROM LOAD_HISTORY ORDER BY LOAD_ID DESC LIMIT 1"
        ).first.map { LastLoad(at: $0[0].text ?? "", object: $0[1].text ?? "", rows: $0[2].integer ?? 0) }
        let session = warehouse.makeSession()
        let build = try connection.rows(
            """
            SELECT max(BUILT_AT), count(*), sum(DURATION_MS), max(RAW_ID_THROUGH)
            FROM BUILD_HISTORY WHERE BUILD_ID = (SELECT max(BUILD_ID) FROM BUILD_HISTORY) HAVING count(*) > 0
            """
        ).first
        lastBuild = try build.map { build in
            let through = build[3].integer ?? 0
            let behind = try session.query(
                "SELECT COUNT(*) FROM \(Warehouse.schemaName).BRONZE_STOCK_QUOTES_RAW WHERE RAW_ID > \(through)"
            )
            return LastBuild(
                at: build[0].text ?? "", models: build[1].integer ?? 0, milliseconds: build[2].integer ?? 0,
                rowsBehind: behind.rows.first?.first.flatMap { Int64($0.description) } ?? 0)
        }
        let hasSilver = tables.contains { $0.name == "SILVER_CLEAN_STOCK_QUOTES" }
        let latest =
            try hasSilver
            ? session.query(
                "SELECT MAX(FETCHED_AT), MAX(MARKET_TIMESTAMP) FROM \(Warehouse.schemaName).SILVER_CLEAN_STOCK_QUOTES"
            ).rows.first?.map { $0 == .null ? nil : $0.description }
            : nil
        latestFetchedAt = latest?[0]
        latestMarketTimestamp = latest?[1]
    }
}
