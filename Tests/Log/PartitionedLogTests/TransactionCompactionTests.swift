import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// What compaction must not do to transactions.
@Suite struct TransactionCompactionTests {
    private let directory: TemporaryDirectory
    private let clock = TestClock(1_700_000_000_000)
    private let log: EmbeddedLog
    private static let id = TopicPartition("c", 0)

    init() throws {
        directory = try TemporaryDirectory()
        let clock = self.clock
        log = try EmbeddedLog(directory.path, logger: .silent, clock: { clock.now })
        try log.directory.createTopic(
            "c", partitions: 1, configs: ["cleanup.policy": "compact", "delete.retention.ms": "1000"])
    }

    private func producer(_ id: String) throws -> Producer {
        var options = Producer.Options()
        options.transactionalID = id
        return try log.makeProducer(options)
    }

    private func record(_ key: String, _ value: String?) -> ProducerRecord {
        ProducerRecord(topic: "c", key: Array(key.utf8), value: value.map { Array($0.utf8) })
    }

    private func committed() throws -> [String: String] {
        let reader = PartitionReader(
            try log.directory.partition(Self.id), from: .zero, isolation: .readCommitted)
        var values: [String: String] = [:]
        while try reader.next({ record in
            let key = String(decoding: record.key ?? .init(start: nil, count: 0), as: UTF8.self)
            values[key] = record.value.map { String(decoding: $0, as: UTF8.self) }
        }) {}
        return values
    }

    /// The first part of a segment is cleaned while a transaction holds back the rest, in which another was aborted.
    @Test func abortedRecordsBehindTheCleanedPartStayAborted() async throws {
        let (a, b) = (try producer("a"), try producer("b"))
        let plain = try log.makeProducer()
        for number in 0..<10 { try await plain.send(record("k\(number % 2)", "\(number)")) }
        try a.beginTransaction()
        try await a.send(record("a", "committed"))
        try b.beginTransaction()
        try await b.send(record("k0", "aborted"))
        try await b.abortTransaction()
        #expect(try log.directory.compact(Self.id)?.cleanedTo == Offset(10))
        try await a.commitTransaction()
        #expect(try committed() == ["k0": "8", "k1": "9", "a": "committed"])
        for _ in 0..<2 {
            try await plain.send(record("x", "y"))
            _ = try log.directory.compact(Self.id)
            #expect(try committed() == ["k0": "8", "k1": "9", "a": "committed", "x": "y"])
        }
    }

    /// A producer aborts once, and goes on under the same id: what it commits later counts for compaction.
    @Test func whatIsCommittedAfterAnAbortReplacesWhatWasThere() async throws {
        let mover = try producer("mover")
        let plain = try log.makeProducer()
        try await plain.send(record("k", "old"))
        try mover.beginTransaction()
        try await mover.send(record("k", "aborted"))
        try await mover.abortTransaction()
        _ = try log.directory.compact(Self.id)
        try mover.beginTransaction()
        try await mover.send(record("k", nil))
        try await mover.commitTransaction()
        for _ in 0..<4 {
            clock.advance(2000)
            try await plain.send(record("x", "y"))
            _ = try log.directory.compact(Self.id)
            #expect(try committed() == ["x": "y"])
        }
    }

    /// Of a transaction whose end was decided a marker could not be written: whoever comes next finishes it.
    @Test func aDecisionIsNeverForgotten() async throws {
        for operation in 0..<40 {
            let directory = try TemporaryDirectory()
            let faults = FileSystem(faults: FaultPlan(operation: 60 + operation, fault: .fail(errno: 28)))
            let log = try EmbeddedLog(directory.path, logger: .silent, fileSystem: faults)
            guard (try? log.directory.createTopic("t", partitions: 2)) != nil else { continue }
            var options = Producer.Options()
            options.transactionalID = "m"
            guard let first = try? log.makeProducer(options), (try? first.beginTransaction()) != nil else {
                continue
            }
            var isComplete = true
            for partition: Int32 in 0..<2 {
                let record = ProducerRecord(topic: "t", partition: partition, value: [UInt8(partition)])
                if (try? await first.send(record)) == nil { isComplete = false }
            }
            guard isComplete else { continue }
            let isCommitted = (try? await first.commitTransaction()) != nil
            // In the same process, and after the next start.
            if operation % 2 == 0 { _ = try? log.transactions.makeProducer(transactionalID: "m") }
            let counts = try log.directory.partitions(of: "t").map { partition in
                var count = 0
                let reader = PartitionReader(partition, from: .zero, isolation: .readCommitted)
                while try reader.next({ _ in count += 1 }) {}
                return count
            }
            #expect(!isCommitted || counts == [1, 1], "operation \(operation)")
            if operation % 2 == 0, log.transactions.descriptions.first?.state == "empty" {
                #expect(counts == [1, 1] || counts == [0, 0], "operation \(operation)")
            }
        }
    }
}
