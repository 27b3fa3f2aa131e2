import Vectors

/// Plans and expressions as text, for EXPLAIN.
package enum PlanText {
    /// An expression, with columns as `#n`.
    package static func text(_ expression: BoundExpression) -> String {
        switch expression.kind {
        case .constant(let value):
            switch value {
            case .text(let text): return "'\(text)'"
            case .temporal, .json: return "'\(value)'"
            default: return value.description
            }
        case .column(let id): return id.description
        case .call(let use, let arguments):
            if arguments.count == 2, BinaryOperator(rawValue: use.name) != nil {
                return "\(operand(arguments[0])) \(use.name) \(operand(arguments[1]))"
            }
            return "\(use.name)(\(arguments.map(text).joined(separator: ", ")))"
        case .cast(let inner, let isTry):
            return isTry
                ? "TRY_CAST(\(text(inner)) AS \(expression.type))" : "\(operand(inner))::\(expression.type)"
        case .and(let parts): return parts.map(operand).joined(separator: " AND ")
        case .or(let parts): return parts.map(operand).joined(separator: " OR ")
        case .not(let inner):
            if case .isNull(let value) = inner.kind { return "\(operand(value)) IS NOT NULL" }
            return "NOT \(operand(inner))"
        case .isNull(let inner): return "\(operand(inner)) IS NULL"
        case .coalesce(let parts): return "COALESCE(\(parts.map(text).joined(separator: ", ")))"
        case .path(let inner, let steps):
            return operand(inner) + ":"
                + steps.map { step in
                    switch step {
                    case .key(let key): key
                    case .index(let index): "[\(index)]"
                    }
                }.joined(separator: ".")
        case .conditional(let branches, let otherwise):
            return "CASE" + branches.map { " WHEN \(text($0.condition)) THEN \(text($0.value))" }.joined()
                + " ELSE \(text(otherwise)) END"
        }
    }

    private static func operand(_ expression: BoundExpression) -> String {
        switch expression.kind {
        case .and, .or, .not, .isNull: "(\(text(expression)))"
        case .call(let use, let arguments)
        where arguments.count == 2 && BinaryOperator(rawValue: use.name) != nil: "(\(text(expression)))"
        default: text(expression)
        }
    }

    /// One line of a plan.
    package struct Line: Sendable {
        package var depth: Int
        package var title: String
        /// Rows given, and milliseconds of the operator alone; `nil` where nothing was measured.
        package var rows: Int?
        package var milliseconds: Double?
    }

    /// The operators of a plan, each above what feeds it.
    package static func lines(_ source: any PhysicalOperator, depth: Int = 0) -> [Line] {
        var line = Line(depth: depth, title: source.title)
        if let profiled = source as? ProfiledOperator {
            line.rows = profiled.rowCount
            let below = source.children.reduce(0.0) { $0 + (($1 as? ProfiledOperator)?.milliseconds ?? 0) }
            line.milliseconds = max(0, profiled.milliseconds - below)
        }
        return [line] + source.children.flatMap { lines($0, depth: depth + 1) }
    }
}
