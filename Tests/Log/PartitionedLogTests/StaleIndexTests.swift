import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// Indexes say what is in the segment, whatever recovery and compaction have taken from it.
@Suite struct StaleIndexTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(_ segmentBytes: Int = 1 << 20) throws -> LogDirectory {
        var configuration = LogConfiguration()
        configuration.indexIntervalBytes = 100
        configuration.segmentBytes = segmentBytes
        return try LogDirectory(directory.path, configuration: configuration)
    }

    private func problems() throws -> [SegmentCheck.Problem] {
        var check = SegmentCheck()
        try check.check(directory.file("t-0"))
        return check.problems
    }

    /// Forty records in one segment of a log that was closed, but has no mark of it: damaged at a byte.
    @Test(arguments: [10, 700, 1500, 2700], [false, true])
    func recoveryBelowTheRecoveryPointLeavesNoOldIndex(byte: Int, isKilled: Bool) throws {
        do {
            let log = try open()
            try log.createTopic("t", partitions: 1)
            for number in Int64(0)..<40 {
                var bytes = try batch([
                    OwnedRecord(offset: 0, timestamp: 1000 + number, key: nil, value: [UInt8(number)])
                ])
                try log.partition(TopicPartition("t", 0)).append(&bytes)
            }
            try log.close()
        }
        #expect(try problems().isEmpty)
        let segment = "t-0/\(Offset.zero.fileName)"
        #expect(try FileSystem.local.contents(of: directory.file("\(segment).timeindex")).count > 100)
        if isKilled { try FileSystem.local.removeFile(directory.file(CheckpointName.cleanShutdown)) }
        let file = try FileSystem.local.open(directory.file("\(segment).log"), .update)
        if isKilled {
            try file.write([0xFF, 0xFF], at: byte + 20)
        } else {
            // Closed cleanly, and cut by something else.
            try file.truncate(to: byte)
        }
        var log = try open()
        let recovery = try #require(log.recoveries.first)
        #expect(recovery.lostFlushedRecords)
        for _ in 0..<3 {
            let partition = try log.partition(TopicPartition("t", 0))
            #expect(partition.logEndOffset.value == 40)
            let last = recovery.endOffset.value - 1
            let latest = try partition.offsetOfMaxTimestamp()
            #expect(latest?.timestamp == (last < 0 ? nil : 1000 + last))
            #expect(latest?.offset.value == (last < 0 ? nil : last))
            #expect(try problems() == [])
            try log.close()
            #expect(try problems() == [])
            log = try open()
            #expect(log.recoveries.isEmpty)
        }
    }

    /// A batch that stays as a header, since it is its producer's last, has a time that no record has any more.
    @Test func anEmptiedBatchIsInNoIndexAndStillAges() throws {
        let log = try open(300)
        try log.createTopic("t", partitions: 1, configs: ["cleanup.policy": "compact,delete"])
        let partition = try log.partition(TopicPartition("t", 0))
        let now = log.clock()
        for producer in Int64(1)...6 {
            let builder = RecordBatchBuilder(compression: .none)
            [UInt8(1)].withUnsafeBytes { key in
                [UInt8](repeating: 7, count: 80).withUnsafeBytes {
                    builder.append(timestamp: now - 10 * producer, key: key, value: $0)
                }
            }
            var bytes = try builder.finish(
                ProducerStamp(producerID: producer, producerEpoch: 0, baseSequence: 0)
            ) { Array($0) }
            try partition.append(&bytes)
        }
        _ = try log.compact(partition.topicPartition)
        #expect(try problems() == [])
        #expect(try partition.offsetOfMaxTimestamp()?.offset.value == 5)
        #expect(try partition.offset(forTimestamp: 0)?.offset.value == 5)
        // The batches that are left say how old they are, here and after a start.
        try log.alterTopic("t", set: ["retention.ms": "86400000"])
        #expect(try partition.applyRetention(now: now).segments == 0)
        try log.close()
        let reopened = try open(300)
        let again = try reopened.partition(partition.topicPartition)
        #expect(try problems() == [])
        #expect(again.segmentCount > 1)
        #expect(try again.applyRetention(now: now).segments == 0)
        #expect(try again.applyRetention(now: now + 90_000_000).segments > 1)
        #expect(again.segmentCount == 1)
    }
}
