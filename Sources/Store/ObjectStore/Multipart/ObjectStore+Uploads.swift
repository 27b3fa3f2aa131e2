import Crypto
import DurableIO

extension ObjectStore {
    /// Where an upload says which object it is for. (MinIO only has the hash of that, and passes over what it does not
    /// know.)
    private static let uploadTargetName = "x-tapehouse-upload"
    private static let checksumName = "x-minio-multipart-checksum"
    private static let checksumTypeName = "x-minio-multipart-checksum-type"

    /// Begins an upload in parts.
    ///
    /// - Parameters:
    ///   - options: what the object is to have. The checksum is that of each part and, together, of the object; the
    ///     time is that of the completion.
    ///   - hasFullObjectChecksum: whether the object's checksum is that of its data (CRCs alone; always with
    ///     CRC-64/NVME), not of the parts' checksums.
    /// - Throws: `StoreError` with code `noSuchBucket`, or `notImplemented` where the bucket is set to encrypt.
    public func createUpload(
        bucket: BucketName, key: ObjectKey, options: PutOptions = PutOptions(),
        hasFullObjectChecksum: Bool = false
    ) throws -> MultipartUpload {
        try requireWritable()
        try requireBucket(bucket)
        let policy = try policy(of: bucket)
        try policy.requirePlain(bucket)
        let now = self.options.clock()
        let name = "\(UniqueID.random())x\(now)"
        var user = XLObject.userMetadata(
            options, etag: nil, retention: policy.defaultRetention?.retention(from: now))
        if let algorithm = options.checksum {
            let isFull = hasFullObjectChecksum || algorithm == .crc64nvme
            user += [
                (Self.checksumName, algorithm.rawValue),
                (Self.checksumTypeName, isFull ? "FULL_OBJECT" : "COMPOSITE"),
            ]
        }
        var object = XLObject(
            id: policy.versioning(of: key) == .enabled ? .random() : .null, dataDirectory: .random(),
            partBytes: [], partActualBytes: [], byteCount: 0, modifiedNanoseconds: now,
            systemMetadata: [(Self.uploadTargetName, Array("\(bucket)/\(key)".utf8))],
            userMetadata: user.sorted { $0.key < $1.key })
        object.partNumbers = []
        var meta = XLMeta()
        meta.put(.object(object), inlineStream: nil, writerRelease: Self.writerRelease)
        let target = uploadsDirectory(bucket, key)
        let staged = try drive.makeStaging()
        do {
            _ = try fileSystem.makeDirectory("\(staged)/\(object.dataDirectory)")
            try drive.publish(
                meta, staged: staged, dataDirectory: nil, obsolete: [],
                at: ObjectLocation(
                    directory: "\(target)/\(name)", root: drive.multipart, name: "\(bucket)/\(key)"))
        } catch {
            drive.discard(staged)
            throw error
        }
        return MultipartUpload(
            bucket: bucket, key: key, id: UploadID(directoryName: name, deployment: format.deployment),
            initiatedNanoseconds: now)
    }

    /// The uploads of a bucket that are not completed, by their keys and the times they began at.
    ///
    /// - Parameter prefix: what the keys begin with. Of the uploads that MinIO began, which keeps no keys, those of
    ///   exactly this key.
    public func uploads(in bucket: BucketName, prefix: String = "") throws -> [MultipartUpload] {
        guard try drive.isDirectory(drive.multipart) else { return [] }
        var exact: String?
        if let key = try? ObjectKey(prefix) { exact = FileSystem.name(of: uploadsDirectory(bucket, key)) }
        var found: [MultipartUpload] = []
        for hash in try fileSystem.list(drive.multipart) {
            for name in (try? fileSystem.list("\(drive.multipart)/\(hash)")) ?? [] {
                guard let began = UploadID.beginning(of: name),
                    let object = try? drive.soleObject(in: "\(drive.multipart)/\(hash)/\(name)")?.object
                else { continue }
                let target = object.systemMetadata?.first { $0.key == Self.uploadTargetName }
                    .map { String(decoding: $0.value, as: UTF8.self) }
                let key =
                    target.map { $0.hasPrefix("\(bucket)/") ? String($0.dropFirst("\(bucket)/".count)) : nil }
                    ?? (hash == exact ? prefix : nil)
                guard let key, key.utf8.starts(with: prefix.utf8), let key = try? ObjectKey(key) else {
                    continue
                }
                found.append(
                    MultipartUpload(
                        bucket: bucket, key: key,
                        id: UploadID(directoryName: name, deployment: format.deployment),
                        initiatedNanoseconds: began))
            }
        }
        return found.sorted {
            $0.key == $1.key
                ? $0.initiatedNanoseconds < $1.initiatedNanoseconds
                : $0.key.description.utf8.lexicographicallyPrecedes($1.key.description.utf8)
        }
    }

    /// Gives an upload up: its parts are removed.
    ///
    /// - Throws: `StoreError` with code `noSuchUpload`.
    public func abortUpload(_ upload: MultipartUpload) throws {
        try requireWritable()
        let directory = directory(of: upload)
        try drive.locks.withLock(directory) {
            _ = try openUpload(upload)
            try removeUpload(directory)
        }
    }

    /// Removes the uploads that began too long ago, and what is left of those that a process died over.
    ///
    /// - Returns: how many were removed.
    @discardableResult
    public func removeStaleUploads() throws -> Int {
        try requireWritable()
        var removed = 0
        let age = options.staleUploadSeconds.multipliedReportingOverflow(by: 1_000_000_000)
        let oldest =
            age.overflow ? .min : options.clock().subtractingReportingOverflow(age.partialValue).partialValue
        for hash in try fileSystem.list(drive.multipart) {
            let target = "\(drive.multipart)/\(hash)"
            guard try fileSystem.status(of: target)?.kind == .directory else { continue }
            for name in try fileSystem.list(target) {
                guard let began = UploadID.beginning(of: name) else { continue }
                let directory = "\(target)/\(name)"
                guard try fileSystem.status(of: directory)?.kind == .directory else { continue }
                try drive.locks.withLock(directory) {
                    guard try began < oldest || isFinished(directory) else { return }
                    try removeUpload(directory)
                    removed += 1
                }
            }
            try drive.removeEmptyDirectories(from: target, below: drive.multipart)
        }
        return removed
    }

    /// Whether a process died over an upload when its object was there already, or before it had begun.
    private func isFinished(_ directory: String) throws -> Bool {
        // What stands there and is no file was put there by somebody else.
        guard try fileSystem.status(of: "\(directory)/\(Drive.metadataName)") != nil else { return true }
        guard let upload = try? drive.soleObject(in: directory)?.object,
            let target = upload.systemMetadata?.first(where: { $0.key == Self.uploadTargetName }),
            case let parts = String(decoding: target.value, as: UTF8.self).split(separator: "/", maxSplits: 1),
            parts.count == 2, let bucket = try? BucketName(String(parts[0])),
            let key = try? ObjectKey(String(parts[1]))
        else { return false }
        let location = drive.location(bucket, key)
        let object = try? drive.metadata(in: location.directory)
        return (try? object?.dataDirectories(path: location.directory))?
            .contains(upload.dataDirectory.description) ?? false
    }

    // MARK: For parts

    /// The directory of all uploads for a key.
    func uploadsDirectory(_ bucket: BucketName, _ key: ObjectKey) -> String {
        let hash = SHA256.hash(data: Array("\(bucket)/\(key)".utf8))
        return "\(drive.multipart)/\(Array(hash).hexadecimal)"
    }

    func directory(of upload: MultipartUpload) -> String {
        "\(uploadsDirectory(upload.bucket, upload.key))/\(upload.id.directoryName)"
    }

    /// What was said of the object when the upload began.
    ///
    /// - Throws: `StoreError` with code `noSuchUpload` or `corrupt`.
    func openUpload(_ upload: MultipartUpload) throws -> XLObject {
        guard let object = try drive.soleObject(in: directory(of: upload))?.object else {
            throw StoreError(
                .noSuchUpload,
                "there is no upload \(upload.id) for \(upload.bucket)/\(upload.key): it was completed, aborted or removed as too old"
            )
        }
        return object
    }

    /// The checksum that parts of an upload are put with, and whether the object's is to be that of its data.
    func checksum(of upload: XLObject) -> (algorithm: ChecksumAlgorithm, isFullObject: Bool)? {
        guard let algorithm = upload.userValue(Self.checksumName).flatMap({ ChecksumAlgorithm(rawValue: $0) })
        else {
            return nil
        }
        let isFull = upload.userValue(Self.checksumTypeName) == "FULL_OBJECT" || algorithm == .crc64nvme
        return (algorithm, isFull)
    }

    /// The metadata of an upload that passes to the object.
    func userMetadata(of upload: XLObject) -> [(key: String, value: String)] {
        (upload.userMetadata ?? []).filter { $0.key != Self.checksumName && $0.key != Self.checksumTypeName }
    }

    /// Removes an upload; without its xl.meta it is none, whatever is left of it. Call with its lock held.
    func removeUpload(_ directory: String) throws {
        try fileSystem.removeFile("\(directory)/\(Drive.metadataName)")
        try drive.syncDirectory(directory)
        try fileSystem.removeTree(directory)
        try drive.removeEmptyDirectories(from: FileSystem.parent(of: directory), below: drive.multipart)
    }
}
