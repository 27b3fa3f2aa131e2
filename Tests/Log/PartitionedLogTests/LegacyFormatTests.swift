import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// Directories that a Kafka before 0.11, or one with ZooKeeper, has written.
@Suite struct LegacyFormatTests {
    private let directory: TemporaryDirectory
    private var segment: String { directory.file("t-0/\(Offset.zero.fileName).log") }

    init() throws {
        directory = try TemporaryDirectory()
        try FileSystem.local.createDirectory(directory.file("t-0"))
        _ = try directory.write("version=1\nnode.id=1\ncluster.id=x\n", to: "meta.properties")
    }

    /// A message of format 0 or 1, by hand.
    static func message(_ magic: UInt8, offset: Int64, value: String) -> [UInt8] {
        var body: [UInt8] = [magic, 0]
        if magic == 1 { body.appendBigEndian(Int64(1_400_000_000_000)) }
        body.appendBigEndian(Int32(-1))
        body.appendBigEndian(Int32(value.utf8.count))
        body += Array(value.utf8)
        var message: [UInt8] = []
        message.appendBigEndian(offset)
        message.appendBigEndian(Int32(body.count + 4))
        message.appendBigEndian(body.withUnsafeBytes { CRC32.checksum($0) })
        return message + body
    }

    private func put(_ bytes: [UInt8]) throws {
        _ = try directory.write(bytes, to: "t-0/\(Offset.zero.fileName).log")
    }

    private func refusal(_ body: () throws -> Void) -> String {
        let error = #expect(throws: LogError.self, performing: body)
        #expect(error?.code == .unsupportedForMessageFormat)
        return error?.message ?? ""
    }

    @Test(arguments: [UInt8(0), 1], ["one", "", String(repeating: "x", count: 3000)])
    func olderFormatsAreRefusedAndNeverCut(magic: UInt8, value: String) throws {
        let bytes = (Int64(0)..<3).flatMap { Self.message(magic, offset: $0, value: value) }
        try put(bytes)
        let before = try FileSystem.local.list(directory.path).filter { $0 != ".lock" }
        let message = refusal { _ = try LogDirectory(directory.path) }
        #expect(message.contains("\(Offset.zero.fileName).log at byte 0: a message of format \(magic)"))
        #expect(try FileSystem.local.list(directory.path).filter { $0 != ".lock" } == before)
        #expect(try FileSystem.local.list(directory.file("t-0")) == ["\(Offset.zero.fileName).log"])
        #expect(try FileSystem.local.contents(of: segment) == bytes)
        // Who looks on is told by the partition that cannot be read, not by the others.
        let log = try LogDirectory(directory.path, access: .readOnly)
        #expect(log.topics == ["t"])
        let partition = try log.partition(TopicPartition("t", 0))
        _ = refusal { _ = try partition.batch(holding: .zero) }
        _ = refusal { _ = try PartitionReader(partition, from: .zero).next { _ in } }
        _ = refusal { _ = try partition.offset(forTimestamp: 0) }
        _ = refusal { _ = try partition.offsetOfMaxTimestamp() }
        try partition.refresh()
        var check = SegmentCheck()
        try check.check(directory.file("t-0"))
        #expect(check.problems.map(\.losesRecords) == [false])
        var lines: [String] = []
        var dump = SegmentDump { lines.append($0) }
        try dump.dump(segment)
        #expect(dump.foundDamage)
        #expect(lines.last?.contains("a message of format \(magic)") ?? false)
    }

    /// A topic whose format was set back.
    @Test func anOlderMessageInsideASegmentIsNoDamage() throws {
        let good = try batch([OwnedRecord(offset: 0, timestamp: 1, key: nil, value: [1])])
        let bytes = good + Self.message(1, offset: 1, value: "two")
        try put(bytes)
        _ = refusal { _ = try LogDirectory(directory.path) }
        #expect(try FileSystem.local.contents(of: segment) == bytes)
    }

    /// Zeros behind the last batch, as a power cut leaves them, have the magic byte 0.
    @Test(arguments: [30, 61, 4096])
    func zerosAreDamage(count: Int) throws {
        let good = try batch([OwnedRecord(offset: 0, timestamp: 1, key: nil, value: [1])])
        for tail in [
            [UInt8](repeating: 0, count: count),
            Array(Self.message(1, offset: 1, value: String(repeating: "x", count: count)).dropLast()),
        ] {
            try put(good + tail)
            let log = try LogDirectory(directory.path)
            #expect(log.recoveries.map(\.bytesCut) == [tail.count])
            #expect(try FileSystem.local.contents(of: segment).count == good.count)
        }
    }

    @Test func aDirectoryOfABrokerWithZooKeeperIsReadAndNotWritten() throws {
        let good = try batch([OwnedRecord(offset: 0, timestamp: 1, key: nil, value: [1])])
        try put(good)
        for (version, words) in [
            ("version=0\nbroker.id=1\n", "ZooKeeper"), ("version=2\n", "version 2"), ("", "none"),
        ] {
            _ = try directory.write(version, to: "meta.properties")
            let error = #expect(throws: LogError.self) { _ = try LogDirectory(directory.path) }
            #expect(error?.code == .unsupportedVersion)
            #expect(error?.message.contains(words) ?? false)
            let log = try LogDirectory(directory.path, access: .readOnly)
            #expect(try log.partition(TopicPartition("t", 0)).logEndOffset.value == 1)
        }
    }
}
