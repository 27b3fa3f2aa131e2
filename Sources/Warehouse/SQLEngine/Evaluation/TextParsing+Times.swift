import CivilTime
import Vectors

/// Dates and times, in the forms that Snowflake tells apart by itself (AUTO): `2024-01-31`, `31-JAN-2024`,
/// `1/31/2024`, followed after a space or T by `hh`, `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction` and a zone
/// such as Z, `+01`, `+0100` or ` +01:00`; `Wed, 31 Jan 2024 10:00:00 +0000`; `Wed Jan 31 10:00:00 +0000
/// 2024`; and whole numbers, which count seconds, milliseconds, microseconds or nanoseconds since 1970, as
/// their magnitude suggests.
extension TextParsing {
    /// A timestamp as it was written.
    package struct Timestamp: Equatable, Sendable {
        /// The date and time of day that were written, in microseconds since 1970-01-01 00:00:00.
        package var local: Int64
        /// The offset from UTC that was written. `nil`: none.
        package var offsetMinutes: Int?
        /// Whether it was a number: then `local` is in UTC.
        package var isEpoch = false
    }

    /// A DATE in days; of a timestamp its date as written.
    package static func date(_ text: Bytes) -> Int64? {
        timestamp(text).map { Calendar.floorDivide($0.local, by: Calendar.microsecondsPerDay).quotient }
    }

    /// A TIME in microseconds: `hh:mm`, `hh:mm:ss`, `hh:mm:ss.fraction`, or a number as in timestamps.
    package static func time(_ text: Bytes) -> Int64? {
        var scanner = TimeScanner(trimmed(text))
        if let value = scanner.clock(needsMinutes: true) {
            if !scanner.isAtEnd, scanner.zone() == nil { return nil }
            return scanner.isAtEnd ? value : nil
        }
        return epoch(text).map { Calendar.floorDivide($0, by: Calendar.microsecondsPerDay).remainder }
    }

    /// A timestamp; digits beyond the microsecond are dropped.
    package static func timestamp(_ untrimmed: Bytes) -> Timestamp? {
        let text = trimmed(untrimmed)
        guard let first = text.first else { return nil }
        var scanner = TimeScanner(text)
        if !isDigit(first) {
            if let value = epoch(text) { return Timestamp(local: value, isEpoch: true) }
            return scanner.mailTimestamp()
        }
        guard let days = scanner.date() else {
            if let value = epoch(text) { return Timestamp(local: value, isEpoch: true) }
            scanner = TimeScanner(text)
            return scanner.mailTimestamp()
        }
        var result = Timestamp(local: days * Calendar.microsecondsPerDay)
        if scanner.isAtEnd { return result }
        guard scanner.take(0x20) || scanner.take(0x54) || scanner.take(0x74) else { return nil }
        guard let clock = scanner.clock(needsMinutes: false) else { return nil }
        result.local += clock
        if !scanner.isAtEnd {
            guard let zone = scanner.zone(), scanner.isAtEnd else { return nil }
            result.offsetMinutes = zone
        }
        return result
    }

    /// Microseconds since 1970 of a whole number in text.
    private static func epoch(_ text: Bytes) -> Int64? {
        guard let decimal = decimal(text), decimal.exponent == 0, !decimal.isInexact,
            let magnitude = Int64(exactly: decimal.digits)
        else { return nil }
        // A point, an exponent or a sign alone would have been no whole number.
        guard trimmed(text).allSatisfy({ isDigit($0) || $0 == 0x2D }) else { return nil }
        return microseconds(ofEpoch: decimal.isNegative ? -magnitude : magnitude)
    }

    /// Whole numbers of at least this magnitude count smaller units than seconds.
    static let epochSecondsEnd: Int64 = 31_536_000_000

    /// Microseconds of a whole number that counts seconds, or from 31,536,000,000 on (the year 2969)
    /// milliseconds, from a thousand times that on microseconds, from a million times that on nanoseconds;
    /// `nil` where it is out of range.
    package static func microseconds(ofEpoch value: Int64) -> Int64? {
        let magnitude = value.magnitude
        if magnitude < epochSecondsEnd { return value * 1_000_000 }
        if magnitude < 31_536_000_000_000 { return value * 1000 }
        if magnitude < 31_536_000_000_000_000 { return value }
        return Calendar.floorDivide(value, by: 1000).quotient
    }
}

/// Reads the parts of a date and time, one after the other.
struct TimeScanner {
    private let text: TextParsing.Bytes
    private var place = 0

    init(_ text: TextParsing.Bytes) { self.text = text }

    var isAtEnd: Bool { place == text.count }

    private var next: UInt8? { place < text.count ? text[place] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        place += 1
        return true
    }

    /// A number of `digits` digits.
    @inline(__always)
    private mutating func number(_ digits: ClosedRange<Int>) -> Int? {
        var value = 0
        let start = place
        while place < text.count, place - start < digits.upperBound, TextParsing.isDigit(text[place]) {
            value = value * 10 + Int(text[place] &- 0x30)
            place += 1
        }
        return place - start >= digits.lowerBound ? value : nil
    }

    /// A date in one of the forms that begin with a digit, in days.
    mutating func date() -> Int64? {
        guard let first = number(1...4) else { return nil }
        let length = place
        if length == 4 {
            guard take(0x2D), let month = number(1...2), take(0x2D), let day = number(1...2) else {
                return nil
            }
            return days(first, month, day)
        }
        guard length <= 2 else { return nil }
        if take(0x2F) {
            guard let day = number(1...2), take(0x2F), let year = number(4...4) else { return nil }
            return days(year, first, day)
        }
        guard take(0x2D), let month = month(), take(0x2D), let year = number(4...4) else { return nil }
        return days(year, month, first)
    }

    private func days(_ year: Int, _ month: Int, _ day: Int) -> Int64? {
        guard 1...12 ~= month, day >= 1, day <= Calendar.daysInMonth(year: year, month: month) else {
            return nil
        }
        return Calendar.days(year: year, month: month, day: day)
    }

    private static let months: [StaticString] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    private static let weekdays: [StaticString] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    private mutating func month() -> Int? { word(of: Self.months).map { $0 + 1 } }

    /// Which of words of three letters comes next.
    private mutating func word(of words: [StaticString]) -> Int? {
        guard place + 3 <= text.count else { return nil }
        let letters = TextParsing.Bytes(rebasing: text[place..<place + 3])
        guard let index = words.firstIndex(where: { TextParsing.matches(letters, $0) }) else { return nil }
        place += 3
        return index
    }

    /// A time of day in microseconds; where minutes are not needed, an hour may stand alone.
    mutating func clock(needsMinutes: Bool) -> Int64? {
        guard let hour = number(1...2), hour < 24 else { return nil }
        var seconds = hour * 3600
        guard take(0x3A) else { return needsMinutes ? nil : Int64(seconds) * 1_000_000 }
        guard let minute = number(1...2), minute < 60 else { return nil }
        seconds += minute * 60
        guard take(0x3A) else { return Int64(seconds) * 1_000_000 }
        guard let second = number(1...2), second < 60 else { return nil }
        seconds += second
        var result = Int64(seconds) * 1_000_000
        if take(0x2E) {
            guard let fraction = fraction() else { return nil }
            result += fraction
        }
        return result
    }

    /// The digits behind the point of seconds, in microseconds.
    private mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var digits = 0
        while place < text.count, TextParsing.isDigit(text[place]) {
            if digits < 6 { value = value * 10 + Int64(text[place] &- 0x30) }
            digits += 1
            place += 1
        }
        guard digits > 0 else { return nil }
        return digits < 6 ? value * DecimalMath.powers64[6 - digits] : value
    }

    /// An offset from UTC in minutes: Z, UTC, GMT, `+h`, `+hh`, `+hhmm`, `+hh:mm`, after a space or not.
    mutating func zone() -> Int? {
        while take(0x20) {}
        if take(0x5A) || take(0x7A) { return 0 }
        if word(of: ["utc", "gmt"]) != nil { return 0 }
        guard let sign = next, sign == 0x2B || sign == 0x2D else { return nil }
        place += 1
        guard let hours = number(1...2) else { return nil }
        _ = take(0x3A)
        let minutes = isAtEnd || next == 0x20 ? 0 : number(2...2)
        guard let minutes, minutes < 60, hours <= 15 else { return nil }
        let total = hours * 60 + minutes
        return sign == 0x2D ? -total : total
    }

    /// `[Wed, ]31 Jan 2024 10:00:00 [PM] [+0000]` or `Wed Jan 31 10:00:00 +0000 2024`.
    mutating func mailTimestamp() -> TextParsing.Timestamp? {
        let hasWeekday = word(of: Self.weekdays) != nil
        if hasWeekday { _ = take(0x2C) }
        while take(0x20) {}
        if hasWeekday, let month = month() {
            while take(0x20) {}
            guard let day = number(1...2), take(0x20), let clock = clock(needsMinutes: true) else {
                return nil
            }
            guard let zone = zone(), take(0x20), let year = number(4...4), isAtEnd else { return nil }
            guard let days = days(year, month, day) else { return nil }
            return .init(local: days * Calendar.microsecondsPerDay + clock, offsetMinutes: zone)
        }
        guard let day = number(1...2), take(0x20), let month = month(), take(0x20), let year = number(4...4),
            take(0x20),
            let days = days(year, month, day), var clock = clock(needsMinutes: true)
        else { return nil }
        if let half = halfOfDay() {
            let hour = clock / 3_600_000_000
            guard 1...12 ~= hour else { return nil }
            clock += (half * 12 + (hour == 12 ? -12 : 0)) * 3_600_000_000
        }
        var result = TextParsing.Timestamp(local: days * Calendar.microsecondsPerDay + clock)
        if !isAtEnd {
            guard let zone = zone(), isAtEnd else { return nil }
            result.offsetMinutes = zone
        }
        return result
    }

    /// ` AM` is 0, ` PM` 1.
    private mutating func halfOfDay() -> Int64? {
        guard place + 3 <= text.count, text[place] == 0x20, text[place + 2] | 0x20 == 0x6D else { return nil }
        let letter = text[place + 1] | 0x20
        guard letter == 0x61 || letter == 0x70 else { return nil }
        place += 3
        return letter == 0x70 ? 1 : 0
    }
}
