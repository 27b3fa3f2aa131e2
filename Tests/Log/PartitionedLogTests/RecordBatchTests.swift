import DurableIO
import TestSupport
import Testing

@testable import PartitionedLog

/// A record with bytes of its own, for comparing.
struct OwnedRecord: Equatable {
    var offset: Int64
    var timestamp: Int64
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [RecordHeader] = []
}

extension RecordBatch {
    var ownedRecords: [OwnedRecord] {
        get throws {
            var scratch = RecordScratch()
            var records: [OwnedRecord] = []
            try forEachRecord(&scratch) { record in
                records.append(
                    OwnedRecord(
                        offset: record.offset.value, timestamp: record.timestamp,
                        key: record.key.map(Array.init),
                        value: record.value.map(Array.init), headers: record.headers))
            }
            return records
        }
    }
}

extension RecordBatchBuilder {
    func append(_ record: OwnedRecord) {
        func pointer(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Void) {
            if let bytes { bytes.withUnsafeBytes { body($0) } } else { body(nil) }
        }
        pointer(record.key) { key in
            pointer(record.value) { value in
                append(timestamp: record.timestamp, key: key, value: value, headers: record.headers)
            }
        }
    }
}

/// Makes a batch of records.
func batch(_ records: [OwnedRecord], compression: Compression = .none) throws -> [UInt8] {
    let builder = RecordBatchBuilder(compression: compression)
    for record in records { builder.append(record) }
    var bytes: [UInt8] = []
    try builder.finish(into: &bytes)
    return bytes
}

@Suite struct RecordBatchTests {
    private static let samples: [OwnedRecord] = [
        OwnedRecord(
            offset: 0, timestamp: 1_704_205_800_000, key: Array("AAPL".utf8), value: Array("{}".utf8)),
        OwnedRecord(offset: 1, timestamp: 1_704_205_799_000, key: nil, value: nil),
        OwnedRecord(
            offset: 2, timestamp: 1_804_205_800_123, key: [], value: [UInt8](repeating: 7, count: 100_000),
            headers: [RecordHeader("a", nil), RecordHeader("ü", text: "✓"), RecordHeader("", [])]),
    ]

    @Test(arguments: [Compression.none, .zstd])
    func recordsComeBackAsTheyWent(compression: Compression) throws {
        let encoded = try batch(Self.samples, compression: compression)
        let decoded = try RecordBatch(validating: encoded)
        #expect(decoded.header.recordCount == 3)
        #expect(decoded.header.lastOffsetDelta == 2)
        #expect(decoded.header.maxTimestamp == 1_804_205_800_123)
        #expect(decoded.header.compression == compression)
        #expect(try decoded.ownedRecords == Self.samples)
    }

    @Test func aBuilderStartsAfreshAfterEachBatch() throws {
        let builder = RecordBatchBuilder(compression: .zstd)
        var first: [UInt8] = []
        var second: [UInt8] = []
        for record in Self.samples { builder.append(record) }
        try builder.finish(into: &first)
        for record in Self.samples { builder.append(record) }
        try builder.finish(into: &second)
        #expect(first == second)
    }

    @Test func everyFlippedBitOfTheChecksummedPartIsNoticed() throws {
        let encoded = try batch([Self.samples[0]])
        for index in encoded.indices where index >= 16 {
            for bit in 0..<8 {
                var damaged = encoded
                damaged[index] ^= 1 << bit
                #expect(throws: LogError.self, "byte \(index), bit \(bit)") {
                    try RecordBatch(validating: damaged)
                }
            }
        }
    }

    @Test func everyTruncationIsNoticed() throws {
        let encoded = try batch(Self.samples)
        for count in stride(from: 0, to: encoded.count, by: 13) {
            #expect(throws: LogError.self) { try RecordBatch(validating: Array(encoded.prefix(count))) }
        }
    }

    /// Damage behind a right checksum, as a broken producer would send it: an error, never a crash.
    @Test func malformedRecordsWithARightChecksumAreErrors() throws {
        let encoded = try batch([Self.samples[0], Self.samples[1]])
        var errors = 0
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            var damaged = encoded
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 57..<damaged.count, using: &generator)
                damaged[index] = UInt8.random(in: .min ... .max, using: &generator)
            }
            let checksum = damaged.withUnsafeBytes { RecordBatchView.checksum($0) }
            damaged.withUnsafeMutableBytes { $0.storeBigEndian(checksum, at: 17) }
            do { _ = try RecordBatch(validating: damaged).ownedRecords } catch { errors += 1 }
        }
        #expect(errors > 10_000)
    }

    @Test(arguments: [0, -1, 1, -64, 63, 64, 8191, -8193, Int64.max, Int64.min])
    func varintsHaveTheLengthTheySay(value: Int64) {
        var encoded: [UInt8] = []
        var rest = Varint.zigzag(value)
        while rest > 0x7F {
            encoded.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        encoded.append(UInt8(rest))
        #expect(Varint.byteCount(value) == encoded.count)
        var position = 0
        #expect(encoded.withUnsafeBytes { Varint.read($0, &position) } == value)
        #expect(position == encoded.count)
    }

    /// Vectors of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
    @Test(arguments: [
        ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
    ])
    func murmur2MatchesKafka(text: String, expected: Int32) {
        let hash = Array(text.utf8).withUnsafeBytes { Partitioner.murmur2($0) }
        #expect(Int32(bitPattern: hash) == expected)
    }
}
