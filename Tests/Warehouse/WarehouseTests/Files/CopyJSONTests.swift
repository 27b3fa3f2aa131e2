import DurableIO
import SQLEngine
import TestSupport
import Testing

@testable import Warehouse

@Suite struct CopyJSONTests {
    private let testing: StageTesting

    init() throws {
        testing = try StageTesting()
        try testing.run("CREATE TABLE T (V VARIANT)")
    }

    private func copy(_ options: String = "", format: String = "") throws -> [String] {
        try testing.copy("COPY INTO T FROM @S FILE_FORMAT = (TYPE = JSON \(format)) \(options)")
    }

    @Test func linesBecomeRows() throws {
        try testing.write(
            "a.json", "{\"a\":1,\"b\":\"x\"}\n\n{\"a\":2.50,\"b\":null}\r\n[1, 2]\n\"text\"\nnull")
        #expect(try copy() == ["a.json|LOADED|5|5|0"])
        #expect(
            try testing.rows("T") == [
                "{\"a\":1,\"b\":\"x\"}", "{\"a\":2.5,\"b\":null}", "[1,2]", "\"text\"", "null",
            ])
        #expect(try testing.rows("T", "V:a") == ["1", "2.5", "NULL", "NULL", "NULL"])
    }

    /// As PARSE_JSON does; lines that are JSON are read as fast as without it.
    @Test func linesThatAreNearlyJSONAreRead() throws {
        try testing.write(
            "a.json", "{\"a\":1,\"b\":\"x\"}\n{a: 2, 'b': 'y',}\n{\"a\":3,\"b\":\"z\"}\n[1, ,NaN]\n{a: b}\n")
        #expect(try copy("ON_ERROR = CONTINUE").first?.hasPrefix("a.json|PARTIALLY_LOADED|5|4|1") == true)
        #expect(
            try testing.rows("T") == [
                "{\"a\":1,\"b\":\"x\"}", "{\"a\":2,\"b\":\"y\"}", "{\"a\":3,\"b\":\"z\"}", "[1,null,\"NaN\"]",
            ])
        #expect(try testing.rows("T", "TYPEOF(V[2])") == ["NULL", "NULL", "NULL", "DOUBLE"])
    }

    @Test func valuesThatAreNearlyJSONMaySpanLines() throws {
        try testing.write("a.json", "[{a: 'x}, [\\'y',\n b: 1},\n {'a': \"it's\",}, {\"a\": 3}]")
        #expect(try copy(format: "STRIP_OUTER_ARRAY = TRUE") == ["a.json|LOADED|3|3|0"])
        #expect(try testing.rows("T", "V:a::VARCHAR") == ["x}, ['y", "it's", "3"])
        try testing.write("b.json", "{a: '}',\n b: [1,,2]}\n{a: 5}\n")
        #expect(try copy() == ["b.json|LOADED|2|2|0"])
        #expect(try testing.rows("T", "V:a::VARCHAR") == ["x}, ['y", "it's", "3", "}", "5"])
    }

    @Test func aFileIsLoadedOnce() throws {
        try testing.write("a.json", "{\"a\":1}\n")
        #expect(try copy() == ["a.json|LOADED|1|1|0"])
        #expect(try copy() == ["Copy executed with 0 files processed."])
        try testing.write("b.json", "{\"a\":2}\n")
        #expect(try copy() == ["b.json|LOADED|1|1|0"])
        #expect(try copy("FORCE = TRUE") == ["a.json|LOADED|1|1|0", "b.json|LOADED|1|1|0"])
        #expect(try testing.rows("T", "V:a") == ["1", "2", "1", "2"])
    }

    @Test func aFileThatIsWrittenAgainIsLoadedIfItHasChanged() throws {
        try testing.write("a.json", "{\"a\":1}\n")
        _ = try copy()
        try testing.write("a.json", "{\"a\":1}\n")
        #expect(try copy() == ["Copy executed with 0 files processed."])
        try testing.write("a.json", "{\"a\":3}\n")
        #expect(try copy() == ["a.json|LOADED|1|1|0"])
    }

    @Test func aTableMadeAnewHasNoHistory() throws {
        try testing.write("a.json", "{\"a\":1}\n")
        _ = try copy()
        try testing.run("CREATE OR REPLACE TABLE T (V VARIANT)")
        #expect(try copy() == ["a.json|LOADED|1|1|0"])
    }

    // MARK: Errors

    private func writeDamaged() throws {
        try testing.write("a.json", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n")
        try testing.write("b.json", "{\"a\":4}\n{\"a\":5}\n")
        try testing.write("c.json", "{\"a\":6}\n{\"a\":7}x\n{'a' 8}\n{\"a\":9}\n")
    }

    @Test func theFirstErrorEndsAll() throws {
        try writeDamaged()
        let error = #expect(throws: SQLError.self) { try copy() }
        #expect(error?.message.contains("a.json', line 2, character 6") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("ends too early") == true)
        #expect(try testing.rows("T") == [])
        // Nothing is known of the files either.
        #expect(
            try copy("ON_ERROR = CONTINUE") == [
                "a.json|PARTIALLY_LOADED|3|2|1", "b.json|LOADED|2|2|0", "c.json|PARTIALLY_LOADED|4|2|2",
            ])
    }

    @Test func otherRowsAreKept() throws {
        try writeDamaged()
        let rows = try testing.run("COPY INTO T FROM @S FILE_FORMAT = (TYPE = JSON) ON_ERROR = CONTINUE")
        #expect(
            rows[2].hasSuffix(
                "c.json|PARTIALLY_LOADED|4|2|4|2|Error parsing JSON: something follows the value|2|8|NULL"),
            "\(rows[2])")
        #expect(try testing.rows("T", "V:a") == ["1", "3", "4", "5", "6", "9"])
        #expect(try copy("ON_ERROR = CONTINUE") == ["Copy executed with 0 files processed."])
    }

    @Test func filesWithErrorsAreLeftOut() throws {
        try writeDamaged()
        #expect(
            try copy("ON_ERROR = SKIP_FILE") == [
                "a.json|LOAD_FAILED|3|0|1", "b.json|LOADED|2|2|0", "c.json|LOAD_FAILED|4|0|2",
            ])
        #expect(try testing.rows("T", "V:a") == ["4", "5"])
        // What has failed is tried again.
        #expect(
            try copy("ON_ERROR = SKIP_FILE_2") == [
                "a.json|PARTIALLY_LOADED|3|2|1", "c.json|LOAD_FAILED|4|0|2",
            ])
        #expect(try testing.rows("T", "V:a") == ["4", "5", "1", "3"])
    }

    @Test func filesWithManyErrorsAreLeftOut() throws {
        try writeDamaged()
        #expect(
            try copy("ON_ERROR = 'SKIP_FILE_40%'") == [
                "a.json|PARTIALLY_LOADED|3|2|1", "b.json|LOADED|2|2|0", "c.json|LOAD_FAILED|4|0|2",
            ])
        #expect(try testing.rows("T", "V:a") == ["1", "3", "4", "5"])
    }

    @Test func everyKindOfBadLineIsLostAlone() throws {
        let bad = [
            "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1;}", "[1;]", "[1 2]", "\"a", "\"\\x\"", "01", "1.x",
            "-",
            "nul", "{\"a\":1}{\"a\":2}",
            "{\"a\":1,\"a\":2}", "{a:b}",
        ]
        var text = "{\"n\":0}\n"
        for (index, line) in bad.enumerated() { text += line + "\n{\"n\":\(index + 1)}\n" }
        try testing.write("a.json", text + "{\"n\":99")
        #expect(
            try copy("ON_ERROR = CONTINUE") == [
                "a.json|PARTIALLY_LOADED|\(2 * bad.count + 2)|\(bad.count + 1)|\(bad.count + 1)"
            ])
        #expect(try testing.rows("T", "V:n") == (0...bad.count).map(String.init))
        let errors = try testing.run(
            "COPY INTO T FROM @S FILE_FORMAT = (TYPE = JSON) VALIDATION_MODE = RETURN_ALL_ERRORS")
        #expect(errors.count == bad.count + 1)
        #expect(errors.enumerated().allSatisfy { $1.contains("a.json|\(2 * $0 + 2)|") })
    }

    @Test func bytesThatAreNoUTF8() throws {
        try testing.write("a.json", Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}\n{\"a\":\"b\"}\n".utf8))
        #expect(try copy("ON_ERROR = CONTINUE") == ["a.json|PARTIALLY_LOADED|2|1|1"])
        #expect(try copy("FORCE = TRUE", format: "IGNORE_UTF8_ERRORS = TRUE") == ["a.json|LOADED|2|2|0"])
        #expect(try testing.rows("T", "V:a::VARCHAR") == ["b", "\u{FFFD}", "b"])
    }

    // MARK: Shapes of files

    @Test func valuesMaySpanLines() throws {
        try testing.write("a.json", "{\n  \"a\": 1,\n  \"b\": [\n 1 ]\n}\n{\n  \"a\": 2 }  {\"a\":3}\n")
        #expect(try copy() == ["a.json|LOADED|3|3|0"])
        #expect(try testing.rows("T", "V:a") == ["1", "2", "3"])
    }

    @Test func valuesMaySpanLinesAfterSomeThatDoNot() throws {
        try testing.write("a.json", "{\"a\":1}\n{\"a\":\n2}\n")
        #expect(try copy() == ["a.json|LOADED|2|2|0"])
        #expect(try testing.rows("T") == ["{\"a\":1}", "{\"a\":2}"])
    }

    @Test func outerArrays() throws {
        try testing.write("a.json", " [ {\"a\":1}, {\"a\":[2,3]},\n{\"a\":\"],\"} ]\n[]\n[{\"a\":4}]")
        #expect(try copy(format: "STRIP_OUTER_ARRAY = TRUE") == ["a.json|LOADED|4|4|0"])
        #expect(try testing.rows("T", "V:a") == ["1", "[2,3]", "\"],\"", "4"])
    }

    @Test func damagedOuterArrays() throws {
        try testing.write("a.json", "[{\"a\":1} {\"a\":2},\n\n {\"a\":3},,{\"a\":4},\n {\n\"a\":x},{\"a\":5}")
        let rows = try testing.run(
            "COPY INTO T FROM @S FILE_FORMAT = (TYPE = JSON STRIP_OUTER_ARRAY = TRUE) VALIDATION_MODE = RETURN_ERRORS"
        )
        let places = rows.map { $0.split(separator: "|")[2...3].joined(separator: ":") }
        // The character counts from where the value begins, the line from the file's start.
        #expect(places == ["1:9", "3:1", "5:5", "5:2"], "\(rows)")
        #expect(
            try copy("ON_ERROR = CONTINUE", format: "STRIP_OUTER_ARRAY = TRUE") == [
                "a.json|PARTIALLY_LOADED|7|3|4"
            ])
        #expect(try testing.rows("T", "V:a") == ["3", "4", "5"])
    }

    @Test func nullsAreStripped() throws {
        try testing.write(
            "a.json",
            "[null]\n{\"a\":1,\"b\":null,\"c\":2}\n{\"a\":[1,null,2],\"b\":{\"x\":null,\"y\":88}}\n{\"a\":\n")
        #expect(
            try copy("ON_ERROR = CONTINUE", format: "STRIP_NULL_VALUES = TRUE") == [
                "a.json|PARTIALLY_LOADED|4|3|1"
            ])
        #expect(try testing.rows("T") == ["[]", "{\"a\":1,\"c\":2}", "{\"a\":[1,2],\"b\":{\"y\":88}}"])
    }

    @Test func duplicateKeys() throws {
        try testing.write("a.json", "{\"a\":1,\"a\":2}\n")
        #expect(throws: SQLError.self) { try copy() }
        #expect(try copy(format: "ALLOW_DUPLICATE = TRUE") == ["a.json|LOADED|1|1|0"])
        #expect(try testing.rows("T") == ["{\"a\":2}"])
    }

    @Test func compressedFilesAndMarks() throws {
        var packed: [UInt8] = []
        try Array("{\"a\":1}\n".utf8).withUnsafeBytes {
            try ZstdCompressor().compress($0, appendingTo: &packed)
        }
        try testing.write("a.json.zst", packed)
        try testing.write("b.json", "\u{FEFF}{\"a\":2}\n")
        #expect(try copy() == ["a.json.zst|LOADED|1|1|0", "b.json|LOADED|1|1|0"])
        #expect(try testing.rows("T", "V:a") == ["1", "2"])
    }

    @Test func manyRowsOfManyFilesKeepTheirOrder() throws {
        var expected = 0
        for file in 0..<5 {
            var text = ""
            for _ in 0..<60_001 {
                text += "{\"n\":\(expected),\"s\":\"symbol \(expected % 7)\"}\n"
                expected += 1
            }
            try testing.write("f\(file).json", file == 2 ? text + "broken" : text)
        }
        #expect(
            try copy("ON_ERROR = CONTINUE").filter { $0.contains("PARTIALLY") } == [
                "f2.json|PARTIALLY_LOADED|60002|60001|1"
            ])
        #expect(
            try testing.run("SELECT COUNT(*), SUM(V:n::INT), MIN(V:n::INT), COUNT(DISTINCT V:n::INT) FROM T")
                == ["300005|45001350010|0|300005"])
        let order = try testing.run("SELECT V:n::INT FROM T")
        #expect(order == (0..<expected).map(String.init))
        #expect(
            try testing.run("SELECT COUNT(*) FROM @S (FILE_FORMAT => (TYPE = JSON), PATTERN => '.*f[013].*')")
                == ["180003"])
    }

    @Test func aVeryLongLine() throws {
        let long = String(repeating: "x", count: 60 << 20)
        try testing.write("a.json", "{\"a\":1}\n{\"a\":\"\(long)\"}\n{\"a\":2}\n")
        #expect(try copy() == ["a.json|LOADED|3|3|0"])
        #expect(try testing.rows("T", "LENGTH(V:a::VARCHAR)") == ["1", "\(60 << 20)", "1"])
    }

    // MARK: Columns

    @Test func keysFillColumnsOfTheirNames() throws {
        try testing.run(
            "CREATE TABLE M (A INT, B VARCHAR(3), C DATE DEFAULT '2024-01-01', D VARIANT, N INT AUTOINCREMENT)"
        )
        try testing.write(
            "a.json",
            "{\"a\":1,\"b\":\"x\",\"d\":{\"e\":[1]}}\n{\"A\":\"2\",\"b\":null,\"z\":0}\n{\"a\":\"no\"}\n{\"b\":\"long\"}\n{\"a\":9}\n"
        )
        let sql =
            "COPY INTO M FROM @S FILE_FORMAT = (TYPE = JSON) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ON_ERROR = CONTINUE"
        let rows = try testing.run(sql)
        #expect(rows.count == 1)
        #expect(
            rows[0].contains(
                "|PARTIALLY_LOADED|5|3|5|2|Failed to cast variant value \"no\" to NUMBER(38,0)|3|1|\"M\"[\"A\":1]"
            ), "\(rows)")
        #expect(
            try testing.rows("M") == [
                "1|x|2024-01-01|{\"e\":[1]}|1", "2|NULL|2024-01-01|NULL|2", "9|NULL|2024-01-01|NULL|3",
            ])
    }

    @Test func severalColumnsNeedMatching() throws {
        try testing.run("CREATE TABLE M (A INT, B VARIANT)")
        try testing.write("a.json", "{\"a\":1}\n")
        #expect(throws: SQLError.self) { try testing.run("COPY INTO M FROM @S FILE_FORMAT = (TYPE = JSON)") }
        #expect(
            try testing.copy("COPY INTO M (B) FROM @S FILE_FORMAT = (TYPE = JSON)") == ["a.json|LOADED|1|1|0"]
        )
        #expect(try testing.rows("M") == ["NULL|{\"a\":1}"])
    }

    @Test func aQueryOverTheStage() throws {
        try testing.run("CREATE TABLE Q (C FLOAT, F VARCHAR, R INT, SYMBOL VARCHAR NOT NULL)")
        try testing.write("a.json", "{\"c\":1.5,\"s\":\"A\"}\n{\"c\":\"x\",\"s\":\"B\"}\n{\"c\":2}\nbroken\n")
        try testing.write("b.json", "{\"c\":3,\"s\":\"C\"}\n")
        let from =
            "FROM (SELECT $1:c::FLOAT, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER, t.$1:s::VARCHAR FROM @S t) FILE_FORMAT = (TYPE = JSON)"
        #expect(throws: SQLError.self) { try testing.run("COPY INTO Q \(from)") }
        #expect(try testing.rows("Q") == [])
        #expect(
            try testing.copy("COPY INTO Q \(from) ON_ERROR = CONTINUE") == [
                "a.json|PARTIALLY_LOADED|4|1|3", "b.json|LOADED|1|1|0",
            ])
        #expect(try testing.rows("Q") == ["1.5|a.json|1|A", "3|b.json|1|C"])
        #expect(
            try testing.copy("COPY INTO Q \(from) ON_ERROR = SKIP_FILE FORCE = TRUE") == [
                "a.json|LOAD_FAILED|4|0|3", "b.json|LOADED|1|1|0",
            ])
    }
}
