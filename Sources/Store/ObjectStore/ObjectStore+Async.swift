// Every operation for tasks: the same name, awaited, with the waiting for the disk done on threads of the store's own.

/// An object's data as it comes, piece by piece, each checked against its hash. It can be gone through once.
public struct ObjectBody: AsyncSequence, Sendable {
    /// A piece of the data.
    public typealias Element = [UInt8]

    /// What is known of the version.
    public let info: ObjectInfo
    /// Which of its bytes come.
    public let range: Range<Int>
    private let store: ObjectStore
    private let reader: SharedReader

    init(_ store: ObjectStore, _ reader: ObjectReader) {
        self.store = store
        self.reader = SharedReader(reader)
        info = reader.info
        range = reader.range
    }

    /// Begins, or goes on where the last one stopped.
    public func makeAsyncIterator() -> Iterator { Iterator(store: store, reader: reader) }

    /// Gives out the pieces.
    public struct Iterator: AsyncIteratorProtocol {
        let store: ObjectStore
        fileprivate let reader: SharedReader

        /// The next piece; `nil` at the end.
        public mutating func next() async throws -> [UInt8]? {
            try await store.onDisk { [reader] in try reader.next() }
        }
    }

    /// All of the data.
    public func collect() async throws -> [UInt8] {
        try await store.onDisk { [reader] in try reader.readAll() }
    }
}

/// A reader that is handed from thread to thread.
private final class SharedReader: @unchecked Sendable {
    // One task at a time goes through a body: it awaits each piece before it asks for the next.
    private let reader: ObjectReader

    init(_ reader: ObjectReader) {
        self.reader = reader
    }

    func next() throws -> [UInt8]? { try reader.next().map { Array($0) } }
    func readAll() throws -> [UInt8] { try reader.readAll() }
}

/// A writer that is handed from thread to thread.
private struct SharedWriter<Writer>: @unchecked Sendable {
    // Each call is awaited before the next.
    let writer: Writer
}

extension ObjectStore {
    /// As the plain call.
    public func buckets() async throws -> [BucketInfo] { try await onDisk { try self.buckets() } }

    /// As the plain call.
    public func info(of bucket: BucketName) async throws -> BucketInfo {
        try await onDisk { try self.info(of: bucket) }
    }

    /// As the plain call.
    @discardableResult
    public func createBucket(_ bucket: BucketName) async throws -> Bool {
        try await onDisk { try self.createBucket(bucket) }
    }

    /// As the plain call.
    public func deleteBucket(_ bucket: BucketName, withObjects: Bool = false) async throws {
        try await onDisk { try self.deleteBucket(bucket, withObjects: withObjects) }
    }

    /// As the plain call.
    public func versioning(of bucket: BucketName) async throws -> BucketVersioning {
        try await onDisk { try self.versioning(of: bucket) }
    }

    /// As the plain call.
    public func setVersioning(_ versioning: BucketVersioning, of bucket: BucketName) async throws {
        try await onDisk { try self.setVersioning(versioning, of: bucket) }
    }

    /// As the plain call.
    @discardableResult
    public func put(
        _ data: [UInt8], bucket: BucketName, key: ObjectKey, options: PutOptions = PutOptions()
    ) async throws -> ObjectInfo {
        try await onDisk { try self.put(data, bucket: bucket, key: key, options: options) }
    }

    /// Puts an object whose data comes piece by piece; memory is bounded, whatever its size. Where the data ends
    /// with an error, nothing is put.
    @discardableResult
    public func put<Body: AsyncSequence & Sendable>(
        _ body: Body, bucket: BucketName, key: ObjectKey, options: PutOptions = PutOptions()
    ) async throws -> ObjectInfo where Body.Element == [UInt8] {
        let shared = try await onDisk {
            SharedWriter(writer: try self.makeWriter(bucket: bucket, key: key, options: options))
        }
        for try await piece in body { try await onDisk { try shared.writer.write(piece) } }
        return try await onDisk { try shared.writer.finish() }
    }

    /// As the plain call.
    public func head(
        bucket: BucketName, key: ObjectKey, version: VersionID? = nil,
        conditions: Preconditions = Preconditions()
    ) async throws -> ObjectInfo {
        try await onDisk { try self.head(bucket: bucket, key: key, version: version, conditions: conditions) }
    }

    /// Opens an object, or a version of one, or a range of it.
    public func open(
        bucket: BucketName, key: ObjectKey, version: VersionID? = nil, range: ByteRange = .all,
        conditions: Preconditions = Preconditions()
    ) async throws -> ObjectBody {
        try await onDisk {
            ObjectBody(
                self,
                try self.open(
                    bucket: bucket, key: key, version: version, range: range, conditions: conditions)
                    as ObjectReader)
        }
    }

    /// As the plain call.
    public func get(
        bucket: BucketName, key: ObjectKey, version: VersionID? = nil, range: ByteRange = .all
    ) async throws -> [UInt8] {
        try await onDisk { try self.get(bucket: bucket, key: key, version: version, range: range) }
    }

    /// As the plain call.
    @discardableResult
    public func delete(
        bucket: BucketName, key: ObjectKey, version: VersionID? = nil,
        conditions: Preconditions = Preconditions(), bypassesGovernance: Bool = false
    ) async throws -> DeleteResult {
        try await onDisk {
            try self.delete(
                bucket: bucket, key: key, version: version, conditions: conditions,
                bypassesGovernance: bypassesGovernance)
        }
    }

    /// As the plain call.
    public func delete(
        bucket: BucketName, _ requests: [DeleteRequest]
    ) async throws -> [Result<DeleteResult, any Error>] {
        try await onDisk { try self.delete(bucket: bucket, requests) }
    }

    /// As the plain call.
    @discardableResult
    public func copy(
        from sourceBucket: BucketName, _ sourceKey: ObjectKey, version: VersionID? = nil,
        to bucket: BucketName, _ key: ObjectKey, options: PutOptions? = nil,
        sourceConditions: Preconditions = Preconditions()
    ) async throws -> ObjectInfo {
        try await onDisk {
            try self.copy(
                from: sourceBucket, sourceKey, version: version, to: bucket, key, options: options,
                sourceConditions: sourceConditions)
        }
    }

    /// As the plain call; an object that cannot be read is an error.
    public func list(
        bucket: BucketName, _ options: ListOptions = ListOptions(), versions: ListedVersions = .latest
    ) async throws -> ListPage {
        try await onDisk { try self.list(bucket: bucket, options, versions: versions) }
    }

    /// The objects of a bucket whose keys begin with a prefix, in the order of the keys' UTF-8 bytes.
    public func objects(
        bucket: BucketName, prefix: String = "", versions: ListedVersions = .latest
    ) -> ObjectSequence {
        ObjectSequence(store: self, bucket: bucket, prefix: prefix, versions: versions)
    }

    /// As the plain call.
    public func setTags(
        _ tags: [String: String], bucket: BucketName, key: ObjectKey, version: VersionID? = nil
    ) async throws {
        try await onDisk { try self.setTags(tags, bucket: bucket, key: key, version: version) }
    }

    /// As the plain call.
    public func verify(
        _ options: VerifyReport.Options = VerifyReport.Options()
    ) async throws -> VerifyReport {
        try await onDisk { try self.verify(options) }
    }

    // MARK: Uploads in parts

    /// As the plain call.
    public func createUpload(
        bucket: BucketName, key: ObjectKey, options: PutOptions = PutOptions(),
        hasFullObjectChecksum: Bool = false
    ) async throws -> MultipartUpload {
        try await onDisk {
            try self.createUpload(
                bucket: bucket, key: key, options: options, hasFullObjectChecksum: hasFullObjectChecksum)
        }
    }

    /// Puts a part whose data comes piece by piece.
    @discardableResult
    public func putPart<Body: AsyncSequence & Sendable>(
        _ body: Body, _ upload: MultipartUpload, number: Int, expectedMD5: [UInt8]? = nil,
        expectedChecksum: [UInt8]? = nil
    ) async throws -> UploadedPart where Body.Element == [UInt8] {
        let shared = try await onDisk {
            SharedWriter(
                writer: try self.makePartWriter(
                    upload, number: number, expectedMD5: expectedMD5, expectedChecksum: expectedChecksum))
        }
        for try await piece in body {
            try await onDisk { try piece.withUnsafeBytes { try shared.writer.write($0) } }
        }
        return try await onDisk { try shared.writer.finish() }
    }

    /// As the plain call.
    @discardableResult
    public func putPart(_ data: [UInt8], _ upload: MultipartUpload, number: Int) async throws -> UploadedPart
    {
        try await onDisk { try self.putPart(data, upload, number: number) }
    }

    /// As the plain call.
    @discardableResult
    public func copyPart(
        from bucket: BucketName, _ key: ObjectKey, version: VersionID? = nil, range: ByteRange = .all,
        conditions: Preconditions = Preconditions(), to upload: MultipartUpload, number: Int
    ) async throws -> UploadedPart {
        try await onDisk {
            try self.copyPart(
                from: bucket, key, version: version, range: range, conditions: conditions, to: upload,
                number: number)
        }
    }

    /// As the plain call.
    public func parts(of upload: MultipartUpload) async throws -> [UploadedPart] {
        try await onDisk { try self.parts(of: upload) }
    }

    /// As the plain call.
    public func uploads(in bucket: BucketName, prefix: String = "") async throws -> [MultipartUpload] {
        try await onDisk { try self.uploads(in: bucket, prefix: prefix) }
    }

    /// As the plain call.
    @discardableResult
    public func completeUpload(
        _ upload: MultipartUpload, _ wanted: [CompletedPart]? = nil,
        conditions: Preconditions = Preconditions(), expectedChecksum: [UInt8]? = nil
    ) async throws -> ObjectInfo {
        try await onDisk {
            try self.completeUpload(
                upload, wanted, conditions: conditions, expectedChecksum: expectedChecksum)
        }
    }

    /// As the plain call.
    public func abortUpload(_ upload: MultipartUpload) async throws {
        try await onDisk { try self.abortUpload(upload) }
    }

    /// As the plain call.
    @discardableResult
    public func removeStaleUploads() async throws -> Int {
        try await onDisk { try self.removeStaleUploads() }
    }
}

/// The objects of a bucket, page after page.
public struct ObjectSequence: AsyncSequence, Sendable {
    /// An object.
    public typealias Element = ObjectInfo

    let store: ObjectStore
    let bucket: BucketName
    let prefix: String
    let versions: ObjectStore.ListedVersions

    /// Begins at the first.
    public func makeAsyncIterator() -> Iterator {
        Iterator(store: store, bucket: bucket, versions: versions, options: ListOptions(prefix: prefix))
    }

    /// Gives out the objects.
    public struct Iterator: AsyncIteratorProtocol {
        let store: ObjectStore
        let bucket: BucketName
        let versions: ObjectStore.ListedVersions
        var options: ListOptions
        private var page: ArraySlice<ObjectInfo> = []
        private var isAtEnd = false

        init(
            store: ObjectStore, bucket: BucketName, versions: ObjectStore.ListedVersions, options: ListOptions
        ) {
            self.store = store
            self.bucket = bucket
            self.versions = versions
            self.options = options
        }

        /// The next object; `nil` at the end.
        public mutating func next() async throws -> ObjectInfo? {
            while page.isEmpty, !isAtEnd {
                let next = try await store.list(bucket: bucket, options, versions: versions)
                page = next.objects[...]
                options.token = next.nextToken
                isAtEnd = next.nextToken == nil
            }
            return page.popFirst()
        }
    }
}
