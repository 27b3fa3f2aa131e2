import SQLEngine
import Testing
import Vectors

@Suite struct StringFunctionTests {
    private static let casing: [Example] = [
        .init("UPPER", ["straße Éa1"], "STRASSE ÉA1"), .init("LOWER", ["ÀBC Ω1"], "àbc ω1"),
        .init("UPPER", ["abc_z{"], "ABC_Z{"),
        .init("UPPER", [nil], "NULL"), .init("LOWER", [12], "12"),
        .init("INITCAP", ["the quick-brown fOX"], "The Quick-Brown Fox"),
        .init("INITCAP", ["this is/a test", "/"], "This is/A test"),
        .init("INITCAP", ["élan vital", ""], "Élan vital"),
        .init("TRIM", ["  a b "], "a b"), .init("TRIM", ["\ta "], "\ta"),
        .init("LTRIM", ["0012300", "0"], "12300"),
        .init("RTRIM", ["$125.00", "0."], "$125"), .init("TRIM", ["❄-❄ABC-❄-", "❄-"], "ABC"),
        .init("TRIM", ["", "x"], ""),
        .init("TRIM", ["xx", "x"], ""), .init("TRIM", ["abc", ""], "abc"), .init("TRIM", [nil, "x"], "NULL"),
        .init("TRIM", ["x", nil], "NULL"),
    ]

    private static let lengths: [Example] = [
        .init("LENGTH", ["Joyeux Noël"], "11"), .init("LEN", [""], "0"), .init("LENGTH", ["😀a"], "2"),
        .init("OCTET_LENGTH", ["Noël"], "5"), .init("BIT_LENGTH", ["ab"], "16"),
        .init("LENGTH", [.bytes([0xC3, 0xA9])], "2"),
        .init("LENGTH", [nil], "NULL"), .init("CHAR_LENGTH", ["é"], "1"),
    ]

    private static let parts: [Example] = [
        .init("SUBSTR", ["testing 1 2 3", 9, 5], "1 2 3"), .init("SUBSTR", ["mystring", -3, 2], "in"),
        .init("SUBSTR", ["abc", 0, 2], "ab"), .init("SUBSTR", ["abc", 1, 0], ""),
        .init("SUBSTR", ["abc", 2, -1], ""),
        .init("SUBSTR", ["abc", 4], ""), .init("SUBSTR", ["abc", -4], ""),
        .init("SUBSTR", ["abc", -3], "abc"),
        .init("SUBSTRING", ["äöü", 2, 1], "ö"), .init("SUBSTR", ["äöü", -1], "ü"),
        .init("SUBSTR", ["abc", 2], "bc"),
        .init("SUBSTR", [.bytes([1, 2, 3]), 2, 1], "02"), .init("SUBSTR", [.bytes([1, 2, 3]), -2], "0203"),
        .init("SUBSTR", ["abc", nil], "NULL"), .init("LEFT", ["äbc", 2], "äb"),
        .init("LEFT", ["abc", -1], ""),
        .init("RIGHT", ["abü", 2], "bü"), .init("RIGHT", ["ab", 5], "ab"), .init("RIGHT", ["ab", 0], ""),
        .init("RIGHT", [.bytes([1, 2, 3]), 2], "0203"), .init("REVERSE", ["héllo"], "olléh"),
        .init("REVERSE", [.bytes([1, 2])], "0201"),
        .init("SPLIT_PART", ["11.22.33", ".", 0], "11"), .init("SPLIT_PART", ["11.22.33", ".", 2], "22"),
        .init("SPLIT_PART", ["11.22.33", ".", -1], "33"), .init("SPLIT_PART", ["11.22.33", ".", 4], ""),
        .init("SPLIT_PART", ["11.22.33", ".", -4], ""), .init("SPLIT_PART", ["127.0", "", 1], "127.0"),
        .init("SPLIT_PART", ["127.0", "", -1], "127.0"), .init("SPLIT_PART", ["127.0", "", 2], ""),
        .init("SPLIT_PART", ["|a|", "|", 1], ""), .init("SPLIT_PART", ["a<>b", "<>", 2], "b"),
        .init("STRTOK", ["user@snowflake.com", "@.", 3], "com"), .init("STRTOK", ["a b  c"], "a"),
        .init("STRTOK", ["a.b  c", ". ", 3], "c"), .init("STRTOK", ["a", ".", 2], "NULL"),
        .init("STRTOK", ["", "."], "NULL"),
        .init("LPAD", ["123.50", 19, "*_"], "*_*_*_*_*_*_*123.50"), .init("RPAD", ["abc", 5], "abc  "),
        .init("LPAD", ["hello", 2, "x"], "he"), .init("LPAD", ["é", 3, "ñ€"], "ñ€é"),
        .init("RPAD", ["ab", 4, ""], "ab"),
        .init("LPAD", ["ab", -1, "x"], ""), .init("LPAD", [.bytes([1]), 3, .bytes([0xAB, 0xCD])], "ABCD01"),
        .init("REPEAT", ["xy", 3], "xyxyxy"), .init("REPEAT", ["xy", 0], ""),
        .init("REPEAT", ["", 1_000_000_000_000], ""),
        .init("SPACE", [3], "   "),
    ]

    private static let joining: [Example] = [
        .init("CONCAT", ["a", "b", 1], "ab1"), .init("CONCAT", ["a"], "a"),
        .init("CONCAT", ["a", nil], "NULL"),
        .init("||", ["a", "ü"], "aü"), .init("||", [.bytes([1]), .bytes([2])], "0102"),
        .init("CONCAT_WS", [",", "one", "two", "three"], "one,two,three"),
        .init("CONCAT_WS", [",", "one"], "one"),
        .init("CONCAT_WS", [",", "one", nil], "NULL"), .init("CONCAT_WS", ["--", "", ""], "--"),
    ]

    private static let searching: [Example] = [
        .init("CONTAINS", ["coffee", "ff"], "TRUE"), .init("CONTAINS", ["coffee", ""], "TRUE"),
        .init("CONTAINS", ["", "a"], "FALSE"),
        .init("STARTSWITH", ["coffee", "co"], "TRUE"), .init("STARTSWITH", ["c", "co"], "FALSE"),
        .init("ENDSWITH", ["tea", "ea"], "TRUE"),
        .init("ENDSWITH", ["tea", "te"], "FALSE"), .init("CONTAINS", ["a", nil], "NULL"),
        .init("POSITION", ["an", "banana", 1], "2"), .init("POSITION", ["an", "banana", 3], "4"),
        .init("POSITION", ["x", "banana"], "0"),
        .init("CHARINDEX", ["ö", "aäöö"], "3"), .init("POSITION", ["", "abc"], "1"),
        .init("POSITION", ["", "abc", 4], "4"),
        .init("POSITION", ["a", "abc", 9], "0"), .init("POSITION", [.bytes([2]), .bytes([1, 2])], "2"),
        .init("REPLACE", ["down", "down", "up"], "up"),
        .init("REPLACE", ["Vacation in Athens", "Athens"], "Vacation in "),
        .init("REPLACE", ["aaa", "a", "bb"], "bbbbbb"), .init("REPLACE", ["abc", "", "x"], "abc"),
        .init("TRANSLATE", ["❄a❄bX❄dYZ❄", "XYZ❄", "cef"], "abcdef"),
        .init("TRANSLATE", ["peña", "ñ", "n"], "pena"),
        .init("TRANSLATE", ["aab", "aa", "xy"], "xxb"), .init("INSERT", ["abcdef", 3, 2, "zzz"], "abzzzef"),
        .init("INSERT", ["äbc", 2, 0, "X"], "äXbc"), .init("INSERT", ["abc", 9, 1, "X"], "abcX"),
    ]

    private static let codes: [Example] = [
        .init("ASCII", ["bcd"], "98"), .init("ASCII", [""], "0"), .init("UNICODE", ["❄"], "10052"),
        .init("CHR", [33], "!"),
        .init("CHAR", [9733], "★"), .init("CHR", [nil], "NULL"),
        .init("BASE64_ENCODE", ["Snowflake"], "U25vd2ZsYWtl"),
        .init(
            "BASE64_ENCODE", ["Snowflake ❄❄❄ Snowman ☃☃☃", 32, "$"],
            "U25vd2ZsYWtlIOKdhOKdhOKdhCBTbm93\nbWFuIOKYg$KYg$KYgw=="),
        .init("BASE64_DECODE_STRING", ["U25vd2ZsYWtl"], "Snowflake"),
        .init("BASE64_DECODE_STRING", ["YQ"], "a"),
        .init("BASE64_DECODE_STRING", ["YQ=="], "a"), .init("TRY_BASE64_DECODE_STRING", ["!"], "NULL"),
        .init("BASE64_DECODE_BINARY", ["/w=="], "FF"), .init("HEX_ENCODE", ["SNOW"], "534E4F57"),
        .init("HEX_ENCODE", ["SNOW", 0], "534e4f57"), .init("HEX_DECODE_STRING", ["534E4f57"], "SNOW"),
        .init("TRY_HEX_DECODE_STRING", ["5"], "NULL"), .init("TRY_HEX_DECODE_STRING", ["FF"], "NULL"),
        .init("HEX_DECODE_BINARY", ["FF"], "FF"), .init("BASE64_ENCODE", [""], ""),
    ]

    private static let distances: [Example] = [
        .init("SOUNDEX", ["Robert"], "R163"), .init("SOUNDEX", ["Rupert"], "R163"),
        .init("SOUNDEX", ["Ashcraft"], "A261"),
        .init("SOUNDEX", ["Tymczak"], "T522"), .init("SOUNDEX", ["Pfister"], "P236"),
        .init("SOUNDEX", ["Honeyman"], "H555"),
        .init("SOUNDEX", [""], ""), .init("EDITDISTANCE", ["kitten", "sitting"], "3"),
        .init("EDITDISTANCE", ["", "äb"], "2"),
        .init("EDITDISTANCE", ["future", "past", 2], "2"), .init("EDITDISTANCE", ["abc", "abc"], "0"),
        .init("JAROWINKLER_SIMILARITY", ["Snowflake", "Oracle"], "61"),
        .init("JAROWINKLER_SIMILARITY", ["Ich weiß nicht", "Ich wei? nicht"], "97"),
        .init("JAROWINKLER_SIMILARITY", ["Gute nacht", "Ich weis nicht"], "56"),
        .init("JAROWINKLER_SIMILARITY", ["święta", "swieta"], "77"),
        .init("JAROWINKLER_SIMILARITY", ["", ""], "0"),
        .init("JAROWINKLER_SIMILARITY", ["test", "TEST"], "100"),
        .init("JAROWINKLER_SIMILARITY", ["MARTHA", "marhta"], "96"),
    ]

    @Test(arguments: casing + lengths + parts + joining + searching + codes + distances)
    func examples(_ example: Example) throws { try example.check() }

    @Test func argumentsThatDoNotFitAreErrorsThatNameTheSignature() {
        #expect(failure("UPPER", [])?.message == "too few arguments: write UPPER(text)")
        #expect(failure("UPPER", ["a", "b"])?.message == "too many arguments: write UPPER(text)")
        #expect(failure("UPPER", [.array("[]")])?.code == .invalid)
        #expect(failure("LEFT", ["a", .null(.date)])?.message.contains("LEFT(text, length)") == true)
        #expect(failure("CONCAT", [.bytes([1]), "a"])?.code == .invalid)
        #expect(failure("LPAD", [.bytes([1]), 3])?.code == .invalid)
        #expect(failure("LPAD", ["a", 3, .bytes([255])])?.code == .invalid)
    }

    @Test func valuesThatAreImpossibleAreErrors() {
        #expect(failure("CHR", [-1])?.code == .data)
        #expect(failure("CHR", [0xD800])?.code == .data)
        #expect(failure("POSITION", ["a", "b", 0])?.code == .data)
        #expect(failure("INSERT", ["a", 0, 1, "x"])?.code == .data)
        #expect(failure("STRTOK", ["a", ".", 0])?.code == .data)
        #expect(failure("BASE64_DECODE_STRING", ["a"])?.code == .data)
        #expect(failure("HEX_DECODE_STRING", ["0g"])?.code == .data)
        #expect(failure("REPEAT", ["abc", 1_000_000_000])?.code == .data)
        #expect(
            failure("REPEAT", ["abc", .of(.number(Int128.max / 100, scale: 0), .integer)])?.code == .data)
        #expect(failure("LPAD", ["a", 1_000_000_000])?.code == .data)
    }

    @Test func aDictionaryLargerThanTheBatchIsReadRowByRow() throws {
        let strings = (0..<100).map { "Word \($0)" }
        let vector = Vector.allocate(.varchar, count: 7, dictionary: StringDictionary(strings))
        for row in 0..<7 { vector.codes[row] = UInt32(99 - row * 3) }
        let upper = try call("UPPER", [vector], count: 7)
        let length = try call("LENGTH", [vector], count: 7)
        for row in 0..<7 {
            #expect(upper.scalar(at: row) == .text("WORD \(99 - row * 3)"))
            #expect(length.scalar(at: row) == .integer("Word \(99 - row * 3)".utf8.count))
        }
    }

    @Test func stringsThatNoRowUsesCannotFail() throws {
        let vector = Vector.allocate(
            .varchar, count: 4, hasValidity: true, dictionary: StringDictionary(["41", "no", "42"]))
        for (row, code) in [0, 2, 1, 0].enumerated() {
            vector.codes[row] = UInt32(code)
            vector.validity?[row] = row == 2 ? 0 : 1
        }
        let decoded = try call("HEX_DECODE_STRING", [vector], count: 4)
        #expect((0..<4).map { decoded.scalar(at: $0) } == [.text("A"), .text("B"), .null, .text("A")])
        #expect(decoded.dictionary?.count == 2)
    }

    @Test func noRowsGiveNoRows() throws {
        let empty = Vector.allocate(.varchar, count: 0, dictionary: StringDictionary.empty)
        #expect(try call("UPPER", [empty], count: 0).count == 0)
        #expect(try call("LENGTH", [empty], count: 0).count == 0)
    }
}
