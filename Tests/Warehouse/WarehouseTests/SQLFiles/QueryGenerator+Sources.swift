import TestSupport

/// What stands in FROM.
extension QueryGenerator {
    /// A FROM clause and the columns that it gives.
    struct Source {
        var text: DialectText
        var columns: [Term]
        /// Columns that together tell rows apart.
        var ids: [Term]
        var isJoin = false
        /// Whether rows can be equal in all columns.
        var hasTwins = false
    }

    mutating func table() -> Source { source(of: random.pick(tables)) }

    mutating func source(of table: GeneratedTable) -> Source {
        let alias = alias("a")
        let columns = table.columns.map { column in
            Term(
                text: DialectText(
                    ours: "\(alias).\(column.name)", duck: "\(alias).\(column.name)",
                    lite: table.isPlain ? "\(alias).\(column.name)" : nil),
                kind: column.kind)
        }
        let text = "\(table.name) AS \(alias)"
        return Source(
            text: DialectText(ours: text, duck: text, lite: table.isPlain ? text : nil), columns: columns,
            ids: [columns[0]])
    }

    mutating func source(depth: Int) -> Source {
        guard depth > 0, random.chance(60) else { return table() }
        if random.chance(30) { return derived(depth: depth - 1) }
        if random.chance(15) { return derived(of: query(depth: depth - 1)) }
        if random.chance(6) { return asOf(table(), table()) }
        if random.chance(6) { return lateral(table()) }
        if random.chance(6) { return flattened(table()) }
        let left = source(depth: depth - 1)
        var right = random.chance(70) ? table() : source(depth: depth - 1)
        if right.isJoin { right.text = DialectText([right.text]) { "(\($0[0]))" } }
        return join(left, right)
    }

    private mutating func derived(depth: Int) -> Source {
        let inner = source(depth: depth)
        let alias = alias("d")
        var terms = (0..<(2 + random.below(3))).map { _ in term(anyKind(), inner.columns, depth: 1) }
        let visible = terms.count
        terms += inner.ids
        let list = DialectText.joined(terms.enumerated().map { $1.text + DialectText(" AS x\($0)") })
        let filter =
            random.chance(40) ? DialectText(" WHERE ") + condition(inner.columns, depth: 1) : DialectText("")
        let text = DialectText([list, inner.text, filter]) {
            "(SELECT \($0[0]) FROM \($0[1])\($0[2])) AS \(alias)"
        }
        let columns = terms.enumerated().map { place, term in
            Term(text: DialectText("\(alias).x\(place)"), kind: term.kind, isInexact: term.isInexact)
        }
        return Source(text: text, columns: columns, ids: Array(columns[visible...]), hasTwins: inner.hasTwins)
    }

    mutating func join(_ left: Source, _ right: Source) -> Source {
        let columns = left.columns + right.columns
        let ids = left.ids + right.ids
        if random.chance(8) {
            return Source(
                text: DialectText([left.text, right.text]) { "\($0[0]) CROSS JOIN \($0[1])" },
                columns: columns, ids: ids, isJoin: true, hasTwins: left.hasTwins || right.hasTwins)
        }
        let kind = random.pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "JOIN", "LEFT JOIN"])
        var condition = equality(left.columns, right.columns)
        if random.chance(25) {
            condition = condition + DialectText(" AND ") + equality(left.columns, right.columns)
        }
        if random.chance(25), kind != "FULL JOIN" {
            condition = condition + DialectText(" AND ") + self.condition(columns, depth: 0)
        }
        let text = DialectText([left.text, right.text, condition]) { "\($0[0]) \(kind) \($0[1]) ON \($0[2])" }
        return Source(
            text: text, columns: columns, ids: ids, isJoin: true, hasTwins: left.hasTwins || right.hasTwins)
    }

    /// `a = b` of columns on two sides.
    mutating func equality(_ left: [Term], _ right: [Term]) -> DialectText {
        for _ in 0..<8 {
            let (a, b) = (random.pick(left), random.pick(right))
            if a.kind == b.kind, !a.isInexact, !b.isInexact {
                return DialectText([a.text, b.text]) { "\($0[0]) = \($0[1])" }
            }
        }
        let (a, b) = (
            left.first { $0.kind == .integer } ?? left[0], right.first { $0.kind == .integer } ?? right[0]
        )
        return a.kind == b.kind
            ? DialectText([a.text, b.text]) { "\($0[0]) = \($0[1])" } : DialectText("1 = 1")
    }

    /// A whole query as a table.
    private mutating func derived(of query: GeneratedQuery) -> Source {
        if query.outputs.contains(where: \.isInexact) { return table() }
        let alias = alias("e")
        let columns = query.outputs.enumerated().map { place, output in
            Term(text: DialectText("\(alias).r\(place)"), kind: output.kind)
        }
        return Source(
            text: DialectText([query.text]) { "(\($0[0])) AS \(alias)" }, columns: columns, ids: columns,
            hasTwins: true)
    }

    /// The row of another table that is the last before.
    private mutating func asOf(_ left: Source, _ right: Source) -> Source {
        let time = leaf(.integer, left.columns).text
        let word = random.pick([">=", ">", "<=", "<"])
        let key = random.chance(60) ? equality(left.columns, right.columns) : nil
        let parts = [left.text, right.text, time, right.ids[0].text] + (key.map { [$0] } ?? [])
        let text = DialectText(
            parts,
            ours: {
                "\($0[0]) ASOF JOIN \($0[1]) MATCH_CONDITION (\($0[2]) \(word) \($0[3]))"
                    + ($0.count > 4 ? " ON \($0[4])" : "")
            },
            duck: {
                "\($0[0]) ASOF LEFT JOIN \($0[1]) ON \($0.count > 4 ? $0[4] + " AND " : "")\($0[2]) \(word) \($0[3])"
            })
        return Source(
            text: text, columns: left.columns + right.columns, ids: left.ids + right.ids, isJoin: true)
    }

    /// A subquery that reads the table before it.
    private mutating func lateral(_ left: Source) -> Source {
        let inner = table()
        let alias = alias("f")
        let value = leaf(random.pick([.integer, .text, .date]), inner.columns)
        let parts = [left.text, value.text, inner.text, equality(inner.columns, left.columns)]
        let text: DialectText
        var kind = value.kind
        if random.chance(50) {
            let function = random.pick(["MAX", "MIN", "COUNT"])
            if function == "COUNT" { kind = .integer }
            let body: ([String]) -> String = {
                "\($0[0]) CROSS JOIN LATERAL (SELECT \(function)(\($0[1])) AS y FROM \($0[2]) WHERE \($0[3])) AS \(alias)"
            }
            text = DialectText(parts, ours: body, duck: body)
        } else {
            let body: ([String]) -> String = {
                "\($0[0]) CROSS JOIN LATERAL (SELECT \($0[1]) AS y FROM \($0[2]) WHERE \($0[3])) AS \(alias)"
            }
            text = DialectText(parts, ours: body, duck: body)
        }
        let column = Term(text: DialectText("\(alias).y"), kind: kind)
        return Source(
            text: text, columns: left.columns + [column], ids: left.ids + [column], isJoin: true,
            hasTwins: true)
    }

    /// The values of an array, row by row.
    private mutating func flattened(_ left: Source) -> Source {
        let alias = alias("g")
        let items = (0..<(1 + random.below(3))).map { _ in
            let item = leaf(.integer, left.columns).text
            return DialectText([item], ours: { "COALESCE(\($0[0]), 0)" }, duck: { "COALESCE(\($0[0]), 0)" })
        }
        let text = DialectText(
            [left.text, .joined(items)],
            ours: { "\($0[0]) CROSS JOIN LATERAL FLATTEN(INPUT => ARRAY_CONSTRUCT(\($0[1]))) AS \(alias)" },
            duck: { "\($0[0]) CROSS JOIN UNNEST([\($0[1])]) AS \(alias)(value)" })
        let value = Term(
            text: DialectText(ours: "\(alias).value::INTEGER", duck: "\(alias).value", lite: nil),
            kind: .integer)
        return Source(
            text: text, columns: left.columns + [value], ids: left.ids + [value], isJoin: true, hasTwins: true
        )
    }
}
