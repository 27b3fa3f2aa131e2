import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// Partitions that Apache Kafka wrote, with what goes with their segments taken away and made anew here. Skipped
/// where `TAPEHOUSE_GOLDEN` is not set.
@Suite(.enabled(if: RealData.golden != nil, "TAPEHOUSE_GOLDEN is not set"))
struct GoldenRecoveryTests {
    /// Copies a partition; only the files with these suffixes.
    private func copy(_ name: String, suffixes: [String], to directory: TemporaryDirectory) throws {
        let source = "\(try #require(RealData.golden))/kafka/\(name)"
        try FileSystem.local.createDirectory(directory.file("g-0"))
        for file in try FileSystem.local.list(source) where suffixes.contains(where: { file.hasSuffix($0) }) {
            _ = try directory.write(try FileSystem.local.contents(of: "\(source)/\(file)"), to: "g-0/\(file)")
        }
    }

    @Test(arguments: ["idx-clean", "cktx-clean", "crafted-clean", "compt-clean"])
    func indexesAndSnapshotsMadeAnewAreKafkasOwn(name: String) throws {
        let directory = try TemporaryDirectory()
        try copy(name, suffixes: [".log", "epoch-checkpoint"], to: directory)
        let log = try LogDirectory(directory.path, clock: { 1_795_500_000_000 })
        #expect(log.recoveries.isEmpty)
        try log.close()
        let source = "\(try #require(RealData.golden))/kafka/\(name)"
        var compared = 0
        for file in try FileSystem.local.list(source)
        where file.hasSuffix("index") || file == "leader-epoch-checkpoint" {
            // What compaction dropped of an aborted transaction cannot be told from the segment any more.
            if name == "compt-clean", file.hasSuffix(".txnindex") { continue }
            let ours = try FileSystem.local.contents(of: directory.file("g-0/\(file)"))
            let theirs = try FileSystem.local.contents(of: "\(source)/\(file)")
            // That broker was stopped and started in between, and made an entry at the stop.
            let hadStop = name == "cktx-clean" && file.hasSuffix(".timeindex")
            #expect(
                hadStop
                    ? theirs.hexadecimal.hasSuffix(ours.hexadecimal) : ours.hexadecimal == theirs.hexadecimal,
                "\(name)/\(file)")
            compared += 1
        }
        #expect(compared >= 3)
        let end = try log.partition(TopicPartition("g", 0)).logEndOffset
        let snapshot = "\(end.fileName).snapshot"
        let ours = try FileSystem.local.contents(of: directory.file("g-0/\(snapshot)"))
        if try FileSystem.local.kind(of: "\(source)/\(snapshot)") == .file, name != "compt-clean" {
            let theirs = try FileSystem.local.contents(of: "\(source)/\(snapshot)")
            #expect(ours.hexadecimal == theirs.hexadecimal)
        }
        #expect(try ProducerStates(reading: ours).encoded == ours)
    }

    /// Every snapshot that Kafka wrote is read, and written again as the same bytes.
    @Test func snapshotsAreReadAndWrittenAlike() throws {
        let root = "\(try #require(RealData.golden))/kafka"
        var producers = 0
        for name in try FileSystem.local.list(root)
        where try FileSystem.local.kind(of: "\(root)/\(name)") == .directory {
            for file in try FileSystem.local.list("\(root)/\(name)") where file.hasSuffix(".snapshot") {
                let bytes = try FileSystem.local.contents(of: "\(root)/\(name)/\(file)")
                let states = try ProducerStates(reading: bytes)
                #expect(states.producers.isEmpty || states.encoded.count == bytes.count)
                #expect(try ProducerStates(reading: states.encoded).producers == states.producers)
                producers += states.producers.count
            }
        }
        #expect(producers >= 5)
    }

    /// The torn tail of a real segment is cut where the broker itself cut it.
    @Test func aTornTailIsCutWhereKafkaCutIt() throws {
        let directory = try TemporaryDirectory()
        try copy("crafted-clean", suffixes: [".log"], to: directory)
        let path = directory.file("g-0/\(Offset.zero.fileName).log")
        let whole = try FileSystem.local.contents(of: path).count
        try FileSystem.local.open(path, .update).write([UInt8](repeating: 0xA5, count: 200), at: whole)
        let log = try LogDirectory(directory.path)
        #expect(log.recoveries.first?.bytesCut == 200)
        let partition = try log.partition(TopicPartition("g", 0))
        #expect(partition.logEndOffset == Offset(2006))
        var records = [PartitionLog.Isolation.readUncommitted: 0, .readCommitted: 0]
        for isolation in [PartitionLog.Isolation.readUncommitted, .readCommitted] {
            let reader = PartitionReader(partition, from: .zero, isolation: isolation)
            while try reader.next({ _ in records[isolation, default: 0] += 1 }) {}
        }
        #expect(records[.readUncommitted] == 2004)
        #expect(records[.readCommitted] == 2002)
        #expect(try partition.offset(forTimestamp: 1_795_432_000_777)?.offset == Offset(777))
    }
}
