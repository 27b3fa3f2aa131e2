import SQLEngine
import TestSupport
import SQLiteKit
import Testing
import Vectors
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
        #expect(
            model.resolvedSQL
                == "SELECT * FROM STOCKS_MDS.COMMON.SILVER_X JOIN STOCKS_MDS.RAW.QUOTES JOIN STOCKS_MDS.COMMON.Y"
        )
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
        var price: Double? = 10
        var time: Double? = 1_704_900_000
        var fetched: Double? = 1_704_900_001

        var json: String {
            let price = price.map { "\($0)" } ?? "null"
            return #"{"c":\#(price),"d":1,"dp":1,"h":\#(price),"l":\#(price),"o":1,"pc":\#(price),"#
                + #""t":\#(time.map { "\($0)" } ?? "null"),"symbol":"\#(symbol)","#
                + #""fetched_at":\#(fetched.map { "\($0)" } ?? "null")}"# + "\n"
        }
    }

    private func insert(_ rows: Row...) throws { try insert(rows) }

    private func insert(_ rows: [Row]) throws {
        let first = try warehouse.nextOffset(topic: "t", partition: 0)
        let source = LoadSource(
            bucket: "b", key: "\(first)", etag: "e", byteCount: 1, topic: "t", partition: 0,
            firstOffset: first)
        let lines = Array(rows.map(\.json).joined().utf8)
        try warehouse.load([LoadObject(source, lines: lines)], loadedAt: "2024-01-01 00:00:00")
    }

    private func query(_ sql: String) throws -> [[Scalar]] { try warehouse.makeSession().query(sql).rows }

    private func count(_ table: String) throws -> Scalar { try query("SELECT COUNT(*) FROM \(table)")[0][0] }

    private func build() throws -> [ModelResult] {
        try Builder(StockModels.project(), in: warehouse).build(builtAt: "2024-01-01 00:00:00")
    }

    private func silver() throws -> [[Scalar]] {
        try query(
            "SELECT SYMBOL, CURRENT_PRICE FROM SILVER_CLEAN_STOCK_QUOTES ORDER BY SYMBOL, MARKET_TIMESTAMP")
    }

    @Test func oneQuoteATradeStaysAndItIsTheLatestFetched() throws {
        try insert(
            Row(price: 1, fetched: 5), Row(price: 2, fetched: 9),
            Row(price: 3, fetched: 7),
            Row(symbol: "B", price: 4, fetched: 5),
            Row(symbol: "B", price: 5, fetched: 5),
            Row(symbol: "C", price: 6, fetched: nil),
            Row(symbol: "C", price: 7, fetched: 1))
        _ = try build()
        #expect(
            try silver() == [[.text("A"), .float(2)], [.text("B"), .float(5)], [.text("C"), .float(7)]])
    }

    /// Any split of the rows over builds gives what one build gives.
    @Test func laterBuildsMergeWhatIsNew() throws {
        let rows = [
            Row(price: 1, fetched: 5), Row(price: 2, fetched: 9),
            Row(price: 3, fetched: 7), Row(price: 4, time: 1_704_900_060),
        ]
        var written: [Int] = []
        for row in rows {
            try insert(row)
            written.append(
                try #require(try build().first { $0.name == "silver_clean_stock_quotes" }?.rowsChanged))
        }
        #expect(written == [1, 1, 0, 1])
        #expect(try silver() == [[.text("A"), .float(2)], [.text("A"), .float(4)]])
        #expect(try build().first { $0.name == "silver_clean_stock_quotes" }?.rowsChanged == 0)
    }

    /// Random rows with many ties, split over builds at random: all tables are those of one build.
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func howRowsAreSplitOverBuildsDoesNotMatter(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let rows = (0..<600).map { _ in
            Row(
                symbol: ["A", "B", "C", "ü"].randomElement(using: &generator) ?? "A",
                price: [nil, 0, 1, 2.5, 3].randomElement(using: &generator) ?? nil,
                time: Int.random(in: 0..<20, using: &generator) == 0
                    ? nil : 1_704_067_200 + Double(Int.random(in: 0..<60, using: &generator)) * 21_600.5,
                fetched: Int.random(in: 0..<5, using: &generator) == 0
                    ? nil : 1_704_900_000 + Double(Int.random(in: 0..<6, using: &generator)))
        }
        var rest = rows[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...80, using: &generator))
            try insert(Array(piece))
            _ = try build()
            rest = rest.dropFirst(piece.count)
        }
        let other = try BuilderTests()
        try other.insert(rows)
        _ = try other.build()
        for table in ["SILVER_CLEAN_STOCK_QUOTES", "GOLD_KPI", "GOLD_CANDLESTICK", "GOLD_TREECHART"] {
            let sql = "SELECT * FROM \(table) ORDER BY 1, 2, 9"
                .replacing(", 9", with: table.hasPrefix("SILVER") ? ", 9" : "")
            let tables = try (query(sql), other.query(sql))
            #expect(tables.0 == tables.1, "\(table)")
            #expect(!tables.0.isEmpty)
        }
    }

    /// Merges leave small row groups behind, which become large ones in the order of the keys.
    @Test func silverIsPutInOrderEveryNowAndThen() throws {
        for round in 0..<10 {
            let rows = (0..<4200).map {
                Row(symbol: "S\($0 % 5)", time: 1_704_900_000 + Double(round * 4200 + $0))
            }
            try insert(rows)
            #expect(try build()[1].rowsChanged == 4200)
        }
        #expect(try count("SILVER_CLEAN_STOCK_QUOTES") == .integer(42_000))
        let order = try query("SELECT SYMBOL, MARKET_TIMESTAMP FROM SILVER_CLEAN_STOCK_QUOTES LIMIT 30000")
            .map { $0.map(\.description).joined() }
        #expect(order == order.sorted())
    }

    @Test func failedRequestsAreNoQuotes() throws {
        try insert(
            Row(price: nil), Row(price: 0, time: 0), Row(price: 0),
            Row(time: nil),
            Row(time: 0), Row(symbol: "B", price: 7))
        _ = try build()
        #expect(try silver() == [[.text("B"), .float(7)]])
        #expect(try count("BRONZE_STG_STOCK_QUOTES") == .integer(6))
    }

    @Test func anEmptyWarehouseBuildsEmptyGold() throws {
        #expect(try build().compactMap(\.rows) == [0, 0, 0, 0])
        #expect(try build().map(\.materialization) == ["view", "incremental", "table", "table", "table"])
    }

    @Test func timesAreUTC() throws {
        try insert(Row(time: 1_381_132_802, fetched: 1_381_132_803.25))
        _ = try build()
        let times = try query("SELECT MARKET_TIMESTAMP, FETCHED_AT FROM BRONZE_STG_STOCK_QUOTES")
        #expect(times.map { $0.map(\.description) } == [["2013-10-07 08:00:02", "2013-10-07 08:00:03.250"]])
    }

    /// A model that fails leaves everything as it was.
    @Test func aBuildIsWholeOrNotAtAll() throws {
        try insert(Row())
        _ = try build()
        try insert(Row(symbol: "B"))
        let failing = Model(
            "gold_kpi", .table, "SELECT nothing_of_the_kind FROM {{ ref('silver_clean_stock_quotes') }}")
        let project = try Project([StockModels.bronze, StockModels.silver, failing])
        let error = #expect(throws: SQLError.self) {
            try Builder(project, in: warehouse).build(builtAt: "x")
        }
        #expect(error?.message.uppercased().contains("NOTHING_OF_THE_KIND") == true)
        #expect(try silver().count == 1)
        #expect(try count("GOLD_KPI") == .integer(1))
        #expect(try query("SELECT COUNT(DISTINCT BUILD_ID) FROM BUILD_HISTORY") == [[.integer(1)]])
    }

    /// What is built stays as it is built: a row that is deleted from silver would be missing for good.
    @Test(arguments: [
        "DELETE FROM SILVER_CLEAN_STOCK_QUOTES", "TRUNCATE TABLE GOLD_KPI",
        "UPDATE SILVER_CLEAN_STOCK_QUOTES SET CURRENT_PRICE = 1",
        "INSERT INTO GOLD_KPI VALUES ('X', 1, 1, 1)",
        "INSERT OVERWRITE INTO GOLD_KPI SELECT * FROM GOLD_KPI",
        "MERGE INTO GOLD_KPI G USING T ON G.SYMBOL = T.S WHEN MATCHED THEN DELETE",
        "DROP TABLE GOLD_TREECHART", "DROP VIEW BRONZE_STG_STOCK_QUOTES",
        "CREATE OR REPLACE TABLE SILVER_CLEAN_STOCK_QUOTES AS SELECT 1 AS A",
        "CREATE OR REPLACE VIEW BRONZE_STG_STOCK_QUOTES AS SELECT 1 AS A",
        "CREATE TEMPORARY TABLE GOLD_KPI (A INTEGER)",
        "CREATE TEMPORARY VIEW BRONZE_STG_STOCK_QUOTES AS SELECT 1 AS A",
        "ALTER TABLE GOLD_KPI RENAME TO X", "ALTER TABLE GOLD_KPI ADD COLUMN X INTEGER",
        "ALTER TABLE GOLD_KPI DROP COLUMN SYMBOL", "ALTER TABLE T SWAP WITH GOLD_KPI",
        "ALTER TABLE GOLD_KPI SWAP WITH T", "ALTER VIEW BRONZE_STG_STOCK_QUOTES RENAME TO X",
        "COPY INTO GOLD_KPI FROM @S FILE_FORMAT = (TYPE = CSV)", "DROP SCHEMA COMMON",
    ])
    func whatIsBuiltIsNotChangedOtherwise(statement: String) throws {
        try insert(Row())
        _ = try build()
        let session = warehouse.makeSession()
        try session.execute("CREATE TABLE T (S VARCHAR); CREATE STAGE S URL = 'file://\(directory.path)/'")
        let error = #expect(throws: SQLError.self) { try session.run(statement) }
        #expect(error?.code == .invalid)
        if !statement.contains("SCHEMA") {
            #expect(
                error?.message.contains("tapehouse build --full-refresh --select") == true,
                "\(error?.message ?? "")")
        }
        #expect(try silver().count == 1)
        // A copy is its owner's.
        try session.execute("CREATE TABLE MINE AS SELECT * FROM GOLD_KPI; DELETE FROM MINE; DROP TABLE MINE")
    }

    @Test func ledgersAreNotChangedEither() throws {
        for table in ["LOAD_HISTORY", "LOAD_OFFSETS", "LOAD_REJECTS", "BUILD_HISTORY"] {
            for statement in [
                "DELETE FROM \(table)", "TRUNCATE TABLE \(table)", "DROP TABLE \(table)",
                "ALTER TABLE \(table) RENAME TO X",
            ] {
                #expect(throws: SQLError.self, "\(statement)") { try warehouse.makeSession().run(statement) }
            }
        }
    }

    /// Somebody else's table is not replaced.
    @Test func aTableInAModelsPlaceIsNamed() throws {
        try insert(Row())
        let session = warehouse.makeSession()
        try session.run("CREATE TABLE GOLD_KPI AS SELECT 1 AS A")
        let error = #expect(throws: SQLError.self) { try build() }
        for part in ["model gold_kpi", "STOCKS_MDS.COMMON.GOLD_KPI", "drop or rename it"] {
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
        #expect(try query("SELECT * FROM GOLD_KPI") == [[.integer(1)]])
        try session.run("ALTER TABLE GOLD_KPI RENAME TO MINE")
        _ = try build()
        #expect(try count("GOLD_KPI") == .integer(1))
    }

    /// Whatever became of the tables, a full refresh makes them what the raw rows say.
    @Test func aFullRefreshMakesIncrementalModelsAnew() throws {
        try insert(Row(), Row(symbol: "B"))
        _ = try build()
        var options = Session.Options()
        options.changesModels = true
        let session = warehouse.makeSession(options)
        try session.execute("DELETE FROM SILVER_CLEAN_STOCK_QUOTES WHERE SYMBOL = 'A'")
        #expect(try build()[1].rowsChanged == 0)
        #expect(try silver().count == 1)
        let builder = try Builder(StockModels.project(), in: warehouse)
        let selection = Selection(select: ["silver_clean_stock_quotes+"])
        let built = try builder.build(
            builtAt: "2024-01-02 00:00:00", selection: selection, isFullRefresh: true)
        #expect(built.map(\.name).first == "silver_clean_stock_quotes" && built.count == 4)
        #expect(built[0].rowsChanged == 2)
        #expect(try silver().count == 2)
        #expect(try count("GOLD_KPI") == .integer(2))
        try insert(Row(symbol: "C"))
        #expect(try build()[1].rowsChanged == 1)
        try session.run("CREATE OR REPLACE TABLE SILVER_CLEAN_STOCK_QUOTES AS SELECT 1 AS A")
        try insert(Row(symbol: "D"))
        let error = #expect(throws: SQLError.self) { try build() }
        #expect(
            error?.message.contains("tapehouse build --full-refresh --select silver_clean_stock_quotes")
                == true)
        _ = try builder.build(builtAt: "2024-01-02 00:00:00", isFullRefresh: true)
        #expect(try silver().count == 4)
    }

    @Test func candlesKeepTheLatestTwelveDays() throws {
        for day in 0..<15 {
            try insert(
                Row(price: Double(day) + 1, time: 1_704_067_200 + Double(day) * 86_400),
                Row(
                    price: Double(day) + 3, time: 1_704_067_200 + Double(day) * 86_400 + 86_399))
        }
        _ = try build()
        let candles = try query("SELECT * FROM GOLD_CANDLESTICK")
        #expect(candles.count == 12)
        #expect(
            candles.first == [
                .text("A"), .temporal(19_726, .date), .float(4), .float(6), .float(4), .float(6), .float(5),
            ])
        #expect(candles.last?[1].description == "2024-01-15")
    }
}
