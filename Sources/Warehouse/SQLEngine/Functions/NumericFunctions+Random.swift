import Synchronization
import Vectors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// RANDOM and what is drawn from it.
extension NumericFunctions {
    static let random: [ScalarFunction] = [
        ScalarFunction(
            "RANDOM", "RANDOM([seed])", "A whole number of 64 bits, another one for each row.",
            isVolatile: true
        ) { arguments throws(SQLError) in
            let types = try ScalarFunction.targets("RANDOM([seed])", arguments, [.integer], 0...1)
            let sequence = RandomSequence()
            return .init(types, .number(precision: 19, scale: 0)) { arguments, count, context in
                let first = sequence.take(count, seed: context.seed)
                let result = Vector.allocate(.number(precision: 19, scale: 0), layout: .int64, count: count)
                for row in 0..<count {
                    let hasSeed = arguments.first?.isValid(row) ?? false
                    let seed =
                        hasSeed
                        ? UInt64(truncatingIfNeeded: arguments[0].wide(row)) : context.seed ^ sequence.salt
                    let draw = StringHash.mix(StringHash.hash(seed), StringHash.hash(first &+ UInt64(row)))
                    result.int64s[row] = Int64(bitPattern: StringHash.hash(draw))
                }
                return result
            }
        },
        ScalarFunction(
            "UNIFORM", "UNIFORM(min, max, number)",
            "A number of a range, each as likely as the others, drawn by a random number: UNIFORM(1, 6, RANDOM())."
        ) { arguments throws(SQLError) in
            let kinds: [ArgumentKind] = [.numeric, .numeric, .integer]
            let types = try ScalarFunction.targets("UNIFORM(min, max, number)", arguments, kinds, 3...3)
            let isWhole = types[0].isNumber && types[0].scale == 0 && types[1].isNumber && types[1].scale == 0
            return isWhole
                ? .init([.integer, .integer, .integer], .integer, uniformIntegers)
                : .init([.float, .float, .integer], .float, uniformDoubles)
        },
        .plain(
            "NORMAL", "NORMAL(mean, deviation, number)",
            "A normally distributed number, drawn by a random number: NORMAL(0, 1, RANDOM()).",
            [.float, .float, .integer], .float
        ) { arguments, count, _ in
            let (means, deviations) = (arguments[0].asDoubles(), arguments[1].asDoubles())
            return try RowCalls.doubles([means, deviations, arguments[2]], count: count) { row in
                let first = StringHash.hash(UInt64(truncatingIfNeeded: arguments[2].wide(row)))
                // The logarithm needs a number above 0.
                let radius = (-2 * log(1 - unit(first))).squareRoot()
                return means.doubles[row] + deviations.doubles[row] * radius
                    * cos(2 * .pi * unit(StringHash.hash(first)))
            }
        },
        .plain(
            "RANDSTR", "RANDSTR(length, number)",
            "Letters and digits, drawn by a random number: RANDSTR(5, RANDOM()).",
            [.integer, .integer], .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let length = arguments[0].integer(row)
                guard length >= 0 else {
                    throw SQLError(.data, "RANDSTR takes a length from 0, not \(length)")
                }
                var state = UInt64(truncatingIfNeeded: arguments[1].wide(row))
                return try output.append(byteCount: length) { target in
                    for place in 0..<length {
                        state = StringHash.hash(state &+ 1)
                        target[place] = lettersAndDigits[Int(state.multipliedFullWidth(by: 62).high)]
                    }
                }
            }
        },
        ScalarFunction(
            "UUID_STRING", "UUID_STRING([namespace, name])",
            "A random UUID, or the UUID (version 5) of a name in a namespace, which is a UUID.",
            isVolatile: true
        ) { arguments throws(SQLError) in
            let signature = "UUID_STRING([namespace, name])"
            let types = try ScalarFunction.targets(signature, arguments, [.text], 0...2)
            if arguments.count == 1 {
                throw SQLError(.invalid, "a namespace needs a name: write \(signature)")
            }
            return .init(types, .varchar) { arguments, count, _ in
                if arguments.isEmpty { return randomUUIDs(count) }
                return try RowCalls.text(arguments, count: count) { row, output in
                    try output.append(namedUUID(arguments[0].bytes(row), arguments[1].bytes(row)))
                }
            }
        },
    ]

    private static let lettersAndDigits = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// A number from 0 to below 1.
    private static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

    @Sendable
    private static func uniformIntegers(_ arguments: [Vector], _ count: Int, _ context: EvaluationContext)
        throws -> Vector
    {
        try RowCalls.wides(arguments, count: count, .integer) { row in
            let (low, high) = (arguments[0].wide(row), arguments[1].wide(row))
            guard low <= high, high - low < Int128(1) << 64 else {
                throw SQLError(
                    .data,
                    "UNIFORM needs a range that rises and has at most 2^64 numbers, not \(low) to \(high)")
            }
            let bits = StringHash.hash(UInt64(truncatingIfNeeded: arguments[2].wide(row)))
            // The high half of the product of 64 random bits and the number of numbers.
            return low + Int128((UInt128(bits) * UInt128(high - low + 1)) >> 64)
        }
    }

    @Sendable
    private static func uniformDoubles(_ arguments: [Vector], _ count: Int, _ context: EvaluationContext)
        throws -> Vector
    {
        let (lows, highs) = (arguments[0].asDoubles(), arguments[1].asDoubles())
        return try RowCalls.doubles([lows, highs, arguments[2]], count: count) { row in
            let (low, high) = (lows.doubles[row], highs.doubles[row])
            guard low <= high else {
                throw SQLError(.data, "UNIFORM needs a range that rises, not \(low) to \(high)")
            }
            return low + (high - low)
                * unit(StringHash.hash(UInt64(truncatingIfNeeded: arguments[2].wide(row))))
        }
    }

    // MARK: UUIDs

    private static func randomUUIDs(_ count: Int) -> Vector {
        let builder = StringDictionaryBuilder(capacity: count, byteCapacity: count * 36)
        let result = Vector.allocate(.varchar, count: count)
        var generator = SystemRandomNumberGenerator()
        for row in 0..<count {
            var bytes: [UInt8] = []
            for word in [generator.next(), generator.next()] {
                for shift in stride(from: UInt64(0), to: 64, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: word >> shift))
                }
            }
            builder.append(uuid(bytes, version: 4))
            result.codes[row] = UInt32(row)
        }
        return result.with(dictionary: builder.finish())
    }

    private static func namedUUID(_ namespace: UTF8Bytes.Bytes, _ name: UTF8Bytes.Bytes) throws(SQLError)
        -> [UInt8]
    {
        let digits = namespace.filter { $0 != UInt8(ascii: "-") }
        guard digits.count == 32,
            let prefix = digits.withUnsafeBufferPointer({ StringFunctions.hexDecoded($0) })
        else {
            throw SQLError(.data, "'\(String(decoding: namespace, as: UTF8.self))' is no UUID")
        }
        return uuid(Array(SHA1.digest(prefix + Array(name))[..<16]), version: 5)
    }

    private static func uuid(_ bytes: [UInt8], version: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        for (place, byte) in bytes.enumerated() {
            var byte = byte
            if place == 6 { byte = byte & 0x0F | version << 4 }
            if place == 8 { byte = byte & 0x3F | 0x80 }
            if place == 4 || place == 6 || place == 8 || place == 10 { result.append(UInt8(ascii: "-")) }
            result += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return result
    }
}

/// Counts the rows for which one call of RANDOM in a statement has been computed, so that no two draw the
/// same number. Which row gets which draw depends on the order in which batches are computed.
private final class RandomSequence: Sendable {
    /// Makes the calls of one statement differ.
    let salt = UInt64.random(in: .min ... .max)
    private let state = Mutex((seed: UInt64(0), next: UInt64(0)))

    /// The number of the first of `count` draws. Another statement, which has another seed, begins anew.
    func take(_ count: Int, seed: UInt64) -> UInt64 {
        state.withLock { state in
            if state.seed != seed { state = (seed, 0) }
            defer { state.next &+= UInt64(count) }
            return state.next
        }
    }
}
