import Vectors

/// What an aggregate computes.
package enum AggregateFunction: String, Sendable, CaseIterable {
    case countStar = "COUNT_STAR"
    case count = "COUNT"
    case countIf = "COUNT_IF"
    case sum = "SUM"
    case average = "AVG"
    case minimum = "MIN"
    case maximum = "MAX"
    /// A value of the group: the first in the table's order that is not NULL.
    case anyValue = "ANY_VALUE"
    /// MIN_BY, FIRST_VALUE of a whole partition: the first argument of the row that comes first in `order`.
    case firstBy = "FIRST_BY"
    /// The first argument of the row that comes last in `order`.
    case lastBy = "LAST_BY"
    /// As `firstBy`, but only of rows where the order is not NULL, and the first argument may be NULL.
    case minBy = "MIN_BY"
    case maxBy = "MAX_BY"
    case deviationPopulation = "STDDEV_POP"
    case deviationSample = "STDDEV_SAMP"
    case variancePopulation = "VAR_POP"
    case varianceSample = "VAR_SAMP"
    case covariancePopulation = "COVAR_POP"
    case covarianceSample = "COVAR_SAMP"
    case correlation = "CORR"
    case regressionSlope = "REGR_SLOPE"
    case regressionIntercept = "REGR_INTERCEPT"
    case regressionR2 = "REGR_R2"
    case regressionCount = "REGR_COUNT"
    case skew = "SKEW"
    case kurtosis = "KURTOSIS"
    case median = "MEDIAN"
    case percentileContinuous = "PERCENTILE_CONT"
    case percentileDiscrete = "PERCENTILE_DISC"
    case mode = "MODE"
    case booleanAnd = "BOOLAND_AGG"
    case booleanOr = "BOOLOR_AGG"
    case booleanXor = "BOOLXOR_AGG"
    case bitAnd = "BITAND_AGG"
    case bitOr = "BITOR_AGG"
    case bitXor = "BITXOR_AGG"
    case listAggregate = "LISTAGG"
    case arrayAggregate = "ARRAY_AGG"
    case objectAggregate = "OBJECT_AGG"
    case countDistinct = "APPROX_COUNT_DISTINCT"
    case hash = "HASH_AGG"
}
