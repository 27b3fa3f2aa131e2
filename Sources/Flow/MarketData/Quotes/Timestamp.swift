import CivilTime

/// A time in whole seconds since 1970-01-01 00:00:00 UTC, to and from text. Proleptic Gregorian, no leap
/// seconds.
public struct Timestamp: Equatable, Comparable, Sendable {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    public let seconds: Int64

    /// The time so many seconds after 1970.
    public init(seconds: Int64) { self.seconds = seconds }

    /// Earlier is less.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    /// Reads `2013-10-08`, `2013-10-08T14:30:00`, with a blank for the `T` and a `Z` or none behind, or
    /// seconds since 1970 in at least six digits (fewer look like a year); all in UTC.
    ///
    /// - Returns: `nil` for anything else.
    public init?(_ text: String) {
        if let seconds = Int64(text), seconds >= 100_000 {
            self.seconds = seconds
            return
        }
        var body = Substring(text)
        if body.hasSuffix("Z") { body = body.dropLast() }
        let halves = body.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard let date = halves.first, let days = Self.days(date) else { return nil }
        guard halves.count == 2 else {
            seconds = days * 86_400
            return
        }
        let fields = halves[1].split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) ?? -1 }
        guard (2...3).contains(fields.count), (0...23).contains(fields[0]), (0...59).contains(fields[1]),
            (0...59).contains(fields.count == 3 ? fields[2] : 0)
        else { return nil }
        seconds = days * 86_400 + fields[0] * 3600 + fields[1] * 60 + (fields.count == 3 ? fields[2] : 0)
    }

    private static func days(_ text: Substring) -> Int64? {
        let fields = text.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) ?? -1 }
        guard fields.count == 3, (1...9999).contains(fields[0]), (1...12).contains(fields[1]),
            (1...31).contains(fields[2])
        else { return nil }
        let (year, month, day) = (Int(fields[0]), Int(fields[1]), Int(fields[2]))
        guard day <= Calendar.daysInMonth(year: year, month: month) else { return nil }
        // The digits must be as many as are written: `2013-1-8` is no date.
        let days = Calendar.days(year: year, month: month, day: day)
        return TemporalText.date(days) == text ? days : nil
    }

    /// `2013-10-08`.
    public var date: String {
        TemporalText.date(Calendar.floorDivide(seconds, by: 86_400).quotient)
    }

    /// `2013-10-08 14:30:00`.
    public var description: String {
        let (days, rest) = Calendar.floorDivide(seconds, by: 86_400)
        return "\(TemporalText.date(days)) \(TemporalText.time(rest * 1_000_000))"
    }
}

extension Timestamp: CustomStringConvertible {}
