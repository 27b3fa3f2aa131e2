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
    /// What an object's metadata has at most, inline data included, in bytes.
    static let metadataBytesMax = 1 << 30
    /// What a description of a drive or a part has at most, in bytes.
    static let descriptionBytesMax = 1 << 20
    private static let metadataGuessBytes = 8 << 10

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

    // MARK: What others may have put here

    /// The whole of a small file of the drive.
    ///
    /// - Throws: `StoreError` with code `unsupportedFormat` where no file stands there or a link leads there, or
    ///   `corrupt` where it is too large; `DurableIOError`.
    func contents(of path: String, max: Int = descriptionBytesMax) throws -> [UInt8] {
        try Self.asStoreErrors { try fileSystem.contents(of: path, below: self.path, max: max) }
    }

    /// A file of the drive to read.
    ///
    /// - Throws: as `contents`.
    func open(_ path: String) throws -> File {
        try Self.asStoreErrors { try fileSystem.openFile(path, below: self.path) }
    }

    /// A link, or a file, in the place of a directory would lead out of the drive, or nowhere.
    ///
    /// - Throws: `StoreError` with code `unsupportedFormat` where something else than a directory stands at any level
    ///   from the drive to `directory`.
    func requireDirectories(to directory: String) throws {
        try Self.asStoreErrors { try fileSystem.requireNoLinks(to: "\(directory)/.", below: path) }
    }

    /// Whether a file is there.
    ///
    /// - Throws: `StoreError` with code `unsupportedFormat` where something else stands there, or a link leads there.
    func exists(_ path: String) throws -> Bool {
        try Self.asStoreErrors {
            do {
                _ = try fileSystem.openFile(path, below: self.path)
                return true
            } catch let error as DurableIOError where error.isAbsence {
                return false
            }
        }
    }

    /// Whether a directory is there, not by a link.
    ///
    /// - Throws: as `requireDirectories`.
    func isDirectory(_ directory: String) throws -> Bool {
        switch try fileSystem.status(of: directory)?.kind {
        case nil: return false
        case .directory: return true
        default:
            try requireDirectories(to: directory)
            return false
        }
    }

    /// What stands where the store's own files should be is no failure of the disk.
    static func asStoreErrors<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DurableIOError where error.code == .wrongKind || error.code == .isDirectory {
            throw StoreError(.unsupportedFormat, error.message)
        } catch let error as DurableIOError where error.code == .corrupt {
            throw StoreError(.corrupt, error.message)
        }
    }

    // MARK: Metadata

    /// The versions of an object, `nil` where there is none.
    ///
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    func metadata(in directory: String) throws -> XLMeta? {
        let path = "\(directory)/\(Self.metadataName)"
        var bytes = [UInt8](repeating: 0, count: Self.metadataGuessBytes)
        while true {
            let read = try Self.asStoreErrors {
                try bytes.withUnsafeMutableBytes {
                    try fileSystem.readBeginning(of: path, below: self.path, into: $0)
                }
            }
            guard let (count, size) = read else { return nil }
            guard count == bytes.count else {
                bytes.removeLast(bytes.count - count)
                break
            }
            // Rubbish is not read whole.
            try XLMeta.check(beginning: bytes, byteCount: size, path: path)
            bytes = [UInt8](repeating: 0, count: max(size + 1, count * 2))
        }
        let meta = try XLMeta(reading: bytes, path: path)
        // MinIO takes a file without versions for an object that is gone.
        return meta.versions.isEmpty ? nil : meta
    }

    /// The metadata of what is an object alone, without versions: a bucket's configuration, an upload.
    ///
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    func soleObject(in directory: String) throws -> (meta: XLMeta, object: XLObject)? {
        guard let meta = try metadata(in: directory), let first = meta.versions.first,
            case .object(let object) = try XLContent(reading: first.body, path: directory)
        else { return nil }
        return (meta, object)
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
