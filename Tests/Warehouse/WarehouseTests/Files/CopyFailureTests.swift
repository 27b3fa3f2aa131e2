import DurableIO
import SQLEngine
import SQLiteKit
import TestSupport
import Testing

@testable import Warehouse

/// Files that are not what they seem, and what of them stays.
@Suite struct CopyFailureTests {
    private let testing: StageTesting

    init() throws {
        testing = try StageTesting()
        try testing.run("CREATE TABLE T (A INT)")
        try testing.write("a.csv", "1\n2\n")
        try testing.write("c.csv", "3\n")
    }

    @Test(
        arguments: [
            ("b.csv.gz", [0x1F, 0x8B, 8, 0, 1, 2, 3], "gzip"),
            ("b.csv.gz", [0x39, 0x0A], "b.csv.gz is not gzip"),
            ("b.csv.zst", [0x28, 0xB5, 0x2F, 0xFD, 9, 9], "zstd"),
            ("b.csv.zst", [0x39, 0x0A], "b.csv.zst is not zstd"),
        ] as [(String, [UInt8], String)])
    func unreadableFilesLeaveTheOthers(name: String, bytes: [UInt8], message: String) throws {
        try testing.write(name, bytes)
        let error = #expect(throws: SQLError.self) { try testing.run("COPY INTO T FROM @S") }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        let expected = ["a.csv|LOADED|2|2|0", "\(name)|LOAD_FAILED|0|0|1", "c.csv|LOADED|1|1|0"]
        for handling in ["CONTINUE", "SKIP_FILE", "'SKIP_FILE_10%'"] {
            #expect(try testing.copy("COPY INTO T FROM @S ON_ERROR = \(handling)") == expected, "\(handling)")
            #expect(try testing.rows("T") == ["1", "2", "3"])
            try testing.run("TRUNCATE TABLE T")
        }
        #expect(
            try testing.copy("COPY INTO T FROM (SELECT $1 FROM @S) ON_ERROR = CONTINUE") == expected)
    }

    @Test func unreadableJSONLeavesTheOthers() throws {
        try testing.run("CREATE TABLE J (V VARIANT)")
        try testing.write("j/a.json", #"{"a":1}"#)
        try testing.write("j/b.json.gz", [0x1F, 0x8B, 8, 0, 1, 2, 3])
        #expect(
            try testing.copy("COPY INTO J FROM @S/j/ FILE_FORMAT = (TYPE = JSON) ON_ERROR = CONTINUE") == [
                "a.json|LOADED|1|1|0", "b.json.gz|LOAD_FAILED|0|0|1",
            ])
    }

    @Test func oneKeyFillsAColumn() throws {
        try testing.write("k.json", "{\"a\":1}\n{\"A\":2}\n{\"a\":3,\"A\":4}\n")
        #expect(
            try testing.copy(
                "COPY INTO T FROM @S/k.json FILE_FORMAT = (TYPE = JSON) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ON_ERROR = CONTINUE"
            ) == ["k.json|PARTIALLY_LOADED|3|2|1"])
        #expect(try testing.rows("T") == ["1", "2"])
    }

    @Test func whatAKilledUnloadLeavesIsNoFile() throws {
        try testing.write(".data_0_0_0.csv.tapehouse-tmp", "1\n")
        try testing.write("d.csv.tmp", "4\n")
        #expect(try testing.run("LIST @S").count == 3)
        #expect(try testing.copy("COPY INTO T FROM @S").count == 3)
    }

    @Test func removedFilesAreThereAgainAfterARollback() throws {
        try testing.run("BEGIN")
        #expect(try testing.run("REMOVE @S").count == 2)
        try testing.run("ROLLBACK")
        #expect(try testing.run("LIST @S").count == 2)
        try testing.run("BEGIN")
        try testing.run("REMOVE @S/a.csv")
        try testing.run("COMMIT")
        #expect(try testing.run("LIST @S").count == 1)
        try testing.run("REMOVE @S")
        #expect(try testing.run("LIST @S").isEmpty)
    }

    @Test func noTextIsLongerThanDescribed() throws {
        try testing.run("CREATE TABLE L (T VARCHAR)")
        try testing.write("long/a.csv", [UInt8](repeating: 0x78, count: 16_777_217))
        let error = #expect(throws: SQLError.self) { try testing.run("COPY INTO L FROM @S/long/") }
        #expect(error?.message.contains("longer than 16777216 characters") == true)
        #expect(try testing.run("SELECT COUNT(*) FROM L") == ["0"])
    }
}
