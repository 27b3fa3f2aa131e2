import CivilTime
internal import Vectors

/// What a comparison of a date's or time's text with other text says of the date or time itself.
///
/// Between the years 0 and 9999 texts compare as what they stand for. Bounds may be wider than what the
/// comparison says, since SQLite compares again, but never narrower.
enum TemporalBound {
    /// The days of the years 0 to 9999, since 1970-01-01.
    static let days: ClosedRange<Int64> =
        Calendar.days(year: 0, month: 1, day: 1)...Calendar.days(year: 9999, month: 12, day: 31)

    /// Whether all values of a column are of these years, by the least and the greatest.
    static func isOrdered(_ type: SQLType, min: Int64, max: Int64) -> Bool {
        let unit = type == .date ? 1 : Calendar.microsecondsPerDay
        return min >= days.lowerBound * unit && max < (days.upperBound + 1) * unit
    }

    /// A value of the type that text above `text` is not below, and one that text below it is not above.
    ///
    /// - Returns: `nil` where the text does not begin with a date.
    static func around(_ text: UnsafeBufferPointer<UInt8>, _ type: SQLType) -> (lower: Int64, upper: Int64)? {
        guard text.count >= 10, let year = number(text, 0..<4), text[4] == hyphen,
            let month = number(text, 5..<7),
            text[7] == hyphen, let day = number(text, 8..<10), (1...12).contains(month),
            (1...Calendar.daysInMonth(year: year, month: month)).contains(day)
        else { return nil }
        let date = Calendar.days(year: year, month: month, day: day)
        if type == .date { return (date, date) }
        let midnight = date * Calendar.microsecondsPerDay
        guard text.count >= 19, text[10] == UInt8(ascii: " "), let hour = number(text, 11..<13),
            text[13] == colon,
            let minute = number(text, 14..<16), text[16] == colon, let second = number(text, 17..<19),
            hour < 24, minute < 60,
            second < 60
        else { return (midnight, midnight + Calendar.microsecondsPerDay) }
        let start = midnight + Int64(hour * 3600 + minute * 60 + second) * 1_000_000
        return (start, start + 1_000_000)
    }

    private static let hyphen = UInt8(ascii: "-")
    private static let colon = UInt8(ascii: ":")

    private static func number(_ text: UnsafeBufferPointer<UInt8>, _ places: Range<Int>) -> Int? {
        var value = 0
        for place in places {
            guard (0x30...0x39).contains(text[place]) else { return nil }
            value = value * 10 + Int(text[place] - 0x30)
        }
        return value
    }
}
