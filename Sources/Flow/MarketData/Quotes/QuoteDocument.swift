import JSON

/// Reads a line that holds a quote in any shape: keys in any order, blanks, escapes, numbers of any form, further keys
/// of any depth. Not thread-safe.
final class QuoteDocument {
    private typealias Bytes = UnsafeBufferPointer<UInt8>

    private let tape = JSONTape()

    /// Reads the line into `quote`, whose fields are missing before. The symbol's bytes are the line's or the
    /// tape's: valid until the next call.
    ///
    /// A key that comes twice counts with its last value. Text that holds a number is taken as the number, as
    /// a cast in SQL would.
    func parse(_ line: UnsafeRawBufferPointer, into quote: inout ParsedQuote) throws(QuoteRejection) {
        let bytes = line.assumingMemoryBound(to: UInt8.self)
        guard String(validating: bytes, as: UTF8.self) != nil else { throw QuoteRejection("not UTF-8 text") }
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        guard let start = bytes.firstIndex(where: { !blanks.contains($0) }) else {
            throw QuoteRejection("empty")
        }
        guard bytes[start] == UInt8(ascii: "{") else {
            throw QuoteRejection("malformed JSON: not a JSON object", column: start + 1)
        }
        do throws(JSONError) { try tape.parse(bytes) } catch {
            throw QuoteRejection("malformed JSON: \(error.reason)", column: error.column)
        }
        var key = 1
        while key < tape.count {
            try member(tape.bytes(of: key), key + 1, &quote)
            key = Int(tape.nodes[key + 1].next)
        }
        guard quote.symbol.count > 0 else { throw QuoteRejection("symbol is missing") }
    }

    private func member(
        _ key: UnsafeBufferPointer<UInt8>, _ value: Int, _ quote: inout ParsedQuote
    ) throws(QuoteRejection) {
        switch String(decoding: key, as: UTF8.self) {
        case "c": quote.currentPrice = try number(value, "c")
        case "d": quote.change = try number(value, "d")
        case "dp": quote.changePercent = try number(value, "dp")
        case "h": quote.dayHigh = try number(value, "h")
        case "l": quote.dayLow = try number(value, "l")
        case "o": quote.dayOpen = try number(value, "o")
        case "pc": quote.previousClose = try number(value, "pc")
        case "t": quote.time = try number(value, "t")
        case "fetched_at": quote.fetchedAt = try number(value, "fetched_at")
        case "symbol":
            guard tape.nodes[value].kind == .string else {
                let isNull = tape.nodes[value].kind == .null
                throw QuoteRejection(isNull ? "symbol is null" : "symbol is not text")
            }
            quote.symbol = UnsafeRawBufferPointer(tape.bytes(of: value))
            guard quote.symbol.count > 0 else { throw QuoteRejection("symbol is empty") }
        default: break
        }
    }

    private func number(_ node: Int, _ key: String) throws(QuoteRejection) -> QuoteNumber {
        let (kind, start) = (tape.nodes[node].kind, Int(tape.nodes[node].start))
        switch kind {
        case .null: return .null
        case .string:
            guard let number = Self.number(tape.bytes(of: node)) else {
                // A string that had escapes lies elsewhere than in the line.
                throw QuoteRejection(
                    "\(key) is text that is no number", column: tape.nodes[node].isDecoded ? nil : start)
            }
            return number
        case .number:
            guard let number = Self.number(tape.bytes(of: node)) else {
                throw QuoteRejection("\(key) is too large a number", column: start + 1)
            }
            return number
        case .no, .yes, .array, .object:
            throw QuoteRejection("\(key) is not a number", column: start + 1)
        }
    }

    private static func number(_ bytes: Bytes) -> QuoteNumber? {
        let text = String(decoding: bytes, as: UTF8.self)
        if let integer = Int64(text), !text.hasPrefix("+") { return QuoteNumber(integer: integer) }
        guard bytes.allSatisfy({ "+-.eE0123456789".utf8.contains($0) }), let real = Double(text),
            real.isFinite
        else { return nil }
        return QuoteNumber(real: real)
    }
}
