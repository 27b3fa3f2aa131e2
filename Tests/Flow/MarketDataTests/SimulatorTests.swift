import DurableIO
import TestSupport
import Testing

@testable import MarketData

@Suite struct SimulatorTests {
    private func lines(_ settings: QuoteSimulator.Settings) -> [UInt8] {
        var simulator = QuoteSimulator(settings)
        var output: [UInt8] = []
        while simulator.appendNext(to: &output) {}
        return output
    }

    @Test func theFixtureIsWhatTheSimulatorWrites() throws {
        var settings = QuoteSimulator.Settings()
        settings.symbols = 7
        settings.rows = 15_000
        settings.days = 15
        settings.dirtyPercent = 3
        settings.seed = 42
        #expect(
            try FileSystem.local.contents(of: ProjectFiles.fixture("simulated.ndjson")) == lines(settings))
        settings.seed = 43
        #expect(
            try FileSystem.local.contents(of: ProjectFiles.fixture("simulated.ndjson")) != lines(settings))
    }

    @Test func cleanQuotesAreWholeAndTheirFiguresAgree() throws {
        var settings = QuoteSimulator.Settings()
        settings.rows = 3000
        settings.symbols = 40
        let parser = QuoteParser()
        var quote = ParsedQuote()
        var symbols: Set<String> = []
        var lastTime: Int64 = 0
        for line in lines(settings).split(separator: UInt8(ascii: "\n")) {
            try line.withUnsafeBytes { bytes in
                #expect(QuoteParser.parseUsualShape(bytes, into: &quote))
                try parser.parse(bytes, into: &quote)
                let price = try #require(quote.currentPrice.value)
                let close = try #require(quote.previousClose.value)
                #expect(try #require(quote.dayHigh.value) >= price)
                #expect(try #require(quote.dayLow.value) <= price)
                #expect(abs(try #require(quote.change.value) - (price - close)) < 1e-9)
                #expect(
                    abs(try #require(quote.changePercent.value) - (price - close) / close * 100) < 0.000_051)
                #expect(quote.time.integer >= lastTime)
                #expect(quote.fetchedAt.integer > quote.time.integer)
                lastTime = quote.time.integer
                symbols.insert(String(decoding: quote.symbol, as: UTF8.self))
            }
        }
        #expect(symbols.count == 40)
        #expect(symbols.isSuperset(of: ["AAPL", "MSFT", "TSLA", "GOOGL", "AMZN"]))
    }

    @Test func tradingKeepsToWeekdays() throws {
        var settings = QuoteSimulator.Settings()
        settings.rows = 500
        settings.days = 12
        settings.start = try #require(Timestamp("2024-01-06"))
        var days: [String] = []
        let parser = QuoteParser()
        var quote = ParsedQuote()
        for line in lines(settings).split(separator: UInt8(ascii: "\n")) {
            try line.withUnsafeBytes { try parser.parse($0, into: &quote) }
            let day = Timestamp(seconds: quote.time.integer).date
            if days.last != day { days.append(day) }
        }
        #expect(
            days == [
                "2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11", "2024-01-12", "2024-01-15",
                "2024-01-16",
                "2024-01-17", "2024-01-18", "2024-01-19", "2024-01-22", "2024-01-23",
            ])
    }

    @Test func dirtComesInEveryKindAndInTheMeasureAskedFor() throws {
        var settings = QuoteSimulator.Settings()
        settings.rows = 20_000
        settings.dirtyPercent = 10
        let output = lines(settings)
        #expect(output.last != UInt8(ascii: "\n"), "the last line breaks off")
        var kinds: [String: Int] = [:]
        let parser = QuoteParser()
        var quote = ParsedQuote()
        var seen: Set<[UInt8]> = []
        var latest: [String: Int64] = [:]
        for line in output.split(separator: UInt8(ascii: "\n")) {
            line.withUnsafeBytes { bytes in
                do throws(QuoteRejection) {
                    try parser.parse(bytes, into: &quote)
                    let symbol = String(decoding: quote.symbol, as: UTF8.self)
                    if quote.currentPrice == .null { kinds["null", default: 0] += 1 }
                    if quote.currentPrice.value == 0 { kinds["zero", default: 0] += 1 }
                    if !seen.insert(Array(bytes)).inserted { kinds["duplicate", default: 0] += 1 }
                    if quote.time.integer > 0, quote.time.integer < latest[symbol] ?? 0 {
                        kinds["late", default: 0] += 1
                    }
                    latest[symbol] = max(latest[symbol] ?? 0, quote.time.integer)
                } catch {
                    kinds[error.reason.contains("symbol") ? "symbol" : "malformed", default: 0] += 1
                }
            }
        }
        for kind in ["null", "zero", "duplicate", "late", "symbol", "malformed"] {
            #expect((150...600).contains(kinds[kind] ?? 0), "\(kind): \(kinds[kind] ?? 0)")
        }
    }
}

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("2000-02-29", 951_782_400), ("2013-10-08T14:30:00Z", 1_381_242_600),
        ("2013-10-08 14:30", 1_381_242_600), ("9999-12-31T23:59:59", 253_402_300_799),
        ("1381242600", 1_381_242_600),
    ])
    func textIsRead(text: String, seconds: Int64) {
        #expect(Timestamp(text)?.seconds == seconds)
    }

    @Test(arguments: [
        "", "2013", "2013-13-01", "2013-02-29", "2013-10-08T25:00", "2013-10-08T10", "x", "-5", "2013-1-1",
    ])
    func otherTextIsNot(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func everyDayOfFourCenturiesIsWrittenAndReadBack() {
        for day in stride(from: Int64(-20_000), through: 140_000, by: 1) {
            let time = Timestamp(seconds: day * 86_400 + 86_399)
            #expect(Timestamp(time.description)?.seconds == time.seconds || day < 0)
            #expect(time.description.hasSuffix(" 23:59:59"))
        }
        #expect(Timestamp(seconds: -1).description == "1969-12-31 23:59:59")
    }
}
