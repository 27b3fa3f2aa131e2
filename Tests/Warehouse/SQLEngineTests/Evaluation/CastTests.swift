import SQLEngine
import TestSupport
import Testing
import Vectors

@Suite struct CastTests {
    /// Casts from text, with what a failure says where the result begins with an exclamation mark.
    @Test(
        arguments: [
            ("1.5", .decimal(10, 0), "2"), (" -2.5 ", .decimal(10, 0), "-3"),
            ("1e3", .decimal(38, 2), "1000.00"),
            (".5", .decimal(3, 1), "0.5"), ("5.", .decimal(3, 1), "5.0"), ("+7", .integer, "7"),
            ("99999999999999999999999999999999999999", .integer, "99999999999999999999999999999999999999"),
            ("100000000000000000000000000000000000000", .integer, "!Number out of representable range"),
            ("1234", .decimal(3, 0), "!Number out of representable range"),
            ("999.5", .decimal(3, 0), "!Number out"),
            (
                "0.00000000000000000000000000000000000000049", .decimal(38, 37),
                "0." + String(repeating: "0", count: 37)
            ),
            (
                "12345678901234567890.123456789012345678949", .decimal(38, 18),
                "12345678901234567890.123456789012345679"
            ),
            ("abc", .integer, "!Numeric value 'abc' is not recognized"), ("", .integer, "!Numeric value ''"),
            ("1e", .float, "!Numeric value"), ("0x10", .float, "!Numeric value"),
            ("1.5e-3", .float, "0.0015"),
            ("NaN", .float, "NaN"), ("-inf", .float, "-inf"), ("0.1", .float, "0.1"),
            ("1e400", .float, "!Numeric"),
            ("123456789012345678", .float, "1.2345678901234568e+17"), ("Yes", .boolean, "TRUE"),
            ("OFF", .boolean, "FALSE"),
            ("t", .boolean, "TRUE"), ("2", .boolean, "!Boolean value '2' is not recognized"),
            ("2024-02-29", .date, "2024-02-29"), ("2023-02-29", .date, "!Date value"),
            ("2/29/2024", .date, "2024-02-29"),
            ("29-FEB-2024", .date, "2024-02-29"), ("2024-02-29T23:59:59Z", .date, "2024-02-29"),
            ("1709164800", .date, "2024-02-29"), ("12:34", .time, "12:34:00"),
            ("01:02:03.5", .time, "01:02:03.500"),
            ("24:00:00", .time, "!Time value"), ("2024-01-02", .timestampNTZ, "2024-01-02 00:00:00"),
            ("2024-01-02 03:04:05.1234567", .timestampNTZ, "2024-01-02 03:04:05.123456"),
            ("2024-01-02T03:04", .timestampNTZ, "2024-01-02 03:04:00"),
            ("2024-01-02 03:04:05 +0200", .timestampNTZ, "2024-01-02 03:04:05"),
            ("2024-01-02 03:04:05 +0200", .timestampLTZ, "2024-01-02 01:04:05 +0000"),
            ("2024-01-02T03:04:05-08:00", .timestampTZ, "2024-01-02 03:04:05 -0800"),
            ("2024-01-02T03:04:05Z", .timestampTZ, "2024-01-02 03:04:05 +0000"),
            ("1704164645", .timestampNTZ, "2024-01-02 03:04:05"),
            ("1704164645123", .timestampNTZ, "2024-01-02 03:04:05.123"),
            ("1704164645123456", .timestampNTZ, "2024-01-02 03:04:05.123456"),
            ("1704164645123456789", .timestampNTZ, "2024-01-02 03:04:05.123456"),
            ("Tue, 2 Jan 2024 03:04:05 PM +0000", .timestampNTZ, "2024-01-02 15:04:05"),
            ("Tue Jan 02 03:04:05 +0000 2024", .timestampNTZ, "2024-01-02 03:04:05"),
            (
                "2024-01-02 25:00:00", .timestampNTZ,
                "!Timestamp value '2024-01-02 25:00:00' is not recognized"
            ),
            ("2024-01-02 03:04:05 x", .timestampNTZ, "!Timestamp value"),
            ("", .timestampNTZ, "!Timestamp value"),
            ("00fF", .binary, "00FF"), ("0", .binary, "!The following string"), ("x", .variant, "\"x\""),
        ] as [(String, SQLType, String)])
    func castsText(text: String, type: SQLType, expected: String) throws {
        for vector in [Vector.constant(.text(text), .varchar, count: 3), Rows.texts([text, text, text])] {
            if expected.hasPrefix("!") {
                let message = Rows.message { _ = try Rows.cast(vector, type) }
                #expect(message?.hasPrefix(expected.dropFirst()) == true, "\(message ?? "no error")")
                #expect(try Rows.shown(Rows.cast(vector, type, isTry: true)) == ["NULL", "NULL", "NULL"])
            } else {
                #expect(try Rows.shown(Rows.cast(vector, type)) == [expected, expected, expected])
                #expect(
                    try Rows.shown(Rows.cast(vector, type, isTry: true)) == [expected, expected, expected])
            }
        }
    }

    /// Casts to text, in the default formats.
    @Test(
        arguments: [
            (.float(1.5), .float, "1.5"), (.float(1e25), .float, "1e+25"), (.float(-3), .float, "-3"),
            (.boolean(true), .boolean, "true"), (.temporal(19_782, .date), .date, "2024-02-29"),
            (.temporal(3_723_500_000, .time), .time, "01:02:03"), (.bytes([0, 255]), .binary, "00FF"),
            (.temporal(1_704_164_645_123_456, .timestampNTZ), .timestampNTZ, "2024-01-02 03:04:05.123"),
            (.temporal(1_704_164_645_000_000, .timestampLTZ), .timestampLTZ, "2024-01-02 04:04:05.000 +0100"),
            (
                .temporal(TimestampTZ.pack(utcMicroseconds: 0, offsetMinutes: -480), .timestampTZ),
                .timestampTZ,
                "1969-12-31 16:00:00.000 -0800"
            ),
            (.json("{\"a\":1}"), .object, "{\"a\":1}"), (.json("[1]"), .variant, "[1]"),
            (.json("\"a\\n\\u00e9\""), .variant, "a\né"),
            (.json("null"), .variant, "NULL"), (.json("1.50"), .variant, "1.50"),
        ] as [(Scalar, SQLType, String)])
    func castsToText(value: Scalar, type: SQLType, expected: String) throws {
        let context = EvaluationContext(zone: summerZone)
        #expect(
            try Rows.shown(Rows.cast(Rows.vector([value, .null, value], type), .varchar, context)) == [
                expected, "NULL", expected,
            ])
        #expect(
            try Rows.shown(Rows.cast(.constant(value, type, count: 2), .varchar, context)) == [
                expected, expected,
            ])
    }

    @Test func castsNumbersToText() throws {
        let values: [(Int128, SQLType, String)] = [
            (150, .decimal(5, 2), "1.50"), (-5, .decimal(5, 3), "-0.005"), (0, .decimal(3, 2), "0.00"),
            (Int128(Int64.min), .integer, "-9223372036854775808"),
            (12, .decimal(20, 19), "0.0000000000000000012"),
            (-(DecimalMath.powers[38] - 1), .integer, "-" + String(repeating: "9", count: 38)),
        ]
        for (value, type, expected) in values {
            let vector = Rows.vector([.number(value, scale: type.scale), .null], type)
            #expect(try Rows.shown(Rows.cast(vector, .varchar)) == [expected, "NULL"])
        }
        for (value, scale, expected) in [(150, 2, "1.5"), (-1, 5, "-1e-05"), (10, 5, "0.0001"), (0, 3, "0")]
            as [(Int64, Int, String)]
        {
            let vector = Rows.raw([value], .float, scale: scale)
            #expect(try Rows.shown(Rows.cast(vector, .varchar)) == [expected])
            #expect(try Rows.shown(Rows.cast(vector.asDoubles(), .varchar)) == [expected])
        }
    }

    @Test func castsVariants() throws {
        let values = Rows.json(["1.9", "\"2.4\"", "true", "null", nil])
        #expect(try Rows.shown(Rows.cast(values, .integer)) == ["2", "2", "1", "NULL", "NULL"])
        #expect(try Rows.shown(Rows.cast(values, .float)) == ["1.9", "2.4", "1", "NULL", "NULL"])
        #expect(
            try Rows.shown(
                Rows.cast(Rows.json(["1704164645", "1704164645.5", "\"2024-01-02\""]), .timestampNTZ))
                == ["2024-01-02 03:04:05", "2024-01-02 03:04:05.500", "2024-01-02 00:00:00"])
        let wrong = Rows.json(["{\"a\":1}"])
        #expect(
            Rows.message { _ = try Rows.cast(wrong, .integer) }
                == "Failed to cast variant value {\"a\":1} to FIXED")
        #expect(try Rows.shown(Rows.cast(wrong, .array)) == ["[{\"a\":1}]"])
        #expect(
            try Rows.shown(Rows.cast(Rows.json(["[1]", "null"]), .object, isTry: true)) == ["NULL", "NULL"])
        #expect(
            Rows.message { _ = try Rows.cast(Rows.json(["[1]"]), .object) }
                == "Failed to cast variant value [1] to OBJECT")
    }

    /// Typed forms, where 2 in the validity is JSON null.
    @Test func castsTypedVariants() throws {
        let prices = Rows.raw([15_000, 190, 7], .variant, scale: 2, validity: [1, 2, 0])
        let floats = try Rows.cast(prices, .float)
        #expect(floats.raw == prices.raw && floats.layout == .int64)
        #expect(Rows.shown(floats) == ["150", "NULL", "NULL"])
        #expect(try Rows.shown(Rows.cast(prices, .integer)) == ["150", "NULL", "NULL"])
        #expect(try Rows.shown(Rows.cast(prices, .varchar)) == ["150", "NULL", "NULL"])
        #expect(try Rows.shown(Rows.cast(prices, .boolean)) == ["TRUE", "NULL", "NULL"])
        let plain = Rows.texts(["a", "b", "a"]).with(type: .variant, isJSON: false)
        let text = try Rows.cast(plain, .varchar)
        #expect(text.dictionary === plain.dictionary && Rows.shown(text) == ["a", "b", "a"])
        #expect(
            Rows.shown(try Rows.cast(Rows.integers([150, nil], .decimal(5, 2)), .variant)) == ["1.5", "NULL"])
        let stamp = Rows.raw([1_704_164_645_123_456], .timestampNTZ)
        #expect(
            Rows.shown(try Rows.cast(Rows.cast(stamp, .variant), .timestampNTZ)) == [
                "2024-01-02 03:04:05.123456"
            ])
    }

    /// What no valid row uses cannot fail.
    @Test func nullsDoNotFail() throws {
        let texts = Rows.texts(["12", "bad", nil, "13"])
        let rows: [UInt32] = [0, 2, 3]
        let chosen = rows.withUnsafeBufferPointer { texts.gather($0.baseAddress.unsafelyUnwrapped, count: 3) }
        #expect(try Rows.shown(Rows.cast(chosen, .integer)) == ["12", "NULL", "13"])
        #expect(try Rows.shown(Rows.cast(texts, .integer, isTry: true)) == ["12", "NULL", "NULL", "13"])
        let large = Rows.raw([5, Int64.max], .number(precision: 19, scale: 0), validity: [1, 0])
        #expect(try Rows.shown(Rows.cast(large, .decimal(20, 5))) == ["5.00000", "NULL"])
        #expect(try Rows.cast(Vector.nulls(.varchar, count: 4), .date).type == .date)
        #expect(try Rows.cast(Rows.texts([]), .integer).count == 0)
    }

    @Test func castsTimes() throws {
        let context = EvaluationContext(zone: summerZone)
        // 2024-03-31 02:30 never was.
        let local = Rows.raw([1_711_852_200_000_000, 0], .timestampNTZ)
        let instants = try Rows.cast(local, .timestampLTZ, context)
        #expect(instants.int64s[0] == 1_711_848_600_000_000 && instants.int64s[1] == -3_600_000_000)
        let offsets = try Rows.cast(instants, .timestampTZ, context)
        #expect(Rows.shown(offsets) == ["2024-03-31 03:30:00 +0200", "1970-01-01 00:00:00 +0100"])
        #expect(Rows.shown(try Rows.cast(offsets, .timestampLTZ, context)) == Rows.shown(instants))
        #expect(Rows.shown(try Rows.cast(offsets, .date, context)) == ["2024-03-31", "1970-01-01"])
        #expect(Rows.shown(try Rows.cast(instants, .time, context)) == ["03:30:00", "00:00:00"])
        #expect(Rows.shown(try Rows.cast(Rows.raw([-1], .date), .timestampNTZ)) == ["1969-12-31 00:00:00"])
        #expect(Rows.shown(try Rows.cast(Rows.raw([-1], .timestampNTZ), .date)) == ["1969-12-31"])
        let numbers = Rows.integers([0, 15, -1_704_164_645_000], .decimal(38, 1))
        #expect(
            try Rows.shown(Rows.cast(numbers, .timestampNTZ))
                == ["1970-01-01 00:00:00", "1970-01-01 00:00:01.500", "1964-08-07 14:05:35.500"])
    }

    /// FLOAT to NUMBER rounds the decimal that names the double.
    @Test func roundsDoublesAsDecimals() throws {
        let values = Rows.floats([2.675, -2.675, 1e20, 0.5, nil])
        #expect(
            try Rows.shown(Rows.cast(values, .decimal(38, 2))) == [
                "2.68", "-2.68", "100000000000000000000.00", "0.50", "NULL",
            ])
        #expect(
            Rows.message { _ = try Rows.cast(Rows.floats([.nan]), .integer) }?.hasPrefix("Number out of")
                == true)
        #expect(
            Rows.message { _ = try Rows.cast(Rows.floats([1e38]), .integer) }?.hasPrefix("Number out of")
                == true)
        #expect(Rows.message { _ = try Casts.bind(from: .date, to: .boolean, isTry: false) } != nil)
    }

    /// Against Int128 arithmetic.
    @Test func rescalesAsWideArithmeticDoes() throws {
        var generator = SeededGenerator(seed: 41)
        for round in 0..<400 {
            let (from, to) = (
                Int.random(in: 0...18, using: &generator), Int.random(in: 0...18, using: &generator)
            )
            let values = (0..<20).map { _ in
                Int64.random(in: .min ... .max, using: &generator) >> Int64(round % 60)
            }
            let source = Rows.raw(values, .number(precision: 19, scale: from), scale: from)
            let result = try Rows.cast(source, .decimal(38, to)).widened()
            for row in 0..<20 {
                let power = DecimalMath.powers[abs(to - from)]
                var expected = Int128(values[row]) * power
                if to < from {
                    let magnitude = Int128(values[row].magnitude)
                    expected = (magnitude / power) + (magnitude % power * 2 >= power ? 1 : 0)
                    if values[row] < 0 { expected = -expected }
                }
                #expect(result.int128s[row] == expected)
            }
        }
    }

    /// The fast way of reading doubles against the standard library's.
    @Test func readsDoublesCorrectlyRounded() {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<20_000 {
            let digits =
                Int.random(in: 0...999_999_999_999_999_999, using: &generator)
                >> Int.random(in: 0...58, using: &generator)
            var text = "\(digits)"
            if Bool.random(using: &generator) { text = "\(digits % 1000).\(digits)" }
            if Bool.random(using: &generator) { text += "e\(Int.random(in: -40...40, using: &generator))" }
            let read = text.withUTF8 { TextParsing.float($0) }
            #expect(read == Double(text), "\(text)")
        }
    }
}
