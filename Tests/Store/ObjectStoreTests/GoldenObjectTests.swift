import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

/// Drives and files that real MinIO servers wrote. Skipped where `TAPEHOUSE_GOLDEN` is not set.
@Suite(.enabled(if: RealData.golden != nil, "TAPEHOUSE_GOLDEN is not set"))
struct GoldenObjectTests {
    private static let drives = ["snsd-inline-csv", "snsd-datadir-parquet", "snsd-spark-parquet"]

    private func metadataFiles(below path: String) throws -> [String] {
        try FileSystem.local.list(path).flatMap { name -> [String] in
            let child = "\(path)/\(name)"
            if name == "xl.meta" { return [child] }
            return try FileSystem.local.kind(of: child) == .directory ? metadataFiles(below: child) : []
        }
    }

    private func minio(_ name: String) throws -> String { "\(try #require(RealData.golden))/minio/\(name)" }

    /// Every header and body decoded and encoded anew, signatures recomputed: the same bytes.
    @Test(arguments: drives)
    func metadataEncodesToTheBytesThatMinIOWrote(drive: String) throws {
        let files = try metadataFiles(below: try minio(drive))
        #expect(!files.isEmpty)
        for path in files {
            let bytes = try FileSystem.local.contents(of: path)
            #expect(try XLMeta(reading: bytes, path: path).rebuilt(path).encoded == bytes, "\(path)")
        }
    }

    /// The newest form; header version 2 and body version 1, of 2022; 9,016 parts in 7 versions.
    @Test(arguments: [
        ("rustfs-fixtures/object_small_txt.xlmeta.bin", 1),
        ("rustfs-fixtures/object_large_bin.xlmeta.bin", 1),
        ("rustfs-fixtures/object_versioned_txt.xlmeta.bin", 3),
        ("rustfs-fixtures/bucket_metadata_full.xlmeta.bin", 1),
        ("rustfs-fixtures/issue_2288_legacy_xlmeta.bin", 1), ("cmd-testdata/xl-many-parts.meta", 7),
    ])
    func singleFilesEncodeToTheBytesThatMinIOWrote(file: String, versions: Int) throws {
        let path = try minio(file)
        let bytes = try FileSystem.local.contents(of: path)
        let meta = try XLMeta(reading: bytes, path: path)
        #expect(meta.versions.count == versions)
        #expect(try meta.rebuilt(path).encoded == bytes)
    }

    /// Shards of an erasure-coded object are understood, and their data is refused with the reason.
    @Test func shardsOfASetDecodeAndAreRefused() throws {
        let files = try zipped(try minio("cmd-testdata/xl-meta-merge.zip"))
        #expect(files.count == 8)
        for (name, bytes) in files {
            let meta = try XLMeta(reading: bytes, path: name)
            #expect(try meta.rebuilt(name).encoded == bytes, "\(name)")
            let location = ObjectLocation(directory: name, root: "", name: name)
            for case .object(let object) in try meta.contents(name) {
                let error = #expect(throws: StoreError.self) { try object.requirePlain(location) }
                #expect(error?.code == .unsupportedFormat)
                #expect(
                    error?.message.contains("spread over \(object.dataShards + object.parityShards)") == true)
            }
        }
    }

    /// The data of every object: each block's hash holds, and the MD5 is the etag.
    @Test(arguments: drives)
    func dataOfMinIOsObjectsPassesEveryCheck(drive: String) throws {
        let store = try ObjectStore(try minio("\(drive)/data"), access: .readOnly)
        var objects = 0
        for bucket in try store.buckets() {
            #expect(bucket.createdNanoseconds > 1_600_000_000_000_000_000)
            try store.forEachObject(bucket: bucket.name) { info in
                let data = try store.get(bucket: bucket.name, key: try ObjectKey(info.key))
                #expect(data.count == info.byteCount)
                if !info.etag.contains("-") {
                    #expect(data.withUnsafeBytes { MD5.digest($0) }.hexadecimal == info.etag, "\(info.key)")
                }
                objects += 1
            }
        }
        #expect(objects > 0)
        #expect(try store.verify().findings.filter { $0.severity == .damage } == [])
    }

    /// A drive that MinIO wrote is written to: its objects stay as they are, byte by byte.
    @Test(arguments: drives)
    func aDriveOfMinIOsIsWrittenTo(drive: String) throws {
        let directory = try TemporaryDirectory()
        try copy(try minio("\(drive)/data"), to: directory.file("drive"))
        let before = try metadataFiles(below: directory.file("drive")).map {
            (path: $0, bytes: try FileSystem.local.contents(of: $0))
        }
        let store = try ObjectStore(directory.file("drive"))
        let bucket = try #require(try store.buckets().first).name
        try store.put([1, 2, 3], bucket: bucket, key: try ObjectKey("zz-new/object"))
        try store.setVersioning(.enabled, of: bucket)
        var first: ObjectInfo?
        try store.forEachObject(bucket: bucket) { first = first ?? $0 }
        let old = try #require(first)
        let oldData = try store.get(bucket: bucket, key: try ObjectKey(old.key))
        try store.put([4], bucket: bucket, key: try ObjectKey(old.key))
        #expect(try store.get(bucket: bucket, key: try ObjectKey(old.key)) == [4])
        #expect(try store.get(bucket: bucket, key: try ObjectKey(old.key), version: old.version) == oldData)
        let changed = before.filter { (try? FileSystem.local.contents(of: $0.path)) != $0.bytes }
        #expect(
            changed.count == before.count { $0.path.contains("/\(bucket)/.metadata.bin/") } + 1,
            "the object that got a version, and the bucket's configuration: \(changed.map(\.path))")
        #expect(try store.verify().findings.filter { $0.severity == .damage } == [])
    }

    @Test func bucketConfigurationEncodesToTheBytesThatMinIOWrote() throws {
        let path = try minio("rustfs-fixtures/bucket_metadata.blob.bin")
        let bytes = try FileSystem.local.contents(of: path)
        var metadata = try BucketMetadata(reading: bytes, path: path)
        #expect(metadata.encoded == bytes)
        #expect(metadata.entries.count == 25)
        let fresh = BucketMetadata(name: "x", createdNanoseconds: 1)
        #expect(fresh.entries.map(\.name) == metadata.entries.map(\.name))
        metadata.setVersioning(.suspended, atNanoseconds: 1_700_000_000_000_000_001)
        let again = try BucketMetadata(reading: metadata.encoded, path: path)
        #expect(again == metadata)
        let policy = again.policy
        #expect(policy.versioning == .enabled, "what is locked are versions")
        #expect(policy.hasObjectLock && policy.isEncrypted)
        #expect(policy.defaultRetention == DefaultRetention(mode: .governance, count: 7, isYears: false))
    }

    /// The checksums that MinIO kept are read, and encoded to the same bytes.
    @Test func checksumsAreReadFromMinIOsObjects() throws {
        let path = try minio("rustfs-fixtures/object_large_bin.xlmeta.bin")
        let meta = try XLMeta(reading: try FileSystem.local.contents(of: path), path: path)
        guard case .object(let object)? = try meta.contents(path).first else {
            Issue.record("no object")
            return
        }
        let checksum = try #require(ObjectInfo(object, key: "k", isLatest: true).checksum)
        #expect(checksum.algorithm == .crc32c)
        #expect(checksum.bytes.hexadecimal == "bbcd55bc")
        #expect(checksum.compositeParts == 1)
        #expect(checksum.partChecksums.map(\.hexadecimal) == ["9325344d"])
        #expect(object.systemMetadata?.contains { $0.value == checksum.encoded } == true)
        let joined = ObjectChecksum.ofParts(
            .crc32c, [(checksum.partChecksums[0], 300_000)], isFullObject: false)
        #expect(joined == checksum)
    }

    /// Not MinIO's, though in its name; damaged; another drive's.
    @Test func foreignAndDamagedFilesAreRefusedWithAReason() throws {
        for file in ["issue_2265_legacy_meta_v2_object.bin", "bucket_metadata.blob.bin"] {
            let path = try minio("rustfs-fixtures/\(file)")
            let bytes = try FileSystem.local.contents(of: path)
            let error = #expect(throws: StoreError.self) {
                try XLMeta(reading: bytes, path: path).contents(path)
            }
            #expect(error?.message.contains(file) == true)
        }
        var corrupt: [UInt8] = []
        let gz = try FileSystem.local.contents(of: try minio("cmd-testdata/xl.meta-corrupt.gz"))
        try gz.withUnsafeBytes { try Gzip.decompress($0, into: &corrupt, limit: 1 << 30) }
        let error = #expect(throws: StoreError.self) {
            try XLMeta(reading: corrupt, path: "corrupt").contents("corrupt")
        }
        #expect(error?.code == .corrupt)
        let legacy = #expect(throws: StoreError.self) {
            try ObjectStore(try minio("fs-mode-legacy/data"), access: .readOnly)
        }
        #expect(legacy?.code == .unsupportedFormat)
        #expect(legacy?.message.contains("file system mode") == true)
    }

    // MARK: Files

    private func copy(_ source: String, to destination: String) throws {
        try FileSystem.local.createDirectory(destination)
        for name in try FileSystem.local.list(source) {
            let (from, to) = ("\(source)/\(name)", "\(destination)/\(name)")
            if try FileSystem.local.kind(of: from) == .directory {
                try copy(from, to: to)
            } else {
                try FileSystem.local.open(to, .replace).write(try FileSystem.local.contents(of: from), at: 0)
            }
        }
    }

    /// The deflated files of a ZIP archive: a member's header, without its names, is that of a gzip file.
    private func zipped(_ path: String) throws -> [(String, [UInt8])] {
        let zip = try FileSystem.local.contents(of: path)
        let number = { (position: Int, bytes: Int) in
            zip[position..<position + bytes].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        var files: [(String, [UInt8])] = []
        var position = 0
        while zip[position...].starts(with: [0x50, 0x4B, 3, 4]) {
            let (stored, nameBytes) = (number(position + 18, 4), number(position + 26, 2))
            let data = position + 30 + nameBytes + number(position + 28, 2)
            if number(position + 8, 2) == 8 {
                let name = String(decoding: zip[(position + 30)...].prefix(nameBytes), as: UTF8.self)
                let gzip =
                    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF] + zip[data..<data + stored]
                    + zip[position + 14..<position + 18] + zip[position + 22..<position + 26]
                var content: [UInt8] = []
                try gzip.withUnsafeBytes { try Gzip.decompress($0, into: &content, limit: 1 << 20) }
                files.append((name, content))
            }
            position = data + stored
        }
        return files
    }
}

extension XLMeta {
    /// Every version, its body read.
    func contents(_ path: String) throws -> [XLContent] {
        try versions.map { try XLContent(reading: $0.body, path: path) }
    }

    /// The same with every header and body made anew from what was read of the bodies.
    func rebuilt(_ path: String) throws -> XLMeta {
        var meta = self
        meta.versions = try versions.map { version in
            let (content, release) = try XLContent.read(version.body, path: path)
            return Version(header: XLHeader(content), body: content.encoded(writerRelease: release))
        }
        return meta
    }
}
