import DurableIO

/// What of a write has reached the disk when it returns.
public enum Durability: String, Sendable, CaseIterable {
    /// What the operating system thinks fit: survives the death of the process, not a power cut.
    case none
    /// The bytes of files, as with MinIO: after a power cut the newest names may be missing.
    case data
    /// The bytes and the names: survives a power cut.
    case full
}

/// The files of a drive: where things lie, and how changes become durable.
final class Drive: Sendable {
    let path: String
    let fileSystem: FileSystem
    let durability: Durability
    let directorySyncs: DirectorySyncs
    /// One change at a time to a key, a bucket or an upload.
    let locks = NamedLocks()

    static let systemName = ".minio.sys"
    static let metadataName = "xl.meta"

    init(_ path: String, durability: Durability, fileSystem: FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
        self.durability = durability
        directorySyncs = DirectorySyncs(fileSystem)
    }

    var system: String { "\(path)/\(Self.systemName)" }
    var staging: String { "\(system)/tmp" }
    var format: String { "\(system)/format.json" }
    var multipart: String { "\(system)/multipart" }
    var quarantine: String { "\(system)/quarantine" }

    func directory(of bucket: BucketName) -> String { "\(path)/\(bucket)" }
    func location(_ bucket: BucketName, _ key: ObjectKey) -> ObjectLocation {
        let root = directory(of: bucket)
        return ObjectLocation(directory: "\(root)/\(key.path)", root: root, name: "\(bucket)/\(key)")
    }

    /// Where a bucket's configuration is, which is an object too.
    func configuration(of bucket: BucketName) -> ObjectLocation {
        ObjectLocation(
            directory: "\(system)/buckets/\(bucket)/.metadata.bin", root: "\(system)/buckets",
            name: "\(Self.systemName)/buckets/\(bucket)/.metadata.bin")
    }

    /// Waits until a file's bytes are on the disk, where that is asked for.
    func sync(_ file: File) throws {
        if durability != .none { try file.sync() }
    }

    /// Waits until the names in a directory are on the disk, where that is asked for.
    func syncDirectory(_ path: String) throws {
        if durability == .full { try directorySyncs.sync(path) }
    }

    func makeDurable(_ directory: String, below root: String) throws {
        if durability == .full { try directorySyncs.makeDurable(directory, below: root) }
    }

    /// Writes a new file.
    func write(_ bytes: [UInt8], to path: String) throws {
        let file = try fileSystem.open(path, .replace)
        try file.write(bytes, at: 0)
        try sync(file)
    }

    /// A new directory of its own for what is not to be seen yet.
    func makeStaging() throws -> String {
        let path = "\(staging)/\(UniqueID.random())"
        while try !fileSystem.makeDirectory(path) {}
        return path
    }

    // MARK: Metadata

    /// The versions of an object, `nil` where there is none.
    ///
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    func metadata(in directory: String) throws -> XLMeta? {
        let path = "\(directory)/\(Self.metadataName)"
        let bytes: [UInt8]
        do {
            bytes = try fileSystem.contents(of: path)
        } catch let error as DurableIOError where error.isAbsence {
            return nil
        }
        let meta = try XLMeta(reading: bytes, path: path)
        // MinIO takes a file without versions for an object that is gone.
        return meta.versions.isEmpty ? nil : meta
    }
}

/// Where an object lies.
struct ObjectLocation {
    /// The directory with xl.meta.
    let directory: String
    /// The directory below which empty ones are removed with the object.
    let root: String
    /// `BUCKET/KEY`, for messages.
    let name: String
}

extension DurableIOError {
    /// Whether there is nothing at the path, or a file where one of its directories should be.
    var isAbsence: Bool { code == .notFound || code == .notDirectory }
}
