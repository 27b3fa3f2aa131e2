public import DurableIO

/// A folder that holds everything of one pipeline.
///
/// ```
/// DIR/log/         the partitioned log, in Kafka's layout
/// DIR/objects/     the object store, in MinIO's layout
/// DIR/warehouse.db the warehouse, an SQLite file
/// DIR/.lock        held by the process that writes
/// ```
public struct DataDirectory: Sendable {
    /// The folder.
    public let path: String

    /// Names a folder, which need not exist.
    public init(_ path: String) {
        self.path = path
    }

    /// Where the log is.
    public var log: String { "\(path)/log" }
    /// Where the object store is.
    public var objects: String { "\(path)/objects" }
    /// Where the warehouse is.
    public var warehouse: String { "\(path)/warehouse.db" }

    /// Whether it is such a folder: has at least one of the parts, or has been locked for making them.
    public func exists(fileSystem: FileSystem = .local) throws -> Bool {
        try fileSystem.kind(of: warehouse) == .file
            || fileSystem.kind(of: "\(path)/.lock") == .file
            || fileSystem.kind(of: "\(objects)/.minio.sys") == .directory
            || fileSystem.kind(of: "\(log)/meta.properties") == .file
    }

    /// Makes the folder and takes its lock.
    ///
    /// - Throws: `DurableIOError`; its code is `locked` where another process has it.
    public func lock(purpose: String, fileSystem: FileSystem = .local) throws -> DirectoryLock {
        try fileSystem.createDirectory(path)
        return try DirectoryLock("\(path)/.lock", purpose: purpose, fileSystem: fileSystem)
    }

    /// The size in bytes of what the log, the store and the warehouse have on the disk.
    ///
    /// - Parameter entriesMax: of a store with more files and directories, its size is left out.
    public func diskUsage(entriesMax: Int = .max, fileSystem: FileSystem = .local) throws -> DiskUsage {
        var warehouseBytes = 0
        for suffix in ["", "-wal", "-shm"] { warehouseBytes += try fileSystem.bytesBelow(warehouse + suffix) }
        return DiskUsage(
            logBytes: try fileSystem.bytesBelow(log),
            objectBytes: try fileSystem.bytesBelow(objects, entriesMax: entriesMax),
            warehouseBytes: warehouseBytes)
    }
}

/// How much of the disk each part takes, in bytes.
public struct DiskUsage: Sendable, Equatable {
    /// The log with its indexes.
    public let logBytes: Int
    /// The objects with their metadata; `nil` where there were too many to count.
    public let objectBytes: Int?
    /// The warehouse with its write-ahead log.
    public let warehouseBytes: Int
}
