import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

@Suite struct InspectionTests {
    /// What Kafka's own dump tool printed for segments that Kafka wrote.
    @Test(
        .enabled(if: RealData.golden != nil, "TAPEHOUSE_GOLDEN is not set"),
        arguments: ["compt-clean", "cktx-clean", "idx-clean"])
    func theDumpIsThatOfKafkasTool(name: String) throws {
        let root = "\(try #require(RealData.golden))/kafka"
        var lines: [String] = []
        var dump = SegmentDump { lines.append($0) }
        try dump.dump("\(root)/\(name)")
        #expect(!dump.foundDamage)
        let ours = lines.map { $0.replacing("\(root)/", with: "golden/") }
        let text = String(
            decoding: try FileSystem.local.contents(of: "\(root)/\(name).dump.txt"), as: UTF8.self)
        let theirs = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (number, (left, right)) in zip(ours, theirs).enumerated() where left != right {
            Issue.record("line \(number + 1):\nours:   \(left)\ntheirs: \(right)")
            break
        }
        #expect(ours.count == theirs.filter { !$0.isEmpty }.count)
    }

    @Test(
        .enabled(if: RealData.golden != nil, "TAPEHOUSE_GOLDEN is not set"),
        arguments: ["compt-clean", "cktx-clean", "idx-clean", "crafted-clean"])
    func nothingIsWrongWithWhatKafkaWrote(name: String) throws {
        var check = SegmentCheck()
        try check.check("\(try #require(RealData.golden))/kafka/\(name)")
        #expect(check.problems == [])
        #expect(check.records > 0)
    }

    /// Each byte of a segment flipped in turn is found, but for those that nothing guards: the leader epoch, and base
    /// offsets that still go on.
    @Test func everyFlippedByteIsFound() throws {
        let directory = try TemporaryDirectory()
        let log = try LogDirectory(directory.path)
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        for number in 0..<3 {
            var bytes = try batch([
                OwnedRecord(offset: 0, timestamp: 5, key: [1], value: Array("value \(number)".utf8))
            ])
            try partition.append(&bytes)
        }
        try log.close()
        let path = directory.file("t-0/\(Offset.zero.fileName).log")
        let content = try FileSystem.local.contents(of: path)
        let file = try FileSystem.local.open(path, .update)
        let size = content.count / 3
        var missed: Set<Int> = []
        for (position, byte) in content.enumerated() {
            try file.write([byte ^ 0x40], at: position)
            var check = SegmentCheck()
            try check.check(directory.file("t-0"))
            if check.problems.isEmpty { missed.insert(position % size) }
            try file.write([byte], at: position)
        }
        #expect(missed.isSubset(of: Set(0..<8).union(12..<16)), "\(missed.sorted())")
        var whole = SegmentCheck()
        try whole.check(directory.file("t-0"))
        #expect(whole.problems.isEmpty)
        #expect((whole.segments, whole.batches, whole.records) == (1, 3, 3))
    }

    @Test func anIndexThatDoesNotAgreeIsFound() throws {
        let directory = try TemporaryDirectory()
        var configuration = LogConfiguration()
        configuration.indexIntervalBytes = 0
        let log = try LogDirectory(directory.path, configuration: configuration)
        try log.createTopic("t", partitions: 1)
        for number in 0..<4 {
            var bytes = try batch([OwnedRecord(offset: 0, timestamp: Int64(number), key: nil, value: [1])])
            try log.partition(TopicPartition("t", 0)).append(&bytes)
        }
        try log.close()
        for suffix in ["index", "timeindex"] {
            let path = directory.file("t-0/\(Offset.zero.fileName).\(suffix)")
            let content = try FileSystem.local.contents(of: path)
            #expect(!content.isEmpty)
            for position in content.indices {
                try FileSystem.local.open(path, .update).write([content[position] ^ 1], at: position)
                var check = SegmentCheck()
                try check.check(directory.file("t-0"))
                #expect(check.problems.map(\.path) == [path], "byte \(position)")
                #expect(check.problems.allSatisfy { !$0.losesRecords })
                try FileSystem.local.open(path, .update).write([content[position]], at: position)
            }
        }
    }
}
