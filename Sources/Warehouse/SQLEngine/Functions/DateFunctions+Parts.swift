import CivilTime
import Vectors

extension DateFunctions {
    static let parts: [ScalarFunction] =
        [
            ScalarFunction(
                "DATE_PART", aliases: ["DATEPART", "EXTRACT"], "DATE_PART(part, date_or_time)",
                "A part of a date or time as a number.", wordArgument: 0
            ) { arguments throws(SQLError) in
                let signature = "DATE_PART(part, date_or_time)"
                try expect(arguments, 2...2, signature)
                let part = try DatePart.required(arguments[0], signature) { _ in true }
                let type = try partInput(arguments, 1, part, signature)
                return ScalarFunction.Binding([.varchar, type], resultType(part)) { vectors, _, context in
                    try extract(part, vectors[1], context)
                }
            },
            partFunction("YEAR", .year, isRising: true),
            partFunction("YEAROFWEEK", .yearOfWeek, isRising: true),
            partFunction("YEAROFWEEKISO", .yearOfWeekISO, isRising: true),
            partFunction("QUARTER", .quarter), partFunction("MONTH", .month),
            partFunction("WEEK", aliases: ["WEEKOFYEAR"], .week), partFunction("WEEKISO", .weekISO),
            partFunction("DAY", aliases: ["DAYOFMONTH"], .day), partFunction("DAYOFWEEK", .dayOfWeek),
            partFunction("DAYOFWEEKISO", .dayOfWeekISO), partFunction("DAYOFYEAR", .dayOfYear),
            partFunction("HOUR", .hour), partFunction("MINUTE", .minute), partFunction("SECOND", .second),
        ]

    private static func partFunction(
        _ name: String, aliases: [String] = [], _ part: DatePart, isRising: Bool = false
    ) -> ScalarFunction {
        let signature = part.isOfTime ? "\(name)(time_or_timestamp)" : "\(name)(date_or_timestamp)"
        return ScalarFunction(
            name, aliases: aliases, signature, "The \(part.name) of a date or time, as a number.",
            risingArgument: isRising ? 0 : nil
        ) { arguments throws(SQLError) in
            try expect(arguments, 1...1, signature)
            let type = try partInput(arguments, 0, part, signature)
            return ScalarFunction.Binding([type], resultType(part)) { vectors, _, context in
                try extract(part, vectors[0], context)
            }
        }
    }

    private static func partInput(
        _ arguments: [ScalarFunction.Argument], _ place: Int, _ part: DatePart, _ signature: String
    ) throws(SQLError) -> SQLType {
        let type = try temporal(arguments, place, signature)
        try check(part, for: type, signature)
        if part == .timezoneHour || part == .timezoneMinute, type != .timestampTZ, type != .timestampLTZ {
            throw SQLError(
                .invalid, "\(type) has no \(part.name); convert it to TIMESTAMP_TZ or TIMESTAMP_LTZ first")
        }
        return type
    }

    private static func resultType(_ part: DatePart) -> SQLType {
        switch part {
        case .year, .yearOfWeek, .yearOfWeekISO: .number(precision: 4, scale: 0)
        case .dayOfYear, .millisecond: .number(precision: 3, scale: 0)
        case .microsecond: .number(precision: 6, scale: 0)
        case .nanosecond: .number(precision: 9, scale: 0)
        case .epochSecond, .epochMillisecond, .epochMicrosecond, .epochNanosecond: .integer
        default: .number(precision: 2, scale: 0)
        }
    }

    /// A part of each date or time.
    static func extract(_ part: DatePart, _ vector: Vector, _ context: EvaluationContext) throws -> Vector {
        let type = resultType(part)
        switch part {
        case .hour, .minute, .second, .millisecond, .microsecond, .nanosecond:
            if vector.type == .date { return TemporalVectors.map(vector, to: type) { _ in 0 } }
            return timePart(part, TemporalVectors.wallClock(vector, context), type)
        case .epochSecond:
            return TemporalVectors.map(TemporalVectors.instants(vector), to: type) {
                Civil.floor($0, 1_000_000)
            }
        case .epochMillisecond:
            return TemporalVectors.map(TemporalVectors.instants(vector), to: type) { Civil.floor($0, 1000) }
        case .epochMicrosecond: return TemporalVectors.map(TemporalVectors.instants(vector), to: type) { $0 }
        case .epochNanosecond: return nanoseconds(TemporalVectors.instants(vector), type)
        case .timezoneHour, .timezoneMinute: return offsetPart(part, vector, type, context)
        default: return datePart(part, TemporalVectors.days(vector, context), type, WeekRules(context))
        }
    }

    private static func timePart(_ part: DatePart, _ wall: Vector, _ type: SQLType) -> Vector {
        switch part {
        case .hour:
            return TemporalVectors.map(wall, to: type) { Civil.modulo($0, 86_400_000_000) / 3_600_000_000 }
        case .minute:
            return TemporalVectors.map(wall, to: type) { Civil.modulo($0, 3_600_000_000) / 60_000_000 }
        case .second: return TemporalVectors.map(wall, to: type) { Civil.modulo($0, 60_000_000) / 1_000_000 }
        case .millisecond: return TemporalVectors.map(wall, to: type) { Civil.modulo($0, 1_000_000) / 1000 }
        case .microsecond: return TemporalVectors.map(wall, to: type) { Civil.modulo($0, 1_000_000) }
        default: return TemporalVectors.map(wall, to: type) { Civil.modulo($0, 1_000_000) &* 1000 }
        }
    }

    private static func datePart(_ part: DatePart, _ days: Vector, _ type: SQLType, _ weeks: WeekRules)
        -> Vector
    {
        switch part {
        case .year: return TemporalVectors.map(days, to: type) { Civil.date($0).year }
        case .quarter: return TemporalVectors.map(days, to: type) { (Civil.date($0).month &+ 2) / 3 }
        case .month: return TemporalVectors.map(days, to: type) { Civil.date($0).month }
        case .week: return TemporalVectors.map(days, to: type) { weeks.week($0) }
        case .weekISO: return TemporalVectors.map(days, to: type) { WeekRules.iso.week($0) }
        case .dayOfWeek: return TemporalVectors.map(days, to: type) { weeks.dayOfWeek($0) }
        case .dayOfWeekISO: return TemporalVectors.map(days, to: type) { Civil.modulo($0 &+ 3, 7) &+ 1 }
        case .dayOfYear:
            return TemporalVectors.map(days, to: type) { $0 &- Civil.days(Civil.date($0).year, 1, 1) &+ 1 }
        case .yearOfWeek: return TemporalVectors.map(days, to: type) { weeks.yearOfWeek($0) }
        case .yearOfWeekISO: return TemporalVectors.map(days, to: type) { WeekRules.iso.yearOfWeek($0) }
        default: return TemporalVectors.map(days, to: type) { Civil.date($0).day }
        }
    }

    /// Nanoseconds since 1970, with 128 bits where 64 do not suffice (from 2262 on).
    private static func nanoseconds(_ instants: Vector, _ type: SQLType) -> Vector {
        let limit = Int64.max / 1000
        for row in 0..<instants.count
        where instants.isValid(row) && !(-limit...limit).contains(instants.int64s[row]) {
            let result = Vector.allocate(type, layout: .int128, count: instants.count)
            for row in 0..<instants.count { result.int128s[row] = Int128(instants.int64s[row]) * 1000 }
            return TemporalVectors.finish(result, like: instants)
        }
        return TemporalVectors.map(instants, to: type) { $0 &* 1000 }
    }

    private static func offsetPart(
        _ part: DatePart, _ vector: Vector, _ type: SQLType, _ context: EvaluationContext
    ) -> Vector {
        let minutes: Vector
        if vector.type == .timestampTZ {
            minutes = TemporalVectors.map(vector, to: type) { Int64(TimestampTZ.offsetMinutes($0)) }
        } else {
            var clock = ZoneClock(context.zone)
            minutes = TemporalVectors.map(vector, to: type) { clock.offset(atUTC: $0) / 60_000_000 }
        }
        return part == .timezoneHour
            ? TemporalVectors.map(minutes, to: type) { $0 / 60 }
            : TemporalVectors.map(minutes, to: type) { $0 % 60 }
    }
}
