import SQLEngine
import TestSupport
import Vectors
import Testing
import Vectors

@testable import Warehouse

@Suite struct CopyCSVTests {
    private let testing: StageTesting

    init() throws {
        testing = try StageTesting()
        try testing.run("CREATE TABLE T (A INT, B VARCHAR, C FLOAT)")
    }

    private func copy(_ format: String = "", _ options: String = "", into table: String = "T") throws
        -> [String]
    {
        try testing.copy("COPY INTO \(table) FROM @S FILE_FORMAT = (TYPE = CSV \(format)) \(options)")
    }

    private let quoted = "FIELD_OPTIONALLY_ENCLOSED_BY = '\"'"

    @Test func fieldsBecomeColumns() throws {
        try testing.write("a.csv", "1,x,1.5\r\n2,,2\n-3,a b,\\N\n")
        #expect(try copy() == ["a.csv|LOADED|3|3|0"])
        #expect(try testing.rows("T") == ["1|x|1.5", "2|NULL|2", "-3|a b|NULL"])
    }

    @Test func quotedFields() throws {
        let text =
            "1,\"a,b\",1\n2,\"say \"\"hi\"\"\",2\n3,\"two\nlines\r\n\",3\n4,\"\",4\n\"5\",it\"s,\"5\"\n6,\"\"\"\",6\n"
        try testing.write("a.csv", text)
        #expect(try copy(quoted) == ["a.csv|LOADED|6|6|0"])
        #expect(
            try testing.rows("T", "A, REPLACE(REPLACE(B, '\\n', '/'), '\\r', '')") == [
                "1|a,b", "2|say \"hi\"", "3|two/lines/", "4|", "5|it\"s", "6|\"",
            ])
    }

    @Test func damagedQuotes() throws {
        try testing.write("a.csv", "1,\"a\"b,1\n2,ok,2\n3,\"never closed,3\n4,x,4\n")
        #expect(try copy(quoted, "ON_ERROR = CONTINUE") == ["a.csv|PARTIALLY_LOADED|3|1|2"])
        #expect(try testing.rows("T") == ["2|ok|2"])
    }

    @Test func errorsHaveTheirPlaces() throws {
        try testing.write("a.csv", "A,B,C\n1,\"x\ny\",1\nno,b,2\n3,b\n4,b,2,3\n5,b,z\n6,b,6\n")
        let sql =
            "COPY INTO T FROM @S FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1 \(quoted)) VALIDATION_MODE = RETURN_ERRORS"
        let rows = try testing.session.query(sql).rows.map { row in
            [2, 3, 5, 6, 0].map { row[$0].description }.joined(separator: "|")
        }
        #expect(rows.count == 4)
        #expect(rows[0] == "4|1|\"T\"[\"A\":1]|2|Numeric value 'no' is not recognized")
        #expect(rows[1].hasPrefix("5|4|NULL|3|the record has 2 fields, and 3 columns"), "\(rows[1])")
        #expect(rows[2].hasPrefix("6|7|NULL|4|the record has 4 fields"), "\(rows[2])")
        #expect(rows[3] == "7|5|\"T\"[\"C\":3]|5|Numeric value 'z' is not recognized")
        #expect(try testing.rows("T") == [])
        #expect(
            try copy("SKIP_HEADER = 1 \(quoted)", "ON_ERROR = CONTINUE") == ["a.csv|PARTIALLY_LOADED|6|2|4"])
        #expect(try testing.rows("T", "A, C") == ["1|1", "6|6"])
    }

    @Test func columnCountsMayDiffer() throws {
        try testing.write("a.csv", "1\n2,b\n3,c,3,4\n\n")
        #expect(
            try copy("ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE SKIP_BLANK_LINES = TRUE") == [
                "a.csv|LOADED|3|3|0"
            ])
        #expect(try testing.rows("T") == ["1|NULL|NULL", "2|b|NULL", "3|c|3"])
    }

    @Test func nullTexts() throws {
        try testing.write("a.csv", "1,NULL,\n2,,n/a\n3,\"NULL\",3\n4,\"\",4\n")
        #expect(
            try copy("NULL_IF = ('NULL', 'n/a') EMPTY_FIELD_AS_NULL = FALSE \(quoted)", "ON_ERROR = CONTINUE")
                == ["a.csv|PARTIALLY_LOADED|4|3|1"])
        #expect(try testing.rows("T") == ["2||NULL", "3|NULL|3", "4||4"])
    }

    @Test func delimitersAndEscapes() throws {
        try testing.write("a.txt", "1||a\\||b||1;;2|| c ||2;;3||x\\\\y||3")
        #expect(
            try copy("FIELD_DELIMITER = '||' RECORD_DELIMITER = ';;' TRIM_SPACE = TRUE") == [
                "a.txt|LOADED|3|3|0"
            ])
        #expect(try testing.rows("T", "A, B") == ["1|a||b", "2|c", "3|x\\y"])
        try testing.run("TRUNCATE TABLE T")
        try testing.write("a.txt", "1\ta\\\tb\t1\n2\tline\\\nbreak\t2\n3\tc:\\\\d\t3\n")
        #expect(try copy("FIELD_DELIMITER = '\\t'", "FORCE = TRUE") == ["a.txt|LOADED|3|3|0"])
        #expect(
            try testing.rows("T", "A, REPLACE(REPLACE(B, '\\n', '/'), '\\t', '>')") == [
                "1|a>b", "2|line/break", "3|c:\\d",
            ])
        try testing.run("TRUNCATE TABLE T")
        try testing.write("a.txt", "1|'a^'b'|1\n2|  d  |2\n")
        let format =
            "FIELD_DELIMITER = '|' FIELD_OPTIONALLY_ENCLOSED_BY = '\\'' ESCAPE = '^' TRIM_SPACE = TRUE"
        #expect(try copy(format, "FORCE = TRUE") == ["a.txt|LOADED|2|2|0"])
        #expect(try testing.rows("T", "B") == ["a'b", "d"])
    }

    @Test func manyTypes() throws {
        try testing.run(
            "CREATE TABLE M (N NUMBER(5,2), I INT, B BOOLEAN, D DATE, T TIME, S TIMESTAMP_NTZ, X BINARY, V VARIANT, L VARCHAR(3) NOT NULL)"
        )
        try testing.write(
            "a.csv",
            "1.005;12345678901234567890123;yes;31.01.2024;12:34:56;2024-01-31 10:00:00.5;00ff;{\"b\":1, \"a\":2};äöü\n"
                + ";;;;;;;;x\n1234.5;1;t;01.01.2024;00:00;2024-01-01;00;1;y\n1;1;t;2024-01-01;00:00;2024-01-01;00;1;y\n"
                + "1;1;t;01.01.2024;00:00;2024-01-01;0;1;y\n1;1;t;01.01.2024;00:00;2024-01-01;00;{;y\n1;1;t;01.01.2024;00:00;2024-01-01;00;1;abcd\n"
                + "1;1;t;01.01.2024;00:00;2024-01-01;00;1;\n")
        let format = "FIELD_DELIMITER = ';' DATE_FORMAT = 'DD.MM.YYYY'"
        #expect(try copy(format, "ON_ERROR = CONTINUE", into: "M") == ["a.csv|PARTIALLY_LOADED|8|2|6"])
        #expect(
            try testing.rows("M", "N, I, B, D, T, S::VARCHAR, X::VARCHAR, V, L") == [
                "1.01|12345678901234567890123|TRUE|2024-01-31|12:34:56|2024-01-31 10:00:00.500|00FF|{\"a\":2,\"b\":1}|äöü",
                "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|x",
            ])
        #expect(
            try copy(format, "ON_ERROR = CONTINUE TRUNCATECOLUMNS = TRUE FORCE = TRUE", into: "M") == [
                "a.csv|PARTIALLY_LOADED|8|3|5"
            ])
        #expect(try testing.run("SELECT COUNT(*) FROM M WHERE L = 'abc'") == ["1"])
    }

    @Test func columnsAndDefaults() throws {
        try testing.run(
            "CREATE TABLE D (ID INT AUTOINCREMENT, A INT DEFAULT 7, B VARCHAR, C INT NOT NULL DEFAULT 1)")
        try testing.write("a.csv", "x,1\ny,2\n")
        #expect(try testing.copy("COPY INTO D (B, C) FROM @S") == ["a.csv|LOADED|2|2|0"])
        #expect(try testing.rows("D") == ["1|7|x|1", "2|7|y|2"])
        #expect(throws: SQLError.self) { try testing.run("COPY INTO D (B, B) FROM @S") }
        #expect(throws: SQLError.self) { try testing.run("COPY INTO D (Z) FROM @S") }
    }

    @Test func headersNameColumns() throws {
        try testing.write("a.csv", "c,\"a\",z\n1.5,1,x\n2.5,2,y\n")
        try testing.write("b.csv", "A,B\n3,three\n")
        let sql =
            "COPY INTO T FROM @S FILE_FORMAT = (TYPE = CSV PARSE_HEADER = TRUE \(quoted)) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
        #expect(try testing.copy(sql) == ["a.csv|LOADED|2|2|0", "b.csv|LOADED|1|1|0"])
        #expect(try testing.rows("T") == ["1|NULL|1.5", "2|NULL|2.5", "3|three|NULL"])
    }

    @Test func filesAreChosen() throws {
        for name in ["2023/a.csv", "2023/b.csv", "2024/a.csv", "2024/a.txt"] {
            try testing.write(name, "1,\(name),1\n")
        }
        #expect(try testing.copy("COPY INTO T FROM @S/2024") == ["a.csv|LOADED|1|1|0", "a.txt|LOADED|1|1|0"])
        #expect(try testing.copy("COPY INTO T FROM @S/2023/ FILES = ('b.csv')") == ["b.csv|LOADED|1|1|0"])
        #expect(try testing.copy("COPY INTO T FROM @S PATTERN = '.*/a[.]csv'") == ["a.csv|LOADED|1|1|0"])
        #expect(try testing.rows("T", "B") == ["2024/a.csv", "2024/a.txt", "2023/b.csv", "2023/a.csv"])
        #expect(throws: SQLError.self) { try testing.run("COPY INTO T FROM @S FILES = ('missing.csv')") }
        #expect(
            try testing.copy("COPY INTO T FROM @S FILES = ('missing.csv') ON_ERROR = CONTINUE") == [
                "missing.csv|LOAD_FAILED|0|0|1"
            ])
        #expect(throws: SQLError.self) { try testing.run("COPY INTO T FROM @S/../x") }
        #expect(try testing.copy("COPY INTO T FROM @S SIZE_LIMIT = 1 FORCE = TRUE").count == 1)
    }

    @Test func loadedFilesArePurged() throws {
        try testing.write("a.csv", "1,a,1\n")
        try testing.write("b.csv", "bad\n")
        #expect(
            try copy("", "ON_ERROR = SKIP_FILE PURGE = TRUE") == [
                "a.csv|LOADED|1|1|0", "b.csv|LOAD_FAILED|1|0|1",
            ])
        #expect(try testing.run("LIST @S").count == 1)
        try testing.write("c.csv", "1,a,1\n")
        try testing.run("BEGIN")
        _ = try copy("", "ON_ERROR = SKIP_FILE PURGE = TRUE")
        try testing.run("ROLLBACK")
        #expect(try testing.run("LIST @S").count == 2)
        try testing.run("BEGIN")
        _ = try copy("", "ON_ERROR = SKIP_FILE PURGE = TRUE")
        try testing.run("COMMIT")
        #expect(try testing.run("LIST @S").count == 1)
    }

    @Test func rowsAreShownBeforeTheyAreLoaded() throws {
        try testing.write("a.csv", "1,a,1\n2,b,2\n3,c,3\n")
        #expect(try testing.run("COPY INTO T FROM @S VALIDATION_MODE = RETURN_2_ROWS") == ["1|a|1", "2|b|2"])
        #expect(try testing.rows("T") == [])
        #expect(try copy() == ["a.csv|LOADED|3|3|0"])
    }

    @Test func mistakenOptions() throws {
        let mistakes = [
            "FILE_FORMAT = (TYPE = PARQUET)", "FILE_FORMAT = (TYPE = CSV SKIP_HEADRE = 1)",
            "FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 'x')",
            "FILE_FORMAT = (TYPE = CSV ENCODING = 'LATIN1')",
            "FILE_FORMAT = (TYPE = CSV STRIP_OUTER_ARRAY = TRUE)", "ON_ERROR = IGNORE",
            "FILE_FORMAT = (FORMAT_NAME = 'NOWHERE')", "FILE_FORMAT = (TYPE = CSV COMPRESSION = BROTLI)",
            "VALIDATION_MODE = X",
            "FILE_FORMAT = (TYPE = CSV PARSE_HEADER = TRUE)",
        ]
        for mistake in mistakes {
            let error = #expect(throws: SQLError.self, "\(mistake)") {
                try testing.run("COPY INTO T FROM @S \(mistake)")
            }
            #expect(
                error?.position != nil || mistake.contains("NOWHERE"), "\(mistake): \(error?.message ?? "")")
        }
        let error = #expect(throws: SQLError.self) {
            try testing.run("COPY INTO T FROM @S FILE_FORMAT = (TYPE = CSV SKIP_HEADRE = 1)")
        }
        #expect(error?.message.contains("did you mean SKIP_HEADER") == true)
    }

    @Test func largeFilesAreReadSideBySide() throws {
        var text = ""
        for row in 0..<300_000 { text += "\(row),\"name, \(row % 10)\n\",\(Double(row) / 4)\n" }
        try testing.write("a.csv", text + "x,y,z\n")
        #expect(try copy(quoted, "ON_ERROR = CONTINUE") == ["a.csv|PARTIALLY_LOADED|300001|300000|1"])
        #expect(
            try testing.run("SELECT COUNT(*), SUM(A), COUNT(DISTINCT B), SUM(C) FROM T") == [
                "300000|44999850000|10|11249962500"
            ])
        let error = try testing.session.query(
            "COPY INTO T FROM @S FILE_FORMAT = (TYPE = CSV \(quoted)) VALIDATION_MODE = RETURN_ALL_ERRORS"
        ).rows
        #expect(error.first.map { "\($0[2])|\($0[6])" } == "600001|300001")
        let from = "FROM @S (FILE_FORMAT => (TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"'))"
        #expect(
            try testing.run(
                "SELECT COUNT(*), MAX(METADATA$FILE_ROW_NUMBER), COUNT($9), MAX($3::FLOAT) \(from) WHERE $1 <> 'x'"
            ) == ["300000|300000|0|74999.75"])
    }
}
