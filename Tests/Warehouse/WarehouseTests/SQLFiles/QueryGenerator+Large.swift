import TestSupport

/// Queries over a table so large that several threads read it, and of whose results only sums are compared.
extension QueryGenerator {
    static let largeRows = 150_000

    /// A table that both engines make of the numbers from 0.
    static func largeTable(_ name: String) -> GeneratedTable {
        let columns: [(name: String, kind: TermKind, ours: String, duck: String)] = [
            ("id", .integer, "n", "n"),
            (
                "c0", .integer, "IFF(n % 11 = 3, NULL, n * 7919 % 23 - 5)",
                "CASE WHEN n % 11 <> 3 THEN n * 7919 % 23 - 5 END"
            ),
            ("c1", .integer, "n * 31 % 60000", "n * 31 % 60000"),
            (
                "c2", .text, "SUBSTR('abcdefgh', n % 9 + 1, 2)",
                "SUBSTR('abcdefgh', CAST(n % 9 + 1 AS BIGINT), 2)"
            ),
            ("c3", .decimal(precision: 10, scale: 2), "(n % 5000 - 2500) * 0.25", "(n % 5000 - 2500) * 0.25"),
            (
                "c4", .float, "IFF(n % 100 = 7, NULL, n % 777)::FLOAT / 8",
                "CAST(CASE WHEN n % 100 <> 7 THEN n % 777 END AS DOUBLE) / 8"
            ),
            ("c5", .boolean, "n % 3 = 1", "n % 3 = 1"),
            (
                "c6", .date, "DATEADD(day, n % 40, '2026-01-20'::DATE)",
                "DATE '2026-01-20' + CAST(n % 40 AS INTEGER)"
            ),
            (
                "c7", .timestamp, "DATEADD(second, n * 17, '2026-03-02 09:30:00'::TIMESTAMP)",
                "TIMESTAMP '2026-03-02 09:30:00' + CAST(n * 17 AS BIGINT) * INTERVAL 1 second"
            ),
            ("c8", .text, "'key ' || (n * 13 % 70000)", "'key ' || (n * 13 % 70000)"),
        ]
        let making = DialectText(
            ours: "CREATE TABLE \(name) AS SELECT "
                + columns.map { "(\($0.ours))::\($0.kind.ourType) AS \($0.name)" }.joined(separator: ", ")
                + " FROM (SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => \(largeRows))))",
            duck: "CREATE TABLE \(name) AS SELECT "
                + columns.map { "CAST(\($0.duck) AS \($0.kind.duckType)) AS \($0.name)" }.joined(
                    separator: ", ")
                + " FROM (SELECT CAST(i AS HUGEINT) AS n FROM range(\(largeRows)) t(i))",
            lite: nil)
        return GeneratedTable(
            name: name, columns: columns.map { (name: $0.name, kind: $0.kind) }, rows: [], isPlain: false,
            making: making)
    }

    /// A query over a large table, alone, beside a small one, or beside itself.
    mutating func query(over large: GeneratedTable) -> GeneratedQuery {
        var source = source(of: large)
        switch random.below(4) {
        case 0:
            let other = self.source(of: large)
            let text = DialectText([source.text, other.text, source.ids[0].text, other.ids[0].text]) {
                "\($0[0]) JOIN \($0[1]) ON \($0[2]) = \($0[3]) + 5"
            }
            source = Source(
                text: text, columns: source.columns + other.columns, ids: source.ids, isJoin: true)
        case 1: source = random.chance(50) ? join(source, table()) : join(table(), source)
        default: break
        }
        let query: GeneratedQuery
        switch random.below(6) {
        case 0: query = plain(source)
        case 1...3: query = grouped(source)
        default: query = windowed(source)
        }
        return summed(query)
    }

    /// The number of rows, and of each column its values counted and its ends.
    private func summed(_ query: GeneratedQuery) -> GeneratedQuery {
        var sums = ["COUNT(*)"]
        for (place, output) in query.outputs.enumerated() {
            sums.append("COUNT(r\(place))")
            if output.kind != .boolean { sums += ["MIN(r\(place))", "MAX(r\(place))"] }
            if !output.isInexact { sums.append("COUNT(DISTINCT r\(place))") }
            if output.kind == .integer { sums.append("SUM(r\(place))") }
        }
        let text = DialectText([query.text]) { "SELECT \(sums.joined(separator: ", ")) FROM (\($0[0])) AS q" }
        return GeneratedQuery(text: text, outputs: [], isOrdered: true)
    }
}
