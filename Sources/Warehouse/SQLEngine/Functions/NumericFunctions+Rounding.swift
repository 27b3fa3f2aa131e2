import Vectors

/// ROUND, TRUNC, CEIL and FLOOR.
extension NumericFunctions {
    static let rounding: [ScalarFunction] = [
        rounding(
            "ROUND", aliases: [],
            "The nearest number with so many digits behind the point; a half away from zero.",
            .halfAwayFromZero),
        rounding(
            "TRUNC", aliases: ["TRUNCATE"], "The number without the digits behind so many.", .towardZero),
        rounding(
            "CEIL", aliases: ["CEILING"],
            "The least number with so many digits behind the point that is not below.", .up),
        rounding(
            "FLOOR", aliases: [],
            "The greatest number with so many digits behind the point that is not above.", .down),
    ]

    private static func rounding(
        _ name: String, aliases: [String], _ summary: String, _ mode: Rounding.Mode
    ) -> ScalarFunction {
        let isRound = mode == .halfAwayFromZero
        let signature = isRound ? "ROUND(number[, places[, mode]])" : "\(name)(number[, places])"
        return ScalarFunction(name, aliases: aliases, signature, summary, risingArgument: 0) {
            arguments throws(SQLError) in
            if mode == .towardZero, let first = arguments.first, first.type.isTemporal {
                return try truncatedDate(arguments)
            }
            let kinds: [ArgumentKind] = [.numeric, .integer, .text]
            let types = try ScalarFunction.targets(signature, arguments, kinds, 1...(isRound ? 3 : 2))
            let places = arguments.count > 1 ? constantPlaces(arguments[1]) : 0
            let result = Rounding.resultType(types[0], places: places)
            if arguments.count > 2, try isHalfToEven(arguments[2], types[0]) {
                return .init(types, result) { arguments, count, _ in
                    try roundHalfToEven(arguments, count: count, places, result)
                }
            }
            return .init(types, result) { arguments, _, _ in
                if let places { return try Rounding.apply(mode, arguments[0], places: places) }
                return try Rounding.apply(mode, arguments[0], places: arguments[1])
            }
        }
    }

    /// TRUNC of dates is DATE_TRUNC with its arguments in the other order.
    private static func truncatedDate(
        _ arguments: [ScalarFunction.Argument]
    ) throws(SQLError) -> ScalarFunction.Binding {
        guard arguments.count == 2, let truncate = DateFunctions.all.first(where: { $0.name == "DATE_TRUNC" })
        else {
            throw SQLError(.invalid, "TRUNC of a date needs a part: write DATE_TRUNC(part, date)")
        }
        let binding = try truncate.bind([arguments[1], arguments[0]])
        return .init(Array(binding.argumentTypes.reversed()), binding.result) { arguments, count, context in
            try binding.evaluate([arguments[1], arguments[0]], count, context)
        }
    }

    private static func constantPlaces(_ argument: ScalarFunction.Argument) -> Int? {
        guard case .number(let value, 0) = argument.constant else { return nil }
        return Int(max(-400, min(400, value)))
    }

    private static func isHalfToEven(_ argument: ScalarFunction.Argument, _ type: SQLType) throws(SQLError)
        -> Bool
    {
        guard type.isNumber else { throw SQLError(.invalid, "ROUND takes a mode for NUMBERs alone") }
        if case .text(let text) = argument.constant {
            if text == "HALF_AWAY_FROM_ZERO" { return false }
            if text == "HALF_TO_EVEN" { return true }
        }
        throw SQLError(.invalid, "the mode of ROUND is 'HALF_AWAY_FROM_ZERO' or 'HALF_TO_EVEN'")
    }

    /// - Parameter places: `nil` where they are not constant; the result then keeps the scale.
    private static func roundHalfToEven(
        _ arguments: [Vector], count: Int, _ places: Int?, _ type: SQLType
    ) throws -> Vector {
        let scale = arguments[0].scale
        return try RowCalls.wides(Array(arguments.prefix(2)), count: count, type) { row in
            let dropped = scale - (places ?? max(-400, min(400, arguments[1].integer(row))))
            let value = arguments[0].wide(row)
            guard dropped > 0 else { return value }
            var quotient: Int128 = 0
            if dropped <= 38 {
                let power = DecimalMath.powers[dropped]
                let (units, remainder) = value.quotientAndRemainder(dividingBy: power)
                let distance = abs(remainder)
                let isAway = distance > power - distance || (distance == power - distance && units & 1 != 0)
                quotient = isAway ? units + value.signum() : units
            }
            guard let result = DecimalMath.shifted(quotient, by: type.scale - scale + dropped) else {
                throw SQLError(.data, "Number out of representable range: rounding gives more than 38 digits")
            }
            return result
        }
    }
}
