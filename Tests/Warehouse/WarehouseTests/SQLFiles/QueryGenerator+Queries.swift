import TestSupport

/// A query in all dialects.
struct GeneratedQuery {
    var text: DialectText
    /// What it gives, named r0, r1 and so on.
    var outputs: [Term]
    /// Whether the order of its rows is settled.
    var isOrdered: Bool
}

/// Whole queries.
extension QueryGenerator {
    mutating func query(depth: Int = 2) -> GeneratedQuery {
        switch random.below(12) {
        case 0...2: return plain(source(depth: depth))
        case 3...5: return grouped(source(depth: depth))
        case 6...7: return windowed(source(depth: min(depth, 1)))
        case 8: return combined()
        case 9: return ranked(source(depth: min(depth, 1)))
        case 10: return named()
        default: return withSubqueries()
        }
    }

    private mutating func filter(_ columns: [Term], percent: Int) -> DialectText {
        random.chance(percent) ? DialectText(" WHERE ") + condition(columns, depth: 2) : DialectText("")
    }

    private func list(_ terms: [Term]) -> DialectText {
        DialectText.joined(terms.enumerated().map { $1.text + DialectText(" AS r\($0)") })
    }

    /// ORDER BY all outputs, perhaps with LIMIT, where equal outputs are equal rows.
    private mutating func ordered(_ text: DialectText, _ terms: [Term]) -> GeneratedQuery {
        guard random.chance(50), !terms.contains(where: \.isInexact) else {
            return GeneratedQuery(text: text, outputs: terms, isOrdered: false)
        }
        var places = Array(terms.indices)
        places.shuffle(using: &random)
        let items = places.map { place -> DialectText in
            let isDescending = random.chance(40)
            let nullsFirst = random.chance(30) ? random.chance(50) : isDescending
            let direction = isDescending ? " DESC" : random.chance(20) ? " ASC" : ""
            let nulls = nullsFirst ? " NULLS FIRST" : " NULLS LAST"
            return DialectText(
                ours:
                    "\(place + 1)\(direction)\(nullsFirst == isDescending && random.chance(60) ? "" : nulls)",
                duck: "\(place + 1)\(direction)\(nulls)", lite: "\(place + 1)\(direction)\(nulls)")
        }
        var result = DialectText([text, .joined(items)]) { "\($0[0]) ORDER BY \($0[1])" }
        if random.chance(50) {
            result = result + DialectText(" LIMIT \(random.pick([0, 1, 2, 5, 12, 1000]))")
            if random.chance(40) { result = result + DialectText(" OFFSET \(random.pick([0, 1, 3, 20]))") }
        }
        return GeneratedQuery(text: result, outputs: terms, isOrdered: true)
    }

    mutating func plain(_ source: Source) -> GeneratedQuery {
        let terms = (0..<(1 + random.below(4))).map { _ in term(anyKind(), source.columns, depth: 2) }
        let filter = filter(source.columns, percent: 70)
        let word = random.chance(25) ? "SELECT DISTINCT" : "SELECT"
        if word == "SELECT", !source.hasTwins, random.chance(20) { return first(source, terms, filter) }
        return ordered(
            DialectText([list(terms), source.text, filter]) { "\(word) \($0[0]) FROM \($0[1])\($0[2])" },
            terms)
    }

    private mutating func withSubqueries() -> GeneratedQuery {
        let source = source(depth: 1)
        var terms = (0..<(1 + random.below(2))).map { _ in leaf(anyKind(), source.columns) }
        if random.chance(40) { terms.append(scalarSubquery(source.columns)) }
        var test = subqueryCondition(source.columns)
        if random.chance(40) {
            test = DialectText([test, condition(source.columns, depth: 0)]) { "(\($0[0]) OR \($0[1]))" }
        }
        if random.chance(30) {
            test = DialectText([test, subqueryCondition(source.columns)]) { "\($0[0]) AND \($0[1])" }
        }
        return ordered(
            DialectText([list(terms), source.text, test]) { "SELECT \($0[0]) FROM \($0[1]) WHERE \($0[2])" },
            terms)
    }

    private mutating func combined() -> GeneratedQuery {
        let kinds = (0..<(1 + random.below(3))).map { _ in anyKind() }
        func part(_ generator: inout QueryGenerator) -> DialectText {
            let source = generator.source(depth: 1)
            let terms = kinds.map { generator.term($0, source.columns, depth: 1) }
            return DialectText([
                generator.list(terms), source.text, generator.filter(source.columns, percent: 40),
            ]) {
                "SELECT \($0[0]) FROM \($0[1])\($0[2])"
            }
        }
        let words = ["UNION ALL", "UNION", "INTERSECT", "EXCEPT", "UNION ALL"]
        var text = DialectText([part(&self), part(&self)]) { [word = random.pick(words)] in
            "\($0[0]) \(word) \($0[1])"
        }
        // Which of several binds closer differs in SQLite: the same one again is the same everywhere.
        if random.chance(20) {
            text = DialectText(
                [text, part(&self)], ours: { "(\($0[0])) UNION \($0[1])" },
                duck: { "(\($0[0])) UNION \($0[1])" })
        }
        return ordered(text, kinds.map { Term(text: DialectText(""), kind: $0) })
    }

    /// The first rows in an order of something else.
    private mutating func first(_ source: Source, _ terms: [Term], _ filter: DialectText) -> GeneratedQuery {
        let order = order(source, isTotal: true)
        let count = random.pick([1, 3, 10])
        let skipped = random.chance(30) ? " OFFSET \(random.below(5))" : ""
        let text = DialectText([list(terms), source.text, filter, order]) {
            "SELECT \($0[0]) FROM \($0[1])\($0[2]) ORDER BY \($0[3]) LIMIT \(count)\(skipped)"
        }
        return GeneratedQuery(text: text, outputs: terms, isOrdered: false)
    }

    /// Groups that a window function then ranks.
    private mutating func ranked(_ source: Source) -> GeneratedQuery {
        let key = leaf(random.pick([.text, .integer, .date]), source.columns)
        let value = leaf(.integer, source.columns)
        let function = random.pick(["SUM", "MAX", "COUNT"])
        let window = random.pick(["RANK()", "ROW_NUMBER()", "LAG(\(function)($1))", "SUM(\(function)($1))"])
        let filter = filter(source.columns, percent: 30)
        let text = DialectText([key.text, value.text, source.text, filter]) { parts in
            var call = ""
            for character in window { call += character == "$" ? "" : String(character) }
            call = call.split(separator: "(1)", omittingEmptySubsequences: false).joined(
                separator: "(\(parts[1]))")
            return
                "SELECT \(parts[0]) AS r0, \(function)(\(parts[1])) AS r1, \(call) OVER (ORDER BY \(parts[0]) NULLS FIRST) AS r2 "
                + "FROM \(parts[2])\(parts[3]) GROUP BY \(parts[0])"
        }
        // A literal is no key that DuckDB orders by.
        guard key.text.ours.contains(".") else { return grouped(source) }
        return ordered(
            text, [key, Term(text: value.text, kind: .integer), Term(text: value.text, kind: .integer)])
    }

    /// A query with a name, read twice.
    private mutating func named() -> GeneratedQuery {
        let inner = random.chance(50) ? plain(source(depth: 1)) : grouped(source(depth: 1))
        if inner.outputs.contains(where: \.isInexact) { return inner }
        let (name, a, b) = (alias("w"), alias("a"), alias("b"))
        func columns(_ alias: String) -> [Term] {
            inner.outputs.enumerated().map { Term(text: DialectText("\(alias).r\($0)"), kind: $1.kind) }
        }
        let kind = random.pick(["JOIN", "LEFT JOIN", "FULL JOIN"])
        let on = equality(columns(a), columns(b))
        let all = columns(a) + columns(b)
        let terms = (0..<(1 + random.below(3))).map { _ in leaf(anyKind(), all) }
        let text = DialectText([inner.text, list(terms), on]) {
            "WITH \(name) AS (\($0[0])) SELECT \($0[1]) FROM \(name) AS \(a) \(kind) \(name) AS \(b) ON \($0[2])"
        }
        return ordered(text, terms)
    }

    // MARK: Groups

    mutating func grouped(_ source: Source) -> GeneratedQuery {
        let keys = (0..<random.below(3)).map { _ in term(anyKind(), source.columns, depth: 1) }
        let calls = (0..<(1 + random.below(3))).map { _ in aggregate(source.columns) }
        let filter = filter(source.columns, percent: 40)
        var tail = DialectText("")
        if !keys.isEmpty {
            let names = DialectText(keys.indices.map { String($0 + 1) }.joined(separator: ", "))
            // A number alone would be a place in the select list.
            let isRollup =
                random.chance(10) && keys.allSatisfy { $0.kind != .integer || $0.text.ours.contains(".") }
            let form = random.pick(["ROLLUP", "CUBE"])
            tail =
                isRollup
                ? DialectText(
                    [.joined(keys.map(\.text))], ours: { " GROUP BY \(form) (\($0[0]))" },
                    duck: { " GROUP BY \(form) (\($0[0]))" })
                : DialectText(" GROUP BY ") + names
        }
        if random.chance(25) {
            let bound = random.below(4)
            tail = tail + DialectText(" HAVING COUNT(*) > \(bound)")
        }
        let terms = keys + calls
        let text = DialectText([list(terms), source.text, filter, tail]) {
            "SELECT \($0[0]) FROM \($0[1])\($0[2])\($0[3])"
        }
        return ordered(text, terms)
    }

    private mutating func aggregate(_ columns: [Term]) -> Term {
        let decimalKind = TermKind.decimal(precision: 10, scale: 2)
        switch random.below(13) {
        case 0: return Term(text: DialectText("COUNT(*)"), kind: .integer)
        case 1:
            let word = random.chance(50) ? "DISTINCT " : ""
            return Term(
                text: DialectText([leaf(anyKind(), columns).text]) { "COUNT(\(word)\($0[0]))" },
                kind: .integer)
        case 2...3:
            let word = random.chance(20) ? "DISTINCT " : ""
            let kind = random.pick([TermKind.integer, .integer, decimalKind])
            let value = term(kind, columns, depth: 1)
            return Term(
                text: DialectText([value.text]) { "SUM(\(word)\($0[0]))" }, kind: value.kind,
                isInexact: value.kind.isDecimal)
        case 4...6:
            let name = random.pick(["MIN", "MAX"])
            let value = term(
                random.pick([.integer, decimalKind, .float, .text, .date, .timestamp]), columns, depth: 1)
            return Term(text: DialectText([value.text]) { "\(name)(\($0[0]))" }, kind: value.kind)
        case 7:
            let value = leaf(random.pick([.integer, decimalKind]), columns).text
            return Term(text: DialectText([value]) { "AVG(\($0[0]))" }, kind: .float, isInexact: true)
        case 8 where isPlain:
            let name = random.pick(["SUM", "AVG"])
            return Term(
                text: DialectText([leaf(.float, columns).text]) { "\(name)(\($0[0]))" }, kind: .float,
                isInexact: true)
        case 9 where isPlain:
            let name = random.pick(["STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP", "STDDEV"])
            let body: ([String]) -> String = { "\(name)(\($0[0]))" }
            let value = leaf(random.pick([.integer, .float]), columns).text
            return Term(
                text: DialectText([value], ours: body, duck: { "\(name)(CAST(\($0[0]) AS DOUBLE))" }),
                kind: .float, isInexact: true)
        case 10:
            let value = leaf(random.pick([.integer, decimalKind]), columns).text
            return Term(
                text: DialectText(
                    [value], ours: { "MEDIAN(\($0[0]))" }, duck: { "MEDIAN(CAST(\($0[0]) AS DOUBLE))" }),
                kind: .float,
                isInexact: true)
        case 11:
            let test = condition(columns, depth: 1)
            let names = random.pick([("BOOLAND_AGG", "BOOL_AND"), ("BOOLOR_AGG", "BOOL_OR")])
            return Term(
                text: DialectText([test], ours: { "\(names.0)(\($0[0]))" }, duck: { "\(names.1)(\($0[0]))" }),
                kind: .boolean)
        default:
            let value = leaf(.text, columns).text
            return Term(
                text: DialectText(
                    [value], ours: { "NULLIF(LISTAGG(\($0[0]), ',') WITHIN GROUP (ORDER BY \($0[0])), '')" },
                    duck: { "NULLIF(STRING_AGG(\($0[0]), ',' ORDER BY \($0[0])), '')" }), kind: .text)
        }
    }

    // MARK: Windows

    mutating func windowed(_ source: Source) -> GeneratedQuery {
        // Rows that nothing tells apart could be numbered in any way.
        if source.hasTwins { return grouped(source) }
        let terms = (0..<(1 + random.below(2))).map { _ in leaf(anyKind(), source.columns) }
        let calls = (0..<(1 + random.below(2))).map { _ in window(source) }
        let filter = filter(source.columns, percent: 30)
        var text = DialectText([list(terms + calls), source.text, filter]) {
            "SELECT \($0[0]) FROM \($0[1])\($0[2])"
        }
        if random.chance(30) {
            let partition = leaf(.text, source.columns).text
            let order = order(source, isTotal: true)
            let count = 1 + random.below(2)
            let body: ([String]) -> String = {
                "\($0[0]) QUALIFY ROW_NUMBER() OVER (PARTITION BY \($0[1]) ORDER BY \($0[2])) <= \(count)"
            }
            text = DialectText([text, partition, order], ours: body, duck: body)
        }
        return ordered(text, terms + calls)
    }

    private mutating func order(_ source: Source, isTotal: Bool) -> DialectText {
        var items = [
            leaf(random.pick([.integer, .text, .decimal(precision: 10, scale: 2), .date]), source.columns)
        ]
        // A number alone would be a place in the select list.
        items.removeAll { !$0.text.ours.contains(".") }
        if isTotal || items.isEmpty { items += source.ids }
        return DialectText.joined(
            items.map { item in
                let direction = random.chance(40) ? " DESC" : ""
                return item.text
                    + DialectText(direction + (random.chance(50) ? " NULLS FIRST" : " NULLS LAST"))
            })
    }

    private mutating func window(_ source: Source) -> Term {
        let partition =
            random.chance(70)
            ? DialectText("PARTITION BY ")
                + leaf(random.pick([.text, .integer, .boolean, .date]), source.columns).text
                + DialectText(" ")
            : DialectText("")
        func over(_ call: DialectText, _ order: DialectText, _ frame: String = "") -> DialectText {
            DialectText([call, partition, order]) { "\($0[0]) OVER (\($0[1])ORDER BY \($0[2])\(frame))" }
        }
        let total = order(source, isTotal: true)
        let value = leaf(
            random.pick([.integer, .text, .decimal(precision: 10, scale: 2), .date, .float]), source.columns)
        switch random.below(10) {
        case 0: return Term(text: over(DialectText("ROW_NUMBER()"), total), kind: .integer)
        case 1:
            return Term(
                text: over(
                    DialectText("\(random.pick(["RANK", "DENSE_RANK"]))()"), order(source, isTotal: false)),
                kind: .integer)
        case 2:
            return Term(
                text: over(
                    DialectText("\(random.pick(["PERCENT_RANK", "CUME_DIST"]))()"),
                    order(source, isTotal: false)), kind: .float,
                isInexact: true)
        case 3: return Term(text: over(DialectText("NTILE(\(1 + random.below(4)))"), total), kind: .integer)
        case 4:
            let (name, offset) = (random.pick(["LAG", "LEAD"]), random.below(4))
            return Term(
                text: over(DialectText([value.text]) { "\(name)(\($0[0]), \(offset))" }, total),
                kind: value.kind)
        case 5...6:
            let name = random.pick(["FIRST_VALUE", "LAST_VALUE"])
            let nulls = random.chance(30) ? " IGNORE NULLS" : ""
            let frame = random.chance(50) ? nil : self.frame()
            let whole = " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
            let text = DialectText(
                [value.text, partition, total],
                ours: { "\(name)(\($0[0]))\(nulls) OVER (\($0[1])ORDER BY \($0[2])\(frame ?? ""))" },
                duck: { "\(name)(\($0[0])\(nulls)) OVER (\($0[1])ORDER BY \($0[2])\(frame ?? whole))" })
            return Term(text: text, kind: value.kind)
        case 7:
            let number = leaf(random.pick([.integer, .decimal(precision: 10, scale: 2)]), source.columns)
            return Term(
                text: over(DialectText([number.text]) { "AVG(\($0[0]))" }, total, frame()), kind: .float,
                isInexact: true)
        default:
            let number = leaf(.integer, source.columns).text
            let name = random.pick(["SUM", "COUNT", "MIN", "MAX"])
            let call = DialectText([number]) { "\(name)(\($0[0]))" }
            if random.chance(20) {
                return Term(
                    text: DialectText([call, partition]) { "\($0[0]) OVER (\($0[1]))" }, kind: .integer)
            }
            // Without a frame: up to the last row that is equal in the order.
            if random.chance(40) {
                return Term(text: over(call, order(source, isTotal: false)), kind: .integer)
            }
            return Term(text: over(call, total, frame()), kind: .integer)
        }
    }

    private mutating func frame() -> String {
        let bounds = [
            "UNBOUNDED PRECEDING", "2 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "3 FOLLOWING",
            "UNBOUNDED FOLLOWING",
        ]
        let start = random.below(bounds.count - 1)
        let end = max(start, 1) + random.below(bounds.count - max(start, 1))
        return " ROWS BETWEEN \(bounds[start]) AND \(bounds[end])"
    }
}
