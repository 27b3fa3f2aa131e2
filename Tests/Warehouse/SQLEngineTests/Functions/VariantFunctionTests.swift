import JSON
import SQLEngine
import Testing
import Vectors

@Suite struct VariantFunctionTests {
    private static let access: [Example] = [
        .init("GET", [.json(#"{"a":{"b":1}}"#), "a"], #"{"b":1}"#),
        .init("GET", [.json("[1,[2,3]]"), 1], "[2,3]"), .init("GET", [.json("[1]"), 1], "NULL"),
        .init("GET", [.json("[1]"), "a"], "NULL"), .init("GET", [.json(#"{"a":null}"#), "a"], "null"),
        .init("GET", [.object(#"{"A":1}"#), "a"], "NULL"),
        .init("GET_IGNORE_CASE", [.object(#"{"aB":1,"AB":2}"#), "AB"], "2"),
        .init("GET_IGNORE_CASE", [.object(#"{"aB":1}"#), "Ab"], "1"), .init("GET", [nil, "a"], "NULL"),
        .init("GET_PATH", [.json(#"{"a":[{"b c":5}]}"#), "a[0].\"b c\""], "5"),
        .init("GET_PATH", [.json(#"{"a":[{"b":5}]}"#), "['a'][0]['b']"], "5"),
        .init("GET_PATH", [.json("1"), "a"], "NULL"),
        .init("OBJECT_KEYS", [.object(#"{"a":1,"b\"":2}"#)], #"["a","b\""]"#),
        .init("OBJECT_KEYS", [.json("[]")], "NULL"),
    ]

    private static let objects: [Example] = [
        .init("OBJECT_CONSTRUCT", ["b", 1, "a", "x\"y"], #"{"a":"x\"y","b":1}"#),
        .init("OBJECT_CONSTRUCT", [], "{}"),
        .init("OBJECT_CONSTRUCT", ["a", true, "b", .decimal(150, 2)], #"{"a":true,"b":1.5}"#),
        .init("OBJECT_INSERT", [.object(#"{"a":1,"c":3}"#), "b", 2], #"{"a":1,"b":2,"c":3}"#),
        .init("OBJECT_INSERT", [.object(#"{"a":1}"#), "a", "z", true], #"{"a":"z"}"#),
        .init("OBJECT_INSERT", [.object("{}"), "a", .json("[1]")], #"{"a":[1]}"#),
        .init("OBJECT_DELETE", [.object(#"{"a":1,"b":2,"c":3}"#), "a", "c"], #"{"b":2}"#),
        .init("OBJECT_PICK", [.object(#"{"a":1,"b":2,"c":3}"#), "a", "x"], #"{"a":1}"#),
        .init("OBJECT_PICK", [.object(#"{"a":1,"b":2}"#), .array(#"["b"]"#)], #"{"b":2}"#),
    ]

    private static let nulls: [Example] = [
        .init("OBJECT_CONSTRUCT", ["a", nil, "b", 1], #"{"b":1}"#),
        .init("OBJECT_CONSTRUCT_KEEP_NULL", ["a", nil, "b", 1, nil, 2], #"{"a":null,"b":1}"#),
        .init("OBJECT_INSERT", [.object(#"{"a":1}"#), "b", nil], #"{"a":1}"#),
        .init("OBJECT_INSERT", [nil, "b", 1], "NULL"),
        .init("ARRAY_CONSTRUCT", [1, nil, "a"], #"[1,null,"a"]"#),
        .init("ARRAY_CONSTRUCT_COMPACT", [1, nil, "a"], #"[1,"a"]"#),
        .init("ARRAY_APPEND", [.array("[1]"), nil], "[1,null]"), .init("ARRAY_SIZE", [nil], "NULL"),
        .init("ARRAY_CAT", [.array("[1]"), nil], "NULL"),
        .init("TYPEOF", [nil], "NULL"), .init("IS_NULL_VALUE", [nil], "NULL"),
        .init("PARSE_JSON", [nil], "NULL"), .init("TO_ARRAY", [nil], "NULL"),
        .init("TO_VARIANT", [nil], "NULL"),
    ]

    private static let arrays: [Example] = [
        .init("ARRAY_CONSTRUCT", [1, 2.5, true], "[1,2.5,true]"), .init("ARRAY_CONSTRUCT", [], "[]"),
        .init("ARRAY_SIZE", [.array("[1,[2,3],{\"a\":[4]}]")], "3"),
        .init("ARRAY_SIZE", [.json("{}")], "NULL"),
        .init("ARRAY_SIZE", [.array("[ ]")], "0"),
        .init("ARRAY_CONTAINS", ["hello", .array(#"["hello","hi"]"#)], "TRUE"),
        .init("ARRAY_CONTAINS", [1, .array("[2]")], "FALSE"),
        .init("ARRAY_CONTAINS", [.decimal(10, 1), .array("[1]")], "TRUE"),
        .init("ARRAY_POSITION", ["hi", .array(#"["hello","hi"]"#)], "1"),
        .init("ARRAY_POSITION", ["x", .array("[]")], "NULL"),
        .init("ARRAY_SLICE", [.array("[0,1,2,3]"), 1, 3], "[1,2]"),
        .init("ARRAY_SLICE", [.array("[0,1,2,3]"), 0, -2], "[0,1]"),
        .init("ARRAY_SLICE", [.array("[0,1]"), 5, 9], "[]"),
        .init("ARRAY_SLICE", [.array("[0,1,2]"), -2, 3], "[1,2]"),
        .init("ARRAY_TO_STRING", [.array(#"[1,"a\"b",null,[2]]"#), ", "], "1, a\"b, , [2]"),
        .init("ARRAY_APPEND", [.array("[1]"), "x"], #"[1,"x"]"#),
        .init("ARRAY_PREPEND", [.array("[1]"), .json("{}")], "[{},1]"),
        .init("ARRAY_CAT", [.array("[1]"), .array("[2,3]")], "[1,2,3]"),
        .init("ARRAY_DISTINCT", [.array("[1,2,1,\"1\",null,null]")], "[1,2,\"1\",null]"),
        .init("ARRAY_INTERSECTION", [.array("[1,1,2]"), .array("[1,1,1,3]")], "[1,1]"),
        .init("ARRAY_EXCEPT", [.array("[1,1,2]"), .array("[1]")], "[1,2]"),
        .init("ARRAYS_OVERLAP", [.array("[1,2]"), .array("[2]")], "TRUE"),
        .init("ARRAYS_OVERLAP", [.array("[]"), .array("[]")], "FALSE"),
        .init("ARRAY_COMPACT", [.array("[1,null,2]")], "[1,2]"),
        .init("ARRAY_MIN", [.array("[20,0,10.5,null]")], "0"),
        .init("ARRAY_MAX", [.array("[2,10,null]")], "10"), .init("ARRAY_MAX", [.array("[null]")], "NULL"),
        .init("ARRAY_MAX", [.array(#"["b","ab"]"#)], "\"b\""),
        .init("ARRAY_SORT", [.array("[20,null,0,1.5]")], "[0,1.5,20,null]"),
        .init("ARRAY_SORT", [.array("[20,null,0]"), false], "[null,20,0]"),
        .init("ARRAY_SORT", [.array("[20,null,0]"), true, true], "[null,0,20]"),
        .init(
            "ARRAY_SORT", [.array("[1e300,12345678901234567890123456789012345678,2]")],
            "[2,12345678901234567890123456789012345678,1e300]"),
        .init("ARRAY_FLATTEN", [.array("[[1,2],[[3]],[]]")], "[1,2,[3]]"),
        .init("ARRAY_FLATTEN", [.array("[[1],null]")], "NULL"),
        .init("ARRAY_REVERSE", [.array("[1,[2,3]]")], "[[2,3],1]"),
        .init("ARRAY_GENERATE_RANGE", [2, 5], "[2,3,4]"),
        .init("ARRAY_GENERATE_RANGE", [25, -10, -15], "[25,10,-5]"),
        .init("ARRAY_GENERATE_RANGE", [5, 2], "[]"),
        .init("SPLIT", ["127.0.0.1", "."], #"["127","0","0","1"]"#),
        .init("SPLIT", ["|a|", "|"], #"["","a",""]"#), .init("SPLIT", ["a\"b", ""], #"["a\"b"]"#),
        .init("STRTOK_TO_ARRAY", ["a.b c", ". "], #"["a","b","c"]"#),
    ]

    private static let kinds: [Example] = [
        .init("TYPEOF", [.json("1")], "INTEGER"), .init("TYPEOF", [.json("1.5")], "DECIMAL"),
        .init("TYPEOF", [.json("1e300")], "DOUBLE"), .init("TYPEOF", [.json("\"a\"")], "VARCHAR"),
        .init("TYPEOF", [.json("null")], "NULL_VALUE"),
        .init("TYPEOF", [.json("[]")], "ARRAY"), .init("TYPEOF", [.json("{}")], "OBJECT"),
        .init("TYPEOF", [.json("true")], "BOOLEAN"), .init("TYPEOF", ["a"], "VARCHAR"),
        .init("TYPEOF", [12], "INTEGER"), .init("TYPEOF", [.decimal(120, 1)], "INTEGER"),
        .init("TYPEOF", [.decimal(125, 1)], "DECIMAL"), .init("TYPEOF", [1.5], "DOUBLE"),
        .init("IS_NULL_VALUE", [.json("null")], "TRUE"), .init("IS_NULL_VALUE", [.json("0")], "FALSE"),
        .init("IS_OBJECT", [.json("{}")], "TRUE"),
        .init("IS_ARRAY", [.json("{}")], "FALSE"), .init("IS_VARCHAR", [.json("\"a\"")], "TRUE"),
        .init("IS_INTEGER", [.json("1.5")], "FALSE"), .init("IS_DECIMAL", [.json("1.5")], "TRUE"),
        .init("IS_DOUBLE", [.json("1")], "TRUE"),
        .init("IS_BOOLEAN", [.json("false")], "TRUE"), .init("AS_VARCHAR", [.json("\"a\"")], "a"),
        .init("AS_VARCHAR", [.json("1")], "NULL"), .init("AS_INTEGER", [.json("15")], "15"),
        .init("AS_INTEGER", [.json("\"15\"")], "NULL"),
        .init("AS_DOUBLE", [.json("1.5")], "1.5"), .init("AS_BOOLEAN", [.json("true")], "TRUE"),
        .init("AS_OBJECT", [.json("{}")], "{}"), .init("AS_OBJECT", [.json("[]")], "NULL"),
        .init("AS_ARRAY", [.json("[]")], "[]"), .init("AS_ARRAY", [.json("1")], "NULL"),
        .init("STRIP_NULL_VALUE", [.json("null")], "NULL"), .init("STRIP_NULL_VALUE", [.json("1")], "1"),
        .init("TO_JSON", [.json(#"{"a":1}"#)], #"{"a":1}"#), .init("TO_JSON", ["a"], "\"a\""),
        .init("TO_VARIANT", ["a"], "\"a\""),
        .init("TO_ARRAY", [1], "[1]"), .init("TO_ARRAY", [.json("[1]")], "[1]"),
        .init("TO_OBJECT", [.json("{}")], "{}"),
        .init("PARSE_JSON", [#" {"b": 1.0, "a": [1, 2]} "#], #"{"a":[1,2],"b":1}"#),
        .init("PARSE_JSON", [" "], "NULL"),
        .init("PARSE_JSON", [#"{"a":1,"a":2}"#, "d"], #"{"a":2}"#), .init("TRY_PARSE_JSON", ["{"], "NULL"),
        .init("CHECK_JSON", ["[1]"], "NULL"),
        .init("CHECK_JSON", ["[1"], "malformed JSON at byte 3: the text ends too early"),
    ]

    @Test(arguments: access + objects + arrays + kinds) func examples(_ example: Example) throws {
        // The harness's rows of NULL have other results in functions that take NULL, but not in the rows that
        // are checked.
        try example.check(onlyConstant: example.arguments.contains { $0.type == .null })
    }

    @Test(arguments: nulls) func nullArguments(_ example: Example) throws {
        try example.check(onlyConstant: true)
    }

    @Test func numbersOfVariants() throws {
        #expect(try result("AS_NUMBER", [.json("12.345"), 10, 2]) == "12.35")
        #expect(try result("AS_DECIMAL", [.json("12.5")]) == "13")
        #expect(try result("AS_NUMBER", [.json("\"1\"")]) == "NULL")
    }

    @Test func wrongArgumentsAreErrors() {
        #expect(failure("PARSE_JSON", ["{a}"])?.message.hasPrefix("Error parsing JSON") == true)
        #expect(failure("PARSE_JSON", [#"{"a":1,"a":2}"#])?.code == .data)
        #expect(failure("OBJECT_CONSTRUCT", ["a"])?.code == .invalid)
        #expect(failure("OBJECT_CONSTRUCT", ["a", 1, "a", 2])?.message == "Duplicate field key 'a'")
        #expect(failure("OBJECT_INSERT", [.object(#"{"a":1}"#), "a", 2])?.code == .data)
        #expect(failure("ARRAY_FLATTEN", [.array("[1]")])?.code == .data)
        #expect(failure("ARRAY_GENERATE_RANGE", [1, 2, 0])?.code == .data)
        #expect(failure("ARRAY_APPEND", [1, 2])?.code == .invalid)
        #expect(failure("GET_PATH", [.json("{}"), "a..b"])?.code == .data)
        #expect(failure("TO_OBJECT", [.json("1")])?.code == .data)
    }

    @Test func typedVariantsAreTakenAsTheyAre() throws {
        let decimals = Vector.allocate(.variant, layout: .int64, scale: 1, count: 3, hasValidity: true)
        for (row, value) in [15, 20, 0].enumerated() {
            decimals.int64s[row] = Int64(value)
            decimals.validity?[row] = row == 2 ? Vector.jsonNull : 1
        }
        func texts(_ name: String, _ vector: Vector) throws -> [String] {
            let result = try call(name, [vector], count: 3)
            return (0..<3).map { result.scalar(at: $0).description }
        }
        #expect(try texts("TYPEOF", decimals) == ["DECIMAL", "INTEGER", "NULL_VALUE"])
        #expect(try texts("TO_JSON", decimals) == ["1.5", "2", "null"])
        #expect(try texts("AS_INTEGER", decimals) == ["NULL", "2", "NULL"])
        #expect(try texts("STRIP_NULL_VALUE", decimals) == ["1.5", "2", "NULL"])
        let strings = Vector.allocate(
            .variant, layout: .string, count: 3, hasValidity: true, dictionary: StringDictionary(["[]"]),
            isJSON: false)
        for row in 0..<3 {
            strings.codes[row] = 0
            strings.validity?[row] = UInt8(row)
        }
        #expect(try texts("TYPEOF", strings) == ["NULL", "VARCHAR", "NULL_VALUE"])
        #expect(try texts("TO_JSON", strings) == ["NULL", "\"[]\"", "null"])
        #expect(try texts("IS_NULL_VALUE", strings) == ["NULL", "FALSE", "TRUE"])
        #expect(try VariantPath.extract(strings, [.key("a")]).scalar(at: 1) == .null)
    }

    @Test func pathsAreFollowedOncePerString() throws {
        let texts = [#"{"a":{"b":[10,20]}}"#, #"{"a":1}"#, #"{"a":{"b":null}}"#]
        let vector = Vector.allocate(
            .variant, layout: .string, count: 6, hasValidity: true, dictionary: StringDictionary(texts),
            isJSON: true)
        for row in 0..<6 {
            vector.codes[row] = UInt32(row % 3)
            vector.validity?[row] = row == 5 ? 0 : 1
        }
        let element = try VariantPath.extract(vector, [.key("a"), .key("b"), .index(1)])
        #expect(
            (0..<6).map { element.scalar(at: $0).description } == [
                "20", "NULL", "NULL", "20", "NULL", "NULL",
            ])
        #expect(element.dictionary?.count == 1)
        let member = try VariantPath.extract(vector, [.key("a"), .key("b")])
        #expect(
            (0..<6).map { member.scalar(at: $0).description } == [
                "[10,20]", "NULL", "null", "[10,20]", "NULL", "NULL",
            ])
    }

    @Test func pathsAreRead() throws {
        #expect(
            try VariantPath.parse("a.b[0].\"c d\"['e''f']") == [
                .key("a"), .key("b"), .index(0), .key("c d"), .key("e'f"),
            ])
        #expect(try VariantPath.parse("") == [])
        #expect(try VariantPath.parse("[3][\"x\"]") == [.index(3), .key("x")])
        for wrong in ["a.", ".a", "a[", "a[x]", "a['b", "a[0]b", "a b", "a[99999999999999999999]"] {
            #expect(throws: SQLError.self, "\(wrong)") { try VariantPath.parse(wrong) }
        }
    }
}
