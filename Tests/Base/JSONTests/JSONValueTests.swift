import Testing
import JSON

/// Numbers, trees and ways into texts.
@Suite struct JSONValueTests {
    private func number(_ text: String) -> JSONNumber {
        var text = text
        return text.withUTF8 { JSONNumber($0) }
    }

    @Test func numbersAreClassified() {
        #expect(number("12").kind == .integer)
        #expect(number("12.0").kind == .integer)
        #expect(number("12.5").kind == .decimal)
        #expect(number("1e37").kind == .integer)
        #expect(number("1e38").kind == .double)
        #expect(number("99999999999999999999999999999999999999").kind == .integer)
        #expect(number("999999999999999999999999999999999999999").kind == .double)
        #expect(number("-1.2345678901234567890123456789012345678").kind == .decimal)
        #expect(number("1e400").kind == .double)
    }

    @Test func numbersAreEqualByValue() {
        #expect(number("1.50") == number("15e-1"))
        #expect(number("-0") == number("0.000"))
        #expect(number("1e400") == number("10e399"))
        #expect(number("1e400") != number("1e401"))
        #expect(number("-1e400") != number("1e400"))
        #expect(number("1e50") == number("100000000000000000000000000000000000000000000000000"))
        #expect(number("0.1") != number("0.10000000000000001"))
        #expect(number("1e99999999999999999999") == number("1e99999999999999999999"))
    }

    @Test func numbersGiveTheNearestDouble() {
        #expect(number("0.1").double == 0.1)
        #expect(number("9007199254740993").double == 9_007_199_254_740_992)
        #expect(number("123456789012345678901234567890.12345").double == 1.2345678901234568e29)
        #expect(number("1e400").double == .infinity)
        #expect(number("1e-400").double == 0)
        #expect(number("-2.5e300").double == -2.5e300)
    }

    @Test func digitsGiveTheNearestDouble() {
        var texts = ["9007199254740993", "9007199254740993e-5", "9007199254740995", "1e19", "5e-27"]
        var state: UInt64 = 7
        for round in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let digits = (state >> 1) >> UInt64(round % 60)
            let exponent = Int((state >> 33) % 47) - 27
            // Half the texts are those of doubles, and ties of 53 bits come about.
            texts.append(round % 2 == 0 ? "\(digits)e\(exponent)" : "\(Double(digits | 1) * 0.5)")
        }
        let wrong = texts.filter { text in
            let value = Array(text.utf8).withUnsafeBufferPointer { JSONDecimal($0).asNearestDouble }
            return value != nil && value != Double(text)
        }
        #expect(wrong == [])
    }

    @Test func doublesArePrintedAsTheirNumbersAre() throws {
        for (value, text) in [
            (0.1, "0.1"), (-0.0, "0"), (1e20, "100000000000000000000"), (5e-05, "0.00005"), (1e300, "1e+300"),
            (-2.5, "-2.5"),
            (.leastNonzeroMagnitude, "5e-324"), (9_007_199_254_740_992, "9007199254740992"),
            (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        ] {
            var writer = JSONWriter()
            writer.append(value)
            #expect(writer.text == text)
            #expect(number(text).double == value)
        }
    }

    @Test func decimalsArePrinted() {
        for (value, scale, text) in [
            (0, 0, "0"), (0, 5, "0"), (150, 2, "1.5"), (-5, 4, "-0.0005"), (100, 0, "100"), (100, 2, "1"),
            (-120, 1, "-12"),
            (Int64.max, 0, "9223372036854775807"), (Int64.min, 0, "-9223372036854775808"),
            (Int64.min, 19, "-0.9223372036854775808"),
            (Int64.max, 18, "9.223372036854775807"), (7, 18, "0.000000000000000007"),
        ] as [(Int64, Int, String)] {
            var writer = JSONWriter()
            writer.appendDecimal(value, scale: scale)
            #expect(writer.text == text)
        }
    }

    @Test func objectsAreEqualInAnyOrder() throws {
        let left = try JSONValue(parsing: "{\"a\":1,\"b\":[1.0,{\"x\":null}]}")
        #expect(left == (try JSONValue(parsing: "{\"b\":[1,{\"x\":null}],\"a\":1.0}")))
        #expect(left != (try JSONValue(parsing: "{\"b\":[{\"x\":null},1],\"a\":1}")))
        // Two ways to write é are two strings.
        #expect(JSONValue.string("e\u{301}") != .string("\u{E9}"))
    }

    @Test func membersAreSetAndRemoved() {
        var object = JSONObject()
        for key in ["b", "a", "c", "aa", "é"] { object[key] = .string(key) }
        object["b"] = nil
        object["nothing"] = nil
        object["a"] = .null
        #expect(JSONValue.object(object).text == "{\"a\":null,\"aa\":\"aa\",\"c\":\"c\",\"é\":\"é\"}")
        #expect(object["aa"] == .string("aa"))
        #expect(object["b"] == nil)
    }

    // MARK: Paths

    private func find(_ steps: [PathStep], _ text: String) -> String? {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { bytes in
            JSONPath.find(steps, in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }

    @Test func valuesAreFoundInPlace() {
        let text =
            " { \"a\" : [ 1 , {\"b\\n\" : \"x,]}\\\"y\" , \"c\":-1.5e3} , [ ] ] , \"d\":null, \"a b\" : true , \"e\":\"\" } "
        #expect(find([.key("a"), .index(0)], text) == "1")
        #expect(find([.key("a"), .index(1), .key("b\n")], text) == "\"x,]}\\\"y\"")
        #expect(find([.key("a"), .index(1), .key("c")], text) == "-1.5e3")
        #expect(find([.key("a"), .index(2)], text) == "[ ]")
        #expect(find([.key("a"), .index(2), .index(0)], text) == nil)
        #expect(find([.key("a"), .index(3)], text) == nil)
        #expect(find([.key("a"), .index(-1)], text) == nil)
        #expect(find([.key("a"), .key("b")], text) == nil)
        #expect(find([.key("d")], text) == "null")
        #expect(find([.key("a b")], text) == "true")
        #expect(find([.key("e")], text) == "\"\"")
        #expect(find([.index(0)], text) == nil)
        #expect(find([.key("zz")], text) == nil)
        #expect(find([], "  7 ") == "7")
        #expect(find([.key("a")], "{}") == nil)
        #expect(find([.key("a")], "{\"a\":1,\"a\":2}") == "2")
        #expect(find([.key("a")], "{\"a\":1,\"\\u0061\":2}") == "2")
        #expect(find([.key("a\\b")], "{\"a\\\\b\":2,\"a\\b\":3}") == "2")
    }

    /// No text, however broken, leads out of its bytes.
    @Test func brokenTextsAreSafe() {
        let text = Array("{\"a\":[1,{\"b\":\"x\\\"\",\"c\":[[]]}],\"\\u0061\":{\"c\":null}}".utf8)
        for length in 0...text.count {
            for changed in [nil, UInt8(ascii: "\""), UInt8(ascii: "]"), UInt8(ascii: "\\")] {
                var broken = Array(text[..<length])
                if let changed, length > 0 { broken[length - 1] = changed }
                let string = String(decoding: broken, as: UTF8.self)
                _ = find([.key("a"), .index(1), .key("c"), .index(0)], string)
                _ = find([.key("a"), .key("c")], string)
            }
        }
    }

    @Test func kindsAndStringsOfTexts() {
        func kind(_ text: String) -> JSONKind? {
            Array(text.utf8).withUnsafeBufferPointer { JSONPath.kind(of: $0) }
        }
        func unescaped(_ text: String) -> String? {
            Array(text.utf8).withUnsafeBufferPointer { JSONPath.unescaped($0) }.map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        #expect(
            ["null", "true", "\"x\"", "[]", "{}", "1", "1.5", "1e99", ""].map { kind($0)?.description } == [
                "NULL_VALUE", "BOOLEAN", "VARCHAR", "ARRAY", "OBJECT", "INTEGER", "DECIMAL", "DOUBLE", nil,
            ])
        #expect(unescaped("\"a\"") == "a")
        #expect(unescaped("\"\\u00e9\\n\"") == "é\n")
        #expect(unescaped("1") == nil)
    }
}
