import DurableIO
import Logging
import MarketData
import ObjectStore
import PartitionedLog
import Threads
import Warehouse

extension Pipeline {
    /// What the loader did.
    public struct LoadResult: Sendable {
        /// A line of an object that is no quote.
        public struct Reject: Sendable {
            /// The reason.
            public let reason: String
            /// The object's URL and the line.
            public let place: ReplaySummary.Place
        }

        /// Rows, bytes and time.
        public var stage = ReplaySummary.StageResult(stage: .load)
        /// How many objects were loaded.
        public var objects = 0
        /// Lines of objects that are no quotes. (Lines of recordings are told of where they are read.)
        public var rejects: [Reject] = []
        /// How many rejects, of objects and of recordings, had not been seen before.
        public var newRejects = 0

        mutating func add(_ other: LoadResult) {
            stage.add(other.stage)
            objects += other.objects
            rejects += other.rejects
            newRejects += other.newRejects
        }

        /// Adds what was done with some objects.
        mutating func add(_ outcome: LoadOutcome, of objects: [LoadObject]) {
            newRejects += outcome.newRejects
            rejects += outcome.rejects.map {
                Reject(reason: $0.reason, place: .init(source: $0.source, line: Int($0.line)))
            }
            self.objects += objects.count
            stage.rows += outcome.loaded
            stage.bytes += objects.reduce(0) { $0 + $1.lines.count }
        }
    }

    /// Loads objects that have just been put, unless the very same ones have been loaded before.
    func loadNow(_ objects: [ObjectFetcher.Fetched.Object]) throws -> LoadResult {
        var result = LoadResult()
        let new = try objects.filter { info, _, _ in
            try !warehouse.hasLoaded(bucket: settings.bucket, key: info.key, etag: info.etag)
        }
        let (connected, failure) = connected(ObjectFetcher.Fetched(first: 0, objects: new))
        if let failure { throw failure }
        if !connected.isEmpty {
            result.add(try warehouse.load(connected, loadedAt: timestamp(), rules: .quotes), of: connected)
        }
        return result
    }

    static let rejectBytesPerTransaction = 8 << 20

    /// Loads the bucket's objects that have not been loaded into the raw table, one transaction an object (or
    /// for some small ones), and the rejects of the producer into `LOAD_REJECTS`.
    public func load(control: RunControl = RunControl()) throws -> LoadResult {
        let start = ContinuousClock.now
        var result = LoadResult()
        let pending = try pendingObjects()
        let fetcher = ObjectFetcher(
            store, bucket, pending.map { ($0.info, $0.key) }, objectBytes: settings.objectBytes)
        while let fetched = fetcher.next() {
            try control.checkCancellation()
            control.progress(Progress(stage: .load, completed: fetched.first, total: pending.count))
            let (objects, failure) = connected(fetched)
            // Those before the one that fails are loaded.
            if !objects.isEmpty {
                result.add(try warehouse.load(objects, loadedAt: timestamp(), rules: .quotes), of: objects)
            }
            if let failure { throw failure }
            if let lines = objects.first?.lines { fetcher.reuse(lines) }
        }
        try loadProducerRejects(into: &result)
        ProcessMemory.trim()
        result.stage.duration = ContinuousClock.now - start
        return result
    }

    /// The objects up to the first that cannot be read or does not connect with what is loaded, and why that
    /// one does not.
    private func connected(_ fetched: ObjectFetcher.Fetched) -> ([LoadObject], (any Error)?) {
        var objects: [LoadObject] = []
        var next: [TopicPartition: Int64] = [:]
        for (info, key, lines) in fetched.objects {
            let partition = key.partition
            do {
                let loadedTo =
                    try next[partition]
                    ?? warehouse.nextOffset(topic: partition.topic, partition: partition.partition)
                if key.firstOffset.value > loadedTo { try requireGap(key, from: Offset(loadedTo)) }
                // Of small objects alone there are several.
                if fetched.objects.count > 1 {
                    next[partition] = max(loadedTo, key.firstOffset.value + Int64(lines.count { $0 == 0x0A }))
                }
            } catch {
                return (objects, error)
            }
            let source = LoadSource(
                bucket: settings.bucket, key: info.key, etag: info.etag, byteCount: info.byteCount,
                topic: partition.topic, partition: partition.partition, firstOffset: key.firstOffset.value)
            objects.append(LoadObject(source, lines: lines))
        }
        return (objects, fetched.failure)
    }

    /// Checks that the log has no committed records between what is loaded and an object. (Compaction and
    /// transactions leave such gaps.) Going on without an object that is missing would take its rows for
    /// loaded for good.
    private func requireGap(_ key: SinkKey, from loadedTo: Offset) throws {
        let partition = try log.partition(key.partition)
        guard try partition.hasCommittedRecords(from: loadedTo, before: key.firstOffset) else { return }
        throw StoreError(
            .noSuchKey,
            "bucket \(settings.bucket) lacks the object with offsets \(loadedTo) to "
                + "\(key.firstOffset.value - 1) of \(key.partition); the same command again puts it there from the log"
        )
    }

    /// One object that cannot be read must not keep the others from being loaded. Where its rows are not
    /// loaded yet, the sink puts it again.
    func report(_ damaged: StoreError) {
        logger.error("\(damaged.message)")
    }

    func loadProducerRejects(into result: inout LoadResult) throws {
        var scratch = RecordScratch()
        for partition in log.partitions(of: settings.rejectsTopic) {
            let number = partition.topicPartition.partition
            var next = Offset(try warehouse.nextOffset(topic: settings.rejectsTopic, partition: number))
            next = max(next, partition.logStartOffset)
            var rejects: [(offset: Int64, LoadReject)] = []
            var rejectBytes = 0
            func store() throws {
                result.newRejects += try warehouse.loadRejects(
                    topic: settings.rejectsTopic, partition: number, nextOffset: next.value,
                    loadedAt: timestamp(),
                    rejects)
                rejects.removeAll()
                rejectBytes = 0
            }
            while let found = try partition.committedBatch(holding: next) {
                let batch = found.batch
                if found.isWanted {
                    try batch.forEachRecord(&scratch) { record in
                        guard record.offset >= next else { return }
                        rejects.append((record.offset.value, LoadReject(record)))
                        rejectBytes += 1000 + (record.value?.count ?? 0)
                    }
                }
                next = batch.header.lastOffset + 1
                if rejectBytes >= Self.rejectBytesPerTransaction { try store() }
            }
            if !rejects.isEmpty { try store() }
        }
    }
}

extension LoadReject {
    /// A record of the rejects' topic, as the replay writes them.
    init(_ record: Record) {
        let content = record.value ?? UnsafeRawBufferPointer(start: nil, count: 0)
        let number = { (header: String) in record.headerText(header).flatMap { Int64($0) } }
        self.init(
            source: record.headerText("source") ?? "unknown", line: number("line") ?? 0,
            column: number("column"),
            reason: record.headerText("reason") ?? "unknown", content: Array(content),
            byteOffset: number("byte-offset"), byteCount: number("byte-count") ?? Int64(content.count),
            contentHash: Int64(bitPattern: XXH64.hash(content)))
    }
}
