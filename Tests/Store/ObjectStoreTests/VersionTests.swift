import DurableIO
import TestSupport
import Testing
import Threads

@testable import ObjectStore

@Suite struct VersionTests {
    @Test func versionsAreKeptAndReadByTheirIds() throws {
        let fixture = try StoreFixture(versioning: .enabled)
        let sizes = [10, 20_000, 200_000, 3]
        let infos = try sizes.map { try fixture.put(StoreFixture.content($0), "a/k") }
        #expect(Set(infos.map(\.version)).count == 4)
        for (info, size) in zip(infos, sizes) {
            #expect(try fixture.get("a/k", info.version) == StoreFixture.content(size))
        }
        #expect(try fixture.get("a/k").count == 3)
        #expect(try fixture.versions() == ["a/k 3 latest", "a/k 200000", "a/k 20000", "a/k 10"])
        // An eighth of the usual size stays inside the metadata.
        #expect(try FileSystem.local.list(fixture.directory.file("bucket/a/k")).count == 3)
        try fixture.reopen()
        #expect(try fixture.get("a/k", infos[1].version) == StoreFixture.content(20_000))
    }

    @Test func deletionAddsAMarkerThatCanBeRemoved() throws {
        let fixture = try StoreFixture(versioning: .enabled)
        _ = try fixture.put([1], "k")
        let deleted = try fixture.delete("k")
        #expect(deleted.isDeleteMarker)
        #expect(StoreError.code { _ = try fixture.get("k") } == .noSuchKey)
        #expect(StoreError.code { _ = try fixture.get("k", deleted.version) } == .methodNotAllowed)
        #expect(try fixture.keys() == [])
        #expect(try fixture.versions() == ["k - latest", "k 1"])
        #expect(try fixture.delete("k", deleted.version).isDeleteMarker)
        #expect(try fixture.get("k") == [1])
        #expect(StoreError.code { _ = try fixture.get("k", VersionID(unique: .random())) } == .noSuchVersion)
    }

    @Test func removingTheLastVersionRemovesTheDirectories() throws {
        let fixture = try StoreFixture(versioning: .enabled)
        let infos = try [200_000, 5].map { try fixture.put(StoreFixture.content($0), "a/b/k") }
        for info in infos { #expect(try fixture.delete("a/b/k", info.version).version == info.version) }
        #expect(try fixture.delete("a/b/k", infos[0].version).version == nil)
        #expect(try FileSystem.local.list(fixture.directory.file("bucket")).isEmpty)
        try fixture.store.deleteBucket(fixture.bucket)
        #expect(try fixture.store.buckets().isEmpty)
    }

    @Test func suspendedVersioningReplacesTheNullVersionAlone() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put([1], "k")
        try fixture.store.setVersioning(.enabled, of: fixture.bucket)
        let kept = try fixture.put([2, 2], "k")
        try fixture.store.setVersioning(.suspended, of: fixture.bucket)
        _ = try fixture.put(StoreFixture.content(200_000), "k")
        #expect(try fixture.versions() == ["k 200000 latest", "k 2"])
        _ = try fixture.put([4], "k")
        #expect(try fixture.versions() == ["k 1 latest", "k 2"])
        #expect(try FileSystem.local.list(fixture.directory.file("bucket/k")) == ["xl.meta"])
        let marker = try fixture.delete("k")
        #expect(marker.version == .null && marker.isDeleteMarker)
        #expect(try fixture.versions() == ["k - latest", "k 2"])
        #expect(try fixture.get("k", kept.version) == [2, 2])
        try fixture.reopen()
        #expect(try fixture.store.versioning(of: fixture.bucket) == .suspended)
        #expect(
            StoreError.code { try fixture.store.setVersioning(.unversioned, of: fixture.bucket) }
                == .invalidArgument)
    }

    /// A drive whose bucket configuration was lost: what was kept on purpose is not deleted by a plain deletion.
    @Test func historyOutlivesItsConfiguration() throws {
        let fixture = try StoreFixture(versioning: .enabled)
        let kept = try fixture.put([1], "k")
        try FileSystem.local.removeTree(fixture.directory.file(".minio.sys/buckets/bucket"))
        try fixture.reopen()
        #expect(try fixture.store.versioning(of: fixture.bucket) == .unversioned)
        #expect(try fixture.delete("k").isDeleteMarker)
        #expect(try fixture.get("k", kept.version) == [1])
    }

    /// The clock stands still or goes back: what was put last is still the latest.
    @Test func theLastPutIsTheLatestWhateverTheClockSays() throws {
        let directory = try TemporaryDirectory()
        var options = ObjectStore.Options()
        options.durability = .none
        options.clock = { 1_000_000_000 }
        let store = try ObjectStore(directory.path, options: options)
        let bucket = try BucketName("bucket")
        try store.createBucket(bucket)
        try store.setVersioning(.enabled, of: bucket)
        let key = try ObjectKey("k")
        for byte in 0..<5 as Range<UInt8> { try store.put([byte], bucket: bucket, key: key) }
        #expect(try store.get(bucket: bucket, key: key) == [4])
        let times = try store.list(bucket: bucket, versions: .all).objects.map(\.modifiedNanoseconds)
        #expect(times == (0..<5).reversed().map { 1_000_000_000 + $0 })
    }

    @Test func conditionsDecideChanges() throws {
        let fixture = try StoreFixture()
        var create = PutOptions()
        create.preconditions = .createOnly
        let first = try fixture.put([1], "k", create)
        #expect(StoreError.code { _ = try fixture.put([2], "k", create) } == .preconditionFailed)
        var replace = PutOptions()
        replace.preconditions.ifMatch = .oneOf([first.etag])
        _ = try fixture.put([3], "k", replace)
        #expect(StoreError.code { _ = try fixture.put([4], "k", replace) } == .preconditionFailed)
        #expect(StoreError.code { _ = try fixture.put([4], "absent", replace) } == .noSuchKey)
        #expect(try fixture.get("k") == [3])
        let key = try ObjectKey("k")
        #expect(
            StoreError.code {
                try fixture.store.delete(bucket: fixture.bucket, key: key, conditions: replace.preconditions)
            } == .preconditionFailed)
        #expect(try fixture.keys() == ["k"])
        // A delete marker is no object.
        try fixture.store.setVersioning(.enabled, of: fixture.bucket)
        _ = try fixture.delete("k")
        _ = try fixture.put([5], "k", create)
        #expect(try fixture.get("k") == [5])
    }

    @Test func conditionsDecideReads() throws {
        let fixture = try StoreFixture()
        var options = PutOptions()
        options.modifiedNanoseconds = 1_700_000_000_500_000_000
        let info = try fixture.put([1], "k", options)
        let key = try ObjectKey("k")
        func code(_ change: (inout Preconditions) -> Void) -> StoreError.Code? {
            var conditions = Preconditions()
            change(&conditions)
            return StoreError.code {
                _ = try fixture.store.head(bucket: fixture.bucket, key: key, conditions: conditions)
            }
        }
        #expect(code { $0.ifMatch = .oneOf([info.etag]) } == nil)
        #expect(code { $0.ifMatch = .oneOf(["x"]) } == .preconditionFailed)
        #expect(code { $0.ifNoneMatch = .oneOf([info.etag]) } == .notModified)
        #expect(code { $0.ifNoneMatch = .oneOf(["x"]) } == nil)
        #expect(code { $0.ifModifiedSince = 1_700_000_000_000_000_000 } == .notModified)
        #expect(code { $0.ifModifiedSince = 1_699_999_999_000_000_000 } == nil)
        #expect(code { $0.ifUnmodifiedSince = 1_699_999_999_000_000_000 } == .preconditionFailed)
        // A matching etag outweighs a time.
        #expect(
            code {
                $0.ifMatch = .oneOf([info.etag])
                $0.ifUnmodifiedSince = 1
            } == nil)
        #expect(
            code {
                $0.ifNoneMatch = .oneOf(["x"])
                $0.ifModifiedSince = 1_800_000_000_000_000_000
            } == nil)
    }

    /// Of many writers that all want to create an object, or to replace the same one, one does.
    @Test func conditionsHoldAmongManyWriters() throws {
        let fixture = try StoreFixture()
        let (store, bucket, key) = (fixture.store, fixture.bucket, try ObjectKey("a/b/counter"))
        try WorkerThreads.perform(8) { thread in
            for round in 0..<40 {
                while true {
                    var options = PutOptions()
                    let current = try? store.head(bucket: bucket, key: key)
                    options.preconditions =
                        current.map { Preconditions(ifMatch: .oneOf([$0.etag])) } ?? .createOnly
                    let value = current == nil ? [] : try? store.get(bucket: bucket, key: key)
                    guard let value, current.map({ $0.byteCount == value.count }) ?? true else { continue }
                    do {
                        try store.put(
                            value + [UInt8(thread), UInt8(round)], bucket: bucket, key: key, options: options)
                        break
                    } catch let error as StoreError where error.code == .preconditionFailed {
                        continue
                    }
                }
            }
        }
        // Nobody's addition was lost.
        let value = try fixture.get("a/b/counter")
        #expect(value.count == 8 * 40 * 2)
        for thread in 0..<8 as Range<UInt8> {
            let rounds = stride(from: 0, to: value.count, by: 2).filter { value[$0] == thread }.map {
                value[$0 + 1]
            }
            #expect(rounds == Array(0..<40))
        }
    }
}
