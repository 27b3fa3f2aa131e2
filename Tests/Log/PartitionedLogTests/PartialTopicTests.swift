import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// Topics of which only some partitions are in the directory, as in one of a cluster.
@Suite struct PartialTopicTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func append(_ log: LogDirectory, _ id: TopicPartition) throws {
        var bytes = try batch([OwnedRecord(offset: 0, timestamp: 1, key: [1], value: [UInt8(id.partition)])])
        try log.partition(id).append(&bytes)
    }

    /// A topic `g` of four partitions with a record in each, some of which are then gone.
    private func make(without numbers: [Int32]) throws {
        let log = try LogDirectory(directory.path)
        try log.createTopic("g", partitions: 4, configs: ["segment.bytes": "2000"])
        for number in Int32(0)..<4 { try append(log, TopicPartition("g", number)) }
        try log.close()
        for number in numbers { try FileSystem.local.removeTree(directory.file("g-\(number)")) }
    }

    private func ends(_ log: LogDirectory) -> [Int32: Int64] {
        Dictionary(
            uniqueKeysWithValues: log.partitions(of: "g").map {
                ($0.topicPartition.partition, $0.logEndOffset.value)
            })
    }

    private func code(_ body: () throws -> Void) -> LogError.Code? {
        #expect(throws: LogError.self, performing: body)?.code
    }

    @Test(arguments: [[1], [0], [3], [0, 2]] as [[Int32]])
    func whatIsThereIsServedAndNothingIsRemoved(missing: [Int32]) throws {
        try make(without: missing)
        let present = (Int32(0)..<4).filter { !missing.contains($0) }
        for access in [LogDirectory.Access.readOnly, .readWrite] {
            let log = try LogDirectory(directory.path, access: access)
            #expect(log.topics == ["g"] && log.hasTopic("g"))
            #expect(ends(log) == Dictionary(uniqueKeysWithValues: present.map { ($0, 1) }))
        }
        let log = try LogDirectory(directory.path)
        #expect(code { try log.createTopic("g", partitions: 4) } == .topicAlreadyExists)
        #expect(code { try log.createTopic("g", partitions: 1) } == .topicAlreadyExists)
        #expect(code { try log.addPartitions(to: "g", total: (present.last ?? 0)) } == .invalidPartitions)
        #expect(ends(log).count == present.count)
        // Asked for, what is missing is made, and that alone.
        #expect(try log.addPartitions(to: "g", total: 4) == missing)
        var wanted: [Int32: Int64] = [0: 1, 1: 1, 2: 1, 3: 1]
        for number in missing { wanted[number] = 0 }
        #expect(ends(log) == wanted)
        #expect(code { try log.addPartitions(to: "g", total: 4) } == .invalidPartitions)
        #expect(Set(try log.partitions(of: "g").map { try log.topicID($0.topicPartition) }).count == 1)
        try log.close()
        #expect(try ends(LogDirectory(directory.path)) == wanted)
    }

    @Test func aKeyGoesWhereTheWholeTopicHasItOrNowhere() async throws {
        try make(without: [1])
        let log = try EmbeddedLog(directory.path, logger: .silent)
        let writer = try TopicWriter(log.directory, topic: "g")
        let producer = try log.makeProducer()
        var (stored, refused) = (0, 0)
        for number in 0..<100 {
            let key = Array("key \(number)".utf8)
            let home = key.withUnsafeBytes { Partitioner.partition(key: $0, of: 4) }
            let record = ProducerRecord(topic: "g", key: key, value: [1])
            if home == 1 {
                refused += 1
                let error = #expect(throws: LogError.self) {
                    try key.withUnsafeBytes { try writer.send(key: $0, value: nil, timestamp: 1) }
                }
                #expect(error?.code == .unknownTopicOrPartition)
                #expect(error?.message.contains("partition 1 of the 4 of topic g") ?? false)
                await #expect(throws: LogError.self) { try await producer.send(record) }
            } else {
                stored += 2
                try key.withUnsafeBytes { try writer.send(key: $0, value: nil, timestamp: 1) }
                #expect(try await producer.send(record).topicPartition.partition == home)
            }
        }
        #expect(refused > 10)
        try writer.flush()
        #expect(ends(log.directory).values.reduce(0, +) == Int64(stored + 3))
        // Without a key any partition that is here will do.
        for _ in 0..<8 { _ = try await producer.send(ProducerRecord(topic: "g", key: nil, value: [1])) }
        #expect(
            code { _ = try TopicWriter(log.directory, topic: "g", partition: 1) } == .unknownTopicOrPartition)
        try await log.close()
    }

    @Test func aGroupReadsThePartitionsThatAreHere() async throws {
        try make(without: [0, 2])
        let log = try EmbeddedLog(directory.path, logger: .silent)
        var options = Consumer.Options(group: "g", topics: ["g"])
        options.offsetReset = .earliest
        let consumer = try log.makeConsumer(options)
        var seen: Set<Int32> = []
        for try await record in consumer.records {
            seen.insert(record.topicPartition.partition)
            if seen.count == 2 { break }
        }
        #expect(seen == [1, 3])
        try await consumer.close()
        try await log.close()
    }

    @Test func settingsAreInTheFirstPartitionThatIsHere() throws {
        try make(without: [0])
        do {
            let log = try LogDirectory(directory.path)
            // They went with partition 0.
            #expect(log.ownConfigs(of: "g").isEmpty)
            try log.alterTopic("g", set: ["segment.bytes": "3000"])
            try log.addPartitions(to: "g", total: 4)
            #expect(log.partitions(of: "g").allSatisfy { $0.configuration.segmentBytes == 3000 })
        }
        let log = try LogDirectory(directory.path)
        #expect(log.partitions(of: "g").allSatisfy { $0.configuration.segmentBytes == 3000 })
        try log.alterTopic("g", set: [:], unset: ["segment.bytes"])
        #expect(log.ownConfigs(of: "g").isEmpty)
    }

    @Test func whatABrokerHasSetAsideIsLeftAlone() throws {
        try make(without: [1])
        let mark = "0123456789abcdef0123456789abcdef"
        let kept = [
            "g-1.\(mark)-stray", "g-2.\(mark)-future", "backup-delete", "g-01", "g-+1", "x-0.-delete",
        ]
        for name in kept + ["g-9.\(mark)-delete"] {
            try FileSystem.local.createDirectory(directory.file(name))
            _ = try directory.write("content", to: "\(name)/file")
        }
        let log = try LogDirectory(directory.path)
        #expect(ends(log).keys.sorted() == [0, 2, 3])
        #expect(try log.setAside.sorted() == [kept[0], kept[1]])
        #expect(log.missingPartitions(of: "g") == [1...1])
        try log.close()
        for name in kept { #expect(try FileSystem.local.kind(of: directory.file("\(name)/file")) == .file) }
        #expect(try FileSystem.local.kind(of: directory.file("g-9.\(mark)-delete")) == nil)
    }

    /// The quorum's log lies beside the partitions where a broker is a controller too.
    @Test func theLogOfAQuorumIsReadAndNotTouched() throws {
        try make(without: [])
        let name = "__cluster_metadata-0"
        try FileSystem.local.createDirectory(directory.file(name))
        var bytes = try batch([OwnedRecord(offset: 0, timestamp: 1, key: nil, value: [1])])
        bytes += [1, 2, 3]
        _ = try directory.write(bytes, to: "\(name)/\(Offset.zero.fileName).log")
        let log = try LogDirectory(directory.path)
        #expect(try log.partition(TopicPartition("__cluster_metadata", 0)).logEndOffset.value == 1)
        #expect(code { try log.deleteTopic("__cluster_metadata") } == .unknownTopicOrPartition)
        #expect(code { try append(log, TopicPartition("__cluster_metadata", 0)) } == .invalidRequest)
        #expect(log.maintain().failures.isEmpty)
        try log.close()
        #expect(try FileSystem.local.list(directory.file(name)) == ["\(Offset.zero.fileName).log"])
        #expect(
            try FileSystem.local.contents(of: directory.file("\(name)/\(Offset.zero.fileName).log")) == bytes)
    }

    // MARK: Names

    @Test(arguments: [228, 229, 240, 249])
    func aLongNameIsMadeAndDeletedWhole(length: Int) throws {
        let topic = String(repeating: "n", count: length)
        let log = try LogDirectory(directory.path)
        try log.createTopic(topic, partitions: 12, configs: ["segment.bytes": "2000"])
        #expect(log.partitions(of: topic).count == 12)
        try log.addPartitions(to: topic, total: 14)
        try log.deleteTopic(topic)
        #expect(log.topics.isEmpty)
        #expect(try FileSystem.local.list(directory.path).allSatisfy { !$0.hasPrefix("n") })
        #expect(try LogDirectory(directory.path, access: .readOnly).topics.isEmpty)
    }

    @Test func aNameThatNoDirectoryCanHaveIsRefusedBeforeAnythingIsDone() throws {
        let topic = String(repeating: "n", count: 249)
        let log = try LogDirectory(directory.path)
        let before = try FileSystem.local.list(directory.path)
        #expect(code { try log.createTopic(topic, partitions: 100_001) } == .invalidTopic)
        #expect(try FileSystem.local.list(directory.path) == before)
        try log.createTopic(topic, partitions: 1)
        #expect(code { try log.addPartitions(to: topic, total: 100_001) } == .invalidTopic)
        #expect(log.partitions(of: topic).count == 1)
    }

    // MARK: Interruptions

    /// A deletion is gone on with, but not with a topic that has been made in its name since.
    @Test func anInterruptedDeletionIsFinished() throws {
        try make(without: [])
        let id = try LogDirectory(directory.path, access: .readOnly).topicID(TopicPartition("g", 0))
        func begin(_ topicID: KafkaID) throws {
            try TopicChange(kind: .delete, topic: "g", topicID: topicID, partitions: [0, 1, 2, 3])
                .begin(in: directory.path, .local)
        }
        var generator = SeededGenerator(seed: 1)
        try begin(KafkaID(using: &generator))
        #expect(try LogDirectory(directory.path, access: .readOnly).topics.isEmpty)
        #expect(try ends(LogDirectory(directory.path)).count == 4)
        try begin(id)
        #expect(try LogDirectory(directory.path).topics.isEmpty)
        #expect(try FileSystem.local.list(directory.path).allSatisfy { !$0.hasPrefix("g-") })
    }

    /// Gaps stay gaps, and records stay, whatever is interrupted while they are filled.
    @Test func fillingGapsIsAllOrNothing() throws {
        let counter = FaultPlan(operation: .max, fault: .crash)
        func work(_ path: String, _ fileSystem: FileSystem) throws {
            let log = try LogDirectory(path, fileSystem: fileSystem)
            if !log.missingPartitions(of: "g").isEmpty { try log.addPartitions(to: "g", total: 4) }
            try log.close()
        }
        func copy(to path: String) throws {
            try FileSystem.local.createDirectory(path)
            for name in try FileSystem.local.list(directory.path) {
                let from = directory.file(name)
                if try FileSystem.local.kind(of: from) == .directory {
                    try FileSystem.local.createDirectory("\(path)/\(name)")
                    for file in try FileSystem.local.list(from) {
                        try FileSystem.local.replaceContents(
                            of: "\(path)/\(name)/\(file)",
                            with: FileSystem.local.contents(of: "\(from)/\(file)"))
                    }
                } else {
                    try FileSystem.local.replaceContents(
                        of: "\(path)/\(name)", with: FileSystem.local.contents(of: from))
                }
            }
        }
        try make(without: [0, 2])
        let whole = try TemporaryDirectory()
        try copy(to: whole.file("log"))
        try work(whole.file("log"), FileSystem(faults: counter))
        for fault in [FaultPlan.Fault.crash, .fail(errno: 28)] {
            for operation in 0..<counter.operationsPerformed {
                let path = whole.file("\(fault) \(operation)")
                try copy(to: path)
                try? work(path, FileSystem(faults: FaultPlan(operation: operation, fault: fault)))
                do {
                    let log = try LogDirectory(path)
                    let found = ends(log)
                    #expect([2, 4].contains(found.count), "\(fault) in operation \(operation)")
                    #expect(found[1] == 1 && found[3] == 1, "\(fault) in operation \(operation)")
                }
                try work(path, .local)
                let left = try ends(LogDirectory(path))
                #expect(left == [0: 0, 1: 1, 2: 0, 3: 1], "\(fault) in operation \(operation)")
            }
        }
    }
}
