import DurableIO
import Logging
import MarketData
import ObjectStore
import PartitionedLog
import TestSupport
import SQLiteKit
import Testing
import Vectors
import Warehouse

@testable import Pipeline

extension RecordingProducer {
    /// Produces a recording and does nothing more.
    fileprivate func produce(_ source: ByteSource) throws {
        try run([source])
    }
}

@Suite struct PipelineTests {
    private let directory: TemporaryDirectory
    private var data: DataDirectory { DataDirectory(directory.file("data")) }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static func quote(_ symbol: String, _ price: Int, _ second: Int) -> String {
        #"{"c":\#(price).5,"d":0.1,"dp":0.1,"h":\#(price + 1),"l":\#(price),"o":\#(price),"pc":\#(price),"t":\#(second),"#
            + #""symbol":"\#(symbol)","fetched_at":\#(second + 1)}"#
    }

    private func recording(_ count: Int, name: String = "q.ndjson") throws -> String {
        let lines = (0..<count).map {
            Self.quote(["A", "B", "C"][$0 % 3], 10 + $0 % 7, 1_704_900_000 + $0) + "\n"
        }
        return try directory.write(lines.joined(), to: name)
    }

    private func open(_ settings: PipelineSettings = PipelineSettings()) throws -> Pipeline {
        try Pipeline(
            data, settings: settings,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    @Test func symbolsAndTimesChooseQuotes() throws {
        let path = try recording(30)
        var options = ReplayOptions()
        options.symbols = ["A", "C"]
        options.from = Timestamp(seconds: 1_704_900_011)
        options.to = Timestamp(seconds: 1_704_900_021)
        let summary = try Pipeline.replay([path], into: data, options: options)
        // Fetched from second 11 to 20: rows 10 to 19, four of which are of B.
        #expect(summary.recordings[0].quotes == 6)
        #expect(summary.recordings[0].filtered == 24)
    }

    @Test func aReplayKeepsTheRecordedPace() throws {
        let path = try recording(61)
        var options = ReplayOptions()
        options.speed = .times(100)
        let start = ContinuousClock.now
        try Pipeline.replay([path], into: data, options: options)
        // 60 recorded seconds at a hundred times the pace.
        #expect(ContinuousClock.now - start >= .milliseconds(600))
    }

    @Test func aSlowReplayReachesGoldWhileItRuns() throws {
        let path = try recording(21)
        var options = ReplayOptions()
        options.speed = .times(20)
        options.flushInterval = .milliseconds(50)
        let pipeline = try open()
        var times: [Timestamp] = []
        _ = try pipeline.replay(
            [try ByteSource(path: path)], options: options,
            control: RunControl(progress: { progress in
                if let time = progress.time { times.append(time) }
            }))
        try pipeline.close()
        // How far it has come is told by the recorded time.
        #expect(times.first?.seconds == 1_704_900_002 && times.last?.seconds == 1_704_900_021)
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        #expect(try warehouse.number("SELECT count(DISTINCT BUILD_ID) FROM BUILD_HISTORY") ?? 0 > 2)
        #expect(try warehouse.number("SELECT count(*) FROM SILVER_CLEAN_STOCK_QUOTES") == 21)
    }

    @Test func anInterruptedReplayKeepsWhatItProduced() throws {
        let path = try recording(50_000)
        do {
            let pipeline = try open()
            var asked = 0
            #expect(throws: Interrupted.self) {
                try pipeline.replay(
                    [try ByteSource(path: path)],
                    control: RunControl(isCancelled: {
                        asked += 1
                        return asked > 2
                    }))
            }
            try pipeline.close()
        }
        let status = try PipelineStatus(data)
        let produced = try #require(status.partitions.first { $0.topic == "stock-quotes" }?.endOffset)
        #expect((8_000..<50_000).contains(produced))
        try Pipeline.replay([path], into: data)
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        #expect(try warehouse.number("SELECT count(*) FROM SILVER_CLEAN_STOCK_QUOTES") == 50_000)
    }

    @Test func objectKeysFollowFromOffsets() throws {
        var settings = PipelineSettings()
        settings.objectBytes = 10_000
        let path = try recording(500)
        try Pipeline.replay([path], into: data, settings: settings)
        let store = try ObjectStore(data.objects, access: .readOnly)
        let bucket = try BucketName("bronze-transactions")
        let objects = try store.list(bucket: bucket).objects
        var next: Int64 = 0
        for object in objects {
            #expect(object.key == "stock-quotes/partition=0/\(Offset(next).fileName).ndjson.zst")
            #expect(object.userMetadata["First-Offset"] == String(next))
            next = try #require(object.userMetadata["Next-Offset"].flatMap { Int64($0) })
        }
        #expect(next == 500)
        let other = DataDirectory(directory.file("other"))
        try Pipeline.replay([path], into: other, settings: settings)
        let again = try ObjectStore(other.objects, access: .readOnly).list(bucket: bucket).objects
        #expect(again.map(\.key) == objects.map(\.key))
        #expect(again.map(\.etag) == objects.map(\.etag), "the same log makes the same bytes")
    }

    /// The tutorials' layout: an object a quote, and none lost of those that share a symbol and a second.
    /// Gold is the same as with the usual one, and a layout can follow another.
    @Test func quotesAreObjectsOfTheirOwn() throws {
        let lines = (0..<40).map {
            Self.quote(
                ["A", "B/C", "..", "xl.meta", "A__XLDIR__"][$0 % 5], 10 + $0 % 7, 1_704_900_000 + $0 / 12)
                + "\n"
        }
        let path = try directory.write(lines.joined(), to: "same.ndjson")
        var settings = PipelineSettings()
        settings.keyLayout = .symbol
        settings.durability = .data
        let summary = try Pipeline.replay([path], into: data, settings: settings)
        #expect(summary.objectsPut == 40)
        let bucket = try BucketName("bronze-transactions")
        let objects = try ObjectStore(data.objects, access: .readOnly).list(bucket: bucket).objects
        #expect(objects.count == 40)
        #expect(objects.contains { $0.key == "A/1704900001.stock-quotes-0-0.json" })
        #expect(objects.contains { $0.key == "B%2fC/1704900001.stock-quotes-0-1.json" })
        #expect(objects.contains { $0.key == "%2e%2e/1704900001.stock-quotes-0-2.json" })
        let first = try ObjectStore(data.objects, access: .readOnly).get(
            bucket: bucket, key: try ObjectKey("A/1704900001.stock-quotes-0-0.json"))
        #expect(String(decoding: first, as: UTF8.self) == lines[0])
        let usual = DataDirectory(directory.file("usual"))
        _ = try Pipeline.replay([path], into: usual)
        #expect(try gold(data) == gold(usual))
        // The same recording again, in runs: what is there stays, and all of it is loaded.
        _ = try Pipeline.replay([path], into: data)
        #expect(try gold(data) == gold(usual))
        #expect(
            try Warehouse(path: data.warehouse, access: .readOnly).nextOffset(
                topic: "stock-quotes", partition: 0) == 80)
    }

    private func gold(_ directory: DataDirectory) throws -> [String] {
        let warehouse = try Warehouse(path: directory.warehouse, access: .readOnly)
        return try ["gold_kpi", "gold_candlestick", "gold_treechart"].flatMap { table in
            try warehouse.rows("SELECT * FROM \(table)").map { "\($0)" }
        }
    }

    @Test func keysOfTheSinkAreReadAsTheyAreWritten() {
        let partition = TopicPartition("stock-quotes", 3)
        let keys = [
            SinkKey(partition, Offset(17)), SinkKey(partition, Offset(0), symbol: "AAPL", seconds: 5),
            SinkKey(TopicPartition("a-1-2", 0), Offset(9), symbol: "", seconds: -4),
            SinkKey(partition, Offset(1), symbol: "x/..\u{0}", seconds: 0),
        ]
        for symbol in ["xl.meta", "A__XLDIR__", ".", "%", "ü", "A B", "../x"] {
            #expect(
                (try? ObjectKey(SinkKey(partition, Offset(1), symbol: symbol, seconds: 0).text)) != nil,
                "\(symbol)")
        }
        for key in keys {
            #expect(SinkKey(key.text) == key)
            #expect((try? ObjectKey(key.text)) != nil)
        }
        for text in [
            "A/5.json", "A/5.t-0.json", "A/x.t-0-0.json", "t/partition=0/17.ndjson.zst", "A/B/5.t-0-0.json",
        ] {
            #expect(SinkKey(text) == nil, "\(text)")
        }
    }

    /// Objects end where their records' times span enough; the times are the recording's, so the objects are
    /// the same each time.
    @Test func objectsAreClosedByTheTimeOfTheirRecords() throws {
        var settings = PipelineSettings()
        settings.rollMilliseconds = 10_000
        _ = try Pipeline.replay([try recording(95)], into: data, settings: settings)
        let objects = try ObjectStore(data.objects, access: .readOnly).list(
            bucket: try BucketName("bronze-transactions")
        ).objects
        #expect(
            objects.map { $0.userMetadata["First-Offset"] } == stride(from: 0, to: 95, by: 10).map { "\($0)" }
        )
        #expect(objects.last?.userMetadata["Records"] == "5")
    }

    /// The sink put an object and died before it committed; then more was produced. The object is put again,
    /// longer, and what had been loaded of it is not loaded twice.
    @Test func anObjectThatGrewIsLoadedFromWhereItGrew() throws {
        let first = try open()
        _ = try first.replay([try ByteSource(path: try recording(10, name: "a"))])
        let key = try ObjectKey("stock-quotes/partition=0/\(Offset.zero.fileName).ndjson.zst")
        let short = try first.store.get(bucket: try BucketName("bronze-transactions"), key: key)
        try first.groups.commit("bronze-sink", [TopicPartition("stock-quotes", 0): CommittedOffset(.zero)])
        try RecordingProducer(first, options: ReplayOptions(), control: RunControl())
            .produce(try ByteSource(path: try recording(25, name: "b")))
        _ = try first.sink()
        _ = try first.load()
        #expect(try first.store.get(bucket: try BucketName("bronze-transactions"), key: key) != short)
        let offsets = try first.warehouse.rows(
            "SELECT LOG_OFFSET FROM BRONZE_STOCK_QUOTES_RAW ORDER BY RAW_ID")
        #expect(offsets == (0..<35).map { [.integer($0)] })
    }

    @Test func foreignObjectsAndBadLinesInObjectsDoNotStopTheLoad() throws {
        let pipeline = try open()
        let bucket = try BucketName("bronze-transactions")
        func put(_ key: String, _ text: String) throws {
            var frame: [UInt8] = []
            try Array(text.utf8).withUnsafeBytes { try ZstdCompressor().compress($0, appendingTo: &frame) }
            try frame.withUnsafeBytes {
                _ = try pipeline.store.put($0, bucket: bucket, key: try ObjectKey(key))
            }
        }
        let good = Self.quote("A", 10, 1_704_900_000)
        try put("stock-quotes/partition=0/\(Offset.zero.fileName).ndjson.zst", "\(good)\nrubbish\n\(good)\n")
        try put("stock-quotes/readme.txt", "not ours")
        let result = try pipeline.load()
        #expect(result.stage.rows == 2)
        #expect(result.objects == 1)
        #expect(
            result.rejects.map(\.place.description) == [
                "s3://bronze-transactions/stock-quotes/partition=0/00000000000000000000.ndjson.zst:2"
            ])
        #expect(try pipeline.load().objects == 0, "an object is loaded once")
        let offsets = try pipeline.warehouse.rows(
            "SELECT LOG_OFFSET FROM BRONZE_STOCK_QUOTES_RAW ORDER BY RAW_ID")
        #expect(offsets == [[.integer(0)], [.integer(2)]])
    }

    @Test func tombstonesAndLineBreaksKeepOffsetsAndLinesTogether() throws {
        let pipeline = try open()
        let partition = pipeline.log.partitions(of: "stock-quotes")[0]
        let builder = RecordBatchBuilder(compression: .none)
        let pretty = Self.quote("A", 10, 1_704_900_000).replacing(",", with: ",\r\n")
        Array(pretty.utf8).withUnsafeBytes { value in
            builder.append(timestamp: 0, key: nil, value: nil)
            builder.append(timestamp: 0, key: nil, value: value)
        }
        var bytes: [UInt8] = []
        try builder.finish(into: &bytes)
        try partition.append(&bytes)
        try pipeline.log.flush()
        #expect(try pipeline.sink().stage.rows == 2)
        let result = try pipeline.load()
        #expect(result.rejects.map(\.reason) == ["malformed JSON: not a JSON object"])
        #expect(
            try pipeline.warehouse.rows("SELECT LOG_OFFSET, V:c::float FROM BRONZE_STOCK_QUOTES_RAW") == [
                [.integer(1), .float(10.5)]
            ])
    }

    @Test func oneProcessWritesAtATime() throws {
        let first = try open()
        try withExtendedLifetime(first) { () throws in
            let error = #expect(throws: DurableIOError.self) { try open() }
            #expect(error?.code == .locked)
            #expect(error?.message.contains("is in use by process") == true)
            let status = try PipelineStatus(data)
            #expect(status.partitions.count == 2)
        }
    }

    @Test func aRecordingThatCannotBeReadOnDoesNotStopTheNext() throws {
        var frame: [UInt8] = []
        try Array(try ProjectFiles.text("Fixtures/simulated.ndjson").utf8).withUnsafeBytes {
            try ZstdCompressor().compress($0, appendingTo: &frame)
        }
        let cut = try directory.write(Array(frame.prefix(frame.count / 2)), to: "cut.ndjson.zst")
        let empty = try directory.write("", to: "empty.ndjson")
        let binary = try directory.write([0, 1, 2, 3], to: "binary.ndjson")
        let good = try recording(10)
        let summary = try Pipeline.replay([cut, empty, binary, good], into: data)
        #expect(summary.recordings.map { $0.failure != nil } == [true, true, true, false])
        #expect(summary.recordings[0].quotes > 1000)
        #expect(summary.recordings[3].quotes == 10)
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        let reasons = try warehouse.rows(
            "SELECT REASON FROM LOAD_REJECTS WHERE REASON LIKE '%cut.ndjson.zst%' OR REASON LIKE '%binary%'")
        #expect(reasons.count == 2)
    }

    /// Offsets that begin anew below those that are loaded would be taken for rows that are there.
    @Test func aLogThatIsNotTheWarehousesIsRefused() throws {
        try Pipeline.replay([try recording(10)], into: data)
        try FileSystem.local.removeTree(data.log)
        let error = #expect(throws: LogError.self) { try Pipeline.replay([try recording(5)], into: data) }
        #expect(error?.message.contains("stock-quotes-0 ends at offset 0") == true)
        #expect(error?.message.contains("has loaded it up to 10") == true)
        try FileSystem.local.removeFile(data.warehouse)
        #expect(throws: Never.self) { try Pipeline.replay([try recording(5)], into: data) }
    }

    /// An object that was removed before it was loaded, and a bucket that is another than before: the log has
    /// the rows.
    @Test func whatTheBucketLacksIsSunkAgain() throws {
        var settings = PipelineSettings()
        settings.objectBytes = 1000
        do {
            let pipeline = try open(settings)
            let path = try recording(40)
            try RecordingProducer(pipeline, options: ReplayOptions(), control: RunControl())
                .produce(try ByteSource(path: path))
            #expect(try pipeline.sink().objects > 3)
            let bucket = try BucketName(settings.bucket)
            let objects = try pipeline.store.list(bucket: bucket).objects
            try pipeline.store.delete(bucket: bucket, key: try ObjectKey(objects[1].key))
            let error = #expect(throws: StoreError.self) { try pipeline.load() }
            #expect(error?.message.contains("the same command again") == true)
            try pipeline.close()
        }
        do {
            let pipeline = try open(settings)
            #expect(try pipeline.sink().objects > 0)
            #expect(try pipeline.load().stage.rows > 0)
            try RecordingProducer(pipeline, options: ReplayOptions(), control: RunControl())
                .produce(try ByteSource(path: try recording(10, name: "more")))
            _ = try pipeline.sink()
            try pipeline.close()
        }
        settings.bucket = "another-bucket"
        let pipeline = try open(settings)
        _ = try pipeline.sink()
        _ = try pipeline.load()
        let offsets = try pipeline.warehouse.rows(
            "SELECT LOG_OFFSET FROM BRONZE_STOCK_QUOTES_RAW ORDER BY RAW_ID")
        #expect(offsets == (0..<50).map { [.integer($0)] })
    }

    @Test func recordsLostFromTheLogDoNotTakeLaterOnesWithThem() throws {
        try Pipeline.replay([try recording(300)], into: data)
        try FileSystem.local.removeFile("\(data.log)/.kafka_cleanshutdown")
        let segment = "\(data.log)/stock-quotes-0/\(Offset.zero.fileName).log"
        try FileSystem.local.open(segment, .update).write([0xFF, 0xFF], at: 100)
        let later = (0..<100).map { Self.quote("D", 20, 1_704_990_000 + $0) + "\n" }.joined()
        try Pipeline.replay([try directory.write(later, to: "later")], into: data)
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        let rows = try warehouse.rows(
            "SELECT count(*), min(LOG_OFFSET), max(LOG_OFFSET) FROM BRONZE_STOCK_QUOTES_RAW WHERE V:symbol = 'D'"
        )
        #expect(rows == [[.integer(100), .integer(300), .integer(399)]])
        #expect(try warehouse.number("SELECT count(*) FROM SILVER_CLEAN_STOCK_QUOTES") == 400)
    }

    @Test func oneDamagedObjectDoesNotKeepOthersFromBeingLoaded() throws {
        try Pipeline.replay([try recording(10)], into: data)
        let key = "stock-quotes/partition=0/\(Offset.zero.fileName).ndjson.zst"
        let meta = try FileSystem.local.open("\(data.objects)/bronze-transactions/\(key)/xl.meta", .update)
        try meta.write([0xFF], at: 40)
        #expect(try PipelineStatus(data).buckets.map(\.damaged) == [1])
        try Pipeline.replay([try recording(30, name: "more")], into: data)
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        #expect(try warehouse.number("SELECT count(*) FROM BRONZE_STOCK_QUOTES_RAW") == 40)
        // Not loaded yet, it is put again from the log.
        try FileSystem.local.removeFile(data.warehouse)
        try Pipeline.replay([try recording(1, name: "one")], into: data)
        let again = try Warehouse(path: data.warehouse, access: .readOnly)
        #expect(try again.number("SELECT count(*) FROM BRONZE_STOCK_QUOTES_RAW") == 41)
    }
}
