import DurableIO

extension ObjectStore {
    private static let attemptsMax = 10

    /// What is known of an object, or of a version of one.
    ///
    /// - Throws: `StoreError` with code `noSuchBucket`, `noSuchKey`, `noSuchVersion`, `methodNotAllowed` for a delete
    ///   marker asked for by its id, `notModified`, `preconditionFailed` or `corrupt`.
    public func head(
        bucket: BucketName, key: ObjectKey, version: VersionID? = nil,
        conditions: Preconditions = Preconditions()
    ) throws -> ObjectInfo {
        try find(bucket, key, version, conditions).info
    }

    /// Opens an object, or a version of one, to read its data piece by piece.
    ///
    /// - Throws: what `head` throws; `StoreError` with code `invalidRange`, or `unsupportedFormat` where the data is
    ///   there but not as it was put.
    public func open(
        bucket: BucketName, key: ObjectKey, version: VersionID? = nil, range: ByteRange = .all,
        conditions: Preconditions = Preconditions()
    ) throws -> ObjectReader {
        for attempt in 1... {
            let (meta, object, info, location) = try find(bucket, key, version, conditions)
            do {
                return try ObjectReader(
                    drive, meta, object, info, at: location,
                    range: try range.resolve(count: object.byteCount))
            } catch let missing as MissingPart {
                // It may have been replaced between the reading of its metadata and the opening of its parts.
                guard attempt < Self.attemptsMax else { throw missing.damage }
            }
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// The data of an object, or a range of it, every block checked against its hash.
    ///
    /// - Throws: what `open` throws; `StoreError` with code `corrupt`.
    public func get(
        bucket: BucketName, key: ObjectKey, version: VersionID? = nil, range: ByteRange = .all
    ) throws -> [UInt8] {
        try open(bucket: bucket, key: key, version: version, range: range).readAll()
    }

    /// A version's metadata.
    private func find(
        _ bucket: BucketName, _ key: ObjectKey, _ version: VersionID?, _ conditions: Preconditions
    ) throws -> (meta: XLMeta, object: XLObject, info: ObjectInfo, location: ObjectLocation) {
        let location = drive.location(bucket, key)
        guard let meta = try drive.metadata(in: location.directory),
            let latest = meta.versions.first(where: \.header.isVisible)
        else {
            try requireBucket(bucket)
            throw StoreError(.noSuchKey, "there is no object \(key) in bucket \(bucket)")
        }
        let wanted = version.map { meta.version($0.unique) } ?? latest
        guard let wanted else {
            throw StoreError(
                .noSuchVersion, "object \(location.name) has no version \(version?.description ?? "")")
        }
        switch try XLContent(reading: wanted.body, path: "\(location.directory)/\(Drive.metadataName)") {
        case .object(let object):
            let info = ObjectInfo(
                object, key: key.description, isLatest: wanted.header.id == latest.header.id)
            try conditions.checkRead(info, place: location.name)
            return (meta, object, info, location)
        case .deleteMarker:
            guard version == nil else {
                throw StoreError(
                    .methodNotAllowed,
                    "version \(wanted.header.id) of object \(location.name) is a delete marker, which has no data"
                )
            }
            throw StoreError(.noSuchKey, "object \(key) in bucket \(bucket) has been deleted")
        case .legacy:
            throw StoreError(
                .unsupportedFormat,
                "\(location.directory) was written by a MinIO of before June 2020; copy it with a newer MinIO"
            )
        }
    }

    // MARK: Tags

    /// Sets the tags of an object, or of a version of one, in the place of those that it has. Nothing else changes.
    ///
    /// - Throws: what `head` throws; `StoreError` with code `invalidArgument` for more than 10.
    public func setTags(
        _ tags: [String: String], bucket: BucketName, key: ObjectKey, version: VersionID? = nil
    ) throws {
        try requireWritable()
        guard tags.count <= 10 else {
            throw StoreError(.invalidArgument, "an object has at most 10 tags, not \(tags.count)")
        }
        let location = drive.location(bucket, key)
        try commit(at: location, replaces: false) { _ in
            var (meta, object, _, _) = try find(bucket, key, version, Preconditions())
            var user = (object.userMetadata ?? []).filter { $0.key != ObjectInfo.tagsName }
            if !tags.isEmpty { user.append((ObjectInfo.tagsName, Tags.encode(tags))) }
            object.userMetadata = user
            meta.replace(.object(object), writerRelease: Self.writerRelease)
            try rewrite(meta, obsolete: [], at: location)
        }
    }

    /// Publishes changed metadata of an object whose data stays.
    func rewrite(_ meta: XLMeta, obsolete: Set<String>, at location: ObjectLocation) throws {
        let staged = try drive.makeStaging()
        do {
            try drive.publish(meta, staged: staged, dataDirectory: nil, obsolete: obsolete, at: location)
        } catch {
            drive.discard(staged)
            throw error
        }
    }
}
