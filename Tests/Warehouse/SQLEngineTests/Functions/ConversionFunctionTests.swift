import SQLEngine
import Testing
import Vectors

@Suite struct ConversionFunctionTests {
    private static let written: [Example] = [
        .init("TO_CHAR", [.decimal(12391, 3), "$99.0"], " $12.4"),
        .init("TO_CHAR", [.decimal(-12391, 3), "$99.0"], "-$12.4"),
        .init("TO_CHAR", [-1, "$99.0"], " -$1.0"), .init("TO_CHAR", [0, "$99.0"], "  $0.0"),
        .init("TO_CHAR", [-1, "$00.00"], "-$01.00"),
        .init("TO_CHAR", [0, "B9,999.0"], "      .0"), .init("TO_CHAR", [-1, "B9,999.0"], "    -1.0"),
        .init("TO_CHAR", [1234, "9,999.00"], " 1,234.00"),
        .init("TO_CHAR", [12345, "9,999"], " #,###"),
        .init("TO_CHAR", [1_234_567, "999,999,999"], "   1,234,567"),
        .init("TO_CHAR", [1_234_567, "FM999,999,999"], "1,234,567"),
        .init("TO_CHAR", [12, "0000"], " 0012"), .init("TO_CHAR", [12, "FM0000"], "0012"),
        .init("TO_CHAR", [-12, "S999"], " -12"), .init("TO_CHAR", [12, "S999"], " +12"),
        .init("TO_CHAR", [-12, "999S"], " 12-"), .init("TO_CHAR", [-12, "999MI"], " 12-"),
        .init("TO_CHAR", [12, "999MI"], " 12 "), .init("TO_CHAR", [12, "FM999MI"], "12"),
        .init("TO_CHAR", [.decimal(1250, 2), "FM99.99"], "12.5"), .init("TO_CHAR", [12, "FM99.99"], "12"),
        .init("TO_CHAR", [12, "FM99.90"], "12.00"), .init("TO_CHAR", [255, "XX"], "FF"),
        .init("TO_CHAR", [255, "0xxx"], "00ff"), .init("TO_CHAR", [255, .text("XX" + "XX")], "  FF"),
        .init("TO_CHAR", [256, "XX"], "##"), .init("TO_CHAR", [12345, "9.99EEEE"], " 1.23E+04"),
        .init("TO_CHAR", [-0.00125, "9.9EEEE"], "-1.3E-03"), .init("TO_CHAR", [0, "9.9EEEE"], " 0.0E+00"),
        .init("TO_CHAR", [9.99, "9.9EEE"], " 1.0E+1"),
        .init("TO_CHAR", [1.5, "TM9"], "1.5"), .init("TO_CHAR", [150, "TME"], "1.5E2"),
        .init("TO_CHAR", [12, "\"No. \"999"], "No.   12"), .init("TO_CHAR", ["12.5", "99.9"], " 12.5"),
        .init("TO_CHAR", [0.004, "9.99"], " 0.00"), .init("TO_CHAR", [-0.004, "9.99"], " 0.00"),
        .init("TO_CHAR", [nil, "99"], "NULL"), .init("TO_CHAR", [.json("12.5"), "99.0"], " 12.5"),
    ]

    private static let plain: [Example] = [
        .init("TO_VARCHAR", [.decimal(1250, 2)], "12.50"), .init("TO_CHAR", [true], "true"),
        .init("TO_VARCHAR", [1.5], "1.5"), .init("TO_VARCHAR", [nil], "NULL"),
        .init("TO_VARCHAR", [.bytes([0xAB, 1])], "AB01"),
        .init("TO_VARCHAR", [.bytes([0x61]), "UTF-8"], "a"),
        .init("TO_VARCHAR", [.bytes([0x61]), "base64"], "YQ=="),
        .init("TO_VARCHAR", [.of(.temporal(19_000, .date), .date)], "2022-01-08"),
        .init("TO_CHAR", [.of(.temporal(19_000, .date), .date), "YYYY/MM"], "2022/01"),
        .init("TO_VARCHAR", [.json("\"a\\nb\"")], "a\nb"), .init("TO_BOOLEAN", ["yes"], "TRUE"),
        .init("TO_BOOLEAN", [0], "FALSE"), .init("TRY_TO_BOOLEAN", ["maybe"], "NULL"),
        .init("TO_BINARY", ["AB01"], "AB01"), .init("TO_BINARY", ["YQ==", "BASE64"], "61"),
        .init("TO_BINARY", ["a", "utf-8"], "61"), .init("TRY_TO_BINARY", ["x"], "NULL"),
        .init("TO_DOUBLE", ["1.5e3"], "1500"), .init("TRY_TO_DOUBLE", ["x"], "NULL"),
        .init("TO_DOUBLE", ["$1,250.5", "$9,999.9"], "1250.5"), .init("TRY_TO_DOUBLE", ["x", "99"], "NULL"),
    ]

    private static let numbers: [Example] = [
        .init("TO_NUMBER", ["12.3456"], "12"), .init("TO_NUMBER", ["98.76546", 10, 1], "98.8"),
        .init("TO_DECIMAL", ["12.3", "99.9", 9, 5], "12.30000"),
        .init("TO_NUMBER", ["$345,125", "$999,999"], "345125"), .init("TO_NUMERIC", ["ff", "XX"], "255"),
        .init("TRY_TO_NUMBER", ["x"], "NULL"),
        .init("TRY_TO_NUMBER", ["12345", "999"], "NULL"), .init("TRY_TO_DECIMAL", ["345.123", 5, 3], "NULL"),
        .init("TO_NUMBER", ["12-", "99MI"], "-12"), .init("TO_NUMBER", ["-12", "S99"], "-12"),
        .init("TO_NUMBER", ["1.5E2", "9.9EEEE", 10, 1], "150.0"), .init("TO_NUMBER", [1.55, 10, 1], "1.6"),
        .init("TO_NUMBER", [true], "1"), .init("TO_NUMBER", [nil], "NULL"),
        .init("TO_NUMBER", [.json("\"12\"")], "12"),
        .init("TO_NUMBER", [" 1,234.50 ", "9,999.99", 10, 2], "1234.50"),
        .init("TRY_TO_NUMBER", ["1.2.3", "9.99"], "NULL"),
    ]

    @Test(arguments: written + plain) func examples(_ example: Example) throws {
        try example.check(onlyConstant: example.arguments.contains { $0.type == .null })
    }

    @Test(arguments: numbers) func toNumber(_ example: Example) throws {
        try example.check(onlyConstant: true)
    }

    @Test func whatCannotBeConvertedIsAnError() {
        #expect(failure("TO_NUMBER", ["x"])?.code == .data)
        #expect(failure("TO_NUMBER", ["123", "99"])?.code == .data)
        #expect(failure("TO_NUMBER", ["1", 50])?.code == .invalid)
        #expect(failure("TO_NUMBER", ["1", 5, 6])?.code == .invalid)
        #expect(failure("TO_CHAR", [1, "99q"])?.code == .data)
        #expect(failure("TO_CHAR", [1, "9.9.9"])?.code == .data)
        #expect(failure("TO_CHAR", [true, "9"])?.code == .invalid)
        #expect(failure("TO_BINARY", ["x"])?.code == .data)
        #expect(failure("TO_BINARY", ["x", "ROT13"])?.code == .data)
        #expect(failure("TO_BOOLEAN", ["x"])?.code == .data)
        #expect(failure("TO_DOUBLE", ["x", "99"])?.code == .data)
    }

    @Test func whatAFormatWritesItReads() throws {
        var generator = Generator(seed: 5)
        for _ in 0..<2000 {
            let format =
                [
                    "999,999.999", "FM000,000.000", "S999999.000", "999999.999MI", "$999,999.999",
                    "FM$000000.999S",
                ].randomElement(using: &generator) ?? ""
            let value = Int128(Int.random(in: -999_999_999...999_999_999, using: &generator))
            let text = try result("TO_CHAR", [.decimal(value, 3, precision: 12), .text(format)])
            #expect(
                try result("TO_NUMBER", [.text(text), .text(format), 12, 3])
                    == Scalar.number(value, scale: 3).description, "\(format) '\(text)'")
        }
    }

    @Test func randomFormatsAreReadOrRefused() {
        var generator = Generator(seed: 6)
        let pieces = ["9", "0", ",", ".", "S", "MI", "$", "B", "FM", "X", "EEEE", "EE", "\"a\"", "TM", " "]
        var accepted = 0
        for _ in 0..<5000 {
            let format = generator.text(pieces, upTo: 6)
            for value in [Value.decimal(-12345, 2), 0, 1e300, .of(.float(.infinity), .float)] {
                if (try? result("TO_CHAR", [value, .text(format)])) != nil { accepted += 1 }
            }
            _ = try? result("TRY_TO_NUMBER", ["-1,234.5", .text(format), 38, 10])
        }
        #expect(accepted > 1000)
    }
}
