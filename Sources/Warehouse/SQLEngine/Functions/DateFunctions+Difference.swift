import CivilTime
import Vectors

extension DateFunctions {
    static let difference: [ScalarFunction] = [
        ScalarFunction(
            "DATEDIFF", aliases: ["TIMEDIFF", "TIMESTAMPDIFF", "DATE_DIFF"], "DATEDIFF(part, from, to)",
            "How many beginnings of years, days, hours or other parts lie between two dates or times.",
            wordArgument: 0, risingArgument: 2
        ) { arguments throws(SQLError) in
            let signature = "DATEDIFF(part, from, to)"
            try expect(arguments, 3...3, signature)
            let part = try DatePart.required(arguments[0], signature)
            let type = try commonType(arguments, 1, 2, signature)
            try check(part, for: type, signature)
            return ScalarFunction.Binding([.varchar, type, type], .integer) { vectors, _, context in
                try difference(part, from: vectors[1], to: vectors[2], context)
            }
        },
        ScalarFunction(
            "MONTHS_BETWEEN", "MONTHS_BETWEEN(later, earlier)",
            "The months between two dates, with a fraction of 31 days where their days differ."
        ) { arguments throws(SQLError) in
            let signature = "MONTHS_BETWEEN(later, earlier)"
            try expect(arguments, 2...2, signature)
            _ = try temporal(arguments, 0, signature, admitsTime: false)
            _ = try temporal(arguments, 1, signature, admitsTime: false)
            return ScalarFunction.Binding([.timestampNTZ, .timestampNTZ], .float) { vectors, count, _ in
                monthsBetween(vectors[0], vectors[1], count: count)
            }
        },
    ]

    /// The type in which two dates or times are compared.
    private static func commonType(
        _ arguments: [ScalarFunction.Argument], _ first: Int, _ second: Int, _ signature: String
    ) throws(SQLError) -> SQLType {
        let types = [try temporal(arguments, first, signature), try temporal(arguments, second, signature)]
        if types[0] == types[1] { return types[0] }
        // Text fits either: it is cast to what the other one is.
        if !arguments[first].type.isTemporal { return types[1] == .date ? .timestampNTZ : types[1] }
        if !arguments[second].type.isTemporal { return types[0] == .date ? .timestampNTZ : types[0] }
        if types.contains(.time) {
            throw SQLError(
                .invalid,
                "\(types[0]) and \(types[1]) have no difference: write \(signature) with two TIMEs or none")
        }
        return types.contains(.timestampTZ)
            ? .timestampTZ : types.contains(.timestampLTZ) ? .timestampLTZ : .timestampNTZ
    }

    /// The boundaries of parts crossed from one to the other.
    static func difference(
        _ part: DatePart, from first: Vector, to second: Vector, _ context: EvaluationContext
    ) throws -> Vector {
        let weeks = part == .weekISO ? WeekRules.iso : WeekRules(context)
        if !part.isOfTime {
            let (left, right) = (
                index(part, TemporalVectors.days(first, context), weeks),
                index(part, TemporalVectors.days(second, context), weeks)
            )
            return TemporalVectors.map(left, right, to: .integer) { $1 &- $0 }
        }
        let from = TemporalVectors.wallClock(first, context)
        var to = TemporalVectors.wallClock(second, context)
        if first.type == .timestampLTZ || first.type == .timestampTZ {
            // Time that passes is counted, not what clocks are put forward: both with the offset of the
            // first.
            let offsets = TemporalVectors.map(from, TemporalVectors.instants(first), to: .timestampNTZ) {
                $0 &- $1
            }
            to = TemporalVectors.map(TemporalVectors.instants(second), offsets, to: .timestampNTZ) {
                $0 &+ $1
            }
        }
        switch part {
        case .hour: return steps(from, to) { Civil.floor($0, 3_600_000_000) }
        case .minute: return steps(from, to) { Civil.floor($0, 60_000_000) }
        case .second: return steps(from, to) { Civil.floor($0, 1_000_000) }
        case .millisecond: return steps(from, to) { Civil.floor($0, 1000) }
        case .microsecond: return steps(from, to) { $0 }
        default:
            let microseconds = steps(from, to) { $0 }
            let limit = Int64.max / 1000
            let what = "DATEDIFF in nanoseconds"
            for row in 0..<microseconds.count
            where microseconds.isValid(row) && !(-limit...limit).contains(microseconds.int64s[row]) {
                throw SQLError(.data, "\(what) does not fit 64 bits: use microseconds")
            }
            return TemporalVectors.map(microseconds, to: .integer) { $0 &* 1000 }
        }
    }

    @inline(__always)
    private static func steps(_ from: Vector, _ to: Vector, _ index: (Int64) -> Int64) -> Vector {
        TemporalVectors.map(from, to, to: .integer) { index($1) &- index($0) }
    }

    /// A number that rises by one from part to part.
    private static func index(_ part: DatePart, _ days: Vector, _ weeks: WeekRules) -> Vector {
        switch part {
        case .year: TemporalVectors.map(days, to: .integer) { Civil.date($0).year }
        case .quarter: TemporalVectors.map(days, to: .integer) { Civil.floor(Civil.monthIndex($0), 3) }
        case .month: TemporalVectors.map(days, to: .integer) { Civil.monthIndex($0) }
        case .week, .weekISO: TemporalVectors.map(days, to: .integer) { weeks.index($0) }
        default: days
        }
    }

    private static func monthsBetween(_ later: Vector, _ earlier: Vector, count: Int) -> Vector {
        let result = Vector.allocate(.float, layout: .double, count: count, hasValidity: true)
        for row in 0..<count {
            result.validity?[row] = later.isValid(row) && earlier.isValid(row) ? 1 : 0
            let (time1, time2) = (later.int64s[row], earlier.int64s[row])
            let (days1, days2) = (Civil.floor(time1, Civil.day), Civil.floor(time2, Civil.day))
            let (date1, date2) = (Civil.date(days1), Civil.date(days2))
            let months = (date1.year &- date2.year) &* 12 &+ date1.month &- date2.month
            let areLast =
                date1.day == Civil.length(date1.year, date1.month)
                && date2.day == Civil.length(date2.year, date2.month)
            if date1.day == date2.day || areLast {
                result.doubles[row] = Double(months)
            } else {
                let rest = (time1 &- days1 &* Civil.day) &- (time2 &- days2 &* Civil.day)
                let days = Double(date1.day &- date2.day) + Double(rest) / Double(Civil.day)
                result.doubles[row] = Double(months) + days / 31
            }
        }
        let hasNulls = later.validity != nil || earlier.validity != nil
        return hasNulls ? result : result.with(validity: .some(nil))
    }
}
