import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

@Suite struct PartitionLogTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func records(_ range: Range<Int>) -> [OwnedRecord] {
        range.map {
            OwnedRecord(
                offset: Int64($0), timestamp: 1_700_000_000_000 + Int64($0), key: Array("k\($0 % 3)".utf8),
                value: Array("value \($0)".utf8))
        }
    }

    private func readAll(_ partition: PartitionLog, from start: Offset = .zero) throws -> [OwnedRecord] {
        var all: [OwnedRecord] = []
        var next = start
        while let batch = try partition.batch(holding: next) {
            all += try batch.ownedRecords.filter { $0.offset >= next.value }
            next = batch.header.lastOffset + 1
        }
        return all
    }

    private var smallSegments: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.flush = .batch
        configuration.segmentBytes = 2000
        configuration.indexIntervalBytes = 200
        return configuration
    }

    @Test func readersSeeWhatIsFlushed() throws {
        let log = try LogDirectory(directory.path, configuration: smallSegments)
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        var first = try batch(records(0..<3))
        #expect(try partition.append(&first).baseOffset == .zero)
        #expect(partition.logEndOffset == Offset(3))
        #expect(partition.highWatermark == .zero)
        #expect(try partition.batch(holding: .zero) == nil)
        try partition.flush()
        #expect(try readAll(partition) == records(0..<3))
        #expect(throws: LogError.self) { try partition.batch(holding: Offset(4)) }
    }

    @Test func offsetsGoOnAcrossSegmentsAndRestarts() throws {
        for round in 0..<3 {
            let log = try LogDirectory(directory.path, configuration: smallSegments)
            if round == 0 { try log.createTopic("t", partitions: 1) }
            let partition = try log.partition(TopicPartition("t", 0))
            for start in stride(from: round * 100, to: (round + 1) * 100, by: 5) {
                var bytes = try batch(records(start..<start + 5))
                #expect(try partition.append(&bytes).baseOffset == Offset(Int64(start)))
            }
            if round == 1 { try partition.flush() } else { try log.close() }
        }
        let log = try LogDirectory(directory.path, access: .readOnly, configuration: smallSegments)
        let partition = try log.partition(TopicPartition("t", 0))
        #expect(partition.segmentCount > 3)
        #expect(try readAll(partition) == records(0..<300))
        for start in [1, 99, 100, 101, 250, 299] {
            #expect(
                try readAll(partition, from: Offset(Int64(start))) == records(start..<300), "from \(start)")
        }
    }

    @Test func indexEntriesPointAtTheBatchesTheyName() throws {
        let log = try LogDirectory(directory.path, configuration: smallSegments)
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        for start in stride(from: 0, to: 200, by: 2) {
            var bytes = try batch(records(start..<start + 2))
            try partition.append(&bytes)
        }
        try log.close()
        let checked = try SegmentFiles.check("\(directory.path)/t-0")
        #expect(checked.offsetEntries > 10)
        #expect(checked.timeEntries > 10)
    }

    /// An entry comes before the first batch that is behind more than the interval, not behind just as much.
    @Test func theIndexIntervalIsKafkas() throws {
        let size = try batch(records(0..<1)).count
        var configuration = LogConfiguration()
        configuration.indexIntervalBytes = size
        let log = try LogDirectory(directory.path, configuration: configuration)
        try log.createTopic("t", partitions: 1)
        for _ in 0..<7 {
            var bytes = try batch(records(0..<1))
            #expect(bytes.count == size)
            try log.partition(TopicPartition("t", 0)).append(&bytes)
        }
        try log.close()
        let index = try #require(
            try SegmentIndex<OffsetEntry>(
                mapping: "\(directory.path)/t-0/\(Offset.zero.fileName).index", base: .zero,
                fileSystem: .local,
                { _ in true }))
        #expect(
            index.entries == [
                OffsetEntry(Offset(2), 2 * size), OffsetEntry(Offset(4), 4 * size),
                OffsetEntry(Offset(6), 6 * size),
            ])
    }

    @Test func badBatchesAreRefusedAndLeaveNothing() throws {
        var configuration = LogConfiguration()
        configuration.maxMessageBytes = 500
        let log = try LogDirectory(directory.path, configuration: configuration)
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        var large = try batch([
            OwnedRecord(offset: 0, timestamp: 0, key: nil, value: [UInt8](repeating: 1, count: 600))
        ])
        #expect(#expect(throws: LogError.self) { try partition.append(&large) }?.code == .messageTooLarge)
        var damaged = try batch(records(0..<1))
        damaged[70] ^= 1
        #expect(#expect(throws: LogError.self) { try partition.append(&damaged) }?.code == .corruptMessage)
        #expect(partition.logEndOffset == .zero)
    }

    @Test func topicsAreNamedAndMadeByKafkasRules() throws {
        let log = try LogDirectory(directory.path)
        for name in ["", ".", "..", "a b", "a/b", "é", String(repeating: "x", count: 250)] {
            #expect(
                #expect(throws: LogError.self) { try log.createTopic(name, partitions: 1) }?.code
                    == .invalidTopic)
        }
        #expect(
            #expect(throws: LogError.self) { try log.createTopic("t", partitions: 0) }?.code
                == .invalidPartitions)
        try log.createTopic("t-1", partitions: 2)
        #expect(
            #expect(throws: LogError.self) { try log.createTopic("t-1", partitions: 2) }?.code
                == .topicAlreadyExists)
        let metadata = try FileSystem.local.contents(of: "\(directory.path)/t-1-0/partition.metadata")
        let text = String(decoding: metadata, as: UTF8.self)
        #expect(text.wholeMatch(of: /version: 0\ntopic_id: [A-Za-z0-9_-]{22}/) != nil, "\(text)")
        #expect(
            try FileSystem.local.contents(of: "\(directory.path)/t-1-1/leader-epoch-checkpoint")
                == Array("0\n1\n0 0\n".utf8))
    }

    @Test func keysKeepTheirPartition() throws {
        let log = try LogDirectory(directory.path)
        try log.createTopic("t", partitions: 4)
        let producer = try TopicWriter(log, topic: "t", batchBytes: 300)
        for number in 0..<200 {
            let key = Array("symbol\(number % 10)".utf8)
            try key.withUnsafeBytes { key in
                try Array("v\(number)".utf8).withUnsafeBytes {
                    try producer.send(key: key, value: $0, timestamp: Int64(number))
                }
            }
        }
        try producer.flush()
        var homes: [[UInt8]: Set<Int32>] = [:]
        var values: [[UInt8]: [Int64]] = [:]
        for partition in log.partitions(of: "t") {
            for record in try readAll(partition) {
                homes[record.key ?? [], default: []].insert(partition.topicPartition.partition)
                values[record.key ?? [], default: []].append(record.timestamp)
            }
        }
        #expect(homes.count == 10)
        #expect(homes.values.allSatisfy { $0.count == 1 })
        #expect(values.values.allSatisfy { $0.count == 20 && $0 == $0.sorted() })
    }

    @Test func groupsGoOnWhereTheyCommitted() throws {
        let partition = TopicPartition("stock-quotes", 0)
        do {
            let log = try LogDirectory(directory.path)
            try log.createTopic("stock-quotes", partitions: 1)
            let groups = try GroupCoordinator(log)
            #expect(try groups.committed("bronze-sink", partition) == nil)
            try groups.commit("bronze-sink", [partition: CommittedOffset(Offset(10))])
            try groups.commit("bronze-sink", [partition: CommittedOffset(Offset(25), metadata: "noon")])
            try groups.commit("other", [partition: CommittedOffset(Offset(3))])
        }
        let groups = try GroupCoordinator(LogDirectory(directory.path))
        #expect(groups.groups == ["bronze-sink", "other"])
        #expect(try groups.committed("bronze-sink", partition)?.offset == Offset(25))
        #expect(try groups.committed("bronze-sink", partition)?.metadata == "noon")
        #expect(try groups.committed("other", partition)?.offset == Offset(3))
    }

    /// `Utils.abs("bronze-sink".hashCode()) % 50`, by Java.
    @Test func aGroupsPartitionIsTheOneThatKafkaChooses() {
        #expect(InternalTopic.groups.partitionNumber(for: "bronze-consumer1") == 38)
        #expect(InternalTopic.groups.partitionNumber(for: "bronze-sink") == 18)
    }

    @Test func aSecondWriterIsRefusedAndAReaderIsNot() throws {
        let log = try LogDirectory(directory.path)
        try log.createTopic("t", partitions: 1)
        #expect(#expect(throws: DurableIOError.self) { try LogDirectory(directory.path) }?.code == .locked)
        #expect(try LogDirectory(directory.path, access: .readOnly).topics == ["t"])
    }

    @Test func aTopicWhoseMakingWasInterruptedIsMadeAnew() throws {
        let counter = FaultPlan(operation: .max, fault: .crash)
        _ = try LogDirectory(directory.file("a"), fileSystem: FileSystem(faults: counter))
        for operation in counter.operationsPerformed..<counter.operationsPerformed + 40 {
            let path = directory.file("\(operation)")
            let faults = FileSystem(faults: FaultPlan(operation: operation, fault: .crash))
            try? LogDirectory(path, fileSystem: faults).createTopic("t", partitions: 3)
            let log = try LogDirectory(path)
            if !log.hasTopic("t") { try log.createTopic("t", partitions: 3) }
            #expect(
                log.partitions(of: "t").map(\.topicPartition.partition) == [0, 1, 2], "operation \(operation)"
            )
        }
    }

    /// The checksum does not cover a batch's base offset.
    @Test func anOffsetThatCannotBeIsDamage() throws {
        for offset in [Int64.max, Int64.max - 1, 1 << 40, -1] {
            let path = directory.file("\(offset)")
            try FileSystem.local.createDirectory("\(path)/t-0")
            var first = try batch(records(0..<2))
            var second = try batch(records(2..<4))
            second.withUnsafeMutableBytes { $0.storeBigEndian(offset, at: 0) }
            first += second
            let file = try FileSystem.local.open("\(path)/t-0/\(Offset.zero.fileName).log", .replace)
            try file.write(first, at: 0)
            let log = try LogDirectory(path)
            #expect(log.recoveries.count == 1)
            #expect(try readAll(log.partition(TopicPartition("t", 0))) == records(0..<2))
        }
    }
}
