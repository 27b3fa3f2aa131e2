import CivilTime

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
