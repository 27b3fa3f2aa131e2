import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// Damaged bytes, in great number, into the decoder of batches and into the opening of a log. Whatever they are, the
/// answer is a result or an error, never a crash, and takes no more memory than its limits allow.
///
/// `TAPEHOUSE_FUZZ_INPUTS` sets how many inputs there are; the share of recoveries is a hundredth.
@Suite struct FuzzTests {
    private static let inputs = environment("TAPEHOUSE_FUZZ_INPUTS").flatMap { Int($0) } ?? 20_000

    /// Batches of every codec, with keys, headers, nulls, markers and sparse offsets.
    private static func seeds() throws -> [[UInt8]] {
        let records = (0..<12).map { number in
            OwnedRecord(
                offset: Int64(number), timestamp: 1_700_000_000_000 + Int64(number * number),
                key: number % 3 == 0 ? nil : Array("key \(number % 4)".utf8),
                value: number % 5 == 4
                    ? nil : Array(String(repeating: "value \(number) ", count: number).utf8),
                headers: number % 4 == 1 ? [RecordHeader("h", text: "x"), RecordHeader("n", nil)] : [])
        }
        var seeds = [
            try batch(records), try batch(records, compression: .zstd), try batch(Array(records.prefix(1))),
            try EndTransactionMarker(isCommit: false, coordinatorEpoch: 3).batch(
                producerID: 7, producerEpoch: 1, timestamp: 5),
        ]
        // The codecs that are not written, wrapped as their batches are.
        for (name, codec) in [
            ("fixed.gz", Compression.gzip), ("bare.snappy", .snappy), ("java.snappy", .snappy),
            ("checked.lz4", .lz4),
        ] {
            let content = try FileSystem.local.contents(of: ProjectFiles.fixture("codecs/\(name)"))
            var wrapped = Array(seeds[0].prefix(RecordBatchHeader.byteCount)) + content
            wrapped.withUnsafeMutableBytes {
                $0.storeBigEndian(Int32($0.count - RecordBatchHeader.lengthOverhead), at: 8)
                $0.storeBigEndian(codec.rawValue, at: 21)
            }
            seeds.append(wrapped)
        }
        return seeds
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 3:
                bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &random)))
            case 4: bytes.insert(contentsOf: bytes[..<min(place, 16)], at: place)
            default:
                // Lengths and counts are where a decoder trusts most.
                let field = [8, 21, 23, 57].randomElement(using: &random) ?? 8
                if field < bytes.count { bytes[field] = UInt8.random(in: 0...255, using: &random) }
            }
        }
    }

    @Test func theDecoderTakesAnything() async throws {
        try await onOwnThread { try Self.fuzzDecoder() }
    }

    private static func fuzzDecoder() throws {
        var random = SeededGenerator(seed: 2026)
        let seeds = try Self.seeds()
        var scratch = RecordScratch()
        var decoded = 0
        var refused = 0
        for input in 0..<Self.inputs {
            var bytes = seeds[input % seeds.count]
            Self.mutate(&bytes, &random)
            // Half of them get a checksum and a length that are right, so that what lies behind is reached.
            if bytes.count >= RecordBatchHeader.byteCount, input % 2 == 0 {
                bytes.withUnsafeMutableBytes {
                    $0.storeBigEndian(Int32($0.count - RecordBatchHeader.lengthOverhead), at: 8)
                    $0[16] = 2
                    $0.storeBigEndian(RecordBatchView.checksum(UnsafeRawBufferPointer($0)), at: 17)
                }
            }
            do {
                let batch = try RecordBatch(validating: bytes)
                var count: Int32 = 0
                try batch.forEachRecord(&scratch) { record in
                    count += 1
                    precondition(record.offset >= batch.header.baseOffset)
                }
                precondition(
                    count == batch.header.recordCount || batch.bytes.count == RecordBatchHeader.byteCount)
                decoded += 1
            } catch is LogError {
                refused += 1
            }
        }
        #expect(decoded > Self.inputs / 100)
        #expect(refused > Self.inputs / 10)
    }

    /// A partition whose files are damaged at random opens all the same; what is read of it is right, and what is
    /// not is told.
    @Test func recoveryTakesAnything() async throws {
        try await onOwnThread { try Self.fuzzRecovery() }
    }

    private static func fuzzRecovery() throws {
        var random = SeededGenerator(seed: 7)
        let directory = try TemporaryDirectory()
        var configuration = LogConfiguration()
        configuration.segmentBytes = 600
        configuration.indexIntervalBytes = 60
        let source = directory.file("source")
        do {
            let log = try EmbeddedLog(source, configuration: configuration, logger: .silent)
            try log.directory.createTopic("t", partitions: 1)
            let partition = try log.directory.partition(TopicPartition("t", 0))
            for number in 0..<30 {
                var bytes = try batch([
                    OwnedRecord(
                        offset: 0, timestamp: log.directory.clock(), key: [1],
                        value: Array("value \(number)".utf8))
                ])
                try partition.append(&bytes)
            }
            let identity = try log.transactions.makeProducer(transactionalID: "x")
            try log.transactions.addPartitions([partition.topicPartition], to: "x", identity)
            try log.transactions.end("x", identity, commit: false)
            try log.directory.close()
        }
        let names = try FileSystem.local.list("\(source)/t-0")
        let contents = try names.map { try FileSystem.local.contents(of: "\(source)/t-0/\($0)") }
        for round in 0..<max(100, Self.inputs / 100) {
            let path = directory.file("round")
            try FileSystem.local.createDirectory("\(path)/t-0")
            let damaged = Set(
                (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    Int.random(in: names.indices, using: &random)
                })
            for (index, name) in names.enumerated() {
                var bytes = contents[index]
                if damaged.contains(index) { Self.mutate(&bytes, &random) }
                if Int.random(in: 0..<25, using: &random) == 0 { continue }
                try FileSystem.local.open("\(path)/t-0/\(name)", .replace).write(bytes, at: 0)
            }
            if Bool.random(using: &random) {
                try FileSystem.local.open("\(path)/.kafka_cleanshutdown", .replace).write([0x7B], at: 0)
            }
            if Bool.random(using: &random) {
                try FileSystem.local.open("\(path)/recovery-point-offset-checkpoint", .replace)
                    .write(Array("0\n1\nt 0 \(Int.random(in: 0...40, using: &random))\n".utf8), at: 0)
            }
            do {
                let log = try LogDirectory(path, configuration: configuration)
                let partition = try log.partition(TopicPartition("t", 0))
                let reader = PartitionReader(partition, from: partition.logStartOffset)
                while try reader.next({ record in
                    let text = String(decoding: record.value ?? .init(start: nil, count: 0), as: UTF8.self)
                    precondition(text.hasPrefix("value "), "round \(round): \(text)")
                }) {}
                var next = try batch([
                    OwnedRecord(offset: 0, timestamp: 1, key: nil, value: Array("value x".utf8))
                ])
                try partition.append(&next)
            } catch is LogError {} catch is DurableIOError {}
            try FileSystem.local.removeTree(path)
        }
    }
}
