import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

@Suite struct ProducerTests {
    private let directory: TemporaryDirectory
    private let log: EmbeddedLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EmbeddedLog(directory.path)
        try log.directory.createTopic("t", partitions: 3)
    }

    private func values(_ topic: String, _ isolation: PartitionLog.Isolation = .readUncommitted) throws
        -> [String]
    {
        var values: [String] = []
        for partition in log.directory.partitions(of: topic) {
            let reader = PartitionReader(partition, from: partition.logStartOffset, isolation: isolation)
            while try reader.next({
                values.append(String(decoding: $0.value ?? .init(start: nil, count: 0), as: UTF8.self))
            }) {}
        }
        return values
    }

    @Test func eachRecordIsAcknowledgedWithItsPlace() async throws {
        let producer = try log.makeProducer()
        var places: [RecordMetadata] = []
        for number in 0..<20 {
            places.append(
                try await producer.send(ProducerRecord(topic: "t", key: "k\(number)", value: "v\(number)")))
        }
        #expect(Set(places.map(\.topicPartition)).count == 3)
        for place in places {
            let reader = PartitionReader(
                try log.directory.partition(place.topicPartition), from: place.offset)
            var first: Int64?
            _ = try reader.next { first = first ?? $0.timestamp }
            #expect(first == place.timestamp)
        }
        #expect(try values("t").count == 20)
        await #expect(throws: LogError.self) {
            try await producer.send(ProducerRecord(topic: "missing", value: "x"))
        }
    }

    @Test(arguments: [LogConfiguration.FlushPolicy.os, .batch])
    func lingeringRecordsShareABatch(flush: LogConfiguration.FlushPolicy) async throws {
        try log.directory.createTopic(
            "lingering", partitions: 1, configs: flush == .batch ? ["flush.messages": "1"] : [:])
        var options = Producer.Options()
        options.linger = .milliseconds(20)
        options.compression = .zstd
        let producer = try log.makeProducer(options)
        var deliveries: [Delivery] = []
        for number in 0..<500 {
            deliveries.append(
                try await producer.enqueue(ProducerRecord(topic: "lingering", value: "v\(number)")))
        }
        for (number, delivery) in deliveries.enumerated() {
            #expect(try await delivery.metadata.offset == Offset(Int64(number)))
        }
        let partition = try log.directory.partition(TopicPartition("lingering", 0))
        #expect(try #require(try partition.batch(holding: .zero)).header.recordCount > 100)
        #expect(try values("lingering") == (0..<500).map { "v\($0)" })
    }

    @Test func manyTasksSendAtOnceAndNothingIsLostOrDoubled() async throws {
        try log.directory.createTopic("busy", partitions: 1, configs: ["flush.messages": "1"])
        let producer = try log.makeProducer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<50 {
                        try await producer.send(ProducerRecord(topic: "busy", value: "\(task)-\(number)"))
                    }
                }
            }
            try await group.waitForAll()
        }
        let found = try values("busy")
        #expect(found.count == 400)
        #expect(Set(found).count == 400)
        for task in 0..<8 {
            let own = found.filter { $0.hasPrefix("\(task)-") }
            #expect(own == (0..<50).map { "\(task)-\($0)" })
        }
        let partition = try log.directory.partition(TopicPartition("busy", 0))
        #expect(partition.recoveryPoint == partition.logEndOffset)
    }

    @Test func acknowledgementsWaitForWhatTheyAreToldTo() async throws {
        try log.directory.createTopic("safe", partitions: 1, configs: ["flush.messages": "1"])
        let partition = try log.directory.partition(TopicPartition("safe", 0))
        var options = Producer.Options()
        options.acknowledgement = .log
        let hasty = try log.makeProducer(options)
        #expect(try await hasty.send(ProducerRecord(topic: "safe", value: "a")).offset == .zero)
        #expect(partition.logEndOffset == Offset(1))
        #expect(partition.highWatermark == .zero)
        let careful = try log.makeProducer()
        #expect(try await careful.send(ProducerRecord(topic: "safe", value: "b")).offset == Offset(1))
        #expect(partition.highWatermark == Offset(2))
        options.acknowledgement = .none
        #expect(throws: LogError.self) { try log.makeProducer(options) }
        options.isIdempotent = false
        let careless = try log.makeProducer(options)
        #expect(try await careless.send(ProducerRecord(topic: "safe", value: "c")).offset == Offset(-1))
        try await careless.flush()
        #expect(partition.logEndOffset == Offset(3))
    }

    /// Small records that wait are not lost with a large one that comes behind them.
    @Test func aLargeRecordGoesInABatchOfItsOwn() async throws {
        try log.directory.createTopic("small", partitions: 1, configs: ["max.message.bytes": "5000"])
        var options = Producer.Options()
        options.linger = .seconds(5)
        let producer = try log.makeProducer(options)
        var deliveries: [Delivery] = []
        for size in [100, 100, 4800, 100, 9000, 100] {
            deliveries.append(
                try await producer.enqueue(
                    ProducerRecord(topic: "small", value: [UInt8](repeating: 7, count: size))))
        }
        await #expect(throws: LogError.self) { try await producer.flush() }
        for (number, delivery) in deliveries.enumerated() {
            if number == 4 {
                await #expect(throws: LogError.self) { try await delivery.metadata }
            } else {
                _ = try await delivery.metadata
            }
        }
        #expect(try log.directory.partition(TopicPartition("small", 0)).logEndOffset == Offset(5))
        let writer = try TopicWriter(log.directory, topic: "small", compression: .none)
        let value = [UInt8](repeating: 7, count: 900)
        for _ in 0..<20 {
            try value.withUnsafeBytes { try writer.send(key: nil, value: $0, timestamp: 5) }
        }
        try writer.flush()
        #expect(try log.directory.partition(TopicPartition("small", 0)).logEndOffset == Offset(25))
    }

    @Test func aProducerFollowsItsTopic() async throws {
        let producer = try log.makeProducer()
        try await producer.send(ProducerRecord(topic: "t", value: "a"))
        try log.deleteTopic("t")
        await #expect(throws: LogError.self) {
            try await producer.send(ProducerRecord(topic: "t", value: "b"))
        }
        try log.directory.createTopic("t", partitions: 1)
        #expect(try await producer.send(ProducerRecord(topic: "t", value: "c")).offset == .zero)
        try log.directory.addPartitions(to: "t", total: 4)
        var used: Set<Int32> = []
        for number in 0..<40 {
            used.insert(
                try await producer.send(ProducerRecord(topic: "t", key: "\(number)", value: "d"))
                    .topicPartition.partition)
        }
        #expect(used == [0, 1, 2, 3])
    }

    @Test(arguments: [Int64.min, -2]) func timesThatAreNoneAreRefused(time: Int64) async throws {
        let producer = try log.makeProducer()
        let record = ProducerRecord(topic: "t", partition: 0, value: [1], timestamp: time)
        let error = await #expect(throws: LogError.self) { try await producer.send(record) }
        #expect(error?.code == .invalidTimestamp)
        #expect(try await producer.send(ProducerRecord(topic: "t", partition: 0, value: [1])).offset == .zero)
    }

    // MARK: Idempotence

    private func stamped(_ id: Int64, _ epoch: Int16, _ sequence: Int32, _ values: [String]) throws -> [UInt8]
    {
        let builder = RecordBatchBuilder(compression: .none)
        for value in values {
            Array(value.utf8).withUnsafeBytes {
                builder.append(timestamp: log.directory.clock(), key: nil, value: $0)
            }
        }
        return try builder.finish(
            ProducerStamp(producerID: id, producerEpoch: epoch, baseSequence: sequence)
        ) { Array($0) }
    }

    /// What a real broker answered to the same batches.
    @Test func duplicatesAndGapsAreAnsweredAsKafkaDoes() throws {
        let partition = try log.directory.partition(TopicPartition("t", 0))
        func append(_ epoch: Int16, _ sequence: Int32) throws -> PartitionLog.AppendResult {
            var batch = try stamped(7, epoch, sequence, ["s\(sequence)"])
            return try partition.append(&batch)
        }
        for sequence: Int32 in 0..<7 { #expect(try append(0, sequence).baseOffset.value == Int64(sequence)) }
        let again = try append(0, 2)
        #expect(again.isDuplicate)
        #expect(again.baseOffset == Offset(2))
        #expect(#expect(throws: LogError.self) { try append(0, 0) }?.code == .outOfOrderSequenceNumber)
        #expect(#expect(throws: LogError.self) { try append(0, 9) }?.code == .outOfOrderSequenceNumber)
        #expect(#expect(throws: LogError.self) { try append(1, 3) }?.code == .outOfOrderSequenceNumber)
        #expect(try append(1, 0).baseOffset == Offset(7))
        #expect(#expect(throws: LogError.self) { try append(0, 7) }?.code == .invalidProducerEpoch)
        #expect(partition.logEndOffset == Offset(8))
    }

    @Test func sequenceNumbersGoOnBehindTheLargest() throws {
        let partition = try log.directory.partition(TopicPartition("t", 1))
        for sequence in [Int32.max - 1, 1] {
            var batch = try stamped(9, 0, sequence, ["a", "b", "c"])
            try partition.append(&batch)
        }
        #expect(partition.logEndOffset == Offset(6))
    }

    @Test func producersAreRememberedAcrossRestarts() async throws {
        let partition = try log.directory.partition(TopicPartition("t", 0))
        for sequence: Int32 in 0..<3 {
            var batch = try stamped(7, 0, sequence, ["s"])
            try partition.append(&batch)
        }
        for isClean in [true, false] {
            if isClean { try await log.close() }
            let copy = try TemporaryDirectory()
            try FileSystem.local.createDirectory(copy.file("t-0"))
            for name in try FileSystem.local.list(directory.file("t-0")) {
                if !isClean, !name.hasSuffix(".log") { continue }
                _ = try copy.write(
                    try FileSystem.local.contents(of: directory.file("t-0/\(name)")), to: "t-0/\(name)")
            }
            if isClean { _ = try copy.write("{}", to: ".kafka_cleanshutdown") }
            let reopened = try LogDirectory(copy.path).partition(TopicPartition("t", 0))
            var last = try stamped(7, 0, 2, ["s"])
            #expect(try reopened.append(&last).isDuplicate, "clean \(isClean)")
            var next = try stamped(7, 0, 3, ["s"])
            #expect(try reopened.append(&next).baseOffset == Offset(3))
        }
    }

    @Test func idsAreNeverGivenTwice() throws {
        var seen: Set<Int64> = []
        for _ in 0..<3 {
            let other = try TransactionCoordinator(log.directory, groups: log.groups)
            for _ in 0..<5 { #expect(seen.insert(try other.makeProducer().id).inserted) }
        }
    }

    // MARK: Transactions

    private func transactional(_ id: String = "mover") throws -> Producer {
        var options = Producer.Options()
        options.transactionalID = id
        return try log.makeProducer(options)
    }

    @Test func readersOfCommittedSeeAllOrNothing() async throws {
        let producer = try transactional()
        for round in 0..<4 {
            try producer.beginTransaction()
            for number in 0..<6 {
                try await producer.send(ProducerRecord(topic: "t", key: "k\(number)", value: "\(round)"))
            }
            #expect(try values("t", .readCommitted).allSatisfy { $0 != "\(round)" })
            #expect(try values("t").filter { $0 == "\(round)" }.count == 6)
            if round % 2 == 0 {
                try await producer.commitTransaction()
            } else {
                try await producer.abortTransaction()
            }
            #expect(
                try values("t", .readCommitted).filter { $0 == "\(round)" }.count == (round % 2 == 0 ? 6 : 0))
        }
        #expect(try values("t", .readCommitted).count == 12)
        for partition in log.directory.partitions(of: "t") {
            #expect(partition.lastStableOffset == partition.highWatermark)
        }
    }

    @Test func anOpenTransactionHoldsBackWhatComesAfterIt() async throws {
        let producer = try transactional()
        let other = try log.makeProducer()
        try await other.send(ProducerRecord(topic: "t", partition: 0, value: Array("before".utf8)))
        try producer.beginTransaction()
        try await producer.send(ProducerRecord(topic: "t", partition: 0, value: Array("inside".utf8)))
        try await other.send(ProducerRecord(topic: "t", partition: 0, value: Array("after".utf8)))
        #expect(try log.directory.partition(TopicPartition("t", 0)).lastStableOffset == Offset(1))
        #expect(try values("t", .readCommitted) == ["before"])
        try await producer.abortTransaction()
        #expect(try values("t", .readCommitted) == ["before", "after"])
    }

    /// Records that come while the transaction is being committed are refused; behind its marker they would be in none.
    @Test func nothingSlipsInBehindTheMarker() async throws {
        try log.directory.createTopic("busy", partitions: 1, configs: ["flush.messages": "1"])
        let producer = try transactional()
        for _ in 0..<20 {
            try producer.beginTransaction()
            try await producer.send(ProducerRecord(topic: "busy", value: "first"))
            async let committing: Void = producer.commitTransaction()
            for _ in 0..<3 { _ = try? await producer.send(ProducerRecord(topic: "busy", value: "late")) }
            try await committing
            let partition = try log.directory.partition(TopicPartition("busy", 0))
            #expect(partition.lastStableOffset == partition.logEndOffset)
        }
    }

    @Test func aSecondProducerShutsTheFirstOut() async throws {
        let first = try transactional()
        try first.beginTransaction()
        try await first.send(ProducerRecord(topic: "t", key: "a", value: "lost"))
        let second = try transactional()
        #expect(try values("t", .readCommitted).isEmpty)
        let error = await #expect(throws: LogError.self) { try await first.commitTransaction() }
        #expect(error?.code == .producerFenced)
        await #expect(throws: LogError.self) { try await first.send(ProducerRecord(topic: "t", value: "x")) }
        try second.beginTransaction()
        try await second.send(ProducerRecord(topic: "t", key: "a", value: "kept"))
        try await second.commitTransaction()
        #expect(try values("t", .readCommitted) == ["kept"])
    }

    @Test func offsetsGoWithTheTransaction() async throws {
        let producer = try transactional()
        let id = TopicPartition("t", 0)
        for isCommit in [false, true] {
            try producer.beginTransaction()
            try await producer.sendOffsets([id: CommittedOffset(Offset(42))], group: "g")
            #expect(try log.groups.committed("g", id) == nil)
            #expect(
                #expect(throws: LogError.self) { try log.groups.committed("g", id, requireStable: true) }?
                    .code
                    == .unstableOffsetCommit)
            if isCommit {
                try await producer.commitTransaction()
            } else {
                try await producer.abortTransaction()
            }
            #expect(try log.groups.committed("g", id)?.offset == (isCommit ? Offset(42) : nil))
        }
        #expect(try GroupCoordinator(log.directory).committed("g", id)?.offset == Offset(42))
    }

    @Test func aTransactionThatIsOverItsTimeIsAborted() async throws {
        let clock = TestClock(1_000_000)
        let directory = try TemporaryDirectory()
        let log = try EmbeddedLog(directory.path, clock: { clock.now })
        try log.directory.createTopic("t", partitions: 1)
        var options = Producer.Options()
        options.transactionalID = "slow"
        options.transactionTimeoutMilliseconds = 500
        let producer = try log.makeProducer(options)
        try producer.beginTransaction()
        try await producer.send(ProducerRecord(topic: "t", value: "late"))
        log.maintain()
        let partition = try log.directory.partition(TopicPartition("t", 0))
        #expect(partition.lastStableOffset == .zero)
        clock.advance(1000)
        log.maintain()
        #expect(partition.lastStableOffset == Offset(2))
        let error = await #expect(throws: LogError.self) { try await producer.commitTransaction() }
        #expect(error?.code == .producerFenced)
    }

    /// The process dies between the decision and the markers: the next start goes on.
    @Test func aDecidedTransactionIsFinishedAtTheNextStart() async throws {
        for isCommit in [true, false] {
            let topic = isCommit ? "c" : "a"
            try log.directory.createTopic(topic, partitions: 1)
            let identity = try log.transactions.makeProducer(transactionalID: topic)
            try log.transactions.addPartitions([TopicPartition(topic, 0)], to: topic, identity)
            let builder = RecordBatchBuilder(compression: .none)
            [UInt8(1)].withUnsafeBytes { builder.append(timestamp: 1, key: nil, value: $0) }
            var stamp = ProducerStamp(producerID: identity.id, producerEpoch: identity.epoch, baseSequence: 0)
            stamp.isTransactional = true
            var batch = try builder.finish(stamp) { Array($0) }
            try log.directory.partition(TopicPartition(topic, 0)).append(&batch)
            var decided = TransactionMetadata(
                producerID: identity.id, epoch: identity.epoch, timeoutMilliseconds: 60_000, lastUpdate: 1)
            decided.phase = isCommit ? .prepareCommit : .prepareAbort
            decided.partitions = [TopicPartition(topic, 0)]
            try InternalTopic.transactions.append(
                [.init(key: TransactionMetadata.key(topic), value: decided.encoded)], for: topic,
                in: log.directory, timestamp: 1
            ).commit()
        }
        let next = try TransactionCoordinator(log.directory, groups: log.groups)
        #expect(next.descriptions.map(\.state) == ["completeAbort", "completeCommit"])
        #expect(try values("c", .readCommitted).count == 1)
        #expect(try values("a", .readCommitted).isEmpty)
        #expect(try values("a").count == 1)
    }
}
