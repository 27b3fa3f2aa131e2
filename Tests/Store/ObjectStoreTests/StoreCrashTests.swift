import DurableIO
import Synchronization
import TestSupport
import Testing
import Threads

@testable import ObjectStore

/// A change of a store, and what is there before it.
private struct Scenario: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let prepare: @Sendable (ObjectStore, BucketName) throws -> Void
    let act: @Sendable (ObjectStore, BucketName) throws -> Void

    init(
        _ name: String, _ prepare: @escaping @Sendable (ObjectStore, BucketName) throws -> Void = { _, _ in },
        act: @escaping @Sendable (ObjectStore, BucketName) throws -> Void
    ) {
        testDescription = name
        self.prepare = prepare
        self.act = act
    }

    static func put(_ count: Int, _ byte: UInt8, _ key: String = "a/b/key")
        -> @Sendable (ObjectStore, BucketName) throws -> Void
    {
        { store, bucket in
            try store.put([UInt8](repeating: byte, count: count), bucket: bucket, key: try ObjectKey(key))
        }
    }

    static func upload(_ parts: [Int], _ key: String = "a/b/key")
        -> @Sendable (ObjectStore, BucketName) throws -> Void
    {
        { store, bucket in
            let upload = try store.createUpload(bucket: bucket, key: try ObjectKey(key))
            for (index, count) in parts.enumerated() {
                try store.putPart([UInt8](repeating: 7, count: count), upload, number: index + 1)
            }
        }
    }

    private static let versions: @Sendable (ObjectStore, BucketName) throws -> Void = { store, bucket in
        try store.setVersioning(.enabled, of: bucket)
        for count in [100, 200_000, 20_000] { try put(count, 3)(store, bucket) }
    }

    private static func theUpload(_ store: ObjectStore, _ bucket: BucketName) throws -> MultipartUpload {
        try #require(try store.uploads(in: bucket).first)
    }

    static let all: [Scenario] = [
        Scenario("put small", act: put(100, 1)),
        Scenario("put large", act: put(200_000, 1)),
        Scenario("put beside", put(10, 9, "a/b"), act: put(200_000, 1)),
        Scenario("replace small by small", put(100, 1), act: put(200, 2)),
        Scenario("replace small by large", put(100, 1), act: put(200_000, 2)),
        Scenario("replace large by small", put(200_000, 1), act: put(100, 2)),
        Scenario("replace large by large", put(200_000, 1), act: put(300_000, 2)),
        Scenario("add a small version", versions, act: put(10, 4)),
        Scenario("add a large version", versions, act: put(300_000, 4)),
        Scenario(
            "delete small", put(100, 1), act: { try $0.delete(bucket: $1, key: try ObjectKey("a/b/key")) }),
        Scenario(
            "delete large", put(200_000, 1), act: { try $0.delete(bucket: $1, key: try ObjectKey("a/b/key")) }
        ),
        Scenario(
            "add a delete marker", versions, act: { try $0.delete(bucket: $1, key: try ObjectKey("a/b/key")) }
        ),
        Scenario("delete a version", versions) { store, bucket in
            let listed = try store.list(bucket: bucket, versions: .all).objects
            let large = try #require(listed.first { $0.byteCount == 200_000 })
            try store.delete(bucket: bucket, key: try ObjectKey("a/b/key"), version: large.version)
        },
        Scenario("copy", put(300_000, 1)) { store, bucket in
            try store.copy(from: bucket, try ObjectKey("a/b/key"), to: bucket, try ObjectKey("copy"))
        },
        Scenario("tag", put(200_000, 1)) { store, bucket in
            try store.setTags(["a": "b"], bucket: bucket, key: try ObjectKey("a/b/key"))
        },
        Scenario("begin an upload", act: upload([])),
        Scenario("put a part", upload([])) { store, bucket in
            try store.putPart([1, 2], try theUpload(store, bucket), number: 1)
        },
        Scenario("replace a part", upload([3, 4])) { store, bucket in
            try store.putPart([1, 2, 3, 4, 5], try theUpload(store, bucket), number: 1)
        },
        Scenario("complete an upload", upload([3, 4])) { store, bucket in
            try store.completeUpload(try theUpload(store, bucket))
        },
        Scenario(
            "complete an upload over an object",
            { store, bucket in
                try put(200_000, 1)(store, bucket)
                try upload([300_000, 4])(store, bucket)
            }
        ) { store, bucket in try store.completeUpload(try theUpload(store, bucket)) },
        Scenario("abort an upload", upload([3, 4])) { store, bucket in
            try store.abortUpload(try theUpload(store, bucket))
        },
        Scenario("make a bucket", act: { store, _ in try store.createBucket(try BucketName("other")) }),
        Scenario("remove a bucket", act: { store, bucket in try store.deleteBucket(bucket) }),
        Scenario(
            "remove a bucket with objects",
            { store, bucket in
                for (key, count) in [("a/b/key", 200_000), ("c", 10)] {
                    try put(count, 1, key)(store, bucket)
                }
            }, act: { store, bucket in try store.deleteBucket(bucket, withObjects: true) }),
        Scenario("enable versions", act: { store, bucket in try store.setVersioning(.enabled, of: bucket) }),
    ]
}

@Suite struct StoreCrashTests {
    /// All that can be seen of a store.
    private static func view(_ store: ObjectStore) throws -> [String] {
        try store.buckets().flatMap { bucket -> [String] in
            var lines = ["bucket \(bucket.name) \(bucket.versioning)"]
            try store.forEachObject(bucket: bucket.name, versions: .all) { info in
                let data =
                    info.isDeleteMarker
                    ? []
                    : try store.get(bucket: bucket.name, key: try ObjectKey(info.key), version: info.version)
                #expect(data.count == info.byteCount)
                #expect(Set(data).count <= (info.partBytes.count > 1 ? 2 : 1))
                lines.append(
                    "\(info.key) \(info.isDeleteMarker) \(data.count) \(data.first ?? 0) \(info.tags)")
            }
            for upload in try store.uploads(in: bucket.name) {
                let parts = try store.parts(of: upload)
                lines.append(
                    "upload \(upload.key) \(parts.map { "\($0.number):\($0.byteCount):\($0.etag)" })")
            }
            return lines
        }
    }

    /// The names on the drive, random ones made alike.
    private static func names(_ path: String) throws -> [String] {
        func below(_ path: String) throws -> [String] {
            try FileSystem.local.list(path).flatMap { name -> [String] in
                let plain =
                    UniqueID(name) != nil ? "ID" : UploadID.beginning(of: name) != nil ? "UPLOAD" : name
                let child = "\(path)/\(name)"
                let isDirectory = try FileSystem.local.status(of: child)?.kind == .directory
                return [plain] + (isDirectory ? try below(child).map { "\(plain)/\($0)" } : [])
            }
        }
        // A bucket's configuration may be there before the bucket is; a bucket is a directory.
        return try below(path).filter { !$0.hasPrefix(".minio.sys/buckets/") }.sorted()
    }

    private static func options() -> ObjectStore.Options {
        var options = ObjectStore.Options()
        options.partBytesMin = 1
        return options
    }

    private static func prepare(_ scenario: Scenario, in path: String) throws -> BucketName {
        let store = try ObjectStore(path, options: options())
        let bucket = try BucketName("bucket")
        try store.createBucket(bucket)
        try scenario.prepare(store, bucket)
        return bucket
    }

    /// The process dies in each operation of a change, or that operation fails: what is seen afterwards is all as
    /// before or all as after it, what was acknowledged is there, and nothing else is left on the drive.
    @Test(arguments: Scenario.all)
    private func aChangeIsThereWholeOrNotAtAll(scenario: Scenario) async throws {
        try await onOwnThread { try Self.check(scenario) }
    }

    private static func check(_ scenario: Scenario) throws {
        let calm = try TemporaryDirectory()
        let bucket = try prepare(scenario, in: calm.path)
        var states: [(view: [String], names: [String])] = []
        states.append((try view(try ObjectStore(calm.path, options: options())), try names(calm.path)))
        try scenario.act(try ObjectStore(calm.path, options: options()), bucket)
        let leftAtOnce = try names(calm.path)
        states.append((try view(try ObjectStore(calm.path, options: options())), try names(calm.path)))
        #expect(leftAtOnce == states[1].names, "without a failure nothing waits for the next start")
        #expect(states[0].view != states[1].view, "the scenario changes nothing")
        #expect(try ObjectStore(calm.path).verify().findings == [])
        for fault in [FaultPlan.Fault.crash, .fail(errno: 28), .full] {
            var operation = 0
            var isOver = false
            while !isOver {
                let directory = try TemporaryDirectory()
                _ = try prepare(scenario, in: directory.path)
                let plan = FaultPlan(operation: operation, fault: fault)
                var isDone = false
                do {
                    let store = try ObjectStore(
                        directory.path, options: options(), fileSystem: FileSystem(faults: plan))
                    try scenario.act(store, bucket)
                    isDone = true
                    // What is left of a completed upload may wait for the next start.
                    let isThere = { (line: String) in !line.hasPrefix("upload ") }
                    #expect(
                        try fault == .crash
                            || view(store).filter(isThere) == states[1].view.filter(isThere),
                        "\(scenario.testDescription), \(fault) in operation \(operation)")
                } catch is DurableIOError {}
                isOver = plan.operationsPerformed <= operation
                let place = Comment("\(scenario.testDescription), \(fault) in operation \(operation)")
                let store = try ObjectStore(directory.path, options: options())
                let after = try view(store)
                #expect(after == states[1].view || (!isDone && after == states[0].view), place)
                let left = try names(directory.path)
                #expect(left == states[after == states[1].view ? 1 : 0].names, place)
                // What was begun can be done again.
                if after == states[0].view {
                    try scenario.act(store, bucket)
                    #expect(try view(store) == states[1].view, place)
                }
                operation += 1
            }
            #expect(operation > 5)
        }
    }

    @Test func aFullDiskIsToldAndTheOldObjectStays() throws {
        let directory = try TemporaryDirectory()
        let bucket = try BucketName("bucket")
        let before = [UInt8](repeating: 1, count: 200_000)
        let key = try ObjectKey("k")
        try ObjectStore(directory.path).createBucket(bucket)
        try ObjectStore(directory.path).put(before, bucket: bucket, key: key)
        var refused = 0
        for operation in 0..<30 {
            let faults = FileSystem(faults: FaultPlan(operation: operation, fault: .fail(errno: 28)))
            do {
                try ObjectStore(directory.path, fileSystem: faults).put(before, bucket: bucket, key: key)
            } catch let error as DurableIOError {
                #expect(error.code == .noSpace)
                refused += 1
            }
            #expect(try ObjectStore(directory.path).get(bucket: bucket, key: key) == before, "\(operation)")
        }
        #expect(refused > 5)
    }

    /// Readers beside writers that replace and delete: whole old or whole new data, or none, never a mixture.
    @Test func readersSeeWholeObjectsBesideWriters() async throws {
        try await onOwnThread {
            let fixture = try StoreFixture()
            let (store, bucket, key) = (fixture.store, fixture.bucket, try ObjectKey("a/k"))
            let isOver = Atomic<Bool>(false)
            let reads = Atomic<Int>(0)
            try WorkerThreads.perform(4) { thread in
                if thread < 2 {
                    defer { isOver.store(true, ordering: .relaxed) }
                    for round in 0..<150 {
                        let count = [100, 200_000, 1_300_000][(round + thread) % 3]
                        try store.put(
                            [UInt8](repeating: UInt8(round & 0xFF), count: count), bucket: bucket, key: key)
                        if round % 10 == 9 { try store.delete(bucket: bucket, key: key) }
                    }
                } else {
                    while !isOver.load(ordering: .relaxed) {
                        do {
                            let data = try store.get(bucket: bucket, key: key)
                            #expect(Set(data).count == 1)
                            reads.add(1, ordering: .relaxed)
                        } catch let error as StoreError where error.code == .noSuchKey {}
                    }
                }
            }
            #expect(reads.load(ordering: .relaxed) > 10)
            #expect(try store.verify().findings.map(\.message) == [])
        }
    }
}
