import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

@Suite struct VerifyTests {
    private func damage(_ path: String, at position: Int) throws {
        let file = try FileSystem.local.open(path, .update)
        let byte = try file.read(at: position, count: 1)
        try file.write([byte[0] ^ 0x40], at: position)
    }

    private func dataDirectories(_ fixture: StoreFixture, _ key: String) throws -> [String] {
        try FileSystem.local.list(fixture.directory.file("bucket/\(key)")).filter { UniqueID($0) != nil }
    }

    @Test func aSoundDriveHasNoFindings() throws {
        let fixture = try StoreFixture(versioning: .enabled)
        var options = PutOptions()
        options.checksum = .sha256
        for count in [0, 10, 20_000, 1_200_000] {
            _ = try fixture.put(StoreFixture.content(count), "k", options)
        }
        options.etag = .blockHashes
        #expect(try fixture.put(StoreFixture.content(1_200_000), "h", options).etag.hasSuffix("-1"))
        _ = try fixture.delete("k")
        let upload = try fixture.store.createUpload(bucket: fixture.bucket, key: try ObjectKey("u"))
        _ = try fixture.store.putPart([1, 2], upload, number: 3)
        let report = try fixture.store.verify()
        #expect(report.findings == [])
        #expect(report.objects == 2)
        #expect(report.versions == 6)
        #expect(report.uploadedParts == 1)
        #expect(report.bytes == 20_010 + 2 * 1_200_000 + 2)
    }

    @Test func damageIsNamedAndSetAside() throws {
        let fixture = try StoreFixture(versioning: .enabled)
        let old = try fixture.put(StoreFixture.content(2_200_000), "a/k")
        let new = try fixture.put(StoreFixture.content(300_000, seed: 2), "a/k")
        _ = try fixture.put([1], "a/k/below")
        _ = try fixture.put([2], "sound")
        // The older version, in its second block; an inline value; metadata; a part that is gone.
        let directories = try dataDirectories(fixture, "a/k")
        let large = try #require(
            try directories.first {
                try FileSystem.local.status(of: fixture.directory.file("bucket/a/k/\($0)/part.1"))?.byteCount
                    ?? 0 > 2_000_000
            })
        try damage(fixture.directory.file("bucket/a/k/\(large)/part.1"), at: 1_048_608 + 5000)
        _ = try fixture.put(StoreFixture.content(500), "inline")
        let inline = fixture.directory.file("bucket/inline/xl.meta")
        try damage(inline, at: try FileSystem.local.contents(of: inline).count - 100)
        _ = try fixture.put([3], "meta")
        try damage(fixture.directory.file("bucket/meta/xl.meta"), at: 60)
        _ = try fixture.put(StoreFixture.content(300_000), "gone")
        let gone = try #require(try dataDirectories(fixture, "gone").first)
        try FileSystem.local.removeTree(fixture.directory.file("bucket/gone/\(gone)"))
        try FileSystem.local.createDirectory(fixture.directory.file("bucket/empty/directory"))
        let found = try fixture.store.verify().findings
        let damaged = found.filter { $0.severity == .damage }
        #expect(damaged.count == 4)
        #expect(
            damaged.contains {
                $0.message.contains("\(large)/part.1 fails its HighwayHash in the block at byte 1048608")
            })
        #expect(damaged.contains { $0.message.contains("inline data of") })
        #expect(damaged.contains { $0.message.contains("bucket/meta/xl.meta") })
        #expect(damaged.contains { $0.message.contains("\(gone)/part.1 is not there") })
        #expect(found.filter { $0.severity == .leftover }.map(\.path).count == 1)

        var options = VerifyReport.Options()
        options.repairs = true
        let repaired = try fixture.store.verify(options)
        #expect(
            Set(repaired.findings.compactMap(\.repair)) == [
                "set aside", "set aside, with its data", "removed",
            ])
        #expect(try fixture.store.verify().findings == [])
        #expect(try fixture.keys() == ["a/k", "a/k/below", "sound"])
        #expect(try fixture.get("a/k") == StoreFixture.content(300_000, seed: 2))
        #expect(try fixture.versions().filter { $0.hasPrefix("a/k ") }.count == 1)
        #expect(StoreError.code { _ = try fixture.get("a/k", old.version) } == .noSuchVersion)
        #expect(try fixture.get("a/k", new.version).count == 300_000)
        // Nothing was deleted: the damaged part, and the metadata, are in the quarantine.
        let kept = try fixture.files().filter { $0.hasPrefix(".minio.sys/quarantine/") }
        #expect(kept.contains { $0.hasSuffix("bucket/a/k/\(large)/part.1") })
        #expect(kept.contains { $0.hasSuffix("bucket/meta/xl.meta") })
        #expect(kept.contains { $0.hasSuffix("bucket/inline/xl.meta") })
        #expect(kept.contains { $0.hasSuffix("reason.txt") })
    }

    @Test func wrongDigestsAndOrphansAreFound() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put(StoreFixture.content(300_000), "k")
        // Another object's data under this one's name: its blocks are sound, the etag is not.
        _ = try fixture.put(StoreFixture.content(300_000, seed: 9), "other")
        let mine = try #require(try dataDirectories(fixture, "k").first)
        let other = try #require(try dataDirectories(fixture, "other").first)
        let part = try FileSystem.local.contents(of: fixture.directory.file("bucket/other/\(other)/part.1"))
        _ = try fixture.directory.write(part, to: "bucket/k/\(mine)/part.1")
        try FileSystem.local.createDirectory(fixture.directory.file("bucket/k/\(UniqueID.random())"))
        _ = try fixture.directory.write("x", to: "bucket/stray.txt")
        let findings = try fixture.store.verify().findings
        #expect(findings.count { $0.severity == .damage && $0.message.contains("has MD5") } == 1)
        #expect(findings.count { $0.severity == .leftover } == 1)
        #expect(findings.count { $0.severity == .foreign && $0.path.hasSuffix("stray.txt") } == 1)
        var quick = VerifyReport.Options()
        quick.digests = false
        #expect(try fixture.store.verify(quick).findings.allSatisfy { $0.severity != .damage })
    }

    /// A put over metadata that cannot be read goes on, and what was there is kept.
    @Test func damagedMetadataDoesNotStandInTheWay() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put(StoreFixture.content(300_000), "k")
        try damage(fixture.directory.file("bucket/k/xl.meta"), at: 50)
        #expect(StoreError.code { _ = try fixture.get("k") } == .corrupt)
        _ = try fixture.put([1], "k")
        #expect(try fixture.get("k") == [1])
        let kept = try fixture.files().filter { $0.hasPrefix(".minio.sys/quarantine/") }
        #expect(
            kept.contains { $0.hasSuffix("bucket/k/xl.meta") } && kept.contains { $0.hasSuffix("part.1") })
        #expect(try fixture.store.verify().findings == [])
    }
}
