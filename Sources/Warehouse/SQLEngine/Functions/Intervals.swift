package import Vectors

/// Dates and times with intervals added, as in `d + INTERVAL '1 month, 2 hours'`.
package enum Intervals {
    /// The parts of an INTERVAL as it is written.
    ///
    /// - Parameter sign: 1, or -1 to subtract.
    package static func parts(_ written: [(count: Int64, unit: String)], sign: Int) throws(SQLError)
        -> [FunctionUse.IntervalPart]
    {
        var parts: [FunctionUse.IntervalPart] = []
        for part in written {
            guard let unit = DatePart.named(part.unit), unit.length != nil else {
                throw SQLError(
                    .invalid,
                    "'\(part.unit)' is no unit of an INTERVAL: it can be year, month, day, hour and so on")
            }
            // What cannot be negated is beyond every date as well.
            parts.append(.init(count: sign < 0 ? 0 - max(part.count, -Int64.max) : part.count, unit: unit))
        }
        return parts
    }

    /// Adds the parts one after the other, in their order, to a DATE, TIME or timestamp.
    ///
    /// A DATE stays one if all units are a day or longer, and otherwise becomes a TIMESTAMP_NTZ. Text is
    /// taken as a TIMESTAMP_NTZ.
    ///
    /// - Parameter sign: what is written before them: 1 is a plus, -1 a minus.
    package static func add(
        _ vectorType: SQLType, _ parts: [FunctionUse.IntervalPart], sign: Int
    ) throws(SQLError) -> ScalarFunction.Binding {
        let signature = "date_or_time \(sign < 0 ? "-" : "+") INTERVAL"
        let input = try DateFunctions.temporal([ScalarFunction.Argument(type: vectorType)], 0, signature)
        var result = input
        for part in parts {
            try DateFunctions.check(part.unit, for: input, signature)
            result = DateFunctions.sumType(result, part.unit)
        }
        return ScalarFunction.Binding([input], result) { vectors, count, context in
            var sum = vectors[0]
            for step in parts {
                let counts = Vector.constant(.number(Int128(step.count), scale: 0), .integer, count: count)
                sum = try DateFunctions.add(counts, step.unit, to: sum, what: "adding an INTERVAL", context)
            }
            return sum
        }
    }
}
