package import JSON
package import Vectors

/// A column of a plan. Each column that any step makes has an identity of its own, the same in all steps that
/// pass it on.
package struct ColumnID: Hashable, Sendable, CustomStringConvertible {
    package let number: Int

    package init(_ number: Int) { self.number = number }
    package var description: String { "#\(number)" }
}

/// An expression whose names are resolved and whose types are known.
package struct BoundExpression: Sendable {
    package indirect enum Kind: Hashable, Sendable {
        case constant(Scalar)
        case column(ColumnID)
        case call(FunctionUse, [BoundExpression])
        case cast(BoundExpression, isTry: Bool)
        case and([BoundExpression])
        case or([BoundExpression])
        case not(BoundExpression)
        case isNull(BoundExpression)
        /// CASE: the value of the first branch whose condition is true. Branches are computed for their rows alone.
        case conditional([Branch], otherwise: BoundExpression)
        /// The first value that is not NULL; each is computed only for the rows that need it.
        case coalesce([BoundExpression])
        /// A value inside a VARIANT.
        case path(BoundExpression, [PathStep])
    }

    package struct Branch: Hashable, Sendable {
        package var condition: BoundExpression
        package var value: BoundExpression

        package init(condition: BoundExpression, value: BoundExpression) {
            self.condition = condition
            self.value = value
        }
    }

    package var kind: Kind { didSet { structure = Self.structure(kind, type) } }
    package let type: SQLType
    /// Where it was written, in UTF-8 bytes; for messages.
    package var position: Int?
    /// A hash of all but the position. Those below have theirs already, so that comparing and looking up large
    /// expressions costs no more than small ones.
    private var structure: Int

    package init(_ kind: Kind, _ type: SQLType, position: Int? = nil) {
        self.kind = kind
        self.type = type
        self.position = position
        structure = Self.structure(kind, type)
    }

    private static func structure(_ kind: Kind, _ type: SQLType) -> Int {
        var hasher = Hasher()
        hasher.combine(type)
        hasher.combine(kind)
        return hasher.finalize()
    }

    package static func constant(_ value: Scalar, _ type: SQLType) -> BoundExpression {
        .init(.constant(value), type)
    }
    package static func column(_ id: ColumnID, _ type: SQLType) -> BoundExpression {
        .init(.column(id), type)
    }
    package static let `true` = constant(.boolean(true), .boolean)

    /// The value, where it is a constant.
    package var constant: Scalar? { if case .constant(let value) = kind { value } else { nil } }

    /// The column, where it is one and nothing else.
    package var columnID: ColumnID? { if case .column(let id) = kind { id } else { nil } }
}

/// Two expressions are equal exactly when they compute the same in the same way, wherever they were written. What is
/// drawn anew at each computation is equal to itself alone (`FunctionUse.Identity.own`).
extension BoundExpression: Hashable {
    package static func == (left: BoundExpression, right: BoundExpression) -> Bool {
        left.structure == right.structure && left.type == right.type && left.kind == right.kind
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(structure) }
}

extension BoundExpression {
    /// The expressions directly below.
    package var children: [BoundExpression] {
        switch kind {
        case .constant, .column: []
        case .call(_, let arguments): arguments
        case .cast(let inner, _), .not(let inner), .isNull(let inner), .path(let inner, _): [inner]
        case .and(let parts), .or(let parts), .coalesce(let parts): parts
        case .conditional(let branches, let otherwise):
            branches.flatMap { [$0.condition, $0.value] } + [otherwise]
        }
    }

    /// The same with other expressions below, as many as there were.
    package func with(children new: [BoundExpression]) -> BoundExpression {
        var copy = self
        switch kind {
        case .constant, .column: break
        case .call(let use, _): copy.kind = .call(use, new)
        case .cast(_, let isTry): copy.kind = .cast(new[0], isTry: isTry)
        case .not: copy.kind = .not(new[0])
        case .isNull: copy.kind = .isNull(new[0])
        case .path(_, let steps): copy.kind = .path(new[0], steps)
        case .and: copy.kind = .and(new)
        case .or: copy.kind = .or(new)
        case .coalesce: copy.kind = .coalesce(new)
        case .conditional(let branches, _):
            copy.kind = .conditional(
                branches.indices.map { Branch(condition: new[2 * $0], value: new[2 * $0 + 1]) },
                otherwise: new[new.count - 1])
        }
        return copy
    }

    /// Rewrites from below: `change` gets each expression after those below it were rewritten.
    package func rewritten(_ change: (BoundExpression) throws -> BoundExpression) rethrows -> BoundExpression
    {
        let below = children
        if below.isEmpty { return try change(self) }
        return try change(with(children: try below.map { try $0.rewritten(change) }))
    }

    /// Rewrites from above: where `change` gives something, that takes the place of all below.
    package func replaced(_ change: (BoundExpression) throws -> BoundExpression?) rethrows -> BoundExpression
    {
        if let new = try change(self) { return new }
        let below = children
        return below.isEmpty ? self : with(children: try below.map { try $0.replaced(change) })
    }

    /// With other expressions in the place of columns.
    package func substituting(_ values: [ColumnID: BoundExpression]) -> BoundExpression {
        replaced { expression in
            guard case .column(let id) = expression.kind else { return nil }
            return values[id] ?? expression
        }
    }

    /// The columns it reads.
    package var columns: Set<ColumnID> {
        var result: Set<ColumnID> = []
        collectColumns(into: &result)
        return result
    }

    package func collectColumns(into result: inout Set<ColumnID>) {
        if case .column(let id) = kind {
            result.insert(id)
        } else {
            for child in children { child.collectColumns(into: &result) }
        }
    }

    /// Whether it, or anything below, satisfies `predicate`.
    package func contains(_ predicate: (BoundExpression) -> Bool) -> Bool {
        predicate(self) || children.contains { $0.contains(predicate) }
    }

    /// Whether each evaluation may give something else.
    package var isVolatile: Bool {
        contains { if case .call(let use, _) = $0.kind { use.isVolatile } else { false } }
    }

    /// The parts that must all be true: those of an AND, otherwise the expression itself.
    package var conjuncts: [BoundExpression] {
        if case .and(let parts) = kind { return parts.flatMap(\.conjuncts) }
        return constant == .boolean(true) ? [] : [self]
    }

    /// All of these; `nil` for none.
    package static func all(_ parts: [BoundExpression]) -> BoundExpression? {
        parts.count <= 1 ? parts.first : BoundExpression(.and(parts), .boolean)
    }
}
