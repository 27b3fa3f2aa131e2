import Testing
import JSON

/// The parser against documents that are JSON and documents that are not.
@Suite struct JSONParserTests {
    private func parse(_ bytes: [UInt8], _ duplicates: JSONTape.Duplicates = .lastWins) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONValue(parsing: bytes, duplicates: duplicates)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("null", "null"), ("true", "true"), ("false", "false"), ("0", "0"), ("-0", "0"), ("-0.0", "0"),
        ("0e5", "0"),
        ("\"\"", "\"\""), ("[]", "[]"), ("{}", "{}"), (" \t\r\n1 \t\r\n", "1"), ("[1,2 , 3]", "[1,2,3]"),
        ("{\"b\":1,\"a\":[1,2]}", "{\"a\":[1,2],\"b\":1}"), ("[[[[]]],{}]", "[[[[]]],{}]"),
        ("{\"a\":1,\"a\":2}", "{\"a\":2}"), ("{\"\":0}", "{\"\":0}"),
        ("{\"a\":{},\"\\u0061\":[]}", "{\"a\":[]}"),
        ("1.50", "1.5"), ("168.0", "168"), ("1E2", "100"), ("1e+2", "100"), ("1.5e-3", "0.0015"),
        ("-12.25e1", "-122.5"),
        ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ("1e37", "10000000000000000000000000000000000000"), ("1e38", "1e+38"),
        ("1e-37", "0.0000000000000000000000000000000000001"),
        ("1e-38", "1e-38"), ("1e400", "1e400"), ("1e-400", "1e-400"), ("0.1", "0.1"),
        ("123456789012345678901234567890123456789.5", "123456789012345678901234567890123456789.5"),
        ("3.141592653589793", "3.141592653589793"), ("0.10000000000000001", "0.10000000000000001"),
        ("\"a\\/b\"", "\"a/b\""),
        ("\"\\u0041\\n\\u000a\\t\\b\\f\\r\\\\\\\"\"", "\"A\\n\\n\\t\\b\\f\\r\\\\\\\"\""),
        ("\"\\u0000\\u001F\\u007f\"", "\"\\u0000\\u001f\u{7F}\""), ("\"\\u00e9\\u20AC\"", "\"é€\""),
        ("\"\\uD83D\\ude00\"", "\"😀\""), ("\"\\uDBFF\\uDFFF\"", "\"\u{10FFFF}\""),
        ("\"é€😀\u{FFFF}\"", "\"é€😀\u{FFFF}\""),
        ("\"\u{2028}\"", "\"\u{2028}\""), ("[1,\n2]", "[1,2]"), ("\"12345678\"", "\"12345678\""),
        ("\"1234567\\\\\"", "\"1234567\\\\\""), ("{\"é\":1,\"z\":2,\"a\":3}", "{\"a\":3,\"z\":2,\"é\":1}"),
        ("{\"ab\":1,\"a\":2}", "{\"a\":2,\"ab\":1}"), ("1000000000000000000000e-21", "1"),
        ("[-1,-1.0,-10e-1]", "[-1,-1,-1]"), ("0.000000000000000000000000000000000000000", "0"),
    ])
    func whatIsJSONIsPrinted(text: String, canonical: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(value.text == canonical)
        #expect(try JSONValue(parsing: canonical) == value)
        var text = text
        #expect(try text.withUTF8 { try JSONText.canonical($0) } == canonical)
    }

    @Test(
        arguments: [
            ("", .empty, 1), ("  ", .empty, 3), ("nul", .endsTooEarly, 4), ("nulL", .valueExpected, 1),
            ("True", .valueExpected, 1),
            ("nullx", .somethingFollows, 5), ("1 2", .somethingFollows, 3), ("{}{}", .somethingFollows, 3),
            ("[", .endsTooEarly, 2),
            ("{", .endsTooEarly, 2), ("]", .valueExpected, 1), ("[1", .endsTooEarly, 3),
            ("[1,", .endsTooEarly, 4),
            ("[1,]", .valueExpected, 4), ("[,1]", .valueExpected, 2), ("[1 2]", .commaOrBracketExpected, 4),
            ("[1}", .commaOrBracketExpected, 3), ("{\"a\":1]", .commaOrBraceExpected, 7),
            ("{\"a\" 1}", .colonExpected, 6),
            ("{\"a\":}", .valueExpected, 6), ("{\"a\":1,}", .keyExpected, 8), ("{a:1}", .keyExpected, 2),
            ("{1:1}", .keyExpected, 2),
            ("{'a':1}", .keyExpected, 2), ("{\"a\":1 \"b\":2}", .commaOrBraceExpected, 8),
            ("{\"a\"", .endsTooEarly, 5),
            ("{\"a\":1", .endsTooEarly, 7), ("01", .leadingZero, 1), ("-01", .leadingZero, 2),
            ("00", .leadingZero, 1),
            ("-", .endsTooEarly, 2), ("+1", .valueExpected, 1), (".5", .valueExpected, 1),
            ("1.", .endsTooEarly, 3),
            ("1.e1", .digitExpected, 3), ("1e", .endsTooEarly, 3), ("1e+", .endsTooEarly, 4),
            ("[1e]", .digitExpected, 4),
            ("[-]", .digitExpected, 3), ("0x1", .somethingFollows, 2), ("1a", .somethingFollows, 2),
            ("NaN", .valueExpected, 1),
            ("Infinity", .valueExpected, 1), ("-Infinity", .digitExpected, 2),
            ("1_000", .somethingFollows, 2),
            ("\"", .endsTooEarly, 2), ("\"abc", .endsTooEarly, 5), ("\"a\tb\"", .controlCharacter, 3),
            ("\"12345678\u{1}\"", .controlCharacter, 10), ("\"a\nb\"", .controlCharacter, 3),
            ("\"\\x\"", .unknownEscape, 3),
            ("\"\\", .endsTooEarly, 3), ("\"\\u12\"", .hexadecimalExpected, 6),
            ("\"\\u12G4\"", .hexadecimalExpected, 6),
            ("\"\\u123", .endsTooEarly, 7), ("\"\\uD800\"", .halfSurrogatePair, 2),
            ("\"\\uD800\\u0041\"", .halfSurrogatePair, 2),
            ("\"\\uDC00\"", .halfSurrogatePair, 2), ("\"\\uD800x\"", .halfSurrogatePair, 2),
            ("\"\\U0041\"", .unknownEscape, 3),
            ("// c\n1", .valueExpected, 1), ("[1]//", .somethingFollows, 4), ("\u{FEFF}1", .valueExpected, 1),
            ("\u{A0}1", .valueExpected, 1), ("{\"a\":1,,\"b\":2}", .keyExpected, 8),
            ("{\"a\":\"b\":\"c\"}", .commaOrBraceExpected, 9),
            ("[\"a\":1]", .commaOrBracketExpected, 5), ("\u{0}", .valueExpected, 1),
            ("\"\\u00", .endsTooEarly, 6),
            ("\"\\uD83D\\", .endsTooEarly, 9), ("tru]", .valueExpected, 1), ("[truth]", .valueExpected, 2),
        ] as [(String, JSONError.Reason, Int)])
    func whatIsNotJSONIsRefused(text: String, reason: JSONError.Reason, column: Int) {
        #expect(parse(Array(text.utf8)) == JSONError(reason, column: column))
    }

    @Test(
        arguments: [
            [0xFF], [0x80], [0xC0, 0xAF], [0xC1, 0x81], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80],
            [0xE2, 0x82], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xF0, 0x9F, 0x98],
            [0xE2, 0x28, 0xA1], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func bytesThatAreNotUTF8AreRefused(bytes: [UInt8]) {
        #expect(parse([0x22] + bytes + [0x22])?.reason == .notUTF8)
        #expect(parse(Array("[\"\\nabcdefgh".utf8) + bytes + Array("\"]".utf8))?.reason == .notUTF8)
        #expect(parse(bytes)?.reason == .valueExpected)
    }

    @Test func everyCharacterIsValid() throws {
        for scalar in [
            0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0x10000, 0x3FFFF, 0x40000, 0xFFFFF, 0x10FFFF,
        ] {
            let character = String(Character(try #require(Unicode.Scalar(UInt32(scalar)))))
            #expect(try JSONValue(parsing: "\"\(character)\"") == .string(character))
        }
    }

    @Test func nestingHasALimit() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(parse(nested(JSONTape.depthMax)) == nil)
        #expect(parse(nested(JSONTape.depthMax + 1)) == JSONError(.tooDeep, column: JSONTape.depthMax + 1))
        #expect(parse([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))?.reason == .tooDeep)
    }

    @Test func duplicateKeysCanBeRefused() {
        #expect(parse(Array("{\"a\":1,\"b\":{\"a\":2}}".utf8), .reject) == nil)
        #expect(parse(Array("[{\"a\":1,\"b\":2,\"\\u0061\":2}]".utf8), .reject)?.reason == .duplicateKey)
    }

    @Test func everyBeginningOfADocumentIsRefused() throws {
        let text = Array("{\"a\":[1.5e3,true,null,{\"é\\u20ac\":\"\\\"x\"}],\"b\":-0.25}".utf8)
        #expect(parse(text) == nil)
        for length in 0..<text.count {
            let error = try #require(parse(Array(text[..<length])))
            #expect(error.column <= length + 1)
        }
    }

    @Test func aTapeIsUsedAgain() throws {
        let tape = JSONTape()
        for text in ["[\"\\u0041\",1]", "{\"a\":\"\\n\\n\\n\\n\"}", "[", "7"] {
            // What a tape says of a text it says while the text is there.
            Array(text.utf8).withUnsafeBufferPointer { bytes in
                let isParsed = (try? tape.parse(bytes)) != nil
                #expect(isParsed == (text != "["))
                #expect(isParsed ? tape.kind(of: 0) != .null : tape.count == 0)
            }
        }
        #expect(tape.count == 1)
    }
}
