import TestSupport

/// Conditions, and the subqueries in them.
extension QueryGenerator {
    mutating func condition(_ columns: [Term], depth: Int) -> DialectText {
        if depth > 0, random.chance(45) {
            let a = condition(columns, depth: depth - 1)
            switch random.below(3) {
            case 0:
                return DialectText([a, condition(columns, depth: depth - 1)]) { "(\($0[0]) AND \($0[1]))" }
            case 1:
                return DialectText([a, condition(columns, depth: depth - 1)]) { "(\($0[0]) OR \($0[1]))" }
            default: return DialectText([a]) { "(NOT \($0[0]))" }
            }
        }
        if random.chance(7), let flag = columns.filter({ $0.kind == .boolean && !$0.isInexact }).first {
            return flag.text
        }
        return plainCondition(columns, depth: depth)
    }

    /// A condition that is not made of others.
    private mutating func plainCondition(_ columns: [Term], depth: Int) -> DialectText {
        let kind = random.pick([
            TermKind.integer, .integer, .decimal(precision: 10, scale: 2), .float, .text, .text, .date,
            .timestamp,
        ])
        let a = term(kind, columns, depth: depth).text
        switch random.below(15) {
        case 0: return DialectText([a]) { "(\($0[0]) IS NULL)" }
        case 1: return DialectText([a]) { "(\($0[0]) IS NOT NULL)" }
        case 2:
            let items =
                (0..<(1 + random.below(7))).map { _ in literal(kind).text }
                + (random.chance(15) ? [DialectText("NULL")] : [])
            let word = random.chance(30) ? "NOT IN" : "IN"
            return DialectText([a] + items) {
                "(\($0[0]) \(word) (\($0.dropFirst().joined(separator: ", "))))"
            }
        case 3:
            let word = random.chance(25) ? "NOT BETWEEN" : "BETWEEN"
            return DialectText([a, leaf(kind, columns).text, leaf(kind, columns).text]) {
                "(\($0[0]) \(word) \($0[1]) AND \($0[2]))"
            }
        case 4:
            let word = random.chance(50) ? "IS DISTINCT FROM" : "IS NOT DISTINCT FROM"
            let lite = word == "IS DISTINCT FROM" ? "IS NOT" : "IS"
            return DialectText(
                [a, leaf(kind, columns).text], ours: { "(\($0[0]) \(word) \($0[1]))" },
                duck: { "(\($0[0]) \(word) \($0[1]))" },
                lite: { "(\($0[0]) \(lite) \($0[1]))" })
        case 5 where kind == .text:
            let pattern = random.pick(["a%", "%b%", "_", "%", "a_c", "%c", "", "A%", "%a%b%"])
            let word = random.chance(25) ? "NOT LIKE" : "LIKE"
            return DialectText([a]) { "(\($0[0]) \(word) '\(pattern)')" }
        case 12 where kind == .text:
            let (name, needle) = (
                random.pick(["CONTAINS", "STARTSWITH", "ENDSWITH"]), random.pick(["a", "b", "", "ab", "x"])
            )
            let duck = name == "STARTSWITH" ? "STARTS_WITH" : name == "ENDSWITH" ? "ENDS_WITH" : name
            return DialectText(
                [a], ours: { "\(name)(\($0[0]), '\(needle)')" }, duck: { "\(duck)(\($0[0]), '\(needle)')" })
        case 13 where kind == .text:
            let pattern = random.pick(["a.*", "[a-z]+", ".*b.*", "(a|b)?c*", "[^a]", ".{2,3}"])
            return DialectText(
                [a], ours: { "REGEXP_LIKE(\($0[0]), '\(pattern)')" },
                duck: { "REGEXP_FULL_MATCH(\($0[0]), '\(pattern)')" })
        case 14 where kind == .date:
            let other = leaf(.timestamp, columns).text
            return DialectText(
                [a, other], ours: { "(\($0[0]) <= \($0[1]))" },
                duck: { "(CAST(\($0[0]) AS TIMESTAMP) <= \($0[1]))" })
        case 12...14 where kind == .integer && isPlain:
            let other = leaf(.decimal(precision: 10, scale: 2), columns).text
            let word = random.pick(["<", "=", ">="])
            return DialectText(
                [a, other], ours: { "(\($0[0]) \(word) \($0[1]))" },
                duck: { "(CAST(\($0[0]) AS DECIMAL(30,2)) \(word) \($0[1]))" })
        case 6 where kind == .integer:
            let other = leaf(.float, columns).text
            return DialectText(
                [a, other], ours: { "(\($0[0]) < \($0[1]))" },
                duck: { "(CAST(\($0[0]) AS DOUBLE) < \($0[1]))" }, lite: nil)
        default:
            let word = random.pick(["=", "<>", "<", "<=", ">", ">=", "="])
            let b = random.chance(60) ? leaf(kind, columns).text : literal(kind).text
            return DialectText([a, b]) { "(\($0[0]) \(word) \($0[1]))" }
        }
    }

    /// A condition that reads another table.
    mutating func subqueryCondition(_ columns: [Term]) -> DialectText {
        let inner = random.chance(75) ? table() : source(depth: 1)
        let isCorrelated = random.chance(60)
        let parts =
            (isCorrelated ? [equality(inner.columns, columns)] : [])
            + (random.chance(50) ? [condition(inner.columns, depth: 0)] : [])
        let filter =
            parts.isEmpty ? DialectText("") : DialectText(" WHERE ") + DialectText.joined(parts, " AND ")
        let from = DialectText([inner.text, filter]) { " FROM \($0[0])\($0[1])" }
        let kind = random.pick([TermKind.integer, .text, .decimal(precision: 10, scale: 2), .date])
        let (a, b) = (leaf(kind, columns), leaf(kind, inner.columns))
        switch random.below(7) {
        case 0:
            let word = random.chance(40) ? "NOT EXISTS" : "EXISTS"
            let test = inequality(inner.columns, columns)
            return DialectText([inner.text, test]) { "\(word) (SELECT * FROM \($0[0]) WHERE \($0[1]))" }
        case 1:
            let word = random.chance(40) ? "NOT EXISTS" : "EXISTS"
            return DialectText([from]) { "\(word) (SELECT 1\($0[0]))" }
        case 2...3 where a.kind == b.kind:
            let word = random.chance(50) ? "NOT IN" : "IN"
            return DialectText([a.text, b.text, from]) { "(\($0[0]) \(word) (SELECT \($0[1])\($0[2])))" }
        case 4 where a.kind == b.kind && !isCorrelated:
            let word = random.pick(["> ANY", "<= ANY", ">= ALL", "< ALL", "<> ALL", "= ANY"])
            let body: ([String]) -> String = { "(\($0[0]) \(word) (SELECT \($0[1])\($0[2])))" }
            return DialectText([a.text, b.text, from], ours: body, duck: body)
        default:
            let word = random.pick(["<", ">=", "="])
            let function = random.pick(["MAX", "MIN"])
            return DialectText([a.text, b.text, from]) {
                "(\($0[0]) \(word) (SELECT \(function)(\($0[1]))\($0[2])))"
            }
        }
    }

    private mutating func inequality(_ inner: [Term], _ outer: [Term]) -> DialectText {
        let word = random.pick(["<", ">=", "<>"])
        return DialectText([leaf(.integer, inner).text, leaf(.integer, outer).text]) {
            "\($0[0]) \(word) \($0[1])"
        }
    }

    /// A subquery as a value.
    mutating func scalarSubquery(_ columns: [Term]) -> Term {
        let inner = table()
        let filter =
            random.chance(75) ? DialectText(" WHERE ") + equality(inner.columns, columns) : DialectText("")
        let from = DialectText([inner.text, filter]) { " FROM \($0[0])\($0[1])" }
        if random.chance(40) {
            return Term(text: DialectText([from]) { "(SELECT COUNT(*)\($0[0]))" }, kind: .integer)
        }
        let kind = random.pick([TermKind.integer, .text, .date])
        let value = leaf(kind, inner.columns)
        let function = random.pick(["MAX", "MIN"])
        return Term(
            text: DialectText([value.text, from]) { "(SELECT \(function)(\($0[0]))\($0[1]))" }, kind: kind)
    }
}
