extension StatementParser {
    /// What stands behind GROUP BY.
    mutating func grouping() throws(SQLError) -> Select.Grouping {
        if at("ALL") {
            advance()
            return .all
        }
        var collector = GroupingCollector()
        var hasSets = false
        repeat {
            if let sets = try groupingSets(&collector) {
                hasSets = true
                guard collector.multiply(sets) else { throw tooManySets }
            } else {
                // (a, b) without a word before it is the same as a, b.
                for place in try collector.places(of: try expression()) { collector.multiply(place) }
            }
        } while accept(.comma)
        return hasSets
            ? .sets(expressions: collector.expressions, sets: collector.sets) : .expressions(collector.all)
    }

    private var tooManySets: SQLError {
        wrong("GROUP BY gives more than \(GroupingCollector.setsMax) sets")
    }

    /// CUBE, ROLLUP, GROUPING SETS or `()`, spelt out; `nil` where an expression stands.
    private mutating func groupingSets(_ collector: inout GroupingCollector) throws(SQLError) -> [[Int]]? {
        let outer = try enter()
        defer { leave(outer) }
        if kind == .leftParenthesis, kind(1) == .rightParenthesis {
            skip(2)
            return [[]]
        }
        if at("CUBE"), kind(1) == .leftParenthesis {
            advance()
            let elements = try groupingElements(&collector)
            guard elements.count <= 10 else { throw tooManySets }
            // From all elements to none.
            return (0..<(1 << elements.count)).map { missing in
                elements.indices.filter { missing & (1 << (elements.count - 1 - $0)) == 0 }
                    .flatMap { elements[$0] }
            }
        }
        if at("ROLLUP"), kind(1) == .leftParenthesis {
            advance()
            let elements = try groupingElements(&collector)
            guard elements.count < GroupingCollector.setsMax else { throw tooManySets }
            return (0...elements.count).map { missing in elements.dropLast(missing).flatMap { $0 } }
        }
        guard at("GROUPING"), at("SETS", 1), kind(2) == .leftParenthesis else { return nil }
        skip(3)
        var sets: [[Int]] = []
        repeat {
            if let inner = try groupingSets(&collector) {
                sets += inner
            } else {
                sets.append(try groupingElement(&collector))
            }
            guard sets.count <= GroupingCollector.setsMax else { throw tooManySets }
        } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        return sets
    }

    /// `(a, (b, c), …)`.
    private mutating func groupingElements(_ collector: inout GroupingCollector) throws(SQLError) -> [[Int]] {
        try expect(.leftParenthesis, "'('")
        var elements: [[Int]] = []
        repeat { elements.append(try groupingElement(&collector)) } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        return elements
    }

    /// An expression, or several in parentheses.
    private mutating func groupingElement(_ collector: inout GroupingCollector) throws(SQLError) -> [Int] {
        if kind == .leftParenthesis, kind(1) == .rightParenthesis {
            skip(2)
            return []
        }
        return try collector.places(of: try expression())
    }
}

/// Gathers the expressions of GROUP BY and the sets made of them.
struct GroupingCollector {
    static let setsMax = 1024

    /// Each expression once.
    private(set) var expressions: [Expression] = []
    /// All of them as written.
    private(set) var all: [Expression] = []
    private(set) var sets: [[Int]] = [[]]
    private var places: [String: Int] = [:]

    /// The places of an expression's parts, if it is a list in parentheses, or of itself.
    mutating func places(of expression: Expression) throws(SQLError) -> [Int] {
        switch expression.kind {
        case .tuple(let parts):
            var places: [Int] = []
            for part in parts { places += try self.places(of: part) }
            return places
        case .function(let call)
        where call.name.parts.count == 1 && ["CUBE", "ROLLUP"].contains(call.name.parts[0].name):
            throw SQLError(
                .syntax, "\(call.name) stands in GROUP BY itself or in GROUPING SETS, not in parentheses",
                position: expression.position)
        default: return [place(expression)]
        }
    }

    /// The place of an expression in `expressions`.
    private mutating func place(_ expression: Expression) -> Int {
        all.append(expression)
        let text = expression.sqlText
        if let place = places[text] { return place }
        places[text] = expressions.count
        expressions.append(expression)
        return expressions.count - 1
    }

    /// Adds an expression to each set.
    mutating func multiply(_ place: Int) { _ = multiply([[place]]) }

    /// Combines each set with each of `others`; false if there are too many.
    mutating func multiply(_ others: [[Int]]) -> Bool {
        guard sets.count * others.count <= Self.setsMax else { return false }
        sets = sets.flatMap { set in
            others.map { other in
                other.reduce(into: set) { if !$0.contains($1) { $0.append($1) } }
            }
        }
        return true
    }
}
