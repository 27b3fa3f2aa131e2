import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// What producers are given, and how much they may send.
@Suite struct ProducerLimitsTests {
    private let directory: TemporaryDirectory
    private let log: EmbeddedLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EmbeddedLog(directory.path, logger: .silent)
    }

    /// A broker counts its producers' ids up from 0, and knows of none that were given out here.
    @Test func producerIDsAreFromARangeThatABrokerNeverReaches() async throws {
        let first = TransactionCoordinator.firstProducerID
        #expect(first >= 1 << 50 && first < 1 << 53)
        #expect(try log.transactions.makeProducer().id == first)
        #expect(try log.transactions.makeProducer(transactionalID: "x").id == first + 1)
        try await log.close()
        let file = "\(log.directory.path)/next-producer-id"
        for (stored, wanted) in [("3000", first), ("\(first + 5000)", first + 5000)] {
            try FileSystem.local.replaceContents(of: file, with: Array(stored.utf8))
            let other = try EmbeddedLog(log.directory.path, logger: .silent)
            // The transactional producer's is known, too.
            #expect(try other.transactions.makeProducer().id == max(wanted, first + 2))
            try await other.close()
        }
        for stored in ["\(Int64.max)", "\(Int64.max - 1)", "-5", "many"] {
            try FileSystem.local.replaceContents(of: file, with: Array(stored.utf8))
            let other = try EmbeddedLog(log.directory.path, logger: .silent)
            #expect(throws: LogError.self) { try other.transactions.makeProducer() }
            try await other.close()
        }
    }

    @Test(arguments: [Compression.none, .zstd])
    func aRecordIsAsLargeAsTheTopicTakes(compression: Compression) async throws {
        var options = Producer.Options()
        options.compression = compression
        let producer = try log.makeProducer(options)
        for (topic, configs, most) in [
            ("default", [:], 1_048_588), ("small", ["max.message.bytes": "500"], 500),
            ("large", ["max.message.bytes": "9000000"], 9_000_000),
        ] as [(String, [String: String], Int)] {
            try log.directory.createTopic(topic, partitions: 1, configs: configs)
            let writer = try TopicWriter(log.directory, topic: topic, compression: compression)
            // What surrounds a value takes at most 61 bytes for the batch and some 40 for the record.
            for (bytes, fits) in [(most - 110, true), (most - 61, false), (most, false)] {
                let value = [UInt8](repeating: 7, count: bytes)
                let isSent = try value.withUnsafeBytes { value in
                    do {
                        try writer.send(key: nil, value: value, timestamp: 1)
                        try writer.flush()
                        return true
                    } catch let error as LogError where error.code == .messageTooLarge {
                        return false
                    }
                }
                #expect(isSent == fits, "\(topic): \(bytes)")
                let record = ProducerRecord(topic: topic, key: nil, value: value)
                if fits {
                    #expect(try await producer.send(record).topicPartition.topic == topic)
                } else if compression == .none {
                    let error = await #expect(throws: LogError.self) { try await producer.send(record) }
                    #expect(error?.code == .messageTooLarge)
                }
            }
            #expect(try log.directory.partition(TopicPartition(topic, 0)).logEndOffset.value == 2)
        }
    }
}
