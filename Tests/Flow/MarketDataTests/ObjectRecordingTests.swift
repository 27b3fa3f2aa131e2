import DurableIO
import TestSupport
import Testing

@testable import MarketData

/// Recordings whose objects do not stand one on a line.
@Suite struct ObjectRecordingTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private struct Found: Equatable {
        var text: String
        var line: Int
        var byteOffset: Int
        var isTerminated = true
    }

    /// What a reader gives which reads objects wherever a line is no quote, as a replay does.
    private func read(_ content: [UInt8]) throws -> (quotes: [String], rejects: [Found], reader: LineReader) {
        let reader = LineReader(
            try ByteSource(path: try directory.write(content, to: "r.json")), takesObjects: true)
        let parser = QuoteParser()
        var quote = ParsedQuote()
        var quotes: [String] = []
        var rejects: [Found] = []
        while let line = try reader.next() {
            if line.bytes.isEmpty { continue }
            do {
                try parser.parse(line.bytes, into: &quote)
                quotes.append(String(decoding: quote.symbol, as: UTF8.self))
            } catch {
                if line.maybeObjects {
                    reader.rereadAsObjects(line)
                } else {
                    let text = String(decoding: line.bytes, as: UTF8.self)
                    rejects.append(
                        Found(
                            text: text, line: line.number, byteOffset: line.byteOffset,
                            isTerminated: line.isTerminated))
                }
            }
        }
        return (quotes, rejects, reader)
    }

    private func read(_ text: String) throws -> (quotes: [String], rejects: [Found], reader: LineReader) {
        try read(Array(text.utf8))
    }

    private static func quote(_ symbol: String) -> String { #"{"c":1.5,"symbol":"\#(symbol)"}"# }

    private static func pretty(_ symbol: String) -> String {
        "  {\n    \"c\": 1.5,\n    \"more\": {\"a\": [1, {}]},\n    \"symbol\": \"\(symbol)\"\n  }"
    }

    private static let symbols = ["A", "B", "C", "D", "E"]

    private static func all(_ one: (String) -> String, _ separator: String) -> String {
        symbols.map(one).joined(separator: separator)
    }

    private static let layouts: [String] = [
        "\(all(quote, "\n"))\n", all(quote, ""), "\(all(quote, " "))\n", "\(all(quote, ", "))\n",
        "\(all(pretty, "\n"))\n", all(pretty, "\r\n\r\n"),
        "[\(all(quote, ","))]", "[\n\(all(quote, ",\n"))\n]\n", "[\n\(all(pretty, ",\n"))\n]\n",
        "\u{FEFF}[\(all(pretty, ","))]",
        "[\(quote("A"))]\n\(quote("B"))\n\(pretty("C"))\n[\(quote("D")),\(quote("E"))]",
        "\(quote("A"))\n\u{FEFF}\(quote("B"))\n\(quote("C"))\(quote("D"))\n\(quote("E"))",
    ]

    @Test(arguments: layouts)
    func objectsAreReadInAnyLayout(text: String) throws {
        let (quotes, rejects, reader) = try read(text)
        #expect(quotes == Self.symbols)
        #expect(rejects.isEmpty)
        #expect(!reader.endsInArray)
    }

    /// More than a line may have, and more than the buffer.
    @Test(arguments: [",", ",\n", "\n"]) func recordingsOfAnySizeAreRead(separator: String) throws {
        let symbols = (0..<60_000).map { "S\($0)" }
        let body = symbols.map { symbol -> String in
            let padding = String(repeating: "x", count: symbol.utf8.count * 5)
            return "{\"c\":1.5,\"padding\":\"\(padding)\",\n\"symbol\":\"\(symbol)\"}"
        }.joined(separator: separator)
        for text in ["[\(body)]", body] {
            let (quotes, rejects, _) = try read(text)
            #expect(quotes == symbols)
            #expect(rejects.isEmpty)
        }
    }

    /// A recording with damage, the symbols that are read, and the damage with its line.
    struct Damaged: Sendable {
        let text: String
        let symbols: [String]
        let line: Int
        let content: String

        init(_ text: String, _ symbols: [String], _ line: Int, _ content: String) {
            (self.text, self.symbols, self.line, self.content) = (text, symbols, line, content)
        }
    }

    private static let wrong = "{\n    \"c\": oops,\n    \"symbol\": \"X\"\n  }"
    private static let commaless = "{\n    \"c\": 1\n    \"symbol\": \"X\"\n  }"

    private static let damages: [Damaged] = [
        // A line that breaks off does not take the next one with it, whatever that could be to it.
        Damaged(
            "\(quote("A"))\n{\"c\":1,\"d\":\n\(quote("B"))\n\(quote("C"))\n", ["A", "B", "C"], 2,
            "{\"c\":1,\"d\":"),
        Damaged(
            "\(quote("A"))\n{\"c\":1,\"sym\n\(quote("B"))\n", ["A", "B"], 2, "{\"c\":1,\"sym"),
        Damaged("{\"c\":1,\n\(quote("B"))\n", ["B"], 1, "{\"c\":1,"),
        // One that is wrong in itself is passed over as a whole.
        Damaged("[\n\(pretty("A")),\n  \(wrong),\n\(pretty("B"))\n]\n", ["A", "B"], 7, wrong),
        Damaged("[\n\(pretty("A")),\n  \(commaless),\n\(pretty("B"))\n]\n", ["A", "B"], 7, commaless),
        Damaged(
            "[\(quote("A")),{\"c\":1;2},{\"symbol\":\"\",\"c\":[1,{\"b\":2}]},\(quote("B"))]", ["A", "B"], 1,
            "{\"c\":1;2}"),
        // What is no object in an array of them, and what follows one.
        Damaged("[\(quote("A")),\nnull\n,\(quote("B"))]", ["A", "B"], 2, "null"),
        Damaged(
            "\(quote("A"))\n\(quote("B"))\(quote("C")) rubbish\n\(quote("D"))\n", ["A", "B", "C", "D"], 2,
            "rubbish"),
    ]

    @Test(arguments: damages) func damageEndsWhereTheNextObjectBegins(damaged: Damaged) throws {
        let (quotes, rejects, _) = try read(damaged.text)
        #expect(quotes == damaged.symbols)
        let first = try #require(rejects.first)
        #expect(first.line == damaged.line)
        #expect(first.text == damaged.content)
        #expect(first.isTerminated)
        let bytes = Array(damaged.text.utf8)
        #expect(bytes[first.byteOffset...].starts(with: damaged.content.utf8))
    }

    @Test func whatBreaksOffAtTheEndIsSaidToBeCut() throws {
        var (quotes, rejects, reader) = try read("[" + Self.pretty("A") + ",\n" + #"  {"c": 1,"#)
        #expect(quotes == ["A"])
        #expect(rejects == [Found(text: #"{"c": 1,"#, line: 6, byteOffset: 72, isTerminated: false)])
        #expect(reader.endsInArray)
        (quotes, rejects, reader) = try read("[" + Self.quote("A") + ",\n")
        #expect(reader.endsInArray && rejects.isEmpty)
        (quotes, rejects, reader) = try read(Self.quote("A") + "\nnot json")
        #expect(!reader.endsInArray)
        #expect(rejects.map(\.isTerminated) == [false])
    }

    @Test(arguments: [
        (#"{"c":1,"d":"#, true), (#"{"c":1,"symbol":"A"#, true), (#"{"c":"#, true), ("not json", false),
        (#"{"c":1}"#, false), (#"{"c":oops}"#, false), (#"{"c":1]"#, false),
    ])
    func cutShortIsWhatHasNoEnd(text: String, isCut: Bool) throws {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { bytes in
            let line = Line(
                bytes: bytes, number: 1, byteOffset: 0, byteCount: bytes.count, isTerminated: false)
            #expect(line.isCutShort == isCut)
        }
    }

    /// Where an array is closed too early, what follows is lines that end in a comma.
    @Test func objectsOfABrokenArrayAreRead() throws {
        let lines = [
            Self.quote("A") + "]", Self.quote("B") + ",", Self.quote("C") + " ,\r", Self.quote("D"), "]",
        ]
        let (quotes, rejects, _) = try read("[" + lines.joined(separator: "\n") + "\n")
        #expect(quotes == ["A", "B", "C", "D"])
        #expect(rejects.count == 1)
    }

    /// An object of over half a MiB is none, and the next one is read.
    @Test(arguments: [600_000, 3 << 20, 6 << 20]) func whatIsTooLongIsPassedOver(count: Int) throws {
        let long = "{\"c\":1,\n\"x\":\"" + String(repeating: "y", count: count) + "\",\n\"symbol\":\"L\"}"
        let (quotes, rejects, _) = try read(
            "[" + Self.quote("A") + "," + long + ",\n" + Self.quote("B") + "]")
        #expect(quotes.filter { $0 != "L" } == ["A", "B"])
        #expect(quotes == ["A", "L", "B"] || rejects.count == 1)
    }

    /// Objects in random layouts with random bytes changed: never a crash, and all objects that are
    /// untouched, but for neighbours of damage.
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func damageStaysConfined(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let symbols = (0..<200).map { "S\($0)" }
        let isPretty = Bool.random(using: &generator)
        let text = "[\n" + symbols.map(isPretty ? Self.pretty : Self.quote).joined(separator: ",\n") + "\n]\n"
        var bytes = Array(text.utf8)
        for _ in 0..<3 {
            // Zeros at the very beginning say that a file is no text.
            let place = Int.random(in: 1024..<bytes.count - 3, using: &generator)
            bytes[place] =
                [0x00, 0x22, 0x7B, 0x7D, 0x5B, 0x5D, 0x2C, 0x0A, 0x41].randomElement(using: &generator) ?? 0
        }
        let (quotes, _, _) = try read(bytes)
        #expect(
            Set(symbols).subtracting(quotes).count <= 9,
            "\(Set(symbols).subtracting(quotes).sorted()) \(String(decoding: bytes, as: UTF8.self))")
    }
}

@Suite struct ForeignContentTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func lines(_ path: String) throws -> [String] {
        let reader = LineReader(try ByteSource(path: path))
        var lines: [String] = []
        while let line = try reader.next() { lines.append(String(decoding: line.bytes, as: UTF8.self)) }
        return lines
    }

    @Test(
        arguments: [
            (Array("BZh91AY".utf8), "bzip2-compressed; give it as `bzip2 -dc"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00], "xz-compressed; give it as `xz -dc"),
            ([0x50, 0x4B, 0x03, 0x04, 0x14, 0x00], "a zip archive; give it as `unzip -p"),
            ([0xFF, 0xFE, 0x7B, 0x00, 0x22, 0x00], "UTF-16 text; give it as `iconv -f UTF-16 -t UTF-8"),
            ([0x7B, 0x00, 0x22, 0x00, 0x63, 0x00], "UTF-16 text; give it as `iconv -f UTF-16LE -t UTF-8"),
            ([0x00, 0x7B, 0x00, 0x22, 0x00, 0x63], "UTF-16 text; give it as `iconv -f UTF-16BE -t UTF-8"),
            (Array("PAR1....".utf8), "a Parquet file"),
            (Array("abc\u{0}defg".utf8), "no text: byte 3 is zero"),
        ] as [([UInt8], String)])
    func whatIsNoTextIsNamed(bytes: [UInt8], message: String) throws {
        let path = try directory.write(bytes, to: "x.ndjson")
        let error = #expect(throws: DurableIOError.self) { try lines(path) }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("x.ndjson is \(message)") == true, "\(error?.message ?? "")")
    }

    /// A member of gzip without compression, which any decoder reads.
    private func gzip(_ text: String) -> [UInt8] {
        let content = Array(text.utf8)
        var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
        for start in stride(from: 0, to: content.count, by: 60_000) {
            let piece = content[start..<min(content.count, start + 60_000)]
            let count = UInt16(piece.count)
            bytes.append(start + piece.count == content.count ? 1 : 0)
            for value in [count, ~count] { bytes += [UInt8(value & 0xFF), UInt8(value >> 8)] }
            bytes += piece
        }
        let checksum = content.withUnsafeBytes { CRC32.checksum($0) }
        for value in [checksum, UInt32(content.count)] {
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        return bytes
    }

    @Test func gzipIsReadAsItComes() throws {
        let text = (0..<60_000).map { "line \($0)" }
        let halves = [text[..<20_000], text[20_000...]].map { gzip($0.map { $0 + "\n" }.joined()) }
        let path = try directory.write(halves[0] + halves[1], to: "a.gz")
        #expect(try lines(path) == text)
        let cut = try directory.write(Array((halves[0] + halves[1]).dropLast(200_000)), to: "cut.gz")
        let error = #expect(throws: DurableIOError.self) { try lines(cut) }
        #expect(error?.code == .truncated)
        #expect(error?.message.contains("cut.gz is cut short: its gzip stream does not end") == true)
        var damaged = halves[0]
        damaged[damaged.count - 6] ^= 1
        let wrong = #expect(throws: DurableIOError.self) { try lines(directory.write(damaged, to: "d.gz")) }
        #expect(wrong?.code == .corrupt)
        #expect(wrong?.message.contains("checksum is wrong") == true)
    }

    @Test(arguments: [
        ("symbol,price,time", "CSV with commas"), ("a;b;c", "CSV with semicolons"),
        (#"{"data":[{"p":1,"s":"AAPL","t":1,"v":2}],"type":"trade"}"#, "trade frames of Finnhub's WebSocket"),
        (#"{"type": "ping"}"#, "trade frames"), ("<!DOCTYPE html><html>", "HTML"),
        (#"{"error":"API limit reached."}"#, "a request that failed: {\"error\":\"API limit reached.\"}"),
        (#"{"c":[1,2],"s":"ok"}"#, "candles"), (#"{"c":1,"d":null,"t":5}"#, "needs symbol and fetched_at"),
        ("\u{0}\u{0}\u{0}", "zero bytes"),
    ])
    func whatARecordingLooksLikeIsSaid(sample: String, hint: String) {
        #expect(
            RecordingGuess.hint(sample.utf8)?.contains(hint) == true,
            "\(RecordingGuess.hint(sample.utf8) ?? "")")
    }

    @Test func whatLooksLikeNothingIsNotGuessed() {
        #expect(RecordingGuess.hint("hello".utf8) == nil)
        #expect(RecordingGuess.hint(#"{"x":1}"#.utf8) == nil)
    }
}
