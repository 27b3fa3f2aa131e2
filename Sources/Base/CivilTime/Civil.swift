/// Calendar arithmetic for hot loops: it never traps, and days far outside of the years 1 to 9999 (such as
/// stand in rows that are NULL) give some date or other.
package enum Civil {
    /// 10 cycles of 400 years, so that all years that matter are counted from below.
    @inlinable static var years: Int64 { 4000 }
    @inlinable static var daysBefore: Int64 { 1_460_970 + 719_468 }

    /// The days since 1970-01-01 that dates may have: years 1 to 9999.
    @inlinable package static var dayRange: ClosedRange<Int64> { -719_162...2_932_896 }
    /// The microseconds since 1970-01-01 that timestamps may have.
    @inlinable package static var microsecondRange: ClosedRange<Int64> {
        (-719_162 * day)...(2_932_897 * day - 1)
    }
    /// The microseconds of a day.
    @inlinable package static var day: Int64 { 86_400_000_000 }

    @inlinable @inline(__always)
    package static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
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
    @inlinable @inline(__always)
    package static func days(_ year: Int64, _ month: Int64, _ dayOfMonth: Int64) -> Int64 {
        let shifted = UInt32(truncatingIfNeeded: year &+ years &- (month <= 2 ? 1 : 0))
        let era = shifted / 400
        let yearOfEra = shifted &- era &* 400
        let shiftedMonth = UInt32(truncatingIfNeeded: month > 2 ? month &- 3 : month &+ 9)
        let dayOfYear = (153 &* shiftedMonth &+ 2) / 5
        let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
        return Int64(era) &* 146_097 &+ Int64(dayOfEra) &+ dayOfMonth &- 1 &- daysBefore
    }

    /// The days of month 1 to 12.
    @inlinable @inline(__always)
    package static func length(_ year: Int64, _ month: Int64) -> Int64 {
        if month == 2 { return isLeap(year) ? 29 : 28 }
        return 30 &+ ((month &+ (month >> 3)) & 1)
    }

    @inlinable @inline(__always)
    package static func isLeap(_ year: Int64) -> Bool { year & 3 == 0 && (year % 100 != 0 || year & 15 == 0) }

    /// Months since January of year 0, and back to the days of the first.
    @inlinable @inline(__always)
    package static func monthIndex(_ days: Int64) -> Int64 {
        let date = date(days)
        return date.year &* 12 &+ date.month &- 1
    }

    @inlinable @inline(__always)
    package static func firstDay(monthIndex: Int64) -> Int64 {
        let year = floor(monthIndex, 12)
        return days(year, monthIndex &- year &* 12 &+ 1, 1)
    }

    /// The quotient rounded down. `divisor` is above 0.
    @inlinable @inline(__always)
    package static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return quotient &+ ((value &- quotient &* divisor) >> 63)
    }

    /// The remainder of at least 0. `divisor` is above 0.
    @inlinable @inline(__always)
    package static func modulo(_ value: Int64, _ divisor: Int64) -> Int64 {
        let remainder = value % divisor
        return remainder &+ ((remainder >> 63) & divisor)
    }

    /// The same day some months on; the last of the month where there is no such day.
    @inlinable @inline(__always)
    package static func adding(months: Int64, to days: Int64) -> Int64 {
        let date = date(days)
        let index = date.year &* 12 &+ date.month &- 1 &+ months
        let year = floor(index, 12)
        let month = index &- year &* 12 &+ 1
        return Self.days(year, month, min(date.day, length(year, month)))
    }
}
