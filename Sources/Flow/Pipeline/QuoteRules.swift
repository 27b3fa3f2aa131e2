import MarketData
import Warehouse

extension LineRules {
    /// Quotes, as the producer lets them through: what others have put into the bucket is held to the same.
    static let quotes = LineRules(
        numbers: ["c", "d", "dp", "h", "l", "o", "pc"].map { ($0, nil) }
            + ["t", "fetched_at"].map { ($0, 0...QuoteParser.timeMax) },
        texts: ["symbol"]
    ) {
        let parser = QuoteParser()
        return { line in
            var quote = ParsedQuote()
            do throws(QuoteRejection) {
                try parser.parse(line, into: &quote)
                return nil
            } catch {
                return LineRejection(error.reason, column: error.column)
            }
        }
    }
}
