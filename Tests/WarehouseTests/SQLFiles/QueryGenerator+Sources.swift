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
        if random.chance(35) { return derived(depth: depth - 1) }
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
        return Source(text: text, columns: columns, ids: Array(columns[visible...]))
    }

    mutating func join(_ left: Source, _ right: Source) -> Source {
        let columns = left.columns + right.columns
        let ids = left.ids + right.ids
        if random.chance(8) {
            return Source(
                text: DialectText([left.text, right.text]) { "\($0[0]) CROSS JOIN \($0[1])" },
                columns: columns, ids: ids, isJoin: true)
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
        return Source(text: text, columns: columns, ids: ids, isJoin: true)
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
}
