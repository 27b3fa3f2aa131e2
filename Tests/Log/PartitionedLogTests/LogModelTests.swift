import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// A topic under random work, beside a model of what it must hold: appends of idempotent producers that are sent again,
/// transactions, deletions, compactions and restarts, with the disk failing or the process dying at one of its
/// operations.
@Suite struct LogModelTests {
    /// What the model knows of a value that was sent.
    private enum Fate {
        /// Acknowledged: it must be there, once.
        case kept
        /// Never acknowledged: it may be there, once.
        case unknown
        /// In a transaction that was aborted: readers of committed records must not see it.
        case aborted
        /// In a transaction whose commit was not acknowledged: all or nothing.
        case undecided(Int)
    }

    private final class Model {
        var fates: [String: Fate] = [:]
        var undecided: [Int: [String]] = [:]
        var nextValue = 0
        var nextTransaction = 0
        /// The last batch of the idempotent producer that was not acknowledged, to be sent again.
        var pending: (stamp: ProducerStamp, values: [String])?
        var sequence: Int32 = 0
        var acknowledgedEnd = Offset.zero

        func values(_ count: Int) -> [String] {
            defer { nextValue += count }
            return (nextValue..<nextValue + count).map { "v\($0)" }
        }
    }

    private static let topic = "t"
    private static let id = TopicPartition("t", 0)

    private static var configuration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.flush = .batch
        configuration.segmentBytes = 700
        configuration.indexIntervalBytes = 100
        configuration.retentionMilliseconds = nil
        return configuration
    }

    private static func makeBatch(_ values: [String], _ stamp: ProducerStamp) throws -> [UInt8] {
        let builder = RecordBatchBuilder(compression: values.count % 2 == 0 ? .zstd : .none)
        for value in values {
            let bytes = Array(value.utf8)
            bytes.withUnsafeBytes { builder.append(timestamp: WallClock.milliseconds(), key: $0, value: $0) }
        }
        return try builder.finish(stamp) { Array($0) }
    }

    /// Does random work until it is done or something fails.
    private static func work(
        _ path: String, _ fileSystem: FileSystem, _ model: Model, steps: Int, _ random: inout SeededGenerator
    ) throws {
        let log = try EmbeddedLog(
            path, configuration: configuration, logger: .silent, fileSystem: fileSystem)
        if !log.directory.hasTopic(topic) { try log.directory.createTopic(topic, partitions: 1) }
        let partition = try log.directory.partition(id)
        if let pending = model.pending {
            // What was not acknowledged is sent again: it must not be there twice.
            var batch = try makeBatch(pending.values, pending.stamp)
            let result = try partition.append(&batch)
            try partition.commit(through: result.lastOffset + 1)
            for value in pending.values { model.fates[value] = .kept }
            model.pending = nil
        }
        // A new session of the transactional producer decides what the last one left open.
        let mover = try log.transactions.makeProducer(transactionalID: "mover")
        var moverSequence: Int32 = 0
        let plain = try log.transactions.makeProducer()
        model.sequence = 0
        for _ in 0..<steps {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                let values = model.values(Int.random(in: 1...4, using: &random))
                let stamp = ProducerStamp(
                    producerID: plain.id, producerEpoch: plain.epoch, baseSequence: model.sequence)
                for value in values { model.fates[value] = .unknown }
                model.pending = (stamp, values)
                var batch = try makeBatch(values, stamp)
                let result = try partition.append(&batch)
                if Bool.random(using: &random) {
                    var again = try makeBatch(values, stamp)
                    let second = try partition.append(&again)
                    #expect(second.isDuplicate)
                    #expect(second.baseOffset == result.baseOffset)
                }
                try partition.commit(through: result.lastOffset + 1)
                for value in values { model.fates[value] = .kept }
                model.pending = nil
                model.sequence += Int32(values.count)
                model.acknowledgedEnd = max(model.acknowledgedEnd, result.lastOffset + 1)
            case 4..<8:
                let values = model.values(Int.random(in: 1...3, using: &random))
                let number = model.nextTransaction
                model.nextTransaction += 1
                for value in values { model.fates[value] = .aborted }
                try log.transactions.addPartitions([id], to: "mover", mover)
                var stamp = ProducerStamp(
                    producerID: mover.id, producerEpoch: mover.epoch, baseSequence: moverSequence)
                stamp.isTransactional = true
                var batch = try makeBatch(values, stamp)
                let result = try partition.append(&batch)
                moverSequence += Int32(values.count)
                try partition.commit(through: result.lastOffset + 1)
                if Int.random(in: 0..<3, using: &random) == 0 {
                    try log.transactions.end("mover", mover, commit: false)
                } else {
                    for value in values { model.fates[value] = .undecided(number) }
                    model.undecided[number] = values
                    try log.transactions.end("mover", mover, commit: true)
                    for value in values { model.fates[value] = .kept }
                    model.undecided[number] = nil
                }
            case 8: log.maintain()
            default: try log.directory.flush()
            }
        }
        if Bool.random(using: &random) { try log.directory.close() }
    }

    /// Opens what is there and holds it against the model.
    private static func check(_ path: String, _ model: Model, _ label: String) throws {
        let log = try EmbeddedLog(path, configuration: configuration, logger: .silent)
        guard let partition = log.directory.partitions(of: topic).first else {
            #expect(!model.fates.values.contains { if case .kept = $0 { true } else { false } }, "\(label)")
            return
        }
        #expect(log.directory.recoveries.allSatisfy { !$0.lostFlushedRecords }, "\(label)")
        // Whoever comes next decides what was left open.
        _ = try log.transactions.makeProducer(transactionalID: "mover")
        #expect(partition.lastStableOffset == partition.highWatermark, "\(label)")
        #expect(partition.logEndOffset >= model.acknowledgedEnd, "\(label)")
        var offsets: [Int64] = []
        let all = PartitionReader(partition, from: .zero, fetchBytes: 500)
        while try all.nextBatches({ offsets.append($0.header.baseOffset.value) }) {}
        #expect(offsets == offsets.sorted(), "\(label)")
        try requireNoGap(partition, label)
        var counts: [String: Int] = [:]
        let reader = PartitionReader(partition, from: .zero, isolation: .readCommitted, fetchBytes: 300)
        while try reader.next({
            counts[String(decoding: $0.value ?? .init(start: nil, count: 0), as: UTF8.self), default: 0] += 1
        }) {}
        #expect(counts.values.allSatisfy { $0 == 1 }, "\(label)")
        for (value, fate) in model.fates {
            switch fate {
            case .kept: #expect(counts[value] == 1, "\(label): \(value) was acknowledged")
            case .aborted: #expect(counts[value] == nil, "\(label): \(value) was aborted")
            case .unknown, .undecided: break
            }
        }
        for (number, values) in model.undecided {
            let found = values.count { counts[$0] == 1 }
            #expect(found == 0 || found == values.count, "\(label): transaction \(number) is there in part")
            for value in values { model.fates[value] = found == 0 ? .aborted : .kept }
        }
        model.undecided = [:]
        #expect(counts.keys.allSatisfy { model.fates[$0] != nil }, "\(label)")
        var check = SegmentCheck()
        try check.check("\(path)/\(id)")
        #expect(check.problems == [], "\(label)")
    }

    private static func requireNoGap(_ partition: PartitionLog, _ label: String) throws {
        var next = Offset.zero
        while let batch = try partition.batch(holding: next) {
            #expect(batch.header.baseOffset == next, "\(label): a gap before \(batch.header.baseOffset)")
            next = batch.header.lastOffset + 1
        }
        #expect(next == partition.logEndOffset, "\(label)")
    }

    @Test(arguments: 0..<60) func nothingAcknowledgedIsLostAndNothingIsDoubled(seed: Int) async throws {
        try await onOwnThread { try Self.run(seed: seed) }
    }

    private static func run(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let directory = try TemporaryDirectory()
        let model = Model()
        for round in 0..<6 {
            let fault: FaultPlan.Fault = Bool.random(using: &random) ? .crash : .fail(errno: 28)
            let plan = FaultPlan(operation: Int.random(in: 0..<120, using: &random), fault: fault)
            try? Self.work(directory.path, FileSystem(faults: plan), model, steps: 12, &random)
            try Self.check(directory.path, model, "seed \(seed), round \(round), \(fault)")
        }
        try Self.work(directory.path, .local, model, steps: 12, &random)
        try Self.check(directory.path, model, "seed \(seed), at the end")
    }

    /// Compaction dies, or its disk fills, at each of its operations: the last record of every key is there, and so
    /// is every one that was not compacted away.
    @Test func compactionCanDieAnywhere() async throws {
        try await onOwnThread { try Self.killCompaction() }
    }

    private static func killCompaction() throws {
        var configuration = Self.configuration
        configuration.cleanupPolicy = .compact
        func fill(_ path: String) throws {
            let log = try LogDirectory(path, configuration: configuration)
            try log.createTopic("c", partitions: 1)
            let partition = try log.partition(TopicPartition("c", 0))
            for number in 0..<40 {
                var bytes = try batch([
                    OwnedRecord(
                        offset: 0, timestamp: 1000 + Int64(number), key: Array("k\(number % 7)".utf8),
                        value: number % 11 == 10 ? nil : Array("v\(number)".utf8))
                ])
                try partition.append(&bytes)
            }
            try partition.flush()
            try log.close()
        }
        func latest(_ path: String) throws -> [String: String?] {
            let log = try LogDirectory(path, configuration: configuration)
            let reader = PartitionReader(try log.partition(TopicPartition("c", 0)), from: .zero)
            var latest: [String: String?] = [:]
            while try reader.next({ record in
                let key = String(decoding: record.key ?? .init(start: nil, count: 0), as: UTF8.self)
                latest[key] = .some(record.value.map { String(decoding: $0, as: UTF8.self) })
            }) {}
            #expect(log.recoveries.isEmpty)
            return latest
        }
        func compact(_ path: String, _ fileSystem: FileSystem) throws {
            let log = try LogDirectory(path, configuration: configuration, fileSystem: fileSystem)
            _ = try log.compact(TopicPartition("c", 0))
            try log.close()
        }
        let counter = FaultPlan(operation: .max, fault: .crash)
        let whole = try TemporaryDirectory()
        try fill(whole.path)
        let expected = try latest(whole.path)
        let before = try LogDirectory(whole.path, access: .readOnly).partitions(of: "c")[0].byteCount
        try compact(whole.path, FileSystem(faults: counter))
        #expect(try latest(whole.path) == expected)
        let after = try LogDirectory(whole.path, access: .readOnly).partitions(of: "c")[0].byteCount
        #expect(after < before / 2)
        for operation in 0..<counter.operationsPerformed {
            for fault in [FaultPlan.Fault.crash, .fail(errno: 28)] {
                let directory = try TemporaryDirectory()
                try fill(directory.path)
                let plan = FaultPlan(operation: operation, fault: fault)
                try? compact(directory.path, FileSystem(faults: plan))
                #expect(try latest(directory.path) == expected, "operation \(operation), \(fault)")
                try compact(directory.path, .local)
                #expect(try latest(directory.path) == expected, "operation \(operation), \(fault), again")
            }
        }
    }
}
