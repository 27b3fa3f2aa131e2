import DurableIO

extension ObjectStore {
    /// Begins to put a part whose data comes piece by piece.
    ///
    /// - Parameters:
    ///   - number: 1 to 10,000; parts stand in the object in the order of their numbers.
    ///   - expectedChecksum: the checksum that the part must have, of the kind that the upload was begun with.
    /// - Throws: `StoreError` with code `noSuchUpload` or `invalidArgument`.
    public func makePartWriter(
        _ upload: MultipartUpload, number: Int, expectedMD5: [UInt8]? = nil, expectedChecksum: [UInt8]? = nil
    ) throws -> PartWriter {
        try requireWritable()
        return try PartWriter(
            self, upload, number: number, expectedMD5: expectedMD5, expectedChecksum: expectedChecksum)
    }

    /// Puts a part.
    @discardableResult
    public func putPart(_ data: [UInt8], _ upload: MultipartUpload, number: Int) throws -> UploadedPart {
        let writer = try makePartWriter(upload, number: number)
        try data.withUnsafeBytes { try writer.write($0) }
        return try writer.finish()
    }

    /// Puts a part whose data is that of an object, or a range of it.
    ///
    /// - Throws: what `open` and `makePartWriter` throw.
    @discardableResult
    public func copyPart(
        from bucket: BucketName, _ key: ObjectKey, version: VersionID? = nil, range: ByteRange = .all,
        conditions: Preconditions = Preconditions(), to upload: MultipartUpload, number: Int
    ) throws -> UploadedPart {
        let reader = try openSource(bucket, key, version, range, conditions)
        let writer = try makePartWriter(upload, number: number)
        while let piece = try reader.next() { try writer.write(piece) }
        return try writer.finish()
    }

    /// The parts that have been put, in their order.
    ///
    /// - Throws: `StoreError` with code `noSuchUpload` or `corrupt`.
    public func parts(of upload: MultipartUpload) throws -> [UploadedPart] {
        let object = try openUpload(upload)
        return try parts(in: "\(directory(of: upload))/\(object.dataDirectory)")
    }

    private func parts(in directory: String) throws -> [UploadedPart] {
        // MinIO makes the directory with the first part.
        guard try drive.isDirectory(directory) else { return [] }
        return try fileSystem.list(directory).compactMap { name in
            guard name.hasPrefix("part."), name.hasSuffix(".meta") else { return nil }
            let path = "\(directory)/\(name)"
            let part = try UploadedPart(reading: try drive.contents(of: path), path: path)
            return name == "part.\(part.number).meta" ? part : nil
        }.sorted { $0.number < $1.number }
    }

    /// Makes an object of the parts of an upload.
    ///
    /// - Parameters:
    ///   - wanted: the parts, in ascending order; `nil` for all that were put.
    ///   - conditions: what must be so of the object that is to be replaced.
    /// - Returns: what `head` will say of it. Completing an upload again that was completed by a process that died
    ///   then gives the same object.
    /// - Throws: `StoreError` with code `noSuchUpload`, `invalidPart`, `invalidPartOrder`, `entityTooSmall`,
    ///   `preconditionFailed` or `corrupt`.
    @discardableResult
    public func completeUpload(
        _ upload: MultipartUpload, _ wanted: [CompletedPart]? = nil,
        conditions: Preconditions = Preconditions(), expectedChecksum: [UInt8]? = nil
    ) throws -> ObjectInfo {
        try requireWritable()
        try requireBucket(upload.bucket)
        let uploadDirectory = directory(of: upload)
        return try drive.locks.withLock(uploadDirectory) {
            let object = try openUpload(upload)
            let source = "\(uploadDirectory)/\(object.dataDirectory)"
            let parts = try choose(wanted, of: try parts(in: source), source, upload)
            let checksum = checksum(of: object).flatMap { kind in
                ObjectChecksum.joined(kind.algorithm, parts, isFullObject: kind.isFullObject)
            }
            if let expectedChecksum, expectedChecksum != checksum?.bytes {
                throw StoreError(
                    .badDigest,
                    "the parts of \(upload.bucket)/\(upload.key) have together the checksum \((checksum?.bytes ?? []).hexadecimal), not \(expectedChecksum.hexadecimal)"
                )
            }
            let completed = XLObject(object, parts, checksum, userMetadata(of: object))
            let info = try publish(completed, partsFrom: source, upload, conditions)
            // From here on the object is there, whatever becomes of the upload's remains.
            try? removeUpload(uploadDirectory)
            return info
        }
    }

    /// The parts that are wanted, checked.
    private func choose(
        _ wanted: [CompletedPart]?, of parts: [UploadedPart], _ directory: String, _ upload: MultipartUpload
    ) throws -> [UploadedPart] {
        let wanted = wanted ?? parts.map { CompletedPart(number: $0.number, etag: $0.etag) }
        let name = "\(upload.bucket)/\(upload.key)"
        guard !wanted.isEmpty else {
            throw StoreError(.invalidPart, "an object is made of one part at least; \(name) has none")
        }
        guard zip(wanted, wanted.dropFirst()).allSatisfy({ $0.number < $1.number }) else {
            throw StoreError(.invalidPartOrder, "the parts of \(name) are not in ascending order")
        }
        let known = Dictionary(parts.map { ($0.number, $0) }) { $1 }
        return try wanted.enumerated().map { index, want in
            guard let part = known[want.number], part.etag == want.etag.filter({ $0 != "\"" }).lowercased()
            else {
                throw StoreError(
                    .invalidPart,
                    "part \(want.number) of \(name) with etag \(want.etag) has not been put; put it again")
            }
            guard index == wanted.count - 1 || part.byteCount >= options.partBytesMin else {
                throw StoreError(
                    .entityTooSmall,
                    "part \(part.number) of \(name) has \(part.byteCount) bytes; all but the last have \(options.partBytesMin) at least"
                )
            }
            let path = "\(directory)/part.\(part.number)"
            try BitrotStream.check(
                byteCount: try fileSystem.status(of: path)?.byteCount ?? 0, dataBytes: part.byteCount,
                place: path)
            return part
        }
    }

    private func publish(
        _ completed: XLObject, partsFrom source: String, _ upload: MultipartUpload,
        _ conditions: Preconditions
    ) throws -> ObjectInfo {
        let location = drive.location(upload.bucket, upload.key)
        let versioning = try policy(of: upload.bucket).versioning(of: upload.key)
        return try commit(at: location) { existing in
            if let done = try existing.flatMap({
                try version(with: completed.dataDirectory, in: $0, location)
            }) {
                try drive.makeDurable(location.directory, below: drive.path)
                try drive.syncDirectory(location.directory)
                return done
            }
            try check(conditions, existing, at: location)
            var object = completed
            object.modifiedNanoseconds = stamp(after: existing)
            object.id = versioning == .enabled ? (object.id == .null ? .random() : object.id) : .null
            let change = try adding(.object(object), inlineStream: nil, to: existing, at: location)
            let staged = try drive.makeStaging()
            do {
                let data = "\(staged)/\(object.dataDirectory)"
                _ = try fileSystem.makeDirectory(data)
                // Linked, not moved: until the object is there the upload stays what it is.
                for number in object.partNumbers {
                    try fileSystem.link("\(source)/part.\(number)", to: "\(data)/part.\(number)")
                }
                try drive.publish(
                    change.meta, staged: staged, dataDirectory: object.dataDirectory.description,
                    obsolete: change.obsolete, at: location)
            } catch {
                drive.discard(staged)
                throw error
            }
            return ObjectInfo(object, key: location.key, isLatest: true)
        }
    }

    /// The version that was made of an upload before.
    private func version(
        with dataDirectory: UniqueID, in meta: XLMeta, _ location: ObjectLocation
    ) throws -> ObjectInfo? {
        for version in meta.versions where version.header.kind == .object {
            if case .object(let object) = try XLContent(reading: version.body, path: location.directory),
                object.dataDirectory == dataDirectory
            {
                return ObjectInfo(
                    object, key: location.key, isLatest: version.header.id == meta.versions.first?.header.id)
            }
        }
        return nil
    }
}

extension ObjectChecksum {
    /// The checksum of an object by those of its parts; `nil` where a part has none of that kind.
    fileprivate static func joined(
        _ algorithm: ChecksumAlgorithm, _ parts: [UploadedPart], isFullObject: Bool
    ) -> ObjectChecksum? {
        let checksums = parts.compactMap { part in
            part.checksum.flatMap { $0.algorithm == algorithm ? ($0.bytes, part.byteCount) : nil }
        }
        guard checksums.count == parts.count else { return nil }
        return ofParts(algorithm, checksums, isFullObject: isFullObject)
    }
}

extension XLObject {
    /// The object that an upload's parts make.
    fileprivate init(
        _ upload: XLObject, _ parts: [UploadedPart], _ checksum: ObjectChecksum?,
        _ userMetadata: [(key: String, value: String)]
    ) {
        let byteCount = parts.reduce(0) { $0 + $1.byteCount }
        var md5 = MD5()
        for part in parts {
            let digest = (0..<16).compactMap { UInt8(part.etag.dropFirst(2 * $0).prefix(2), radix: 16) }
            digest.withUnsafeBytes { md5.update($0) }
        }
        let etag = "\(md5.finalize().hexadecimal)-\(parts.count)"
        var system: [(key: String, value: [UInt8])] = [
            ("X-Minio-Internal-actual-size", Array("\(byteCount)".utf8))
        ]
        if let checksum { system.append((ObjectChecksum.metadataName, checksum.encoded)) }
        self.init(
            id: upload.id, dataDirectory: upload.dataDirectory, partNumbers: parts.map(\.number),
            partBytes: parts.map(\.byteCount), partActualBytes: parts.map(\.byteCount), byteCount: byteCount,
            modifiedNanoseconds: upload.modifiedNanoseconds, systemMetadata: system,
            userMetadata: (userMetadata + [(ObjectInfo.etagName, etag)]).sorted { $0.key < $1.key })
    }
}
