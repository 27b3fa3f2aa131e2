import ColumnStore
import TestSupport
import Testing
import Vectors

/// The fast reader of lines against the complete parser.
@Suite struct NDJSONShredderTests {
    private static let quote =
        "{\"c\":167.41,\"d\":-0.05,\"dp\":0.0001,\"h\":168,\"l\":0.0001,\"o\":null,\"pc\":1.5,\"t\":1381132800,\"symbol\":\"SPY\","
        + "\"fetched_at\":1381132800}"

    private func check(
        _ bytes: [UInt8], _ comment: Comment, with shredder: NDJSONShredder = NDJSONShredder()
    ) throws {
        let expected = ReferenceLines(bytes)
        let shredded = try ShreddedText(shredder, bytes)
        #expect(shredded.texts == expected.texts, comment)
        #expect(shredded.lines == expected.lines, comment)
        #expect(shredded.rejected == expected.rejected, comment)
        #expect(shredded.blankCount == expected.blankCount, comment)
        #expect(shredded.groups.reduce(0) { $0 + $1.rejectedCount } == expected.rejected.count, comment)
        #expect(shredded.groups.reduce(0) { $0 + $1.byteCount } == bytes.count, comment)
        #expect(shredded.groups.flatMap(\.variant.brokenRules) == [], comment)
    }

    @Test func everyBeginningOfALineLosesOnlyItself() throws {
        let good = Self.quote + "\n"
        let quote = Array(Self.quote.utf8)
        for length in 0..<quote.count {
            let before: [UInt8] = Array((good + good).utf8)
            let bytes: [UInt8] = before + quote[..<length] + Array(("\n" + good + good).utf8)
            try check(bytes, "\(length) bytes")
        }
        // Without an end of its own the next line is a part of it.
        for length in 0..<quote.count {
            let before: [UInt8] = Array(good.utf8)
            let bytes: [UInt8] = before + quote[..<length] + Array((good + good).utf8)
            try check(bytes, "\(length) bytes without end")
        }
    }

    @Test func aByteOfALineMayBeAnything() throws {
        let quote = Array((Self.quote + "\n").utf8)
        let bytes: [UInt8] = [0x00, 0x0A, 0x20, 0x22, 0x2D, 0x2E, 0x30, 0x39, 0x5C, 0x65, 0x7D, 0x80, 0xC3]
        for place in quote.indices {
            for byte in bytes {
                var changed = quote
                changed[place] = byte
                let lines: [UInt8] = [quote, quote, changed, quote, quote].flatMap { $0 }
                try check(lines, "byte \(byte) at \(place)")
            }
        }
    }

    @Test func endsOfLines() throws {
        let quote = Self.quote
        let texts: [String] = [
            quote, "\(quote)\n", "\n\n\(quote)", "\(quote)\r\n\(quote)\r\n\(quote)",
            " \t\r\n\r\n\(quote) \r\n\n", "", "\n", "\r",
            String(repeating: "\(quote)\r\n", count: 9), String(repeating: "\(quote) \n", count: 9) + quote,
        ]
        for text in texts {
            try check(Array(text.utf8), "\(text.utf8.count) bytes")
        }
        let marked = try ShreddedText(NDJSONShredder(), Array("\u{FEFF}{\"a\":1}\n\u{FEFF}{\"a\":1}".utf8))
        #expect(marked.texts == ["{\"a\":1}"])
        #expect(marked.rejected.map(\.line) == [1])
    }

    @Test func numbersOfEveryForm() throws {
        var values = [
            "0", "-0", "00", "-", "-a", "1.", ".5", "1e5", "1E-5", "01", "-01.5", "1e", "0.0", "-0.0", "1..2",
            "1.2.3", "+1",
        ]
        for digits in 1...24 {
            let run = String("123456789012345678901234".prefix(digits))
            values += [
                run, "-\(run)", "0.\(run)", "-0.\(run)", "\(run).5", "\(run).25000", "-1.\(run)",
                "\(run).\(run)",
            ]
            values += ["\(run)e2", "0\(run)", "-\(run).\(run)"]
            values += ["1" + String(repeating: "0", count: digits), String(repeating: "9", count: digits)]
        }
        for separator in ["", " "] {
            let lines = values.map { "{\"v\":\($0)\(separator),\"w\":1}\n" }
            try check(Array(lines.joined().utf8), "all numbers")
            let good = "{\"v\":1\(separator),\"w\":1}\n"
            for line in lines { try check(Array("\(good)\(line)\(line)\(Self.quote)".utf8), "\(line)") }
        }
    }

    @Test func stringsOfEveryLength() throws {
        var lines: [String] = []
        for length in 0...40 {
            let text = String(repeating: "x", count: length)
            for middle in ["", "é", "\\n", "\u{1}", "😀", "\u{7F}", "\\u00e9"] {
                lines.append("{\"s\":\"\(text)\(middle)y\",\"n\":\(length)}")
                lines.append("{\"s\":\"\(middle)\(text)\",\"n\":\(length)}")
            }
        }
        try check(Array((lines + lines).joined(separator: "\n").utf8), "strings")
    }

    @Test func shapesOfManyKinds() throws {
        let lines = [
            "{\"a\":1,\"b\":2}", "{\"a\":1}", "{\"b\":2,\"a\":1}", "{ \"a\": 1, \"b\": true }",
            "{\"a\":{\"b\":1,\"c\":{\"d\":\"x\"}},\"e\":null}",
            "{\"a\":{\"b\":1},\"e\":false}", "{}", "[]", "1", "{\"a\":[1]}", "{\"a\":1,\"a\":2}",
            "{\"a\":{}}", "{\"\\u0061\":1}", "null",
            "{\"a\":1,\"a very long key that is longer than sixteen bytes\":7}", "{\"a\":truer}",
            "{\"a\":nul}", "{\"a\":false,\"b\":\"q\"}",
        ]
        var random = RandomJSON(seed: 5)
        let many = (0..<2000).map { _ in lines[random.below(lines.count)] }
        try check(Array(many.joined(separator: "\n").utf8), "shapes")
    }

    @Test func groupsAreFullAndIndependent() throws {
        var options = NDJSONShredder.Options()
        options.rowsMax = 700
        let shredder = NDJSONShredder(options)
        var random = RandomJSON(seed: 8)
        for round in 0..<3 {
            let lines = (0..<5000).map {
                random.below(40) == 0 ? "{\"bad\"" : random.record(oddity: $0 < 2500 ? 20 : 100_000)
            }
            shredder.restart()
            let bytes = Array(lines.joined(separator: "\n").utf8)
            try check(bytes, "round \(round)", with: shredder)
        }
        options.rowsMax = 100_000
        options.bytesMax = 1000
        let lines = String(repeating: Self.quote + "\n", count: 99)
        try check(Array(lines.utf8), "bytes", with: NDJSONShredder(options))
    }

    @Test func lineIndexesAreKeptWhereAskedFor() throws {
        var options = NDJSONShredder.Options()
        options.keepsLineIndexes = true
        let lines = Array(String(repeating: Self.quote + "\n", count: 9000).utf8)
        let kept = try ShreddedText(NDJSONShredder(options), lines)
        #expect(kept.groups.allSatisfy { $0.lineIndexes != nil })
        #expect(kept.lines == Array(0..<9000))
        let plain = try ShreddedText(NDJSONShredder(), lines)
        #expect(plain.groups.allSatisfy { $0.lineIndexes == nil })
        options.rejectionsKeptMax = 3
        let few = try ShreddedText(NDJSONShredder(options), Array(String(repeating: "x\n", count: 10).utf8))
        #expect(few.rejected.count == 3 && few.groups[0].rejectedCount == 10)
    }

    @Test func fixturesAreRead() throws {
        for name in ["simulated", "dirty"] {
            let bytes = Array(try ProjectFiles.text("Fixtures/\(name).ndjson").utf8)
            try check(bytes, "\(name)")
            try check(bytes + [0x0A] + bytes, "\(name) twice")
        }
    }
}
