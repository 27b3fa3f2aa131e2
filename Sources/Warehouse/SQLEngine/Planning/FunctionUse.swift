package import Vectors

/// A function as it is used in an expression.
package struct FunctionUse: Sendable {
    /// Which function it is: two uses of one identity with the same arguments compute the same.
    package enum Identity: Hashable, Sendable {
        /// One of the catalogue, by its name there.
        case named(String)
        /// A comparison, or arithmetic.
        case binary(BinaryOperator)
        /// `IS DISTINCT FROM`
        case isDistinct
        /// `+ INTERVAL`: the parts that are added, one after the other.
        case interval([IntervalPart])
        /// The cast to VARCHAR(n) or BINARY(n).
        case limited(to: Int, isTry: Bool)
        /// `IN` of a long list of constants.
        case isIn([Scalar])
        /// What is the same as itself alone, told apart by a number: what is drawn anew at each computation, and what
        /// reads values of its own.
        case own(String, number: Int)
    }

    /// How many of a unit an INTERVAL adds; negative to subtract.
    package struct IntervalPart: Hashable, Sendable {
        package var count: Int64
        package var unit: DatePart
    }

    package var identity: Identity
    package var binding: ScalarFunction.Binding
    package var isVolatile = false
    package var risingArgument: Int?
    /// How long its results are at most: that of a cast to VARCHAR(n) or BINARY(n).
    package var lengthMax: Int? {
        if case .limited(let limit, _) = identity { limit } else { nil }
    }

    package init(
        _ identity: Identity, _ binding: ScalarFunction.Binding, isVolatile: Bool = false,
        risingArgument: Int? = nil
    ) {
        self.identity = identity
        self.binding = binding
        self.isVolatile = isVolatile
        self.risingArgument = risingArgument
    }

    /// The operator, where it is one.
    package var binary: BinaryOperator? {
        if case .binary(let operation) = identity { operation } else { nil }
    }
}

extension FunctionUse: Hashable {
    /// How it computes follows from what it is and the types it was bound for.
    package static func == (left: FunctionUse, right: FunctionUse) -> Bool {
        left.identity == right.identity && left.binding.result == right.binding.result
            && left.binding.argumentTypes == right.binding.argumentTypes
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(identity)
        hasher.combine(binding.result)
    }
}

extension BinaryOperator {
    /// Whether it compares two values.
    var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }
}
