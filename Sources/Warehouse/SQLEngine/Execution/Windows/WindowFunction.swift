package import Vectors

/// A function computed over the rows around each row of a partition. Columns are places in the input.
package struct WindowFunction: Sendable {
    package enum Kind: Sendable {
        case rowNumber, rank, denseRank, percentRank, cumeDist
        /// The number of buckets: that of the partition's first row.
        case ntile(column: Int)
        /// The value `offset` rows before; negative offsets look ahead. The default may be NULL or a column
        /// of the same type.
        case lag(column: Int, offset: Int, defaultColumn: Int?, ignoresNulls: Bool)
        case lead(column: Int, offset: Int, defaultColumn: Int?, ignoresNulls: Bool)
        case firstValue(column: Int, ignoresNulls: Bool)
        case lastValue(column: Int, ignoresNulls: Bool)
        /// `n` counts from 1.
        case nthValue(column: Int, n: Int, ignoresNulls: Bool)
        case countStar
        case count(column: Int)
        /// How many are TRUE.
        case countIf(column: Int)
        case sum(column: Int)
        case average(column: Int)
        case minimum(column: Int)
        case maximum(column: Int)
        case deviationPopulation(column: Int)
        case deviationSample(column: Int)
        case variancePopulation(column: Int)
        case varianceSample(column: Int)
        case median(column: Int)
        case booleanAnd(column: Int)
        case booleanOr(column: Int)
        /// Any other aggregate function of some columns.
        case custom(any WindowAggregate, columns: [Int])
    }

    package var kind: Kind
    /// The type of the result.
    package var type: SQLType
    /// Of functions that have one; others ignore it.
    package var frame: WindowFrame

    package init(_ kind: Kind, type: SQLType, frame: WindowFrame = .wholePartition) {
        self.kind = kind
        self.type = type
        self.frame = frame
    }

    /// The columns whose values it needs.
    var columns: [Int] {
        switch kind {
        case .rowNumber, .rank, .denseRank, .percentRank, .cumeDist, .countStar: []
        case .lag(let column, _, let other, _), .lead(let column, _, let other, _):
            [column] + (other.map { [$0] } ?? [])
        case .ntile(let column), .firstValue(let column, _), .lastValue(let column, _),
            .nthValue(let column, _, _),
            .count(let column), .countIf(let column), .sum(let column), .average(let column),
            .minimum(let column),
            .maximum(let column), .deviationPopulation(let column), .deviationSample(let column),
            .variancePopulation(let column), .varianceSample(let column), .median(let column),
            .booleanAnd(let column),
            .booleanOr(let column):
            [column]
        case .custom(_, let columns): columns
        }
    }

    /// For EXPLAIN.
    var title: String {
        var name = "\(kind)"
        if case .custom(let aggregate, _) = kind { name = aggregate.title }
        return String(name.prefix { $0 != "(" })
    }
}

/// The rows around a row that a function looks at.
package struct WindowFrame: Hashable, Sendable {
    package enum Unit: Sendable {
        /// Bounds count rows.
        case rows
        /// Bounds are differences of the one order key; the current row stands for all that are equal in the
        /// order.
        case range
    }

    package enum Bound: Hashable, Sendable {
        case unboundedPreceding
        case preceding(Offset)
        case currentRow
        case following(Offset)
        case unboundedFollowing
    }

    /// How far a bound is away; not negative.
    package enum Offset: Hashable, Sendable {
        case rows(Int)
        /// Units of 10^-scale, for order keys that are NUMBER or FLOAT; days for DATE.
        case number(Int128, scale: Int)
        case float(Double)
        /// For DATE, TIME and timestamps.
        case interval(months: Int, microseconds: Int64)
    }

    package var unit: Unit
    package var start: Bound
    package var end: Bound

    package init(_ unit: Unit, from start: Bound, to end: Bound) {
        self.unit = unit
        self.start = start
        self.end = end
    }

    package static let wholePartition = WindowFrame(.rows, from: .unboundedPreceding, to: .unboundedFollowing)
    package static let toCurrentRow = WindowFrame(.range, from: .unboundedPreceding, to: .currentRow)
}

/// An aggregate function that window functions know nothing of.
package protocol WindowAggregate: Sendable {
    /// For EXPLAIN.
    var title: String { get }
    /// A state that no row has been added to.
    func makeState() throws -> any WindowAggregateState
}

/// What an aggregate has seen of a frame. One thread.
package protocol WindowAggregateState: AnyObject {
    /// Adds rows `start ..< start + count` of the argument columns.
    func add(_ columns: [Vector], from start: Int, count: Int) throws
    /// The result over the rows added so far; more may be added after.
    func value() throws -> Scalar
}
