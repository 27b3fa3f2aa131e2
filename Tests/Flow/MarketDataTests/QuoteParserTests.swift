import DurableIO
import TestSupport
import Testing

@testable import MarketData

@Suite struct QuoteParserTests {
    private static let usual =
        #"{"c":167.41,"d":0.0,"dp":-0.0896,"h":168,"l":167.26,"o":null,"pc":100,"t":1381132800,"symbol":"SPY","fetched_at":1381132801}"#

    private struct Parsed: Equatable {
        var numbers: [QuoteNumber]
        var symbol: String
        /// Whether the short way read it.
        var isUsual: Bool
    }

    private func parse(_ line: String) throws -> Parsed { try parse(Array(line.utf8)) }

    private func parse(_ line: [UInt8]) throws -> Parsed {
        let parser = QuoteParser()
        var quote = ParsedQuote()
        return try line.withUnsafeBytes { bytes in
            var usual = ParsedQuote()
            let isUsual = QuoteParser.parseUsualShape(bytes, into: &usual)
            try parser.parse(bytes, into: &quote)
            return Parsed(
                numbers: [
                    quote.currentPrice, quote.change, quote.changePercent, quote.dayHigh, quote.dayLow,
                    quote.dayOpen,
                    quote.previousClose, quote.time, quote.fetchedAt,
                ], symbol: String(decoding: quote.symbol, as: UTF8.self), isUsual: isUsual)
        }
    }

    @Test func theUsualShapeIsReadWhole() throws {
        let quote = try parse(Self.usual)
        #expect(quote.isUsual)
        #expect(quote.symbol == "SPY")
        #expect(
            quote.numbers == [
                QuoteNumber(real: 167.41), QuoteNumber(real: 0.0), QuoteNumber(real: -0.0896),
                QuoteNumber(integer: 168), QuoteNumber(real: 167.26), .null,
                QuoteNumber(integer: 100), QuoteNumber(integer: 1_381_132_800),
                QuoteNumber(integer: 1_381_132_801),
            ])
        let spaced = Self.usual.replacing(":", with: ": ").replacing(",", with: ", ")
        #expect(try parse(spaced) == quote)
    }

    @Test func anyOtherShapeGivesTheSameValuesTheLongWay() throws {
        let usual = try parse(Self.usual)
        for line in [
            " " + Self.usual, Self.usual + "\t", Self.usual.replacing("}", with: #","x":{"y":[1,{}]}}"#),
            Self.usual.replacing(#""SPY""#, with: #""\u0053PY""#), Self.usual.replacing(":", with: " : "),
            #"{"symbol":"SPY","fetched_at":1381132801,"t":1381132800,"pc":1e2,"o":null,"l":16726e-2,"h":168,"dp":-0.0896,"d":0.0,"c":"167.41"}"#,
        ] {
            let quote = try parse(line)
            #expect(!quote.isUsual, "\(line)")
            #expect(quote.symbol == "SPY")
            #expect(quote.numbers.map(\.value) == usual.numbers.map(\.value), "\(line)")
        }
    }

    /// Whatever the short way takes, it takes as the standard library reads it.
    @Test func shortDecimalsAreTheNearestDoubles() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<20_000 {
            let whole = Int.random(in: 0...999_999, using: &generator)
            let places = Int.random(in: 1...6, using: &generator)
            let digits = (0..<places).map { _ in String(Int.random(in: 0...9, using: &generator)) }.joined()
            let text = "\(Bool.random(using: &generator) ? "-" : "")\(whole).\(digits)"
            let quote = try parse(Self.usual.replacing("167.41", with: text))
            #expect(quote.numbers[0].real == Double(text), "\(text)")
        }
    }

    @Test(arguments: [
        ("1.50", 1.5), ("0.00001", 0.00001), ("-0.0", -0.0), ("12345678901234568", 12_345_678_901_234_568),
        ("1234567890.1234567", 1_234_567_890.1234567), ("1E2", 100), ("-0", 0),
    ])
    func numbersThatSQLiteWritesOtherwiseKeepTheLine(text: String, value: Double) throws {
        let quote = try parse(Self.usual.replacing("167.41", with: text))
        #expect(quote.numbers[0].value == value)
    }

    @Test(
        arguments: [
            ("", "empty", nil), ("  ", "empty", nil), ("nonsense", "malformed JSON: not a JSON object", 1),
            (#"{"c":1}"#, "symbol is missing", nil), (#"{"symbol":null}"#, "symbol is null", nil),
            (#"{"symbol":""}"#, "symbol is empty", nil), (#"{"symbol":5}"#, "symbol is not text", nil),
            (#"{"symbol":"A","c":true}"#, "c is not a number", 19),
            (#"{"symbol":"A","c":"x"}"#, "c is text that is no number", 19),
            (#"{"symbol":"A","c":1e999}"#, "c is too large a number", 19),
            (#"{"symbol":"A"}x"#, "malformed JSON: something follows the value", 15),
            (#"{"symbol":"A",}"#, "malformed JSON: a key in quotes is expected", 15),
            (#"{"symbol":"A" "c":1}"#, "malformed JSON: ',' or '}' is expected", 15),
            (#"{"symbol":"A","c":01}"#, "malformed JSON: a number begins with 0", 19),
            (#"{"symbol":"A","c":-}"#, "malformed JSON: a digit is expected", 20),
            (#"{"symbol":"A","c":nul}"#, "malformed JSON: a value is expected", 19),
            (#"{"symbol":"A\q"}"#, "malformed JSON: an unknown escape", 14),
            ("{\"symbol\":\"A\tB\"}", "malformed JSON: a control character stands in a string", 13),
        ] as [(String, String, Int?)])
    func whatIsNoQuoteIsRejectedWithItsPlace(line: String, reason: String, column: Int?) {
        let rejection = #expect(throws: QuoteRejection.self) { try parse(line) }
        #expect(rejection == QuoteRejection(reason, column: column))
    }

    @Test func timesOutOfRangeAreRejected() {
        let milliseconds = #expect(throws: QuoteRejection.self) {
            try parse(#"{"symbol":"A","t":1704900000123}"#)
        }
        #expect(milliseconds?.reason.contains("milliseconds") == true)
        #expect(throws: QuoteRejection.self) { try parse(#"{"symbol":"A","fetched_at":-1}"#) }
    }

    @Test func deepNestingIsAnErrorAndNoOverflow() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: QuoteRejection.self) { try parse(#"{"symbol":"A","x":"# + deep) }
    }

    @Test func everyTruncationOfAQuoteIsRejected() {
        for count in 1..<Self.usual.utf8.count {
            let rejection = #expect(throws: QuoteRejection.self, "cut to \(count)") {
                try parse(Array(Self.usual.utf8.prefix(count)))
            }
            #expect(rejection == QuoteRejection("malformed JSON: the text ends too early", column: count + 1))
        }
    }

    /// Lines damaged at random, a hundred thousand of them: a quote or a rejection, never a crash.
    @Test func randomDamageNeverCrashes() {
        var generator = SeededGenerator(seed: 99)
        var rejected = 0
        let alphabet = Array(#"{}[]",:0123456789.-+eEnulltrfas\ "#.utf8) + [0, 0xFF, 0xC3]
        for _ in 0..<100_000 {
            var line = Array(Self.usual.utf8)
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                let index = Int.random(in: 0..<line.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: line[index] = alphabet.randomElement(using: &generator) ?? 0
                case 1: line.remove(at: index)
                default: line.insert(alphabet.randomElement(using: &generator) ?? 0, at: index)
                }
            }
            do { _ = try parse(line) } catch { rejected += 1 }
        }
        #expect(rejected > 50_000)
    }
}
