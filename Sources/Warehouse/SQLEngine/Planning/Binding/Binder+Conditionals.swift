import Vectors

extension Binder {
    /// CASE in both forms.
    func caseWhen(
        _ operand: Expression?, _ branches: [(when: Expression, then: Expression)], _ otherwise: Expression?,
        _ binding: ExpressionBinding, _ position: Int
    ) throws -> BoundExpression {
        let subject = try operand.map { try bind($0, binding) }
        let bound = try branches.map { branch in
            let when = try bind(branch.when, binding)
            return BoundExpression.Branch(
                condition: try subject.map { try compare(.equal, $0, when, position: branch.when.position) }
                    ?? (try condition(when, "WHEN")),
                value: try bind(branch.then, binding))
        }
        let last = try otherwise.map { try bind($0, binding) } ?? .constant(.null, .null)
        return try conditional(bound, otherwise: last, position)
    }

    /// Branches brought to one type, without those that can be decided now.
    func conditional(_ branches: [BoundExpression.Branch], otherwise: BoundExpression, _ position: Int?)
        throws -> BoundExpression
    {
        let type = try commonType(branches.map(\.value) + [otherwise], "the branches of CASE", position)
        var kept: [BoundExpression.Branch] = []
        var last = try cast(otherwise, to: type)
        for branch in branches {
            let value = try cast(branch.value, to: type)
            if case .boolean(true)? = branch.condition.constant {
                last = value
                break
            }
            if branch.condition.constant == nil {
                kept.append(.init(condition: branch.condition, value: value))
            }
        }
        if kept.isEmpty { return last }
        return fold(BoundExpression(.conditional(kept, otherwise: last), type, position: position))
    }

    func commonType(_ expressions: [BoundExpression], _ what: String, _ position: Int?) throws -> SQLType {
        guard let type = TypeRules.common(expressions.map(\.type)) else {
            let types = Set(expressions.map { $0.type.description }).sorted().joined(separator: ", ")
            throw SQLError(
                .invalid, "\(what) are of types that do not go together (\(types)); cast them",
                position: position)
        }
        return type
    }

    /// The functions that compute an argument only where it is needed; `nil` where `name` is none of them.
    func lazyFunction(_ name: String, _ arguments: [BoundExpression], _ position: Int) throws
        -> BoundExpression?
    {
        func require(_ counts: ClosedRange<Int>, _ form: String) throws {
            guard counts.contains(arguments.count) else {
                throw SQLError(
                    .invalid, "\(name) takes \(form), and got \(arguments.count) arguments",
                    position: position)
            }
        }
        switch name {
        case "IFF":
            try require(3...3, "(condition, value, otherwise)")
            return try conditional(
                [.init(condition: try condition(arguments[0], "IFF"), value: arguments[1])],
                otherwise: arguments[2], position)
        case "COALESCE", "NVL", "IFNULL":
            try require(
                name == "COALESCE" ? 1...Int.max : 2...2,
                name == "COALESCE" ? "(value, …)" : "(value, replacement)")
            return try coalesce(arguments, position)
        case "NVL2":
            try require(3...3, "(value, if not null, if null)")
            let isNull = fold(BoundExpression(.isNull(arguments[0]), .boolean, position: position))
            return try conditional(
                [.init(condition: isNull, value: arguments[2])], otherwise: arguments[1], position)
        case "NULLIF":
            try require(2...2, "(value, other)")
            let equal = try compare(.equal, arguments[0], arguments[1], position: position)
            return try conditional(
                [.init(condition: equal, value: .constant(.null, .null))], otherwise: arguments[0], position)
        case "ZEROIFNULL":
            try require(1...1, "(number)")
            return try coalesce(
                [arguments[0], .constant(.number(0, scale: 0), .number(precision: 1, scale: 0))], position)
        case "NULLIFZERO":
            try require(1...1, "(number)")
            return try lazyFunction(
                "NULLIF", [arguments[0], .constant(.number(0, scale: 0), .number(precision: 1, scale: 0))],
                position)
        case "EQUAL_NULL":
            try require(2...2, "(left, right)")
            return try distinct(arguments[0], arguments[1], negated: true, position: position)
        case "DECODE":
            try require(3...Int.max, "(value, search, result, …[, otherwise])")
            return try decode(arguments, position)
        default: return nil
        }
    }

    private func coalesce(_ arguments: [BoundExpression], _ position: Int) throws -> BoundExpression {
        let type = try commonType(arguments, "the arguments of COALESCE", position)
        var parts: [BoundExpression] = []
        for argument in arguments where argument.constant != .null {
            parts.append(try cast(argument, to: type))
            if argument.constant != nil { break }
        }
        if parts.isEmpty { return .constant(.null, type) }
        return parts.count == 1 ? parts[0] : fold(BoundExpression(.coalesce(parts), type, position: position))
    }

    private func decode(_ arguments: [BoundExpression], _ position: Int) throws -> BoundExpression {
        var branches: [BoundExpression.Branch] = []
        var index = 1
        while index + 1 < arguments.count {
            let same = try distinct(arguments[0], arguments[index], negated: true, position: position)
            branches.append(.init(condition: same, value: arguments[index + 1]))
            index += 2
        }
        return try conditional(
            branches, otherwise: index < arguments.count ? arguments[index] : .constant(.null, .null),
            position)
    }

    /// `x IN (a, b, …)`.
    func inList(_ operand: Expression, _ items: [Expression], _ binding: ExpressionBinding, _ position: Int)
        throws -> BoundExpression
    {
        if case .tuple(let lefts) = operand.kind {
            let tests = try items.map { item in
                guard case .tuple(let rights) = item.kind, rights.count == lefts.count else {
                    throw SQLError(
                        .invalid, "IN wants lists of \(lefts.count) values here", position: item.position)
                }
                return simplified(
                    .and,
                    try zip(lefts, rights).map {
                        try compare(.equal, try bind($0, binding), try bind($1, binding), position: position)
                    },
                    position)
            }
            return simplified(.or, tests, position)
        }
        let value = try bind(operand, binding)
        let bound = try items.map { try bind($0, binding) }
        if bound.count > 4, let set = try constantSet(value, bound, position) { return set }
        return simplified(.or, try bound.map { try compare(.equal, value, $0, position: position) }, position)
    }

    /// A look-up in a set, where all items are constants of a type that the set can hold.
    private func constantSet(_ value: BoundExpression, _ items: [BoundExpression], _ position: Int) throws
        -> BoundExpression?
    {
        guard items.allSatisfy({ $0.constant != nil }),
            let common = items.reduce(
                Optional(value.type), { type, item in type.flatMap { TypeRules.comparison($0, item.type) } })
        else { return nil }
        let type = common == .null ? SQLType.varchar : common
        let constants = try items.map { try cast($0, to: type) }
        guard constants.allSatisfy({ $0.constant != nil }),
            let set = ConstantSet(constants.compactMap(\.constant), type)
        else { return nil }
        let binding = ScalarFunction.Binding([type], .boolean) { arguments, count, _ in
            try set.contains(arguments[0], count: count)
        }
        return try apply(
            FunctionUse(.isIn(constants.compactMap(\.constant)), binding), [value], position)
    }

    /// LIKE and its kin, with ANY and ALL.
    func like(_ like: LikePredicate, _ binding: ExpressionBinding, _ position: Int) throws -> BoundExpression
    {
        let name =
            switch like.form {
            case .like: "LIKE"
            case .ilike: "ILIKE"
            case .regular: "RLIKE"
            }
        let value = try bind(like.value, binding)
        let escape = try like.escape.map { try bind($0, binding) }
        let tests = try like.patterns.map { pattern in
            try callFunction(
                name, [value, try bind(pattern, binding)] + (escape.map { [$0] } ?? []), position)
        }
        let test = simplified(like.quantifier == .all ? .and : .or, tests, position)
        return like.negated ? not(test) : test
    }
}
