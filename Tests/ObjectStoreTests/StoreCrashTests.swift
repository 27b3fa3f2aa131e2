import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

@Suite struct StoreCrashTests {
    private static func put(_ path: String, _ fileSystem: FileSystem, _ data: [UInt8]) throws {
        let store = try ObjectStore(path, fileSystem: fileSystem)
        let bucket = try BucketName("bucket")
        try store.createBucket(bucket)
        try store.put(data, bucket: bucket, key: try ObjectKey("a/key"))
    }

    private static func read(_ path: String) throws -> [UInt8]? {
        let store = try ObjectStore(path)
        let bucket = try BucketName("bucket")
        guard try store.buckets().map(\.name).contains(bucket),
            try !store.list(bucket: bucket).objects.isEmpty
        else {
            return nil
        }
        return try store.get(bucket: bucket, key: try ObjectKey("a/key"))
    }

    /// The process dies in each disk operation of a put, of an object that is new and of one that replaces
    /// another: the old or the new object is there, whole, and once the put has returned it is the new one.
    @Test(arguments: [(100, 200), (200, 200_000), (200_000, 100), (200_000, 300_000)])
    func anObjectIsThereWholeOrNotAtAll(old: Int, new: Int) throws {
        let before = [UInt8](repeating: 1, count: old)
        let after = [UInt8](repeating: 2, count: new)
        for replaces in [false, true] {
            var operation = 0
            var finished = false
            while !finished {
                let directory = try TemporaryDirectory()
                if replaces { try Self.put(directory.path, .local, before) }
                let plan = FaultPlan(operation: operation, fault: .crash)
                do {
                    try Self.put(directory.path, FileSystem(faults: plan), after)
                    finished = plan.operationsPerformed <= operation
                    #expect(try Self.read(directory.path) == after, "operation \(operation)")
                } catch {
                    let found = try Self.read(directory.path)
                    #expect(
                        found == after || found == (replaces ? before : nil),
                        "operation \(operation): \(found?.count ?? -1) bytes")
                }
                try Self.put(directory.path, .local, after)
                #expect(try Self.read(directory.path) == after)
                #expect(try FileSystem.local.list("\(directory.path)/.minio.sys/tmp").isEmpty)
                let left = try FileSystem.local.list("\(directory.path)/bucket/a/key")
                #expect(left.count == (new > 131_072 ? 2 : 1), "operation \(operation): \(left)")
                operation += 1
            }
            #expect(operation > 10)
        }
    }

    @Test func aFullDiskIsToldAndTheOldObjectStays() throws {
        let directory = try TemporaryDirectory()
        let before = [UInt8](repeating: 1, count: 200_000)
        try Self.put(directory.path, .local, before)
        var refused = 0
        for operation in 0..<30 {
            let faults = FileSystem(faults: FaultPlan(operation: operation, fault: .fail(errno: 28)))
            do {
                try Self.put(directory.path, faults, before)
            } catch let error as DurableIOError {
                #expect(error.code == .noSpace)
                refused += 1
            }
            #expect(try Self.read(directory.path) == before, "operation \(operation)")
        }
        #expect(refused > 5)
    }
}
