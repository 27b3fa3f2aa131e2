import DurableIO
import SQLEngine
import TestSupport
import Testing

@testable import Warehouse

@Suite struct UnloadTests {
    private let testing: StageTesting

    init() throws { testing = try StageTesting() }

    private func text(_ name: String) throws -> String {
        String(
            decoding: try FileSystem.local.contents(of: testing.directory.file("in/\(name)")), as: UTF8.self)
    }

    private func makeTable() throws {
        try testing.run(
            "CREATE TABLE T (A INT, B VARCHAR, C FLOAT, D DATE, S TIMESTAMP_NTZ, V VARIANT, X BINARY)")
        try testing.run(
            "INSERT INTO T SELECT 1, 'plain', 1.5, '2024-01-31', '2024-01-31 01:02:03.456', PARSE_JSON('{\"a\":[1,\"x,y\"]}'), TO_BINARY('00FF')"
        )
        try testing.run("INSERT INTO T SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL")
        try testing.run(
            "INSERT INTO T SELECT -3, 'a,b\"c\\\\d\\ne\\r\\tf', 0.1, '1969-12-31', '1969-12-31 23:59:59', TO_VARIANT('s'), TO_BINARY('')"
        )
        try testing.run(
            "INSERT INTO T SELECT 4, '', -0.25, '9999-12-31', '0001-01-01', PARSE_JSON('null'), NULL")
        try testing.run(
            "INSERT INTO T SELECT 5, '\\\\N', 1e300, '2000-02-29', '2024-01-01', PARSE_JSON('1.50'), NULL")
    }

    private func roundTrip(_ format: String, _ copy: String = "") throws {
        try makeTable()
        let result = try testing.run("COPY INTO @S/out/ FROM T FILE_FORMAT = (TYPE = CSV \(format)) \(copy)")
        #expect(result[0].hasPrefix("5|"))
        try testing.run("CREATE TABLE U LIKE T")
        let skip = copy.contains("HEADER") ? "SKIP_HEADER = 1" : ""
        #expect(
            try testing.copy("COPY INTO U FROM @S/out/ FILE_FORMAT = (TYPE = CSV \(format) \(skip))")
                .allSatisfy { $0.contains("|LOADED|") })
        let columns = "A, B, C, D, S::VARCHAR, V, X::VARCHAR"
        #expect(try testing.rows("U", columns) == testing.rows("T", columns))
    }

    @Test func plainTextComesBack() throws { try roundTrip("EMPTY_FIELD_AS_NULL = FALSE", "HEADER = TRUE") }

    @Test func otherDelimitersComeBack() throws {
        try roundTrip(
            "FIELD_DELIMITER = '|' RECORD_DELIMITER = ';' EMPTY_FIELD_AS_NULL = FALSE COMPRESSION = ZSTD",
            "MAX_FILE_SIZE = 60")
        #expect(try testing.run("LIST @S/out/").count > 2)
    }

    @Test func quotedTextComesBack() throws {
        try makeTable()
        // In quotes too, what NULL_IF names is NULL.
        try testing.run("DELETE FROM T WHERE A = 5")
        try testing.run(
            "COPY INTO @S/q/ FROM T FILE_FORMAT = (TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"') HEADER = TRUE"
        )
        try testing.run("CREATE TABLE U LIKE T")
        let format = "(TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"' SKIP_HEADER = 1)"
        #expect(
            try testing.copy("COPY INTO U FROM @S/q/ FILE_FORMAT = \(format)") == [
                "data_0_0_0.csv|LOADED|4|4|0"
            ])
        let columns = "A, B, C, D, S::VARCHAR, V, X::VARCHAR"
        #expect(try testing.rows("U", columns) == testing.rows("T", columns))
        #expect(
            try text("q/data_0_0_0.csv").hasPrefix(
                "\"A\",\"B\",\"C\",\"D\",\"S\",\"V\",\"X\"\n1,\"plain\",1.5,2024-01-31,"))
    }

    @Test func jsonComesBack() throws {
        try makeTable()
        let sql =
            "COPY INTO @S/j FROM (SELECT OBJECT_CONSTRUCT('a', A, 'b', B) FROM T) FILE_FORMAT = (TYPE = JSON COMPRESSION = ZSTD)"
        #expect(try testing.run(sql)[0].hasPrefix("5|"))
        #expect(try testing.run("LIST @S/j")[0].contains("j_0_0_0.json.zst"))
        #expect(
            try testing.run("SELECT $1 FROM @S/j (FILE_FORMAT => (TYPE = JSON))")
                == testing.run("SELECT OBJECT_CONSTRUCT('a', A, 'b', B) FROM T"))
        #expect(throws: SQLError.self) {
            try testing.run("COPY INTO @S/k FROM T FILE_FORMAT = (TYPE = JSON)")
        }
    }

    @Test func singleFilesAndOverwriting() throws {
        try testing.run("CREATE TABLE T (A INT)")
        try testing.run("INSERT INTO T VALUES (1), (2), (3)")
        #expect(try testing.run("COPY INTO @S/one.csv FROM T SINGLE = TRUE") == ["3|6|6"])
        #expect(try text("one.csv") == "1\n2\n3\n")
        #expect(throws: SQLError.self) { try testing.run("COPY INTO @S/one.csv FROM T SINGLE = TRUE") }
        #expect(
            try testing.run(
                "COPY INTO @S/one.csv FROM (SELECT A FROM T WHERE A > 1) SINGLE = TRUE OVERWRITE = TRUE") == [
                    "2|4|4"
                ])
        #expect(try testing.run("COPY INTO @S/many/ FROM T MAX_FILE_SIZE = 3") == ["3|6|6"])
        #expect(try testing.run("LIST @S/many").count == 2)
        #expect(throws: SQLError.self) { try testing.run("COPY INTO @S/many/ FROM T") }
        #expect(throws: SQLError.self) {
            try testing.run("COPY INTO @S/x FROM T FILE_FORMAT = (TYPE = CSV COMPRESSION = GZIP)")
        }
        #expect(throws: SQLError.self) { try testing.run("COPY INTO @S/x FROM T PARTITION BY (A)") }
        #expect(try testing.run("COPY INTO @S/none/ FROM (SELECT A FROM T WHERE A > 9)") == ["0|0|0"])
    }
}
