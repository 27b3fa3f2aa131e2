import DurableIO

extension ObjectStore {
    /// The buckets, sorted by their names.
    public func buckets() throws -> [BucketInfo] {
        guard try fileSystem.kind(of: path) == .directory else { return [] }
        return try fileSystem.list(path).compactMap { name in
            let status = try fileSystem.status(of: "\(path)/\(name)")
            guard let bucket = try? BucketName(name), status?.kind == .directory else { return nil }
            // A bucket whose configuration is damaged is there all the same.
            return (try? info(of: bucket))
                ?? BucketInfo(
                    name: bucket, createdNanoseconds: status?.modifiedNanoseconds ?? 0, policy: BucketPolicy()
                )
        }
    }

    /// What is known of a bucket.
    ///
    /// - Throws: `StoreError` with code `noSuchBucket`.
    public func info(of bucket: BucketName) throws -> BucketInfo {
        try requireBucket(bucket)
        let configuration = try configuration(of: bucket)
        let changed = try fileSystem.status(of: drive.directory(of: bucket))?.modifiedNanoseconds
        return BucketInfo(
            name: bucket, createdNanoseconds: configuration?.createdNanoseconds ?? changed ?? 0,
            policy: configuration?.policy ?? BucketPolicy())
    }

    /// Makes a bucket.
    ///
    /// - Returns: whether it was made; not where it is there already, which is left as it is.
    @discardableResult
    public func createBucket(_ bucket: BucketName) throws -> Bool {
        try requireWritable()
        return try drive.locks.withLock("\(bucket)") {
            let directory = drive.directory(of: bucket)
            guard try !drive.isDirectory(directory) else {
                // It may have been made a moment ago, by a process that died.
                try drive.makeDurable(directory, below: path)
                return false
            }
            // The directory is what makes the bucket be there, so what it is set to comes first.
            try writeConfiguration(
                BucketMetadata(name: bucket.description, createdNanoseconds: options.clock()), of: bucket)
            _ = try fileSystem.makeDirectory(directory)
            try drive.makeDurable(directory, below: path)
            return true
        }
    }

    /// Removes a bucket.
    ///
    /// - Parameter withObjects: whether its objects, versions and uploads go with it.
    /// - Throws: `StoreError` with code `noSuchBucket`, `bucketNotEmpty`, or `objectLocked` where object lock keeps
    ///   objects from being removed with their bucket.
    public func deleteBucket(_ bucket: BucketName, withObjects: Bool = false) throws {
        try requireWritable()
        try drive.locks.withLock("\(bucket)") {
            try requireBucket(bucket)
            let directory = drive.directory(of: bucket)
            let uploads = try uploads(in: bucket)
            if withObjects {
                guard try configuration(of: bucket)?.policy.hasObjectLock != true else {
                    throw StoreError(
                        .objectLocked,
                        "bucket \(bucket) has object lock, and is not removed with what is in it: remove the versions that are not locked with `tapehouse objects rm \(bucket) --recursive --versions`, and then the empty bucket"
                    )
                }
                for upload in uploads { try abortUpload(upload) }
                try drive.removeAll(of: directory)
                try removeConfiguration(of: bucket)
            } else {
                guard uploads.isEmpty, try removeEmpty(directory) else {
                    throw StoreError(
                        .bucketNotEmpty,
                        "bucket \(bucket) is not empty: remove its objects, versions and unfinished uploads first"
                    )
                }
                try drive.syncDirectory(path)
                try removeConfiguration(of: bucket)
            }
        }
    }

    /// Removes a directory with nothing but empty directories in it. What a writer puts there meanwhile keeps it.
    private func removeEmpty(_ directory: String) throws -> Bool {
        for name in try fileSystem.list(directory) {
            let child = "\(directory)/\(name)"
            guard try fileSystem.status(of: child)?.kind == .directory, try removeEmpty(child) else {
                return false
            }
        }
        drive.directorySyncs.willRemove(directory)
        do {
            try fileSystem.removeDirectory(directory)
            return true
        } catch let error as DurableIOError where error.code == .alreadyExists {
            return false
        }
    }

    private func removeConfiguration(of bucket: BucketName) throws {
        forgetPolicy(of: bucket)
        let configuration = "\(drive.system)/buckets/\(bucket)"
        if try drive.isDirectory(configuration) { try fileSystem.removeTree(configuration) }
    }

    /// Whether writes to a bucket make versions.
    ///
    /// - Throws: `StoreError` with code `noSuchBucket`.
    public func versioning(of bucket: BucketName) throws -> BucketVersioning {
        try info(of: bucket).versioning
    }

    /// Lets writes to a bucket make versions, or no more. Versions that are there stay.
    ///
    /// - Throws: `StoreError` with code `noSuchBucket`, or `invalidArgument` for `unversioned`: once a bucket has
    ///   had versions they can be suspended only; `invalidBucketState` where object lock forbids it.
    public func setVersioning(_ versioning: BucketVersioning, of bucket: BucketName) throws {
        try requireWritable()
        guard versioning != .unversioned else {
            throw StoreError(
                .invalidArgument,
                "versioning of bucket \(bucket) can be suspended, not made never to have been")
        }
        try drive.locks.withLock("\(bucket)") {
            try requireBucket(bucket)
            var metadata =
                try configuration(of: bucket)
                ?? BucketMetadata(
                    name: bucket.description, createdNanoseconds: try info(of: bucket).createdNanoseconds)
            guard versioning == .enabled || !metadata.policy.hasObjectLock else {
                throw StoreError(
                    .invalidBucketState,
                    "bucket \(bucket) has object lock, so its versioning cannot be suspended: versions are what is locked"
                )
            }
            metadata.setVersioning(versioning, atNanoseconds: options.clock())
            forgetPolicy(of: bucket)
            try writeConfiguration(metadata, of: bucket)
            forgetPolicy(of: bucket)
        }
    }

    // MARK: Configuration

    /// What a bucket is set to; `nil` where nothing is written of that.
    func configuration(of bucket: BucketName) throws -> BucketMetadata? {
        let location = drive.configuration(of: bucket)
        guard let (meta, object) = try drive.soleObject(in: location.directory) else { return nil }
        let info = ObjectInfo(object, key: location.name, isLatest: true)
        do {
            let reader = try ObjectReader(
                drive, meta, object, info, at: location, range: 0..<object.byteCount)
            return try BucketMetadata(reading: try reader.readAll(), path: location.directory)
        } catch let missing as MissingPart {
            throw missing.damage
        }
    }

    func writeConfiguration(_ metadata: BucketMetadata, of bucket: BucketName) throws {
        let location = drive.configuration(of: bucket)
        let bytes = metadata.encoded
        try bytes.withUnsafeBytes { bytes in
            let writer = try ObjectWriter(self, at: location, .unversioned, options: PutOptions())
            try writer.write(bytes)
            try writer.finish()
        }
    }
}
