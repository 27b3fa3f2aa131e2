import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import PartitionedLog

/// Counts numbers.
private final class Tally: Sendable {
    private let state = Mutex<[Int: Int]>([:])

    var counts: [Int: Int] { state.withLock { $0 } }

    func add(_ number: Int) {
        state.withLock { $0[number, default: 0] += 1 }
    }
}

/// A service that tells when it runs.
private final class Flag: Service {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock { $0 } }

    func run() async throws {
        state.withLock { $0 = true }
        try? await gracefulShutdown()
    }
}

@Suite struct ConsumerTests {
    private let directory: TemporaryDirectory
    private let log: EmbeddedLog

    init() throws {
        directory = try TemporaryDirectory()
        var options = GroupCoordinator.Options()
        // By a clock that stands still no member is put out while other tests keep the threads busy.
        options.uptime = { 0 }
        log = try EmbeddedLog(directory.path, groupOptions: options, maintenanceInterval: .milliseconds(20))
        try log.directory.createTopic("t", partitions: 4)
    }

    private func fill(_ range: Range<Int>) async throws {
        let producer = try log.makeProducer()
        for number in range {
            try await producer.enqueue(ProducerRecord(topic: "t", key: "k\(number)", value: "\(number)"))
        }
        try await producer.flush()
    }

    private func groupOptions(_ group: String = "g") -> Consumer.Options {
        var options = Consumer.Options(group: group, topics: ["t"])
        options.offsetReset = .earliest
        options.fetchWaitMax = .milliseconds(20)
        options.heartbeatInterval = .milliseconds(20)
        return options
    }

    private static func number(_ record: ConsumedRecord) -> Int {
        Int(String(decoding: record.value ?? [], as: UTF8.self)) ?? -1
    }

    @Test func aGroupGoesOnWhereItCommitted() async throws {
        try await fill(0..<100)
        var seen: [Int] = []
        for _ in 0..<2 {
            let consumer = try log.makeConsumer(groupOptions())
            for try await record in consumer.records {
                seen.append(Self.number(record))
                if seen.count % 50 == 0 { break }
            }
            try await consumer.close()
        }
        #expect(seen.sorted() == Array(0..<100))
    }

    @Test func withoutCommitsItIsAllReadAgain() async throws {
        try await fill(0..<30)
        for _ in 0..<2 {
            var options = groupOptions()
            options.autoCommitInterval = nil
            let consumer = try log.makeConsumer(options)
            var seen = 0
            for try await batch in consumer.batches {
                seen += try batch.records.count
                if seen == 30 { break }
            }
            #expect(seen == 30)
            try await consumer.close()
        }
        #expect(log.groups.committed("g").isEmpty)
    }

    /// Members come and go while records arrive; each record is read by one of them at least, and with commits
    /// before each hand-over by no more than one.
    @Test(arguments: Assignor.allCases) func membersShareTheRecords(assignor: Assignor) async throws {
        let seen = Tally()
        let consumers = try (0..<3).map { _ in
            var options = groupOptions("g-\(assignor.rawValue)")
            options.assignors = [assignor]
            return try log.makeConsumer(options)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, consumer) in consumers.enumerated() {
                group.addTask {
                    try await Task.sleep(for: .milliseconds(40 * index))
                    for try await record in consumer.records {
                        seen.add(Self.number(record))
                    }
                }
            }
            for start in stride(from: 0, to: 600, by: 60) {
                try await fill(start..<start + 60)
                try await Task.sleep(for: .milliseconds(20))
                if start == 300 { try await consumers[0].close() }
            }
            try await eventually("all records") { seen.counts.count == 600 }
            for consumer in consumers { try await consumer.close() }
            try await group.waitForAll()
        }
        let counts = seen.counts
        #expect(counts.keys.sorted() == Array(0..<600))
        #expect(
            counts.values.allSatisfy { $0 == 1 }, "\(counts.filter { $0.value > 1 }.count) were read twice")
    }

    @Test func partitionsCanBeReadWithoutAGroup() async throws {
        try await fill(0..<50)
        let id = TopicPartition("t", 1)
        var options = Consumer.Options(partitions: [id])
        options.offsetReset = .earliest
        let consumer = try log.makeConsumer(options)
        let first = try #require(try await consumer.nextBatch())
        #expect(first.topicPartition == id)
        try consumer.seek(id, to: Offset(3))
        #expect(try await consumer.nextBatch()?.records.first?.offset == Offset(3))
        consumer.pause([id])
        try consumer.seek(id, to: .zero)
        let waiting = Task { try await consumer.nextBatch() }
        try await Task.sleep(for: .milliseconds(30))
        consumer.resume([id])
        #expect(try await waiting.value?.records.first?.offset == .zero)
    }

    @Test func whereItBeginsIsAsTold() async throws {
        try log.directory.createTopic("s", partitions: 1)
        let producer = try log.makeProducer()
        for time in stride(from: Int64(1000), to: 2000, by: 100) {
            try await producer.send(ProducerRecord(topic: "s", value: [1], timestamp: time))
        }
        let id = TopicPartition("s", 0)
        let expected: [(Consumer.OffsetReset, Int64)] = [
            (.earliest, 0), (.latest, 10), (.timestamp(1250), 3), (.timestamp(5000), 10),
        ]
        for (reset, offset) in expected {
            var options = Consumer.Options(partitions: [id])
            options.offsetReset = reset
            #expect(try log.makeConsumer(options).position(of: id) == Offset(offset))
        }
        var options = Consumer.Options(partitions: [id])
        options.offsetReset = .none
        #expect(throws: LogError.self) { try log.makeConsumer(options).position(of: id) }
    }

    @Test func aReaderWhoseRecordsAreDeletedIsSetAgain() async throws {
        try await fill(0..<100)
        let id = TopicPartition("t", 0)
        try log.groups.commit("g", [id: CommittedOffset(Offset(1))])
        try log.directory.deleteRecords(id, before: Offset(5))
        var options = Consumer.Options(partitions: [id], group: "g")
        options.offsetReset = .earliest
        let consumer = try log.makeConsumer(options)
        #expect(try await consumer.nextBatch()?.records.first?.offset == Offset(5))
    }

    @Test func seekingInTheMiddleOfABatchIsHeeded() async throws {
        try await fill(0..<80)
        let id = TopicPartition("t", 2)
        var options = Consumer.Options(partitions: [id], group: "seeker")
        options.offsetReset = .earliest
        let consumer = try log.makeConsumer(options)
        var offsets: [Int64] = []
        for try await record in consumer.records {
            offsets.append(record.offset.value)
            if offsets.count == 5 { try consumer.seek(id, to: Offset(2)) }
            if offsets.count == 8 { break }
        }
        #expect(offsets == [0, 1, 2, 3, 4, 2, 3, 4])
        try await consumer.close()
        #expect(try log.groups.committed("seeker", id)?.offset == Offset(5))
    }

    /// What is in hand at a graceful shutdown is committed once the caller is done with it, and not before.
    @Test func aShutdownCommitsWhatIsDone() async throws {
        try await fill(0..<40)
        let consumer = try log.makeConsumer(groupOptions("slow"))
        let isRunning = Flag()
        let services = ServiceGroup(
            services: [consumer, isRunning], gracefulShutdownSignals: [], logger: .silent)
        let running = Task { try await services.run() }
        var seen = 0
        for try await _ in consumer.records {
            seen += 1
            // A group of services that is not running yet would not tell them.
            try await eventually("the services run") { isRunning.isSet }
            if seen == 7 {
                await services.triggerGracefulShutdown()
                try await eventually("the shutdown") { consumer.isShuttingDown }
                #expect(log.groups.committed("slow").values.allSatisfy { $0.offset.value < 7 })
            }
        }
        try await running.value
        #expect(seen == 7)
        #expect(log.groups.committed("slow").values.reduce(0) { $0 + $1.offset.value } == 7)
        #expect(log.groups.describe("slow")?.members.isEmpty ?? false)
    }

    @Test func closingWhileJoiningLeavesNoGhost() async throws {
        try await fill(0..<10)
        for round in 0..<10 {
            let name = "g\(round)"
            let first = try log.makeConsumer(groupOptions(name))
            _ = try await first.nextBatch()
            let second = try log.makeConsumer(groupOptions(name))
            let reading = Task { try await second.nextBatch() }
            try await eventually("a rebalance") { log.groups.describe(name)?.state == "PreparingRebalance" }
            async let closing: Void = second.close()
            try await closing
            _ = try? await first.nextBatch()
            try await first.close()
            _ = try await reading.value
            #expect(log.groups.describe(name)?.members.isEmpty ?? false, "round \(round)")
        }
    }

    @Test func batchesThatAreAskedForOneByOneAreCommitted() async throws {
        try await fill(0..<40)
        let consumer = try log.makeConsumer(groupOptions("one"))
        let batch = try #require(try await consumer.nextBatch())
        try await consumer.commit()
        #expect(try log.groups.committed("one", batch.topicPartition)?.offset == batch.nextOffset)
        try await consumer.close()
    }

    @Test func whatGroupsCommittedGoesWithTheTopic() async throws {
        try await fill(0..<10)
        try log.groups.commit(
            "g",
            [
                TopicPartition("t", 0): CommittedOffset(Offset(3)),
                TopicPartition("u", 0): CommittedOffset(Offset(4)),
            ])
        try log.deleteTopic("t")
        #expect(log.groups.committed("g").keys.map(\.topic) == ["u"])
        #expect(try GroupCoordinator(log.directory).committed("g").keys.map(\.topic) == ["u"])
    }

    @Test func waitingEndsWithRecordsWithTimeAndWithCancellation() async throws {
        let partition = try log.directory.partition(TopicPartition("t", 0))
        #expect(try await !partition.waitForRecords(from: .zero, timeout: .milliseconds(10)))
        let waiting = Task { try await partition.waitForRecords(from: .zero, timeout: .seconds(60)) }
        try await fill(0..<20)
        #expect(try await waiting.value)
        let end = partition.logEndOffset
        let cancelled = Task { try await partition.waitForRecords(from: end, timeout: .seconds(60)) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let consumer = try log.makeConsumer(.init(partitions: [TopicPartition("t", 0)]))
        let reading = Task { try await consumer.nextBatch() }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
    }

    @Test func aMoverOfRecordsLosesAndDoublesNothing() async throws {
        try log.directory.createTopic("out", partitions: 1)
        try await fill(0..<60)
        var seenAborts = 0
        for round in 0..<12 {
            var options = groupOptions("mover")
            options.autoCommitInterval = nil
            options.fetchBytesMax = 300
            let consumer = try log.makeConsumer(options)
            var producerOptions = Producer.Options()
            producerOptions.transactionalID = "mover"
            let producer = try log.makeProducer(producerOptions)
            for _ in 0..<4 {
                try producer.beginTransaction()
                guard log.groups.committed("mover").values.reduce(0, { $0 + $1.offset.value }) < 60 else {
                    break
                }
                let batch = try #require(try await consumer.nextBatch())
                for record in try batch.records {
                    try await producer.send(ProducerRecord(topic: "out", value: record.value))
                }
                try await producer.sendOffsets(consumer.consumedOffsets, of: consumer)
                // Every other mover is given up in the middle of its work.
                if round % 2 == 1 { break }
                try await producer.commitTransaction()
            }
            if round % 2 == 1 { seenAborts += 1 }
            try await consumer.close()
        }
        _ = try log.transactions.makeProducer(transactionalID: "mover")
        let reader = PartitionReader(
            try log.directory.partition(TopicPartition("out", 0)), from: .zero, isolation: .readCommitted)
        var moved: [Int] = []
        while try reader.next({
            moved.append(Int(String(decoding: $0.value ?? .init(start: nil, count: 0), as: UTF8.self)) ?? -1)
        }) {}
        #expect(moved.sorted() == Array(0..<60))
        #expect(seenAborts > 0)
    }

    @Test func asServicesAllEndsCleanly() async throws {
        try await fill(0..<10)
        let consumer = try log.makeConsumer(groupOptions())
        let services = ServiceGroup(
            services: [log, consumer], gracefulShutdownSignals: [], logger: Logger(label: "test"))
        let running = Task { try await services.run() }
        var seen = 0
        for try await _ in consumer.records {
            seen += 1
            if seen == 10 { await services.triggerGracefulShutdown() }
        }
        try await running.value
        #expect(seen == 10)
        let reopened = try LogDirectory(directory.path, access: .readOnly)
        #expect(reopened.partitions(of: "t").reduce(0) { $0 + $1.logEndOffset.value } == 10)
        #expect(try GroupCoordinator(reopened).committed("g").values.reduce(0) { $0 + $1.offset.value } == 10)
    }
}
