import Vectors

/// Window functions, and the windows of the WINDOW clause.
extension Binder {
    /// A call with OVER.
    func windowFunction(
        _ name: String, _ call: FunctionCall, _ specification: WindowSpecification,
        _ binding: ExpressionBinding, _ position: Int
    ) throws -> BoundExpression {
        guard let outer = binding.windows else {
            throw SQLError(
                .invalid,
                "\(name) … OVER is a window function, which cannot stand in \(binding.clause)"
                    + (binding.clause == "WHERE" ? ": use QUALIFY" : ""), position: position)
        }
        if name == "RATIO_TO_REPORT" { return try ratioToReport(call, specification, binding, position) }
        binding.windows = nil
        let clause = binding.clause
        binding.clause = "a window function"
        defer {
            binding.clause = clause
            // Columns registered meanwhile belong to aggregates; windows do not nest.
            if binding.windows == nil { binding.windows = outer }
        }
        let window = try resolved(specification, binding)
        let partition = try window.partition.map { try bind($0, binding) }.filter { $0.constant == nil }
        let order = try window.order.map { sortItem(try bind($0.expression, binding), $0) }
        let signature = try WindowSignature(name, call, self, binding, position)
        let frame = try frame(window, signature, hasOrder: !order.isEmpty, binding, position)
        binding.windows = outer
        if signature.needsOrder, order.isEmpty {
            throw SQLError(.invalid, "\(name) needs an order: OVER (… ORDER BY …)", position: position)
        }
        if order.isEmpty, !frame.isWholePartition {
            throw SQLError(
                .invalid, "a sliding frame needs ORDER BY: OVER (… ORDER BY … ROWS …)", position: position)
        }
        let bound = WindowCall(
            column: makeColumn(signature.result), function: signature.function,
            arguments: signature.arguments,
            partition: partition, order: order, frame: frame, ignoresNulls: call.ignoresNulls,
            isDistinct: call.isDistinct,
            aggregateOrder: signature.order, position: position)
        return BoundExpression(.column(binding.column(of: bound).id), signature.result, position: position)
    }

    /// `RATIO_TO_REPORT(x) OVER (…)`: x by the sum of its partition, NULL where that is 0.
    private func ratioToReport(
        _ call: FunctionCall, _ specification: WindowSpecification, _ binding: ExpressionBinding,
        _ position: Int
    ) throws -> BoundExpression {
        let window = try resolved(specification, binding)
        guard call.arguments.count == 1, !call.isDistinct, !call.hasStar, window.order.isEmpty,
            window.frame == nil
        else {
            throw SQLError(
                .invalid, "write RATIO_TO_REPORT(number) OVER (PARTITION BY …)", position: position)
        }
        let sum = try windowFunction("SUM", call, window, binding, position)
        let divisor = try lazyFunction(
            "NULLIF", [sum, .constant(.number(0, scale: 0), .number(precision: 1, scale: 0))], position)
        return try arithmetic(.divide, try bind(call.arguments[0], binding), divisor ?? sum, position)
    }

    /// The WINDOW clause: each window, whether it is used or not, by its name.
    func namedWindows(_ select: Select) throws -> [String: WindowSpecification] {
        let written = Dictionary(
            select.windows.map { ($0.name.name, $0.specification) }, uniquingKeysWith: { first, _ in first })
        return try written.mapValues { try resolved($0, written) }
    }

    /// A window with all that it has of the one it names.
    private func resolved(_ specification: WindowSpecification, _ binding: ExpressionBinding) throws
        -> WindowSpecification
    {
        try resolved(specification, binding.namedWindows)
    }

    /// - Parameter around: the windows that are defined by this one, outermost first.
    private func resolved(
        _ specification: WindowSpecification, _ named: [String: WindowSpecification], around: [String] = []
    ) throws -> WindowSpecification {
        guard let base = specification.base else { return specification }
        func wrong(_ message: String) -> SQLError {
            SQLError(.invalid, message, position: base.position)
        }
        guard let written = named[base.name] else {
            throw SQLError(
                .notFound, "there is no window \(base.name) in a WINDOW clause", position: base.position)
        }
        guard !around.contains(base.name) else {
            throw wrong("the window \(base.name) is defined by itself")
        }
        var result = try resolved(written, named, around: around + [base.name])
        if !specification.partition.isEmpty {
            throw wrong("PARTITION BY cannot be given anew: the partitions are those of \(base.name)")
        }
        let addsAnything = !specification.order.isEmpty || specification.frame != nil
        if addsAnything, result.frame != nil {
            throw wrong("\(base.name) has a frame, and nothing can be added to it")
        }
        if !specification.order.isEmpty {
            guard result.order.isEmpty else {
                throw wrong("ORDER BY cannot be given anew: \(base.name) has an order")
            }
            result.order = specification.order
        }
        result.frame = specification.frame ?? result.frame
        return result
    }
}
