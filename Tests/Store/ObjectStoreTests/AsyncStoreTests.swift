import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

@Suite struct AsyncStoreTests {
    /// A body in pieces of a size.
    private static func pieces(_ data: [UInt8], of size: Int) -> AsyncStream<[UInt8]> {
        AsyncStream { continuation in
            for start in stride(from: 0, to: data.count, by: size) {
                continuation.yield(Array(data[start..<min(start + size, data.count)]))
            }
            continuation.finish()
        }
    }

    private struct Broken: Error {}

    @Test func bodiesComeAndGoInPieces() async throws {
        let fixture = try StoreFixture(durability: .full)
        let (store, bucket) = (fixture.store, fixture.bucket)
        for (count, size) in [(0, 1), (10, 3), (131_072, 1000), (131_073, 1 << 20), (3_333_333, 77_777)] {
            let data = StoreFixture.content(count)
            let key = try ObjectKey("k\(count)")
            let info = try await store.put(Self.pieces(data, of: size), bucket: bucket, key: key)
            #expect(info.etag == data.withUnsafeBytes { MD5.digest($0) }.hexadecimal)
            var read: [UInt8] = []
            let body: ObjectBody = try await store.open(bucket: bucket, key: key)
            for try await piece in body { read += piece }
            #expect(read == data)
            #expect(try await store.get(bucket: bucket, key: key) == data)
        }
        let ranged: ObjectBody = try await store.open(
            bucket: bucket, key: try ObjectKey("k3333333"), range: .closed(1_000_000, 2_500_000))
        #expect(try await ranged.collect() == Array(StoreFixture.content(3_333_333)[1_000_000...2_500_000]))
    }

    @Test func aBodyThatBreaksOffPutsNothing() async throws {
        let fixture = try StoreFixture()
        let body = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield(StoreFixture.content(2_000_000))
            continuation.finish(throwing: Broken())
        }
        await #expect(throws: Broken.self) {
            try await fixture.store.put(body, bucket: fixture.bucket, key: try ObjectKey("k"))
        }
        #expect(try fixture.keys() == [])
        #expect(try fixture.files().filter { $0.contains("tmp/") } == [])
    }

    /// Many tasks at once, all durable: everything is there, in order, and pages go through all of it.
    @Test func manyTasksPutAtOnce() async throws {
        let fixture = try StoreFixture(durability: .full)
        let (store, bucket) = (fixture.store, fixture.bucket)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    try await store.put(
                        [UInt8(index)], bucket: bucket,
                        key: try ObjectKey("d\(index % 7)/e\(index % 3)/k\(index)"))
                }
            }
            try await group.waitForAll()
        }
        var keys: [String] = []
        for try await info in store.objects(bucket: bucket) { keys.append(info.key) }
        #expect(keys.count == 200)
        #expect(keys == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        let deleted = try await store.delete(
            bucket: bucket, try keys.map { DeleteRequest(try ObjectKey($0)) })
        #expect(deleted.allSatisfy { (try? $0.get().version) == .null })
        #expect(try FileSystem.local.list(fixture.directory.file("bucket")) == [])
    }

    @Test func uploadsGoOnInTasks() async throws {
        let fixture = try StoreFixture()
        let (store, bucket) = (fixture.store, fixture.bucket)
        let upload = try await store.createUpload(bucket: bucket, key: try ObjectKey("k"))
        let parts = (1...6).map { StoreFixture.content(300_000, seed: UInt64($0)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, part) in parts.enumerated() {
                group.addTask {
                    try await store.putPart(Self.pieces(part, of: 10_000), upload, number: index + 1)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.parts(of: upload).count == 6)
        try await store.completeUpload(upload)
        #expect(try await store.get(bucket: bucket, key: try ObjectKey("k")) == Array(parts.joined()))
        #expect(try await store.verify().findings == [])
    }
}
