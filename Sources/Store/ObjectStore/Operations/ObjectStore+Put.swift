import DurableIO

extension ObjectStore {
    /// Begins to put an object whose data comes piece by piece.
    ///
    /// - Throws: `StoreError` with code `noSuchBucket`, `invalidArgument`, or `notImplemented` where the bucket is set
    ///   to encrypt.
    public func makeWriter(
        bucket: BucketName, key: ObjectKey, options: PutOptions = PutOptions()
    ) throws -> ObjectWriter {
        try requireWritable()
        try requireBucket(bucket)
        let policy = try policy(of: bucket)
        try policy.requirePlain(bucket)
        return try ObjectWriter(
            self, at: drive.location(bucket, key), policy.versioning(of: key), lock: policy.defaultRetention,
            options: options)
    }

    /// Puts an object: replaces the one with the same key, or adds a version where the bucket has versions.
    ///
    /// - Returns: what `head` will say of it.
    /// - Throws: what `makeWriter` throws; `StoreError` with code `preconditionFailed`, `badDigest`, or `objectLocked`
    ///   where what would be replaced is locked; `DurableIOError`.
    @discardableResult
    public func put(
        _ data: UnsafeRawBufferPointer, bucket: BucketName, key: ObjectKey, options: PutOptions = PutOptions()
    ) throws -> ObjectInfo {
        let writer = try makeWriter(bucket: bucket, key: key, options: options)
        try writer.write(data)
        return try writer.finish()
    }

    /// Puts an object: replaces the one with the same key, or adds a version where the bucket has versions.
    @discardableResult
    public func put(
        _ data: [UInt8], bucket: BucketName, key: ObjectKey, options: PutOptions = PutOptions()
    ) throws -> ObjectInfo {
        try data.withUnsafeBytes { try put($0, bucket: bucket, key: key, options: options) }
    }

    /// Copies an object, or a version of one; its data is checked on the way.
    ///
    /// - Parameters:
    ///   - options: what the copy is to have; `nil` to take over headers, metadata, tags and checksum.
    ///   - sourceConditions: what must be so of the source.
    /// - Throws: `StoreError` with code `noSuchBucket`, `noSuchKey`, `noSuchVersion`, `preconditionFailed` or
    ///   `corrupt`.
    @discardableResult
    public func copy(
        from sourceBucket: BucketName, _ sourceKey: ObjectKey, version: VersionID? = nil,
        to bucket: BucketName, _ key: ObjectKey, options: PutOptions? = nil,
        sourceConditions: Preconditions = Preconditions()
    ) throws -> ObjectInfo {
        let reader = try openSource(sourceBucket, sourceKey, version, .all, sourceConditions)
        let writer = try makeWriter(
            bucket: bucket, key: key, options: options ?? PutOptions(copying: reader.info))
        while let piece = try reader.next() { try writer.write(piece) }
        return try writer.finish()
    }

    /// Opens what is to be copied. A condition of a source that does not hold is always a failed one.
    func openSource(
        _ bucket: BucketName, _ key: ObjectKey, _ version: VersionID?, _ range: ByteRange,
        _ conditions: Preconditions
    ) throws -> ObjectReader {
        do {
            return try open(bucket: bucket, key: key, version: version, range: range, conditions: conditions)
        } catch let error as StoreError where error.code == .notModified {
            throw StoreError(.preconditionFailed, error.message)
        }
    }

    // MARK: Committing

    /// Decides on a change of an object and carries it out, while nobody else changes it.
    ///
    /// - Parameter replaces: whether the change does without what is there. Metadata that cannot be read must then
    ///   neither be lost nor stand in the way: it is set aside.
    func commit<Result>(
        at location: ObjectLocation, _ conditions: Preconditions = Preconditions(), replaces: Bool = true,
        _ change: (XLMeta?) throws -> Result
    ) throws -> Result {
        try drive.locks.withLock(location.directory) {
            let existing: XLMeta?
            do {
                existing = try drive.metadata(in: location.directory)
            } catch let error as StoreError where error.code == .corrupt && replaces && conditions.isEmpty {
                try drive.quarantine(location, reason: error.message)
                options.report(error)
                existing = nil
            }
            try check(conditions, existing, at: location)
            return try change(existing)
        }
    }

    /// Checks the conditions of a change.
    func check(_ conditions: Preconditions, _ existing: XLMeta?, at location: ObjectLocation) throws {
        guard !conditions.isEmpty else { return }
        let current = try existing.flatMap { try latestObject(in: $0, at: location) }
        try conditions.checkChange(current, place: location.name)
    }

    /// What `head` says of an object now; `nil` where it is not there or deleted.
    private func latestObject(in meta: XLMeta, at location: ObjectLocation) throws -> ObjectInfo? {
        guard let latest = meta.versions.first(where: \.header.isVisible), latest.header.kind != .deleteMarker
        else { return nil }
        let content = try XLContent(reading: latest.body, path: location.directory)
        return ObjectInfo(content, key: location.key, isLatest: true)
    }

    /// The time of a version that is to be the latest: the one that is wanted, or now; later where there is a version
    /// that is not older.
    func stamp(_ wanted: Int64? = nil, after existing: XLMeta?) -> Int64 {
        let newest = existing?.versions.first?.header.modifiedNanoseconds ?? .min
        return newest == .max ? newest : max(wanted ?? options.clock(), newest + 1)
    }

    /// An object's metadata with a version more, and which data directories nothing refers to any more then.
    ///
    /// - Throws: `StoreError` with code `objectLocked` where it would take the place of a version that is.
    func adding(
        _ content: XLContent, inlineStream: [UInt8]?, to existing: XLMeta?, at location: ObjectLocation
    ) throws -> (meta: XLMeta, obsolete: Set<String>) {
        try requireUnlocked(content.id, in: existing, at: location)
        var meta = existing ?? XLMeta()
        let obsolete = dataDirectory(of: content.id, in: meta)
        meta.put(content, inlineStream: inlineStream, writerRelease: Self.writerRelease)
        return (meta, obsolete)
    }

    /// The data directory of a version that is to go, where it has one on the drive.
    func dataDirectory(of id: UniqueID, in meta: XLMeta) -> Set<String> {
        guard let version = meta.version(id), version.header.kind != .deleteMarker,
            meta.inlineStream(of: id) == nil,
            let content = try? XLContent(reading: version.body, path: "")
        else { return [] }
        switch content {
        case .object(let object): return [object.dataDirectory.description]
        case .legacy(let directory): return [directory]
        case .deleteMarker: return []
        }
    }
}

extension PutOptions {
    /// What a copy has where nothing else is asked for.
    fileprivate init(copying info: ObjectInfo) {
        self.init()
        headers = info.headers
        userMetadata = info.userMetadata
        tags = info.tags
        storageClass = info.storageClass
        checksum = info.checksum?.algorithm
    }
}

extension ObjectLocation {
    /// The key, without the bucket.
    var key: String { name.firstIndex(of: "/").map { String(name[name.index(after: $0)...]) } ?? name }
}
