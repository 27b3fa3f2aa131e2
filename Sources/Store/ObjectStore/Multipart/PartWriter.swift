import DurableIO

/// Puts one part of an upload, its data piece by piece. Nothing is to be seen of it before `finish` returns. Not
/// thread-safe.
public final class PartWriter {
    private let store: ObjectStore
    private let upload: MultipartUpload
    private let number: Int
    private let dataDirectory: String
    private let algorithm: ChecksumAlgorithm?
    private let expectedMD5: [UInt8]?
    private let expectedChecksum: [UInt8]?
    private let staged: String
    private let body: BodyWriter

    /// - Throws: `StoreError` with code `noSuchUpload` or `invalidArgument`.
    init(
        _ store: ObjectStore, _ upload: MultipartUpload, number: Int, expectedMD5: [UInt8]?,
        expectedChecksum: [UInt8]?
    ) throws {
        guard (1...10_000).contains(number) else {
            throw StoreError(.invalidArgument, "parts are numbered from 1 to 10000, not \(number)")
        }
        self.store = store
        self.upload = upload
        self.number = number
        self.expectedMD5 = expectedMD5
        self.expectedChecksum = expectedChecksum
        let object = try store.openUpload(upload)
        dataDirectory = "\(store.directory(of: upload))/\(object.dataDirectory)"
        algorithm = store.checksum(of: object)?.algorithm
        let staged = try store.drive.makeStaging()
        self.staged = staged
        body = try BodyWriter(store.drive, inlineBytesMax: -1, etag: .md5, checksum: algorithm) {
            try store.fileSystem.open("\(staged)/part.\(number)", .replace)
        }
    }

    deinit {
        try? store.fileSystem.removeTree(staged)
    }

    /// Adds data.
    public func write(_ bytes: UnsafeRawBufferPointer) throws { try body.write(bytes) }

    /// Makes the part count, in the place of one with the same number.
    ///
    /// - Throws: `StoreError` with code `badDigest` or `noSuchUpload`; `DurableIOError`.
    @discardableResult
    public func finish() throws -> UploadedPart {
        let data = try body.finish()
        if let expectedMD5, expectedMD5 != data.md5 { throw damaged("MD5", data.md5) }
        if let expectedChecksum, expectedChecksum != data.checksum {
            throw damaged(algorithm?.rawValue ?? "no checksum", data.checksum ?? [])
        }
        var checksum: ObjectChecksum?
        if let algorithm, let bytes = data.checksum { checksum = ObjectChecksum(algorithm, bytes) }
        let part = UploadedPart(
            number: number, etag: data.md5.hexadecimal, byteCount: data.byteCount,
            modifiedNanoseconds: store.options.clock(), checksum: checksum)
        try store.drive.write(part.encoded, to: "\(staged)/part.\(number).meta")
        try store.drive.locks.withLock(store.directory(of: upload)) {
            _ = try store.openUpload(upload)
            try store.drive.publishPart(staged: staged, in: dataDirectory)
        }
        return part
    }

    private func damaged(_ kind: String, _ digest: [UInt8]) -> StoreError {
        StoreError(
            .badDigest,
            "part \(number) of \(upload.bucket)/\(upload.key) has \(kind) \(digest.hexadecimal), not the one it was sent with: it was damaged on its way; put it again"
        )
    }
}

extension Drive {
    static let readySuffix = ".ready"

    /// Moves a part and its metadata into an upload.
    ///
    /// Between the two moves the old metadata would stand beside the new data. So the old part counts until
    /// `staged` gets its new name, and the new one from there on: after a crash `recover` makes the moves.
    func publishPart(staged: String, in directory: String) throws {
        try requireDirectories(to: directory)
        try leaveLink(to: directory, in: staged)
        if durability == .full { try fileSystem.syncDirectory(staged) }
        let ready = staged + Self.readySuffix
        try fileSystem.rename(staged, to: ready)
        do {
            try syncDirectory(staging)
            try finishPart(ready, in: directory)
        } catch {
            // The part may be half there. Where the rest cannot be moved now either, a part without metadata is
            // none: the old metadata must not stand beside the new data.
            do {
                try finishPart(ready, in: directory)
            } catch {
                for name in try fileSystem.list(ready) where name.hasSuffix(".meta") {
                    try fileSystem.removeFile("\(directory)/\(name)")
                }
                try? fileSystem.removeTree(ready)
            }
            throw error
        }
        try? fileSystem.removeTree(ready)
    }

    /// Makes the moves, or those that a crash has left to be made.
    func finishPart(_ source: String, in directory: String) throws {
        // MinIO makes the directory with the first part.
        if try fileSystem.makeDirectory(directory) { try syncDirectory(FileSystem.parent(of: directory)) }
        // The metadata comes last, whatever the order of the names.
        for name in try fileSystem.list(source).sorted(by: { $0.utf8.count < $1.utf8.count })
        where name.hasPrefix("part.") {
            try fileSystem.rename("\(source)/\(name)", to: "\(directory)/\(name)")
        }
        try syncDirectory(directory)
    }
}
