import ColumnStore
import TestSupport
import Testing
import Vectors

/// Mutated lines: the fast reader and the complete parser must agree on rows and rejections.
/// `TAPEHOUSE_FUZZ_INPUTS` says how many inputs to try.
@Suite struct NDJSONFuzzTests {
    private static let inputs = environment("TAPEHOUSE_FUZZ_INPUTS").flatMap(Int.init) ?? 20_000
    private static let seeds = [
        "{\"c\":167.41,\"d\":0.0,\"dp\":0.0001,\"h\":168,\"l\":0.0001,\"o\":null,\"pc\":0.0001,\"t\":1381132800,\"symbol\":\"SPY\","
            + "\"fetched_at\":1381132800}",
        "{\"c\":0,\"d\":null,\"dp\":-12.25,\"t\":0,\"symbol\":\"a long symbol\"}",
        "{ \"a\": {\"b\": 1.5, \"c\": \"é\"}, \"d\": true }",
        "{\"a\":\"\\u00e9\",\"n\":1e5,\"l\":[1,2]}", "{\"n\":12345678.12345678,\"m\":-0.5}",
    ]
    private static let insertions = [
        "\"", "\\", "\n", "\r\n", "{", "}", ",", ":", "0", "-", ".", "e5", "null", "true", "é", "\u{0}", " ",
        "[1]", "\"a\":1,", "99999999999",
    ]

    @Test func mutatedLines() throws {
        let batch = 20
        var random = RandomJSON(seed: 20_261_123)
        let shredder = NDJSONShredder()
        for start in stride(from: 0, to: Self.inputs, by: batch) {
            var bytes: [UInt8] = []
            for _ in 0..<batch {
                let line = Self.seeds[random.below(3) == 0 ? random.below(Self.seeds.count) : 0] + "\n"
                for _ in 0..<random.below(3) { bytes += Array(line.utf8) }
                bytes += mutated(Array(line.utf8), &random)
            }
            let expected = ReferenceLines(bytes)
            shredder.restart()
            let shredded = try ShreddedText(shredder, bytes)
            guard shredded.texts == expected.texts, shredded.rejected == expected.rejected,
                shredded.lines == expected.lines,
                shredded.blankCount == expected.blankCount
            else {
                Issue.record("input \(start): \(String(decoding: bytes, as: UTF8.self))")
                return
            }
        }
    }

    private func mutated(_ line: [UInt8], _ random: inout RandomJSON) -> [UInt8] {
        var line = line
        for _ in 0...random.below(3) where !line.isEmpty {
            let place = random.below(line.count)
            switch random.below(6) {
            case 0: line[place] = UInt8(random.below(256))
            case 1: line.remove(at: place)
            case 2:
                line.insert(
                    contentsOf: Array(Self.insertions[random.below(Self.insertions.count)].utf8), at: place)
            case 3: line[place] ^= 1 << UInt8(random.below(8))
            case 4: line.removeSubrange(place..<min(line.count, place + random.below(12)))
            default:
                line.insert(contentsOf: line[place..<min(line.count, place + random.below(12))], at: place)
            }
        }
        return line
    }
}
