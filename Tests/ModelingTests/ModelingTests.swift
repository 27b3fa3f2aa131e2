import SQLiteKit
import TestSupport
import Testing
import Warehouse

@testable import Modeling

@Suite struct ProjectTests {
    private func model(_ name: String, _ references: String...) -> Model {
        Model(name, .view, "SELECT 1 " + references.map { "{{ ref('\($0)') }}" }.joined())
    }

    @Test func modelsComeBehindWhatTheyRead() throws {
        let project = try Project([model("c", "a", "b"), model("b", "a"), model("a"), model("d", "c", "a")])
        #expect(project.models.map(\.name) == ["a", "b", "c", "d"])
    }

    @Test func mistakesAreNamed() {
        #expect(
            #expect(throws: ModelError.self) {
                try Project([model("a", "b"), model("b", "c"), model("c", "b")])
            }?
            .description == "models read each other in a circle: b → c → b")
        #expect(
            #expect(throws: ModelError.self) { try Project([model("a", "x")]) }?.description
                == "model a reads x, which is not a model")
        #expect(
            #expect(throws: ModelError.self) { try Project([model("a"), model("a")]) }?.description
                == "two models are named a")
        #expect(#expect(throws: ModelError.self) { try Project([model("a", "a")]) } != nil)
    }

    @Test func referencesBecomeTables() {
        let model = Model(
            "m", .view,
            "SELECT * FROM {{ ref('silver_x') }} JOIN {{ source('raw', 'quotes') }} JOIN {{ref('y')}}")
        #expect(model.references == ["silver_x", "y"])
        #expect(model.resolvedSQL == "SELECT * FROM SILVER_X JOIN QUOTES JOIN Y")
    }
}

@Suite struct BuilderTests {
    private let directory: TemporaryDirectory
    private let warehouse: Warehouse

    init() throws {
        directory = try TemporaryDirectory()
        warehouse = try Warehouse(path: directory.file("w.db"), access: .readWrite)
    }

    private struct Row {
        var symbol = "A"
        var price: SQLiteValue = .real(10)
        var time: SQLiteValue = .integer(1_704_900_000)
        var fetched: SQLiteValue = .integer(1_704_900_001)
    }

    private func insert(_ rows: Row...) throws {
        for row in rows {
            _ = try warehouse.connection.rows(
                "INSERT INTO RAW_SHREDDED (LOAD_ID, LOG_OFFSET, C, D, DP, H, L, O, PC, T, SYMBOL, FETCHED_AT) VALUES (1, 0, ?, 1, 1, ?, ?, 1, 1, ?, ?, ?)",
                row.price, row.price, row.price, row.time, .text(row.symbol), row.fetched)
        }
    }

    private func build() throws -> [ModelResult] {
        try Builder(StockModels.project(), in: warehouse).build(builtAt: "2024-01-01 00:00:00")
    }

    private func silver() throws -> [[SQLiteValue]] {
        try warehouse.connection.rows(
            "SELECT SYMBOL, CURRENT_PRICE FROM SILVER_CLEAN_STOCK_QUOTES ORDER BY SYMBOL, MARKET_TIMESTAMP")
    }

    @Test func oneQuoteATradeStaysAndItIsTheLatestFetched() throws {
        try insert(
            Row(price: .real(1), fetched: .integer(5)), Row(price: .real(2), fetched: .integer(9)),
            Row(price: .real(3), fetched: .integer(7)),
            Row(symbol: "B", price: .real(4), fetched: .integer(5)),
            Row(symbol: "B", price: .real(5), fetched: .integer(5)),
            Row(symbol: "C", price: .real(6), fetched: .null),
            Row(symbol: "C", price: .real(7), fetched: .integer(1)))
        _ = try build()
        #expect(try silver() == [[.text("A"), .real(2)], [.text("B"), .real(5)], [.text("C"), .real(7)]])
    }

    /// Any split of the rows over builds gives what one build gives.
    @Test func laterBuildsMergeWhatIsNew() throws {
        let rows = [
            Row(price: .real(1), fetched: .integer(5)), Row(price: .real(2), fetched: .integer(9)),
            Row(price: .real(3), fetched: .integer(7)), Row(price: .real(4), time: .integer(1_704_900_060)),
        ]
        var written: [Int] = []
        for row in rows {
            try insert(row)
            written.append(
                try #require(try build().first { $0.name == "silver_clean_stock_quotes" }?.rowsChanged))
        }
        #expect(written == [1, 1, 0, 1])
        #expect(try silver() == [[.text("A"), .real(2)], [.text("A"), .real(4)]])
        #expect(try build().first { $0.name == "silver_clean_stock_quotes" }?.rowsChanged == 0)
    }

    @Test func failedRequestsAreNoQuotes() throws {
        try insert(
            Row(price: .null), Row(price: .integer(0), time: .integer(0)), Row(price: .integer(0)),
            Row(time: .null),
            Row(time: .integer(0)), Row(symbol: "B", price: .integer(7)))
        _ = try build()
        #expect(try silver() == [[.text("B"), .real(7)]])
        #expect(try warehouse.connection.integer("SELECT count(*) FROM BRONZE_STG_STOCK_QUOTES") == 6)
    }

    @Test func anEmptyWarehouseBuildsEmptyGold() throws {
        #expect(try build().compactMap(\.rows) == [0, 0, 0, 0])
        #expect(try build().map(\.materialization) == ["view", "incremental", "table", "table", "table"])
    }

    @Test func timesAreUTCText() throws {
        try insert(Row(time: .integer(1_381_132_802), fetched: .real(1_381_132_803.25)))
        _ = try build()
        #expect(
            try warehouse.connection.rows("SELECT MARKET_TIMESTAMP, FETCHED_AT FROM BRONZE_STG_STOCK_QUOTES")
                == [
                    [.text("2013-10-07 08:00:02"), .text("2013-10-07 08:00:03.250")]
                ])
    }

    /// A model that fails leaves everything as it was.
    @Test func aBuildIsWholeOrNotAtAll() throws {
        try insert(Row())
        _ = try build()
        try insert(Row(symbol: "B"))
        let failing = Model(
            "gold_kpi", .table, "SELECT nothing_of_the_kind FROM {{ ref('silver_clean_stock_quotes') }}")
        let project = try Project([StockModels.bronze, StockModels.silver, failing])
        let error = #expect(throws: SQLiteError.self) {
            try Builder(project, in: warehouse).build(builtAt: "x")
        }
        #expect(error?.message.contains("nothing_of_the_kind") == true)
        #expect(try silver().count == 1)
        #expect(try warehouse.connection.integer("SELECT count(*) FROM GOLD_KPI") == 1)
        #expect(try warehouse.connection.integer("SELECT count(DISTINCT BUILD_ID) FROM BUILD_HISTORY") == 1)
    }

    @Test func candlesKeepTheLatestTwelveDays() throws {
        for day in 0..<15 {
            try insert(
                Row(price: .real(Double(day) + 1), time: .integer(1_704_067_200 + Int64(day) * 86_400)),
                Row(
                    price: .real(Double(day) + 3),
                    time: .integer(1_704_067_200 + Int64(day) * 86_400 + 86_399)))
        }
        _ = try build()
        let candles = try warehouse.connection.rows("SELECT * FROM GOLD_CANDLESTICK")
        #expect(candles.count == 12)
        #expect(
            candles.first == [
                .text("A"), .text("2024-01-04"), .real(4), .real(6), .real(4), .real(6), .real(5),
            ])
        #expect(candles.last?[1] == .text("2024-01-15"))
    }
}
