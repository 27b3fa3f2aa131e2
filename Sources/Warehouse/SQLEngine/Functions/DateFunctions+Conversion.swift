import CivilTime
import JSON
import Vectors

extension DateFunctions {
    static let conversion: [ScalarFunction] =
        [
            converter("TO_DATE", aliases: ["DATE"], .date), converter("TRY_TO_DATE", .date, isTry: true),
            converter("TO_TIME", aliases: ["TIME"], .time), converter("TRY_TO_TIME", .time, isTry: true),
        ]
        + ["NTZ", "LTZ", "TZ"].flatMap { kind -> [ScalarFunction] in
            let type: SQLType = kind == "NTZ" ? .timestampNTZ : kind == "LTZ" ? .timestampLTZ : .timestampTZ
            let isDefault = kind == "NTZ"
            return [
                converter("TO_TIMESTAMP_\(kind)", aliases: isDefault ? ["TO_TIMESTAMP"] : [], type),
                converter(
                    "TRY_TO_TIMESTAMP_\(kind)", aliases: isDefault ? ["TRY_TO_TIMESTAMP"] : [], type,
                    isTry: true),
            ]
        }

    private static func converter(
        _ name: String, aliases: [String] = [], _ type: SQLType, isTry: Bool = false
    ) -> ScalarFunction {
        let isNumberTaken = type.isTimestamp && !isTry
        let signature =
            isTry
            ? "\(name)(text [, format])"
            : "\(name)(text [, format]) or \(name)(value)"
                + (isNumberTaken ? " or \(name)(number [, scale])" : "")
        let summary = "Text, or another value, as a \(type)" + (isTry ? "; NULL where it is none." : ".")
        return ScalarFunction(
            name, aliases: aliases, signature, summary, risingArgument: isTry ? nil : 0
        ) { arguments throws(SQLError) in
            try expect(arguments, 1...2, signature)
            let input = arguments[0].type
            if arguments.count == 2 {
                if isNumberTaken, input.isNumeric { return try bindNumber(arguments, type, signature) }
                return try bindFormat(arguments, type, isTry: isTry, signature)
            }
            if isNumberTaken, input.isNumeric { return try bindNumber(arguments, type, signature) }
            if input == .null { return ScalarFunction.Binding([type], type) { vectors, _, _ in vectors[0] } }
            guard input == .varchar || (!isTry && (input.isTemporal || input == .variant)) else {
                throw unfit(input, isTry: isTry, signature)
            }
            let cast = try Casts.bind(from: input, to: type, isTry: isTry)
            if input.isTemporal {
                return ScalarFunction.Binding([input], type) { vectors, _, context in
                    try TemporalVectors.convert(vectors[0], to: type, context)
                }
            }
            return ScalarFunction.Binding([input], type) { vectors, _, context in
                try cast(vectors[0], context)
            }
        }
    }

    private static func unfit(_ type: SQLType, isTry: Bool, _ signature: String) -> SQLError {
        let hint =
            isTry
            ? "; TRY_ functions take text alone"
            : type.isNumeric ? "; convert it with TO_TIMESTAMP first" : ""
        return SQLError(.invalid, "argument 1 is \(type), which does not fit: write \(signature)\(hint)")
    }

    // MARK: Numbers

    /// Numbers that count units of 10^-scale seconds since 1970.
    private static func bindNumber(
        _ arguments: [ScalarFunction.Argument], _ type: SQLType, _ signature: String
    ) throws(SQLError) -> ScalarFunction.Binding {
        var digits = 0
        if arguments.count == 2 {
            guard case .number(let value, let scale)? = arguments[1].constant, scale == 0, 0...9 ~= value
            else {
                throw SQLError(
                    .invalid,
                    "the scale must be a number from 0 (seconds) to 9 (nanoseconds): write \(signature)")
            }
            digits = Int(value)
        }
        let exponent = 6 - digits
        let input = arguments[0].type
        return ScalarFunction.Binding(arguments.map(\.type), type) { vectors, _, context in
            let instants = try TemporalVectors.checked(
                microseconds(vectors[0], input, exponent), "TO_TIMESTAMP")
            switch type {
            case .timestampLTZ: return instants.with(type: .timestampLTZ)
            case .timestampTZ:
                var clock = ZoneClock(context.zone)
                let result = TemporalVectors.map(instants, to: type) {
                    TemporalVectors.pack($0, clock.offsetMinutes(atUTC: $0))
                }
                return try TemporalVectors.checked(result, "TO_TIMESTAMP_TZ")
            default: return instants
            }
        }
    }

    /// Numbers times 10^exponent as microseconds, rounded down; what does not fit becomes the largest or
    /// smallest number.
    private static func microseconds(_ vector: Vector, _ type: SQLType, _ exponent: Int) -> Vector {
        let shift = exponent - vector.scale
        if vector.layout == .double {
            let result = Vector.allocate(.timestampNTZ, count: vector.count)
            for row in 0..<vector.count {
                let product =
                    exponent < 0
                    ? vector.doubles[row] / decimalPower(-exponent)
                    : vector.doubles[row] * decimalPower(exponent)
                let rounded = product.rounded()
                result.int64s[row] = abs(rounded) < 1e18 ? Int64(rounded) : .max
            }
            return TemporalVectors.finish(result, like: vector)
        }
        if vector.layout == .int64, shift >= 0, shift <= 6 {
            let power = Int64(truncatingIfNeeded: integerPower(shift))
            let limit = Int64.max / power
            return TemporalVectors.map(vector, to: .timestampNTZ) { max(-limit, min(limit, $0)) &* power }
        }
        if vector.layout == .int64, shift < 0, shift >= -18 {
            let power = Int64(truncatingIfNeeded: integerPower(-shift))
            return TemporalVectors.map(vector, to: .timestampNTZ) { Civil.floor($0, power) }
        }
        let result = Vector.allocate(.timestampNTZ, count: vector.count)
        for row in 0..<vector.count {
            let value = vector.wide(row)
            if shift >= 0 {
                let (product, overflow) = value.multipliedReportingOverflow(by: integerPower(shift))
                result.int64s[row] = overflow ? .max : Int64(clamping: product)
            } else {
                let power = integerPower(min(38, -shift))
                let quotient = value / power
                result.int64s[row] = Int64(clamping: quotient * power > value ? quotient - 1 : quotient)
            }
        }
        return TemporalVectors.finish(result, like: vector)
    }

    // MARK: Text of a format

    private static func bindFormat(
        _ arguments: [ScalarFunction.Argument], _ type: SQLType, isTry: Bool, _ signature: String
    ) throws(SQLError) -> ScalarFunction.Binding {
        let input = arguments[0].type
        guard input == .varchar || input == .null || (input == .variant && !isTry) else {
            throw SQLError(.invalid, "argument 1 is \(input), but a format needs text: write \(signature)")
        }
        try text(arguments, 1, signature)
        // A wrong format is reported before anything runs.
        if case .text(let format)? = arguments[1].constant { _ = try DateFormat.compile(format) }
        return ScalarFunction.Binding([.varchar, .varchar], type) { vectors, count, context in
            let (texts, formats) = (vectors[0], vectors[1])
            var known: [UInt32: DateFormat] = [:]
            return try RowCalls.values(vectors, count: count, type, .int64, zero: Int64(0)) { row in
                let code = formats.codes[row]
                let format = try known[code] ?? DateFormat.compile(formats.string(row))
                known[code] = format
                if let value = format.parse(texts.bytes(row), type, context) { return value }
                if isTry { return nil }
                let text = String(decoding: texts.bytes(row).prefix(100), as: UTF8.self)
                throw SQLError(.data, "can't parse '\(text)' as \(type) with format '\(formats.string(row))'")
            }
        }
    }
}
