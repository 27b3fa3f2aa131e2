import SQLEngine

/// Trees of statements as short texts: without positions, and without what is nil, false or empty.
enum SyntaxShape {
    static func of(_ statement: Statement) -> String { text(statement) }

    private static func text(_ value: Any) -> String {
        switch value {
        case let value as Expression: return value.sqlText
        case let value as Query: return "{" + value.sqlText + "}"
        case let value as Identifier: return value.sqlText
        case let value as ObjectName: return value.sqlText
        case let value as TypeName: return value.sqlText
        case let value as String: return "'\(value)'"
        case let value as TableExpression: return "{" + value.sqlText + "}"
        case let value as Range<Int>: return "\(value.lowerBound)..<\(value.upperBound)"
        case let value as [String: OptionValue]:
            return "["
                + value.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" }.joined(
                    separator: " ") + "]"
        default: return reflected(value)
        }
    }

    private static func reflected(_ value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.map { text($0.value) } ?? "nil"
        case .collection: return "[" + mirror.children.map { text($0.value) }.joined(separator: ", ") + "]"
        case .struct, .tuple: return "(" + fields(mirror) + ")"
        case .enum:
            guard let payload = mirror.children.first else { return "\(value)" }
            let name = payload.label ?? ""
            let inner = Mirror(reflecting: payload.value)
            if inner.displayStyle == .tuple { return "\(name)(\(fields(inner)))" }
            let body = text(payload.value)
            return body.hasPrefix("(") && body.hasSuffix(")") ? name + body : "\(name)(\(body))"
        default: return "\(value)"
        }
    }

    private static func fields(_ mirror: Mirror) -> String {
        mirror.children.compactMap { child -> String? in
            let label = child.label ?? ""
            if label == "position" || "\(child.value)" == "false" { return nil }
            let inner = Mirror(reflecting: child.value)
            let isEmpty = inner.children.isEmpty
            if inner.displayStyle == .optional, isEmpty { return nil }
            if inner.displayStyle == .collection || inner.displayStyle == .dictionary, isEmpty { return nil }
            let value = text(child.value)
            if label.hasPrefix(".") || label.isEmpty { return value }
            return value == "true" ? label : "\(label): \(value)"
        }
        .joined(separator: ", ")
    }
}
