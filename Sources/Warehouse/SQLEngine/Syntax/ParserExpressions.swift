import JSON

/// How strongly operators bind, weakest first.
enum Precedence {
    static let or = 1
    static let and = 2
    static let not = 3
    /// Comparisons, IS, IN, BETWEEN and LIKE.
    static let comparison = 4
    /// `+`, `-` and `||`.
    static let additive = 5
    static let multiplicative = 6
    static let unary = 7
}

extension StatementParser {
    /// An expression of operators that bind at least as strongly as `minimum`.
    mutating func expression(_ minimum: Int = Precedence.or) throws(SQLError) -> Expression {
        let outer = try enter()
        var left = try operand(minimum)
        while let (operation, precedence) = binaryOperator(), precedence >= minimum {
            left = try binary(left, operation, precedence)
        }
        leave(outer)
        return left
    }

    /// What follows an operand and may be an operator.
    private enum Operation { case binary(BinaryOperator), predicate }

    private func binaryOperator() -> (Operation, Int)? {
        switch kind {
        case .plus: (.binary(.add), Precedence.additive)
        case .minus: (.binary(.subtract), Precedence.additive)
        case .concatenate: (.binary(.concatenate), Precedence.additive)
        case .star: (.binary(.multiply), Precedence.multiplicative)
        case .slash: (.binary(.divide), Precedence.multiplicative)
        case .percent: (.binary(.modulo), Precedence.multiplicative)
        case .equal: (.binary(.equal), Precedence.comparison)
        case .notEqual: (.binary(.notEqual), Precedence.comparison)
        case .less: (.binary(.less), Precedence.comparison)
        case .lessOrEqual: (.binary(.lessOrEqual), Precedence.comparison)
        case .greater: (.binary(.greater), Precedence.comparison)
        case .greaterOrEqual: (.binary(.greaterOrEqual), Precedence.comparison)
        case .word:
            if at("AND") {
                (.binary(.and), Precedence.and)
            } else if at("OR") {
                (.binary(.or), Precedence.or)
            } else if startsPredicate {
                (.predicate, Precedence.comparison)
            } else {
                nil
            }
        default: nil
        }
    }

    /// Goes on behind `left` at an operator.
    private mutating func binary(
        _ left: Expression, _ operation: Operation, _ precedence: Int
    ) throws(SQLError) -> Expression {
        guard case .binary(let symbol) = operation else {
            try grow()
            return try predicate(left)
        }
        switch symbol {
        case .and, .or, .concatenate: return try chain(left, symbol, precedence)
        case .add, .subtract: return try sum(left)
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            return try comparison(left, symbol)
        default:
            let place = position
            advance()
            let right = try expression(precedence + 1)
            try grow()
            return Expression(.binary(symbol, left, right), at: place)
        }
    }

    /// `a AND b AND c …`: such operators are associative, so long chains become trees of little height.
    private mutating func chain(
        _ first: Expression, _ symbol: BinaryOperator, _ precedence: Int
    ) throws(SQLError) -> Expression {
        var operands = [first]
        var places: [Int] = []
        let symbolKind = kind
        repeat {
            places.append(position)
            advance()
            operands.append(try expression(precedence + 1))
        } while kind == symbolKind && (symbolKind != .word || at(symbol == .and ? "AND" : "OR"))
        try grow(operands.count <= Chain.shortMax ? places.count : Chain.levels(operands.count))
        return Chain.tree(operands, places) { left, right, place in
            Expression(.binary(symbol, left, right), at: place)
        }
    }

    /// `a + b - c …`: read from the left, unless there are so many that the tree would become too high.
    private mutating func sum(_ first: Expression) throws(SQLError) -> Expression {
        var operands = [first]
        var places: [Int] = []
        var isSubtracted = [false]
        while kind == .plus || kind == .minus {
            isSubtracted.append(kind == .minus)
            places.append(position)
            advance()
            operands.append(try expression(Precedence.additive + 1))
        }
        let leans = operands.count <= Self.depthMax / 2
        try grow(leans ? places.count : Chain.levels(operands.count))
        if leans {
            return operands.indices.dropFirst().reduce(operands[0]) { sum, index in
                let symbol = isSubtracted[index] ? BinaryOperator.subtract : .add
                return Expression(.binary(symbol, sum, operands[index]), at: places[index - 1])
            }
        }
        return Chain.balanced(operands.indices) {
            operands[$0]
        } combine: { left, right, start, middle in
            // Within what is subtracted from the left half, signs are the other way round.
            let symbol = isSubtracted[middle] != isSubtracted[start] ? BinaryOperator.subtract : .add
            return Expression(.binary(symbol, left, right), at: places[middle - 1])
        }
    }

    private mutating func comparison(_ left: Expression, _ symbol: BinaryOperator) throws(SQLError)
        -> Expression
    {
        let place = position
        advance()
        guard at("ANY") || at("ALL") || at("SOME") else {
            let right = try expression(Precedence.additive)
            try grow()
            return Expression(.binary(symbol, left, right), at: place)
        }
        let isAll = at("ALL")
        advance()
        guard kind == .leftParenthesis, startsQuery(1) else {
            advance()
            throw failure("a query", hint: "lists are compared with IN (…) or NOT IN (…)")
        }
        advance()
        let query = try query()
        try expect(.rightParenthesis, "')'")
        try grow()
        return Expression(.quantified(left, symbol, isAll: isAll, query), at: place)
    }

    /// NOT, signs, and what they stand before.
    private mutating func operand(_ minimum: Int) throws(SQLError) -> Expression {
        let place = position
        switch kind {
        case .minus, .plus:
            let symbol: UnaryOperator = kind == .minus ? .minus : .plus
            advance()
            let operand = try expression(Precedence.unary)
            return Expression(.unary(symbol, operand), at: place)
        case .word where at("NOT"):
            advance()
            let operand = try expression(Precedence.not)
            return Expression(.unary(.not, operand), at: place)
        default:
            let value = try primary()
            switch kind {
            case .doubleColon, .colon, .leftBracket: return try postfix(value)
            case .word where at("COLLATE"): throw unsupported("COLLATE is")
            case .word where at("AT") && at("TIME", 1):
                throw SQLError(
                    .unsupported, "AT TIME ZONE is not supported; write CONVERT_TIMEZONE('zone', x)",
                    position: position)
            default: return value
            }
        }
    }

    /// Casts with `::` and paths behind a value.
    private mutating func postfix(_ value: Expression) throws(SQLError) -> Expression {
        var value = value
        while true {
            switch kind {
            case .doubleColon:
                advance()
                let type = try typeName()
                try grow()
                value = Expression(.cast(value, type, isTry: false), at: value.position)
            case .colon, .leftBracket:
                let steps = try pathSteps()
                try grow()
                value = Expression(.path(value, steps), at: value.position)
            default: return value
            }
        }
    }

    /// `:a.b['c'][0]`.
    private mutating func pathSteps() throws(SQLError) -> [Expression.PathStep] {
        var steps: [Expression.PathStep] = []
        while true {
            switch kind {
            case .colon,
                .dot where !steps.isEmpty:
                advance()
                switch kind {
                // Keys are as written: JSON tells upper from lower case. Words are not reserved here.
                case .word: steps.append(.key(text(token)))
                case .quotedName: steps.append(.key(StringLiteral.decodeName(bytes, token.start..<token.end)))
                default: throw failure("a key", hint: "keys that are no names need double quotes or ['…']")
                }
                advance()
            case .leftBracket:
                advance()
                let inner = try expression()
                try expect(.rightBracket, "']'")
                switch inner.kind {
                case .string(let key): steps.append(.key(key))
                case .number(let text):
                    if let place = Int(text) {
                        steps.append(.index(place))
                    } else {
                        steps.append(.computed(ComputedStep(inner)))
                    }
                default: steps.append(.computed(ComputedStep(inner)))
                }
            default: return steps
            }
        }
    }
}

/// Chains of one associative operator.
enum Chain {
    /// Chains of up to so many operands lean to the left as they are read; longer ones are balanced.
    static let shortMax = 8

    /// The height of a balanced tree of so many operands.
    static func levels(_ count: Int) -> Int { Int.bitWidth - (count - 1).leadingZeroBitCount }

    /// Combines operands, whose order stays; `places[i]` is the operator's place behind operand `i`.
    static func tree<T>(_ operands: [T], _ places: [Int], _ combine: (T, T, Int) -> T) -> T {
        guard operands.count > shortMax else {
            return operands.indices.dropFirst().reduce(operands[0]) {
                combine($0, operands[$1], places[$1 - 1])
            }
        }
        return balanced(operands.indices) {
            operands[$0]
        } combine: { left, right, _, middle in
            combine(left, right, places[middle - 1])
        }
    }

    /// A tree over a range that is as low as can be. `combine` gets the two halves, and where each begins.
    static func balanced<T>(
        _ range: Range<Int>, _ leaf: (Int) -> T, combine: (T, T, _ start: Int, _ middle: Int) -> T
    ) -> T {
        guard range.count > 1 else { return leaf(range.lowerBound) }
        let middle = range.lowerBound + (range.count + 1) / 2
        return combine(
            balanced(range.lowerBound..<middle, leaf, combine: combine),
            balanced(middle..<range.upperBound, leaf, combine: combine), range.lowerBound, middle)
    }
}
