import Vectors

/// Calendar arithmetic for hot loops: it never traps, and days far outside of the years 1 to 9999 (such as
/// stand in rows that are NULL) give some date or other.
enum Civil {
    /// 10 cycles of 400 years, so that all years that matter are counted from below.
    private static let years: Int64 = 4000
    private static let daysBefore: Int64 = 1_460_970 + 719_468

    /// The days since 1970-01-01 that dates may have: years 1 to 9999.
    static let dayRange: ClosedRange<Int64> = -719_162...2_932_896
    /// The microseconds since 1970-01-01 that timestamps may have.
    static let microsecondRange: ClosedRange<Int64> = (-719_162 * day)...(2_932_897 * day - 1)
    static let day = Calendar.microsecondsPerDay

    @inline(__always)
    static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // In quarters of a day, centuries and years (from 1 March on) are of one length each.
        let quarters = 4 &* UInt32(truncatingIfNeeded: days &+ daysBefore) &+ 3
        let century = quarters / 146_097
        let ofCentury = (quarters &- century &* 146_097) | 3
        let yearOfCentury = ofCentury / 1461
        let dayOfYear = (ofCentury &- yearOfCentury &* 1461) / 4
        let shiftedMonth = (5 &* dayOfYear &+ 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth &+ 3 : shiftedMonth &- 9
        let dayOfMonth = dayOfYear &- (153 &* shiftedMonth &+ 2) / 5 &+ 1
        let year = Int64(yearOfCentury &+ century &* 100) &- years &+ (month <= 2 ? 1 : 0)
        return (year, Int64(month), Int64(dayOfMonth))
    }

    /// Days since 1970-01-01; months are 1 to 12, days count on.
    @inline(__always)
    static func days(_ year: Int64, _ month: Int64, _ dayOfMonth: Int64) -> Int64 {
        let shifted = UInt32(truncatingIfNeeded: year &+ years &- (month <= 2 ? 1 : 0))
        let era = shifted / 400
        let yearOfEra = shifted &- era &* 400
        let shiftedMonth = UInt32(truncatingIfNeeded: month > 2 ? month &- 3 : month &+ 9)
        let dayOfYear = (153 &* shiftedMonth &+ 2) / 5
        let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
        return Int64(era) &* 146_097 &+ Int64(dayOfEra) &+ dayOfMonth &- 1 &- daysBefore
    }

    /// The days of month 1 to 12.
    @inline(__always)
    static func length(_ year: Int64, _ month: Int64) -> Int64 {
        if month == 2 { return isLeap(year) ? 29 : 28 }
        return 30 &+ ((month &+ (month >> 3)) & 1)
    }

    @inline(__always)
    static func isLeap(_ year: Int64) -> Bool { year & 3 == 0 && (year % 100 != 0 || year & 15 == 0) }

    /// Months since January of year 0, and back to the days of the first.
    @inline(__always)
    static func monthIndex(_ days: Int64) -> Int64 {
        let date = date(days)
        return date.year &* 12 &+ date.month &- 1
    }

    @inline(__always)
    static func firstDay(monthIndex: Int64) -> Int64 {
        let year = floor(monthIndex, 12)
        return days(year, monthIndex &- year &* 12 &+ 1, 1)
    }

    /// The quotient rounded down. `divisor` is above 0.
    @inline(__always)
    static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return quotient &+ ((value &- quotient &* divisor) >> 63)
    }

    /// The remainder of at least 0. `divisor` is above 0.
    @inline(__always)
    static func modulo(_ value: Int64, _ divisor: Int64) -> Int64 {
        let remainder = value % divisor
        return remainder &+ ((remainder >> 63) & divisor)
    }

    /// The same day some months on; the last of the month where there is no such day.
    @inline(__always)
    static func adding(months: Int64, to days: Int64) -> Int64 {
        let date = date(days)
        let index = date.year &* 12 &+ date.month &- 1 &+ months
        let year = floor(index, 12)
        let month = index &- year &* 12 &+ 1
        return Self.days(year, month, min(date.day, length(year, month)))
    }
}

/// The weeks of a session: which day begins one, and how they are numbered.
struct WeekRules {
    /// The first day of a week, 0 Monday to 6 Sunday.
    let first: Int64
    /// DAYOFWEEK counts from Sunday as 0, the default, or from the first day as 1.
    let countsFromSunday: Bool
    /// Whether the first week is the one with 1 January; otherwise the one with most days in the year.
    let beginsWithYear: Bool

    static let iso = WeekRules(first: 0, countsFromSunday: false, beginsWithYear: false)

    init(first: Int64, countsFromSunday: Bool, beginsWithYear: Bool) {
        self.first = first
        self.countsFromSunday = countsFromSunday
        self.beginsWithYear = beginsWithYear
    }

    init(_ context: EvaluationContext) {
        let start = Int64(min(max(context.weekStart, 0), 7))
        self.init(
            first: max(0, start - 1), countsFromSunday: start == 0,
            beginsWithYear: context.weekOfYearPolicy == 1)
    }

    /// How many days of the week have passed: 0 to 6.
    @inline(__always)
    func weekday(_ days: Int64) -> Int64 { Civil.modulo(days &+ 3 &- first, 7) }

    /// The first day of the week.
    @inline(__always)
    func start(_ days: Int64) -> Int64 { days &- weekday(days) }

    /// A number that rises by one from week to week.
    @inline(__always)
    func index(_ days: Int64) -> Int64 { Civil.floor(days &+ 3 &- first, 7) }

    @inline(__always)
    func dayOfWeek(_ days: Int64) -> Int64 {
        countsFromSunday ? Civil.modulo(days &+ 4, 7) : weekday(days) &+ 1
    }

    @inline(__always)
    func yearOfWeek(_ days: Int64) -> Int64 {
        Civil.date(beginsWithYear ? days : start(days) &+ 3).year
    }

    @inline(__always)
    func week(_ days: Int64) -> Int64 {
        if beginsWithYear {
            let newYear = Civil.days(Civil.date(days).year, 1, 1)
            return (days &- start(newYear)) / 7 &+ 1
        }
        let middle = start(days) &+ 3
        return (middle &- Civil.days(Civil.date(middle).year, 1, 1)) / 7 &+ 1
    }
}
