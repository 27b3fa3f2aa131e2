import DurableIO
import TestSupport
import Testing

/// The decoders against what zlib, lz4 and snappy themselves compressed.
@Suite struct DecoderTests {
    typealias Decoder = @Sendable (UnsafeRawBufferPointer, inout [UInt8], Int) throws -> Void

    private static func decoder(_ name: String) -> Decoder {
        if name.hasSuffix(".gz") { return { try Gzip.decompress($0, into: &$1, limit: $2) } }
        if name.hasSuffix(".lz4") { return { try LZ4.decompress($0, into: &$1, limit: $2) } }
        return { try Snappy.decompress($0, into: &$1, limit: $2) }
    }

    private func decompress(_ name: String, _ bytes: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
        var output: [UInt8] = [1, 2, 3]
        try bytes.withUnsafeBytes { try Self.decoder(name)($0, &output, limit) }
        return output
    }

    private static let names = [
        "dynamic.gz", "fixed.gz", "huffman.gz", "stored.gz", "named-two-members.gz", "plain.lz4",
        "checked.lz4", "linked.lz4", "bare.snappy", "java.snappy",
    ]

    private func file(_ name: String) throws -> [UInt8] {
        try FileSystem.local.contents(of: ProjectFiles.fixture("codecs/\(name)"))
    }

    @Test(arguments: names) func whatOthersCompressedComesBack(name: String) throws {
        let content = try file("content.bin")
        let expected = name == "linked.lz4" ? (0..<5).flatMap { _ in content } : content
        #expect(try decompress(name, try file(name)) == expected)
    }

    @Test(arguments: names) func cutAnywhereItIsAnError(name: String) throws {
        let bytes = try file(name)
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 400)) {
            // Between two members, frames or blocks the stream could have ended.
            guard let output = try? decompress(name, Array(bytes.prefix(count))) else { continue }
            #expect(
                name.contains("two") || name == "linked.lz4" || name == "java.snappy",
                "cut to \(count) gave \(output.count) bytes")
        }
    }

    /// A changed byte gives an error or, where no checksum guards it, other bytes; never a crash.
    @Test(arguments: names) func aFlippedBitIsNoticedWhereAChecksumGuards(name: String) throws {
        let content = try file("content.bin")
        var bytes = try file(name)
        var random = SeededGenerator(seed: 7)
        var noticed = 0
        for _ in 0..<300 {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            bytes[place] ^= bit
            if let output = try? decompress(name, bytes) {
                // gzip's header has fields that nothing checks.
                #expect(!name.hasSuffix(".gz") || output == content, "\(place) \(bit)")
            } else {
                noticed += 1
            }
            bytes[place] ^= bit
        }
        #expect(noticed > 50)
    }

    @Test(arguments: names) func moreThanTheLimitIsRefused(name: String) throws {
        let error = #expect(throws: DurableIOError.self) { () throws -> Void in
            _ = try decompress(name, try file(name), limit: 15_000)
        }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("limit") == true)
    }

    @Test func checksumsAreThoseOfTheirSpecifications() {
        let digits = Array("123456789".utf8)
        #expect(digits.withUnsafeBytes { CRC32.checksum($0) } == 0xCBF4_3926)
        #expect(digits.withUnsafeBytes { XXH32.hash($0) } == 0x937B_AD67)
        #expect([UInt8]().withUnsafeBytes { XXH32.hash($0) } == 0x02CC_5D05)
    }
}
