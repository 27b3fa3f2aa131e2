import JSON
import Vectors
import Warehouse

/// The gold tables, read from a warehouse, as text and as JSON.
struct GoldReport {
    private struct KPI {
        let symbol: String
        let price: Double
        let change: Double?
        let percent: Double?
    }

    private struct Tile {
        let symbol: String
        let price: Double
        let volatility: Double
        let relative: Double?
    }

    private let kpis: [KPI]
    private let candles: [(symbol: String, candles: [Candle])]
    private let tiles: [Tile]
    private let rows: [(table: String, columns: [String], rows: [[Scalar]])]

    /// So many symbols are drawn; more fill the screen and are a query away.
    private static let symbolsMax = 10

    init(_ warehouse: Warehouse) throws {
        let session = warehouse.makeSession()
        rows = try ["gold_kpi", "gold_candlestick", "gold_treechart"].map { table in
            let result = try session.query("SELECT * FROM \(Warehouse.schemaName).\(table)")
            return (table, result.columns.map { $0.name.lowercased() }, result.rows)
        }
        kpis = rows[0].rows.map {
            KPI(
                symbol: $0[0].description, price: $0[1].number ?? 0, change: $0[2].number,
                percent: $0[3].number)
        }
        var candles: [(symbol: String, candles: [Candle])] = []
        for row in rows[1].rows {
            let symbol = row[0].description
            if candles.last?.symbol != symbol { candles.append((symbol, [])) }
            candles[candles.count - 1].candles.append(
                Candle(
                    day: row[1].description, open: row[4].number ?? 0,
                    high: row[3].number ?? max(row[4].number ?? 0, row[5].number ?? 0),
                    low: row[2].number ?? min(row[4].number ?? 0, row[5].number ?? 0),
                    close: row[5].number ?? 0))
        }
        self.candles = candles
        tiles = rows[2].rows.map {
            Tile(
                symbol: $0[0].description, price: $0[1].number ?? 0, volatility: $0[2].number ?? 0,
                relative: $0[3].number)
        }
    }

    var json: [(String, OrderedJSON)] {
        rows.map { table, columns, rows in
            (table, .array(rows.map { row in .object(zip(columns, row).map { ($0, OrderedJSON($1)) }) }))
        }
    }

    var text: String {
        guard !kpis.isEmpty else { return "There are no quotes in silver, so the gold tables are empty.\n" }
        return kpiText + "\n" + candleText + "\n" + treemapText
    }

    private var kpiText: String {
        let rows = kpis.prefix(Self.symbolsMax * 2).map { kpi in
            [
                kpi.symbol, Format.fixed(kpi.price, 2), kpi.change.map { Self.signed($0, 2) } ?? "–",
                kpi.percent.map { Self.signed($0, 2) + " %" } ?? "–",
            ]
        }
        return Style.bold("Latest prices (gold_kpi)") + "\n"
            + TextTable.render(
                ["symbol", "price", "change", "change %"], alignments: [.left, .right, .right, .right],
                Array(rows))
            + more(kpis.count - rows.count, "gold_kpi")
    }

    private var candleText: String {
        var text = Style.bold("Candlesticks (gold_candlestick)") + "\n"
        for (symbol, candles) in candles.prefix(Self.symbolsMax) {
            text += "\n" + Style.bold(symbol.printable) + "\n"
            text += CandleChart.render(candles).map { $0 + "\n" }.joined()
        }
        return text + more(candles.count - min(candles.count, Self.symbolsMax), "gold_candlestick")
    }

    private var treemapText: String {
        let shown = tiles.sorted { $0.price > $1.price }.prefix(Self.symbolsMax * 2)
        let largest = shown.first?.price ?? 1
        let rows = shown.map { tile in
            [
                tile.symbol, Format.fixed(tile.price, 2), Format.fixed(tile.volatility, 4),
                tile.relative.map { Format.fixed($0 * 100, 2) + " %" } ?? "–",
                String(repeating: "▇", count: Self.barLength(tile.price, of: largest)),
            ]
        }
        return Style.bold(
            "Treemap (gold_treechart): average price of the latest day, deviation of all prices") + "\n"
            + TextTable.render(
                ["symbol", "average", "deviation", "relative", ""],
                alignments: [.left, .right, .right, .right, .left],
                Array(rows))
            + more(tiles.count - rows.count, "gold_treechart")
    }

    private static func barLength(_ value: Double, of largest: Double) -> Int {
        let share = value / largest
        return largest > 0 && share.isFinite ? Int(min(max(share, 0), 1) * 29) + 1 : 1
    }

    private func more(_ count: Int, _ table: String) -> String {
        count > 0 ? "… and \(count) more symbols: tapehouse sql \"SELECT * FROM \(table)\"\n" : ""
    }

    private static func signed(_ value: Double, _ places: Int) -> String {
        (value > 0 ? "+" : "") + Format.fixed(value, places)
    }
}

extension Scalar {
    /// The value of a FLOAT.
    fileprivate var number: Double? {
        if case .float(let value) = self { value } else { nil }
    }
}
