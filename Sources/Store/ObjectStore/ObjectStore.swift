public import DurableIO
import Synchronization
import Threads

/// Buckets of objects on one drive, in the layout of a single-drive MinIO (xl-single).
///
/// ```
/// .minio.sys/format.json            what the drive is
/// .minio.sys/buckets/<bucket>/      how a bucket is configured
/// .minio.sys/multipart/<hash>/<id>/ what is being put in parts
/// .minio.sys/tmp/<id>/              what is not to be seen yet
/// <bucket>/<key>/xl.meta            an object's metadata and versions, and the data of small ones
/// <bucket>/<key>/<id>/part.N        the data of a larger version
/// ```
/// Every operation is there twice under one name: to be awaited by tasks, with the waiting for the disk done on
/// threads of the store's own; and, for who is on such a thread already, as a plain call. Safe to use from any number
/// of tasks and threads. One process writes at a time, and no MinIO beside it.
public final class ObjectStore: Sendable {
    /// Whether the drive may be changed.
    public enum Access: Sendable {
        /// Look only; takes no lock.
        case readOnly
        /// Read and write; made where it is missing.
        case readWrite
    }

    /// How a store behaves.
    public struct Options: Sendable {
        /// What has reached the disk when a write returns.
        public var durability = Durability.full
        /// Now, in nanoseconds since 1970: what objects, versions and uploads are stamped with.
        public var clock: @Sendable () -> Int64 = { WallClock.nanoseconds() }
        /// The smallest part of a multipart upload but the last, in bytes: 5 MiB in S3.
        public var partBytesMin = 5 << 20
        /// Told of damage that was met and set aside on the way.
        public var report: @Sendable (StoreError) -> Void = { _ in }
        /// How long after its beginning a multipart upload is taken for given up, in seconds; a day, as with MinIO.
        public var staleUploadSeconds: Int64 = 24 * 3600

        /// The usual.
        public init() {}
    }

    /// The drive's directory.
    public let path: String
    /// How the store behaves.
    public let options: Options

    let drive: Drive
    let format: DriveFormat
    let fileSystem: FileSystem
    private let access: Access
    private let lock: DirectoryLock?
    private let threads = WorkerThreads(max: 16)
    private let configurations = Mutex(Configurations())

    private struct Configurations {
        var policies: [BucketName: BucketPolicy] = [:]
        /// How often something was forgotten: what was read before may no longer be right.
        var generation = 0
    }
    let nameCache = NameCache()

    /// The largest object, in bytes: that of S3 and MinIO.
    public static let objectBytesMax = 5 << 40
    /// Objects up to this size keep their data inside xl.meta; in a bucket with versions an eighth of it.
    static let inlineBytesMax = 128 << 10
    /// What xl.meta says of when its writer was released, in seconds since 1970.
    static let writerRelease: UInt64 = 1_795_392_000

    /// Opens a drive; one that does not exist is made, or, to look only, seen as empty.
    ///
    /// What a process that died had not finished is finished or taken back, and uploads that are too old are removed.
    ///
    /// - Throws: `DurableIOError`; its code is `locked` where another process writes here. `StoreError` with
    ///   code `unsupportedFormat` where the directory holds another format.
    public init(
        _ path: String, access: Access = .readWrite, options: Options = Options(),
        fileSystem: FileSystem = .local
    ) throws {
        self.path = path
        self.options = options
        self.access = access
        self.fileSystem = fileSystem
        drive = Drive(path, durability: options.durability, fileSystem: fileSystem)
        guard access == .readWrite else {
            lock = nil
            format = try Self.readFormat(drive) ?? .new()
            return
        }
        // A foreign drive is not touched.
        _ = try Self.readFormat(drive)
        for name in ["tmp", "multipart", "buckets", "config", "quarantine"] {
            try drive.requireDirectories(to: "\(drive.system)/\(name)")
        }
        _ = try drive.exists("\(drive.system)/.lock")
        try fileSystem.createDirectory(drive.system)
        lock = try DirectoryLock("\(drive.system)/.lock", purpose: "object store", fileSystem: fileSystem)
        for name in ["tmp", "multipart", "buckets", "config"] {
            try fileSystem.createDirectory("\(drive.system)/\(name)")
        }
        // Another process may have made the drive before this one had the lock.
        if let known = try Self.readFormat(drive) {
            format = known
        } else {
            format = .new()
            try fileSystem.replaceContents(of: drive.format, with: Array(format.text.utf8))
        }
        try drive.recover(report: options.report)
        try removeStaleUploads()
    }

    /// What the drive is; `nil` where there is none yet.
    private static func readFormat(_ drive: Drive) throws -> DriveFormat? {
        guard try drive.exists(drive.format) else {
            try requireNoForeignFiles(in: drive.path, drive.fileSystem)
            return nil
        }
        return try DriveFormat(reading: try drive.contents(of: drive.format), path: drive.format)
    }

    /// A directory with files of somebody else's is no empty drive.
    private static func requireNoForeignFiles(in path: String, _ fileSystem: FileSystem) throws {
        guard try fileSystem.kind(of: path) == .directory else { return }
        let (names, foreign) = try fileSystem.listing(of: path)
        for name in foreign + names where name != Drive.systemName {
            guard try foreign.contains(name) || fileSystem.kind(of: "\(path)/\(name)") != .directory else {
                continue
            }
            throw StoreError(
                .unsupportedFormat,
                "\(path) is no drive: it has a file \(name) and no \(Drive.systemName)/format.json; choose an empty directory"
            )
        }
    }

    // MARK: For the operations

    /// Does what waits for the disk on a thread that may wait.
    func onDisk<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await threads.run(body)
    }

    func requireWritable() throws {
        guard access == .readWrite else {
            throw StoreError(.readOnly, "\(path) was opened to look at; open it for writing to change it")
        }
    }

    func requireBucket(_ bucket: BucketName) throws {
        guard try drive.isDirectory(drive.directory(of: bucket)) else {
            throw StoreError(.noSuchBucket, "there is no bucket \(bucket) in \(path)")
        }
    }

    /// What a bucket is set to, as last read.
    func policy(of bucket: BucketName) throws -> BucketPolicy {
        let (known, generation) = configurations.withLock { ($0.policies[bucket], $0.generation) }
        if let known { return known }
        let policy = try configuration(of: bucket)?.policy ?? BucketPolicy()
        configurations.withLock { configurations in
            guard access == .readWrite, configurations.generation == generation else { return }
            configurations.policies[bucket] = policy
        }
        return policy
    }

    func forgetPolicy(of bucket: BucketName) {
        configurations.withLock { configurations in
            configurations.generation += 1
            configurations.policies[bucket] = nil
        }
    }
}
