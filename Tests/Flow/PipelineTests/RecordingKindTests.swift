import DurableIO
import MarketData
import SQLiteKit
import TestSupport
import Testing
import Vectors
import Warehouse

@testable import Pipeline

/// Recordings of other shapes than an object a line, and those that are none.
@Suite struct RecordingKindTests {
    private let directory: TemporaryDirectory
    private var data: DataDirectory { DataDirectory(directory.file("data")) }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static func quote(_ symbol: String, _ price: Int, _ second: Int) -> String {
        #"{"c":\#(price).5,"d":0.1,"t":\#(second),"symbol":"\#(symbol)","fetched_at":\#(second + 1)}"#
    }

    private func recording(_ count: Int) throws -> String {
        let lines = (0..<count).map {
            Self.quote(["A", "B", "C"][$0 % 3], 10 + $0 % 7, 1_704_900_000 + $0) + "\n"
        }
        return try directory.write(lines.joined(), to: "q.ndjson")
    }

    @Test func aRecordingWithoutQuotesSaysWhatItLooksLike() throws {
        let csv = try directory.write("symbol,price,time\nAAPL,1,2\n", to: "q.csv")
        let zeros = try directory.write([UInt8](repeating: 0, count: 700_000), to: "zeros.ndjson")
        let blank = try directory.write("\n \n", to: "blank.ndjson")
        let good = try recording(3)
        let summary = try Pipeline.replay([csv, zeros, blank, good], into: data)
        let failures = summary.recordings.map { $0.failure ?? "" }
        #expect(
            failures[0].hasSuffix(
                "q.csv has no quote: it looks like CSV with commas; COPY INTO of `tapehouse sql --write` loads that"
            ))
        #expect(failures[1].contains("zero bytes, as a power cut leaves behind"))
        #expect(failures[2].contains("blank lines alone"))
        #expect(failures[3].isEmpty)
        #expect(summary.rejects.contains { $0.reason == "zero bytes, as a power cut leaves behind" })
    }

    @Test func symbolsThatNothingHasAreNamed() throws {
        var options = ReplayOptions()
        options.symbols = ["A", "a", "ZZZ"]
        let summary = try Pipeline.replay([try recording(9)], into: data, options: options)
        #expect(summary.unmatchedSymbols == ["ZZZ", "a"])
        #expect(summary.symbolsSeen == ["A", "B", "C"])
        #expect(summary.recordings[0].failure == nil)
        options.symbols = ["A"]
        #expect(
            try Pipeline.replay([try recording(9)], into: data, options: options).unmatchedSymbols.isEmpty)
    }

    /// Objects over several lines become rows as those on one line do; damage is told with its place.
    @Test func anArrayIsARecording() throws {
        let pretty = (0..<30).map {
            Self.quote("A", $0, 1_704_900_000 + $0).replacing(",", with: ",\n  ").replacing(
                "{", with: "{\n  ")
        }
        let text =
            "[\n" + pretty[..<10].joined(separator: ",\n") + ",\n{ \"c\": 1; },\n"
            + pretty[10...].joined(separator: ",\n") + "\n]\n"
        let summary = try Pipeline.replay([try directory.write(text, to: "a.json")], into: data)
        #expect(summary.recordings[0].quotes == 30)
        #expect(summary.recordings[0].rejected == 1)
        #expect(summary.rejects[0].places[0].line == 62)
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        #expect(try warehouse.number("SELECT count(*) FROM SILVER_CLEAN_STOCK_QUOTES") == 30)
        #expect(try warehouse.rows("SELECT RAW_LINE FROM LOAD_REJECTS") == [[.text("{ \"c\": 1; }")]])
    }

    @Test func aTruncatedLastLineIsSaidToBeOne() throws {
        let path = try directory.write(
            Self.quote("A", 1, 1_704_900_000) + "\n" + #"{"c":1,"d":"#, to: "t.ndjson")
        let summary = try Pipeline.replay([path], into: data)
        #expect(
            summary.rejects.first?.reason
                == "the recording's last line is cut short: malformed JSON: the text ends too early")
        #expect(summary.rejects.first?.places.first?.line == 2)
        let wrong = try directory.write(Self.quote("A", 1, 1_704_900_000) + "\nrubbish", to: "x.ndjson")
        #expect(
            try Pipeline.replay([wrong], into: DataDirectory(directory.file("x"))).rejects.first?.reason
                == "malformed JSON: not a JSON object")
        let whole = try directory.write(Self.quote("A", 1, 1_704_900_000), to: "w.ndjson")
        #expect(
            try Pipeline.replay([whole], into: DataDirectory(directory.file("w"))).recordings[0].quotes == 1)
    }
}
