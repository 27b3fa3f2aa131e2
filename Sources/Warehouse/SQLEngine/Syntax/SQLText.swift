import JSON
import Vectors

extension Expression {
    /// The expression in the dialect, with as few parentheses as it needs. Equal expressions have equal texts wherever
    /// they stand and however they were written; parsing the text gives the same expression.
    package var sqlText: String {
        var writer = SQLWriter()
        writer.expression(self, Precedence.or)
        return writer.text
    }
}

extension Query {
    /// The query in the dialect.
    package var sqlText: String {
        var writer = SQLWriter()
        writer.query(self)
        return writer.text
    }
}

extension TableExpression {
    /// The table in the dialect, as it stands in FROM.
    package var sqlText: String {
        var writer = SQLWriter()
        writer.table(self)
        return writer.text
    }
}

extension Identifier {
    /// The name, in double quotes where it needs them.
    package var sqlText: String {
        // $1 and $name are written as they are.
        let isVariable =
            name.utf8.first == UInt8(ascii: "$") && name.utf8.dropFirst().allSatisfy(\.continuesName)
        if ReservedWords.isPlainName(name) || isVariable && name.utf8.count > 1 { return name }
        return "\"" + name.replacing("\"", with: "\"\"") + "\""
    }
}

extension ObjectName {
    /// The parts with points between, in double quotes where they need them.
    package var sqlText: String { parts.map(\.sqlText).joined(separator: ".") }
}

extension TypeName {
    /// The type with its length.
    package var sqlText: String { lengthMax.map { "\(type)(\($0))" } ?? "\(type)" }
}

/// Writes trees as text.
struct SQLWriter {
    private(set) var text = ""

    mutating func write(_ part: String) { text += part }

    /// A list with commas between.
    mutating func list<T>(_ items: [T], _ item: (inout SQLWriter, T) -> Void) {
        for (index, value) in items.enumerated() {
            if index > 0 { write(", ") }
            item(&self, value)
        }
    }

    mutating func list(_ items: [Expression]) { list(items) { $0.expression($1, Precedence.or) } }

    static func quoted(_ string: String) -> String {
        var text = "'"
        for scalar in string.unicodeScalars {
            switch scalar {
            case "'": text += "''"
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "'"
    }

    // MARK: Expressions

    /// The expression, in parentheses if it binds more weakly than `minimum`.
    mutating func expression(_ expression: Expression, _ minimum: Int) {
        let needsParentheses = Self.precedence(expression.kind) < minimum
        if needsParentheses { write("(") }
        kind(expression.kind)
        if needsParentheses { write(")") }
    }

    private static let primary = Precedence.unary + 1

    private static func precedence(_ symbol: BinaryOperator) -> Int {
        switch symbol {
        case .or: Precedence.or
        case .and: Precedence.and
        case .add, .subtract, .concatenate: Precedence.additive
        case .multiply, .divide, .modulo: Precedence.multiplicative
        default: Precedence.comparison
        }
    }

    private static func precedence(_ kind: Expression.Kind) -> Int {
        switch kind {
        case .binary(let symbol, _, _): precedence(symbol)
        case .unary(.not, _): Precedence.not
        case .unary: Precedence.unary
        case .isNull, .isBoolean, .isDistinctFrom, .between, .inList, .inSubquery, .like, .quantified:
            Precedence.comparison
        default: primary
        }
    }

    private mutating func kind(_ kind: Expression.Kind) {
        switch kind {
        case .number(let text): write(text)
        case .string(let text): write(Self.quoted(text))
        case .boolean(let value): write(value ? "TRUE" : "FALSE")
        case .null: write("NULL")
        case .typedLiteral(let type, let text): write("\(type) \(Self.quoted(text))")
        case .interval(let parts):
            write(
                Self.quoted(parts.map { "\($0.count) \($0.unit.lowercased())" }.joined(separator: ", ")),
                "INTERVAL ")
        case .column(let parts): list(of: parts)
        case .ordinal(let number): write("$\(number)")
        case .path(let base, let steps): path(base, steps)
        case .unary(let symbol, let operand): unary(symbol, operand)
        case .binary(let symbol, let left, let right): binary(symbol, left, right)
        case .cast(let value, let type, let isTry):
            if isTry {
                write("TRY_CAST(")
                expression(value, Precedence.or)
                write(" AS \(type.sqlText))")
            } else {
                expression(value, Self.primary)
                write("::\(type.sqlText)")
            }
        case .caseWhen(let operand, let branches, let otherwise): caseWhen(operand, branches, otherwise)
        case .function(let call): function(call)
        case .subquery(let query): parentheses(query)
        case .exists(let query):
            write("EXISTS ")
            parentheses(query)
        case .tuple(let items):
            write("(")
            list(items)
            write(")")
        case .array(let items):
            write("[")
            list(items)
            write("]")
        case .object(let pairs):
            write("{")
            list(pairs) { writer, pair in
                writer.write("\(Self.quoted(pair.key)): ")
                writer.expression(pair.value, Precedence.or)
            }
            write("}")
        default: predicate(kind)
        }
    }

    private mutating func write(_ part: String, _ prefix: String) {
        write(prefix)
        write(part)
    }

    private mutating func list(of parts: [Identifier]) { write(parts.map(\.sqlText).joined(separator: ".")) }

    mutating func parentheses(_ query: Query) {
        write("(")
        self.query(query)
        write(")")
    }

    private mutating func path(_ base: Expression, _ steps: [Expression.PathStep]) {
        expression(base, Self.primary)
        for (index, step) in steps.enumerated() {
            switch step {
            case .key(let key):
                let isWord =
                    key.utf8.first?.startsName == true
                    && key.utf8.allSatisfy { $0 < 0x80 && $0.continuesName }
                write(index == 0 ? ":" : ".")
                write(isWord ? key : "\"" + key.replacing("\"", with: "\"\"") + "\"")
            case .index(let place): write("[\(place)]")
            case .computed(let step):
                write("[")
                expression(step.expression, Precedence.or)
                write("]")
            }
        }
    }

    private mutating func unary(_ symbol: UnaryOperator, _ operand: Expression) {
        switch symbol {
        case .not:
            write("NOT ")
            expression(operand, Precedence.not)
        case .minus, .plus:
            // A blank keeps two signs from becoming a comment.
            write(symbol == .minus ? "-" : "+")
            if case .unary = operand.kind { write(" ") }
            expression(operand, Precedence.unary)
        }
    }

    private mutating func binary(_ symbol: BinaryOperator, _ left: Expression, _ right: Expression) {
        let precedence = Self.precedence(symbol)
        expression(left, precedence)
        write(" \(symbol.rawValue) ")
        // Chains of associative operators need no parentheses, however their trees lean.
        if [.and, .or, .concatenate].contains(symbol), case .binary(symbol, _, _) = right.kind {
            expression(right, precedence)
        } else {
            expression(right, precedence + 1)
        }
    }

    private mutating func caseWhen(
        _ operand: Expression?, _ branches: [(when: Expression, then: Expression)], _ otherwise: Expression?
    ) {
        write("CASE ")
        if let operand {
            expression(operand, Precedence.or)
            write(" ")
        }
        for branch in branches {
            write("WHEN ")
            expression(branch.when, Precedence.or)
            write(" THEN ")
            expression(branch.then, Precedence.or)
            write(" ")
        }
        if let otherwise {
            write("ELSE ")
            expression(otherwise, Precedence.or)
            write(" ")
        }
        write("END")
    }

    // MARK: Predicates

    private mutating func predicate(_ kind: Expression.Kind) {
        switch kind {
        case .isNull(let value, let negated): postfix(value, "IS \(negated ? "NOT " : "")NULL")
        case .isBoolean(let value, let truth, let negated):
            postfix(value, "IS \(negated ? "NOT " : "")\(truth ? "TRUE" : "FALSE")")
        case .isDistinctFrom(let left, let right, let negated):
            postfix(left, "IS \(negated ? "NOT " : "")DISTINCT FROM ")
            expression(right, Precedence.additive)
        case .between(let value, let low, let high, let negated):
            postfix(value, "\(negated ? "NOT " : "")BETWEEN ")
            expression(low, Precedence.additive)
            write(" AND ")
            expression(high, Precedence.additive)
        case .inList(let value, let items, let negated):
            postfix(value, "\(negated ? "NOT " : "")IN (")
            list(items)
            write(")")
        case .inSubquery(let value, let query, let negated):
            postfix(value, "\(negated ? "NOT " : "")IN ")
            parentheses(query)
        case .quantified(let left, let symbol, let isAll, let query):
            postfix(left, "\(symbol.rawValue) \(isAll ? "ALL" : "ANY") ")
            parentheses(query)
        case .like(let like): self.like(like)
        default: break
        }
    }

    private mutating func postfix(_ value: Expression, _ text: String) {
        expression(value, Precedence.comparison)
        write(" ")
        write(text)
    }

    private mutating func like(_ like: LikePredicate) {
        let form = like.form == .like ? "LIKE" : like.form == .ilike ? "ILIKE" : "RLIKE"
        postfix(like.value, "\(like.negated ? "NOT " : "")\(form) ")
        switch like.quantifier {
        case .one: list(like.patterns) { $0.expression($1, Precedence.additive) }
        case .any, .all:
            write(like.quantifier == .any ? "ANY (" : "ALL (")
            list(like.patterns)
            write(")")
        }
        if let escape = like.escape {
            write(" ESCAPE ")
            expression(escape, Precedence.additive)
        }
    }
}
