import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

/// Drives that real MinIO servers wrote. Skipped where `TAPEHOUSE_GOLDEN` is not set.
@Suite(.enabled(if: RealData.golden != nil, "TAPEHOUSE_GOLDEN is not set"))
struct GoldenObjectTests {
    private func metadataFiles(below path: String) throws -> [String] {
        try FileSystem.local.list(path).flatMap { name -> [String] in
            let child = "\(path)/\(name)"
            if name == "xl.meta" { return [child] }
            return try FileSystem.local.kind(of: child) == .directory ? metadataFiles(below: child) : []
        }
    }

    private func minio(_ name: String) throws -> String { "\(try #require(RealData.golden))/minio/\(name)" }

    /// Decoded and encoded again: the same bytes, the signatures recomputed among them.
    @Test(arguments: ["snsd-inline-csv", "snsd-datadir-parquet", "snsd-spark-parquet"])
    func metadataEncodesToTheBytesThatMinIOWrote(drive: String) throws {
        let files = try metadataFiles(below: try minio(drive))
        #expect(!files.isEmpty)
        for path in files {
            let bytes = try FileSystem.local.contents(of: path)
            #expect(try XLMeta(reading: bytes, path: path).encoded == bytes, "\(path)")
        }
    }

    @Test(arguments: [
        "object_small_txt.xlmeta.bin", "object_large_bin.xlmeta.bin", "object_versioned_txt.xlmeta.bin",
    ])
    func singleFilesEncodeToTheBytesThatMinIOWrote(file: String) throws {
        let path = try minio("rustfs-fixtures/\(file)")
        let bytes = try FileSystem.local.contents(of: path)
        let meta = try XLMeta(reading: bytes, path: path)
        #expect(meta.encoded == bytes)
        #expect(meta.versions.count == (file.contains("versioned") ? 3 : 1))
    }

    /// The data of every object: each block's hash holds, and the MD5 is the etag.
    @Test(arguments: ["snsd-inline-csv", "snsd-datadir-parquet", "snsd-spark-parquet"])
    func dataOfMinIOsObjectsPassesEveryCheck(drive: String) throws {
        let root = try minio("\(drive)/data")
        let store = try ObjectStore(root, access: .readOnly)
        var objects = 0
        for bucket in try store.buckets() {
            for info in try store.list(bucket: bucket) {
                let data = try store.get(bucket: bucket, key: try ObjectKey(info.key))
                #expect(data.count == info.byteCount)
                if !info.etag.contains("-") {
                    #expect(data.withUnsafeBytes { MD5.digest($0) }.hexadecimal == info.etag, "\(info.key)")
                }
                objects += 1
            }
        }
        #expect(objects > 0)
    }

    @Test func damagedAndForeignFilesAreRefusedWithAReason() throws {
        for file in ["issue_2265_legacy_meta_v2_object.bin", "bucket_metadata.blob.bin"] {
            let path = try minio("rustfs-fixtures/\(file)")
            let bytes = try FileSystem.local.contents(of: path)
            let error = #expect(throws: StoreError.self) { try XLMeta(reading: bytes, path: path) }
            #expect(error?.message.contains(file) == true)
        }
    }

    @Test func versionsThatMinIOKeptAreNotOverwritten() throws {
        let directory = try TemporaryDirectory()
        let store = try ObjectStore(directory.path)
        let bucket = try BucketName("bucket")
        let key = try ObjectKey("k")
        try FileSystem.local.createDirectory(directory.file("bucket/k"))
        let meta = try FileSystem.local.contents(
            of: try minio("rustfs-fixtures/object_versioned_txt.xlmeta.bin"))
        _ = try directory.write(meta, to: "bucket/k/xl.meta")
        let put = #expect(throws: StoreError.self) {
            try [1].withUnsafeBytes { _ = try store.put($0, bucket: bucket, key: key) }
        }
        #expect(put?.code == .unsupportedFormat)
        #expect(
            #expect(throws: StoreError.self) { try store.delete(bucket: bucket, key: key) }?.code
                == .unsupportedFormat)
        #expect(try FileSystem.local.contents(of: directory.file("bucket/k/xl.meta")) == meta)
    }
}
