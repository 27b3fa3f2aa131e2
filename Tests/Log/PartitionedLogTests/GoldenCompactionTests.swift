import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// Compactions of segments that Apache Kafka wrote and compacted itself. Skipped where `TAPEHOUSE_GOLDEN` is not set.
@Suite(.enabled(if: RealData.golden != nil, "TAPEHOUSE_GOLDEN is not set"))
struct GoldenCompactionTests {
    private let directory: TemporaryDirectory
    private let golden: String
    private var configuration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.cleanupPolicy = .compact
        configuration.deleteRetentionMilliseconds = 1000
        configuration.retentionMilliseconds = nil
        return configuration
    }

    init() throws {
        directory = try TemporaryDirectory()
        golden = "\(try #require(RealData.golden))/kafka"
        try FileSystem.local.createDirectory(directory.file("c-0"))
    }

    private func take(_ source: String, as name: String) throws {
        let bytes = try FileSystem.local.contents(of: "\(golden)/\(source)")
        _ = try directory.write(bytes, to: "c-0/\(name)")
    }

    private func expectSame(_ suffix: String, _ source: String) throws {
        let ours = try FileSystem.local.contents(of: directory.file("c-0/\(Offset.zero.fileName).\(suffix)"))
        let theirs = try FileSystem.local.contents(of: "\(golden)/\(source)")
        #expect(ours.hexadecimal == theirs.hexadecimal, "\(suffix)")
    }

    /// The tombstone of k1 at offset 20 got its horizon from the clock of the broker, so the clock is set by it.
    private func horizon(_ source: String) throws -> Int64 {
        let bytes = try FileSystem.local.contents(of: "\(golden)/\(source)")
        var position = 0
        while position < bytes.count {
            let header = try bytes[position...].withUnsafeBytes { try RecordBatchHeader(reading: $0) }
            if let horizon = header.deleteHorizon { return horizon }
            position += header.byteCount
        }
        throw LogError(.corruptMessage, "no batch of \(source) has a delete horizon")
    }

    @Test func theFirstCompactionGivesTheSameBytes() throws {
        let zero = Offset.zero.fileName
        try take("compt-before/\(zero).log.deleted", as: "\(zero).log")
        try take("compt-before/\(Offset(21).fileName).log", as: "\(Offset(21).fileName).log")
        let log = try LogDirectory(directory.path, configuration: configuration)
        #expect(log.recoveries.isEmpty)
        let cleaner = LogCleaner(
            try log.partition(TopicPartition("c", 0)),
            now: try horizon("compt-before/\(zero).log") - 1000)
        let compaction = try #require(try cleaner.clean(from: .zero, force: true))
        #expect(compaction.cleanedTo == Offset(21))
        try expectSame("log", "compt-before/\(zero).log")
        try expectSame("index", "compt-before/\(zero).index")
        try expectSame("timeindex", "compt-before/\(zero).timeindex")
    }

    @Test func theSecondCompactionMergesSegmentsToTheSameBytes() throws {
        let zero = Offset.zero.fileName
        for name in try FileSystem.local.list("\(golden)/compt-before") where !name.hasSuffix(".deleted") {
            try take("compt-before/\(name)", as: name)
        }
        let log = try LogDirectory(directory.path, configuration: configuration)
        let partition = try log.partition(TopicPartition("c", 0))
        let cleaner = LogCleaner(partition, now: try horizon("compt-before/\(zero).log") - 500)
        let compaction = try #require(try cleaner.clean(from: Offset(21), force: true))
        #expect(compaction.segmentsRead == 2)
        #expect(compaction.segmentsWritten == 1)
        #expect(compaction.cleanedTo == Offset(26))
        for suffix in ["log", "index", "timeindex", "txnindex"] {
            try expectSame(suffix, "compt-clean/\(zero).\(suffix)")
        }
        let left = try FileSystem.local.list(directory.file("c-0"))
        #expect(!left.contains { $0.hasPrefix(Offset(21).fileName) }, "\(left)")
        #expect(partition.segmentCount == 2)
        #expect(partition.logEndOffset == Offset(27))
    }

    /// Once its horizon has passed the tombstone goes, and so do markers without records, one round later.
    @Test func tombstonesAndMarkersGoWhenTheirTimeIsUp() throws {
        for name in try FileSystem.local.list("\(golden)/compt-clean") where !name.hasSuffix(".deleted") {
            try take("compt-clean/\(name)", as: name)
        }
        let now = try horizon("compt-clean/\(Offset.zero.fileName).log")
        let log = try LogDirectory(directory.path, configuration: configuration)
        let partition = try log.partition(TopicPartition("c", 0))
        var offsets: [[Int64]] = []
        for round in 0..<3 {
            _ = try LogCleaner(partition, now: now + Int64(round) * 2000).clean(from: .zero, force: true)
            var found: [Int64] = []
            var next = Offset.zero
            while let batch = try partition.batch(holding: next) {
                found.append(batch.header.lastOffset.value)
                next = batch.header.lastOffset + 1
            }
            offsets.append(found)
        }
        #expect(offsets[0] == [15, 17, 19, 21, 23, 24, 25, 26])
        #expect(offsets[1] == [15, 17, 19, 21, 24, 25, 26])
    }
}
