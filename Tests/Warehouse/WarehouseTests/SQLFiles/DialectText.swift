import TestSupport

/// A piece of SQL in our dialect, in DuckDB's, and in SQLite's where that can say it.
struct DialectText {
    var ours: String
    var duck: String
    var lite: String?

    init(ours: String, duck: String, lite: String?) {
        self.ours = ours
        self.duck = duck
        self.lite = lite
    }

    /// The same in all dialects.
    init(_ text: String) { self.init(ours: text, duck: text, lite: text) }

    /// A text around others, the same in all dialects.
    init(_ parts: [DialectText], _ body: ([String]) -> String) {
        let known = parts.compactMap(\.lite)
        self.init(
            ours: body(parts.map(\.ours)), duck: body(parts.map(\.duck)),
            lite: known.count == parts.count ? body(known) : nil)
    }

    /// A text around others.
    init(
        _ parts: [DialectText], ours: ([String]) -> String, duck: ([String]) -> String,
        lite: (([String]) -> String)? = nil
    ) {
        let known = parts.compactMap(\.lite)
        self.init(
            ours: ours(parts.map(\.ours)), duck: duck(parts.map(\.duck)),
            lite: known.count == parts.count ? lite.map { $0(known) } : nil)
    }

    static func + (left: DialectText, right: DialectText) -> DialectText {
        DialectText([left, right]) { $0[0] + $0[1] }
    }

    static func joined(_ parts: [DialectText], _ separator: String = ", ") -> DialectText {
        DialectText(parts) { $0.joined(separator: separator) }
    }
}

/// What an expression gives.
enum TermKind: Hashable {
    case integer
    case decimal(precision: Int, scale: Int)
    case float, text, boolean, date, timestamp
    /// A JSON object, of which only parts are compared.
    case variant

    var isDecimal: Bool { if case .decimal = self { true } else { false } }

    /// Whether values of both kinds can stand in one column.
    func fits(_ other: TermKind) -> Bool { self == other || (isDecimal && other.isDecimal) }

    var ourType: String {
        switch self {
        case .integer: "INTEGER"
        case .decimal(let precision, let scale): "NUMBER(\(precision),\(scale))"
        case .float: "FLOAT"
        case .text: "VARCHAR"
        case .boolean: "BOOLEAN"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP_NTZ"
        case .variant: "VARIANT"
        }
    }

    var duckType: String {
        switch self {
        case .integer: "HUGEINT"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .float: "DOUBLE"
        case .timestamp: "TIMESTAMP"
        case .variant: "JSON"
        default: ourType
        }
    }

    var liteType: String {
        switch self {
        case .integer, .boolean: "INTEGER"
        case .decimal, .float: "REAL"
        default: "TEXT"
        }
    }
}

/// An expression of a kind.
struct Term {
    var text: DialectText
    var kind: TermKind
    /// Whether engines may differ in its last digits, so that nothing must depend on them.
    var isInexact = false
}

/// A table with its rows; values are texts, and their literals follow from the kinds.
struct GeneratedTable {
    var name: String
    var columns: [(name: String, kind: TermKind)]
    var rows: [[String?]]
    /// Whether SQLite can hold all of it as it is: ASCII, small numbers, no NaN.
    var isPlain: Bool

    /// How both engines make the rows by themselves, where they are too many to be written.
    var making: DialectText?

    var creation: String {
        if let making { return making.ours }
        return "CREATE TABLE \(name)("
            + columns.map { "\($0.name) \($0.kind.ourType)" }.joined(separator: ", ") + ")"
    }

    var insertion: String? {
        if rows.isEmpty { return nil }
        let lines = rows.map { row in
            "("
                + zip(row, columns).map { value, column in
                    guard let value else { return "NULL" }
                    if column.kind == .variant { return "PARSE_JSON('\(value)')" }
                    if column.kind == .integer || column.kind.isDecimal { return value }
                    return "'" + value.replacing("'", "''") + "'::\(column.kind.ourType)"
                }.joined(separator: ", ") + ")"
        }
        return "INSERT INTO \(name) VALUES \(lines.joined(separator: ",\n"))"
    }
}

extension String {
    /// With each occurrence of a character replaced.
    fileprivate func replacing(_ character: Character, _ other: String) -> String {
        reduce(into: "") { $0 += $1 == character ? other : String($1) }
    }
}

extension SeededGenerator {
    /// A number from 0 up to a bound.
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// Whether something of so many percent happens.
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}
