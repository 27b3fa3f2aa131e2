import DurableIO
import TestSupport

@testable import ObjectStore

/// A store in a folder of its own, with a clock that goes on by a second with each look.
final class StoreFixture {
    let directory: TemporaryDirectory
    let bucket: BucketName
    private(set) var store: ObjectStore
    private let options: ObjectStore.Options

    init(durability: Durability = .none, versioning: BucketVersioning = .unversioned) throws {
        directory = try TemporaryDirectory()
        bucket = try BucketName("bucket")
        var options = ObjectStore.Options()
        options.durability = durability
        options.partBytesMin = 1
        self.options = options
        store = try ObjectStore(directory.path, options: options)
        try store.createBucket(bucket)
        if versioning != .unversioned { try store.setVersioning(versioning, of: bucket) }
    }

    /// Closes the store and opens it again.
    func reopen(_ fileSystem: FileSystem = .local) throws {
        let other = try TemporaryDirectory()
        store = try ObjectStore(other.path)
        store = try ObjectStore(directory.path, options: options, fileSystem: fileSystem)
    }

    /// Sets a bucket to something as MinIO would, and opens the store anew.
    func configure(_ name: String, _ xml: String) throws {
        var metadata =
            try store.configuration(of: bucket) ?? BucketMetadata(name: "\(bucket)", createdNanoseconds: 1)
        metadata.set(name, xml, atNanoseconds: 1)
        try store.writeConfiguration(metadata, of: bucket)
        try reopen()
    }

    /// Switches object lock on, with a rule for what is put.
    func lock(_ mode: String? = nil, days: Int = 1) throws {
        let rule =
            mode.map {
                "<Rule><DefaultRetention><Mode>\($0)</Mode><Days>\(days)</Days></DefaultRetention></Rule>"
            }
            ?? ""
        try configure(
            "ObjectLockConfigXML",
            "<ObjectLockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ObjectLockEnabled>Enabled</ObjectLockEnabled>\(rule)</ObjectLockConfiguration>"
        )
    }

    /// Changes what is kept of a version.
    func rewrite(_ key: String, _ change: (inout XLObject) -> Void) throws {
        let location = store.drive.location(bucket, try ObjectKey(key))
        guard var meta = try store.drive.metadata(in: location.directory), let first = meta.versions.first,
            case .object(var object) = try XLContent(reading: first.body, path: key)
        else { throw StoreError(.noSuchKey, key) }
        change(&object)
        meta.replace(.object(object), writerRelease: 0)
        _ = try directory.write(meta.encoded, to: "bucket/\(key)/xl.meta")
    }

    func put(_ data: [UInt8], _ key: String, _ options: PutOptions = PutOptions()) throws -> ObjectInfo {
        try store.put(data, bucket: bucket, key: try ObjectKey(key), options: options)
    }

    func get(_ key: String, _ version: VersionID? = nil, _ range: ByteRange = .all) throws -> [UInt8] {
        try store.get(bucket: bucket, key: try ObjectKey(key), version: version, range: range)
    }

    func delete(_ key: String, _ version: VersionID? = nil) throws -> DeleteResult {
        try store.delete(bucket: bucket, key: try ObjectKey(key), version: version)
    }

    func keys(_ prefix: String = "") throws -> [String] {
        try store.list(bucket: bucket, ListOptions(prefix: prefix)).objects.map(\.key)
    }

    /// All versions of all objects, as `key version` with a `-` for delete markers.
    func versions() throws -> [String] {
        try store.list(bucket: bucket, versions: .all).objects.map {
            "\($0.key) \($0.isDeleteMarker ? "-" : "\($0.byteCount)")\($0.isLatest ? " latest" : "")"
        }
    }

    /// Every file and directory of the drive but the system's that are always there.
    func files() throws -> [String] {
        func below(_ path: String) throws -> [String] {
            try FileSystem.local.list("\(directory.path)/\(path)").flatMap { name -> [String] in
                let child = path.isEmpty ? name : "\(path)/\(name)"
                let isDirectory =
                    try FileSystem.local.status(of: "\(directory.path)/\(child)")?.kind == .directory
                return [child] + (isDirectory ? try below(child) : [])
            }
        }
        return try below("")
    }

    static func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        // Eight bytes a step: a test build takes long over each.
        var words: [UInt64] = []
        words.reserveCapacity(count / 8 + 1)
        for _ in 0...count / 8 { words.append(random.next()) }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }
}

extension StoreError {
    /// The code of the error that `body` throws.
    static func code(_ body: () throws -> Void) -> Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }
}
