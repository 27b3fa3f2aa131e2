import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

@Suite struct ObjectStoreTests {
    private let directory: TemporaryDirectory
    private let bucket: BucketName

    init() throws {
        directory = try TemporaryDirectory()
        bucket = try BucketName("bronze-transactions")
    }

    private static func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    private func open() throws -> ObjectStore {
        let store = try ObjectStore(directory.path)
        try store.createBucket(bucket)
        return store
    }

    /// Sizes around those at which the layout changes: empty, inline and not, one block and more.
    @Test(arguments: [0, 1, 131_072, 131_073, 1 << 20, (1 << 20) + 1, 2_500_000])
    func objectsComeBackAsTheyWent(count: Int) throws {
        let store = try open()
        let data = Self.content(count)
        let key = try ObjectKey("a/b=1/c.bin")
        var options = PutOptions()
        options.headers.contentType = "text/plain"
        options.userMetadata = ["first-offset": "7"]
        options.modifiedNanoseconds = 1_700_000_000_123_456_789
        let put = try store.put(data, bucket: bucket, key: key, options: options)
        #expect(try store.get(bucket: bucket, key: key) == data)
        let reopened = try ObjectStore(directory.path, access: .readOnly)
        let info = try reopened.head(bucket: bucket, key: key)
        #expect(info == put)
        #expect(info.byteCount == count)
        #expect(info.contentType == "text/plain")
        #expect(info.userMetadata == ["First-Offset": "7"])
        #expect(info.modifiedNanoseconds == 1_700_000_000_123_456_789)
        #expect(info.etag == data.withUnsafeBytes { MD5.digest($0) }.hexadecimal)
        let isInline =
            try FileSystem.local.list("\(directory.path)/bronze-transactions/a/b=1/c.bin") == ["xl.meta"]
        #expect(isInline == (count <= 131_072))
    }

    @Test func aNewPutReplacesAndLeavesNothingBehind() throws {
        let store = try open()
        let key = try ObjectKey("k")
        for count in [200_000, 10, 300_000, 200_000] {
            let data = Self.content(count)
            try store.put(data, bucket: bucket, key: key)
            #expect(try store.get(bucket: bucket, key: key) == data)
            let names = try FileSystem.local.list("\(directory.path)/bronze-transactions/k")
            #expect(names.count == (count > 131_072 ? 2 : 1), "\(names)")
        }
        #expect(try FileSystem.local.list("\(directory.path)/.minio.sys/tmp").isEmpty)
    }

    @Test func listsAreInTheOrderOfKeysAndFilterByPrefix() throws {
        let store = try open()
        let keys = ["a", "a.b", "a/b", "a/b/c", "a0", "b/x", "ü"]
        for key in keys.reversed() {
            try store.put([1], bucket: bucket, key: try ObjectKey(key))
        }
        #expect(try store.list(bucket: bucket).objects.map(\.key) == keys)
        #expect(
            try store.list(bucket: bucket, ListOptions(prefix: "a/")).objects.map(\.key) == ["a/b", "a/b/c"])
        #expect(try store.list(bucket: bucket, ListOptions(prefix: "a/b/")).objects.map(\.key) == ["a/b/c"])
        #expect(try store.list(bucket: bucket, ListOptions(prefix: "none")).objects.isEmpty)
        #expect(try store.buckets().map(\.name) == [bucket])
    }

    @Test func deletingLeavesNeighboursAndNoEmptyDirectories() throws {
        let store = try open()
        for key in ["a/b/c", "a/d"] {
            try store.put(Self.content(200_000), bucket: bucket, key: try ObjectKey(key))
        }
        try store.delete(bucket: bucket, key: try ObjectKey("a/b/c"))
        try store.delete(bucket: bucket, key: try ObjectKey("a/b/c"))
        #expect(try store.list(bucket: bucket).objects.map(\.key) == ["a/d"])
        #expect(try FileSystem.local.list("\(directory.path)/bronze-transactions/a") == ["d"])
        try store.delete(bucket: bucket, key: try ObjectKey("a/d"))
        #expect(try FileSystem.local.list("\(directory.path)/bronze-transactions").isEmpty)
    }

    @Test func whatIsNotThereIsNamed() throws {
        let store = try open()
        let key = try ObjectKey("none")
        #expect(
            #expect(throws: StoreError.self) { try store.get(bucket: bucket, key: key) }?.code == .noSuchKey)
        let other = try BucketName("other")
        #expect(#expect(throws: StoreError.self) { try store.list(bucket: other) }?.code == .noSuchBucket)
    }

    @Test(arguments: ["", "ab", "Abc", "a_b", "-ab", "ab-", "a..b", String(repeating: "x", count: 64)])
    func bucketsAreNamedByTheRulesOfS3(name: String) {
        #expect(#expect(throws: StoreError.self) { try BucketName(name) }?.code == .invalidBucketName)
    }

    @Test(arguments: [
        "", "/", "/a", "a//b", "a//", "..", "a/../b", "./a", "a/xl.meta", "xl.meta/a", "a__XLDIR__",
        String(repeating: "x", count: 256),
    ])
    func keysThatCannotBePathsAreRefused(key: String) {
        #expect(#expect(throws: StoreError.self) { try ObjectKey(key) }?.code == .invalidKey)
    }

    @Test func keysOverTheLimitAreRefused() {
        let key = Array(repeating: "abcdefgh", count: 200).joined(separator: "/")
        #expect(#expect(throws: StoreError.self) { try ObjectKey(key) }?.code == .keyTooLong)
    }

    @Test func aDriveOfAnotherFormatIsRefused() throws {
        try FileSystem.local.createDirectory(directory.file(".minio.sys"))
        _ = try directory.write(
            #"{"version":"1","format":"fs","id":"x","fs":{"version":"2"}}"#, to: ".minio.sys/format.json")
        let error = #expect(throws: StoreError.self) { try ObjectStore(directory.path) }
        #expect(error?.code == .unsupportedFormat)
    }

    /// Every byte of a small object's file flipped: an error or the right answer, never a wrong one.
    @Test func noFlippedByteChangesWhatIsRead() throws {
        let store = try open()
        let key = try ObjectKey("k")
        let data = Self.content(300)
        var options = PutOptions()
        options.userMetadata = ["A": "b"]
        options.modifiedNanoseconds = 5
        try store.put(data, bucket: bucket, key: key, options: options)
        let info = try store.head(bucket: bucket, key: key)
        let path = "\(directory.path)/bronze-transactions/k/xl.meta"
        let original = try FileSystem.local.contents(of: path)
        var errors = 0
        for index in original.indices {
            var damaged = original
            damaged[index] ^= 0x55
            let file = try FileSystem.local.open(path, .replace)
            try file.write(damaged, at: 0)
            do {
                #expect(try store.get(bucket: bucket, key: key) == data, "byte \(index)")
                #expect(try store.head(bucket: bucket, key: key) == info, "byte \(index)")
            } catch {
                errors += 1
            }
        }
        #expect(errors > original.count - 40)
    }

    @Test func damageToAPartIsFoundAndPlaced() throws {
        let store = try open()
        let key = try ObjectKey("k")
        try store.put(Self.content(2_500_000), bucket: bucket, key: key)
        let folder = "\(directory.path)/bronze-transactions/k"
        let data = try #require(try FileSystem.local.list(folder).first { $0 != "xl.meta" })
        let part = try FileSystem.local.open("\(folder)/\(data)/part.1", .update)
        try part.write([0], at: 1_500_000)
        let error = #expect(throws: StoreError.self) { try store.get(bucket: bucket, key: key) }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("part.1 fails its HighwayHash in the block at byte 1048608") == true)
        try part.truncate(to: 1_000_000)
        #expect(
            #expect(throws: StoreError.self) { try store.get(bucket: bucket, key: key) }?.code == .corrupt)
    }
}
