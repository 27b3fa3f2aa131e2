import JSON
import Vectors

/// TO_VARCHAR, TO_NUMBER and their kin, and the same that give NULL for what cannot be converted (TRY_).
enum ConversionFunctions {
    static let all: [ScalarFunction] =
        [
            toText, toNumber(isTry: false), toNumber(isTry: true), toDouble(isTry: false),
            toDouble(isTry: true),
            toBinary(isTry: false), toBinary(isTry: true),
        ]
        + [false, true].map { isTry in
            let name = isTry ? "TRY_TO_BOOLEAN" : "TO_BOOLEAN"
            return ScalarFunction(name, "\(name)(value)", summary("The value as a BOOLEAN", isTry)) {
                arguments throws(SQLError) in
                _ = try ScalarFunction.targets("\(name)(value)", arguments, [.any], 1...1)
                return try cast(arguments[0].type, .boolean, isTry: isTry)
            }
        }

    private static func summary(_ text: String, _ isTry: Bool) -> String {
        isTry ? "\(text); NULL where it cannot be converted." : "\(text)."
    }

    /// CAST or TRY_CAST as a function; further arguments do not matter to it.
    private static func cast(
        _ from: SQLType, _ to: SQLType, isTry: Bool, further: [SQLType] = []
    ) throws(SQLError) -> ScalarFunction.Binding {
        let source = from == .null ? .varchar : from
        let cast = try Casts.bind(from: source, to: to, isTry: isTry)
        return .init([source] + further, to) { arguments, _, context in try cast(arguments[0], context) }
    }

    // MARK: Text

    private static let toText = ScalarFunction(
        "TO_VARCHAR", aliases: ["TO_CHAR"], "TO_VARCHAR(value[, format])", "The value as text."
    ) { arguments throws(SQLError) in
        let signature = "TO_VARCHAR(value[, format])"
        _ = try ScalarFunction.targets(signature, arguments, [.any, .text], 1...2)
        let type = arguments[0].type
        guard arguments.count > 1, type != .null else {
            return try cast(
                type, .varchar, isTry: false, further: arguments.dropFirst().map { _ in .varchar })
        }
        if type.isTemporal { return try temporalText(arguments) }
        if type == .binary { return binaryText() }
        guard type.isNumeric || type == .varchar || type == .variant else {
            throw SQLError(.invalid, "a value of type \(type) is not written in a format: write \(signature)")
        }
        var preset: NumberFormat?
        if case .text(let text) = arguments[1].constant { preset = try NumberFormat(text) }
        // Text in numbers' formats is a number.
        let source = type.isNumeric ? type : .float
        return .init([source, .varchar], .varchar) { [preset] arguments, count, _ in
            var cache = KeyedCache<NumberFormat>()
            return try RowCalls.text(arguments, count: count) { row, output in
                let format =
                    try preset
                    ?? cache.value(Array(arguments[1].bytes(row))) {
                        try NumberFormat(arguments[1].string(row))
                    }
                return try output.append(format.text(of: NumberFormat.Number(arguments[0], row)))
            }
        }
    }

    private static func temporalText(
        _ arguments: [ScalarFunction.Argument]
    ) throws(SQLError) -> ScalarFunction.Binding {
        let type = arguments[0].type
        var preset: DateFormat?
        if case .text(let text) = arguments[1].constant { preset = try DateFormat.compile(text) }
        return .init([type, .varchar], .varchar) { [preset] arguments, count, context in
            if let texts = preset?.texts(arguments[0], count: count, context) { return texts }
            var cache = KeyedCache<DateFormat>()
            return try RowCalls.text(arguments, count: count) { row, output in
                let format =
                    try preset
                    ?? cache.value(Array(arguments[1].bytes(row))) {
                        try DateFormat.compile(arguments[1].string(row))
                    }
                return try output.append(format.format(arguments[0].int64s[row], type, context))
            }
        }
    }

    // MARK: BINARY

    private enum BinaryFormat {
        case hexadecimal, base64, utf8

        init(_ text: String) throws(SQLError) {
            switch text.uppercased() {
            case "HEX": self = .hexadecimal
            case "BASE64": self = .base64
            case "UTF-8", "UTF8": self = .utf8
            default:
                throw SQLError(.data, "the format of a BINARY is 'HEX', 'BASE64' or 'UTF-8', not '\(text)'")
            }
        }
    }

    private static func binaryText() -> ScalarFunction.Binding {
        .init([.binary, .varchar], .varchar) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let bytes = arguments[0].bytes(row)
                switch try BinaryFormat(arguments[1].string(row)) {
                case .hexadecimal: return try output.append(Scalar.bytes(Array(bytes)).description)
                case .base64: return try output.append(try Base64("").encode(bytes, lineLength: 0))
                case .utf8:
                    guard String(validating: bytes, as: UTF8.self) != nil else {
                        throw SQLError(.data, "the bytes are not UTF-8 text")
                    }
                    return try output.append(bytes)
                }
            }
        }
    }

    private static func toBinary(isTry: Bool) -> ScalarFunction {
        let name = isTry ? "TRY_TO_BINARY" : "TO_BINARY"
        let signature = "\(name)(text[, 'HEX' | 'BASE64' | 'UTF-8'])"
        return ScalarFunction(name, signature, summary("The bytes that a text names", isTry)) {
            arguments throws(SQLError) in
            let types = try ScalarFunction.targets(signature, arguments, [.textOrBytes, .text], 1...2)
            return .init(types, .binary) { arguments, count, _ in
                if arguments[0].type == .binary { return arguments[0] }
                return try RowCalls.text(arguments, count: count, .binary) { row, output in
                    let text = arguments[0].bytes(row)
                    let bytes: [UInt8]?
                    switch try arguments.count > 1 ? BinaryFormat(arguments[1].string(row)) : .hexadecimal {
                    case .hexadecimal: bytes = StringFunctions.hexDecoded(text)
                    case .base64: bytes = try Base64("").decode(text)
                    case .utf8: bytes = Array(text)
                    }
                    if let bytes { return try output.append(bytes) }
                    if isTry { return false }
                    throw SQLError(
                        .data, "The text '\(arguments[0].string(row))' is not a BINARY of this format")
                }
            }
        }
    }

    // MARK: Numbers

    /// NUMBER(precision, scale) of constant arguments; NUMBER(38, 0) of none.
    static func numberType(
        _ arguments: ArraySlice<ScalarFunction.Argument>, _ signature: String
    ) throws(SQLError) -> SQLType {
        var numbers: [Int] = []
        for argument in arguments {
            guard case .number(let value, 0) = argument.constant, let number = Int(exactly: value) else {
                throw SQLError(.invalid, "precision and scale are constant whole numbers: write \(signature)")
            }
            numbers.append(number)
        }
        let precision = numbers.first ?? 38
        let scale = numbers.count > 1 ? numbers[1] : 0
        guard (1...38).contains(precision), (0...min(precision, 37)).contains(scale) else {
            throw SQLError(
                .invalid,
                "there is no NUMBER(\(precision),\(scale)): precision goes from 1 to 38, scale from 0 to precision"
            )
        }
        return .number(precision: precision, scale: scale)
    }

    private static func toNumber(isTry: Bool) -> ScalarFunction {
        let prefix = isTry ? "TRY_" : ""
        let name = "\(prefix)TO_NUMBER"
        let signature = "\(name)(value[, format][, precision[, scale]])"
        return ScalarFunction(
            name, aliases: ["\(prefix)TO_DECIMAL", "\(prefix)TO_NUMERIC"], signature,
            summary("The value as a NUMBER", isTry)
        ) { arguments throws(SQLError) in
            let hasFormat = arguments.count > 1 && arguments[1].type == .varchar
            let kinds: [ArgumentKind] =
                hasFormat ? [.any, .text, .integer, .integer] : [.any, .integer, .integer]
            let types = try ScalarFunction.targets(signature, arguments, kinds, 1...kinds.count)
            let type = try numberType(arguments.dropFirst(hasFormat ? 2 : 1), signature)
            guard hasFormat else {
                return try cast(arguments[0].type, type, isTry: isTry, further: Array(types.dropFirst()))
            }
            let read = try reader(arguments, type, isTry: isTry)
            return .init([.varchar] + types.dropFirst(), type) { arguments, count, _ in
                try read(arguments, count)
            }
        }
    }

    /// Text in a format, as a NUMBER.
    private static func reader(
        _ arguments: [ScalarFunction.Argument], _ type: SQLType, isTry: Bool
    ) throws(SQLError) -> @Sendable ([Vector], Int) throws -> Vector {
        _ = try Casts.bind(from: arguments[0].type, to: .varchar, isTry: false)
        guard case .number(let precision, let scale) = type else {
            throw SQLError(.invalid, "\(type) is no NUMBER")
        }
        var preset: NumberFormat?
        if case .text(let text) = arguments[1].constant { preset = try NumberFormat(text) }
        let limit = DecimalMath.powers[precision]
        return { [preset] arguments, count in
            var cache = KeyedCache<NumberFormat>()
            return try RowCalls.wides(Array(arguments.prefix(2)), count: count, type) { row in
                let format =
                    try preset
                    ?? cache.value(Array(arguments[1].bytes(row))) {
                        try NumberFormat(arguments[1].string(row))
                    }
                if let number = format.number(arguments[0].bytes(row)),
                    let value = DecimalMath.shifted(number.value, by: scale - number.scale),
                    abs(value) < limit
                {
                    return value
                }
                if isTry { return nil }
                throw SQLError(
                    .data,
                    "Can't parse '\(arguments[0].string(row))' as number with format '\(format.source)'")
            }
        }
    }

    private static func toDouble(isTry: Bool) -> ScalarFunction {
        let name = isTry ? "TRY_TO_DOUBLE" : "TO_DOUBLE"
        let signature = "\(name)(value[, format])"
        return ScalarFunction(name, signature, summary("The value as a FLOAT", isTry)) {
            arguments throws(SQLError) in
            _ = try ScalarFunction.targets(signature, arguments, [.any, .text], 1...2)
            guard arguments.count > 1 else { return try cast(arguments[0].type, .float, isTry: isTry) }
            var preset: NumberFormat?
            if case .text(let text) = arguments[1].constant { preset = try NumberFormat(text) }
            return .init([.varchar, .varchar], .float) { [preset] arguments, count, _ in
                var cache = KeyedCache<NumberFormat>()
                return try RowCalls.doubles(arguments, count: count) { row in
                    let format =
                        try preset
                        ?? cache.value(Array(arguments[1].bytes(row))) {
                            try NumberFormat(arguments[1].string(row))
                        }
                    if let number = format.number(arguments[0].bytes(row)) {
                        return JSONNumber.decimal(number.value, scale: number.scale).double
                    }
                    if isTry { return nil }
                    throw SQLError(
                        .data,
                        "Can't parse '\(arguments[0].string(row))' as number with format '\(format.source)'")
                }
            }
        }
    }
}
