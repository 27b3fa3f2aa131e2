import JSON
import DurableIO
import Logging
import MarketData
import Modeling
import TestSupport
import SQLiteKit
import Testing
import Vectors
import Warehouse

@testable import Pipeline

/// A table as text cells.
struct CSVTable {
    let header: [String]
    let rows: [[String]]

    /// Reads a file of the fixtures, which have no quoted cells.
    init(fixture name: String) throws {
        let lines = try ProjectFiles.text("Fixtures/expected/\(name)").split(separator: "\n")
        let cells = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        header = try #require(cells.first)
        rows = Array(cells.dropFirst())
    }
}

/// Gold tables by name, for comparing runs with each other.
struct Gold: Equatable {
    var tables: [String: [[Scalar]]] = [:]

    static let names = ["gold_kpi", "gold_candlestick", "gold_treechart"]

    init(_ directory: DataDirectory) throws {
        let warehouse = try Warehouse(path: directory.warehouse, access: .readOnly)
        for name in Self.names { tables[name] = try warehouse.rows("SELECT * FROM \(name)") }
    }
}

extension Warehouse {
    /// All rows of a query.
    func rows(_ sql: String) throws -> [[Scalar]] { try makeSession().query(sql).rows }

    /// The one number that a query gives.
    func number(_ sql: String) throws -> Int? {
        guard case .number(let value, 0)? = try rows(sql).first?.first else { return nil }
        return Int(value)
    }
}

extension Pipeline {
    /// Opens a pipeline, replays recordings and closes it.
    @discardableResult
    static func replay(
        _ paths: [String], into directory: DataDirectory, settings: PipelineSettings = PipelineSettings(),
        options: ReplayOptions = ReplayOptions(), fileSystem: FileSystem = .local
    ) throws -> ReplaySummary {
        let pipeline = try Pipeline(
            directory, settings: settings,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            fileSystem: fileSystem)
        let summary = try pipeline.replay(try paths.map { try ByteSource(path: $0) }, options: options)
        try pipeline.close()
        return summary
    }
}

@Suite struct GoldTests {
    private let directory: TemporaryDirectory
    private static let recordings = [
        ProjectFiles.fixture("simulated.ndjson"), ProjectFiles.fixture("dirty.ndjson"),
    ]

    init() throws {
        directory = try TemporaryDirectory()
    }

    private var data: DataDirectory { DataDirectory(directory.file("data")) }

    /// Against what an independent program computed of the same recordings.
    private func expectGoldOfTheFixtures(_ data: DataDirectory) throws {
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        for name in Gold.names {
            let expected = try CSVTable(fixture: "\(name).csv")
            let result = try warehouse.makeSession().query("SELECT * FROM \(name)")
            #expect(result.columns.map { $0.name.lowercased() } == expected.header)
            try #require(result.rows.count == expected.rows.count, "\(name)")
            for (row, cells) in zip(result.rows, expected.rows) {
                for (value, cell) in zip(row, cells) {
                    #expect(Self.matches(value, cell), "\(name): \(row) is not \(cells)")
                }
            }
        }
    }

    private static func matches(_ value: Scalar, _ cell: String) -> Bool {
        switch value {
        case .null: return cell.isEmpty
        case .text(let text): return text == cell
        case .temporal(_, .date): return value.description == cell
        case .float(let real):
            guard let expected = Double(cell) else { return false }
            return abs(real - expected) <= 1e-9 * max(1, abs(expected))
        default: return false
        }
    }

    @Test func goldOfTheFixturesIsWhatAnotherProgramComputed() throws {
        let summary = try Pipeline.replay(Self.recordings, into: data)
        try expectGoldOfTheFixtures(data)
        let counts = try CSVTable(fixture: "counts.csv").rows[0].compactMap { Int($0) }
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        #expect(
            try warehouse.number("SELECT count(*) FROM BRONZE_STOCK_QUOTES_RAW") == counts[0])
        #expect(
            try warehouse.number("SELECT count(*) FROM SILVER_CLEAN_STOCK_QUOTES") == counts[1])
        #expect(try warehouse.number("SELECT count(*) FROM LOAD_REJECTS") == counts[2])
        let lines = summary.recordings.reduce(0) { $0 + $1.lines }
        #expect(
            summary.recordings.reduce(0) { $0 + $1.quotes + $1.rejected + $1.blank + $1.filtered } == lines)
        #expect(summary.recordings.reduce(0) { $0 + $1.blank } == counts[3])
        #expect(summary.stages.prefix(3).map(\.rows) == [counts[0], counts[0], counts[0]])
    }

    @Test func rejectsAreTheLinesThatAnotherProgramRejects() throws {
        try Pipeline.replay(Self.recordings, into: data)
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        let rejects = try warehouse.rows(
            "SELECT SOURCE_FILE, LINE_NUMBER, REASON FROM LOAD_REJECTS ORDER BY REJECT_ID")
        let expected = try CSVTable(fixture: "rejects.csv").rows
        #expect(rejects.count == expected.count)
        for (reject, cells) in zip(rejects, expected) {
            guard case .text(let source) = reject[0], case .number(let line, 0) = reject[1],
                case .text(let reason) = reject[2]
            else {
                Issue.record("\(reject)")
                continue
            }
            #expect(source == ProjectFiles.fixture(cells[0]))
            #expect(String(line) == cells[1], "\(reject)")
            #expect(!reason.isEmpty)
        }
    }

    @Test func rawKeepsEveryQuoteWithItsOffsetAndAnEqualJSON() throws {
        try Pipeline.replay([Self.recordings[0]], into: data)
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        let raw = try warehouse.rows(
            "SELECT V, LOG_PARTITION, LOG_OFFSET FROM BRONZE_STOCK_QUOTES_RAW ORDER BY RAW_ID")
        let rejected = Set(
            try CSVTable(fixture: "rejects.csv").rows.filter { $0[0] == "simulated.ndjson" }.map { $0[1] })
        let lines = try ProjectFiles.text("Fixtures/simulated.ndjson").split(separator: "\n").enumerated()
            .filter { !rejected.contains(String($0.offset + 1)) }.map { String($0.element) }
        #expect(try raw.map { $0[0] } == lines.map { .json(try canonical($0)) })
        #expect(raw.map { $0[2] } == lines.indices.map { .integer($0) })
        #expect(raw.allSatisfy { $0[1] == .integer(0) })
    }

    /// JSON as a VARIANT shows it: one text for equal values, whatever blanks and order of keys were written.
    private func canonical(_ line: String) throws -> String {
        try Array(line.utf8).withUnsafeBufferPointer { try JSONText.canonical($0) }
    }

    @Test func replayingAgainChangesNeitherSilverNorGold() throws {
        try Pipeline.replay(Self.recordings, into: data)
        let gold = try Gold(data)
        let second = try Pipeline.replay(Self.recordings, into: data)
        #expect(try Gold(data) == gold)
        try expectGoldOfTheFixtures(data)
        #expect(second.newRejects == 0)
        let warehouse = try Warehouse(path: data.warehouse, access: .readOnly)
        let counts = try CSVTable(fixture: "counts.csv").rows[0].compactMap { Int($0) }
        #expect(
            try warehouse.number("SELECT count(*) FROM BRONZE_STOCK_QUOTES_RAW") == 2 * counts[0])
        #expect(
            try warehouse.number("SELECT count(*) FROM SILVER_CLEAN_STOCK_QUOTES") == counts[1])
        #expect(
            try warehouse.rows(
                "SELECT count(*), min(TIMES_SEEN), max(TIMES_SEEN) FROM LOAD_REJECTS") == [
                    [.integer(counts[2]), .integer(2), .integer(2)]
                ])
    }

    @Test func theWayTakenDoesNotMatter() throws {
        var settings = PipelineSettings()
        settings.partitions = 3
        settings.objectBytes = 100_000
        for recording in Self.recordings { try Pipeline.replay([recording], into: data, settings: settings) }
        try expectGoldOfTheFixtures(data)
        let status = try PipelineStatus(data)
        #expect(status.partitions.filter { $0.topic == "stock-quotes" }.count == 3)
        #expect(status.groups.allSatisfy { $0.lag == 0 })
        #expect((status.buckets.first?.objects ?? 0) > 15)
    }

    @Test func compressedRecordingsGiveTheSameGold() throws {
        let compressed = try Self.recordings.enumerated().map { index, path in
            var frame: [UInt8] = []
            try FileSystem.local.contents(of: path).withUnsafeBytes {
                try ZstdCompressor().compress($0, appendingTo: &frame)
            }
            return try directory.write(frame, to: "\(index).ndjson.zst")
        }
        try Pipeline.replay(compressed, into: data)
        try expectGoldOfTheFixtures(data)
    }

    /// Trades of a real market. Skipped where `TAPEHOUSE_REALDATA` is not set.
    @Test(.enabled(if: RealData.recordings != nil, "TAPEHOUSE_REALDATA is not set"))
    func aRealRecordingReplaysWithoutAnError() throws {
        let path = "\(try #require(RealData.recordings))/us4-oct2013-second.ndjson.zst"
        let summary = try Pipeline.replay([path], into: data)
        #expect(summary.recordings[0].lines == 245_623)
        #expect(summary.recordings[0].rejected == 0)
        #expect(summary.models.map(\.rows) == [nil, 245_623, 20, 4, 4])
    }
}
