import Vectors

/// What an aggregate function takes and gives.
package struct AggregateSignature: Sendable {
    package let names: [String]
    let function: AggregateFunction
    let arguments: ClosedRange<Int>
    package let signature: String
    package let summary: String
    /// Whether DISTINCT changes its result.
    var distinguishes = true
    /// Whether it is a scalar function when it has more than one argument.
    var isScalarToo = false

    static func find(_ name: String) -> AggregateSignature? { byName[name] }
    package static let names = all.flatMap(\.names)
    private static let byName = Dictionary(
        all.flatMap { signature in signature.names.map { ($0, signature) } },
        uniquingKeysWith: { first, _ in first })

    private init(
        _ names: String..., function: AggregateFunction, arguments: ClosedRange<Int> = 1...1,
        _ signature: String, _ summary: String,
        distinguishes: Bool = true
    ) {
        self.names = names
        self.function = function
        self.arguments = arguments
        self.signature = signature
        self.summary = summary
        self.distinguishes = distinguishes
    }

    package static let all: [AggregateSignature] = [
        .init(
            "COUNT", function: .count, arguments: 1...64, "COUNT(*), COUNT([DISTINCT] value, …)",
            "How many rows there are, or rows without NULL."),
        .init(
            "COUNT_IF", function: .countIf, "COUNT_IF(condition)", "How many rows satisfy a condition.",
            distinguishes: false),
        .init("SUM", function: .sum, "SUM([DISTINCT] number)", "The sum."),
        .init("AVG", function: .average, "AVG([DISTINCT] number)", "The mean."),
        .init("MIN", function: .minimum, "MIN(value)", "The smallest value.", distinguishes: false),
        .init("MAX", function: .maximum, "MAX(value)", "The greatest value.", distinguishes: false),
        .init(
            "ANY_VALUE", function: .anyValue, "ANY_VALUE(value)", "Some value of the group.",
            distinguishes: false),
        .init(
            "MIN_BY", function: .minBy, arguments: 2...2, "MIN_BY(value, key)",
            "The value of the row with the smallest key.", distinguishes: false),
        .init(
            "MAX_BY", function: .maxBy, arguments: 2...2, "MAX_BY(value, key)",
            "The value of the row with the greatest key.", distinguishes: false),
        .init(
            "STDDEV", "STDDEV_SAMP", function: .deviationSample, "STDDEV(number)",
            "The standard deviation of a sample."),
        .init(
            "STDDEV_POP", function: .deviationPopulation, "STDDEV_POP(number)",
            "The standard deviation of a population."),
        .init(
            "VARIANCE", "VAR_SAMP", "VARIANCE_SAMP", function: .varianceSample, "VARIANCE(number)",
            "The variance of a sample."),
        .init(
            "VAR_POP", "VARIANCE_POP", function: .variancePopulation, "VAR_POP(number)",
            "The variance of a population."),
        .init(
            "COVAR_POP", function: .covariancePopulation, arguments: 2...2, "COVAR_POP(y, x)",
            "The covariance of a population."),
        .init(
            "COVAR_SAMP", function: .covarianceSample, arguments: 2...2, "COVAR_SAMP(y, x)",
            "The covariance of a sample."),
        .init(
            "CORR", function: .correlation, arguments: 2...2, "CORR(y, x)", "The coefficient of correlation."),
        .init(
            "REGR_SLOPE", function: .regressionSlope, arguments: 2...2, "REGR_SLOPE(y, x)",
            "The slope of the line of regression."),
        .init(
            "REGR_INTERCEPT", function: .regressionIntercept, arguments: 2...2, "REGR_INTERCEPT(y, x)",
            "Where the line of regression meets the axis."),
        .init(
            "REGR_R2", function: .regressionR2, arguments: 2...2, "REGR_R2(y, x)",
            "The coefficient of determination."),
        .init(
            "REGR_COUNT", function: .regressionCount, arguments: 2...2, "REGR_COUNT(y, x)",
            "How many pairs have no NULL."),
        .init("SKEW", function: .skew, "SKEW(number)", "The skewness of a sample."),
        .init("KURTOSIS", function: .kurtosis, "KURTOSIS(number)", "The excess kurtosis of a sample."),
        .init("MEDIAN", function: .median, "MEDIAN(number)", "The median."),
        .init(
            "PERCENTILE_CONT", function: .percentileContinuous, arguments: 2...2,
            "PERCENTILE_CONT(fraction) WITHIN GROUP (ORDER BY number)", "A percentile, interpolated."),
        .init(
            "PERCENTILE_DISC", function: .percentileDiscrete, arguments: 2...2,
            "PERCENTILE_DISC(fraction) WITHIN GROUP (ORDER BY value)",
            "A percentile that is one of the values."),
        .init("MODE", function: .mode, "MODE(value)", "The most frequent value.", distinguishes: false),
        .init(
            "BOOLAND_AGG", function: .booleanAnd, "BOOLAND_AGG(condition)", "Whether it is true of all.",
            distinguishes: false),
        .init(
            "BOOLOR_AGG", function: .booleanOr, "BOOLOR_AGG(condition)", "Whether it is true of any.",
            distinguishes: false),
        .init(
            "BOOLXOR_AGG", function: .booleanXor, "BOOLXOR_AGG(condition)",
            "Whether it is true of exactly one."),
        .init(
            "BITAND_AGG", function: .bitAnd, "BITAND_AGG(number)", "The bits that all have.",
            distinguishes: false),
        .init(
            "BITOR_AGG", function: .bitOr, "BITOR_AGG(number)", "The bits that any has.", distinguishes: false
        ),
        .init("BITXOR_AGG", function: .bitXor, "BITXOR_AGG(number)", "The exclusive or of all."),
        .init(
            "LISTAGG", "STRING_AGG", function: .listAggregate, arguments: 1...2,
            "LISTAGG([DISTINCT] text[, delimiter]) [WITHIN GROUP (ORDER BY …)]",
            "The texts one after the other."),
        .init(
            "ARRAY_AGG", function: .arrayAggregate, "ARRAY_AGG([DISTINCT] value) [WITHIN GROUP (ORDER BY …)]",
            "The values as an ARRAY."),
        .init(
            "OBJECT_AGG", function: .objectAggregate, arguments: 2...2, "OBJECT_AGG(key, value)",
            "Keys and values as an OBJECT.", distinguishes: false),
        .init(
            "APPROX_COUNT_DISTINCT", "HLL", function: .countDistinct, "APPROX_COUNT_DISTINCT(value)",
            "How many different values there are; here it is exact."),
        .init(
            "HASH_AGG", function: .hash, arguments: 1...64, "HASH_AGG(value, …)",
            "A hash of all rows, whatever their order."),
    ]

    /// The arguments cast to what the function works on.
    func converted(_ arguments: [BoundExpression], _ binder: Binder, _ position: Int) throws
        -> [BoundExpression]
    {
        func number(_ argument: BoundExpression) throws -> BoundExpression {
            if argument.type.isNumeric { return argument }
            guard argument.type == .null || argument.type == .varchar || argument.type == .variant else {
                throw SQLError(
                    .invalid, "\(names[0]) takes numbers, and this is \(argument.type)",
                    position: argument.position ?? position)
            }
            return try binder.cast(argument, to: .float)
        }
        switch function {
        case .sum, .average, .median: return try arguments.map(number)
        case .percentileContinuous: return [try number(arguments[0]), arguments[1]]
        case .deviationPopulation, .deviationSample, .variancePopulation, .varianceSample,
            .covariancePopulation, .covarianceSample,
            .correlation, .regressionSlope, .regressionIntercept, .regressionR2, .regressionCount, .skew,
            .kurtosis:
            return try arguments.map { try binder.cast(try number($0), to: .float) }
        case .countIf, .booleanAnd, .booleanOr, .booleanXor:
            return try arguments.map { try binder.condition($0, names[0]) }
        case .bitAnd, .bitOr, .bitXor: return try arguments.map { try binder.cast($0, to: .integer) }
        case .listAggregate:
            if arguments.count > 1, arguments[1].constant == nil {
                throw SQLError(
                    .invalid, "the delimiter of LISTAGG must be a constant",
                    position: arguments[1].position ?? position)
            }
            return try arguments.map { try binder.cast($0, to: .varchar) }
        case .arrayAggregate: return try arguments.map { try binder.cast($0, to: .variant) }
        case .objectAggregate:
            return [try binder.cast(arguments[0], to: .varchar), try binder.cast(arguments[1], to: .variant)]
        default: return arguments
        }
    }

    /// The type of the result.
    func result(_ arguments: [BoundExpression], _ order: [Plan.SortItem], _ position: Int) throws -> SQLType {
        let first = arguments.first?.type ?? .null
        switch function {
        case .countStar, .count, .countIf, .regressionCount, .countDistinct:
            return .number(precision: 18, scale: 0)
        case .sum: return first.isNumber ? .number(precision: 38, scale: first.scale) : .float
        case .average:
            return first.isNumber
                ? .number(precision: 38, scale: max(first.scale, min(first.scale + 6, 12))) : .float
        case .median, .percentileContinuous:
            return first.isNumber ? .number(precision: 38, scale: min(first.scale + 3, 37)) : .float
        case .booleanAnd, .booleanOr, .booleanXor: return .boolean
        case .bitAnd, .bitOr, .bitXor: return .integer
        case .hash: return .number(precision: 19, scale: 0)
        case .listAggregate: return .varchar
        case .arrayAggregate: return .array
        case .objectAggregate: return .object
        case .minimum, .maximum, .anyValue, .firstBy, .minBy, .maxBy, .percentileDiscrete, .mode: return first
        default: return .float
        }
    }
}
