import CivilTime
import Vectors

extension DateFunctions {
    static let slices: [ScalarFunction] = [
        ScalarFunction(
            "TIME_SLICE", sliceSignature,
            "The start, or the end, of the slice of so many years, days, minutes or other parts in which a date lies.",
            risingArgument: 0, bind: bindSlice)
    ]

    private static let sliceSignature = "TIME_SLICE(date_or_timestamp, length, part [, 'START' | 'END'])"

    private static func bindSlice(
        _ arguments: [ScalarFunction.Argument]
    ) throws(SQLError) -> ScalarFunction.Binding {
        let signature = sliceSignature
        try expect(arguments, 3...4, signature)
        let type = try temporal(arguments, 0, signature, admitsTime: false)
        if type == .timestampLTZ || type == .timestampTZ {
            throw SQLError(
                .invalid,
                "TIME_SLICE takes a DATE or TIMESTAMP_NTZ, not \(type): cast it with ::TIMESTAMP_NTZ")
        }
        try number(arguments, 1, signature)
        let part = try DatePart.required(arguments[2], signature) { part in
            switch part {
            case .year, .quarter, .month, .week, .day: true
            case .hour, .minute, .second: type != .date
            default: false
            }
        }
        var atEnd = false
        if arguments.count == 4 {
            guard case .text(let word)? = arguments[3].constant, ["START", "END"].contains(word.uppercased())
            else {
                throw SQLError(.invalid, "the last argument must be 'START' or 'END': write \(signature)")
            }
            atEnd = word.uppercased() == "END"
        }
        let isEnd = atEnd
        let types: [SQLType] = [type, .integer, .varchar, .varchar]
        return ScalarFunction.Binding(Array(types.prefix(arguments.count)), type) { vectors, _, context in
            try slice(vectors[0], TemporalVectors.whole(vectors[1]), part, isEnd, context)
        }
    }

    private static func slice(
        _ vector: Vector, _ lengths: Vector, _ part: DatePart, _ isEnd: Bool, _ context: EvaluationContext
    ) throws -> Vector {
        for row in 0..<lengths.count where lengths.int64s[row] < 1 && lengths.isValid(row) {
            throw SQLError(.data, "the length of a TIME_SLICE must be at least 1, not \(lengths.int64s[row])")
        }
        let result: Vector
        switch part.length {
        case .months(let months): result = sliceMonths(vector, lengths, months, isEnd)
        case .days(let days):
            // Slices of weeks begin where the week of 1970-01-01 does.
            let phase = days == 7 ? 3 - WeekRules(context).first : 0
            let unit = vector.type == .date ? 1 : Civil.day
            result = slice(vector, lengths, days &* unit, phase: Civil.modulo(phase, 7) &* unit, isEnd)
        case .microseconds(let length): result = slice(vector, lengths, length, phase: 0, isEnd)
        default: throw SQLError(.invalid, "TIME_SLICE has no slices of \(part.name)")
        }
        return try TemporalVectors.checked(result, "TIME_SLICE")
    }

    /// Slices of one length each.
    ///
    /// - Parameter phase: how long before 1970 a slice begins.
    private static func slice(
        _ vector: Vector, _ lengths: Vector, _ unit: Int64, phase: Int64, _ isEnd: Bool
    ) -> Vector {
        // Longer ones would hold all dates, too; rows of no length are NULL.
        let limit = (vector.type == .date ? 8_000_000 : 8_000_000 * Civil.day) / unit
        return TemporalVectors.map(vector, lengths, to: vector.type) { value, length in
            let period = max(1, min(length, limit)) &* unit
            let start = value &- Civil.modulo(value &+ phase, period)
            return isEnd ? start &+ period : start
        }
    }

    private static func sliceMonths(_ vector: Vector, _ lengths: Vector, _ months: Int64, _ isEnd: Bool)
        -> Vector
    {
        let isDate = vector.type == .date
        return TemporalVectors.map(vector, lengths, to: vector.type) { value, length in
            let period = max(1, min(length, 200_000)) &* months
            let index = Civil.monthIndex(isDate ? value : Civil.floor(value, Civil.day)) &- 1970 * 12
            let start = index &- Civil.modulo(index, period) &+ (isEnd ? period : 0)
            let days = Civil.firstDay(monthIndex: start &+ 1970 * 12)
            return isDate ? days : days &* Civil.day
        }
    }
}
