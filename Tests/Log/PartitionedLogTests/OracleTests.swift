import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// Our files in the eyes of kafka-python, and its batches in ours. `TAPEHOUSE_ORACLE_PYTHON` names a Python that has
/// what `Tests/Support/Oracles/requirements.txt` lists; skipped where it is not set.
@Suite(.enabled(if: environment("TAPEHOUSE_ORACLE_PYTHON") != nil, "TAPEHOUSE_ORACLE_PYTHON is not set"))
struct OracleTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func oracle(_ arguments: String...) throws -> [String] {
        let python = try #require(environment("TAPEHOUSE_ORACLE_PYTHON"))
        let script = "\(ProjectFiles.root)/Tests/Support/Oracles/kafka_oracle.py"
        let outcome = try Subprocess([python, script] + arguments).wait()
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n").map(String.init)
    }

    private static func base64(_ bytes: [UInt8]?) -> String {
        guard let bytes else { return "null" }
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place <= group.count ? digits[word >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return "\"\(String(decoding: text, as: UTF8.self))\""
    }

    private static func headers(_ headers: [RecordHeader]) -> String {
        "[" + headers.map { "[\"\($0.key)\", \(base64($0.value))]" }.joined(separator: ", ") + "]"
    }

    /// Everything in a partition's directory, as the oracle prints it.
    private func ourWords(_ partition: String) throws -> [String] {
        var lines: [String] = []
        var scratch = RecordScratch()
        let names = try FileSystem.local.list(partition)
        for name in names {
            guard let base = SegmentPaths.baseOffset(name, suffix: ".log") else { continue }
            let paths = SegmentPaths(partition, base)
            let file = try FileSystem.local.open(paths.log, .read)
            let reader = BatchFileReader(file, to: try file.size())
            while let batch = try reader.next() {
                let header = batch.header
                try batch.forEachRecord(&scratch) { record in
                    if let marker = header.isControl ? EndTransactionMarker(record) : nil {
                        lines.append(
                            "{\"kind\": \"marker\", \"offset\": \(record.offset), \"producer\": \(header.producerID), \"type\": \(marker.isCommit ? 1 : 0)}"
                        )
                        return
                    }
                    lines.append(
                        "{\"codec\": \"\(header.compression?.name ?? "")\", \"headers\": \(Self.headers(record.headers)), "
                            + "\"key\": \(Self.base64(record.key.map(Array.init))), \"kind\": \"record\", \"offset\": \(record.offset), "
                            + "\"producer\": [\(header.producerID), \(header.producerEpoch), \(header.baseSequence)], "
                            + "\"timestamp\": \(record.timestamp), \"value\": \(Self.base64(record.value.map(Array.init)))}"
                    )
                }
            }
            func index<Entry: IndexEntry>(_ path: String, _ line: (Entry) -> String) throws {
                guard
                    let index = try SegmentIndex<Entry>(
                        mapping: path, base: base, fileSystem: .local, { _ in true })
                else { return }
                lines += index.entries.map(line)
            }
            try index(paths.offsetIndex) { (entry: OffsetEntry) in
                "{\"kind\": \"index\", \"offset\": \(entry.offset), \"position\": \(entry.position)}"
            }
            try index(paths.timeIndex) { (entry: TimeEntry) in
                "{\"kind\": \"timeindex\", \"offset\": \(entry.offset), \"timestamp\": \(entry.timestamp)}"
            }
            try index(paths.transactionIndex) { (entry: AbortedTransaction) in
                "{\"first\": \(entry.firstOffset), \"kind\": \"txnindex\", \"last\": \(entry.lastOffset), "
                    + "\"producer\": \(entry.producerID), \"stable\": \(entry.lastStableOffset)}"
            }
        }
        for name in names {
            guard let offset = SegmentPaths.baseOffset(name, suffix: ".snapshot") else { continue }
            let states = try ProducerStates(
                reading: try FileSystem.local.contents(of: "\(partition)/\(name)"))
            for (id, producer) in states.producers.sorted(by: { $0.key < $1.key }) {
                let last = producer.batches.last
                lines.append(
                    "{\"coordinator\": \(producer.coordinatorEpoch), \"delta\": \(last?.offsetDelta ?? 0), "
                        + "\"epoch\": \(producer.epoch), \"first\": \(producer.transactionFirstOffset?.value ?? -1), "
                        + "\"kind\": \"snapshot\", \"last_offset\": \(last?.lastOffset.value ?? -1), "
                        + "\"last_sequence\": \(last?.lastSequence ?? -1), \"offset\": \(offset), "
                        + "\"producer\": \(id), \"timestamp\": \(producer.lastTimestamp)}")
            }
        }
        return lines
    }

    /// Batches of every codec that kafka-python makes are taken, kept as they are, and read record by record.
    @Test func itsBatchesAreReadRecordByRecord() throws {
        _ = try oracle("write", directory.path)
        let log = try LogDirectory(directory.file("log"))
        try log.createTopic("t", partitions: 1)
        let partition = try log.partition(TopicPartition("t", 0))
        for codec in Compression.allCases {
            var batch = try FileSystem.local.contents(of: directory.file("\(codec.name).batch"))
            let result = try partition.append(&batch)
            let stored = try #require(try partition.batch(holding: result.baseOffset))
            #expect(stored.header.compression == codec)
            let expected = String(
                decoding: try FileSystem.local.contents(of: directory.file("\(codec.name).jsonl")),
                as: UTF8.self)
            let found = try stored.ownedRecords.map { record in
                "{\"key\": \(Self.base64(record.key)), \"value\": \(Self.base64(record.value)), "
                    + "\"timestamp\": \(record.timestamp), \"headers\": \(Self.headers(record.headers))}\n"
            }.joined()
            #expect(found == expected, "\(codec)")
        }
        try log.close()
        #expect(try oracle("read", directory.file("log/t-0")) == ourWords(directory.file("log/t-0")))
    }

    /// A partition with idempotent producers, transactions, several segments and both codecs that are written.
    @Test func itReadsAllThatWeWrite() async throws {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 6000
        configuration.indexIntervalBytes = 500
        let log = try EmbeddedLog(directory.file("log"), configuration: configuration, logger: .silent)
        try log.directory.createTopic("t", partitions: 1)
        for (number, compression) in [Compression.none, .zstd].enumerated() {
            var options = Producer.Options()
            options.compression = compression
            options.batchBytes = 700
            let plain = try log.makeProducer(options)
            options.transactionalID = "mover \(number)"
            let mover = try log.makeProducer(options)
            for round in 0..<12 {
                try mover.beginTransaction()
                for record in 0..<20 {
                    let value = Array("\(round) \(record) \(String(repeating: "x", count: record))".utf8)
                    let headers =
                        record % 3 == 0 ? [RecordHeader("h", text: "v"), RecordHeader("n", nil)] : []
                    try await plain.enqueue(
                        ProducerRecord(
                            topic: "t", key: record % 4 == 0 ? nil : [UInt8(record)], value: value,
                            headers: headers))
                    try await mover.enqueue(ProducerRecord(topic: "t", value: record % 5 == 0 ? nil : value))
                }
                try await plain.flush()
                if round % 3 == 1 {
                    try await mover.abortTransaction()
                } else {
                    try await mover.commitTransaction()
                }
            }
        }
        try await log.close()
        let partition = directory.file("log/t-0")
        let theirs = try oracle("read", partition)
        #expect(try theirs == ourWords(partition))
        for kind in ["record", "marker", "index", "timeindex", "txnindex", "snapshot"] {
            #expect(theirs.count { $0.contains("\"kind\": \"\(kind)\"") } >= 4, "\(kind)")
        }
    }

    /// The records of the internal topics and what compaction leaves.
    @Test func itReadsWhatTheLogKeepsForItself() throws {
        let log = try EmbeddedLog(directory.file("log"), logger: .silent)
        try log.directory.createTopic("t", partitions: 1)
        let id = TopicPartition("t", 0)
        for number in 0..<20 {
            try log.groups.commit("g\(number % 3)", [id: CommittedOffset(Offset(Int64(number)))])
        }
        for partition in log.directory.partitions(of: InternalTopic.groups.name) {
            _ = try log.directory.compact(partition.topicPartition)
        }
        try log.directory.close()
        var records = 0
        for name in try FileSystem.local.list(directory.file("log"))
        where name.hasPrefix("__consumer_offsets-") {
            let theirs = try oracle("read", directory.file("log/\(name)"))
            #expect(try theirs == ourWords(directory.file("log/\(name)")))
            records += theirs.count { $0.contains("\"kind\": \"record\"") }
        }
        #expect(records == 3)
    }
}
