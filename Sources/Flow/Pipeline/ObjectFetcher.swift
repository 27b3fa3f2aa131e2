import DurableIO
import ObjectStore
import Threads

/// Reads the objects of a load, some ahead of their use, on a thread of its own.
final class ObjectFetcher {
    /// Objects that are loaded together, in their order, and why there are no more.
    struct Fetched: Sendable {
        typealias Object = (info: ObjectInfo, key: SinkKey, lines: [UInt8])
        /// The place of the first in the list.
        var first: Int
        var objects: [Object] = []
        /// Why the next one cannot be read.
        var failure: (any Error)?
    }

    private static let objectBytesMax = 512 << 20
    /// Objects are put together up to this size of lines, and this number.
    private static let togetherBytes = 4 << 20
    private static let togetherMax = 4096

    private let thread = WorkerThreads(max: 1)
    private let reader: Reader
    private let count: Int
    private var position = 0
    private var ahead: Future<Fetched, Never>?

    /// - Parameter objectBytes: how large a full object's lines are.
    init(_ store: ObjectStore, _ bucket: BucketName, _ objects: [(ObjectInfo, SinkKey)], objectBytes: Int) {
        reader = Reader(store, bucket, objects, objectBytes: objectBytes)
        count = objects.count
        if count > 0 { ahead = start(from: 0) }
    }

    /// The next objects; `nil` where there are no more.
    func next() -> Fetched? {
        guard let ahead else { return nil }
        let fetched = ahead.wait()
        position += fetched.objects.count
        self.ahead = position < count && fetched.failure == nil ? start(from: position) : nil
        return fetched
    }

    /// Takes back the memory of lines that nobody needs any more.
    func reuse(_ lines: [UInt8]) { reader.spare.put(lines) }

    private func start(from first: Int) -> Future<Fetched, Never> {
        thread.start { [reader] in reader.fetch(from: first) }
    }

    private final class Reader: @unchecked Sendable {
        let spare = SpareBytes()
        // The others are used by the one thread of the fetcher alone.
        private let store: ObjectStore
        private let bucket: BucketName
        private let objects: [(ObjectInfo, SinkKey)]
        private let objectBytes: Int
        private let decompressor = ZstdDecompressor()

        init(_ store: ObjectStore, _ bucket: BucketName, _ objects: [(ObjectInfo, SinkKey)], objectBytes: Int)
        {
            self.store = store
            self.bucket = bucket
            self.objects = objects
            self.objectBytes = objectBytes
        }

        func fetch(from first: Int) -> Fetched {
            var fetched = Fetched(first: first)
            var bytes = 0
            for (info, key) in objects[first...].prefix(togetherMax) {
                do {
                    let lines = try lines(info, key)
                    // A large one comes alone.
                    if !fetched.objects.isEmpty, bytes + lines.count > togetherBytes { break }
                    bytes += lines.count
                    fetched.objects.append((info, key, lines))
                    if bytes >= togetherBytes { break }
                } catch {
                    fetched.failure = error
                    break
                }
            }
            return fetched
        }

        private func lines(_ info: ObjectInfo, _ key: SinkKey) throws -> [UInt8] {
            let data = try store.get(bucket: bucket, key: try ObjectKey(info.key))
            guard key.isCompressed else { return data }
            var lines = spare.take()
            // The last record of a full object goes beyond its size; JSON is seldom compressed more than this.
            let expected = min(objectBytes + (64 << 10), data.count * 8)
            try data.withUnsafeBytes {
                try decompressor.decompress($0, into: &lines, limit: objectBytesMax, expecting: expected)
            }
            return lines
        }
    }
}
