import DurableIO
import TestSupport
import Testing

@Suite struct ZstdTests {
    private static let text = Array(
        String(repeating: "a quote is about a hundred and thirty bytes long; ", count: 5000).utf8)

    private func decompress(_ bytes: [UInt8], limit: Int = 1 << 24) throws -> [UInt8] {
        var output: [UInt8] = []
        try bytes.withUnsafeBytes { try ZstdDecompressor().decompress($0, into: &output, limit: limit) }
        return output
    }

    @Test func whatIsCompressedComesBack() throws {
        for count in [0, 1, 100, Self.text.count] {
            let content = Array(Self.text.prefix(count))
            var frame: [UInt8] = [42]
            try content.withUnsafeBytes { try ZstdCompressor().compress($0, appendingTo: &frame) }
            #expect(frame.first == 42, "the bytes before stay")
            #expect(try decompress(Array(frame.dropFirst())) == content)
        }
    }

    @Test func aStreamMadeOfPiecesIsOneFrame() throws {
        let compressor = ZstdCompressor()
        var frame: [UInt8] = []
        for start in stride(from: 0, to: Self.text.count, by: 70_001) {
            let piece = Self.text[start..<min(start + 70_001, Self.text.count)]
            try piece.withUnsafeBytes { try compressor.stream($0, last: false, appendingTo: &frame) }
        }
        try [UInt8]().withUnsafeBytes { try compressor.stream($0, last: true, appendingTo: &frame) }
        #expect(try decompress(frame) == Self.text)
    }

    @Test func aFrameCutAnywhereIsAnError() throws {
        var frame: [UInt8] = []
        try Self.text.prefix(3000).withUnsafeBytes { try ZstdCompressor().compress($0, appendingTo: &frame) }
        for count in 1..<frame.count {
            #expect(throws: DurableIOError.self, "cut to \(count) of \(frame.count)") {
                try decompress(Array(frame.prefix(count)))
            }
        }
    }

    @Test func contentOverTheLimitIsRefusedWithoutFillingMemory() throws {
        var frame: [UInt8] = []
        try [UInt8](repeating: 0, count: 8 << 20).withUnsafeBytes {
            try ZstdCompressor().compress($0, appendingTo: &frame)
        }
        #expect(throws: DurableIOError.self) { try decompress(frame, limit: 1 << 20) }
        #expect(try decompress(frame, limit: 8 << 20).count == 8 << 20)
    }
}
