import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

@Suite struct LogCrashTests {
    private static func record(_ number: Int) -> OwnedRecord {
        OwnedRecord(
            offset: Int64(number), timestamp: Int64(number), key: nil, value: Array("value \(number)".utf8))
    }

    private static var configuration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.flush = .batch
        configuration.segmentBytes = 400
        configuration.indexIntervalBytes = 100
        return configuration
    }

    private static func numbers(_ partition: PartitionLog) throws -> [Int64] {
        var all: [Int64] = []
        var next = partition.logStartOffset
        while let batch = try partition.batch(holding: next) {
            for owned in try batch.ownedRecords {
                #expect(owned == record(Int(owned.offset)))
                all.append(owned.offset)
            }
            next = batch.header.lastOffset + 1
        }
        return all
    }

    /// Appends and flushes record after record; how many were acknowledged before a fault ended it.
    private static func work(_ path: String, _ fileSystem: FileSystem) -> Int {
        var acknowledged = 0
        do {
            let log = try LogDirectory(path, configuration: configuration, fileSystem: fileSystem)
            if log.topics.isEmpty { try log.createTopic("t", partitions: 1) }
            let partition = try log.partition(TopicPartition("t", 0))
            acknowledged = Int(partition.highWatermark.value)
            for number in acknowledged..<12 {
                var bytes = try batch([record(number)])
                try partition.append(&bytes)
                if number % 2 == 1 {
                    try log.flush()
                    acknowledged = number + 1
                }
            }
            try log.close()
        } catch {}
        return acknowledged
    }

    /// The process dies in each of its disk operations in turn. What was acknowledged is there, in order,
    /// without a gap; and the same work, done again, ends as undisturbed work does.
    @Test func aDeathInAnyOperationLosesNothingAcknowledged() throws {
        let counter = FaultPlan(operation: .max, fault: .crash)
        let undisturbed = try TemporaryDirectory()
        #expect(Self.work(undisturbed.path, FileSystem(faults: counter)) == 12)
        let operations = counter.operationsPerformed
        #expect(operations > 60)
        for operation in 0..<operations {
            let directory = try TemporaryDirectory()
            let faults = FileSystem(faults: FaultPlan(operation: operation, fault: .crash))
            let acknowledged = Self.work(directory.path, faults)
            do {
                let log = try LogDirectory(directory.path, configuration: Self.configuration)
                if let partition = log.partitions(of: "t").first {
                    let found = try Self.numbers(partition)
                    #expect(found == Array(0..<Int64(found.count)), "operation \(operation)")
                    #expect(found.count >= acknowledged, "operation \(operation)")
                } else {
                    #expect(acknowledged == 0, "operation \(operation)")
                }
                #expect(log.recoveries.allSatisfy { !$0.lostFlushedRecords }, "operation \(operation)")
            }
            #expect(Self.work(directory.path, .local) == 12, "operation \(operation)")
            let log = try LogDirectory(directory.path, configuration: Self.configuration)
            #expect(
                try Self.numbers(log.partition(TopicPartition("t", 0))) == Array(0..<12),
                "operation \(operation)")
        }
    }

    /// Each operation fails once, as on a disk that is full for a moment: the error is told, and the log goes
    /// on.
    @Test func aDiskThatIsFullForAMomentLosesNothing() throws {
        for operation in 0..<120 {
            let directory = try TemporaryDirectory()
            let plan = FaultPlan(operation: operation, fault: .fail(errno: 28))
            let acknowledged = Self.work(directory.path, FileSystem(faults: plan))
            #expect(
                Self.work(directory.path, .local) == 12,
                "operation \(operation), \(acknowledged) acknowledged")
            let log = try LogDirectory(directory.path, configuration: Self.configuration)
            #expect(
                try Self.numbers(log.partition(TopicPartition("t", 0))) == Array(0..<12),
                "operation \(operation)")
        }
    }

    @Test func anAppendThatFailsLeavesTheLogAsItWas() throws {
        let directory = try TemporaryDirectory()
        let counter = FaultPlan(operation: .max, fault: .crash)
        do {
            let log = try LogDirectory(directory.path, fileSystem: FileSystem(faults: counter))
            try log.createTopic("t", partitions: 1)
        }
        let plan = FaultPlan(operation: counter.operationsPerformed + 3, fault: .fail(errno: 28))
        let other = try TemporaryDirectory()
        let log = try LogDirectory(other.path, fileSystem: FileSystem(faults: plan))
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        var failures = 0
        for number in 0..<10 {
            var bytes = try batch([Self.record(Int(partition.logEndOffset.value))])
            do { try partition.append(&bytes) } catch { failures += 1 }
            #expect(partition.logEndOffset.value == Int64(number + 1 - failures))
        }
        #expect(failures == 1)
        try partition.flush()
        #expect(try Self.numbers(partition).count == 9)
    }

    /// A log of one segment, cut at every byte: what is whole before the cut is served, the rest is gone.
    @Test func aTornTailIsCutAtTheLastWholeBatch() throws {
        let source = try TemporaryDirectory()
        let log = try LogDirectory(source.path)
        try log.createTopic("t", partitions: 1)
        var ends: [Int] = [0]
        for number in 0..<4 {
            var bytes = try batch([Self.record(number)])
            try log.partition(TopicPartition("t", 0)).append(&bytes)
            ends.append(try log.partition(TopicPartition("t", 0)).byteCount)
        }
        try log.partition(TopicPartition("t", 0)).flush()
        let name = "t-0/00000000000000000000.log"
        let content = try FileSystem.local.contents(of: source.file(name))
        for count in 0...content.count {
            let directory = try TemporaryDirectory()
            try FileSystem.local.createDirectory(directory.file("t-0"))
            _ = try directory.write(Array(content.prefix(count)), to: name)
            let reopened = try LogDirectory(directory.path)
            let whole = ends.lastIndex { $0 <= count } ?? 0
            let partition = try reopened.partition(TopicPartition("t", 0))
            #expect(partition.logEndOffset == Offset(Int64(whole)), "cut at \(count)")
            #expect(try Self.numbers(partition) == Array(0..<Int64(whole)))
            #expect(reopened.recoveries.isEmpty == ends.contains(count), "cut at \(count)")
            var next = try batch([Self.record(whole)])
            #expect(try partition.append(&next).baseOffset == Offset(Int64(whole)))
        }
    }

    /// Damage to what had been acknowledged is told of, and the bytes are kept.
    @Test func damageToFlushedRecordsIsReportedAndSetAside() throws {
        let directory = try TemporaryDirectory()
        #expect(Self.work(directory.path, .local) == 12)
        try FileSystem.local.removeFile(directory.file(".kafka_cleanshutdown"))
        try FileSystem.local.removeFile(directory.file("recovery-point-offset-checkpoint"))
        let segments = try FileSystem.local.list(directory.file("t-0")).filter { $0.hasSuffix(".log") }
        #expect(segments.count >= 3)
        let damaged = try FileSystem.local.open(directory.file("t-0/\(segments[1])"), .update)
        try damaged.write([0xFF], at: 70)
        try FileSystem.local.replaceContents(
            of: directory.file("recovery-point-offset-checkpoint"), with: Array("0\n1\nt 0 1\n".utf8))
        let log = try LogDirectory(directory.path, configuration: Self.configuration)
        let recovery = try #require(log.recoveries.first)
        #expect(recovery.reason.contains("\(segments[1]) at byte 0"))
        let end = try #require(Int64(segments[1].dropLast(4)))
        #expect(try Self.numbers(log.partition(TopicPartition("t", 0))) == Array(0..<end))
        let names = try FileSystem.local.list(directory.file("t-0"))
        #expect(names.contains(segments[2] + ".damaged"))
    }

    /// Offsets that were given out are not given out again, even where their records are lost.
    @Test func lostOffsetsAreNotReused() throws {
        let directory = try TemporaryDirectory()
        do {
            let log = try LogDirectory(directory.path)
            try log.createTopic("t", partitions: 1)
            for number in 0..<6 {
                var bytes = try batch([Self.record(number)])
                try log.partition(TopicPartition("t", 0)).append(&bytes)
            }
            try log.flush()
        }
        let name = "t-0/\(Offset.zero.fileName).log"
        let size = try FileSystem.local.contents(of: directory.file(name)).count
        try FileSystem.local.open(directory.file(name), .update).write([0xFF], at: size / 2)
        let log = try LogDirectory(directory.path)
        let recovery = try #require(log.recoveries.first)
        #expect(recovery.lostFlushedRecords)
        #expect(recovery.endOffset == Offset(3))
        let partition = try log.partition(TopicPartition("t", 0))
        var next = try batch([Self.record(6)])
        #expect(try partition.append(&next).baseOffset == Offset(6))
        try partition.flush()
        #expect(try Self.numbers(partition) == [0, 1, 2, 6])
        #expect(try partition.batch(holding: Offset(4))?.header.baseOffset == Offset(6))
        #expect(
            try FileSystem.local.list(directory.file("t-0")).contains("\(Offset.zero.fileName).log.damaged"))
        try log.close()
        let reader = try LogDirectory(directory.path, access: .readOnly)
        #expect(try Self.numbers(reader.partition(TopicPartition("t", 0))) == [0, 1, 2, 6])
    }

    /// A later sync can be a success although what an earlier one failed to write is gone.
    @Test func afterAFailedSyncNothingMoreIsAcknowledged() throws {
        var refused = 0
        for operation in 0..<60 {
            let directory = try TemporaryDirectory()
            let plan = FaultPlan(operation: operation, fault: .fail(errno: 5))
            guard
                let log = try? LogDirectory(
                    directory.path, configuration: Self.configuration, fileSystem: FileSystem(faults: plan)),
                (try? log.createTopic("t", partitions: 1)) != nil,
                let partition = try? log.partition(TopicPartition("t", 0))
            else { continue }
            var first = try batch([Self.record(0)])
            guard (try? partition.append(&first)) != nil, (try? partition.flush()) == nil else { continue }
            refused += 1
            #expect(#expect(throws: LogError.self) { try partition.flush() }?.code == .storage)
            var second = try batch([Self.record(1)])
            #expect(#expect(throws: LogError.self) { try partition.append(&second) }?.code == .storage)
            #expect(partition.highWatermark == .zero)
        }
        #expect(refused > 0)
    }
}
