import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

@Suite struct RetentionTests {
    private let directory: TemporaryDirectory
    private let clock = TestClock(1_700_000_000_000)

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(_ configure: (inout LogConfiguration) -> Void = { _ in }) throws -> LogDirectory {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 300
        configure(&configuration)
        let clock = self.clock
        return try LogDirectory(directory.path, configuration: configuration, clock: { clock.now })
    }

    /// Appends records of about 85 bytes, one a second.
    private func fill(_ partition: PartitionLog, _ count: Int) throws {
        for number in 0..<count {
            var bytes = try batch([
                OwnedRecord(
                    offset: 0, timestamp: clock.now, key: nil, value: Array("record \(number % 10)".utf8))
            ])
            try partition.append(&bytes)
            clock.advance(1000)
        }
    }

    @Test func oldSegmentsGoAndTheirFilesWithThem() throws {
        let log = try open { $0.retentionMilliseconds = 10_000 }
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        try fill(partition, 30)
        let before = partition.segmentCount
        let removed = try partition.applyRetention(now: clock.now)
        #expect(removed.segments > 3)
        #expect(partition.segmentCount == before - removed.segments)
        // What is kept begins with the segment whose last record is young enough.
        let reader = PartitionReader(partition, from: partition.logStartOffset)
        var offsets: [Int64] = []
        while try reader.next({ offsets.append($0.offset.value) }) {}
        #expect(offsets.last == 29)
        #expect(offsets.first.map { $0 <= 20 && $0 > 15 } ?? false)
        #expect(throws: LogError.self) { try partition.batch(holding: .zero) }
        let bases = try FileSystem.local.list(directory.file("t-0")).compactMap {
            Int64($0.prefix(20))
        }
        #expect(bases.min() == partition.logStartOffset.value)
        try log.close()
        let reopened = try open()
        #expect(reopened.recoveries.isEmpty)
        #expect(try reopened.partition(TopicPartition("t", 0)).logStartOffset.value == offsets.first)
    }

    @Test func whenAllIsOldAnEmptySegmentTakesItsPlace() throws {
        let log = try open { $0.retentionMilliseconds = 10_000 }
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        try fill(partition, 7)
        clock.advance(60_000)
        _ = try partition.applyRetention(now: clock.now)
        #expect(partition.segmentCount == 1)
        #expect(partition.byteCount == 0)
        #expect(partition.logStartOffset == Offset(7))
        #expect(partition.logEndOffset == Offset(7))
        try fill(partition, 1)
        #expect(partition.logEndOffset == Offset(8))
        try log.close()
        #expect(try open().partition(TopicPartition("t", 0)).logEndOffset == Offset(8))
    }

    @Test func tooManyBytesGoFromTheFront() throws {
        let log = try open {
            $0.retentionBytes = 600; $0.retentionMilliseconds = nil
        }
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        try fill(partition, 40)
        _ = try partition.applyRetention(now: clock.now)
        #expect((600..<900).contains(partition.byteCount))
        #expect(partition.logEndOffset == Offset(40))
    }

    @Test func whatIsCompactedIsNotDeleted() throws {
        let log = try open {
            $0.retentionMilliseconds = 1; $0.cleanupPolicy = .compact
        }
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        for _ in 0..<10 {
            var bytes = try batch([OwnedRecord(offset: 0, timestamp: 5, key: [1], value: [2])])
            try partition.append(&bytes)
        }
        #expect(try partition.applyRetention(now: clock.now).segments == 0)
    }

    @Test func deletedRecordsStayDeleted() throws {
        do {
            let log = try open { $0.retentionMilliseconds = nil }
            try log.createTopic("t", partitions: 1)
            let partition = try log.partition(TopicPartition("t", 0))
            try fill(partition, 20)
            let segments = partition.segmentCount
            #expect(try log.deleteRecords(partition.topicPartition, before: Offset(7)) == Offset(7))
            #expect(partition.segmentCount < segments)
            #expect(try partition.batch(holding: Offset(7))?.header.baseOffset == Offset(7))
            #expect(throws: LogError.self) { try partition.batch(holding: Offset(6)) }
            #expect(try log.deleteRecords(partition.topicPartition, before: Offset(3)) == Offset(7))
            let error = #expect(throws: LogError.self) {
                try log.deleteRecords(partition.topicPartition, before: Offset(21))
            }
            #expect(error?.code == .offsetOutOfRange)
            #expect(try partition.offset(forTimestamp: 0)?.offset == Offset(7))
        }
        // Without a clean stop.
        let partition = try open { $0.retentionMilliseconds = nil }.partition(TopicPartition("t", 0))
        #expect(partition.logStartOffset == Offset(7))
        #expect(partition.logEndOffset == Offset(20))
    }

    @Test func aSegmentThatSpansTooMuchTimeIsClosed() throws {
        let log = try open {
            $0.segmentMilliseconds = 2500; $0.segmentBytes = 1 << 20
        }
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        try fill(partition, 9)
        #expect(partition.segmentCount == 3)
        try log.close()
        // The age of the last segment is known after a restart too.
        let reopened = try open {
            $0.segmentMilliseconds = 2500; $0.segmentBytes = 1 << 20
        }
        try fill(try reopened.partition(TopicPartition("t", 0)), 1)
        #expect(try reopened.partition(TopicPartition("t", 0)).segmentCount == 4)
    }

    @Test func theServiceDoesWhatIsDue() async throws {
        let clock = self.clock
        let log = try EmbeddedLog(directory.path, logger: .silent, clock: { clock.now })
        try log.directory.createTopic(
            "old", partitions: 1, configs: ["segment.bytes": "200", "retention.ms": "5000"])
        try log.directory.createTopic(
            "latest", partitions: 1, configs: ["segment.bytes": "200", "cleanup.policy": "compact"])
        try log.directory.createTopic("lazy", partitions: 1, configs: ["flush.ms": "3000"])
        let producer = try log.makeProducer()
        for number in 0..<20 {
            for topic in ["old", "latest", "lazy"] {
                try await producer.send(
                    ProducerRecord(topic: topic, key: "k\(number % 2)", value: "\(number)"))
            }
            clock.advance(1000)
        }
        let lazy = try log.directory.partition(TopicPartition("lazy", 0))
        #expect(lazy.recoveryPoint == .zero)
        log.maintain()
        #expect(lazy.recoveryPoint == Offset(20))
        #expect(try log.directory.partition(TopicPartition("old", 0)).logStartOffset > Offset(8))
        let latest = try log.directory.partition(TopicPartition("latest", 0))
        var count = 0
        let reader = PartitionReader(latest, from: .zero)
        while try reader.next({ _ in count += 1 }) {}
        #expect(count < 8)
        for name in [
            "cleaner-offset-checkpoint", "recovery-point-offset-checkpoint", "replication-offset-checkpoint",
        ] {
            #expect(try FileSystem.local.list(directory.path).contains(name))
        }
    }

    /// What holds the log for writing without tasks has it done by a thread, and once more at the end.
    @Test func aKeeperHasRetentionAndCompactionAct() async throws {
        let log = try open()
        try log.createTopic("t", partitions: 1, configs: ["retention.ms": "10000"])
        try log.createTopic("c", partitions: 1, configs: ["cleanup.policy": "compact"])
        let partition = try log.partition(TopicPartition("t", 0))
        try fill(partition, 30)
        let keeper = LogKeeper(log, interval: 0.01) { #expect($0.failures.isEmpty) }
        try await eventually("old segments are gone") { partition.logStartOffset > .zero }
        let compacted = try log.partition(TopicPartition("c", 0))
        for number in 0..<20 {
            var bytes = try batch([
                OwnedRecord(
                    offset: 0, timestamp: clock.now, key: [1],
                    value: [UInt8](repeating: UInt8(number), count: 40))
            ])
            try compacted.append(&bytes)
        }
        keeper.stop()
        #expect(try log.compact(TopicPartition("c", 0), force: false) == nil)
        #expect(compacted.byteCount < 1200)
        try log.close()
    }

    /// `flush.ms` is a promise that nobody but the clock keeps.
    @Test func aKeeperWritesThroughWhatHasWaited() async throws {
        let log = try open()
        try log.createTopic("t", partitions: 1, configs: ["flush.ms": "500"])
        let partition = try log.partition(TopicPartition("t", 0))
        try fill(partition, 1)
        #expect(partition.recoveryPoint == .zero)
        let keeper = LogKeeper(log, interval: 3600) { _ in }
        try await eventually("it is on the disk") { partition.recoveryPoint > .zero }
        keeper.stop(lastRound: false)
    }
}
