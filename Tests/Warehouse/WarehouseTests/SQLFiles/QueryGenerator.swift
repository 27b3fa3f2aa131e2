import TestSupport

/// Tables and queries by chance, the same for the same seed.
///
/// What the engines differ in on purpose is kept out, or written so that all mean the same:
/// - `/` on whole numbers gives a NUMBER of 6 digits here, a FLOAT in DuckDB and a whole number in SQLite:
///   quotients are of FLOATs,
///   and divisors of 0 become NULL, for they are errors here, NULL in SQLite.
/// - GREATEST and LEAST are NULL as soon as one argument is, which DuckDB leaves out: spelled out as CASE.
/// - ORDER BY without NULLS FIRST or LAST puts NULLs where each engine likes: DuckDB and SQLite always get it written.
/// - FIRST_VALUE and LAST_VALUE without a frame see the whole partition here, the rows so far elsewhere:
///   others get the frame.
/// - AVG, MEDIAN of NUMBERs are NUMBERs here, FLOATs elsewhere: compared within half a unit of our last digit.
/// - Whole numbers are HUGEINT in DuckDB, so that both have room for what two 64-bit numbers give; it has no
///   DECIMAL beside that
///   without loss, so casts are written.
/// - SQLite has no booleans, dates, decimals or NaN of its own: it is asked where text and numbers say the same.
/// - A sum, mean or deviation of FLOATs that are not finite is an error in DuckDB: asked of finite columns alone.
/// - DATEDIFF in weeks counts Mondays here and 7 days in DuckDB: not asked.
struct QueryGenerator {
    var random: SeededGenerator
    var tables: [GeneratedTable] = []
    private var aliases = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func alias(_ prefix: String) -> String {
        aliases += 1
        return "\(prefix)\(aliases)"
    }

    // MARK: Tables

    /// A set of tables for the queries that follow.
    mutating func makeSchema(_ number: Int) {
        let isPlain = number % 2 == 0
        tables = (0..<3).map { makeTable("s\(number)_t\($0)", isPlain: isPlain) }
    }

    private mutating func makeTable(_ name: String, isPlain: Bool) -> GeneratedTable {
        var kinds: [TermKind] = [.integer, .integer, .text, .decimal(precision: 10, scale: 2), .float]
        let more: [TermKind] = [
            .decimal(precision: 8, scale: 4), .boolean, .date, .timestamp, .text, .variant, .integer, .float,
            .decimal(precision: 18, scale: 0),
        ]
        for _ in 0..<random.below(5) { kinds.append(random.pick(more)) }
        let columns =
            [(name: "id", kind: TermKind.integer)] + kinds.enumerated().map { (name: "c\($0)", kind: $1) }
        let count = random.pick([0, 1, 2, 5, 9, 14, 20, 27, 33])
        let nulls = random.pick([0, 10, 30])
        let rows = (0..<count).map { row -> [String?] in
            [String(row)] + kinds.map { random.chance(nulls) ? nil : value(of: $0, isPlain: isPlain) }
        }
        return GeneratedTable(name: name, columns: columns, rows: rows, isPlain: isPlain)
    }

    /// A value as text, often one that others have too.
    mutating func value(of kind: TermKind, isPlain: Bool) -> String {
        switch kind {
        case .integer:
            if !isPlain, random.chance(4) {
                return random.pick(["9223372036854775807", "-9223372036854775808", "4611686018427387904"])
            }
            return String(random.chance(70) ? random.below(7) - 2 : random.below(200_000) - 100_000)
        case .decimal(let precision, let scale):
            let digits = random.chance(80) ? random.below(2000) - 600 : random.below(90_000_000) - 40_000_000
            let value = precision < 9 ? digits % 1_000_000 : digits
            return Self.decimal(value, scale: scale)
        case .float:
            if !isPlain, random.chance(8) {
                return random.pick(["NaN", "inf", "-inf", "1e300", "-2.5e-300"])
            }
            return "\(Double(random.below(random.chance(80) ? 40 : 100_000) - 16) / 4)"
        case .text:
            let words = [
                "", "a", "b", "A", "ab", "aB", "abc", "b c", " x", "a%", "_", "0", "42", "zz top", "O'Hara",
            ]
            return random.pick(isPlain ? words : words + ["é", "aé", "日本", "😀b"])
        case .boolean: return random.chance(50) ? "true" : "false"
        case .variant: return json()
        case .date:
            return
                "\(random.pick(["2024", "2025", "2026", "1969"]))-\(random.pick(["01", "02", "12"]))-\(random.pick(["01", "15", "28", "29", "31"]))"
                .clampedDay
        case .timestamp:
            let day = value(of: .date, isPlain: isPlain)
            let clock = random.pick(["00:00:00", "09:30:00", "09:30:01", "23:59:59"])
            return "\(day) \(clock).\(random.pick(["000000", "000000", "250000", "000001"]))"
        }
    }

    /// An object with members that may be there, null, or something inside of something. Their order is always the
    /// same: to Snowflake and to us objects with the same members are equal, to DuckDB those with the same text.
    private mutating func json() -> String {
        var members: [String] = []
        if random.chance(80) {
            members.append("\"a\": \(random.chance(15) ? "null" : String(random.below(9) - 3))")
        }
        if random.chance(80) {
            members.append("\"b\": \(random.pick(["\"x\"", "\"\"", "\"long text\"", "null"]))")
        }
        if random.chance(70) {
            members.append("\"c\": \(random.pick(["1.5", "0.25", "-7.125", "1000", "2e3"]))")
        }
        if random.chance(60) {
            members.append(
                "\"d\": {\"e\": [\(random.below(5)), \(random.below(5))], \"a\": \"\(random.below(3))\"}")
        }
        return "{\(members.joined(separator: ", "))}"
    }

    static func decimal(_ value: Int, scale: Int) -> String {
        guard scale > 0 else { return String(value) }
        let digits = String(abs(value))
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return (value < 0 ? "-" : "") + padded.dropLast(scale) + "." + padded.suffix(scale)
    }

    var isPlain: Bool { tables.allSatisfy(\.isPlain) }

    mutating func anyKind() -> TermKind {
        random.pick([
            .integer, .integer, .decimal(precision: 10, scale: 2), .float, .text, .text, .boolean, .date,
            .timestamp,
        ])
    }
}

extension String {
    /// A date whose day its month has.
    fileprivate var clampedDay: String {
        let isLeap = hasPrefix("2024")
        guard contains("-02-"), let day = Int(suffix(2)), day > (isLeap ? 29 : 28) else { return self }
        return dropLast(2) + (isLeap ? "29" : "28")
    }
}
