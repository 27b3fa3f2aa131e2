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
        // Days of a calendar whose years begin in March, so that the leap day comes last.
        let year = fields[1] <= 2 ? fields[0] - 1 : fields[0]
        let month = (fields[1] + 9) % 12
        let dayOfYear = (153 * month + 2) / 5 + fields[2] - 1
        let days = year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
        return Timestamp(seconds: days * 86_400).date == String(text) ? days : nil
    }

    /// `2013-10-08`.
    public var date: String {
        let days = seconds.floorDivided(by: 86_400) + 719_468
        let era = days.floorDivided(by: 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
        return "\(Self.padded(year, 4))-\(Self.padded(civilMonth, 2))-\(Self.padded(day, 2))"
    }

    /// `2013-10-08 14:30:00`.
    public var description: String {
        let second = seconds - seconds.floorDivided(by: 86_400) * 86_400
        let clock = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }
        return "\(date) \(clock.joined(separator: ":"))"
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Timestamp: CustomStringConvertible {}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
