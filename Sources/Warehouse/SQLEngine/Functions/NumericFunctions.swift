import JSON
import Vectors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Functions of numbers.
enum NumericFunctions {
    static let all: [ScalarFunction] =
        signs + rounding + powers + circle + whole + bits + buckets + division + extremes + random

    // MARK: Sign

    private static let signs: [ScalarFunction] = [
        ScalarFunction("ABS", "ABS(number)", "The number without its sign.") { arguments throws(SQLError) in
            let types = try ScalarFunction.targets("ABS(number)", arguments, [.numeric], 1...1)
            return .init(types, types[0]) { arguments, count, _ in try magnitudes(arguments[0]) }
        },
        ScalarFunction("SIGN", "SIGN(number)", "1 of numbers above 0, 0 of 0 and -1 of numbers below.") {
            arguments throws(SQLError) in
            let types = try ScalarFunction.targets("SIGN(number)", arguments, [.numeric], 1...1)
            return .init(types, .number(precision: 1, scale: 0)) { arguments, _, _ in signs(arguments[0]) }
        },
    ]

    private static func magnitudes(_ vector: Vector) throws -> Vector {
        let result = Vector.allocate(
            vector.type, layout: vector.layout, scale: vector.scale, count: vector.count)
        switch vector.layout {
        case .double: for row in 0..<vector.count { result.doubles[row] = vector.doubles[row].magnitude }
        case .int128: for row in 0..<vector.count { result.int128s[row] = abs(vector.int128s[row]) }
        default:
            var lowest = Int64.max
            for row in 0..<vector.count {
                let value = vector.int64s[row]
                lowest = min(lowest, value)
                result.int64s[row] = value < 0 ? 0 &- value : value
            }
            if lowest == Int64.min { return try magnitudes(vector.widened()) }
        }
        return result.with(isConstant: vector.isConstant).withNulls(of: vector)
    }

    private static func signs(_ vector: Vector) -> Vector {
        let result = Vector.allocate(.number(precision: 1, scale: 0), layout: .int64, count: vector.count)
        switch vector.layout {
        case .double:
            for row in 0..<vector.count {
                result.int64s[row] = vector.doubles[row] > 0 ? 1 : vector.doubles[row] < 0 ? -1 : 0
            }
        case .int128: for row in 0..<vector.count { result.int64s[row] = Int64(vector.int128s[row].signum()) }
        default: for row in 0..<vector.count { result.int64s[row] = vector.int64s[row].signum() }
        }
        return result.with(isConstant: vector.isConstant).withNulls(of: vector)
    }

    // MARK: Functions of doubles

    /// A function of one double. What gives no number of a number is an error.
    private static func float(
        _ name: String, _ summary: String, _ body: @escaping @Sendable (Double) -> Double
    ) -> ScalarFunction {
        .plain(name, "\(name)(number)", summary, [.float], .float) { arguments, count, _ in
            let numbers = arguments[0].asDoubles()
            return try RowCalls.doubles([numbers], count: count) { row in
                let number = numbers.doubles[row]
                let result = body(number)
                if result.isNaN, !number.isNaN { throw domainError("\(name)(\(JSONText.number(number)))") }
                return result
            }
        }
    }

    private static func float2(
        _ name: String, aliases: [String] = [], _ signature: String, _ summary: String,
        _ body: @escaping @Sendable (Double, Double) -> Double
    ) -> ScalarFunction {
        .plain(name, aliases: aliases, signature, summary, [.float, .float], .float) { arguments, count, _ in
            let (left, right) = (arguments[0].asDoubles(), arguments[1].asDoubles())
            return try RowCalls.doubles([left, right], count: count) { row in
                let result = body(left.doubles[row], right.doubles[row])
                if result.isNaN, !left.doubles[row].isNaN, !right.doubles[row].isNaN {
                    let numbers =
                        "\(JSONText.number(left.doubles[row])), \(JSONText.number(right.doubles[row]))"
                    throw domainError("\(name)(\(numbers))")
                }
                return result
            }
        }
    }

    /// Of cubes of whole numbers exactly; the C library may be off by the last bit.
    private static func cubeRoot(_ number: Double) -> Double {
        let root = cbrt(number)
        let whole = root.rounded()
        return whole * whole * whole == number ? whole : root
    }

    private static func domainError(_ call: String) -> SQLError {
        SQLError(.data, "Invalid floating point operation: \(call)")
    }

    private static let powers: [ScalarFunction] = [
        float("SQRT", "The square root.") { $0.squareRoot() },
        float("CBRT", "The cube root.") { cubeRoot($0) },
        float("EXP", "Euler's number to a power.") { exp($0) },
        float("LN", "The natural logarithm.") { $0 > 0 ? log($0) : .nan },
        float2("LOG", "LOG(base, number)", "The logarithm to a base.") { base, number in
            guard base > 0, base != 1, number > 0 else { return .nan }
            if base == 10 { return log10(number) }
            return base == 2 ? log2(number) : log(number) / log(base)
        },
        float2("POWER", aliases: ["POW"], "POWER(base, exponent)", "A number to a power.") { base, exponent in
            base == 0 && exponent < 0 ? .nan : pow(base, exponent)
        },
        ScalarFunction("SQUARE", "SQUARE(number)", "The number times itself.") { arguments throws(SQLError) in
            let types = try ScalarFunction.targets("SQUARE(number)", arguments, [.numeric], 1...1)
            let argument = ScalarFunction.Argument(type: types[0])
            let product = try Arithmetic.bind(.multiply, argument, argument)
            return .init([product.argumentTypes[0]], product.result) { arguments, count, context in
                try product.evaluate([arguments[0], arguments[0]], count, context)
            }
        },
    ]

    private static let circle: [ScalarFunction] = [
        float("SIN", "The sine of an angle in radians.") { sin($0) },
        float("COS", "The cosine of an angle in radians.") { cos($0) },
        float("TAN", "The tangent of an angle in radians.") { tan($0) },
        float("COT", "The cotangent of an angle in radians.") { $0 == 0 ? .nan : 1 / tan($0) },
        float("ASIN", "The angle in radians with a sine.") { asin($0) },
        float("ACOS", "The angle in radians with a cosine.") { acos($0) },
        float("ATAN", "The angle in radians with a tangent.") { atan($0) },
        float2("ATAN2", "ATAN2(y, x)", "The angle in radians between the x axis and a point.") {
            atan2($0, $1)
        },
        float("SINH", "The hyperbolic sine.") { sinh($0) },
        float("COSH", "The hyperbolic cosine.") { cosh($0) },
        float("TANH", "The hyperbolic tangent.") { tanh($0) },
        float("ASINH", "The inverse hyperbolic sine.") { asinh($0) },
        float("ACOSH", "The inverse hyperbolic cosine.") { acosh($0) },
        float("ATANH", "The inverse hyperbolic tangent.") { abs($0) < 1 ? atanh($0) : .nan },
        float("DEGREES", "An angle in radians, in degrees.") { $0 * 180 / .pi },
        float("RADIANS", "An angle in degrees, in radians.") { $0 * .pi / 180 },
        .plain("PI", "PI()", "The ratio of a circle's circumference to its diameter.", [], .float) {
            _, count, _ in
            .constant(.float(.pi), .float, count: count)
        },
        .plain(
            "HAVERSINE", "HAVERSINE(latitude, longitude, latitude, longitude)",
            "The distance of two places on the earth in kilometres; angles in degrees.",
            [.float, .float, .float, .float],
            .float
        ) { arguments, count, _ in
            let angles = arguments.map { $0.asDoubles() }
            return try RowCalls.doubles(angles, count: count) { row in
                let degrees = angles.map { $0.doubles[row] * .pi / 180 }
                let latitude = sin((degrees[2] - degrees[0]) / 2)
                let longitude = sin((degrees[3] - degrees[1]) / 2)
                let chord = latitude * latitude + cos(degrees[0]) * cos(degrees[2]) * longitude * longitude
                return 2 * 6371 * asin(min(1, chord.squareRoot()))
            }
        },
    ]

    // MARK: Whole numbers

    private static let factorials: [Int128] = (1...33).reduce(into: [1]) {
        $0.append(($0.last ?? 1) * Int128($1))
    }

    private static let whole: [ScalarFunction] = [
        .plain(
            "FACTORIAL", "FACTORIAL(number)", "The product of all whole numbers up to one.", [.integer],
            .integer
        ) {
            arguments, count, _ in
            try RowCalls.wides(arguments, count: count, .integer) { row in
                let number = arguments[0].integer(row)
                guard factorials.indices.contains(number) else {
                    throw SQLError(.data, "FACTORIAL takes whole numbers from 0 to 33, not \(number)")
                }
                return factorials[number]
            }
        }
    ]

    private static func bits(
        _ name: String, aliases: [String], _ summary: String,
        _ body: @escaping @Sendable (Int128, Int128) throws -> Int128
    ) -> ScalarFunction {
        .plain(name, aliases: aliases, "\(name)(number, number)", summary, [.integer, .integer], .integer) {
            arguments, count, _ in
            try RowCalls.wides(arguments, count: count, .integer) { row in
                let result = try body(arguments[0].wide(row), arguments[1].wide(row))
                if result.magnitude >= DecimalMath.powers[38].magnitude {
                    throw DecimalMath.outOfRange(String(result), .integer)
                }
                return result
            }
        }
    }

    private static func shift(_ count: Int128) throws(SQLError) -> Int128 {
        if count < 0 { throw SQLError(.data, "bits are shifted by 0 or more, not by \(count)") }
        return min(count, 128)
    }

    private static let bits: [ScalarFunction] = [
        bits("BITAND", aliases: ["BIT_AND"], "The bits that both numbers have.") { $0 & $1 },
        bits("BITOR", aliases: ["BIT_OR"], "The bits that one of the numbers has.") { $0 | $1 },
        bits("BITXOR", aliases: ["BIT_XOR"], "The bits in which the numbers differ.") { $0 ^ $1 },
        bits("BITSHIFTLEFT", aliases: ["BIT_SHIFTLEFT"], "The bits of a number, moved to the left.") {
            let count = try shift($1)
            let result = $0 << count
            // Bits that fall out are lost in 128 bits; the result would be another number.
            if result >> count != $0 { throw DecimalMath.outOfRange("\($0) << \($1)", .integer) }
            return result
        },
        bits("BITSHIFTRIGHT", aliases: ["BIT_SHIFTRIGHT"], "The bits of a number, moved to the right.") {
            $0 >> (try shift($1))
        },
        .plain(
            "BITNOT", aliases: ["BIT_NOT"], "BITNOT(number)", "All bits of a number inverted.", [.integer],
            .integer
        ) {
            arguments, count, _ in
            try RowCalls.wides(arguments, count: count, .integer) { ~arguments[0].wide($0) }
        },
    ]

    private static let buckets: [ScalarFunction] = [
        .plain(
            "WIDTH_BUCKET", "WIDTH_BUCKET(number, min, max, count)",
            "The part of a range, from 1, in which a number lies; 0 below it, one more than all above.",
            [.numeric, .numeric, .numeric, .integer], .integer
        ) { arguments, count, _ in
            let numbers = arguments[..<3].map { $0.asDoubles() }
            return try RowCalls.integers(numbers + [arguments[3]], count: count) { row in
                let (low, high) = (numbers[1].doubles[row], numbers[2].doubles[row])
                let buckets = arguments[3].integer(row)
                guard buckets > 0, buckets < .max, low < high, (high - low).isFinite else {
                    throw SQLError(
                        .data,
                        "WIDTH_BUCKET needs a finite range that rises and from 1 to 2^63 - 2 parts of it; got "
                            + "\(low) to \(high) in \(buckets)")
                }
                let number = numbers[0].doubles[row]
                if number < low { return 0 }
                if !(number < high) { return buckets + 1 }
                let share = (number - low) * Double(buckets) / (high - low)
                return share < Double(buckets) ? Int(share) + 1 : buckets
            }
        }
    ]
}
