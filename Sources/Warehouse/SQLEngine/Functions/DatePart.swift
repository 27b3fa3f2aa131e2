import Vectors

/// A part of a date or time, such as DATE_TRUNC and DATE_PART name it.
package enum DatePart: String, Sendable, CaseIterable {
    case year, quarter, month, week, weekISO, day
    case dayOfWeek, dayOfWeekISO, dayOfYear, yearOfWeek, yearOfWeekISO
    case hour, minute, second, millisecond, microsecond, nanosecond
    case epochSecond, epochMillisecond, epochMicrosecond, epochNanosecond
    case timezoneHour, timezoneMinute

    /// The part that a name or an abbreviation stands for, whatever its case.
    package static func named(_ name: String) -> DatePart? { byName[name.lowercased()] }

    private static let byName: [String: DatePart] = {
        var result: [String: DatePart] = [:]
        for part in allCases {
            for name in part.names.split(separator: " ") { result[String(name)] = part }
        }
        return result
    }()

    /// All names, the one for messages first.
    private var names: String {
        switch self {
        case .year: "year y yy yyy yyyy yr years yrs"
        case .quarter: "quarter q qtr qtrs quarters"
        case .month: "month mm mon mons months"
        case .week: "week w wk weekofyear woy wy weeks"
        case .weekISO: "weekiso week_iso weekofyeariso weekofyear_iso"
        case .day: "day d dd days dayofmonth"
        case .dayOfWeek: "dayofweek weekday dow dw"
        case .dayOfWeekISO: "dayofweekiso weekday_iso dow_iso dw_iso dayofweek_iso"
        case .dayOfYear: "dayofyear yearday doy dy"
        case .yearOfWeek: "yearofweek"
        case .yearOfWeekISO: "yearofweekiso yearofweek_iso"
        case .hour: "hour h hh hr hours hrs"
        case .minute: "minute m mi min minutes mins"
        case .second: "second s sec seconds secs"
        case .millisecond: "millisecond ms msec milliseconds msecs"
        case .microsecond: "microsecond us usec microseconds usecs"
        case .nanosecond: "nanosecond ns nsec nanosec nsecond nanoseconds nanosecs nseconds"
        case .epochSecond: "epoch_second epoch epoch_seconds"
        case .epochMillisecond: "epoch_millisecond epoch_milliseconds"
        case .epochMicrosecond: "epoch_microsecond epoch_microseconds"
        case .epochNanosecond: "epoch_nanosecond epoch_nanoseconds"
        case .timezoneHour: "timezone_hour tzh"
        case .timezoneMinute: "timezone_minute tzm"
        }
    }

    /// The name for messages.
    var name: String { names.split(separator: " ").first.map { String($0) } ?? rawValue }
}

extension DatePart {
    /// How long a part is of which time has whole numbers: the unit of DATEADD, DATEDIFF and DATE_TRUNC.
    enum Length: Sendable, Equatable {
        case months(Int64)
        case days(Int64)
        case microseconds(Int64)
        /// Thousands of it are a microsecond.
        case nanosecond
    }

    /// The length, of parts that have one.
    var length: Length? {
        switch self {
        case .year: .months(12)
        case .quarter: .months(3)
        case .month: .months(1)
        case .week, .weekISO: .days(7)
        case .day: .days(1)
        case .hour: .microseconds(3_600_000_000)
        case .minute: .microseconds(60_000_000)
        case .second: .microseconds(1_000_000)
        case .millisecond: .microseconds(1000)
        case .microsecond: .microseconds(1)
        case .nanosecond: .nanosecond
        default: nil
        }
    }

    /// Whether it is a day or longer, or something that a date without time has.
    var isOfDate: Bool {
        switch self {
        case .year, .quarter, .month, .week, .weekISO, .day, .dayOfWeek, .dayOfWeekISO, .dayOfYear,
            .yearOfWeek,
            .yearOfWeekISO:
            true
        default: false
        }
    }

    /// Whether it is an hour or shorter.
    var isOfTime: Bool {
        switch self {
        case .hour, .minute, .second, .millisecond, .microsecond, .nanosecond: true
        default: false
        }
    }

    /// The part that a constant argument names; `nil` where it is no constant text or names none.
    static func of(_ argument: ScalarFunction.Argument) -> DatePart? {
        guard case .text(let name)? = argument.constant else { return nil }
        return named(name)
    }

    /// The part that an argument must name.
    ///
    /// - Parameter admits: what the function can do with.
    static func required(
        _ argument: ScalarFunction.Argument, _ signature: String,
        admits: (DatePart) -> Bool = { $0.length != nil }
    ) throws(SQLError) -> DatePart {
        guard case .text(let name)? = argument.constant else {
            throw SQLError(.invalid, "the part must be written out, such as MONTH: write \(signature)")
        }
        guard let part = named(name), admits(part) else {
            let known = allCases.filter(admits).map(\.name).joined(separator: ", ")
            throw SQLError(.invalid, "'\(name)' is no part of \(signature): it can be \(known)")
        }
        return part
    }
}
