import TestSupport

/// Expressions.
extension QueryGenerator {
    /// An expression of a kind over some columns.
    mutating func term(_ kind: TermKind, _ columns: [Term], depth: Int) -> Term {
        if depth <= 0 || random.chance(30) { return leaf(kind, columns) }
        if random.chance(20) { return choice(kind, columns, depth: depth) }
        switch kind {
        case .integer: return integer(columns, depth: depth)
        case .decimal: return decimal(columns, depth: depth)
        case .float: return float(columns, depth: depth)
        case .text: return text(columns, depth: depth)
        case .boolean: return Term(text: condition(columns, depth: depth), kind: .boolean)
        case .date: return date(columns, depth: depth)
        case .timestamp: return timestamp(columns, depth: depth)
        case .variant: return leaf(kind, columns)
        }
    }

    /// A column, or where there is none (and sometimes otherwise) a literal.
    mutating func leaf(_ kind: TermKind, _ columns: [Term]) -> Term {
        if random.chance(50), let part = part(kind, columns) { return part }
        let fitting = columns.filter { $0.kind.fits(kind) && !$0.isInexact }
        if !fitting.isEmpty, random.chance(88) { return random.pick(fitting) }
        return literal(kind)
    }

    /// Something inside of a VARIANT column, where there is one.
    private mutating func part(_ kind: TermKind, _ columns: [Term]) -> Term? {
        guard let column = columns.filter({ $0.kind == .variant }).randomElement(using: &random) else {
            return nil
        }
        let (ours, duck): (String, String)
        switch kind {
        case .integer:
            let (path, pointer) = random.pick([
                (":a", "$.a"), (":d.e[1]", "$.d.e[1]"), (":d:e[0]", "$.d.e[0]"), (":d.a", "$.d.a"),
            ])
            (ours, duck) = ("\(path)::INTEGER", "CAST(@ ->> '\(pointer)' AS HUGEINT)")
        case .float: (ours, duck) = (":c::FLOAT", "CAST(@ ->> '$.c' AS DOUBLE)")
        case .text:
            let (path, pointer) = random.pick([
                (":b", "$.b"), ("['b']", "$.b"), (":d.a", "$.d.a"), (":nothing", "$.nothing"),
            ])
            (ours, duck) = ("\(path)::VARCHAR", "(@ ->> '\(pointer)')")
        default: return nil
        }
        let parts = duck.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        return Term(
            text: DialectText(
                [column.text], ours: { $0[0] + ours }, duck: { parts.joined(separator: $0[0]) }), kind: kind)
    }

    mutating func literal(_ kind: TermKind) -> Term {
        let value = value(of: kind, isPlain: true)
        let quoted = "'" + value.reduce(into: "") { $0 += $1 == "'" ? "''" : String($1) } + "'"
        let text: DialectText
        switch kind {
        case .integer:
            text = DialectText(ours: "(\(value))", duck: "CAST(\(value) AS HUGEINT)", lite: "(\(value))")
        case .decimal:
            text = DialectText(
                ours: "(\(value))::\(kind.ourType)", duck: "CAST(\(value) AS \(kind.duckType))", lite: nil)
        case .float:
            text = DialectText(
                ours: "(\(value))::FLOAT", duck: "CAST(\(value) AS DOUBLE)", lite: "(\(value))")
        case .text: text = DialectText(quoted)
        case .boolean: text = DialectText(value.uppercased())
        case .date: text = DialectText(ours: "\(quoted)::DATE", duck: "DATE \(quoted)", lite: quoted)
        case .variant:
            text = DialectText(ours: "PARSE_JSON(\(quoted))", duck: "CAST(\(quoted) AS JSON)", lite: nil)
        case .timestamp:
            text = DialectText(ours: "\(quoted)::TIMESTAMP", duck: "TIMESTAMP \(quoted)", lite: quoted)
        }
        return Term(text: text, kind: kind)
    }

    /// CASE, COALESCE, NULLIF: for every kind.
    private mutating func choice(_ kind: TermKind, _ columns: [Term], depth: Int) -> Term {
        let (a, b) = (term(kind, columns, depth: depth - 1), term(kind, columns, depth: depth - 1))
        let common = a.kind.isDecimal ? sum(a.kind, b.kind, carry: 0) : kind
        switch random.below(4) {
        case 0:
            let test = condition(columns, depth: depth - 1)
            return Term(
                text: DialectText([test, a.text, b.text]) {
                    "CASE WHEN \($0[0]) THEN \($0[1]) ELSE \($0[2]) END"
                }, kind: common)
        case 1:
            let (test, other) = (condition(columns, depth: 0), condition(columns, depth: 0))
            return Term(
                text: DialectText([test, a.text, other, b.text]) {
                    "CASE WHEN \($0[0]) THEN \($0[1]) WHEN \($0[2]) THEN \($0[3]) END"
                },
                kind: common)
        case 2:
            return Term(text: DialectText([a.text, b.text]) { "COALESCE(\($0[0]), \($0[1]))" }, kind: common)
        default:
            return Term(text: DialectText([a.text, b.text]) { "NULLIF(\($0[0]), \($0[1]))" }, kind: a.kind)
        }
    }

    private func sum(_ left: TermKind, _ right: TermKind, carry: Int) -> TermKind {
        guard case .decimal(let p, let s) = left, case .decimal(let q, let t) = right else { return left }
        return .decimal(precision: min(38, max(p - s, q - t) + max(s, t) + carry), scale: max(s, t))
    }

    private mutating func integer(_ columns: [Term], depth: Int) -> Term {
        let a = term(.integer, columns, depth: depth - 1).text
        let text: DialectText
        switch random.below(13) {
        case 11:
            let s = leaf(.text, columns).text
            text = DialectText(
                [s], ours: { "TRY_CAST(\($0[0]) AS INTEGER)" }, duck: { "TRY_CAST(\($0[0]) AS HUGEINT)" })
        case 12:
            let s = leaf(.text, columns).text
            text = DialectText(
                [s], ours: { "POSITION('b', \($0[0]))" },
                duck: { "CAST(POSITION('b' IN \($0[0])) AS HUGEINT)" })
        case 0...1:
            text = DialectText([a, term(.integer, columns, depth: depth - 1).text]) {
                "(\($0[0]) + \($0[1]))"
            }
        case 2:
            text = DialectText([a, term(.integer, columns, depth: depth - 1).text]) {
                "(\($0[0]) - \($0[1]))"
            }
        case 3:
            let factor = random.below(9) - 4
            text = DialectText([a]) { "(\($0[0]) * (\(factor)))" }
        case 4: text = DialectText([a]) { "ABS(\($0[0]))" }
        case 5:
            let divisor = random.below(5) + 2
            text = DialectText([a]) { "(\($0[0]) % \(divisor))" }
        case 6:
            let other = self.text(columns, depth: 0).text
            text = DialectText(
                [other], ours: { "LENGTH(\($0[0]))" }, duck: { "CAST(LENGTH(\($0[0])) AS HUGEINT)" },
                lite: { "LENGTH(\($0[0]))" })
        case 7:
            let name = random.pick(["YEAR", "MONTH", "DAY", "QUARTER", "DAYOFWEEK", "DAYOFYEAR"])
            text = DialectText(
                [leaf(.date, columns).text], ours: { "\(name)(\($0[0]))" },
                duck: { "CAST(\(name)(\($0[0])) AS HUGEINT)" })
        case 8:
            let kind = random.pick([TermKind.date, .timestamp])
            let part = random.pick(
                kind == .date ? ["day", "month", "year", "quarter"] : ["hour", "minute", "day", "second"])
            text = DialectText(
                [leaf(kind, columns).text, leaf(kind, columns).text],
                ours: { "DATEDIFF(\(part), \($0[0]), \($0[1]))" },
                duck: { "CAST(DATE_DIFF('\(part)', \($0[0]), \($0[1])) AS HUGEINT)" })
        case 9:
            let function = random.pick(["GREATEST", "LEAST"])
            let b = leaf(.integer, columns).text
            text = DialectText(
                [a, b], ours: { "\(function)(\($0[0]), \($0[1]))" },
                duck: {
                    "CASE WHEN \($0[0]) IS NOT NULL AND \($0[1]) IS NOT NULL THEN \(function)(\($0[0]), \($0[1])) END"
                })
        default:
            let d = leaf(.decimal(precision: 10, scale: 2), columns).text
            let function = random.pick(["FLOOR", "CEIL", "SIGN"])
            text = DialectText(
                [d], ours: { "\(function)(\($0[0]))" }, duck: { "CAST(\(function)(\($0[0])) AS HUGEINT)" })
        }
        return Term(text: text, kind: .integer)
    }

    private mutating func decimal(_ columns: [Term], depth: Int) -> Term {
        let a = term(.decimal(precision: 10, scale: 2), columns, depth: depth - 1)
        let b = term(.decimal(precision: 10, scale: 2), columns, depth: depth - 1)
        guard case .decimal(let p, let s) = a.kind, case .decimal(let q, let t) = b.kind else { return a }
        func exact(_ kind: TermKind, _ parts: [DialectText], _ body: ([String]) -> String) -> Term {
            Term(text: DialectText(parts, ours: body, duck: body), kind: kind)
        }
        switch random.below(6) {
        case 0: return exact(sum(a.kind, b.kind, carry: 1), [a.text, b.text]) { "(\($0[0]) + \($0[1]))" }
        case 1: return exact(sum(a.kind, b.kind, carry: 1), [a.text, b.text]) { "(\($0[0]) - \($0[1]))" }
        case 2 where p + q <= 30 && s + t <= 8:
            return exact(.decimal(precision: p + q, scale: s + t), [a.text, b.text]) {
                "(\($0[0]) * \($0[1]))"
            }
        case 3: return exact(a.kind, [a.text]) { "ABS(\($0[0]))" }
        case 4:
            let places = min(s, random.below(3))
            return exact(.decimal(precision: min(38, p + 1), scale: places), [a.text]) {
                "ROUND(\($0[0]), \(places))"
            }
        default: return exact(a.kind, [a.text]) { "(-\($0[0]))" }
        }
    }

    private mutating func float(_ columns: [Term], depth: Int) -> Term {
        let a = term(.float, columns, depth: depth - 1).text
        let b = term(.float, columns, depth: depth - 1).text
        let text: DialectText
        switch random.below(8) {
        case 0: text = DialectText([a, b]) { "(\($0[0]) + \($0[1]))" }
        case 1: text = DialectText([a, b]) { "(\($0[0]) - \($0[1]))" }
        case 2: text = DialectText([a, b]) { "(\($0[0]) * \($0[1]))" }
        case 3: text = DialectText([a, b]) { "(\($0[0]) / NULLIF(\($0[1]), 0))" }
        case 4: text = DialectText([a]) { "ABS(\($0[0]))" }
        case 5: text = DialectText([a], ours: { "SQRT(ABS(\($0[0])))" }, duck: { "SQRT(ABS(\($0[0])))" })
        case 6:
            text = DialectText(
                [leaf(.integer, columns).text], ours: { "(\($0[0]))::FLOAT" },
                duck: { "CAST(\($0[0]) AS DOUBLE)" }, lite: { "CAST(\($0[0]) AS REAL)" })
        default:
            let d = leaf(.decimal(precision: 10, scale: 2), columns).text
            text = DialectText(
                [d], ours: { "\($0[0])::FLOAT" }, duck: { "CAST(\($0[0]) AS DOUBLE)" }, lite: { $0[0] })
        }
        return Term(text: text, kind: .float)
    }

    private mutating func text(_ columns: [Term], depth: Int) -> Term {
        let a = term(.text, columns, depth: depth - 1).text
        let text: DialectText
        switch random.below(10) {
        case 0: text = DialectText([a, leaf(.text, columns).text]) { "(\($0[0]) || \($0[1]))" }
        case 1:
            let name = random.pick(["UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM"])
            text = DialectText([a]) { "\(name)(\($0[0]))" }
        case 2:
            let (start, length) = (random.below(3) + 1, random.below(4))
            text = DialectText([a]) { "SUBSTR(\($0[0]), \(start), \(length))" }
        case 3: text = DialectText([a]) { "REPLACE(\($0[0]), 'a', 'xy')" }
        case 4:
            let (name, count) = (random.pick(["LEFT", "RIGHT"]), random.below(4))
            text = DialectText(
                [a], ours: { "\(name)(\($0[0]), \(count))" }, duck: { "\(name)(\($0[0]), \(count))" })
        case 5: text = DialectText([a], ours: { "REVERSE(\($0[0]))" }, duck: { "REVERSE(\($0[0]))" })
        case 6:
            let i = leaf(.integer, columns).text
            text = DialectText(
                [i], ours: { "(\($0[0]))::VARCHAR" }, duck: { "CAST(\($0[0]) AS VARCHAR)" },
                lite: { "CAST(\($0[0]) AS TEXT)" })
        case 7:
            let (name, width) = (random.pick(["LPAD", "RPAD"]), random.below(5))
            text = DialectText(
                [a], ours: { "\(name)(\($0[0]), \(width), '*')" },
                duck: { "\(name)(\($0[0]), \(width), '*')" })
        case 8:
            let d = leaf(random.pick([.decimal(precision: 10, scale: 2), .boolean, .date]), columns).text
            text = DialectText([d], ours: { "(\($0[0]))::VARCHAR" }, duck: { "CAST(\($0[0]) AS VARCHAR)" })
        default:
            text = DialectText(
                [a], ours: { "SPLIT_PART(\($0[0]), 'b', 1)" }, duck: { "SPLIT_PART(\($0[0]), 'b', 1)" })
        }
        return Term(text: text, kind: .text)
    }

    private mutating func date(_ columns: [Term], depth: Int) -> Term {
        let a = term(.date, columns, depth: depth - 1).text
        let count = random.below(40) - 20
        let part = random.pick(["day", "week", "month", "quarter", "year"])
        let text: DialectText
        switch random.below(4) {
        case 0:
            text = DialectText(
                [a], ours: { "DATEADD(\(part), \(count), \($0[0]))" },
                duck: { "CAST(\($0[0]) + \(count) * INTERVAL 1 \(part) AS DATE)" })
        case 1:
            text = DialectText(
                [a], ours: { "DATE_TRUNC('\(part)', \($0[0]))" },
                duck: { "CAST(DATE_TRUNC('\(part)', \($0[0])) AS DATE)" })
        case 2: text = DialectText([a], ours: { "LAST_DAY(\($0[0]))" }, duck: { "LAST_DAY(\($0[0]))" })
        default:
            text = DialectText(
                [leaf(.timestamp, columns).text], ours: { "\($0[0])::DATE" },
                duck: { "CAST(\($0[0]) AS DATE)" })
        }
        return Term(text: text, kind: .date)
    }

    private mutating func timestamp(_ columns: [Term], depth: Int) -> Term {
        let a = term(.timestamp, columns, depth: depth - 1).text
        let count = random.below(200) - 100
        let part = random.pick(["second", "minute", "hour", "day", "month"])
        let text: DialectText
        switch random.below(3) {
        case 0:
            text = DialectText(
                [a], ours: { "DATEADD(\(part), \(count), \($0[0]))" },
                duck: { "(\($0[0]) + \(count) * INTERVAL 1 \(part))" })
        case 1:
            text = DialectText(
                [a], ours: { "DATE_TRUNC('\(part)', \($0[0]))" },
                duck: { "CAST(DATE_TRUNC('\(part)', \($0[0])) AS TIMESTAMP)" })
        default:
            text = DialectText(
                [leaf(.date, columns).text], ours: { "\($0[0])::TIMESTAMP" },
                duck: { "CAST(\($0[0]) AS TIMESTAMP)" })
        }
        return Term(text: text, kind: .timestamp)
    }
}
