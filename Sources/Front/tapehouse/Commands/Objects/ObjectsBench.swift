import DurableIO
import ObjectStore
import Synchronization
import Threads

/// The measurements of `tapehouse objects bench`: the store, in turn with the same system calls without one.
final class ObjectsBench {
    /// How often something was done a second.
    struct Measurement {
        let operation: String
        let size: Int
        let durability: String
        let threads: Int
        let rate: Double
        let limit: Double
    }

    private let root: String
    private let seconds: Double
    private let rounds: Int
    private let bucket: BucketName
    private var run = 0

    init(in directory: String, seconds: Double, rounds: Int) throws {
        root = "\(directory)/tapehouse-bench-\(WallClock.nanoseconds())"
        self.seconds = seconds
        self.rounds = rounds
        bucket = try BucketName("bench")
        try FileSystem.local.createDirectory(root)
    }

    func remove() { try? FileSystem.local.removeTree(root) }

    // MARK: Puts

    func put(_ size: Int, _ level: Durability, _ etag: ETagKind, writers: Int) throws -> Measurement {
        let data = Self.data(size)
        var options = PutOptions()
        options.etag = etag
        var (rates, limits): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            let raw = try makeRaw()
            limits.append(
                try rate(writers) { thread, index in
                    try raw.put(data, level, name: "\(thread)-\(index)")
                })
            try FileSystem.local.removeTree(raw.path)
            let store = try makeStore(level)
            rates.append(
                try rate(writers) { [bucket, options] thread, index in
                    try store.put(
                        data, bucket: bucket, key: try ObjectKey("\(thread)-\(index)"), options: options)
                })
            try FileSystem.local.removeTree(store.path)
        }
        return Measurement(
            operation: etag == .md5 ? "put" : "put, block hashes", size: size, durability: level.rawValue,
            threads: writers, rate: rates.median,
            limit: limits.median)
    }

    // MARK: Gets

    func get(_ size: Int, readers: Int) throws -> Measurement {
        // Few enough to stay in memory, more than a processor's cache holds.
        let count = min(2000, max(4, (256 << 20) / size))
        let (store, raw) = try fill(count, size)
        var (rates, limits): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            limits.append(
                try rate(readers) { thread, index in try raw.get("\((index * 7 + thread) % count)", size) })
            rates.append(
                try rate(readers) { [bucket] thread, index in
                    let reader =
                        try store.open(
                            bucket: bucket, key: try ObjectKey("\((index * 7 + thread) % count)"))
                        as ObjectReader
                    while let piece = try reader.next() { blackHole(piece) }
                })
        }
        try FileSystem.local.removeTree(raw.path)
        try FileSystem.local.removeTree(store.path)
        return Measurement(
            operation: "get", size: size, durability: "-", threads: readers, rate: rates.median,
            limit: limits.median)
    }

    /// The same objects in a store and beside it.
    private func fill(_ count: Int, _ size: Int) throws -> (ObjectStore, Raw) {
        let data = Self.data(size)
        let store = try makeStore(.none)
        let raw = try makeRaw()
        for index in 0..<count {
            try store.put(data, bucket: bucket, key: try ObjectKey("\(index)"))
            try raw.put(data, .none, name: "\(index)")
        }
        return (store, raw)
    }

    /// One thread gets each object once, from the disk.
    func getCold(_ size: Int) throws -> Measurement {
        let count = max(4, (256 << 20) / size)
        let (store, raw) = try fill(count, size)
        var (rates, limits): ([Double], [Double]) = ([], [])
        let clock = ContinuousClock()
        for _ in 0..<rounds {
            try Self.evict(raw.path)
            let limit = try clock.measure { for index in 0..<count { try raw.get("\(index)", size) } }
            limits.append(Double(count) / limit.seconds)
            try Self.evict(store.path)
            let time = try clock.measure {
                for index in 0..<count {
                    let reader =
                        try store.open(bucket: bucket, key: try ObjectKey("\(index)")) as ObjectReader
                    while let piece = try reader.next() { blackHole(piece) }
                }
            }
            rates.append(Double(count) / time.seconds)
        }
        try FileSystem.local.removeTree(raw.path)
        try FileSystem.local.removeTree(store.path)
        return Measurement(
            operation: "get, from disk", size: size, durability: "-", threads: 1, rate: rates.median,
            limit: limits.median)
    }

    private static func evict(_ directory: String) throws {
        for name in try FileSystem.local.list(directory) {
            let path = "\(directory)/\(name)"
            if try FileSystem.local.kind(of: path) == .directory {
                try evict(path)
            } else {
                try FileSystem.local.open(path, .read).evict()
            }
        }
    }

    // MARK: Lists

    func list(_ count: Int) throws -> Measurement {
        let store = try makeStore(.none)
        // As many in a directory as MinIO advises.
        try WorkerThreads.perform(2) { [bucket] thread in
            for index in stride(from: thread, to: count, by: 2) {
                try store.put(
                    [1, 2, 3], bucket: bucket, key: try ObjectKey("part-\(index / 10_000)/object-\(index)"))
            }
        }
        var (rates, limits): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            let clock = ContinuousClock()
            var found = 0
            limits.append(
                Double(count)
                    / (try clock.measure { found = try Raw.list("\(store.path)/\(bucket)") }).seconds)
            precondition(found == count, "the file system listed \(found) of \(count) objects")
            found = 0
            rates.append(
                Double(count)
                    / (try clock.measure { try store.forEachObject(bucket: bucket) { _ in found += 1 } })
                    .seconds)
            precondition(found == count, "the store listed \(found) of \(count) objects")
        }
        try FileSystem.local.removeTree(store.path)
        return Measurement(
            operation: "list", size: 0, durability: "-", threads: 1, rate: rates.median, limit: limits.median)
    }

    // MARK: Helpers

    private static func data(_ size: Int) -> [UInt8] {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        return (0..<size).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }

    private func makeStore(_ level: Durability) throws -> ObjectStore {
        run += 1
        var options = ObjectStore.Options()
        options.durability = level
        let store = try ObjectStore("\(root)/store-\(run)", options: options)
        try store.createBucket(bucket)
        return store
    }

    private func makeRaw() throws -> Raw {
        run += 1
        let raw = Raw(path: "\(root)/raw-\(run)")
        for name in ["tmp", "bench"] { try FileSystem.local.createDirectory("\(raw.path)/\(name)") }
        return raw
    }

    /// How often a second `body` is done by so many threads.
    private func rate(
        _ threads: Int, _ body: @escaping @Sendable (_ thread: Int, _ index: Int) throws -> Void
    ) throws -> Double {
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let counter = Counter()
        try WorkerThreads.perform(threads) { thread in
            var index = 0
            repeat {
                try body(thread, index)
                index += 1
            } while ContinuousClock.now < end && !Interruption.isRequested
            counter.add(index)
        }
        if Interruption.isRequested { throw Failure(.interrupted) }
        return Double(counter.value) / (ContinuousClock.now - start).seconds
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }
    func add(_ more: Int) { count.add(more, ordering: .relaxed) }
}

/// Keeps the compiler from leaving out what is measured.
@inline(never)
private func blackHole(_ bytes: UnsafeRawBufferPointer) {}

/// The same files, bytes and waits for the disk, and nothing else: neither digests nor metadata.
private struct Raw: Sendable {
    private static let metadataBytes = 400
    private static let inlineBytesMax = 128 << 10

    let path: String

    func put(_ data: [UInt8], _ level: Durability, name: String) throws {
        let files = FileSystem.local
        let staged = "\(path)/tmp/\(name)"
        _ = try files.makeDirectory(staged)
        if data.count > Self.inlineBytesMax {
            _ = try files.makeDirectory("\(staged)/data")
            try write(data, level, to: "\(staged)/data/part.1")
            try write([UInt8](repeating: 1, count: Self.metadataBytes), level, to: "\(staged)/xl.meta")
            if level == .full { try files.syncDirectory("\(staged)/data") }
        } else {
            try write(data + [UInt8](repeating: 1, count: Self.metadataBytes), level, to: "\(staged)/xl.meta")
        }
        if level == .full { try files.syncDirectory(staged) }
        try files.rename(staged, to: "\(path)/bench/\(name)")
        if level == .full { try files.syncDirectory("\(path)/bench") }
    }

    private func write(_ data: [UInt8], _ level: Durability, to path: String) throws {
        let file = try FileSystem.local.open(path, .replace)
        // In pieces, as data comes that is not all in memory.
        try data.withUnsafeBytes { data in
            for start in stride(from: 0, to: data.count, by: 1 << 20) {
                try file.write(
                    UnsafeRawBufferPointer(rebasing: data[start..<min(start + 1 << 20, data.count)]),
                    at: start)
            }
        }
        if level != .none { try file.sync() }
    }

    func get(_ name: String, _ size: Int) throws {
        let isInline = size <= Self.inlineBytesMax
        let object = "\(path)/bench/\(name)"
        try withUnsafeTemporaryAllocation(byteCount: isInline ? size + 4096 : 1 << 20, alignment: 64) {
            buffer in
            _ = try FileSystem.local.readBeginning(of: "\(object)/xl.meta", into: buffer)
            guard !isInline else { return }
            let file = try FileSystem.local.open("\(object)/data/part.1", .read)
            var position = 0
            while case let count = try file.read(into: buffer, at: position), count > 0 { position += count }
        }
    }

    /// Opens and reads every file below a directory, in the order in which the file system names them.
    static func list(_ directory: String) throws -> Int {
        var directories: [String] = []
        var found = 0
        try FileSystem.local.forEachName(in: directory) { name, kind in
            let path = "\(directory)/\(String(decoding: name, as: UTF8.self))"
            let count = try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) {
                try FileSystem.local.readBeginning(of: "\(path)/xl.meta", into: $0)
            }
            if count == nil, kind == .directory { directories.append(path) } else { found += 1 }
        }
        for directory in directories { found += try list(directory) }
        return found
    }
}

extension [Double] {
    /// The middle one.
    fileprivate var median: Double { sorted()[count / 2] }
}
