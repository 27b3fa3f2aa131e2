import CivilTime
import Vectors

extension DateFunctions {
    // None of these is said to be rising: 31 January 1:00 and a month is before 30 January 2:00 and a month.
    static let adding: [ScalarFunction] = [
        ScalarFunction(
            "DATEADD", aliases: ["TIMEADD", "TIMESTAMPADD", "DATE_ADD"],
            "DATEADD(part, number, date_or_time)",
            "A date or time with a number of years, days, hours or other parts added.", wordArgument: 0
        ) { arguments throws(SQLError) in
            let signature = "DATEADD(part, number, date_or_time)"
            try expect(arguments, 3...3, signature)
            let part = try DatePart.required(arguments[0], signature)
            try number(arguments, 1, signature)
            let type = try temporal(arguments, 2, signature)
            try check(part, for: type, signature)
            let result = sumType(type, part)
            return ScalarFunction.Binding([.varchar, .integer, type], result) { vectors, _, context in
                let counts = try TemporalVectors.whole(vectors[1])
                return try add(counts, part, to: vectors[2], what: "DATEADD", context)
            }
        },
        ScalarFunction(
            "ADD_MONTHS", "ADD_MONTHS(date_or_timestamp, months)",
            "A date some months on; of the last day of a month, the last day of the other."
        ) { arguments throws(SQLError) in
            let signature = "ADD_MONTHS(date_or_timestamp, months)"
            try expect(arguments, 2...2, signature)
            let type = try temporal(arguments, 0, signature, admitsTime: false)
            try number(arguments, 1, signature)
            return ScalarFunction.Binding([type, .integer], type) { vectors, _, context in
                let counts = try TemporalVectors.whole(vectors[1])
                return try addMonths(
                    counts, times: 1, to: vectors[0], keepsLastDay: true, what: "ADD_MONTHS", context)
            }
        },
    ]

    /// A DATE with hours or less added is a timestamp; otherwise types stay.
    static func sumType(_ type: SQLType, _ part: DatePart) -> SQLType {
        type == .date && part.isOfTime ? .timestampNTZ : type
    }

    /// Adds numbers of parts to dates or times.
    ///
    /// - Parameter counts: 64 bits each.
    static func add(
        _ counts: Vector, _ part: DatePart, to vector: Vector, what: String, _ context: EvaluationContext
    ) throws -> Vector {
        switch part.length {
        case .months(let months):
            return try addMonths(counts, times: months, to: vector, keepsLastDay: false, what: what, context)
        case .days(let days): return try addDays(counts, times: days, to: vector, what: what, context)
        case .microseconds(let length): return try addMicroseconds(counts, length, to: vector, what: what)
        case .nanosecond:
            let microseconds = TemporalVectors.map(counts, to: .integer) { Civil.floor($0, 1000) }
            return try addMicroseconds(microseconds, 1, to: vector, what: what)
        case nil: throw SQLError(.invalid, "\(what) cannot add numbers of \(part.name)")
        }
    }

    /// Holds a count to what leaves the range of dates for certain, and is far from the limits of 64 bits.
    @inline(__always)
    private static func held(_ count: Int64, to limit: Int64) -> Int64 { max(-limit, min(limit, count)) }

    private static func addMonths(
        _ counts: Vector, times: Int64, to vector: Vector, keepsLastDay: Bool, what: String,
        _ context: EvaluationContext
    ) throws -> Vector {
        if vector.type == .date {
            let sum = TemporalVectors.map(vector, counts, to: .date) { days, count in
                let months = held(count, to: 200_000) &* times
                return keepsLastDay ? lastDayKept(months, days) : Civil.adding(months: months, to: days)
            }
            return try TemporalVectors.checked(sum, what)
        }
        let wall = TemporalVectors.wallClock(vector, context)
        let sum = TemporalVectors.map(wall, counts, to: .timestampNTZ) { time, count in
            let days = Civil.floor(time, Civil.day)
            let months = held(count, to: 200_000) &* times
            let later = keepsLastDay ? lastDayKept(months, days) : Civil.adding(months: months, to: days)
            return time &+ (later &- days) &* Civil.day
        }
        return try returned(sum, to: vector, what, context)
    }

    private static func lastDayKept(_ months: Int64, _ days: Int64) -> Int64 {
        let date = Civil.date(days)
        let sum = Civil.adding(months: months, to: days)
        guard date.day == Civil.length(date.year, date.month) else { return sum }
        let other = Civil.date(sum)
        return sum &+ Civil.length(other.year, other.month) &- other.day
    }

    private static func addDays(
        _ counts: Vector, times: Int64, to vector: Vector, what: String, _ context: EvaluationContext
    ) throws -> Vector {
        if vector.type == .date {
            let sum = TemporalVectors.map(vector, counts, to: .date) {
                $0 &+ held($1, to: 4_000_000) &* times
            }
            return try TemporalVectors.checked(sum, what)
        }
        // A day later is the same time of the next day, be that after 23 or 25 hours.
        let wall = TemporalVectors.wallClock(vector, context)
        let length = times &* Civil.day
        let sum = TemporalVectors.map(wall, counts, to: .timestampNTZ) {
            $0 &+ held($1, to: 4_000_000) &* length
        }
        return try returned(sum, to: vector, what, context)
    }

    /// Wall-clock times back to the type of `vector`, checked.
    private static func returned(
        _ wall: Vector, to vector: Vector, _ what: String, _ context: EvaluationContext
    ) throws -> Vector {
        let checked = try TemporalVectors.checked(wall, what)
        let result = TemporalVectors.from(wallClock: checked, to: vector.type, like: vector, context)
        return try TemporalVectors.checked(result, what)
    }

    private static func addMicroseconds(
        _ counts: Vector, _ length: Int64, to vector: Vector, what: String
    ) throws -> Vector {
        let limit = 400_000_000_000_000_000 / length
        switch vector.type {
        case .time:
            let perDay = Civil.day / length
            return TemporalVectors.map(vector, counts, to: .time) {
                Civil.modulo($0 &+ ($1 % perDay) &* length, Civil.day)
            }
        case .date:
            let sum = TemporalVectors.map(vector, counts, to: .timestampNTZ) {
                $0 &* Civil.day &+ held($1, to: limit) &* length
            }
            return try TemporalVectors.checked(sum, what)
        case .timestampTZ:
            let sum = TemporalVectors.map(vector, counts, to: .timestampTZ) { packed, count in
                let instant = TimestampTZ.utcMicroseconds(packed) &+ held(count, to: limit) &* length
                return TemporalVectors.pack(instant, TimestampTZ.offsetMinutes(packed))
            }
            return try TemporalVectors.checked(sum, what)
        default:
            let sum = TemporalVectors.map(vector, counts, to: vector.type) {
                $0 &+ held($1, to: limit) &* length
            }
            return try TemporalVectors.checked(sum, what)
        }
    }
}
