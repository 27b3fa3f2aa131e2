import CivilTime
import Testing
import Vectors

@testable import SQLEngine

/// Date functions against others that count by hand, over random times of the years 1583 to 9999.
@Suite struct RandomDatesTests {
    private static let day = Calendar.microsecondsPerDay
    private static let first = Calendar.days(year: 1583, month: 1, day: 1)
    private static let last = Calendar.days(year: 9999, month: 12, day: 31)

    private func times(_ count: Int, seed: UInt64) -> [Int64] {
        var random = SplitMix(state: seed)
        return (0..<count).map { _ in
            let near = Int64.random(in: -40_000...40_000, using: &random)
            let far = Int64.random(in: Self.first...Self.last, using: &random)
            let days = Bool.random(using: &random) ? near : far
            return days * Self.day + Int64.random(in: 0..<Self.day, using: &random)
        }
    }

    /// Steps of a date by hand, from 1 January of its year.
    private func byHand(_ days: Int64) -> (year: Int, month: Int, day: Int) {
        var year = 1970 + Int(days / 366) - 12
        while Calendar.days(year: year + 1, month: 1, day: 1) <= days { year += 1 }
        var rest = Int(days - Calendar.days(year: year, month: 1, day: 1))
        var month = 1
        while rest >= Calendar.daysInMonth(year: year, month: month) {
            rest -= Calendar.daysInMonth(year: year, month: month)
            month += 1
        }
        return (year, month, rest + 1)
    }

    @Test func theCalendarIsThatOfTheVectors() {
        for days in stride(from: Self.first - 600_000, through: Self.last, by: 1) {
            let date = Civil.date(days)
            let other = Calendar.date(days: days)
            guard date.year == other.year, date.month == other.month, date.day == other.day,
                Civil.days(date.year, date.month, date.day) == days,
                Civil.length(date.year, date.month)
                    == Calendar.daysInMonth(year: other.year, month: other.month)
            else {
                Issue.record("\(days)")
                return
            }
        }
        for extreme in [Int64.min, Int64.max, Int64.min + 1] { _ = Civil.date(extreme) }
    }

    @Test func truncation() throws {
        let values = times(20_000, seed: 1)
        let context = EvaluationContext()
        for part in ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"] {
            let known = try #require(DatePart.named(part))
            let truncated = DateFunctions.truncate(
                DateCalls.vector(values, .timestampNTZ), to: known, context)
            let dates = DateFunctions.truncate(
                TemporalVectors.days(DateCalls.vector(values, .timestampNTZ), context), to: known, context)
            for (row, value) in values.enumerated() {
                let days = Calendar.floorDivide(value, by: Self.day).quotient
                let date = byHand(days)
                let expected: Int64
                switch part {
                case "year": expected = Calendar.days(year: date.year, month: 1, day: 1) * Self.day
                case "quarter":
                    expected =
                        Calendar.days(year: date.year, month: [1, 4, 7, 10][(date.month - 1) / 3], day: 1)
                        * Self.day
                case "month": expected = (days - Int64(date.day) + 1) * Self.day
                case "week":
                    var monday = days
                    while monday % 7 != 4 && monday % 7 != -3 { monday -= 1 }
                    expected = monday * Self.day
                case "day": expected = days * Self.day
                default:
                    let length: Int64 =
                        part == "hour"
                        ? 3_600_000_000 : part == "minute" ? 60_000_000 : part == "second" ? 1_000_000 : 1000
                    let rest = value - days * Self.day
                    expected = days * Self.day + rest / length * length
                    #expect(truncated.int64s[row] == expected)
                    continue
                }
                #expect(truncated.int64s[row] == expected, "\(part) of \(value)")
                #expect(dates.int64s[row] * Self.day == expected, "\(part) of \(days)")
            }
        }
    }

    @Test func addingMonthsAndDays() throws {
        let values = times(5000, seed: 2)
        var random = SplitMix(state: 3)
        for value in values {
            let days = Calendar.floorDivide(value, by: Self.day).quotient
            let count = Int.random(in: -500...500, using: &random)
            let date = byHand(days)
            var (year, month) = (date.year, date.month)
            for _ in 0..<abs(count) {
                month += count.signum()
                if month == 13 { (year, month) = (year + 1, 1) }
                if month == 0 { (year, month) = (year - 1, 12) }
            }
            guard year <= 9999 else { continue }
            let day = min(date.day, Calendar.daysInMonth(year: year, month: month))
            let expected = Calendar.days(year: year, month: month, day: day)
            #expect(Civil.adding(months: Int64(count), to: days) == expected)
            let sum = try DateCalls.call(
                "DATEADD", [.text("month"), .integer(count), .temporal(value, .timestampNTZ)])
            #expect(sum == .temporal(expected * Self.day + (value - days * Self.day), .timestampNTZ))
            // The boundaries crossed are those months again.
            #expect(
                try DateCalls.call("DATEDIFF", [.text("month"), .temporal(value, .timestampNTZ), sum])
                    == .integer(count))
        }
    }

    /// The boundaries crossed are what truncation and addition say they are.
    @Test func differencesAgreeWithTruncation() throws {
        let values = times(3000, seed: 4)
        for part in ["year", "quarter", "month", "week", "day", "hour", "minute", "second"] {
            for pair in stride(from: 0, to: values.count - 1, by: 2) {
                let (from, to) = (values[pair], values[pair + 1])
                let first = try truncated(from, part)
                let second = try truncated(to, part)
                let arguments: [Scalar] = [
                    .text(part), .temporal(from, .timestampNTZ), .temporal(to, .timestampNTZ),
                ]
                let count = try DateCalls.call("DATEDIFF", arguments)
                let there = try DateCalls.call(
                    "DATEADD", [.text(part), count, .temporal(first, .timestampNTZ)])
                #expect(there == .temporal(second, .timestampNTZ), "\(part) from \(from) to \(to)")
            }
        }
    }

    private func truncated(_ value: Int64, _ part: String) throws -> Int64 {
        let vector = DateCalls.vector([value], .timestampNTZ)
        let result = DateFunctions.truncate(vector, to: DatePart.named(part) ?? .year, EvaluationContext())
        guard case .temporal(let start, .timestampNTZ) = result.scalar(at: 0) else { return .min }
        return start
    }

    @Test func isoWeeksOfRandomDays() {
        for value in times(5000, seed: 5) {
            let days = Calendar.floorDivide(value, by: Self.day).quotient
            // The week's Thursday says the year; the week counts Thursdays from New Year.
            var thursday = days - 3
            while ((thursday % 7) + 7) % 7 != 0 { thursday += 1 }
            let year = byHand(thursday).year
            let week = (thursday - Calendar.days(year: year, month: 1, day: 1)) / 7 + 1
            #expect(WeekRules.iso.week(days) == week)
            #expect(WeekRules.iso.yearOfWeek(days) == Int64(year))
        }
    }

    /// Rows that are NULL may hold anything.
    @Test func extremesUnderNullsDoNotTrap() throws {
        let values: [Int64] = [.min, .max, -1, 0, .min + 1, .max - 1, 1 << 62, -1 << 62]
        var context = EvaluationContext()
        context.zone = TimeZoneRules(name: "X", transitions: [0], offsets: [3600, -3600])
        for type in DateCalls.types {
            let plain = DateCalls.vector(values, type)
            let validity = UnsafeMutablePointer<UInt8>.allocate(capacity: values.count)
            defer { validity.deallocate() }
            validity.initialize(repeating: 0, count: values.count)
            let vector = plain.with(validity: .some(validity))
            let numbers = DateCalls.vector(values.reversed(), .integer).with(validity: .some(validity))
            for function in DateFunctions.all {
                for part in DatePart.allCases {
                    let word = DateCalls.word(part.name, values.count)
                    let date = (ScalarFunction.Argument(type: type), vector)
                    let number = (ScalarFunction.Argument(type: .integer), numbers)
                    for arguments in [
                        [date], [date, date], [date, number], [word, date], [word, number, date],
                        [word, date, date],
                        [date, number, word], [date, word], [number], [number, number, number],
                    ] {
                        guard let binding = try? function.bind(arguments.map(\.0)),
                            zip(binding.argumentTypes, arguments).allSatisfy({ $0.0 == $0.1.0.type })
                        else { continue }
                        let result = try binding.evaluate(arguments.map(\.1), values.count, context)
                        #expect((0..<values.count).allSatisfy { !result.isValid($0) }, "\(function.name)")
                    }
                }
            }
        }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
