import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// Segments that Apache Kafka wrote. Skipped where `TAPEHOUSE_GOLDEN` is not set.
@Suite(.enabled(if: RealData.golden != nil, "TAPEHOUSE_GOLDEN is not set"))
struct GoldenSegmentTests {
    private func golden(_ name: String) throws -> String {
        "\(try #require(RealData.golden))/kafka/\(name)"
    }

    private func batches(_ path: String) throws -> [RecordBatch] {
        let bytes = try FileSystem.local.contents(of: path)
        var batches: [RecordBatch] = []
        var position = 0
        while position < bytes.count {
            let header = try bytes[position...].withUnsafeBytes { try RecordBatchHeader(reading: $0) }
            batches.append(try RecordBatch(validating: Array(bytes[position..<position + header.byteCount])))
            position += header.byteCount
        }
        return batches
    }

    @Test(arguments: ["idx-clean", "cktx-clean", "crafted-clean", "compt-clean"])
    func whatKafkaWroteIsReadAndItsIndexesAgree(name: String) throws {
        let directory = try golden(name)
        var records = 0
        for file in try FileSystem.local.list(directory) where file.hasSuffix(".log") {
            for batch in try batches("\(directory)/\(file)")
            where batch.header.compression == Compression.none {
                records += try batch.ownedRecords.count
            }
        }
        #expect(records > 0)
        let checked = try SegmentFiles.check(directory)
        #expect(checked.batches > 0)
    }

    /// Batches that Kafka wrote, taken apart into records and encoded again here: the same bytes, with producers'
    /// stamps, markers, and the delete horizons and gaps that compaction leaves.
    @Test(arguments: ["idx-clean", "cktx-clean", "crafted-clean", "compt-before", "compt-clean"])
    func batchesEncodeToTheBytesThatKafkaWrote(name: String) throws {
        let directory = try golden(name)
        var compared = 0
        var scratch = RecordScratch()
        for file in try FileSystem.local.list(directory)
        where file.hasSuffix(".log") || file.hasSuffix(".log.deleted") {
            for original in try batches("\(directory)/\(file)") {
                // What zstd and zlib make of the same bytes depends on their levels and versions.
                guard original.header.compression == Compression.none else { continue }
                let encoded = try original.withView {
                    try $0.rebuilt(.none, deleteHorizon: $0.header.deleteHorizon, &scratch) { _ in true }
                }
                #expect(encoded == original.bytes, "\(file), batch at \(original.header.baseOffset)")
                compared += 1
            }
        }
        #expect(compared >= 6)
    }

    @Test func aPartitionThatKafkaWroteIsOpenedAndAppendedTo() throws {
        let directory = try TemporaryDirectory()
        try FileSystem.local.createDirectory(directory.file("idx-0"))
        for file in try FileSystem.local.list(try golden("idx-clean")) {
            _ = try directory.write(
                try FileSystem.local.contents(of: "\(try golden("idx-clean"))/\(file)"), to: "idx-0/\(file)")
        }
        let log = try LogDirectory(directory.path)
        #expect(log.recoveries.isEmpty)
        let partition = try log.partition(TopicPartition("idx", 0))
        #expect(partition.logEndOffset == Offset(9000))
        var next = try batch([OwnedRecord(offset: 0, timestamp: 1, key: nil, value: [1])])
        #expect(try partition.append(&next).baseOffset == Offset(9000))
        try log.close()
        #expect(try SegmentFiles.check(directory.file("idx-0")).batches > 1)
        #expect(try partition.batch(holding: Offset(4500))?.header.lastOffset.value ?? 0 >= 4500)
    }
}
