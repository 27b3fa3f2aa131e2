import SQLEngine
import Testing
import Vectors

@Suite struct NumericFunctionTests {
    private static let wide = Value.of(.number(Int128(Int64.max) * 10, scale: 0), .integer)

    private static let signs: [Example] = [
        .init("ABS", [-5], "5"), .init("ABS", [.decimal(-1250, 2)], "12.50"), .init("ABS", [-1.5], "1.5"),
        .init("ABS", ["-2.5"], "2.5"),
        .init("ABS", [.of(.number(Int128(Int64.min), scale: 0), .integer)], "9223372036854775808"),
        .init("ABS", [wide], "92233720368547758070"),
        .init("SIGN", [-3], "-1"), .init("SIGN", [0.0], "0"), .init("SIGN", [.decimal(1, 5)], "1"),
        .init("SIGN", [nil], "NULL"), .init("SIGN", [wide], "1"),
    ]

    private static let rounding: [Example] = [
        .init("ROUND", [.decimal(135_135, 3), -2], "100"),
        .init("ROUND", [.decimal(135_135, 3), 1], "135.1"), .init("ROUND", [.decimal(-975, 3)], "-1"),
        .init("ROUND", [.decimal(25, 1)], "3"), .init("ROUND", [2.5], "3"), .init("ROUND", [-2.5], "-3"),
        .init("ROUND", [1.005, 2], "1.01"),
        .init("ROUND", [.decimal(25, 1), 0, "HALF_TO_EVEN"], "2"),
        .init("ROUND", [.decimal(35, 1), 0, "HALF_TO_EVEN"], "4"),
        .init("ROUND", [.decimal(-25, 1), 0, "HALF_TO_EVEN"], "-2"),
        .init("ROUND", [15, -1, "HALF_TO_EVEN"], "20"),
        .init("TRUNC", [.decimal(-975, 2), 1], "-9.7"), .init("TRUNCATE", [.decimal(975, 2)], "9"),
        .init("TRUNC", [135, -2], "100"),
        .init("CEIL", [.decimal(135_135, 3), 1], "135.2"), .init("CEIL", [.decimal(-975, 3)], "0"),
        .init("CEIL", [2.1], "3"),
        .init("FLOOR", [.decimal(-975, 3)], "-1"), .init("FLOOR", [135, -2], "100"),
        .init("FLOOR", [-2.1], "-3"), .init("CEIL", [101, -2], "200"),
        .init("FLOOR", [nil], "NULL"), .init("ROUND", [.decimal(5, 1, precision: 1)], "1"),
    ]

    private static let floats: [Example] = [
        .init("SQRT", [4], "2"), .init("SQRT", [nil], "NULL"), .init("CBRT", [27], "3"),
        .init("EXP", [0], "1"), .init("LN", [1], "0"),
        .init("LOG", [10, 1000], "3"), .init("LOG", [2, 8], "3"), .init("POWER", [2, 10], "1024"),
        .init("POW", [4, 0.5], "2"),
        .init("SQUARE", [.decimal(-215, 2, precision: 5)], "4.6225"), .init("SIN", [0], "0"),
        .init("COS", [0], "1"), .init("TAN", [0], "0"),
        .init("ASIN", [0], "0"), .init("ACOS", [1], "0"), .init("ATAN", [0], "0"),
        .init("ATAN2", [0, 1], "0"), .init("SINH", [0], "0"),
        .init("DEGREES", [0], "0"), .init("RADIANS", [180], "3.141592653589793"),
        .init("FACTORIAL", [0], "1"), .init("FACTORIAL", [33], "8683317618811886495518194401280000000"),
    ]

    private static let bits: [Example] = [
        .init("BITAND", [12, 10], "8"), .init("BITOR", [12, 10], "14"), .init("BITXOR", [12, 10], "6"),
        .init("BITNOT", [0], "-1"),
        .init("BITSHIFTLEFT", [1, 70], "1180591620717411303424"), .init("BITSHIFTRIGHT", [-8, 1], "-4"),
        .init("BITSHIFTRIGHT", [8, 500], "0"),
        .init("BITAND", [12, nil], "NULL"), .init("WIDTH_BUCKET", [.decimal(5, 1), 0, 1, 10], "6"),
        .init("WIDTH_BUCKET", [-1, 0, 1, 10], "0"),
        .init("WIDTH_BUCKET", [1, 0, 1, 10], "11"), .init("WIDTH_BUCKET", [290000, 200000, 600000, 4], "1"),
    ]

    private static let choices: [Example] = [
        .init("GREATEST", [1, 3, 2], "3"), .init("LEAST", [1, 3, 2], "1"),
        .init("GREATEST", [1, .decimal(15, 1)], "1.5"), .init("GREATEST", [1, 2.5], "2.5"),
        .init("GREATEST", [1, nil], "NULL"), .init("GREATEST", ["b", "abc", "ä"], "ä"),
        .init("LEAST", ["b", "abc"], "abc"), .init("LEAST", [wide, 3], "3"),
        .init("GREATEST_IGNORE_NULLS", [1, nil, 3], "3"), .init("LEAST_IGNORE_NULLS", [nil, "b"], "b"),
        .init("LEAST_IGNORE_NULLS", [nil, nil], "NULL"),
        .init("GREATEST", [false, true], "TRUE"), .init("GREATEST", [.of(.float(.nan), .float), 1.0], "NaN"),
        .init("LEAST", [.of(.float(.nan), .float), 1.0], "1"),
        .init("MOD", [7, 3], "1"), .init("MOD", [-7, 3], "-1"), .init("MOD", [.decimal(75, 1), 2], "1.5"),
        .init("DIV0", [1, 0], "0.000000"), .init("DIV0", [1, 4], "0.250000"),
        .init("DIV0", [nil, 0], "NULL"), .init("DIV0", [1, nil], "NULL"),
        .init("DIV0NULL", [1, nil], "0.000000"), .init("DIV0", [1.5, 0.0], "0"),
        .init("DIV0NULL", [.null(.float), 0.0], "NULL"),
    ]

    @Test(arguments: signs + floats + bits + choices) func examples(_ example: Example) throws {
        // With other types bound, NULL for one argument alone makes other types.
        try example.check(onlyConstant: example.arguments.contains { $0.type == .null })
    }

    /// The type of the result depends on constants.
    @Test(arguments: rounding) func rounded(_ example: Example) throws {
        try example.check(onlyConstant: true)
    }

    @Test func placesMayVaryFromRowToRow() throws {
        let numbers = Vector.constant(.number(123_456, scale: 3), .number(precision: 10, scale: 3), count: 4)
        let places = Vector.allocate(.integer, layout: .int64, count: 4)
        for (row, value) in [2, 0, -1, 5].enumerated() { places.int64s[row] = Int64(value) }
        let result = try call("ROUND", [numbers, places], count: 4)
        #expect(
            (0..<4).map { result.scalar(at: $0).description } == ["123.460", "123.000", "120.000", "123.456"])
    }

    @Test func numbersOutsideOfADomainAreErrors() {
        for (name, arguments) in [
            ("SQRT", [-1]), ("LN", [0]), ("LN", [-1]), ("LOG", [1, 2]), ("LOG", [10, 0]), ("POWER", [0, -1]),
            ("POWER", [-1, 0.5]), ("ACOS", [2]),
            ("ASIN", [-2]), ("ATANH", [1]), ("ACOSH", [0]), ("FACTORIAL", [34]), ("FACTORIAL", [-1]),
            ("MOD", [1, 0]), ("BITSHIFTLEFT", [1, -1]),
            ("BITSHIFTLEFT", [1, 130]), ("WIDTH_BUCKET", [1, 1, 1, 1]), ("WIDTH_BUCKET", [1, 0, 1, 0]),
            ("WIDTH_BUCKET", [39, 0, 1, .of(.number(Int128(Int64.max), scale: 0), .integer)]),
            ("WIDTH_BUCKET", [1, 0, .of(.float(.infinity), .float), 10]), ("COT", [0]),
        ] as [(String, [Value])] {
            #expect(failure(name, arguments)?.code == .data, "\(name)")
        }
        #expect(failure("SQRT", [-1])?.message == "Invalid floating point operation: SQRT(-1)")
        #expect(failure("ABS", [.of(.temporal(0, .date), .date)])?.code == .invalid)
        #expect(failure("GREATEST", [.json("1"), 2])?.code == .invalid)
        #expect(failure("GREATEST", [.bytes([1]), 2])?.code == .invalid)
    }

    @Test func distancesOnTheEarth() throws {
        let places: [Value] = [40.7127, -74.0059, 34.0500, -118.2500]
        let distance = try #require(Double(try result("HAVERSINE", places)))
        #expect(abs(distance - 3936.385096389) < 1e-6)
    }

    @Test func floatsMayBeHeldAsDecimals() throws {
        let vector = Vector.allocate(.float, layout: .int64, scale: 2, count: 3)
        for (row, value) in [-150, 225, 0].enumerated() { vector.int64s[row] = Int64(value) }
        func texts(_ vector: Vector) -> [String] { (0..<3).map { vector.scalar(at: $0).description } }
        #expect(texts(try call("ABS", [vector], count: 3)) == ["1.5", "2.25", "0"])
        #expect(texts(try call("SIGN", [vector], count: 3)) == ["-1", "1", "0"])
        #expect(texts(try call("CEIL", [vector], count: 3)) == ["-1", "3", "0"])
        #expect(
            texts(
                try call(
                    "EXP", [call("LEAST", [vector, .constant(.float(0), .float, count: 3)], count: 3)],
                    count: 3))[2] == "1")
    }

    // MARK: Random numbers

    private func integers(_ vector: Vector) -> [Int64] { (0..<vector.count).map { vector.int64s[$0] } }

    @Test func randomNumbersDifferFromRowToRowAndBatchToBatch() throws {
        let function = try #require(FunctionCatalog.find("RANDOM"))
        #expect(function.isVolatile)
        let binding = try function.bind([])
        let first = try binding.evaluate([], 1000, EvaluationContext())
        let second = try binding.evaluate([], 1000, EvaluationContext())
        #expect(Set(integers(first) + integers(second)).count == 2000)
    }

    @Test func randomNumbersOfASeedAreTheSameInEachStatement() throws {
        let seed = Vector.constant(.integer(42), .integer, count: 100)
        func draws(_ statement: UInt64) throws -> [Int64] {
            var context = EvaluationContext()
            context.seed = statement
            return integers(try call("RANDOM", [seed], count: 100, context))
        }
        #expect(try draws(1) == draws(2))
        #expect(Set(try draws(1)).count == 100)
    }

    @Test func drawsLieInTheirRangesAndSpread() throws {
        let random = try call("RANDOM", [.constant(.integer(1), .integer, count: 8000)], count: 8000)
        let (one, six) = (
            Vector.constant(.integer(1), .integer, count: 8000),
            Vector.constant(.integer(6), .integer, count: 8000)
        )
        let dice = integers(try call("UNIFORM", [one, six, random], count: 8000))
        for face in Int64(1)...6 { #expect((1100...1600).contains(dice.count { $0 == face })) }
        let unit = try call(
            "UNIFORM",
            [.constant(.float(0), .float, count: 8000), .constant(.float(1), .float, count: 8000), random],
            count: 8000)
        let mean = (0..<8000).reduce(0.0) { $0 + unit.doubles[$1] } / 8000
        #expect(abs(mean - 0.5) < 0.02)
        let normal = try call(
            "NORMAL",
            [.constant(.float(10), .float, count: 8000), .constant(.float(2), .float, count: 8000), random],
            count: 8000)
        let values = (0..<8000).map { normal.doubles[$0] }
        let average = values.reduce(0, +) / 8000
        let variance = values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 8000
        #expect(abs(average - 10) < 0.1 && abs(variance - 4) < 0.3)
        let texts = try call("RANDSTR", [.constant(.integer(5), .integer, count: 8000), random], count: 8000)
        #expect((0..<8000).allSatisfy { texts.bytes($0).count == 5 })
    }

    @Test func uuidsHaveTheirForm() throws {
        let random = try call("UUID_STRING", [], count: 100)
        #expect(Set((0..<100).map { random.scalar(at: $0).description }).count == 100)
        #expect(random.scalar(at: 0).description.utf8.count == 36)
        // RFC 4122's namespace of DNS names.
        #expect(
            try result("UUID_STRING", ["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "python.org"])
                == "886313e1-3b8a-5372-9b90-0c9aee199e5d")
        #expect(failure("UUID_STRING", ["x", "y"])?.code == .data)
        #expect(failure("UUID_STRING", ["x"])?.code == .invalid)
    }
}
