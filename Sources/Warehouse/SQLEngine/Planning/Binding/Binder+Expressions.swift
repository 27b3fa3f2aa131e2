import JSON
import Vectors

extension Binder {
    /// Resolves and types an expression.
    func bind(_ expression: Expression, _ binding: ExpressionBinding) throws -> BoundExpression {
        let result = try resolved(expression, binding)
        guard binding.keepsForms, expression.mayVanish, result.columnID != nil || expression.isCast,
            !result.isCast
        else { return result }
        return BoundExpression(.cast(result, isTry: false), result.type, position: result.position)
    }

    private func resolved(_ expression: Expression, _ binding: ExpressionBinding) throws -> BoundExpression {
        let position = expression.position
        switch expression.kind {
        case .number(let text): return try number(text, position)
        case .string(let text): return BoundExpression(.constant(.text(text)), .varchar, position: position)
        case .boolean(let value):
            return BoundExpression(.constant(.boolean(value)), .boolean, position: position)
        case .null: return BoundExpression(.constant(.null), .null, position: position)
        case .typedLiteral(let type, let text):
            let constant = try cast(
                BoundExpression(.constant(.text(text)), .varchar, position: position), to: type)
            guard constant.constant != nil else {
                throw SQLError(.data, "'\(text)' is no \(type)", position: position)
            }
            return constant
        case .interval:
            throw SQLError(
                .invalid, "an INTERVAL can only be added to or subtracted from a date or timestamp",
                position: position)
        case .column(let parts): return try column(parts, binding, position)
        case .ordinal(let place):
            if let found = try binding.scope.find([Identifier("$\(place)", position: position)]) {
                return found
            }
            throw SQLError(.notFound, "there is no column $\(place) here", position: position)
        case .path(let base, let steps): return try path(base, steps, binding, position)
        case .unary(let operation, let operand): return try unary(operation, operand, binding, position)
        case .binary(let operation, let left, let right):
            return try binary(operation, left, right, binding, position)
        case .cast(let operand, let type, let isTry):
            return try cast(try bind(operand, binding), to: type, isTry: isTry, position: position)
        case .function(let call): return try function(call, binding, position)
        case .tuple:
            throw SQLError(
                .invalid, "a list in parentheses can only stand on the left of IN or a comparison",
                position: position)
        case .array(let items):
            return try callFunction("ARRAY_CONSTRUCT", try items.map { try bind($0, binding) }, position)
        case .object(let pairs):
            return try callFunction(
                "OBJECT_CONSTRUCT",
                try pairs.flatMap { pair in
                    [BoundExpression.constant(.text(pair.key), .varchar), try bind(pair.value, binding)]
                }, position)
        default: return try predicate(expression, binding)
        }
    }

    private func predicate(_ expression: Expression, _ binding: ExpressionBinding) throws -> BoundExpression {
        let position = expression.position
        switch expression.kind {
        case .isNull(let operand, let negated):
            let test = fold(
                BoundExpression(.isNull(try bind(operand, binding)), .boolean, position: position))
            return negated ? not(test) : test
        case .isBoolean(let operand, let value, let negated):
            let bound = try condition(try bind(operand, binding), "IS TRUE")
            let equal = value ? bound : not(bound)
            let test = fold(
                BoundExpression(
                    .coalesce([equal, .constant(.boolean(false), .boolean)]), .boolean, position: position))
            return negated ? not(test) : test
        case .isDistinctFrom(let left, let right, let negated):
            return try distinct(
                try bind(left, binding), try bind(right, binding), negated: negated, position: position)
        case .between(let operand, let low, let high, let negated):
            let value = try bind(operand, binding)
            let parts = [
                try compare(.greaterOrEqual, value, try bind(low, binding), position: position),
                try compare(.lessOrEqual, value, try bind(high, binding), position: position),
            ]
            let test = fold(BoundExpression(.and(parts), .boolean, position: position))
            return negated ? not(test) : test
        case .inList(let operand, let items, let negated):
            let test = try inList(operand, items, binding, position)
            return negated ? not(test) : test
        case .inSubquery(let operand, let query, let negated):
            let test = try inSubquery(operand, query, .equal, binding, position)
            return negated ? not(test) : test
        case .quantified(let operand, let operation, let isAll, let query):
            if !isAll { return try inSubquery(operand, query, operation, binding, position) }
            // x op ALL (…) is NOT (x inverse-op ANY (…)).
            return not(try inSubquery(operand, query, operation.inverse, binding, position))
        case .like(let like): return try self.like(like, binding, position)
        case .exists(let query): return try exists(query, binding, position)
        case .subquery(let query): return try scalarSubquery(query, binding, position)
        case .caseWhen(let operand, let branches, let otherwise):
            return try caseWhen(operand, branches, otherwise, binding, position)
        default:
            throw SQLError(.unsupported, "this kind of expression is not supported here", position: position)
        }
    }

    private func number(_ text: String, _ position: Int) throws -> BoundExpression {
        guard let literal = NumberLiteral(text) else {
            throw SQLError(.data, "'\(text)' is no number that can be represented", position: position)
        }
        return BoundExpression(.constant(literal.value), literal.type, position: position)
    }

    private func column(_ parts: [Identifier], _ binding: ExpressionBinding, _ position: Int) throws
        -> BoundExpression
    {
        if parts.count == 1, parts[0].name.hasPrefix("$") {
            if let found = try binding.scope.find(parts) { return found }
            let name = String(parts[0].name.dropFirst())
            guard let value = catalog.variable(name) else {
                throw SQLError(
                    .notFound, "session variable $\(name) is not set: SET \(name) = …", position: position)
            }
            return BoundExpression(.constant(value), NumberLiteral.type(of: value), position: position)
        }
        if let found = try binding.scope.find(parts) { return found }
        let name = parts.map(\.name).joined(separator: ".")
        let near = NearestNames.of(parts.last?.name ?? "", among: binding.scope.columnNames)
        let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
        throw SQLError(.notFound, "invalid identifier '\(name)'\(hint)", position: position)
    }

    private func path(
        _ base: Expression, _ steps: [Expression.PathStep], _ binding: ExpressionBinding, _ position: Int
    ) throws
        -> BoundExpression
    {
        var result = try bind(base, binding)
        if result.type == .varchar || !(result.type.isSemiStructured || result.type == .null) {
            throw SQLError(
                .invalid,
                "a path can only be taken of a VARIANT, OBJECT or ARRAY, and this is \(result.type)"
                    + (result.type == .varchar ? ": write PARSE_JSON(…) around it" : ""), position: position)
        }
        if result.type == .null { return BoundExpression(.constant(.null), .variant, position: position) }
        var plain: [PathStep] = []
        func flush() {
            if !plain.isEmpty {
                result = fold(BoundExpression(.path(result, plain), .variant, position: position))
            }
            plain.removeAll()
        }
        for step in steps {
            switch step {
            case .key(let key): plain.append(.key(key))
            case .index(let index): plain.append(.index(index))
            case .computed(let computed):
                flush()
                result = try callFunction("GET", [result, try bind(computed.expression, binding)], position)
            }
        }
        flush()
        return result
    }

    private func unary(
        _ operation: UnaryOperator, _ operand: Expression, _ binding: ExpressionBinding, _ position: Int
    ) throws
        -> BoundExpression
    {
        if operation == .not { return not(try condition(try bind(operand, binding), "NOT")) }
        if operation == .minus, case .number(let text) = operand.kind {
            return try number("-" + text, position)
        }
        let bound = try bind(operand, binding)
        if operation == .plus { return bound }
        return try arithmetic(
            .subtract, .constant(.number(0, scale: 0), .number(precision: 1, scale: 0)), bound, position)
    }

    private func binary(
        _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ binding: ExpressionBinding,
        _ position: Int
    ) throws -> BoundExpression {
        switch operation {
        case .and, .or:
            let parts = [
                try condition(try bind(left, binding), operation.rawValue),
                try condition(try bind(right, binding), operation.rawValue),
            ]
            return simplified(operation, parts, position)
        case .add, .subtract:
            if case .interval(let parts) = right.kind {
                return try interval(try bind(left, binding), parts, operation == .add ? 1 : -1, position)
            }
            if operation == .add, case .interval(let parts) = left.kind {
                return try interval(try bind(right, binding), parts, 1, position)
            }
            return try arithmetic(operation, try bind(left, binding), try bind(right, binding), position)
        case .multiply, .divide, .modulo:
            return try arithmetic(operation, try bind(left, binding), try bind(right, binding), position)
        case .concatenate:
            return try callFunction("CONCAT", [try bind(left, binding), try bind(right, binding)], position)
        default:
            if case .tuple(let lefts) = left.kind, case .tuple(let rights) = right.kind {
                return try compareTuples(operation, lefts, rights, binding, position)
            }
            return try compare(
                operation, try bind(left, binding), try bind(right, binding), position: position)
        }
    }

    /// AND and OR without constants that decide nothing.
    func simplified(_ operation: BinaryOperator, _ parts: [BoundExpression], _ position: Int?)
        -> BoundExpression
    {
        let neutral = Scalar.boolean(operation == .and)
        let kept = parts.filter { $0.constant != neutral }
        if kept.isEmpty { return BoundExpression(.constant(neutral), .boolean, position: position) }
        if kept.contains(where: { $0.constant == .boolean(operation != .and) }) {
            return BoundExpression(.constant(.boolean(operation != .and)), .boolean, position: position)
        }
        if kept.count == 1 { return kept[0] }
        return BoundExpression(operation == .and ? .and(kept) : .or(kept), .boolean, position: position)
    }

    private func compareTuples(
        _ operation: BinaryOperator, _ lefts: [Expression], _ rights: [Expression],
        _ binding: ExpressionBinding, _ position: Int
    ) throws -> BoundExpression {
        guard lefts.count == rights.count, operation == .equal || operation == .notEqual else {
            throw Self.unordered(position)
        }
        let equal = simplified(
            .and,
            try zip(lefts, rights).map {
                try compare(.equal, try bind($0, binding), try bind($1, binding), position: position)
            },
            position)
        return operation == .equal ? equal : not(equal)
    }

    /// Adds, subtracts, multiplies, divides.
    func arithmetic(
        _ operation: BinaryOperator, _ left: BoundExpression, _ right: BoundExpression, _ position: Int
    ) throws
        -> BoundExpression
    {
        let bound = try located(position) { () throws(SQLError) in
            try Arithmetic.bind(
                operation, ScalarFunction.Argument(type: left.type, constant: left.constant),
                ScalarFunction.Argument(type: right.type, constant: right.constant))
        }
        return try apply(FunctionUse(.binary(operation), bound), [left, right], position)
    }

    private func interval(
        _ operand: BoundExpression, _ parts: [(count: Int64, unit: String)], _ sign: Int, _ position: Int
    ) throws -> BoundExpression {
        let (added, bound) = try located(position) { () throws(SQLError) in
            let added = try Intervals.parts(parts, sign: sign)
            return (added, try Intervals.add(operand.type, added, sign: sign))
        }
        return try apply(FunctionUse(.interval(added), bound), [operand], position)
    }

    /// A call of a function that has been chosen, with its arguments cast.
    func apply(_ use: FunctionUse, _ arguments: [BoundExpression], _ position: Int?) throws -> BoundExpression
    {
        let converted = try zip(arguments, use.binding.argumentTypes).map { argument, type in
            type == .null ? argument : try cast(argument, to: type)
        }
        return fold(BoundExpression(.call(use, converted), use.binding.result, position: position))
    }

    /// Runs `body`; an error without a place gets this one.
    func located<Result>(_ position: Int?, _ body: () throws(SQLError) -> Result) throws(SQLError) -> Result {
        do {
            return try body()
        } catch {
            var error = error
            if error.position == nil { error.position = position }
            throw error
        }
    }
}

extension Expression {
    fileprivate var isCast: Bool { if case .cast = kind { true } else { false } }

    /// Whether nothing but its operand may be left of it: a cast to the type that this has, `+x`, `x AND TRUE`.
    fileprivate var mayVanish: Bool {
        switch kind {
        case .cast, .unary, .binary, .caseWhen: true
        default: false
        }
    }
}

extension BoundExpression {
    /// Whether a cast is what it is, be it one that shortens text.
    fileprivate var isCast: Bool {
        switch kind {
        case .cast, .constant: true
        case .call(let use, _): use.lengthMax != nil
        default: false
        }
    }
}

extension BinaryOperator {
    /// The comparison that is true where this one is false.
    var inverse: BinaryOperator {
        switch self {
        case .equal: .notEqual
        case .notEqual: .equal
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        default: self
        }
    }

    /// The comparison with its sides exchanged.
    var mirrored: BinaryOperator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }
}
