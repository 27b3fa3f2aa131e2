import DurableIO
import TestSupport
import Testing

@testable import MarketData

@Suite struct RecordingTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private struct OwnedLine: Equatable {
        var text: String
        var number: Int
        var byteOffset: Int
        var isTerminated = true
    }

    private func lines(_ path: String) throws -> [OwnedLine] {
        let reader = LineReader(try ByteSource(path: path))
        var lines: [OwnedLine] = []
        while let line = try reader.next() {
            lines.append(
                OwnedLine(
                    text: String(decoding: line.bytes, as: UTF8.self), number: line.number,
                    byteOffset: line.byteOffset,
                    isTerminated: line.isTerminated))
        }
        return lines
    }

    @Test func linesHaveNumbersAndPlaces() throws {
        let path = try directory.write("\u{FEFF}one\n\ntwo\r\nthree", to: "a.ndjson")
        #expect(
            try lines(path) == [
                OwnedLine(text: "one", number: 1, byteOffset: 3),
                OwnedLine(text: "", number: 2, byteOffset: 7),
                OwnedLine(text: "two", number: 3, byteOffset: 8),
                OwnedLine(text: "three", number: 4, byteOffset: 13, isTerminated: false),
            ])
        #expect(try lines(try directory.write("", to: "empty")).isEmpty)
    }

    /// Many lines of many lengths, so that some fall across every kind of border between reads.
    @Test func compressedRecordingsReadLikePlainOnes() throws {
        var generator = SeededGenerator(seed: 3)
        var text = ""
        for number in 0..<20_000 {
            text +=
                "\(number) " + String(repeating: "x", count: Int.random(in: 0...400, using: &generator))
                + "\n"
        }
        text += String(repeating: "y", count: LineReader.lineBytesMax) + "\n"
        let plain = try directory.write(text, to: "plain")
        var frames: [UInt8] = []
        let halves = [Array(text.utf8.prefix(1_000_000)), Array(text.utf8.dropFirst(1_000_000))]
        for half in halves {
            try half.withUnsafeBytes { try ZstdCompressor().compress($0, appendingTo: &frames) }
        }
        let compressed = try directory.write(frames, to: "compressed")
        let read = try lines(plain)
        #expect(read.count == 20_001)
        #expect(read.map { $0.text + "\n" }.joined() == text)
        #expect(try lines(compressed) == read)
    }

    @Test(arguments: [LineReader.lineBytesMax + 1, 3 << 20, 9 << 20])
    func aLineThatIsTooLongIsPassedOver(count: Int) throws {
        let text = "first\n" + String(repeating: "z", count: count) + "\nlast\n"
        let reader = LineReader(try ByteSource(path: try directory.write(text, to: "long")))
        #expect(try reader.next()?.isTooLong == false)
        let long = try #require(try reader.next())
        #expect(long.isTooLong)
        #expect(long.number == 2)
        #expect(long.byteOffset == 6)
        #expect(long.byteCount == count)
        #expect(long.bytes.allSatisfy { $0 == UInt8(ascii: "z") })
        let last = try #require(try reader.next())
        #expect(String(decoding: last.bytes, as: UTF8.self) == "last")
        #expect(last.number == 3)
        #expect(last.byteOffset == count + 7)
        #expect(try reader.next() == nil)
    }

    @Test func aCutCompressedRecordingGivesWhatIsThereAndThenAnError() throws {
        let text = (0..<50_000).map { "line \($0)\n" }.joined()
        var frame: [UInt8] = []
        try Array(text.utf8).withUnsafeBytes { try ZstdCompressor().compress($0, appendingTo: &frame) }
        let path = try directory.write(Array(frame.prefix(frame.count * 3 / 4)), to: "cut.zst")
        let reader = LineReader(try ByteSource(path: path))
        var count = 0
        let error = #expect(throws: DurableIOError.self) { while try reader.next() != nil { count += 1 } }
        #expect(error?.code == .truncated)
        #expect(error?.message.contains("cut.zst is cut short") == true)
        #expect(count > 10_000)
    }

    @Test func whatIsNoRecordingIsNamed() throws {
        let missing = #expect(throws: DurableIOError.self) { try ByteSource(path: directory.file("none")) }
        #expect(missing?.code == .notFound)
        let folder = #expect(throws: DurableIOError.self) { try ByteSource(path: directory.path) }
        #expect(folder?.code == .isDirectory)
        let binary = try directory.write([1, 2, 3, 0, 5], to: "binary")
        #expect(
            #expect(throws: DurableIOError.self) { try lines(binary) }?.message.contains("byte 3 is zero")
                == true)
        let gzip = try directory.write([0x1F, 0x8B, 8, 0, 1, 2], to: "a.gz")
        #expect(#expect(throws: DurableIOError.self) { try lines(gzip) }?.code == .truncated)
        let damaged = try directory.write(
            [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58, 0x07, 0x00, 0x00], to: "d.zst")
        #expect(#expect(throws: DurableIOError.self) { try lines(damaged) }?.code == .corrupt)
    }
}
