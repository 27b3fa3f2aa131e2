import JSON
import Vectors

/// What other engines answered, read from the oracle's file.
struct OracleAnswer {
    var engine: String
    /// Rows of values with a letter before each that says what it is; `nil` where the engine refused.
    var rows: [[String]]?
    var message = ""

    /// Answers by the number of the query.
    static func read(_ text: String) -> [Int: [OracleAnswer]] {
        var answers: [Int: [OracleAnswer]] = [:]
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while let head = lines.popFirst(), !head.isEmpty {
            let words = head.split(separator: " ", maxSplits: 3).map(String.init)
            guard words.count == 4, let number = Int(words[1]) else { break }
            if words[0] == "!" {
                answers[number, default: []].append(
                    OracleAnswer(engine: words[2], rows: nil, message: words[3]))
                continue
            }
            let count = Int(words[3]) ?? 0
            let rows = lines.prefix(count).map {
                $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            }
            lines = lines.dropFirst(count)
            answers[number, default: []].append(OracleAnswer(engine: words[2], rows: rows))
        }
        return answers
    }
}

/// Compares rows of ours with those of an oracle.
enum RowComparison {
    /// Whether both are the same rows, in the same order where that is settled.
    static func isSame(_ ours: [[Scalar]], _ theirs: [[String]], isOrdered: Bool) -> Bool {
        guard ours.count == theirs.count else { return false }
        if zip(ours, theirs).allSatisfy(isEqual) { return true }
        if isOrdered { return false }
        let sorted = ours.sorted { precedes(key($0), key($1)) }
        let others = theirs.sorted { precedes(key($0), key($1)) }
        if zip(sorted, others).allSatisfy(isEqual) { return true }
        // Numbers that differ in their last digits may have sorted otherwise.
        var open = others
        for row in sorted {
            guard let place = open.firstIndex(where: { isEqual(row, $0) }) else { return false }
            open.swapAt(place, open.count - 1)
            open.removeLast()
        }
        return true
    }

    private static func precedes(_ left: [String], _ right: [String]) -> Bool {
        left.lexicographicallyPrecedes(right) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func key(_ row: [Scalar]) -> [String] {
        row.map { value in
            switch value {
            case .number(let number, let scale):
                numberKey(DecimalText.text(number, scale: scale, trimmed: true))
            case .float(let number): numberKey("\(number)")
            case .boolean(let value): numberKey(value ? "1" : "0")
            case .null: "\u{0}"
            default: value.description
            }
        }
    }

    private static func key(_ row: [String]) -> [String] {
        row.map { value in
            switch value.first {
            case "n": "\u{0}"
            case "b": numberKey(value == "bTRUE" ? "1" : "0")
            case "i", "d", "f": numberKey(String(value.dropFirst()))
            default: String(value.dropFirst())
            }
        }
    }

    private static func numberKey(_ text: String) -> String {
        guard let number = Double(text), number.isFinite else { return text.lowercased() }
        return "\((number * 1e6).rounded() / 1e6 + 0)"
    }

    static func isEqual(_ ours: [Scalar], _ theirs: [String]) -> Bool {
        ours.count == theirs.count && zip(ours, theirs).allSatisfy { isEqual($0, $1) }
    }

    private static func isEqual(_ ours: Scalar, _ theirs: String) -> Bool {
        guard let letter = theirs.first else { return false }
        let text = String(theirs.dropFirst())
        switch (ours, letter) {
        case (.null, _): return letter == "n"
        case (_, "n"): return false
        case (.boolean(let value), "b"): return value == (text == "TRUE")
        case (.boolean(let value), "i"): return value == (text == "1")
        case (.number(let number, let scale), "i"), (.number(let number, let scale), "d"):
            return DecimalText.text(number, scale: scale, trimmed: true) == trimmed(text)
        case (.number(let number, let scale), "f"):
            guard let other = Double(text) else { return false }
            let unit = decimalPower(scale)
            let value = Double(number) / unit
            return abs(value - other) <= max(0.5000001 / unit, 1e-9 * abs(other))
        case (.float(let value), "f"), (.float(let value), "i"), (.float(let value), "d"):
            guard let other = Double(text) else { return false }
            if value.isNaN || other.isNaN { return value.isNaN && other.isNaN }
            return value == other || abs(value - other) <= 1e-9 * max(abs(value), abs(other))
                || max(abs(value), abs(other)) < 1e-12
        case (.temporal, "D"), (.temporal, "T"): return trimmed(ours.description) == trimmed(text)
        // SQLite keeps dates as text.
        case (.temporal, "s"): return trimmed(ours.description) == trimmed(text)
        case (.text(let value), "s"):
            let escaped = value.reduce(into: "") { result, character in
                switch character {
                case "\\": result += "\\\\"
                case "\t": result += "\\t"
                case "\n": result += "\\n"
                default: result.append(character)
                }
            }
            return escaped == text
        default: return false
        }
    }

    /// Without zeros at the end of a fraction.
    private static func trimmed(_ text: String) -> String {
        guard text.contains("."), !text.contains("e") else { return text }
        var digits = Substring(text)
        while digits.last == "0" { digits.removeLast() }
        if digits.last == "." { digits.removeLast() }
        return digits == "-0" ? "0" : String(digits)
    }
}
