package import Vectors

extension Binder {
    /// The expression as another type.
    package func cast(
        _ expression: BoundExpression, to type: SQLType, isTry: Bool = false, position: Int? = nil
    ) throws
        -> BoundExpression
    {
        if expression.type == type { return expression }
        guard TypeRules.canCast(expression.type, type, isTry: isTry) else {
            throw SQLError(
                .invalid, "a value of type \(expression.type) cannot be cast to \(type)",
                position: position ?? expression.position)
        }
        if expression.constant == .null { return BoundExpression(.constant(.null), type, position: position) }
        return fold(
            BoundExpression(.cast(expression, isTry: isTry), type, position: position ?? expression.position))
    }

    /// The expression as a type as it is written: VARCHAR(n) and BINARY(n) hold so many characters or bytes.
    func cast(_ expression: BoundExpression, to name: TypeName, isTry: Bool, position: Int) throws
        -> BoundExpression
    {
        let type = name.type
        let value = try cast(expression, to: type, isTry: isTry, position: position)
        guard type == .varchar || type == .binary, let limit = name.lengthMax, limit < Self.lengthMax else {
            return value
        }
        let binding = ScalarFunction.Binding([type], type) { arguments, _, _ in
            try TextLengths.limited(arguments[0], to: limit, isTry: isTry)
        }
        let use = FunctionUse(.limited(to: limit, isTry: isTry), binding)
        return try apply(use, [value], position)
    }

    /// What all values of VARCHAR and BINARY are within.
    private static var lengthMax: Int { 16_777_216 }

    /// Computes what is constant. What fails is left for when a row needs it.
    func fold(_ expression: BoundExpression) -> BoundExpression {
        let below = expression.children
        guard !below.isEmpty || isCall(expression), below.allSatisfy({ $0.constant != nil }),
            !expression.isVolatile,
            let compiled = try? ExpressionCompiler(places: [:]).compile(expression),
            let vector = try? compiled.evaluate(Batch([], count: 1), context)
        else { return expression }
        return BoundExpression(
            .constant(vector.scalar(at: 0)), expression.type, position: expression.position)
    }

    private func isCall(_ expression: BoundExpression) -> Bool {
        if case .call = expression.kind { true } else { false }
    }

    /// A comparison of two expressions, both cast to what they are compared as.
    func compare(
        _ operation: BinaryOperator, _ left: BoundExpression, _ right: BoundExpression, position: Int
    ) throws
        -> BoundExpression
    {
        let (left, right, type) = try unified(left, right, position: position)
        let evaluate = Comparison.bind(operation, type)
        let binding = ScalarFunction.Binding([type, type], .boolean) { arguments, _, _ in
            try evaluate(arguments[0], arguments[1])
        }
        return fold(
            BoundExpression(
                .call(FunctionUse(.binary(operation), binding), [left, right]), .boolean, position: position))
    }

    /// Two expressions as the type in which they are compared.
    func unified(_ left: BoundExpression, _ right: BoundExpression, position: Int) throws
        -> (BoundExpression, BoundExpression, SQLType)
    {
        guard var type = TypeRules.comparison(left.type, right.type) else {
            throw SQLError(
                .invalid, "\(left.type) and \(right.type) cannot be compared; cast one of them",
                position: position)
        }
        if type == .null { type = .varchar }
        return (try cast(left, to: type), try cast(right, to: type), type)
    }

    /// `IS [NOT] DISTINCT FROM`.
    func distinct(_ left: BoundExpression, _ right: BoundExpression, negated: Bool, position: Int) throws
        -> BoundExpression
    {
        let (left, right, type) = try unified(left, right, position: position)
        let evaluate = Comparison.isDistinct(type)
        let binding = ScalarFunction.Binding([type, type], .boolean) { arguments, _, _ in
            try evaluate(arguments[0], arguments[1])
        }
        let call = fold(
            BoundExpression(
                .call(FunctionUse(.isDistinct, binding), [left, right]), .boolean, position: position))
        return negated ? not(call) : call
    }

    func not(_ expression: BoundExpression) -> BoundExpression {
        if case .not(let inner) = expression.kind { return inner }
        return fold(BoundExpression(.not(expression), .boolean, position: expression.position))
    }

    /// An expression as a condition.
    func condition(_ expression: BoundExpression, _ clause: String) throws -> BoundExpression {
        guard
            expression.type == .boolean || expression.type == .null
                || TypeRules.canCoerce(expression.type, .boolean)
        else {
            throw SQLError(
                .invalid, "\(clause) takes a condition, and this is of type \(expression.type)",
                position: expression.position)
        }
        return try cast(expression, to: .boolean)
    }
}
