import CivilTime
import Vectors

/// The English names of months and days of the week.
enum CalendarNames {
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November",
        "December",
    ].map { Array($0.utf8) }
    /// From Monday on.
    static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].map {
        Array($0.utf8)
    }

    static let shortMonths = StringDictionary(months.map { String(decoding: $0.prefix(3), as: UTF8.self) })
    static let shortWeekdays = StringDictionary(
        weekdays.map { String(decoding: $0.prefix(3), as: UTF8.self) })

    /// The day of the week, 0 Monday to 6 Sunday, whose name begins with two letters as the text does.
    static func weekday(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count >= 2 else { return nil }
        return weekdays.firstIndex { $0[0] | 0x20 == text[0] | 0x20 && $0[1] == text[1] | 0x20 }.map {
            Int64($0)
        }
    }
}

extension DateFunctions {
    static let calendar: [ScalarFunction] = [
        nameFunction(
            "DAYNAME", "The name of the day of the week, in three letters.", CalendarNames.shortWeekdays
        ) {
            UInt32(truncatingIfNeeded: Civil.modulo($0 &+ 3, 7))
        },
        nameFunction("MONTHNAME", "The name of the month, in three letters.", CalendarNames.shortMonths) {
            UInt32(truncatingIfNeeded: Civil.date($0).month &- 1)
        },
        ScalarFunction(
            "LAST_DAY", "LAST_DAY(date_or_timestamp [, part])",
            "The last day of the month, or of the week, quarter or year, in which a date lies.",
            wordArgument: 1,
            risingArgument: 0
        ) { arguments throws(SQLError) in
            let signature = "LAST_DAY(date_or_timestamp [, part])"
            try expect(arguments, 1...2, signature)
            let type = try temporal(arguments, 0, signature, admitsTime: false)
            let part: DatePart =
                arguments.count == 1
                ? .month
                : try DatePart.required(arguments[1], signature) {
                    $0.isOfDate && $0.length != nil && $0 != .day
                }
            let types: [SQLType] = [type, .varchar]
            return ScalarFunction.Binding(Array(types.prefix(arguments.count)), .date) {
                vectors, _, context in
                let days = TemporalVectors.days(vectors[0], context)
                return try TemporalVectors.checked(lastDay(days, of: part, context), "LAST_DAY")
            }
        },
        nearDay("NEXT_DAY", "The first day after a date that is such a day of the week.") { days, weekday in
            days &+ 7 &- Civil.modulo(days &+ 3 &- weekday, 7)
        },
        nearDay("PREVIOUS_DAY", "The last day before a date that is such a day of the week.") {
            days, weekday in
            days &- 7 &+ Civil.modulo(weekday &- days &- 3, 7)
        },
    ]

    private static func nameFunction(
        _ name: String, _ summary: String, _ names: StringDictionary,
        _ code: @escaping @Sendable (Int64) -> UInt32
    ) -> ScalarFunction {
        let signature = "\(name)(date_or_timestamp)"
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            try expect(arguments, 1...1, signature)
            let type = try temporal(arguments, 0, signature, admitsTime: false)
            return ScalarFunction.Binding([type], .varchar) { vectors, count, context in
                let days = TemporalVectors.days(vectors[0], context)
                let result = Vector.allocate(.varchar, count: count, dictionary: names)
                for row in 0..<count { result.codes[row] = code(days.int64s[row]) }
                return TemporalVectors.finish(result, like: days)
            }
        }
    }

    private static func lastDay(_ days: Vector, of part: DatePart, _ context: EvaluationContext) -> Vector {
        switch part.length {
        case .months(let months):
            return TemporalVectors.map(days, to: .date) {
                let index = Civil.monthIndex($0)
                return Civil.firstDay(monthIndex: index &- Civil.modulo(index, months) &+ months) &- 1
            }
        default:
            let weeks = part == .weekISO ? WeekRules.iso : WeekRules(context)
            return TemporalVectors.map(days, to: .date) { weeks.start($0) &+ 6 }
        }
    }

    /// NEXT_DAY and PREVIOUS_DAY.
    private static func nearDay(
        _ name: String, _ summary: String,
        _ move: @escaping @Sendable (_ days: Int64, _ weekday: Int64) -> Int64
    ) -> ScalarFunction {
        let signature = "\(name)(date_or_timestamp, day_of_week)"
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            try expect(arguments, 2...2, signature)
            let type = try temporal(arguments, 0, signature, admitsTime: false)
            try text(arguments, 1, signature)
            return ScalarFunction.Binding([type, .varchar], .date) { vectors, count, context in
                let days = TemporalVectors.days(vectors[0], context)
                let names = vectors[1]
                let result = try RowCalls.values([days, names], count: count, .date, .int64, zero: Int64(0)) {
                    row in
                    guard let weekday = CalendarNames.weekday(names.bytes(row)) else {
                        let word = String(decoding: names.bytes(row), as: UTF8.self)
                        throw SQLError(
                            .data, "'\(word)' is no day of the week: write 'monday' or 'mo' and so on")
                    }
                    return move(days.int64s[row], weekday)
                }
                return try TemporalVectors.checked(result, name)
            }
        }
    }
}
