import Vectors

/// GREATEST and LEAST, and division that gives 0 for a divisor of 0.
extension NumericFunctions {
    static let extremes: [ScalarFunction] = [
        extreme(
            "GREATEST", "The greatest of some values; NULL if any is NULL.", isGreatest: true,
            skipsNulls: false),
        extreme(
            "LEAST", "The least of some values; NULL if any is NULL.", isGreatest: false, skipsNulls: false),
        extreme(
            "GREATEST_IGNORE_NULLS", "The greatest of those values that are not NULL.", isGreatest: true,
            skipsNulls: true),
        extreme(
            "LEAST_IGNORE_NULLS", "The least of those values that are not NULL.", isGreatest: false,
            skipsNulls: true),
    ]

    private static func extreme(
        _ name: String, _ summary: String, isGreatest: Bool, skipsNulls: Bool
    ) -> ScalarFunction {
        let signature = "\(name)(value, …)"
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            _ = try ScalarFunction.targets(signature, arguments, [.any], 1...Int.max)
            guard var type = TypeRules.common(arguments.map(\.type)) else {
                let types = arguments.map { "\($0.type)" }.joined(separator: ", ")
                throw SQLError(
                    .invalid, "\(name) cannot compare values of the types \(types): write \(signature)")
            }
            if type.isSemiStructured {
                throw SQLError(
                    .invalid, "\(name) does not compare values of type \(type): cast them to what they are")
            }
            if type == .null { type = .varchar }
            let result = type
            return .init(arguments.map { _ in result }, result) { arguments, count, _ in
                if result.layout == .string {
                    return try chooseTexts(arguments, count: count, result, isGreatest, skipsNulls)
                }
                return try choose(arguments, count: count, result, isGreatest, skipsNulls)
            }
        }
    }

    private static func chooseTexts(
        _ arguments: [Vector], count: Int, _ type: SQLType, _ isGreatest: Bool, _ skipsNulls: Bool
    ) throws -> Vector {
        try RowCalls.text(arguments, count: count, type, isStrict: !skipsNulls) { row, output in
            var best: UTF8Bytes.Bytes?
            for argument in arguments where argument.isValid(row) {
                let bytes = argument.bytes(row)
                guard let held = best else {
                    best = bytes
                    continue
                }
                if isGreatest ? UTF8Bytes.less(held, bytes) : UTF8Bytes.less(bytes, held) { best = bytes }
            }
            guard let best else { return false }
            return try output.append(best)
        }
    }

    private static func choose(
        _ arguments: [Vector], count: Int, _ type: SQLType, _ isGreatest: Bool, _ skipsNulls: Bool
    ) throws -> Vector {
        if type == .float {
            let vectors = arguments.map { $0.asDoubles() }
            return try RowCalls.doubles(vectors, count: count, isStrict: !skipsNulls) { row in
                best(vectors, row, isGreatest, { $0.doubles[$1] }) { $1.isNaN ? !$0.isNaN : $0 < $1 }
            }
        }
        if type.layout == .bool {
            return try RowCalls.booleans(arguments, count: count, isStrict: !skipsNulls) { row in
                best(arguments, row, isGreatest, { $0.bools[$1] }, <).map { $0 != 0 }
            }
        }
        if !skipsNulls, arguments.allSatisfy({ $0.layout == .int64 }) {
            return chooseSmall(arguments, count: count, type, isGreatest)
        }
        if arguments.contains(where: { $0.layout == .int128 }) {
            return try RowCalls.wides(arguments, count: count, type, isStrict: !skipsNulls) { row in
                best(arguments, row, isGreatest, { $0.wide($1) }, <)
            }
        }
        return try RowCalls.values(
            arguments, count: count, type, .int64, isStrict: !skipsNulls, zero: Int64(0)
        ) { row in
            best(arguments, row, isGreatest, { $0.int64s[$1] }, <)
        }
    }

    /// Of integers of 64 bits, NULL where any is.
    private static func chooseSmall(
        _ arguments: [Vector], count: Int, _ type: SQLType, _ isGreatest: Bool
    ) -> Vector {
        var result = arguments[0]
        for next in arguments.dropFirst() {
            let better = Vector.allocate(type, layout: .int64, count: count)
            let (left, right, target) = (result.int64s, next.int64s, better.int64s)
            if isGreatest {
                for row in 0..<count { target[row] = max(left[row], right[row]) }
            } else {
                for row in 0..<count { target[row] = min(left[row], right[row]) }
            }
            result = better.withNulls(of: result, next)
        }
        return result
    }

    @inline(__always)
    private static func best<Value>(
        _ vectors: [Vector], _ row: Int, _ isGreatest: Bool, _ value: (Vector, Int) -> Value,
        _ less: (Value, Value) -> Bool
    ) -> Value? {
        var best: Value?
        for vector in vectors where vector.isValid(row) {
            let next = value(vector, row)
            if let held = best, isGreatest ? !less(held, next) : !less(next, held) { continue }
            best = next
        }
        return best
    }

    // MARK: Division

    static let division: [ScalarFunction] = [
        ScalarFunction(
            "MOD", "MOD(number, number)", "What a division leaves; it has the sign of the first number."
        ) {
            arguments throws(SQLError) in
            _ = try ScalarFunction.targets("MOD(number, number)", arguments, [.numeric], 2...2)
            return try Arithmetic.bind(.modulo, arguments[0], arguments[1])
        },
        division("DIV0", "The quotient, or 0 where the divisor is 0.", zeroForNull: false),
        division("DIV0NULL", "The quotient, or 0 where the divisor is 0 or NULL.", zeroForNull: true),
    ]

    private static func division(_ name: String, _ summary: String, zeroForNull: Bool) -> ScalarFunction {
        let signature = "\(name)(number, divisor)"
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            _ = try ScalarFunction.targets(signature, arguments, [.numeric], 2...2)
            let binding = try Arithmetic.bind(.divide, arguments[0], arguments[1])
            return .init(binding.argumentTypes, binding.result) { arguments, count, context in
                guard let (divisors, zeros) = withoutZeros(arguments[1], zeroForNull: zeroForNull) else {
                    return try binding.evaluate(arguments, count, context)
                }
                let quotients = try binding.evaluate([arguments[0], divisors], count, context)
                return zeroed(quotients, at: zeros, of: arguments[0])
            }
        }
    }

    /// The numbers with ones in place of zeros, and for each whether it was one; `nil` where there are none.
    private static func withoutZeros(_ vector: Vector, zeroForNull: Bool) -> (Vector, [Bool])? {
        var zeros = [Bool](repeating: false, count: vector.count)
        var found = false
        for row in 0..<vector.count {
            let isZero: Bool
            if !vector.isValid(row) {
                isZero = zeroForNull
            } else {
                switch vector.layout {
                case .double: isZero = vector.doubles[row] == 0
                case .int128: isZero = vector.int128s[row] == 0
                default: isZero = vector.int64s[row] == 0
                }
            }
            zeros[row] = isZero
            found = found || isZero
        }
        guard found else { return nil }
        let result = Vector.allocate(
            vector.type, layout: vector.layout, scale: vector.scale, count: vector.count,
            hasValidity: vector.validity != nil)
        for row in 0..<vector.count {
            switch vector.layout {
            case .double: result.doubles[row] = zeros[row] ? 1 : vector.doubles[row]
            case .int128: result.int128s[row] = zeros[row] ? 1 : vector.int128s[row]
            default: result.int64s[row] = zeros[row] ? 1 : vector.int64s[row]
            }
            if let validity = vector.validity { result.validity?[row] = zeros[row] ? 1 : validity[row] }
        }
        return (result, zeros)
    }

    /// The quotients with 0 at the rows of `zeros` whose dividend is not NULL.
    private static func zeroed(_ vector: Vector, at zeros: [Bool], of dividends: Vector) -> Vector {
        let result = Vector.allocate(
            vector.type, layout: vector.layout, scale: vector.scale, count: vector.count,
            hasValidity: vector.validity != nil || dividends.validity != nil)
        for row in 0..<vector.count {
            switch vector.layout {
            case .double: result.doubles[row] = zeros[row] ? 0 : vector.doubles[row]
            case .int128: result.int128s[row] = zeros[row] ? 0 : vector.int128s[row]
            default: result.int64s[row] = zeros[row] ? 0 : vector.int64s[row]
            }
            result.validity?[row] = vector.isValid(row) && dividends.isValid(row) ? 1 : 0
        }
        return result
    }
}
