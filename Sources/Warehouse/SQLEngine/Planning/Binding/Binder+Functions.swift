import Vectors

extension Binder {
    /// A call: of a scalar function, an aggregate or a window function.
    func function(_ call: FunctionCall, _ binding: ExpressionBinding, _ position: Int) throws
        -> BoundExpression
    {
        guard call.name.parts.count == 1 || call.name.parts.count == 3, let last = call.name.parts.last else {
            throw SQLError(.notFound, "there is no function \(call.name)", position: position)
        }
        let name = last.name
        if name == "GROUPING" || name == "GROUPING_ID" { return try grouping(name, call, binding, position) }
        if let specification = call.window {
            return try windowFunction(name, call, specification, binding, position)
        }
        if let aggregate = AggregateSignature.find(name), !(aggregate.isScalarToo && call.arguments.count > 1)
        {
            return try aggregateFunction(aggregate, name, call, binding, position)
        }
        if WindowSignature.isWindowOnly(name) {
            throw SQLError(
                .invalid, "\(name) is a window function: write \(name)(…) OVER (…)", position: position)
        }
        if ["SEQ1", "SEQ2", "SEQ4", "SEQ8"].contains(name) { return try sequence(name, binding, position) }
        guard !call.isDistinct, call.withinGroup.isEmpty,
            !call.hasStar || name == "OBJECT_CONSTRUCT" || name == "HASH"
        else {
            throw SQLError(
                .invalid, "\(name) is no aggregate function: DISTINCT, * and WITHIN GROUP do not go with it",
                position: position)
        }
        var arguments = try boundArguments(name, call, binding)
        for (label, _) in call.named {
            throw SQLError(.invalid, "\(name) has no argument named \(label.name)", position: label.position)
        }
        if call.hasStar { arguments = starArguments(name, call, binding) }
        if let lazy = try lazyFunction(name, arguments, position) { return lazy }
        return try callFunction(name, arguments, position)
    }

    private func boundArguments(_ name: String, _ call: FunctionCall, _ binding: ExpressionBinding) throws
        -> [BoundExpression]
    {
        let word = FunctionCatalog.find(name)?.wordArgument
        return try call.arguments.enumerated().map { place, argument in
            if place == word || (name == "TRUNC" && place == 1), case .column(let parts) = argument.kind,
                parts.count == 1,
                try DatePart.named(parts[0].name) != nil || binding.scope.find(parts) == nil
            {
                return BoundExpression(.constant(.text(parts[0].name)), .varchar, position: argument.position)
            }
            return try bind(argument, binding)
        }
    }

    private func starArguments(_ name: String, _ call: FunctionCall, _ binding: ExpressionBinding)
        -> [BoundExpression]
    {
        let columns = binding.scope.starColumns(of: call.starQualifier.map { [$0] } ?? [])
        return columns.flatMap { column -> [BoundExpression] in
            let value = column.column.expression
            return name == "OBJECT_CONSTRUCT" ? [.constant(.text(column.name), .varchar), value] : [value]
        }
    }

    /// A call of a function of the catalogue with arguments that are bound.
    func callFunction(_ name: String, _ arguments: [BoundExpression], _ position: Int) throws
        -> BoundExpression
    {
        guard let function = FunctionCatalog.find(name) else {
            let near = NearestNames.of(
                name,
                among: FunctionCatalog.all.map(\.name) + AggregateSignature.names + WindowSignature.names)
            let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
            throw SQLError(.notFound, "there is no function \(name)\(hint)", position: position)
        }
        let bound = try located(position) { () throws(SQLError) in
            try function.bind(arguments.map { ScalarFunction.Argument(type: $0.type, constant: $0.constant) })
        }
        // Text and instants in a time zone do not rise with what is computed of them.
        let rising = function.risingArgument.flatMap { place -> Int? in
            guard place < arguments.count else { return nil }
            let type = arguments[place].type
            return type.isNumeric || type == .date || type == .time || type == .timestampNTZ ? place : nil
        }
        return try apply(
            FunctionUse(
                function.isVolatile ? own(function.name) : .named(function.name), bound,
                isVolatile: function.isVolatile, risingArgument: rising),
            arguments, position)
    }

    // MARK: Aggregates

    /// `GROUPING(a, b)`: which of these a row of ROLLUP and the like is not grouped by.
    private func grouping(_ name: String, _ call: FunctionCall, _ binding: ExpressionBinding, _ position: Int)
        throws -> BoundExpression
    {
        guard binding.aggregates != nil, !call.arguments.isEmpty, call.arguments.count <= 32 else {
            throw SQLError(
                .invalid, "\(name) takes expressions of GROUP BY, and cannot stand in \(binding.clause)",
                position: position)
        }
        let column = makeColumn(.number(precision: 18, scale: 0))
        let arguments = try call.arguments.map { try bind($0, binding) }
        binding.groupings.append(GroupingCall(column: column, arguments: arguments, position: position))
        return BoundExpression(.column(column.id), column.type, position: position)
    }

    private func aggregateFunction(
        _ signature: AggregateSignature, _ name: String, _ call: FunctionCall, _ binding: ExpressionBinding,
        _ position: Int
    ) throws -> BoundExpression {
        guard binding.aggregates != nil else {
            throw SQLError(
                .invalid, "\(name) is an aggregate function, which cannot stand in \(binding.clause)",
                position: position)
        }
        guard binding.aggregateDepth == 0 else {
            throw SQLError(.invalid, "\(name) stands inside another aggregate function", position: position)
        }
        binding.aggregateDepth += 1
        defer { binding.aggregateDepth -= 1 }
        let aggregate = try boundAggregate(signature, name, call, binding, position)
        return BoundExpression(
            .column(binding.column(of: aggregate).id), aggregate.column.type, position: position)
    }

    /// The arguments and the result of an aggregate, checked.
    func boundAggregate(
        _ signature: AggregateSignature, _ name: String, _ call: FunctionCall, _ binding: ExpressionBinding,
        _ position: Int
    ) throws -> AggregateCall {
        var arguments = try call.arguments.map { try bind($0, binding) }
        var order = try call.withinGroup.map { sortItem(try bind($0.expression, binding), $0) }
        var function = signature.function
        if call.hasStar {
            guard function == .count, arguments.isEmpty else {
                throw SQLError(.invalid, "\(name) does not take *", position: position)
            }
            if call.isDistinct || call.starQualifier != nil {
                arguments = try countedColumns(call, binding, position)
            } else {
                function = .countStar
            }
        }
        if function == .percentileContinuous || function == .percentileDiscrete {
            arguments = try percentileArguments(name, arguments, order, position)
            if function == .percentileContinuous || !order[0].isDescending {
                if order[0].isDescending, case .float(let fraction)? = arguments[1].constant {
                    arguments[1] = .constant(.float(1 - fraction), .float)
                }
                order = []
            }
        } else if !order.isEmpty {
            try checkOrder(order, of: function, name, arguments, isDistinct: call.isDistinct, position)
        }
        guard call.hasStar || signature.arguments.contains(arguments.count) else {
            throw SQLError(.invalid, "\(name) is called as \(signature.signature)", position: position)
        }
        let converted = try signature.converted(arguments, self, position)
        let result = try signature.result(converted, order, position)
        let isDistinct = call.isDistinct && signature.distinguishes || function == .countDistinct
        if function == .countDistinct { function = .count }
        arguments = converted
        if function == .count, arguments.count > 1 || arguments.contains(where: { $0.type == .variant }) {
            // A row counts where none of them is NULL; distinct are the values behind that condition.
            let condition = try simplified(.and, arguments.map { try isPresent($0, position) }, position)
            arguments = [condition] + (isDistinct ? arguments : [])
            function = .countIf
        }
        return AggregateCall(
            column: makeColumn(result), function: function, arguments: arguments, isDistinct: isDistinct,
            order: order,
            position: position)
    }

    /// What is ordered, and the fraction, which is a constant from 0 to 1.
    private func percentileArguments(
        _ name: String, _ arguments: [BoundExpression], _ order: [Plan.SortItem], _ position: Int
    ) throws -> [BoundExpression] {
        guard order.count == 1, arguments.count == 1, arguments[0].constant != nil else {
            throw SQLError(
                .invalid, "write \(name)(fraction) WITHIN GROUP (ORDER BY expression)", position: position)
        }
        let fraction = try cast(arguments[0], to: .float)
        guard case .float(let value)? = fraction.constant, (0...1).contains(value) else {
            throw SQLError(
                .invalid, "the fraction of \(name) must be a number from 0 to 1",
                position: arguments[0].position ?? position)
        }
        return [order[0].expression, fraction]
    }

    /// The columns that the star of COUNT(DISTINCT *) and COUNT(t.*) stands for.
    private func countedColumns(_ call: FunctionCall, _ binding: ExpressionBinding, _ position: Int) throws
        -> [BoundExpression]
    {
        let columns = starArguments("COUNT", call, binding)
        if columns.isEmpty {
            let what = call.starQualifier.map { "there is no table \($0.name) in FROM" }
            throw SQLError(.notFound, what ?? "* stands for nothing without FROM", position: position)
        }
        return columns
    }

    /// Whether COUNT takes a value as one: neither NULL nor the null of JSON.
    private func isPresent(_ value: BoundExpression, _ position: Int) throws -> BoundExpression {
        if value.type == .variant { return not(try callFunction("IS_NULL_VALUE", [value], position)) }
        return not(fold(BoundExpression(.isNull(value), .boolean)))
    }

    /// Whether WITHIN GROUP goes with a function.
    private func checkOrder(
        _ order: [Plan.SortItem], of function: AggregateFunction, _ name: String,
        _ arguments: [BoundExpression], isDistinct: Bool,
        _ position: Int
    ) throws {
        guard function == .listAggregate || function == .arrayAggregate else {
            throw SQLError(.invalid, "WITHIN GROUP (ORDER BY …) does not go with \(name)", position: position)
        }
        if isDistinct,
            let other = order.first(where: { $0.expression != arguments.first })
        {
            throw SQLError(
                .invalid, "\(name)(DISTINCT …) can be ordered by the expression that is distinct alone",
                position: other.expression.position ?? position)
        }
    }
}
