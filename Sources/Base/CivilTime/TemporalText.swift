/// Dates and times as text, in Snowflake's default forms.
package enum TemporalText {
    /// `YYYY-MM-DD`.
    package static func date(_ days: Int64) -> String {
        let (year, month, day) = Calendar.date(days: days)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// `HH:MM:SS`, with a fraction of 3 or 6 digits where there is one.
    package static func time(_ microseconds: Int64) -> String {
        let seconds = Int(microseconds / 1_000_000)
        let fraction = Int(microseconds % 1_000_000)
        let text = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        if fraction == 0 { return text }
        return fraction % 1000 == 0
            ? "\(text).\(padded(fraction / 1000, 3))" : "\(text).\(padded(fraction, 6))"
    }

    /// `YYYY-MM-DD HH:MM:SS`, with a fraction of 3 or 6 digits where there is one.
    package static func timestamp(_ microseconds: Int64) -> String {
        let (days, rest) = Calendar.floorDivide(microseconds, by: Calendar.microsecondsPerDay)
        return "\(date(days)) \(time(rest))"
    }

    /// `+HHMM`.
    package static func zone(_ minutes: Int) -> String {
        "\(minutes < 0 ? "-" : "+")\(padded(abs(minutes) / 60, 2))\(padded(abs(minutes) % 60, 2))"
    }

    package static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(abs(value))
        return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
