import JSON
public import Vectors

/// A name as written, folded to upper case unless it was in double quotes.
public struct Identifier: Hashable, Sendable {
    /// The name, folded.
    public var name: String
    /// Where it stands, in UTF-8 bytes.
    public var position: Int

    /// Makes an identifier.
    public init(_ name: String, position: Int = 0) {
        self.name = name
        self.position = position
    }

    /// Whether the names are the same.
    public static func == (left: Identifier, right: Identifier) -> Bool { left.name == right.name }
    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A name of up to three parts: database, schema, object. The parts before the last may be missing.
public struct ObjectName: Hashable, Sendable {
    /// The parts, the object's own name last.
    public var parts: [Identifier]

    /// Makes a name.
    public init(_ parts: [Identifier]) { self.parts = parts }

    /// The place of the first part.
    public var position: Int { parts.first?.position ?? 0 }
}

extension ObjectName: CustomStringConvertible {
    /// The parts with points between them.
    public var description: String { parts.map(\.name).joined(separator: ".") }
}

/// An expression and where it stands.
package struct Expression: Sendable {
    package indirect enum Kind: Sendable {
        /// A number exactly as written: digits, point, exponent.
        case number(String)
        case string(String)
        case boolean(Bool)
        case null
        /// `DATE '2024-01-01'`, `TIMESTAMP '…'`: a type and its text.
        case typedLiteral(SQLType, String)
        /// `INTERVAL '1 day 2 hours'`: parts with their units, in order.
        case interval([(count: Int64, unit: String)])
        /// `a`, `t.a`, `s.t.a`, `d.s.t.a`.
        case column([Identifier])
        /// `$1`: a column of a staged file's row or of VALUES, from 1.
        case ordinal(Int)
        /// `v:a.b[0]` with `v` as base; also `v['a']` and `v[0]`.
        case path(Expression, [PathStep])
        case unary(UnaryOperator, Expression)
        case binary(BinaryOperator, Expression, Expression)
        case isNull(Expression, negated: Bool)
        case isBoolean(Expression, Bool, negated: Bool)
        case isDistinctFrom(Expression, Expression, negated: Bool)
        case between(Expression, Expression, Expression, negated: Bool)
        case inList(Expression, [Expression], negated: Bool)
        case inSubquery(Expression, Query, negated: Bool)
        case like(LikePredicate)
        case exists(Query)
        case subquery(Query)
        /// `x = ANY (SELECT …)`, `x > ALL (SELECT …)`.
        case quantified(Expression, BinaryOperator, isAll: Bool, Query)
        case cast(Expression, TypeName, isTry: Bool)
        case caseWhen(
            operand: Expression?, branches: [(when: Expression, then: Expression)], otherwise: Expression?)
        case function(FunctionCall)
        /// `(a, b)` where more than one expression stands in parentheses.
        case tuple([Expression])
        /// `[1, 2]`.
        case array([Expression])
        /// `{'a': 1}`.
        case object([(key: String, value: Expression)])
    }

    package enum PathStep: Hashable, Sendable {
        case key(String)
        case index(Int)
        /// `v[expression]` where the expression is no literal.
        indirect case computed(ComputedStep)
    }

    package var kind: Kind
    /// Where it stands, in UTF-8 bytes: for operators the operator's place, otherwise the first byte.
    package var position: Int

    package init(_ kind: Kind, at position: Int) {
        self.kind = kind
        self.position = position
    }
}

/// An expression in a path, equal to nothing but itself at the same place.
package struct ComputedStep: Hashable, Sendable {
    package var expression: Expression

    package init(_ expression: Expression) { self.expression = expression }
    package static func == (left: ComputedStep, right: ComputedStep) -> Bool {
        left.expression.position == right.expression.position
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(expression.position) }
}

package enum UnaryOperator: Sendable { case minus, plus, not }

package enum BinaryOperator: String, Sendable {
    case add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%", concatenate = "||"
    case equal = "=", notEqual = "<>", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    case and = "AND", or = "OR"
}

/// `x [NOT] LIKE | ILIKE | RLIKE [ANY | ALL] pattern [ESCAPE e]`.
package struct LikePredicate: Sendable {
    package enum Form: Sendable { case like, ilike, regular }
    package enum Quantifier: Sendable { case one, any, all }
    package var form: Form
    package var quantifier: Quantifier
    package var value: Expression
    package var patterns: [Expression]
    package var escape: Expression?
    package var negated: Bool
}

/// A type as written, with the length of VARCHAR(n) and BINARY(n), and the digits of a fraction of TIMESTAMP(p).
public struct TypeName: Hashable, Sendable {
    /// The type.
    public var type: SQLType
    /// The greatest number of characters or bytes, if one was given.
    public var lengthMax: Int?
}

package struct FunctionCall: Sendable {
    package var name: ObjectName
    package var arguments: [Expression] = []
    /// `f(name => value)`.
    package var named: [(name: Identifier, value: Expression)] = []
    package var isDistinct = false
    /// `count(*)`.
    package var hasStar = false
    /// `count(t.*)` and `object_construct(*)`: the qualifier before the star.
    package var starQualifier: Identifier?
    /// `WITHIN GROUP (ORDER BY …)`.
    package var withinGroup: [OrderItem] = []
    /// `IGNORE NULLS` inside or behind the parentheses.
    package var ignoresNulls = false
    package var window: WindowSpecification?
}

package struct OrderItem: Sendable {
    package var expression: Expression
    package var isDescending = false
    /// `NULLS FIRST` or `NULLS LAST`; `nil` where neither is written (last for ASC, first for DESC).
    package var nullsFirst: Bool?
}

/// The parentheses behind OVER.
package struct WindowSpecification: Sendable {
    package struct Frame: Sendable {
        package enum Unit: Sendable { case rows, range }
        package enum Bound: Sendable {
            case unboundedPreceding, currentRow, unboundedFollowing
            case preceding(Expression), following(Expression)
        }
        package var unit: Unit
        package var start: Bound
        package var end: Bound
    }

    /// A name of the WINDOW clause, if one is referred to.
    package var base: Identifier?
    package var partition: [Expression] = []
    package var order: [OrderItem] = []
    package var frame: Frame?
    package var position = 0
}
