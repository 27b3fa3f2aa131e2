import Vectors

extension DateFunctions {
    /// Checks how many arguments there are.
    static func expect(
        _ arguments: [ScalarFunction.Argument], _ counts: ClosedRange<Int>, _ signature: String
    ) throws(SQLError) {
        if counts.contains(arguments.count) { return }
        let few = arguments.count < counts.lowerBound
        throw SQLError(.invalid, "too \(few ? "few" : "many") arguments: write \(signature)")
    }

    /// The type to which an argument is cast that must be a date or time: dates and times stay what they
    /// are, text, VARIANT and NULL become TIMESTAMP_NTZ.
    static func temporal(
        _ arguments: [ScalarFunction.Argument], _ place: Int, _ signature: String, admitsTime: Bool = true
    ) throws(SQLError) -> SQLType {
        let type = arguments[place].type
        switch type {
        case .varchar, .variant, .null: return .timestampNTZ
        case .time where !admitsTime: break
        default: if type.isTemporal { return type }
        }
        let hint = type.isNumeric ? "; convert it with TO_TIMESTAMP or DATE_FROM_PARTS" : ""
        let needed = admitsTime ? "a DATE, TIME or TIMESTAMP" : "a DATE or TIMESTAMP"
        throw SQLError(
            .invalid, "argument \(place + 1) is \(type), but must be \(needed): write \(signature)\(hint)")
    }

    /// Sees to it that an argument can be cast to a whole number.
    static func number(
        _ arguments: [ScalarFunction.Argument], _ place: Int, _ signature: String
    ) throws(SQLError) {
        if ArgumentKind.integer.target(arguments[place].type) != nil { return }
        let type = arguments[place].type
        throw SQLError(
            .invalid, "argument \(place + 1) is \(type), but must be a whole number: write \(signature)")
    }

    /// Sees to it that an argument can be cast to text.
    static func text(
        _ arguments: [ScalarFunction.Argument], _ place: Int, _ signature: String
    ) throws(SQLError) {
        let type = arguments[place].type
        if type == .varchar || type == .null || type == .variant { return }
        throw SQLError(.invalid, "argument \(place + 1) is \(type), but must be text: write \(signature)")
    }

    /// Sees to it that a part and a type go together.
    static func check(_ part: DatePart, for type: SQLType, _ signature: String) throws(SQLError) {
        if type == .time, !part.isOfTime {
            throw SQLError(
                .invalid, "a TIME has no \(part.name): \(signature) of it takes hour or a shorter part")
        }
    }
}
