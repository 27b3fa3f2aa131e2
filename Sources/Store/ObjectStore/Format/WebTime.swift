/// Points in time as S3 writes them: `2006-01-02T15:04:05.000Z` (ISO 8601, RFC 3339).
enum WebTime {
    static let dayNanoseconds: Int64 = 86_400_000_000_000

    /// Reads a time, to the second and beyond, in UTC or with an offset: nanoseconds since 1970. What lies outside of
    /// what these can count is the nearest that does not; `nil` for anything that is no time.
    static func parse(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int) -> Int? {
            guard rest.count >= digits, rest.prefix(digits).allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            defer { rest = rest.dropFirst(digits) }
            return rest.prefix(digits).reduce(0) { $0 * 10 + Int($1) - 0x30 }
        }
        func sign(_ characters: String) -> UInt8? {
            guard let first = rest.first, characters.utf8.contains(first) else { return nil }
            rest = rest.dropFirst()
            return first
        }
        guard let year = number(4), sign("-") != nil, let month = number(2), (1...12).contains(month),
            sign("-") != nil,
            let day = number(2), (1...31).contains(day), sign("Tt") != nil, let hour = number(2), hour < 24,
            sign(":") != nil, let minute = number(2), minute < 60, sign(":") != nil, let second = number(2),
            second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if sign(".") != nil {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            rest = rest[digits.endIndex...]
            fraction = (0..<9).reduce(0) { value, index in
                value * 10 + (index < digits.count ? Int64(digits[digits.startIndex + index]) - 0x30 : 0)
            }
        }
        guard let zone = sign("+-Zz") else { return nil }
        var offset = 0
        if zone | 0x20 != UInt8(ascii: "z") {
            guard let hours = number(2), sign(":") != nil, let minutes = number(2) else { return nil }
            offset = (hours * 60 + minutes) * (zone == UInt8(ascii: "+") ? 60 : -60)
        }
        guard rest.isEmpty else { return nil }
        let seconds = Int64(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow
            ? (seconds < 0 ? .min : .max) : nanoseconds.addingReportingOverflow(fraction).partialValue
    }

    /// To the millisecond, in UTC.
    static func text(_ nanoseconds: Int64) -> String {
        let day = nanoseconds.floored(by: dayNanoseconds)
        let (year, month, date) = civil(Int(day))
        let milliseconds = Int((nanoseconds - day * dayNanoseconds) / 1_000_000)
        let padded = { (value: Int, width: Int) in
            String(repeating: "0", count: max(0, width - String(value).utf8.count)) + String(value)
        }
        let time = [milliseconds / 3_600_000, milliseconds / 60_000 % 60, milliseconds / 1000 % 60]
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))T"
            + time.map { padded($0, 2) }.joined(separator: ":") + ".\(padded(milliseconds % 1000, 3))Z"
    }

    static func adding(days: Int, to nanoseconds: Int64) -> Int64 {
        let (added, overflow) = Int64(days).multipliedReportingOverflow(by: dayNanoseconds)
        let (sum, overflows) = added.addingReportingOverflow(nanoseconds)
        return overflow || overflows ? .max : sum
    }

    /// The same day and time years later; the 1st of March for a 29th of February that is not there.
    static func adding(years: Int, to nanoseconds: Int64) -> Int64 {
        let day = nanoseconds.floored(by: dayNanoseconds)
        let (year, month, date) = civil(Int(day))
        guard years < 10_000 else { return .max }
        let (later, overflow) = Int64(days(year + years, month, date)).multipliedReportingOverflow(
            by: dayNanoseconds)
        let (sum, overflows) = later.addingReportingOverflow(nanoseconds - day * dayNanoseconds)
        return overflow || overflows ? .max : sum
    }

    /// Days since 1970 of a date in the Gregorian calendar. The year is taken to begin in March, so that the day that
    /// comes and goes is its last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month < 3 ? year - 1 : year
        let era = Int(Int64(year).floored(by: 400))
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let days = days + 719_468
        let era = Int(Int64(days).floored(by: 146_097))
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month < 10 ? 0 : 1), month < 10 ? month + 3 : month - 9, day)
    }
}

extension Int64 {
    /// The quotient, rounded down.
    fileprivate func floored(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
