import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

@Suite struct TopicTests {
    private let directory: TemporaryDirectory
    private let clock = TestClock(1_700_000_000_000)

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(_ access: LogDirectory.Access = .readWrite) throws -> LogDirectory {
        let clock = self.clock
        return try LogDirectory(directory.path, access: access, clock: { clock.now })
    }

    private func append(
        _ log: LogDirectory, _ topic: String, key: [UInt8]? = [1], time: Int64? = nil,
        _ compression: Compression = .none
    ) throws -> PartitionLog.AppendResult {
        var bytes = try batch(
            [
                OwnedRecord(offset: 0, timestamp: time ?? clock.now, key: key, value: Array("value".utf8)),
                OwnedRecord(offset: 1, timestamp: time ?? clock.now, key: key, value: Array("other".utf8)),
            ], compression: compression)
        return try log.partition(TopicPartition(topic, 0)).append(&bytes)
    }

    private func code(_ body: () throws -> Void) -> LogError.Code? {
        #expect(throws: LogError.self, performing: body)?.code
    }

    // MARK: Settings

    @Test func everyConfigIsReadAsItIsWritten() throws {
        var configuration = LogConfiguration()
        for config in TopicConfig.all {
            let value = config.get(configuration)
            try configuration.set(config.name, to: value)
            #expect(config.get(configuration) == value, "\(config.name)")
        }
        #expect(configuration == LogConfiguration())
        for (name, value) in [
            ("cleanup.policy", "compact,delete"), ("compression.type", "zstd"), ("flush.messages", "100"),
            ("flush.ms", "250"), ("message.timestamp.type", "LogAppendTime"), ("retention.bytes", "5"),
            ("min.cleanable.dirty.ratio", "0.25"), ("segment.bytes", "1000"),
        ] {
            try configuration.set(name, to: value)
            #expect(TopicConfig.all.first { $0.name == name }?.get(configuration) == value)
        }
        #expect(configuration.flush == .interval(records: 100, milliseconds: 250))
        try configuration.set("flush.messages", to: "1")
        #expect(configuration.flush == .batch)
    }

    @Test(arguments: [
        ("nonsense", "1"), ("retention.ms", "-2"), ("retention.ms", "soon"), ("segment.bytes", "1"),
        ("cleanup.policy", "keep"), ("compression.type", "gzip"), ("min.cleanable.dirty.ratio", "2"),
        ("message.timestamp.type", "Never"),
    ])
    func aConfigThatMakesNoSenseIsRefused(name: String, value: String) throws {
        let log = try open()
        #expect(code { try log.createTopic("t", partitions: 1, configs: [name: value]) } == .invalidConfig)
        #expect(!log.hasTopic("t"))
        try log.createTopic("t", partitions: 1)
        #expect(code { try log.alterTopic("t", set: [name: value]) } == .invalidConfig)
        #expect(log.ownConfigs(of: "t").isEmpty)
    }

    @Test func settingsLastAndCanBeTakenBack() throws {
        do {
            let log = try open()
            try log.createTopic(
                "t", partitions: 2, configs: ["retention.ms": "1000", "max.message.bytes": "500"])
            try log.alterTopic("t", set: ["segment.bytes": "2000"], unset: ["retention.ms"])
        }
        let log = try open()
        #expect(log.ownConfigs(of: "t") == ["max.message.bytes": "500", "segment.bytes": "2000"])
        for partition in log.partitions(of: "t") {
            #expect(partition.configuration.segmentBytes == 2000)
            #expect(partition.configuration.maxMessageBytes == 500)
            #expect(partition.configuration.retentionMilliseconds == LogConfiguration().retentionMilliseconds)
        }
    }

    @Test func timesAreCheckedAndSetAsTheTopicSays() throws {
        let log = try open()
        try log.createTopic(
            "checked", partitions: 1,
            configs: ["message.timestamp.before.max.ms": "1000", "message.timestamp.after.max.ms": "1000"])
        _ = try append(log, "checked", time: clock.now - 900)
        #expect(code { _ = try append(log, "checked", time: clock.now - 1100) } == .invalidTimestamp)
        #expect(code { _ = try append(log, "checked", time: clock.now + 1100) } == .invalidTimestamp)
        try log.createTopic("stamped", partitions: 1, configs: ["message.timestamp.type": "LogAppendTime"])
        let result = try append(log, "stamped", time: 5)
        #expect(result.logAppendTime == clock.now)
        let stored = try #require(try log.partition(TopicPartition("stamped", 0)).batch(holding: .zero))
        #expect(try stored.ownedRecords.map(\.timestamp) == [clock.now, clock.now])
        #expect(stored.withView { $0.isIntact })
    }

    @Test func theTopicsCompressionReplacesTheProducers() throws {
        let log = try open()
        try log.createTopic("z", partitions: 1, configs: ["compression.type": "zstd"])
        try log.createTopic("n", partitions: 1, configs: ["compression.type": "uncompressed"])
        for (topic, codec) in [("z", Compression.zstd), ("n", .none)] {
            for sent in [Compression.none, .zstd] {
                let offset = try append(log, topic, sent).baseOffset
                let stored = try #require(try log.partition(TopicPartition(topic, 0)).batch(holding: offset))
                #expect(stored.header.compression == codec)
                #expect(try stored.ownedRecords.map(\.value) == [Array("value".utf8), Array("other".utf8)])
                #expect(try stored.ownedRecords.map(\.offset) == [offset.value, offset.value + 1])
            }
        }
    }

    @Test func aCompactedTopicWantsKeys() throws {
        let log = try open()
        try log.createTopic("c", partitions: 1, configs: ["cleanup.policy": "compact"])
        _ = try append(log, "c")
        #expect(code { _ = try append(log, "c", key: nil) } == .invalidRecord)
    }

    @Test func aClientsBatchMustBeAsKafkaWantsIt() throws {
        let log = try open()
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        func refused(_ change: (UnsafeMutableRawBufferPointer) -> Void) throws -> LogError.Code? {
            var bytes = try batch([OwnedRecord(offset: 0, timestamp: 5, key: nil, value: [1])])
            bytes.withUnsafeMutableBytes {
                change($0)
                $0.storeBigEndian(RecordBatchView.checksum(UnsafeRawBufferPointer($0)), at: 17)
            }
            return code { try partition.append(&bytes) }
        }
        #expect(try refused { $0.storeBigEndian(Int16(0x20), at: 21) } == .invalidRecord)
        #expect(try refused { $0.storeBigEndian(Int16(0x40), at: 21) } == .invalidRecord)
        #expect(try refused { $0.storeBigEndian(Int16(5), at: 21) } == .unsupportedCompression)
        #expect(try refused { $0.storeBigEndian(Int16(0x10), at: 21) } == .invalidRecord)
        #expect(try refused { $0.storeBigEndian(Int32(0), at: 57) } == .invalidRecord)
        #expect(try refused { $0.storeBigEndian(Int32(7), at: 23) } == .invalidRecord)
        #expect(try refused { $0.storeBigEndian(Int64(9), at: 43) } == .invalidRecord)
        #expect(try refused { $0[16] = 1 } == .corruptMessage)
        #expect(partition.logEndOffset == .zero)
    }

    // MARK: Topics

    @Test func partitionsAreAddedAndTopicsDeleted() throws {
        let log = try open()
        try log.createTopic("t", partitions: 2, configs: ["segment.bytes": "2000"])
        try log.addPartitions(to: "t", total: 5)
        #expect(log.partitions(of: "t").count == 5)
        #expect(log.partitions(of: "t").allSatisfy { $0.configuration.segmentBytes == 2000 })
        #expect(Set(try log.partitions(of: "t").map { try log.topicID($0.topicPartition) }).count == 1)
        #expect(code { try log.addPartitions(to: "t", total: 5) } == .invalidPartitions)
        #expect(code { try log.addPartitions(to: "missing", total: 5) } == .unknownTopicOrPartition)
        let held = try log.partition(TopicPartition("t", 0))
        try log.deleteTopic("t")
        #expect(!log.hasTopic("t"))
        #expect(code { _ = try held.batch(holding: .zero) } == .unknownTopicOrPartition)
        #expect(code { try log.deleteTopic("t") } == .unknownTopicOrPartition)
        #expect(try FileSystem.local.list(directory.path).allSatisfy { !$0.hasPrefix("t") })
        try log.createTopic("t", partitions: 1)
        #expect(try log.partition(TopicPartition("t", 0)).logEndOffset == .zero)
        try log.createTopic("a.b", partitions: 1)
        #expect(code { try log.createTopic("a_b", partitions: 1) } == .invalidTopic)
    }

    /// Every operation of making, growing and deleting a topic fails in turn: afterwards the topic is there as before
    /// or as wanted, and the same call can be made again.
    @Test func changesOfTopicsAreAllOrNothing() throws {
        let counter = FaultPlan(operation: .max, fault: .crash)
        func work(_ path: String, _ fileSystem: FileSystem) throws {
            let log = try LogDirectory(path, fileSystem: fileSystem)
            if !log.hasTopic("t") { try log.createTopic("t", partitions: 2) }
            if log.partitions(of: "t").count < 4 { try log.addPartitions(to: "t", total: 4) }
            try log.deleteTopic("t")
        }
        let whole = try TemporaryDirectory()
        try work(whole.path, FileSystem(faults: counter))
        for operation in 0..<counter.operationsPerformed {
            let directory = try TemporaryDirectory()
            try? work(directory.path, FileSystem(faults: FaultPlan(operation: operation, fault: .crash)))
            do {
                let log = try LogDirectory(directory.path)
                #expect([0, 2, 4].contains(log.partitions(of: "t").count), "operation \(operation)")
            }
            try work(directory.path, .local)
            #expect(try LogDirectory(directory.path).topics.isEmpty, "operation \(operation)")
        }
    }

    // MARK: Reading

    @Test func offsetsAreFoundByTime() throws {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 1000
        configuration.indexIntervalBytes = 200
        let log = try LogDirectory(directory.path, configuration: configuration)
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        #expect(try partition.offset(forTimestamp: 0) == nil)
        #expect(try partition.offsetOfMaxTimestamp() == nil)
        // Times go up and down, as those of several producers do.
        var times: [Int64] = []
        var random = SeededGenerator(seed: 5)
        for start in 0..<60 {
            let own = (0..<3).map {
                1000 + Int64(start * 10 + $0) + Int64.random(in: -40...40, using: &random)
            }
            var bytes = try batch(own.map { OwnedRecord(offset: 0, timestamp: $0, key: nil, value: [1]) })
            try partition.append(&bytes)
            times += own
        }
        #expect(partition.segmentCount > 3)
        for round in 0..<2 {
            for time in stride(from: Int64(900), to: 1700, by: 7) {
                let expected = times.firstIndex { $0 >= time }
                #expect(
                    try partition.offset(forTimestamp: time)?.offset == expected.map { Offset(Int64($0)) },
                    "time \(time), round \(round)")
            }
            let latest = try #require(times.max())
            let found = try #require(try partition.offsetOfMaxTimestamp())
            #expect(found.timestamp == latest)
            #expect(times[Int(found.offset.value)] == latest)
        }
    }

    @Test func aFetchBringsWholeBatchesUpToItsLimit() throws {
        let log = try open()
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        var sizes: [Int] = []
        for number in 0..<20 {
            var bytes = try batch([
                OwnedRecord(
                    offset: 0, timestamp: 1, key: nil, value: [UInt8](repeating: 7, count: number * 50))
            ])
            sizes.append(bytes.count)
            try partition.append(&bytes)
        }
        let buffer = FetchBuffer()
        for maxBytes in [1, 100, 500, 2000, 1 << 20] {
            var next = Offset.zero
            while next < Offset(20) {
                let fetched = try partition.fetch(from: next, maxBytes: maxBytes, into: buffer)
                let count = Int(fetched.nextOffset - next)
                let bytes = sizes[Int(next.value)..<Int(fetched.nextOffset.value)].reduce(0, +)
                #expect(buffer.bytes.count == bytes)
                #expect(count == 1 || bytes <= maxBytes)
                if fetched.nextOffset < Offset(20) {
                    #expect(bytes + sizes[Int(fetched.nextOffset.value)] > maxBytes)
                }
                next = fetched.nextOffset
            }
            #expect(try partition.fetch(from: next, maxBytes: maxBytes, into: buffer).nextOffset == next)
            #expect(buffer.bytes.isEmpty)
        }
    }

    @Test func aReaderBesideAWriterSeesWhatComes() throws {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 400
        let log = try LogDirectory(directory.path, configuration: configuration)
        try log.createTopic("t", partitions: 1)
        let reader = try LogDirectory(directory.path, access: .readOnly, configuration: configuration)
        let partition = try reader.partition(TopicPartition("t", 0))
        for round in 1...6 {
            for _ in 0..<3 { _ = try append(log, "t") }
            try partition.refresh()
            #expect(partition.logEndOffset == Offset(Int64(round * 6)))
        }
        #expect(try partition.batch(holding: Offset(35))?.header.lastOffset == Offset(35))
        #expect(code { try reader.createTopic("u", partitions: 1) } == .invalidRequest)
    }

    /// A directory that is only looked at is left as it is, whatever is asked of it.
    @Test func lookingOnChangesNothing() throws {
        let old = clock.now - 30 * 24 * 3_600_000
        let log = try open()
        try log.createTopic("t", partitions: 1, configs: ["segment.bytes": "300", "retention.ms": "-1"])
        for _ in 0..<10 { _ = try append(log, "t", time: old) }
        let before = try FileSystem.local.list(directory.file("t-0"))
        var configuration = LogConfiguration()
        configuration.retentionMilliseconds = 1000
        let reader = try EmbeddedLog(
            directory.path, access: .readOnly, configuration: configuration, logger: .silent)
        reader.maintain()
        #expect(throws: LogError.self) { try reader.directory.flush() }
        #expect(throws: LogError.self) { try reader.directory.partition(TopicPartition("t", 0)).rollActive() }
        #expect(try FileSystem.local.list(directory.file("t-0")) == before)
        #expect(try !FileSystem.local.list(directory.path).contains("recovery-point-offset-checkpoint"))
        #expect(code { _ = try append(reader.directory, "t") } == .invalidRequest)
        _ = try append(log, "t")
    }

    @Test func aReaderBesideAWriterSeesTransactionsAsTheyAre() async throws {
        let log = try EmbeddedLog(directory.path, logger: .silent)
        try log.directory.createTopic("t", partitions: 1)
        let reader = try LogDirectory(directory.path, access: .readOnly).partition(TopicPartition("t", 0))
        var options = Producer.Options()
        options.transactionalID = "m"
        let producer = try log.makeProducer(options)
        func seen() throws -> [UInt8] {
            try reader.refresh()
            var values: [UInt8] = []
            let records = PartitionReader(reader, from: .zero, isolation: .readCommitted)
            while try records.next({ values += $0.value.map(Array.init) ?? [] }) {}
            return values
        }
        for value: UInt8 in 0..<6 {
            try producer.beginTransaction()
            try await producer.send(ProducerRecord(topic: "t", value: [value]))
            #expect(try !seen().contains(value))
            if value % 2 == 0 {
                try await producer.commitTransaction()
            } else {
                try await producer.abortTransaction()
            }
        }
        #expect(try seen() == [0, 2, 4])
    }

    // MARK: Leader epochs

    @Test func theEpochGoesUpWhereRecordsWereLost() throws {
        do {
            let log = try open()
            try log.createTopic("t", partitions: 1)
            for _ in 0..<3 { _ = try append(log, "t") }
            try log.flush()
        }
        #expect(try open().partition(TopicPartition("t", 0)).leaderEpoch == 0)
        let path = directory.file("t-0/\(Offset.zero.fileName).log")
        let size = try FileSystem.local.contents(of: path).count
        try FileSystem.local.open(path, .update).write([0xFF], at: size - 1)
        let log = try open()
        #expect(log.recoveries.map(\.lostFlushedRecords) == [true])
        let partition = try log.partition(TopicPartition("t", 0))
        #expect(partition.leaderEpoch == 1)
        #expect(try append(log, "t").baseOffset == Offset(6))
        #expect(try partition.batch(holding: Offset(6))?.header.partitionLeaderEpoch == 1)
        let first = try #require(partition.endOffset(ofLeaderEpoch: 0))
        #expect((first.epoch, first.endOffset) == (0, Offset(6)))
        let second = try #require(partition.endOffset(ofLeaderEpoch: 1))
        #expect((second.epoch, second.endOffset) == (1, Offset(8)))
    }
}
