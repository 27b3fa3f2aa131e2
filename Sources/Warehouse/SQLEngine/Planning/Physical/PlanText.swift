import JSON
import Vectors

/// Plans and expressions as text, for EXPLAIN.
package enum PlanText {
    /// An expression, with columns as `#n`.
    package static func text(_ expression: BoundExpression) -> String {
        switch expression.kind {
        case .constant(let value):
            return text(value)
        case .column(let id): return id.description
        case .call(let use, let arguments):
            return text(use, arguments)
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

    private static func text(_ value: Scalar) -> String {
        switch value {
        case .text(let text): "'\(text)'"
        case .temporal, .json: "'\(value)'"
        default: value.description
        }
    }

    private static func text(_ use: FunctionUse, _ arguments: [BoundExpression]) -> String {
        switch use.identity {
        case .binary(let operation):
            "\(operand(arguments[0])) \(operation.rawValue) \(operand(arguments[1]))"
        case .isDistinct: "\(operand(arguments[0])) IS DISTINCT FROM \(operand(arguments[1]))"
        case .isIn(let values): "\(operand(arguments[0])) IN (\(values.map(text).joined(separator: ", ")))"
        case .interval(let parts):
            "\(operand(arguments[0])) + INTERVAL '"
                + parts.map { "\($0.count) \($0.unit.name)" }.joined(separator: ", ") + "'"
        case .limited(let limit, let isTry):
            "\(isTry ? "TRY_" : "")CAST(\(text(arguments[0])) AS \(use.binding.result)(\(limit)))"
        case .named(let name), .own(let name, _): "\(name)(\(arguments.map(text).joined(separator: ", ")))"
        }
    }

    private static func operand(_ expression: BoundExpression) -> String {
        switch expression.kind {
        case .and, .or, .not, .isNull: "(\(text(expression)))"
        case .call(let use, _) where use.binary != nil: "(\(text(expression)))"
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
