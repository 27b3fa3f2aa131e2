/// A candle to draw.
struct Candle {
    let day: String
    let open: Double
    let high: Double
    let low: Double
    let close: Double

    var isRising: Bool { close >= open }
}

/// Draws candles with block characters: a thin line from low to high, a block from open to close, light where
/// the price rose and dark where it fell (and green and red where there are colours).
enum CandleChart {
    private static let heightRows = 8
    private static let candleColumns = 3

    /// The chart as lines.
    static func render(_ candles: [Candle]) -> [String] {
        guard let top = candles.map(\.high).max(), let bottom = candles.map(\.low).min() else { return [] }
        let step = max(top - bottom, 0.01) / Double(heightRows)
        let labels = [Format.fixed(top, 2), Format.fixed(bottom, 2)]
        let labelWidth = labels.map(\.count).max() ?? 0
        var lines = (0..<heightRows).map { row in
            let upper = top - Double(row) * step
            let label = row == 0 ? labels[0] : row == heightRows - 1 ? labels[1] : ""
            let cells = candles.map { cell($0, from: upper - step, to: upper) }
            return ("  " + Style.dim(label.leftPadding(to: labelWidth)) + " " + cells.joined()).trimmedAtEnd
        }
        let days = candles.map { $0.day.suffix(2).description.padding(to: candleColumns) }
        let first = candles.first?.day ?? ""
        let last = candles.last?.day ?? ""
        lines.append(
            "  "
                + Style.dim(
                    String(repeating: " ", count: labelWidth + 1) + days.joined() + "  \(first) to \(last)"))
        return lines
    }

    private static func cell(_ candle: Candle, from lower: Double, to upper: Double) -> String {
        let bodyTop = max(candle.open, candle.close)
        let bodyBottom = min(candle.open, candle.close)
        let glyph: String
        if bodyTop >= lower, bodyBottom <= upper {
            glyph = candle.isRising ? "░" : "█"
        } else if candle.high >= lower, candle.low <= upper {
            glyph = "│"
        } else {
            return String(repeating: " ", count: candleColumns)
        }
        let colored = candle.isRising ? Style.green(glyph) : Style.red(glyph)
        return " " + colored + String(repeating: " ", count: candleColumns - 2)
    }
}

extension String {
    /// The text without blanks at its end.
    var trimmedAtEnd: String {
        var text = self
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
