import DurableIO

/// Puts one object, its data piece by piece. Nothing is to be seen of it before `finish` returns; without `finish` it
/// is as if nothing had been. Memory is bounded by a few MiB, whatever the size. Not thread-safe.
public final class ObjectWriter {
    private let store: ObjectStore
    private let location: ObjectLocation
    private let versioning: BucketVersioning
    private let options: PutOptions
    private let lock: DefaultRetention?
    private let dataDirectory = UniqueID.random()
    private let staging = Staging()
    private let body: BodyWriter

    /// The directory under tmp, made when it is needed.
    private final class Staging {
        var path: String?
    }

    init(
        _ store: ObjectStore, at location: ObjectLocation, _ versioning: BucketVersioning,
        lock: DefaultRetention? = nil, options: PutOptions
    ) throws {
        self.store = store
        self.location = location
        self.versioning = versioning
        self.options = options
        self.lock = lock
        guard options.tags.count <= 10 else {
            throw StoreError(.invalidArgument, "an object has at most 10 tags, not \(options.tags.count)")
        }
        let inlineBytesMax =
            versioning == .enabled ? ObjectStore.inlineBytesMax / 8 : ObjectStore.inlineBytesMax
        body = try BodyWriter(
            store.drive, inlineBytesMax: inlineBytesMax, etag: options.effectiveETag,
            checksum: options.checksum
        ) {
            [staging, dataDirectory, drive = store.drive] in
            let staged = try drive.makeStaging()
            staging.path = staged
            _ = try drive.fileSystem.makeDirectory("\(staged)/\(dataDirectory)")
            return try drive.fileSystem.open("\(staged)/\(dataDirectory)/part.1", .replace)
        }
    }

    deinit {
        if let staged = staging.path { store.drive.discard(staged) }
    }

    /// Adds data.
    ///
    /// - Throws: `DurableIOError`; `StoreError` with code `entityTooLarge`. The writer is then of no more use.
    public func write(_ bytes: UnsafeRawBufferPointer) throws { try body.write(bytes) }

    /// Adds data.
    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try body.write($0) } }

    /// Makes the object visible.
    ///
    /// - Returns: what `head` will say of it.
    /// - Throws: `StoreError` with code `badDigest`, `preconditionFailed` or `noSuchBucket`; `DurableIOError`.
    @discardableResult
    public func finish() throws -> ObjectInfo {
        let data = try body.finish()
        try check(data)
        let staged = try staging.path ?? store.drive.makeStaging()
        staging.path = staged
        let result = try store.commit(at: location, options.preconditions) { existing in
            let object = XLObject(
                data, dataDirectory: dataDirectory, options,
                retention: lock?.retention(from: store.options.clock()),
                modifiedNanoseconds: store.stamp(options.modifiedNanoseconds, after: existing),
                id: versioning == .enabled ? .random() : .null)
            let change = try store.adding(
                .object(object), inlineStream: data.inlineStream, to: existing, at: location)
            try store.drive.publish(
                change.meta, staged: staged,
                dataDirectory: data.inlineStream == nil ? dataDirectory.description : nil,
                obsolete: change.obsolete, at: location)
            return ObjectInfo(
                object, key: location.key, isLatest: change.meta.versions.first?.header.id == object.id)
        }
        staging.path = nil
        return result
    }

    private func check(_ data: BodyWriter.Result) throws {
        if let expected = options.expectedMD5, expected != data.md5 {
            throw StoreError(
                .badDigest,
                "the data of \(location.name) has MD5 \(data.md5.hexadecimal), not \(expected.hexadecimal): it was damaged on its way; put it again"
            )
        }
        if let expected = options.expectedChecksum, expected != data.checksum {
            throw StoreError(
                .badDigest,
                "the data of \(location.name) has \(options.checksum?.rawValue ?? "no checksum") \((data.checksum ?? []).hexadecimal), not \(expected.hexadecimal): it was damaged on its way; put it again"
            )
        }
    }
}

extension PutOptions {
    /// What the entity tag is made of: the MD5 where that has to be compared anyway.
    fileprivate var effectiveETag: ETagKind { expectedMD5 == nil ? etag : .md5 }
}

extension XLObject {
    /// A version of an object that was put in one piece.
    fileprivate init(
        _ data: BodyWriter.Result, dataDirectory: UniqueID, _ options: PutOptions,
        retention: ObjectRetention?,
        modifiedNanoseconds: Int64, id: UniqueID
    ) {
        let etag = data.md5.hexadecimal + (options.effectiveETag == .md5 ? "" : "-1")
        var system: [(key: String, value: [UInt8])] = []
        if data.inlineStream != nil { system.append((Self.inlineDataKey, Array("true".utf8))) }
        if let algorithm = options.checksum, let bytes = data.checksum {
            system.append((ObjectChecksum.metadataName, ObjectChecksum(algorithm, bytes).encoded))
        }
        self.init(
            id: id, dataDirectory: dataDirectory, partBytes: [data.byteCount],
            partActualBytes: [data.byteCount], byteCount: data.byteCount,
            modifiedNanoseconds: modifiedNanoseconds, systemMetadata: system,
            userMetadata: Self.userMetadata(options, etag: etag, retention: retention))
    }

    /// The entries of an object's metadata that others see, sorted by their names.
    static func userMetadata(
        _ options: PutOptions, etag: String?, retention: ObjectRetention?
    ) -> [(key: String, value: String)] {
        var entries = retention?.entries ?? []
        if let etag { entries.append((ObjectInfo.etagName, etag)) }
        for (name, path) in ObjectHeaders.fields {
            if let value = options.headers[keyPath: path] { entries.append((name, value)) }
        }
        if let storageClass = options.storageClass, storageClass != "STANDARD" {
            entries.append((ObjectInfo.storageClassName, storageClass))
        }
        if !options.tags.isEmpty { entries.append((ObjectInfo.tagsName, Tags.encode(options.tags))) }
        entries += options.userMetadata.map { (ObjectInfo.userPrefix + canonical($0.key), $0.value) }
        return entries.sorted { $0.key < $1.key }
    }

    /// A header's name as Go writes it: a capital at the beginning and after each dash.
    private static func canonical(_ name: String) -> String {
        name.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }.joined(separator: "-")
    }
}
