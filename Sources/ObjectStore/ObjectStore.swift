public import DurableIO

/// Buckets of objects on one drive, in the layout of a single-drive MinIO (xl-single).
///
/// ```
/// .minio.sys/format.json            what the drive is
/// .minio.sys/tmp/<id>/              what is being put
/// <bucket>/<key>/xl.meta            an object's metadata, and its data up to 128 KiB
/// <bucket>/<key>/<id>/part.1        the data of a larger object
/// ```
/// A put is on the disk, names included, when it returns; the rename of xl.meta is the moment at which it
/// counts. Safe to use from several threads as long as no two put or delete the same key at once. One process
/// writes at a time, and no MinIO beside it.
public final class ObjectStore: Sendable {
    /// The drive's directory.
    public let path: String
    private let fileSystem: FileSystem
    private let lock: DirectoryLock?

    /// Objects up to this size keep their data inside xl.meta.
    static let inlineBytesMax = 128 << 10
    private static let systemName = ".minio.sys"
    private static let writerRelease: UInt64 = 1_795_392_000
    private static let userPrefix = "X-Amz-Meta-"

    /// Whether the drive may be changed.
    public enum Access: Sendable {
        /// Look only; takes no lock.
        case readOnly
        /// Read and write; made where it is missing.
        case readWrite
    }

    /// Opens a drive.
    ///
    /// - Throws: `DurableIOError`; its code is `locked` where another process writes here. `StoreError` with
    ///   code `unsupportedFormat` where the directory holds another format.
    public init(_ path: String, access: Access = .readWrite, fileSystem: FileSystem = .local) throws {
        self.path = path
        self.fileSystem = fileSystem
        let system = "\(path)/\(Self.systemName)"
        let format = "\(system)/format.json"
        if access == .readOnly {
            lock = nil
        } else {
            for name in ["tmp", "multipart", "buckets", "config"] {
                try fileSystem.createDirectory("\(system)/\(name)")
            }
            lock = try DirectoryLock("\(system)/.lock", purpose: "object store", fileSystem: fileSystem)
            if try fileSystem.kind(of: format) == nil {
                try fileSystem.replaceContents(of: format, with: Self.newFormat())
            }
            // What a killed process was putting was never acknowledged.
            for name in try fileSystem.list("\(system)/tmp") {
                let leftover = "\(system)/tmp/\(name)"
                if try fileSystem.kind(of: leftover) == .directory {
                    try fileSystem.removeTree(leftover)
                } else {
                    try fileSystem.removeFile(leftover)
                }
            }
        }
        if try fileSystem.kind(of: format) == .file {
            let text = String(decoding: try fileSystem.contents(of: format), as: UTF8.self)
            guard text.contains(#""format":"xl-single""#) else {
                throw StoreError(
                    .unsupportedFormat,
                    "\(format) is not of a single-drive MinIO of 2022-06 or later (\"format\":\"xl-single\"): \(text)"
                )
            }
        }
    }

    private static func newFormat() -> [UInt8] {
        let drive = UniqueID.random()
        return Array(
            (#"{"version":"1","format":"xl-single","id":"\#(UniqueID.random())","xl":{"version":"3","#
                + #""this":"\#(drive)","sets":[["\#(drive)"]],"distributionAlgo":"SIPMOD+PARITY"}}"#).utf8)
    }

    // MARK: Buckets

    /// The names of the buckets, sorted.
    public func buckets() throws -> [BucketName] {
        guard try fileSystem.kind(of: path) == .directory else { return [] }
        return try fileSystem.list(path).compactMap { name in
            guard let bucket = try? BucketName(name), try fileSystem.kind(of: "\(path)/\(name)") == .directory
            else {
                return nil
            }
            return bucket
        }
    }

    /// Makes a bucket; one that is there already is left as it is.
    public func createBucket(_ bucket: BucketName) throws {
        try fileSystem.createDirectory("\(path)/\(bucket)")
    }

    // MARK: Objects

    /// Puts an object, replacing the one with the same key.
    ///
    /// - Parameters:
    ///   - userMetadata: names without the `X-Amz-Meta-`, values in UTF-8.
    ///   - modifiedNanoseconds: the time to stamp it with.
    /// - Returns: what `info` will say of it.
    @discardableResult
    public func put(
        _ data: UnsafeRawBufferPointer, bucket: BucketName, key: ObjectKey, contentType: String? = nil,
        userMetadata: [String: String] = [:], modifiedNanoseconds: Int64 = WallClock.nanoseconds()
    ) throws -> ObjectInfo {
        try requireBucket(bucket)
        let etag = MD5.digest(data).hexadecimal
        let isInline = data.count <= Self.inlineBytesMax
        var user = [("etag", etag)]
        if let contentType { user.append(("content-type", contentType)) }
        user += userMetadata.map { (Self.userPrefix + $0.key, $0.value) }
        let object = XLObject(
            id: .null, dataDirectory: .random(), partBytes: [data.count], partActualBytes: [data.count],
            byteCount: data.count, modifiedNanoseconds: modifiedNanoseconds,
            systemMetadata: isInline ? [(XLObject.inlineDataKey, Array("true".utf8))] : [],
            userMetadata: user.sorted { $0.0 < $1.0 })
        let stream = BitrotStream.encode(data)
        let meta = XLMeta(
            versions: [.init(content: .object(object), writerRelease: Self.writerRelease)],
            inlineData: isInline ? [("null", stream)] : [])
        try commit(meta, object, part: isInline ? nil : stream, directory: "\(path)/\(bucket)/\(key)")
        return Self.info(object, key: key.description)
    }

    private func commit(_ meta: XLMeta, _ object: XLObject, part: [UInt8]?, directory: String) throws {
        try requireNoVersions(in: directory)
        let staging = "\(path)/\(Self.systemName)/tmp/\(UniqueID.random())"
        try fileSystem.createDirectory(staging)
        do {
            if let part {
                try fileSystem.createDirectory("\(staging)/\(object.dataDirectory)")
                try write(part, to: "\(staging)/\(object.dataDirectory)/part.1")
                try fileSystem.syncDirectory("\(staging)/\(object.dataDirectory)")
            }
            try write(meta.encoded, to: "\(staging)/xl.meta")
            try fileSystem.createDirectory(directory)
            if part != nil {
                try fileSystem.rename(
                    "\(staging)/\(object.dataDirectory)", to: "\(directory)/\(object.dataDirectory)")
                try fileSystem.syncDirectory(directory)
            }
            try fileSystem.rename("\(staging)/xl.meta", to: "\(directory)/xl.meta")
            try fileSystem.syncDirectory(directory)
        } catch {
            try? fileSystem.removeTree(staging)
            throw error
        }
        // The object is there. Tidying that fails is done by the next put or delete of this key.
        try? fileSystem.removeDirectory(staging)
        try? removeData(in: directory, but: part == nil ? nil : object.dataDirectory)
    }

    /// Versions of an object that a MinIO keeps are history that must not be lost; making more of them is not
    /// known here.
    private func requireNoVersions(in directory: String) throws {
        guard try fileSystem.kind(of: "\(directory)/xl.meta") == .file, let meta = try? readMeta(directory)
        else { return }
        let hasVersions = meta.versions.contains { version in
            switch version.content {
            case .object(let object): object.id != .null
            case .deleteMarker: true
            }
        }
        guard !hasVersions else {
            throw StoreError(
                .unsupportedFormat,
                "\(directory) is an object with versions, which are read here but neither replaced nor removed"
            )
        }
    }

    /// Removes the data directories of an object, current and left behind, but one.
    private func removeData(in directory: String, but kept: UniqueID?) throws {
        for name in try fileSystem.list(directory) where name != kept?.description {
            let path = "\(directory)/\(name)"
            // An object below this one's key is a directory too, but with an xl.meta or directories in it.
            guard UniqueID.isText(name), try fileSystem.kind(of: path) == .directory else { continue }
            if try fileSystem.list(path).allSatisfy({ $0.hasPrefix("part.") }) {
                try fileSystem.removeTree(path)
            }
        }
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try fileSystem.open(path, .replace)
        try file.write(bytes, at: 0)
        try file.sync()
    }

    /// What is known of an object.
    ///
    /// - Throws: `StoreError` with code `noSuchBucket` or `noSuchKey`.
    public func info(bucket: BucketName, key: ObjectKey) throws -> ObjectInfo {
        Self.info(try object(bucket, key).object, key: key.description)
    }

    /// The data of an object, every block checked against its hash.
    ///
    /// - Throws: `StoreError` with code `noSuchBucket`, `noSuchKey` or `corrupt`.
    public func get(bucket: BucketName, key: ObjectKey) throws -> [UInt8] {
        let (meta, object, directory) = try object(bucket, key)
        try Self.requirePlain(object, directory)
        var data: [UInt8] = []
        if object.isInline {
            let name = object.id == .null ? "null" : object.id.description
            guard let stream = meta.inlineData.first(where: { $0.id == name })?.stream else {
                throw StoreError(
                    .corrupt, "\(directory)/xl.meta lacks its inline data: the object is damaged")
            }
            try BitrotStream.decode(
                stream, dataBytes: object.byteCount, place: "the inline data of \(directory)/xl.meta",
                into: &data)
            return data
        }
        for (number, bytes) in zip(object.partNumbers, object.partBytes) {
            let part = "\(directory)/\(object.dataDirectory)/part.\(number)"
            try BitrotStream.decode(
                try fileSystem.contents(of: part), dataBytes: bytes, place: part, into: &data)
        }
        guard data.count == object.byteCount else {
            throw StoreError(
                .corrupt, "\(directory) has parts of \(data.count) bytes where \(object.byteCount) are due")
        }
        return data
    }

    /// Refuses objects whose data is not simply what was put.
    private static func requirePlain(_ object: XLObject, _ directory: String) throws {
        let transformed = object.systemMetadata?.first { entry in
            let key = entry.key.lowercased()
            return key.hasPrefix("x-minio-internal-compression") || key.contains("server-side-encryption")
        }
        let reason: String
        if object.dataShards != 1 || object.parityShards != 0 {
            reason = "is one shard of an erasure-coded object; a whole drive is needed"
        } else if object.blockBytes != BitrotStream.blockBytes {
            reason = "has blocks of \(object.blockBytes) bytes; blocks of \(BitrotStream.blockBytes) are read"
        } else if transformed != nil {
            reason = "is compressed or encrypted by MinIO, which is not read"
        } else {
            return
        }
        throw StoreError(.unsupportedFormat, "\(directory) \(reason)")
    }

    /// The objects whose keys begin with `prefix`, in the order of their keys' UTF-8 bytes.
    ///
    /// - Parameter damaged: called for each object whose metadata cannot be read, which is then left out; by
    ///   default such an object is an error.
    public func list(
        bucket: BucketName, prefix: String = "", damaged: (StoreError) throws -> Void = { throw $0 }
    ) throws -> [ObjectInfo] {
        try requireBucket(bucket)
        var found: [ObjectInfo] = []
        try walk("\(path)/\(bucket)", key: "", prefix: prefix, damaged, into: &found)
        return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private func walk(
        _ directory: String, key: String, prefix: String, _ damaged: (StoreError) throws -> Void,
        into found: inout [ObjectInfo]
    ) throws {
        if !key.isEmpty, key.hasPrefix(prefix), try fileSystem.kind(of: "\(directory)/xl.meta") == .file {
            do {
                if case .object(let object)? = try readMeta(directory).versions.first?.content {
                    found.append(Self.info(object, key: key))
                }
            } catch let error as StoreError {
                try damaged(error)
            }
        }
        for name in try fileSystem.list(directory) {
            let childKey = key.isEmpty ? name : "\(key)/\(name)"
            guard childKey.hasPrefix(prefix) || prefix.hasPrefix(childKey + "/"),
                try fileSystem.kind(of: "\(directory)/\(name)") == .directory
            else { continue }
            // A data directory holds parts and nothing to list.
            try walk("\(directory)/\(name)", key: childKey, prefix: prefix, damaged, into: &found)
        }
    }

    /// Removes an object and the directories that it leaves empty; an absent one is no error, as in S3.
    public func delete(bucket: BucketName, key: ObjectKey) throws {
        try requireBucket(bucket)
        var directory = "\(path)/\(bucket)/\(key)"
        guard try fileSystem.kind(of: "\(directory)/xl.meta") == .file else { return }
        try requireNoVersions(in: directory)
        try fileSystem.removeFile("\(directory)/xl.meta")
        try fileSystem.syncDirectory(directory)
        try removeData(in: directory, but: nil)
        while directory != "\(path)/\(bucket)", try fileSystem.list(directory).isEmpty {
            try fileSystem.removeDirectory(directory)
            directory = FileSystem.parent(of: directory)
        }
    }

    // MARK: Helpers

    private func requireBucket(_ bucket: BucketName) throws {
        guard try fileSystem.kind(of: "\(path)/\(bucket)") == .directory else {
            throw StoreError(.noSuchBucket, "there is no bucket \(bucket) in \(path)")
        }
    }

    private func readMeta(_ directory: String) throws -> XLMeta {
        let path = "\(directory)/xl.meta"
        return try XLMeta(reading: try fileSystem.contents(of: path), path: path)
    }

    private func object(
        _ bucket: BucketName, _ key: ObjectKey
    ) throws -> (meta: XLMeta, object: XLObject, directory: String) {
        try requireBucket(bucket)
        let directory = "\(path)/\(bucket)/\(key)"
        guard try fileSystem.kind(of: "\(directory)/xl.meta") == .file else {
            throw StoreError(.noSuchKey, "there is no object \(key) in bucket \(bucket)")
        }
        let meta = try readMeta(directory)
        guard case .object(let object)? = meta.versions.first?.content else {
            throw StoreError(.noSuchKey, "object \(key) in bucket \(bucket) has been deleted")
        }
        return (meta, object, directory)
    }

    private static func info(_ object: XLObject, key: String) -> ObjectInfo {
        var user: [String: String] = [:]
        for (name, value) in object.userMetadata ?? [] where name.hasPrefix(userPrefix) {
            user[String(name.dropFirst(userPrefix.count))] = value
        }
        return ObjectInfo(
            key: key, byteCount: object.byteCount, etag: object.userValue("etag") ?? "",
            modifiedNanoseconds: object.modifiedNanoseconds, contentType: object.userValue("content-type"),
            userMetadata: user)
    }
}
