import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

@Suite struct UploadTests {
    @Test func partsMakeAnObject() throws {
        let fixture = try StoreFixture()
        let key = try ObjectKey("a/large")
        var options = PutOptions()
        options.headers.contentType = "application/x-test"
        options.userMetadata = ["Name": "value"]
        options.checksum = .crc32c
        let upload = try fixture.store.createUpload(bucket: fixture.bucket, key: key, options: options)
        let parts = [
            StoreFixture.content(1_500_000, seed: 1), StoreFixture.content(700_000, seed: 2), [1, 2, 3],
        ]
        // In any order, with gaps in the numbers, and the second one put twice.
        _ = try fixture.store.putPart(parts[2], upload, number: 9)
        _ = try fixture.store.putPart([9, 9], upload, number: 5)
        _ = try fixture.store.putPart(parts[0], upload, number: 2)
        _ = try fixture.store.putPart(parts[1], upload, number: 5)
        _ = try fixture.store.putPart([7], upload, number: 7)
        let there = try fixture.store.parts(of: upload)
        #expect(there.map(\.number) == [2, 5, 7, 9])
        #expect(try fixture.store.uploads(in: fixture.bucket) == [upload])
        #expect(try fixture.keys().isEmpty)
        let wanted = there.filter { $0.number != 7 }.map {
            CompletedPart(number: $0.number, etag: "\"\($0.etag)\"")
        }
        let info = try fixture.store.completeUpload(upload, wanted)
        #expect(try fixture.get("a/large") == Array(parts.joined()))
        #expect(info.partBytes == [1_500_000, 700_000, 3])
        #expect(info.contentType == "application/x-test")
        #expect(info.userMetadata == ["Name": "value"])
        let md5s = parts.map { $0.withUnsafeBytes { MD5.digest($0) } }.joined()
        #expect(info.etag == Array(md5s).withUnsafeBytes { MD5.digest($0) }.hexadecimal + "-3")
        #expect(info.checksum?.compositeParts == 3)
        #expect(try fixture.store.head(bucket: fixture.bucket, key: key) == info)
        #expect(try fixture.store.uploads(in: fixture.bucket).isEmpty)
        #expect(StoreError.code { _ = try fixture.store.completeUpload(upload) } == .noSuchUpload)
        #expect(try fixture.files().filter { $0.contains("multipart/") || $0.contains("tmp/") }.isEmpty)
        #expect(try fixture.store.verify().findings == [])
        // Ranges across parts.
        for range in [1_499_990..<1_500_010, 0..<1, 2_199_999..<2_200_003, 1_000_000..<2_200_001] {
            #expect(
                try fixture.get("a/large", nil, .closed(range.lowerBound, range.upperBound - 1))
                    == Array(Array(parts.joined())[range]))
        }
    }

    @Test func wrongPartsAreRefusedAndTheUploadStays() throws {
        let directory = try TemporaryDirectory()
        let store = try ObjectStore(directory.path)
        let bucket = try BucketName("bucket")
        try store.createBucket(bucket)
        let upload = try store.createUpload(bucket: bucket, key: try ObjectKey("k"))
        let one = try store.putPart([1], upload, number: 1)
        let two = try store.putPart([2], upload, number: 2)
        let part = { (part: UploadedPart) in CompletedPart(number: part.number, etag: part.etag) }
        #expect(
            StoreError.code { _ = try store.completeUpload(upload, [part(one), part(two)]) }
                == .entityTooSmall)
        #expect(
            StoreError.code { _ = try store.completeUpload(upload, [part(two), part(one)]) }
                == .invalidPartOrder)
        #expect(
            StoreError.code {
                _ = try store.completeUpload(upload, [CompletedPart(number: 1, etag: two.etag)])
            }
                == .invalidPart)
        #expect(
            StoreError.code {
                _ = try store.completeUpload(upload, [CompletedPart(number: 3, etag: one.etag)])
            }
                == .invalidPart)
        #expect(StoreError.code { _ = try store.completeUpload(upload, []) } == .invalidPart)
        #expect(StoreError.code { _ = try store.putPart([1], upload, number: 0) } == .invalidArgument)
        #expect(StoreError.code { _ = try store.putPart([1], upload, number: 10_001) } == .invalidArgument)
        let writer = try store.makePartWriter(
            upload, number: 1, expectedMD5: [UInt8](repeating: 0, count: 16))
        try [7].withUnsafeBytes { try writer.write($0) }
        #expect(StoreError.code { _ = try writer.finish() } == .badDigest)
        _ = try store.completeUpload(upload, [part(two)])
        #expect(try store.get(bucket: bucket, key: try ObjectKey("k")) == [2])
    }

    /// The names that MinIO gives uploads: base64url of `deployment.uuidxnanoseconds`.
    @Test func uploadsAreNamedAsMinIODoes() throws {
        let fixture = try StoreFixture()
        let upload = try fixture.store.createUpload(bucket: fixture.bucket, key: try ObjectKey("k"))
        let decoded = try #require(Base64.decode(upload.id.description))
        let text = String(decoding: decoded, as: UTF8.self)
        #expect(text.hasPrefix(fixture.store.format.deployment + "."))
        #expect(text.hasSuffix("x\(upload.initiatedNanoseconds)"))
        #expect(UploadID(upload.id.description)?.directoryName == upload.id.directoryName)
        for nonsense in ["", "x", "!", "YWJj", upload.id.description + "A"] {
            #expect(UploadID(nonsense) == nil)
        }
        let other = MultipartUpload(
            bucket: fixture.bucket, key: try ObjectKey("other"), id: upload.id, initiatedNanoseconds: 0)
        #expect(StoreError.code { _ = try fixture.store.parts(of: other) } == .noSuchUpload)
        let hash = try FileSystem.local.list(fixture.directory.file(".minio.sys/multipart"))
        // The SHA-256 of "bucket/k".
        #expect(hash == ["26d4fd355fc1da7e0253202174ee23c0c2d65ce8681480afa45bc50342e707a5"])
    }

    @Test func abortedAndStaleUploadsAreRemoved() throws {
        let directory = try TemporaryDirectory()
        var options = ObjectStore.Options()
        options.durability = .none
        options.clock = { 1_000_000_000_000_000_000 }
        let bucket = try BucketName("bucket")
        var store: ObjectStore? = try ObjectStore(directory.path, options: options)
        try store?.createBucket(bucket)
        for name in ["a", "b", "c/d"] {
            let upload = try #require(try store?.createUpload(bucket: bucket, key: try ObjectKey(name)))
            _ = try store?.putPart([1], upload, number: 1)
            if name == "a" { try store?.abortUpload(upload) }
        }
        #expect(try store?.uploads(in: bucket).map(\.key.description) == ["b", "c/d"])
        #expect(try store?.uploads(in: bucket, prefix: "c/").count == 1)
        #expect(StoreError.code { try store?.deleteBucket(bucket) } == .bucketNotEmpty)
        store = nil
        options.clock = { 1_000_000_000_000_000_000 + 86_401 * 1_000_000_000 }
        store = try ObjectStore(directory.path, options: options)
        #expect(try store?.uploads(in: bucket).isEmpty == true)
        #expect(try FileSystem.local.list(directory.file(".minio.sys/multipart")).isEmpty)
    }

    @Test func partsAreCopiedFromObjects() throws {
        let fixture = try StoreFixture(versioning: .enabled)
        let data = StoreFixture.content(1_300_000)
        _ = try fixture.put(data, "source")
        let upload = try fixture.store.createUpload(bucket: fixture.bucket, key: try ObjectKey("target"))
        _ = try fixture.store.copyPart(
            from: fixture.bucket, try ObjectKey("source"), range: .closed(1_000_000, 1_200_000), to: upload,
            number: 1)
        _ = try fixture.store.copyPart(from: fixture.bucket, try ObjectKey("source"), to: upload, number: 2)
        let info = try fixture.store.completeUpload(upload)
        #expect(info.version != .null)
        #expect(try fixture.get("target") == Array(data[1_000_000...1_200_000]) + data)
    }

    /// CRCs of the parts joined are the CRC of the whole.
    @Test(arguments: [ChecksumAlgorithm.crc32, .crc32c, .crc64nvme])
    func checksumsOfPartsAreJoined(algorithm: ChecksumAlgorithm) throws {
        let fixture = try StoreFixture()
        var options = PutOptions()
        options.checksum = algorithm
        let upload = try fixture.store.createUpload(
            bucket: fixture.bucket, key: try ObjectKey("k"), options: options, hasFullObjectChecksum: true)
        let parts = [StoreFixture.content(100_001, seed: 3), StoreFixture.content(1_048_577, seed: 4), [5]]
        for (index, part) in parts.enumerated() {
            _ = try fixture.store.putPart(part, upload, number: index + 1)
        }
        let info = try fixture.store.completeUpload(upload)
        var whole = RunningChecksum(algorithm)
        for part in parts { part.withUnsafeBytes { whole.update($0) } }
        #expect(info.checksum?.bytes == whole.bytes)
        #expect(info.checksum?.compositeParts == nil)
        #expect(
            try fixture.store.head(bucket: fixture.bucket, key: try ObjectKey("k")).checksum == info.checksum)
    }
}
