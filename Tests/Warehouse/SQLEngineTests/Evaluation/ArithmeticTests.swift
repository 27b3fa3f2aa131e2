import SQLEngine
import TestSupport
import Testing
import Vectors

@Suite struct ArithmeticTests {
    private func compute(
        _ operation: BinaryOperator, _ left: Vector, _ right: Vector,
        _ context: EvaluationContext = EvaluationContext()
    ) throws -> Vector {
        let binding = try Arithmetic.bind(operation, .init(type: left.type), .init(type: right.type))
        let arguments = try [
            Rows.cast(left, binding.argumentTypes[0], context),
            Rows.cast(right, binding.argumentTypes[1], context),
        ]
        let result = try binding.evaluate(arguments, left.count, context)
        #expect(result.type == binding.result)
        return result
    }

    private func number(_ value: Int128, _ type: SQLType) -> Vector {
        Rows.vector([.number(value, scale: type.scale), .null], type)
    }

    /// Precision and scale as Snowflake documents them.
    @Test(
        arguments: [
            (.add, .decimal(5, 2), .decimal(3, 0), .decimal(6, 2)),
            (.subtract, .decimal(38, 0), .decimal(38, 0), .integer),
            (.multiply, .decimal(4, 2), .decimal(2, 1), .decimal(6, 3)),
            (.multiply, .decimal(20, 10), .decimal(20, 10), .decimal(32, 12)),
            (.multiply, .decimal(1, 1), .decimal(13, 13), .decimal(13, 13)),
            (.divide, .decimal(2, 0), .decimal(1, 0), .decimal(8, 6)),
            (.divide, .decimal(12, 10), .decimal(3, 2), .decimal(16, 12)),
            (.divide, .decimal(20, 14), .decimal(5, 0), .decimal(20, 14)),
            (.modulo, .decimal(5, 2), .decimal(5, 4), .decimal(7, 4)),
        ] as [(BinaryOperator, SQLType, SQLType, SQLType)])
    func typesOfResults(operation: BinaryOperator, left: SQLType, right: SQLType, expected: SQLType) throws {
        #expect(try Arithmetic.bind(operation, .init(type: left), .init(type: right)).result == expected)
    }

    /// The operands are the digits alone.
    @Test(
        arguments: [
            (.add, "150", .decimal(3, 2), "1", .decimal(1, 0), "2.50"),
            (.multiply, "1001", .decimal(4, 2), "11", .decimal(2, 1), "11.011"),
            (.multiply, "1", .decimal(1, 1), "1", .decimal(13, 13), "0.0000000000000"),
            (.divide, "1", .decimal(1, 0), "3", .decimal(1, 0), "0.333333"),
            (.divide, "2", .decimal(1, 0), "-3", .decimal(1, 0), "-0.666667"),
            (.modulo, "-7", .decimal(1, 0), "3", .decimal(1, 0), "-1"),
            (.modulo, "75", .decimal(2, 1), "2", .decimal(1, 0), "1.5"),
            (.add, "9223372036854775807", .integer, "1", .integer, "9223372036854775808"),
            (.subtract, "-9223372036854775808", .integer, "1", .integer, "-9223372036854775809"),
            (.multiply, "-9223372036854775808", .integer, "-1", .integer, "9223372036854775808"),
            (.divide, "-9223372036854775808", .integer, "-1", .decimal(1, 0), "9223372036854775808.000000"),
            (.modulo, "-9223372036854775808", .integer, "-1", .decimal(1, 0), "0"),
            // The exact product does not fit 128 bits, but the result does.
            (
                .multiply, "1000000000000000000000000000000", .decimal(38, 10), "100000000000000",
                .decimal(38, 10),
                "1000000000000000000000000.000000000000"
            ),
            (
                .divide, "7", .decimal(38, 37), "7", .decimal(38, 37),
                "1.0000000000000000000000000000000000000"
            ),
        ] as [(BinaryOperator, String, SQLType, String, SQLType, String)])
    func computes(
        operation: BinaryOperator, a: String, left: SQLType, b: String, right: SQLType, expected: String
    ) throws {
        let (first, second) = (try #require(Int128(a)), try #require(Int128(b)))
        let result = try compute(operation, number(first, left), number(second, right))
        #expect(Rows.shown(result) == [expected, "NULL"])
    }

    @Test func failsBeyond38Digits() {
        let most = number(DecimalMath.powers[38] - 1, .integer)
        let message = Rows.message { _ = try compute(.add, most, number(1, .integer)) }
        #expect(message?.hasPrefix("Number out of representable range") == true)
        #expect(Rows.message { _ = try compute(.multiply, most, number(10, .integer)) } != nil)
        #expect(Rows.message { _ = try compute(.divide, most, number(1, .integer)) } != nil)
        #expect(Rows.message { _ = try compute(.subtract, most, number(1, .integer)) } == nil)
    }

    @Test func dividesByZeroOnlyWhereThereIsAValue() throws {
        let zero = Rows.integers([0, 2])
        for operation in [BinaryOperator.divide, .modulo] {
            #expect(
                Rows.message { _ = try compute(operation, Rows.integers([1, 1]), zero) } == "Division by zero"
            )
            #expect(
                Rows.message { _ = try compute(operation, Rows.floats([1, 1]), Rows.floats([0, 1])) }
                    == "Division by zero")
            #expect(
                Rows.message {
                    _ = try compute(operation, Rows.floats([1]), .constant(.float(0), .float, count: 1))
                } == "Division by zero")
            #expect(Rows.message { _ = try compute(operation, Rows.integers([nil, 6]), zero) } == nil)
            #expect(Rows.message { _ = try compute(operation, Rows.floats([nil, 6]), zero) } == nil)
        }
        #expect(Rows.shown(try compute(.divide, Rows.integers([nil, 6]), zero)) == ["NULL", "3.000000"])
    }

    @Test func mixesFloats() throws {
        let decimals = Rows.raw([150, -25], .float, scale: 2)
        #expect(
            Rows.shown(try compute(.add, decimals, .constant(.number(1, scale: 0), .decimal(1, 0), count: 2)))
                == ["2.5", "0.75"])
        #expect(
            Rows.shown(try compute(.subtract, .constant(.integer(1), .decimal(1, 0), count: 2), decimals))
                == ["-0.5", "1.25"])
        #expect(
            Rows.shown(try compute(.multiply, Rows.texts(["2", nil]), Rows.integers([3, 3]))) == [
                "6", "NULL",
            ])
        #expect(
            Rows.shown(try compute(.divide, Rows.json(["3", "null"]), Rows.integers([2, 2]))) == [
                "1.5", "NULL",
            ])
        #expect(
            Rows.shown(try compute(.add, Vector.nulls(.null, count: 2), Rows.integers([2, 2]))) == [
                "NULL", "NULL",
            ])
        let negative = try Arithmetic.negate(.float).evaluate([decimals], 2, EvaluationContext())
        #expect(Rows.shown(negative) == ["-1.5", "0.25"])
        let least = Rows.raw([.min, 1], .number(precision: 19, scale: 0), validity: [1, 0])
        #expect(
            Rows.shown(try Arithmetic.negate(least.type).evaluate([least], 2, EvaluationContext())) == [
                "9223372036854775808", "NULL",
            ])
    }

    @Test func addsDaysToDates() throws {
        let dates = Rows.raw([19_782, 0], .date)
        #expect(Rows.shown(try compute(.add, dates, Rows.integers([1, nil]))) == ["2024-03-01", "NULL"])
        #expect(
            Rows.shown(try compute(.subtract, dates, Rows.integers([366, 1]))) == [
                "2023-02-28", "1969-12-31",
            ])
        #expect(Rows.shown(try compute(.add, Rows.integers([1, 2]), dates)) == ["2024-03-01", "1970-01-03"])
        #expect(Rows.shown(try compute(.subtract, dates, Rows.raw([19_000, 5], .date))) == ["782", "-5"])
        let stamps = Rows.raw([1_711_800_000_000_000, 0], .timestampLTZ)
        let moved = try compute(.add, stamps, Rows.integers([1, 1]), EvaluationContext(zone: summerZone))
        // The same time of day, 23 hours later.
        #expect(moved.int64s[0] == 1_711_800_000_000_000 + 23 * 3_600_000_000)
        #expect(Rows.message { _ = try compute(.subtract, stamps, stamps) }?.contains("DATEDIFF") == true)
        #expect(Rows.message { _ = try compute(.subtract, Rows.integers([1, 2]), dates) } != nil)
        #expect(
            Rows.message { _ = try compute(.add, dates, Rows.integers([.max, 1])) }?.hasPrefix("Number out")
                == true)
    }

    /// Random operands of random scales against arithmetic on 128 bits.
    @Test func agreesWithWideArithmetic() throws {
        var generator = SeededGenerator(seed: 43)
        for _ in 0..<600 {
            let scales = (Int.random(in: 0...6, using: &generator), Int.random(in: 0...6, using: &generator))
            let bits = (
                Int64.random(in: 2...63, using: &generator), Int64.random(in: 2...63, using: &generator)
            )
            let types = (SQLType.decimal(19, scales.0), SQLType.decimal(19, scales.1))
            let a = (0..<8).map { _ in Int64.random(in: .min ... .max, using: &generator) >> (63 - bits.0) }
            let b = (0..<8).map { _ in Int64.random(in: .min ... .max, using: &generator) >> (63 - bits.1) }
                .map { $0 == 0 ? 1 : $0 }
            let (left, right) = (Rows.raw(a, types.0, scale: scales.0), Rows.raw(b, types.1, scale: scales.1))
            for operation in [BinaryOperator.add, .subtract, .multiply, .divide, .modulo] {
                let result = try compute(operation, left, right)
                let scale = result.scale
                for row in 0..<8 {
                    let (x, y) = (Int128(a[row]), Int128(b[row]))
                    let (p, q) = (
                        DecimalMath.powers[abs(scale - scales.0)], DecimalMath.powers[abs(scale - scales.1)]
                    )
                    let expected: Int128 =
                        switch operation {
                        case .add: x * p + y * q
                        case .subtract: x * p - y * q
                        case .multiply: x * y
                        case .modulo: (x * p) % (y * q)
                        default: halfAway(x * DecimalMath.powers[scale - scales.0 + scales.1], y)
                        }
                    #expect(
                        result.scalar(at: row) == .number(expected, scale: scale),
                        "\(a[row]) \(operation.rawValue) \(b[row])")
                }
            }
        }
    }

    private func halfAway(_ a: Int128, _ b: Int128) -> Int128 {
        let quotient = (a.magnitude * 2 + b.magnitude) / (b.magnitude * 2)
        return (a < 0) == (b < 0) ? Int128(quotient) : -Int128(quotient)
    }
}
