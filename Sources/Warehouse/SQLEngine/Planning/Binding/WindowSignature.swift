import Vectors

/// What a window function takes and gives.
struct WindowSignature {
    let function: WindowCall.Function
    let arguments: [BoundExpression]
    let result: SQLType
    /// Whether it cannot do without ORDER BY.
    let needsOrder: Bool
    /// Whether without a frame it sees the rows up to the current one (where there is an order).
    let isFramed: Bool
    /// How an aggregate is ordered by its last arguments.
    var order: [SortKey] = []

    private static let only:
        [String: (function: WindowCall.Function, arguments: ClosedRange<Int>, needsOrder: Bool)] = [
            "ROW_NUMBER": (.rowNumber, 0...0, false), "RANK": (.rank, 0...0, true),
            "DENSE_RANK": (.denseRank, 0...0, true),
            "PERCENT_RANK": (.percentRank, 0...0, true), "CUME_DIST": (.cumeDist, 0...0, true),
            "NTILE": (.ntile, 1...1, true),
            "LAG": (.lag, 1...3, true), "LEAD": (.lead, 1...3, true),
            "FIRST_VALUE": (.firstValue, 1...1, false),
            "LAST_VALUE": (.lastValue, 1...1, false), "NTH_VALUE": (.nthValue, 2...2, false),
        ]

    static let names = Array(only.keys)
    static func isWindowOnly(_ name: String) -> Bool { only[name] != nil }

    init(
        _ name: String, _ call: FunctionCall, _ binder: Binder, _ binding: ExpressionBinding, _ position: Int
    ) throws {
        guard let known = Self.only[name] else {
            guard let signature = AggregateSignature.find(name) else {
                throw SQLError(.notFound, "there is no window function \(name)", position: position)
            }
            let aggregate = try binder.boundAggregate(signature, name, call, binding, position)
            function = .aggregate(aggregate.function)
            arguments = aggregate.arguments + aggregate.order.map(\.expression)
            order = aggregate.order.map {
                SortKey(column: 0, isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
            }
            result = aggregate.column.type
            needsOrder = false
            isFramed = true
            return
        }
        guard known.arguments.contains(call.arguments.count), !call.hasStar, !call.isDistinct else {
            throw SQLError(
                .invalid,
                "\(name) takes \(known.arguments.lowerBound) to \(known.arguments.upperBound) arguments",
                position: position)
        }
        var bound = try call.arguments.map { try binder.bind($0, binding) }
        function = known.function
        needsOrder = known.needsOrder
        isFramed = false
        switch known.function {
        case .percentRank, .cumeDist: result = .float
        case .lag, .lead:
            var type = bound[0].type == .null ? SQLType.varchar : bound[0].type
            if bound.count > 2 {
                type = try binder.commonType(
                    [bound[0], bound[2]], "the value and the default of \(name)", position)
                bound[2] = try binder.cast(bound[2], to: type)
            }
            bound[0] = try binder.cast(bound[0], to: type)
            if bound.count > 1 { bound[1] = try Self.constantInteger(bound[1], name, binder) }
            result = type
        case .firstValue, .lastValue: result = bound[0].type
        case .nthValue:
            bound[1] = try Self.constantInteger(bound[1], name, binder)
            result = bound[0].type
        case .ntile:
            bound[0] = try Self.constantInteger(bound[0], name, binder)
            result = .number(precision: 18, scale: 0)
        default: result = .number(precision: 18, scale: 0)
        }
        arguments = bound
    }

    private static func constantInteger(_ expression: BoundExpression, _ name: String, _ binder: Binder)
        throws -> BoundExpression
    {
        let value = try binder.cast(expression, to: .integer)
        guard let constant = value.constant, constant != .null else {
            throw SQLError(
                .unsupported, "the number given to \(name) must be a constant that is not NULL",
                position: expression.position)
        }
        return value
    }
}
