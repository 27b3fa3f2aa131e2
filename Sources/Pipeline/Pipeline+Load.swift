import DurableIO
import Logging
import MarketData
import ObjectStore
import PartitionedLog
import SQLiteKit
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
    }

    private static let objectBytesMax = 512 << 20
    private static let rejectBytesPerTransaction = 8 << 20

    /// Loads the bucket's objects that have not been loaded into the raw table, one transaction an object,
    /// and the rejects of the producer into `LOAD_REJECTS`.
    public func load(control: RunControl = RunControl()) throws -> LoadResult {
        let start = ContinuousClock.now
        var result = LoadResult()
        var pending: [(ObjectInfo, SinkKey)] = []
        try store.forEachObject(bucket: bucket, damaged: report) { info in
            guard let key = SinkKey(info.key), key.partition.topic == settings.topic,
                try !warehouse.hasLoaded(bucket: settings.bucket, key: info.key, etag: info.etag)
            else { return }
            pending.append((info, key))
        }
        // Whatever the layout, a partition's records are loaded in their order.
        pending.sort {
            ($0.1.partition.partition, $0.1.firstOffset) < ($1.1.partition.partition, $1.1.firstOffset)
        }
        let loader = ObjectLoader(self)
        for (index, (info, key)) in pending.enumerated() {
            try control.checkCancellation()
            control.progress(Progress(stage: .load, completed: index, total: pending.count))
            try loader.load(info, key, into: &result)
        }
        try loadProducerRejects(into: &result)
        result.stage.duration = ContinuousClock.now - start
        return result
    }

    /// One object that cannot be read must not keep the others from being loaded. Where its rows are not
    /// loaded yet, the sink puts it again.
    func report(_ damaged: StoreError) {
        logger.error("\(damaged.message)")
    }

    private func loadProducerRejects(into result: inout LoadResult) throws {
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
            while let batch = try partition.batch(holding: next) {
                try batch.forEachRecord(&scratch) { record in
                    guard record.offset >= next else { return }
                    rejects.append((record.offset.value, LoadReject(record)))
                    rejectBytes += 1000 + (record.value?.count ?? 0)
                }
                next = batch.header.lastOffset + 1
                if rejectBytes >= Self.rejectBytesPerTransaction { try store() }
            }
            if !rejects.isEmpty { try store() }
        }
    }

    /// Loads one object after another, with memory that is kept from one to the next.
    private final class ObjectLoader {
        private let pipeline: Pipeline
        private let decompressor = ZstdDecompressor()
        private let parser = QuoteParser()
        private var lines: [UInt8] = []
        private var quote = ParsedQuote()

        init(_ pipeline: Pipeline) {
            self.pipeline = pipeline
        }

        func load(_ info: ObjectInfo, _ key: SinkKey, into result: inout LoadResult) throws {
            let warehouse = pipeline.warehouse
            let data = try pipeline.store.get(
                bucket: pipeline.bucket, key: try ObjectKey(info.key))
            if key.isCompressed {
                try data.withUnsafeBytes {
                    try decompressor.decompress($0, into: &lines, limit: Pipeline.objectBytesMax)
                }
            } else {
                lines = data
            }
            let records = lines.count { $0 == 0x0A }
            let loadedTo = try warehouse.nextOffset(
                topic: key.partition.topic, partition: key.partition.partition)
            if key.firstOffset.value > loadedTo { try requireGap(key, from: Offset(loadedTo)) }
            let source = LoadSource(
                bucket: pipeline.settings.bucket, key: info.key, etag: info.etag, byteCount: info.byteCount,
                topic: key.partition.topic, partition: key.partition.partition,
                firstOffset: key.firstOffset.value,
                nextOffset: key.firstOffset.value + Int64(records))
            var rejects: [LoadResult.Reject] = []
            let (loaded, _) = try warehouse.load(source, loadedAt: pipeline.timestamp()) { load in
                rejects = try append(to: &load, source, from: loadedTo)
                result.newRejects += load.newRejects
            }
            result.rejects += rejects
            result.objects += 1
            result.stage.rows += loaded
            result.stage.bytes += lines.count
        }

        /// Checks that the log has no records between what is loaded and an object. (Compaction and
        /// transactions leave such gaps.) Going on without an object that is missing would take its rows for
        /// loaded for good.
        private func requireGap(_ key: SinkKey, from loadedTo: Offset) throws {
            let partition = try pipeline.log.partition(key.partition)
            let first = max(loadedTo, partition.logStartOffset)
            guard first < key.firstOffset, let batch = try partition.batch(holding: first),
                batch.header.baseOffset < key.firstOffset, !batch.header.isControl
            else { return }
            throw StoreError(
                .noSuchKey,
                "bucket \(pipeline.settings.bucket) lacks the object with offsets \(loadedTo) to "
                    + "\(key.firstOffset.value - 1) of \(key.partition); the same command again puts it there from the log"
            )
        }

        private func append(
            to load: inout Load, _ source: LoadSource, from loadedTo: Int64
        ) throws -> [LoadResult.Reject] {
            let url = "s3://\(source.bucket)/\(source.key)"
            var rejects: [LoadResult.Reject] = []
            try lines.withUnsafeBytes { bytes in
                var offset = source.firstOffset
                var position = 0
                while position < bytes.count {
                    let end = bytes.firstNewline(from: position) ?? bytes.count
                    let line = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
                    // What an earlier, shorter object under this key brought is there already.
                    if offset >= loadedTo {
                        do {
                            try parser.parse(line, into: &quote)
                            try append(line, offset, to: &load)
                        } catch let rejection as QuoteRejection {
                            let number = offset - source.firstOffset + 1
                            try load.reject(
                                LoadReject(
                                    source: url, line: number, rejection, content: line,
                                    byteOffset: Int64(position)),
                                offset: offset)
                            rejects.append(
                                LoadResult.Reject(
                                    reason: rejection.reason, place: .init(source: url, line: Int(number))))
                        }
                    }
                    offset += 1
                    position = end + 1
                }
            }
            return rejects
        }

        private func append(_ line: UnsafeRawBufferPointer, _ offset: Int64, to load: inout Load) throws {
            try load.append(offset: offset, symbol: quote.symbol, residue: quote.isWhole ? nil : line) {
                column in
                switch column {
                case .currentPrice: quote.currentPrice.sqlite
                case .change: quote.change.sqlite
                case .changePercent: quote.changePercent.sqlite
                case .dayHigh: quote.dayHigh.sqlite
                case .dayLow: quote.dayLow.sqlite
                case .dayOpen: quote.dayOpen.sqlite
                case .previousClose: quote.previousClose.sqlite
                case .time: quote.time.sqlite
                case .fetchedAt: quote.fetchedAt.sqlite
                }
            }
        }
    }
}

extension JSONNumber {
    fileprivate var sqlite: SQLiteValue {
        switch kind {
        case .missing, .null: .null
        case .integer: .integer(integer)
        case .real: .real(real)
        }
    }
}

extension LoadReject {
    init(
        source: String, line: Int64, _ rejection: QuoteRejection, content: UnsafeRawBufferPointer,
        byteOffset: Int64
    ) {
        self.init(
            source: source, line: line, column: rejection.column.map(Int64.init), reason: rejection.reason,
            content: Array(content), byteOffset: byteOffset, byteCount: Int64(content.count),
            contentHash: Int64(bitPattern: XXH64.hash(content)))
    }

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
