package import Vectors

/// Dates and times with intervals added, as in `d + INTERVAL '1 month, 2 hours'`.
package enum Intervals {
    /// Adds the parts one after the other, in their order, to a DATE, TIME or timestamp.
    ///
    /// A DATE stays one if all units are a day or longer, and otherwise becomes a TIMESTAMP_NTZ. Text is
    /// taken as a TIMESTAMP_NTZ.
    ///
    /// - Parameter sign: 1, or -1 to subtract.
    package static func add(
        _ vectorType: SQLType, parts: [(count: Int64, unit: String)], sign: Int
    ) throws(SQLError) -> ScalarFunction.Binding {
        let signature = "date_or_time \(sign < 0 ? "-" : "+") INTERVAL"
        let input = try DateFunctions.temporal([ScalarFunction.Argument(type: vectorType)], 0, signature)
        var steps: [Step] = []
        var result = input
        for part in parts {
            guard let unit = DatePart.named(part.unit), unit.length != nil else {
                throw SQLError(
                    .invalid,
                    "'\(part.unit)' is no unit of an INTERVAL: it can be year, month, day, hour and so on")
            }
            try DateFunctions.check(unit, for: input, signature)
            // What cannot be negated is beyond every date as well.
            steps.append(Step(count: sign < 0 ? 0 - max(part.count, -Int64.max) : part.count, part: unit))
            result = DateFunctions.sumType(result, unit)
        }
        let (sequence, type) = (steps, result)
        return ScalarFunction.Binding([input], type) { vectors, count, context in
            var sum = vectors[0]
            for step in sequence {
                let counts = Vector.constant(.number(Int128(step.count), scale: 0), .integer, count: count)
                sum = try DateFunctions.add(counts, step.part, to: sum, what: "adding an INTERVAL", context)
            }
            return sum
        }
    }

    private struct Step: Sendable {
        var count: Int64
        var part: DatePart
    }
}
