import DurableIO
import TestSupport
import Testing
import Threads

@testable import ObjectStore

/// Drives with what nobody expects there: keys that look like the store's own names, links, pipes, claims.
@Suite struct HostileDriveTests {
    /// Keys that look like data directories, parts and metadata are objects like others, whatever happens around them.
    @Test func keysThatLookLikeTheStoresOwnNames() throws {
        let fixture = try StoreFixture()
        let id = UniqueID.random()
        let keys = [
            "ds", "ds/\(id)/part.0.parquet", "ds/\(id)/part.1", "ds/\(id)/part.1.meta", "ds/xl.metadata",
            "ds/xl.meta.bkp", "ds/legacy", "ds/legacy/part.1", "\(id)", "\(id)/\(id)", "e\u{301}", "\u{e9}",
            "d/\u{301}x",
            "x\u{600}/", "x/",
        ]
        for (index, key) in keys.enumerated() { _ = try fixture.put([UInt8(index)], key) }
        #expect(try fixture.keys() == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        for (index, key) in keys.enumerated() { #expect(try fixture.get(key) == [UInt8(index)], "\(key)") }
        #expect(try fixture.store.verify().findings == [])
        var options = VerifyReport.Options()
        options.repairs = true
        _ = try fixture.store.verify(options)
        // A crash over the key above them, and metadata of it that cannot be read.
        let staged = fixture.directory.file(".minio.sys/tmp/\(UniqueID.random())")
        try FileSystem.local.createDirectory(staged)
        try FileSystem.local.createSymbolicLink("\(staged)/object", to: "../../../bucket/ds")
        try fixture.reopen()
        _ = try fixture.directory.write("rubbish", to: "bucket/ds/xl.meta")
        _ = try fixture.put([0], "ds")
        for (index, key) in keys.enumerated() { #expect(try fixture.get(key) == [UInt8(index)], "\(key)") }
        for key in keys { _ = try fixture.delete(key) }
        #expect(try FileSystem.local.list(fixture.directory.file("bucket")) == [])
    }

    @Test(arguments: ["a__XLDIR__/b", "__XLDIR__", "a/xl.meta/b"])
    func keysThatListsCouldNotShowAreRefused(key: String) {
        #expect(StoreError.code { _ = try ObjectKey(key) } == .invalidKey)
    }

    /// Nothing is written through a link, nobody waits for a pipe, and nothing outside is removed.
    @Test func linksAndPipesLeadNowhere() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put([1], "k")
        let outside = fixture.directory.file("../outside-\(UniqueID.random())")
        try FileSystem.local.createDirectory(outside)
        defer { try? FileSystem.local.removeTree(outside) }
        try FileSystem.local.createSymbolicLink(fixture.directory.file("bucket/link"), to: outside)
        #expect(StoreError.code { _ = try fixture.put([1], "link/x") } == .unsupportedFormat)
        #expect(StoreError.code { _ = try fixture.put([1], "link") } == .unsupportedFormat)
        #expect(try FileSystem.local.list(outside) == [])
        try FileSystem.local.createDirectory(fixture.directory.file("bucket/pipe"))
        #expect(
            try Subprocess(["/usr/bin/mkfifo", fixture.directory.file("bucket/pipe/xl.meta")]).wait().status
                == 0)
        var damaged = 0
        let page = try fixture.store.list(bucket: fixture.bucket, damaged: { _ in damaged += 1 })
        #expect(page.objects.map(\.key) == ["k"])
        #expect(damaged == 1)
        // A recovery link that leads out of the drive.
        for target in ["../../../../outside", "/etc", "../../../bucket/../../x"] {
            let staged = fixture.directory.file(".minio.sys/tmp/\(UniqueID.random())")
            try FileSystem.local.createDirectory(staged)
            try FileSystem.local.createSymbolicLink("\(staged)/object", to: target)
        }
        try fixture.reopen()
        #expect(try FileSystem.local.list(fixture.directory.file(".minio.sys/tmp")) == [])
    }

    private func meta(_ change: (inout XLObject) -> Void) -> [UInt8] {
        var object = XLObject(
            id: .null, dataDirectory: .random(), partBytes: [10], partActualBytes: [10], byteCount: 10,
            modifiedNanoseconds: 1, systemMetadata: [], userMetadata: [])
        change(&object)
        var meta = XLMeta()
        meta.put(.object(object), inlineStream: nil, writerRelease: 0)
        return meta.encoded
    }

    /// Metadata with sound checksums that claims what cannot be.
    @Test func claimsAreNotTakenForTruth() throws {
        let fixture = try StoreFixture()
        let claims: [(String, (inout XLObject) -> Void)] = [
            ("shards", { ($0.dataShards, $0.parityShards) = (.max, .max) }),
            ("huge", { ($0.partBytes, $0.byteCount) = ([1 << 45], 1 << 45) }),
            (
                "many",
                {
                    $0.partNumbers = Array(1...20_000)
                    $0.partBytes = Array(repeating: 1 << 45, count: 20_000)
                }
            ),
            ("unequal", { $0.partBytes = [3] }), ("numbers", { $0.partNumbers = [] }),
            ("drives", { $0.distribution = Array(repeating: 1, count: 70_000) }),
            ("time", { $0.modifiedNanoseconds = .max }), ("block", { $0.blockBytes = 0 }),
        ]
        for (name, change) in claims {
            try FileSystem.local.createDirectory(fixture.directory.file("bucket/\(name)"))
            _ = try fixture.directory.write(meta(change), to: "bucket/\(name)/xl.meta")
            #expect(StoreError.code { _ = try fixture.get(name) } != nil, "\(name)")
        }
        _ = try? fixture.keys()
        #expect(try fixture.store.verify().findings.count >= claims.count)
        // A time that nothing can follow.
        _ = try fixture.put([1], "time")
        #expect(try fixture.get("time") == [1])
    }

    /// An upload as MinIO leaves it before its first part: without a data directory.
    @Test func anUploadWithoutDirectoryTakesParts() throws {
        let fixture = try StoreFixture()
        let upload = try fixture.store.createUpload(bucket: fixture.bucket, key: try ObjectKey("k"))
        let directory = fixture.store.directory(of: upload)
        for name in try FileSystem.local.list(directory) where UniqueID(name) != nil {
            try FileSystem.local.removeDirectory("\(directory)/\(name)")
        }
        #expect(try fixture.store.parts(of: upload) == [])
        #expect(try fixture.store.verify().findings == [])
        try fixture.store.putPart([1, 2], upload, number: 1)
        try fixture.store.completeUpload(upload)
        #expect(try fixture.get("k") == [1, 2])
    }

    /// Replaced and repaired at once: no sound object is set aside, and a bucket is removed only while it is empty.
    @Test func repairsAndRemovalsBesideWritersHurtNobody() async throws {
        try await onOwnThread {
            let fixture = try StoreFixture()
            let (store, bucket) = (fixture.store, fixture.bucket)
            let other = try BucketName("other")
            try WorkerThreads.perform(3) { thread in
                switch thread {
                case 0:
                    for round in 0..<200 {
                        let count = [5, 200_000][round % 2]
                        try store.put(
                            [UInt8](repeating: 1, count: count), bucket: bucket,
                            key: try ObjectKey("a/k\(round % 3)"))
                    }
                case 1:
                    var options = VerifyReport.Options()
                    options.repairs = true
                    for _ in 0..<15 {
                        let report = try store.verify(options)
                        #expect(report.findings.filter { $0.severity == .damage } == [])
                    }
                default:
                    for _ in 0..<100 {
                        _ = try? store.createBucket(other)
                        let isPut = (try? store.put([1], bucket: other, key: try ObjectKey("a/b"))) != nil
                        let isRemoved = (try? store.deleteBucket(other)) != nil
                        #expect(!isPut || !isRemoved)
                        _ = try? store.delete(bucket: other, key: try ObjectKey("a/b"))
                        _ = try? store.deleteBucket(other)
                    }
                }
            }
            #expect(try fixture.keys() == ["a/k0", "a/k1", "a/k2"])
            #expect(try FileSystem.local.kind(of: fixture.directory.file(".minio.sys/quarantine")) == nil)
        }
    }

    /// As deep as a key can be.
    @Test func theDeepestKeyIsListedAndRemoved() async throws {
        let fixture = try StoreFixture()
        let key = Array(repeating: "a", count: 512).joined(separator: "/")
        try await fixture.store.put([1], bucket: fixture.bucket, key: try ObjectKey(key))
        #expect(try await fixture.store.list(bucket: fixture.bucket).objects.map(\.key) == [key])
        #expect(try await fixture.store.verify().objects == 1)
        try await fixture.store.deleteBucket(fixture.bucket, withObjects: true)
        #expect(try await fixture.store.buckets() == [])
    }
}
