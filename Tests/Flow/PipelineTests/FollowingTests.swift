import DurableIO
import Logging
import MarketData
import Modeling
import ObjectStore
import PartitionedLog
import TestSupport
import Testing
import Vectors
import Warehouse

@testable import Pipeline

/// Sink and load at work while a recording is produced.
@Suite struct FollowingTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// More than what is sent before readers see it.
    private func recording() throws -> String {
        var text = ""
        for index in 0..<110_000 {
            text +=
                #"{"c":1\#(index % 10).5,"d":0.1,"dp":0.1,"h":19,"l":10,"o":11,"pc":12,"t":\#(1_704_900_000 + index),"#
            text += #""symbol":"S\#(index % 40)","fetched_at":\#(1_704_900_001 + index)}"# + "\n"
        }
        return try directory.write(text, to: "q.ndjson")
    }

    private func open(partitions: Int32) throws -> Pipeline {
        var settings = PipelineSettings()
        settings.partitions = partitions
        settings.objectBytes = 1 << 20
        return try Pipeline(
            DataDirectory(directory.file("data")), settings: settings,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    @Test(arguments: [1, 3] as [Int32])
    func objectsAreThereBeforeTheRecordingEnds(partitions: Int32) throws {
        let source = try ByteSource(path: try recording())
        let pipeline = try open(partitions: partitions)
        let bucket = pipeline.bucket
        var seen = 0
        let summary = try pipeline.replay(
            [source],
            control: RunControl(progress: { progress in
                // The producer waits here, in the last quarter, for who follows it.
                guard progress.stage == .produce, let total = progress.total,
                    progress.completed * 4 > total * 3
                else { return }
                let deadline = ContinuousClock.now + .seconds(60)
                while seen == 0, ContinuousClock.now < deadline {
                    seen = (try? pipeline.store.list(bucket: bucket).objects.count) ?? 0
                    WallClock.sleep(.milliseconds(5))
                }
            }))
        #expect(seen > 0)
        #expect(summary.stages.prefix(3).map(\.rows) == [110_000, 110_000, 110_000])
        // Each offset once, and none left out.
        let whole = try pipeline.warehouse.rows(
            "SELECT count(*), count(DISTINCT LOG_PARTITION, LOG_OFFSET), count(DISTINCT LOG_PARTITION) FROM BRONZE_STOCK_QUOTES_RAW"
        )
        #expect(whole == [[.integer(110_000), .integer(110_000), .integer(Int(partitions))]])
        #expect(summary.models.first { $0.name == "silver_clean_stock_quotes" }?.rows == 110_000)
    }

    @Test func whatTheSinkFailsInIsToldAndTheLogHasEverything() throws {
        let source = try ByteSource(path: try recording())
        let pipeline = try open(partitions: 1)
        let error = #expect(throws: StoreError.self) {
            try pipeline.replay(
                [source],
                control: RunControl(progress: { progress in
                    guard progress.stage == .produce else { return }
                    try? pipeline.store.deleteBucket(pipeline.bucket, withObjects: true)
                }))
        }
        #expect(error?.code == .noSuchBucket)
        #expect(pipeline.log.partitions(of: "stock-quotes")[0].highWatermark.value == 110_000)
        try pipeline.store.createBucket(pipeline.bucket)
        #expect(try pipeline.sink().stage.rows == 110_000)
        #expect(try pipeline.load().stage.rows == 110_000)
    }

    @Test func anInterruptionEndsWhatFollows() throws {
        let source = try ByteSource(path: try recording())
        let pipeline = try open(partitions: 1)
        var asked = 0
        #expect(throws: Interrupted.self) {
            try pipeline.replay(
                [source],
                control: RunControl(isCancelled: {
                    asked += 1
                    return asked > 20
                }))
        }
        let produced = pipeline.log.partitions(of: "stock-quotes")[0].highWatermark.value
        #expect(produced > 60_000 && produced < 110_000)
        _ = try pipeline.sink()
        _ = try pipeline.load()
        let loaded = try pipeline.warehouse.rows(
            "SELECT count(*), count(DISTINCT LOG_OFFSET) FROM BRONZE_STOCK_QUOTES_RAW")
        #expect(loaded == [[.integer(Int(produced)), .integer(Int(produced))]])
    }
}
