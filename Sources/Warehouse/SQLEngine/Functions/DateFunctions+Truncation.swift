import CivilTime
import Vectors

extension DateFunctions {
    static let truncation: [ScalarFunction] = [
        ScalarFunction(
            "DATE_TRUNC", aliases: ["DATETRUNC"], truncationSignature,
            "The beginning of the year, month, hour or other part in which a date or time lies.",
            wordArgument: 0,
            risingArgument: 1, bind: bindTruncation)
    ]

    private static let truncationSignature = "DATE_TRUNC(part, date_or_time)"

    /// DATE_TRUNC, and TRUNC of a date: the part may stand first or second.
    package static func bindTruncation(
        _ arguments: [ScalarFunction.Argument]
    ) throws(SQLError) -> ScalarFunction.Binding {
        let signature = truncationSignature
        try expect(arguments, 2...2, signature)
        let isSwapped =
            arguments[0].type.isTemporal
            || (DatePart.of(arguments[0]) == nil && DatePart.of(arguments[1]) != nil)
        let (partPlace, datePlace) = isSwapped ? (1, 0) : (0, 1)
        let part = try DatePart.required(arguments[partPlace], signature)
        let type = try temporal(arguments, datePlace, signature)
        try check(part, for: type, signature)
        return ScalarFunction.Binding(isSwapped ? [type, .varchar] : [.varchar, type], type) {
            vectors, _, context in
            truncate(vectors[datePlace], to: part, context)
        }
    }

    /// The beginnings of the parts in which dates or times lie.
    static func truncate(_ vector: Vector, to part: DatePart, _ context: EvaluationContext) -> Vector {
        let weeks = part == .weekISO ? WeekRules.iso : WeekRules(context)
        switch vector.type {
        case .date: return truncateDays(vector, to: part, weeks)
        case .timestampLTZ:
            if part.isOfTime {
                // With the offset of each instant itself: the hour that comes twice stays two hours.
                var clock = ZoneClock(context.zone)
                let offsets = TemporalVectors.map(vector, to: .timestampNTZ) { clock.offset(atUTC: $0) }
                let wall = TemporalVectors.map(vector, offsets, to: .timestampNTZ) { $0 &+ $1 }
                return TemporalVectors.map(
                    truncateMicroseconds(wall, to: part, weeks), offsets, to: .timestampLTZ
                ) {
                    $0 &- $1
                }
            }
            fallthrough
        case .timestampTZ:
            let wall = TemporalVectors.wallClock(vector, context)
            let truncated = truncateMicroseconds(wall, to: part, weeks)
            return TemporalVectors.from(wallClock: truncated, to: vector.type, like: vector, context)
        default: return truncateMicroseconds(vector, to: part, weeks)
        }
    }

    private static func truncateDays(_ days: Vector, to part: DatePart, _ weeks: WeekRules) -> Vector {
        switch part {
        case .year, .quarter, .month:
            var span = MonthSpan(monthsOf: part)
            return TemporalVectors.map(days, to: .date) { span.start(ofDay: $0) }
        case .week, .weekISO:
            let first = weeks.first
            return TemporalVectors.map(days, to: .date) { $0 &- Civil.modulo($0 &+ 3 &- first, 7) }
        default: return days
        }
    }

    private static func truncateMicroseconds(_ times: Vector, to part: DatePart, _ weeks: WeekRules) -> Vector
    {
        let type = times.type
        switch part {
        case .year, .quarter, .month:
            var span = MonthSpan(monthsOf: part)
            return TemporalVectors.map(times, to: type) { span.start(ofMicrosecond: $0) }
        case .week, .weekISO:
            let shift = (3 &- weeks.first) &* Civil.day
            return TemporalVectors.map(times, to: type) { $0 &- Civil.modulo($0 &+ shift, 604_800_000_000) }
        // Each length is written out, so that the compiler divides by multiplying.
        case .day: return TemporalVectors.map(times, to: type) { $0 &- Civil.modulo($0, 86_400_000_000) }
        case .hour: return TemporalVectors.map(times, to: type) { $0 &- Civil.modulo($0, 3_600_000_000) }
        case .minute: return TemporalVectors.map(times, to: type) { $0 &- Civil.modulo($0, 60_000_000) }
        case .second: return TemporalVectors.map(times, to: type) { $0 &- Civil.modulo($0, 1_000_000) }
        case .millisecond: return TemporalVectors.map(times, to: type) { $0 &- Civil.modulo($0, 1000) }
        default: return times
        }
    }
}

/// The month, quarter or year of the last time asked for, as most often the next one lies in it, too.
struct MonthSpan {
    private let months: Int64
    /// Days, or microseconds, whichever are asked for.
    private var start: Int64 = 0
    private var length: Int64 = 0

    init(monthsOf part: DatePart) {
        if case .months(let count)? = part.length { months = count } else { months = 1 }
    }

    @inline(__always)
    mutating func start(ofDay day: Int64) -> Int64 {
        if UInt64(bitPattern: day &- start) < UInt64(bitPattern: length) { return start }
        (start, length) = span(of: day)
        return start
    }

    @inline(__always)
    mutating func start(ofMicrosecond time: Int64) -> Int64 {
        if UInt64(bitPattern: time &- start) < UInt64(bitPattern: length) { return start }
        let days = span(of: Civil.floor(time, Civil.day))
        start = days.start &* Civil.day
        length = days.length &* Civil.day
        return start
    }

    private func span(of day: Int64) -> (start: Int64, length: Int64) {
        let date = Civil.date(day)
        switch months {
        case 1: return (day &- date.day &+ 1, Civil.length(date.year, date.month))
        case 12: return (Civil.days(date.year, 1, 1), Civil.isLeap(date.year) ? 366 : 365)
        default:
            let month = (date.month &- 1) / 3 &* 3 &+ 1
            let start = Civil.days(date.year, month, 1)
            let last = Civil.length(date.year, month) &+ Civil.length(date.year, month &+ 1)
            return (start, last &+ Civil.length(date.year, month &+ 2))
        }
    }
}
