import DurableIO
import Logging
import MarketData
import ObjectStore
import PartitionedLog
import SQLiteKit
import TestSupport
import Testing
import Vectors
import Warehouse

@testable import Pipeline

/// A log that others write to in transactions.
@Suite struct CommittedTests {
    private let directory: TemporaryDirectory
    private var data: DataDirectory { DataDirectory(directory.file("data")) }

    init() throws { directory = try TemporaryDirectory() }

    private static func quote(_ symbol: String, _ second: Int) -> String {
        #"{"c":\#(second).5,"d":0.1,"dp":0.1,"h":1,"l":1,"o":1,"pc":1,"t":\#(1_704_900_000 + second),"#
            + #""symbol":"\#(symbol)","fetched_at":\#(1_704_900_001 + second)}"#
    }

    /// Writes to the log as another program would.
    private func withLog(_ body: (EmbeddedLog, Producer) async throws -> Void) async throws {
        let log = try EmbeddedLog(data.log)
        for (topic, partitions) in [("stock-quotes", Int32(1)), ("stock-quotes-rejects", 1)]
        where !log.directory.hasTopic(topic) {
            try log.directory.createTopic(topic, partitions: partitions, configs: ["flush.messages": "1"])
        }
        var options = Producer.Options()
        options.transactionalID = "feed"
        try await body(log, try log.makeProducer(options))
        try await log.close()
    }

    private func send(_ producer: Producer, _ symbol: String, _ seconds: Range<Int>) async throws {
        for second in seconds {
            try await producer.send(
                ProducerRecord(topic: "stock-quotes", key: symbol, value: Self.quote(symbol, second)))
        }
    }

    private func open(_ settings: PipelineSettings = PipelineSettings()) throws -> Pipeline {
        try Pipeline(
            data, settings: settings,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func drain(_ settings: PipelineSettings = PipelineSettings()) throws {
        let pipeline = try open(settings)
        _ = try pipeline.sink()
        _ = try pipeline.load()
        _ = try pipeline.build()
        try pipeline.close()
    }

    private func symbols(_ table: String = "SILVER_CLEAN_STOCK_QUOTES") throws -> [String] {
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        let column = table.contains("SILVER") ? "symbol" : "V:symbol::string"
        return try warehouse.rows("SELECT \(column), count(*) FROM \(table) GROUP BY 1 ORDER BY 1").map {
            $0.map(\.description).joined(separator: " ")
        }
    }

    @Test(arguments: KeyLayout.allCases)
    func whatWasAbortedNeverReachesGold(layout: KeyLayout) async throws {
        var settings = PipelineSettings()
        settings.keyLayout = layout
        try await withLog { _, producer in
            for (symbol, isCommit) in [("KEPT", true), ("GONE", false), ("ALSO", true), ("LOST", false)] {
                try producer.beginTransaction()
                try await send(producer, symbol, 0..<5)
                if isCommit {
                    try await producer.commitTransaction()
                } else {
                    try await producer.abortTransaction()
                }
            }
        }
        try drain(settings)
        #expect(try symbols() == ["ALSO 5", "KEPT 5"])
        #expect(try symbols("BRONZE_STOCK_QUOTES_RAW") == ["ALSO 5", "KEPT 5"])
        let store = try ObjectStore(data.objects, access: .readOnly)
        let bucket = try BucketName("bronze-transactions")
        var records = 0
        try store.forEachObject(bucket: bucket) { object in
            records += object.userMetadata["Records"].flatMap { Int($0) } ?? 0
        }
        #expect(records == 10)
        // Nothing is put or loaded again.
        let pipeline = try open(settings)
        #expect(try pipeline.sink().stage.rows == 0)
        #expect(try pipeline.load().stage.rows == 0)
    }

    @Test func anOpenTransactionHoldsBackWhatIsBehindIt() async throws {
        try await withLog { log, producer in
            let other = try log.makeProducer()
            try await send(other, "BEFORE", 0..<3)
            try producer.beginTransaction()
            try await send(producer, "OPEN", 0..<3)
            try await send(other, "BEHIND", 0..<3)
        }
        try drain()
        #expect(try symbols() == ["BEFORE 3"])
        // Its producer begins anew, which aborts what it left.
        try await withLog { _, producer in
            try producer.beginTransaction()
            try await send(producer, "LATER", 0..<2)
            try await producer.commitTransaction()
        }
        try drain()
        #expect(try symbols() == ["BEFORE 3", "BEHIND 3", "LATER 2"])
    }

    /// An object that is missing behind a marker is missed, and one that aborted records would be in is not.
    @Test func gapsAreToldFromLostObjects() async throws {
        try await withLog { log, producer in
            let other = try log.makeProducer()
            try await send(other, "A", 0..<3)
            try producer.beginTransaction()
            try await send(producer, "GONE", 0..<3)
            try await producer.abortTransaction()
            try await send(other, "B", 0..<3)
            try producer.beginTransaction()
            try await send(producer, "C", 0..<3)
            try await producer.commitTransaction()
        }
        try loseTheFirstObject()
        try drain()
        #expect(try symbols() == ["A 3", "B 3", "C 3"])
    }

    private func loseTheFirstObject() throws {
        let pipeline = try open()
        _ = try pipeline.sink()
        let keys = try pipeline.store.list(bucket: pipeline.bucket).objects.map(\.key)
        #expect(keys.count == 2)
        try pipeline.store.delete(bucket: pipeline.bucket, key: try ObjectKey(keys[0]))
        let error = #expect(throws: StoreError.self) { try pipeline.load() }
        #expect(
            error?.message.contains("lacks the object with offsets 0 to 6") == true,
            "\(error?.message ?? "")")
        try pipeline.close()
    }

    @Test func rejectsThatWereAbortedAreNone() async throws {
        try await withLog { _, producer in
            for (text, isCommit) in [("kept", true), ("gone", false)] {
                try producer.beginTransaction()
                try await producer.send(
                    ProducerRecord(topic: "stock-quotes-rejects", key: "k", value: text))
                if isCommit {
                    try await producer.commitTransaction()
                } else {
                    try await producer.abortTransaction()
                }
            }
        }
        try drain()
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        #expect(try warehouse.rows("SELECT RAW_LINE FROM LOAD_REJECTS") == [[.text("kept")]])
    }
}
