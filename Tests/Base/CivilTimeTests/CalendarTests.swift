import CivilTime
import Testing

/// The calendar for any day and the one for hot loops.
@Suite struct CalendarTests {
    /// Day by day from 0001-01-01 to 9999-12-31, counted on by hand.
    @Test func everyDayOfTheYearsThatTimestampsHave() {
        var (year, month, day) = (1, 1, 1)
        var wrong = 0
        for days in Civil.dayRange {
            let exact = Calendar.date(days: days)
            let fast = Civil.date(days)
            if exact != (year, month, day) || fast != (Int64(year), Int64(month), Int64(day)) { wrong += 1 }
            if Calendar.days(year: year, month: month, day: day) != days { wrong += 1 }
            if Civil.days(Int64(year), Int64(month), Int64(day)) != days { wrong += 1 }
            day += 1
            guard day > Calendar.daysInMonth(year: year, month: month) else { continue }
            if Civil.length(Int64(year), Int64(month)) != Int64(day - 1) { wrong += 1 }
            (month, day) = (month % 12 + 1, 1)
            if month == 1 { year += 1 }
        }
        #expect(wrong == 0)
        #expect((year, month, day) == (10_000, 1, 1))
    }

    @Test func knownDays() {
        #expect(Calendar.days(year: 1970, month: 1, day: 1) == 0)
        #expect(Calendar.days(year: 2000, month: 2, day: 29) == 11_016)
        #expect(Calendar.daysInMonth(year: 1900, month: 2) == 28)
        #expect(Civil.adding(months: 1, to: Calendar.days(year: 2024, month: 1, day: 31)) == 19_782)
        #expect(Civil.adding(months: -12, to: Calendar.days(year: 2024, month: 2, day: 29)) == 19_416)
    }

    @Test func textsOfTimes() {
        #expect(TemporalText.date(-719_162) == "0001-01-01")
        #expect(TemporalText.timestamp(-1) == "1969-12-31 23:59:59.999999")
        #expect(TemporalText.timestamp(1_500_000) == "1970-01-01 00:00:01.500")
        #expect(TemporalText.zone(-210) == "-0330")
    }
}
