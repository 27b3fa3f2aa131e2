import DurableIO
import Logging
import MarketData
import ObjectStore
import PartitionedLog
import TestSupport
import Testing
import Vectors
import Warehouse

@testable import Pipeline

/// Loads that look at what is new, and at nothing else of the bucket.
@Suite struct UnloadedTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open(_ settings: PipelineSettings) throws -> Pipeline {
        try Pipeline(
            DataDirectory(directory.file("data")), settings: settings,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func settings(_ layout: KeyLayout) -> PipelineSettings {
        var settings = PipelineSettings()
        settings.keyLayout = layout
        settings.objectBytes = 500
        settings.partitions = 2
        settings.durability = .none
        return settings
    }

    private func recording(_ count: Int, from first: Int) throws -> ByteSource {
        let lines = (first..<first + count).map {
            #"{"c":\#($0).5,"t":\#(1_704_900_000 + $0),"symbol":"S\#($0 % 5)","fetched_at":\#(1_704_900_001 + $0)}"#
                + "\n"
        }
        return try ByteSource(path: try directory.write(lines.joined(), to: "q\(first).ndjson"))
    }

    private func offsets(_ pipeline: Pipeline) throws -> Int {
        let rows = try pipeline.warehouse.rows(
            "SELECT count(*), count(DISTINCT LOG_PARTITION, LOG_OFFSET) FROM BRONZE_STOCK_QUOTES_RAW")
        #expect(rows[0][0] == rows[0][1])
        guard case .number(let count, _) = rows[0][0] else { return -1 }
        return Int(count)
    }

    @Test(arguments: KeyLayout.allCases)
    func whatIsLoadedIsNotLookedAtAgain(layout: KeyLayout) throws {
        let pipeline = try open(settings(layout))
        _ = try pipeline.replay([try recording(200, from: 0)])
        let all = try pipeline.store.list(bucket: pipeline.bucket).objects.count
        #expect(all > 20)
        let looked = try pipeline.unloadedObjects(of: nil, damaged: { throw $0 })
        #expect(looked.count <= 2, "\(looked.count) of \(all)")
        #expect(try pipeline.pendingObjects().isEmpty)
        _ = try pipeline.replay([try recording(20, from: 200)])
        #expect(try offsets(pipeline) == 220)
    }

    /// The group is reset, and objects are put again that are longer than before: under keys long behind the
    /// last one.
    @Test func objectsThatGrewFurtherBackAreFound() throws {
        var pipeline: Pipeline? = try open(settings(.partition))
        _ = try pipeline?.replay([try recording(100, from: 0)])
        try pipeline?.close()
        pipeline = nil
        var larger = settings(.partition)
        larger.objectBytes = 1 << 20
        let again = try open(larger)
        for partition in again.log.partitions(of: "stock-quotes") {
            try again.groups.commit("bronze-sink", [partition.topicPartition: CommittedOffset(.zero)])
        }
        let producer = try RecordingProducer(again, options: ReplayOptions(), control: RunControl())
        try producer.run([try recording(50, from: 100)])
        #expect(try again.sink().objects == 2)
        #expect(try again.load().stage.rows == 50)
        #expect(try offsets(again) == 150)
    }

    @Test func removedAndForeignObjectsAreNoHindrance() throws {
        let pipeline = try open(settings(.partition))
        _ = try pipeline.replay([try recording(100, from: 0)])
        // Those that are loaded may go, and others may lie beside them.
        for object in try pipeline.store.list(bucket: pipeline.bucket).objects.dropLast(3) {
            try pipeline.store.delete(bucket: pipeline.bucket, key: try ObjectKey(object.key))
        }
        for key in [
            "zz/readme.txt", "stock-quotes/partition=0/notes",
            "other/partition=0/00000000000000000000.ndjson.zst",
        ] {
            _ = try pipeline.store.put(Array("x".utf8), bucket: pipeline.bucket, key: try ObjectKey(key))
        }
        _ = try pipeline.replay([try recording(20, from: 100)])
        #expect(try offsets(pipeline) == 120)
    }

    /// A bucket with partitions that this log does not have.
    @Test func allPartitionsOfTheBucketAreLoaded() throws {
        let pipeline = try open(settings(.partition))
        var frame: [UInt8] = []
        let line = #"{"c":1.5,"t":1704900000,"symbol":"X","fetched_at":1704900001}"# + "\n"
        try Array(line.utf8).withUnsafeBytes { try ZstdCompressor().compress($0, appendingTo: &frame) }
        let key = SinkKey(TopicPartition("stock-quotes", 7), .zero)
        try frame.withUnsafeBytes {
            _ = try pipeline.store.put($0, bucket: pipeline.bucket, key: try ObjectKey(key.text))
        }
        #expect(try pipeline.load().stage.rows == 1)
        #expect(try pipeline.load().objects == 0)
    }
}
