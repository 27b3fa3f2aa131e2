import DurableIO
import SQLEngine
import SQLiteKit
import Synchronization
import TestSupport
import Vectors
import SQLiteKit
import Testing
import Vectors

@testable import Warehouse

@Suite struct StageTests {
    private let testing: StageTesting

    init() throws { testing = try StageTesting() }

    /// Files in memory, as an object store would keep them.
    private final class MemoryStorage: StageStorage {
        let files = Mutex<[String: [UInt8]]>([:])

        func list(_ prefix: String) -> [StageFile] {
            files.withLock { files in
                files.filter { $0.key.hasPrefix(prefix) }.map {
                    StageFile(
                        path: $0.key, byteCount: $0.value.count, etag: "e\($0.value.count)", modified: 0)
                }
            }
        }
        func read(_ path: String) throws -> [UInt8] {
            guard let bytes = files.withLock({ $0[path] }) else { throw SQLError(.notFound, path) }
            return bytes
        }
        func write(_ path: String, _ bytes: [UInt8]) { files.withLock { $0[path] = bytes } }
        func remove(_ path: String) { files.withLock { $0[path] = nil } }
    }

    @Test func filesComeAndGo() throws {
        let source = try testing.directory.write("1,a\n", to: "x1.csv")
        _ = try testing.directory.write("2,b\n", to: "x2.csv")
        try testing.run("CREATE STAGE MY FILE_FORMAT = (TYPE = CSV)")
        let put = try testing.run("PUT file://\(testing.directory.path)/x*.csv @my/dir")
        #expect(
            put == ["x1.csv|dir/x1.csv|4|4|NONE|NONE|UPLOADED|", "x2.csv|dir/x2.csv|4|4|NONE|NONE|UPLOADED|"])
        #expect(try testing.run("PUT file://\(source) @MY/dir")[0].contains("SKIPPED"))
        #expect(
            try testing.run("PUT file://\(source) @MY/dir/ AUTO_COMPRESS = TRUE")[0].contains(
                "dir/x1.csv.zst"))
        let listed = try testing.run("LIST @MY")
        #expect(
            listed.map { $0.split(separator: "|")[0] } == [
                "my/dir/x1.csv", "my/dir/x1.csv.zst", "my/dir/x2.csv",
            ])
        #expect(listed[0].contains("|4|"))
        #expect(
            try testing.run("SELECT $1, $2, METADATA$FILENAME FROM @MY ORDER BY 3") == [
                "1|a|dir/x1.csv", "1|a|dir/x1.csv.zst", "2|b|dir/x2.csv",
            ])
        #expect(try testing.run("REMOVE @MY PATTERN = '.*zst'") == ["my/dir/x1.csv.zst|removed"])
        #expect(
            try testing.run("GET @MY/dir/x2 file://\(testing.directory.path)/out/") == [
                "x2.csv|4|DOWNLOADED|"
            ])
        #expect(
            try FileSystem.local.contents(of: testing.directory.file("out/x2.csv")) == Array("2,b\n".utf8))
        try testing.run("CREATE OR REPLACE STAGE MY")
        #expect(try testing.run("LIST @MY") == [])
    }

    @Test func stagesOfTablesAndOfTheUser() throws {
        try testing.run("CREATE TABLE T (A INT, B VARCHAR)")
        let source = try testing.directory.write("1,a\n", to: "x.csv")
        try testing.run("PUT 'file://\(source)' @%T")
        try testing.run("PUT 'file://\(source)' @~/deep/er")
        #expect(try testing.run("LIST @~").map { $0.split(separator: "|")[0] } == ["deep/er/x.csv"])
        #expect(try testing.copy("COPY INTO T FROM @%T") == ["x.csv|LOADED|1|1|0"])
        #expect(try testing.copy("COPY INTO T FROM @~/deep") == ["x.csv|LOADED|1|1|0"])
        #expect(try testing.copy("COPY INTO T FROM 'file://\(source)'") == ["x.csv|LOADED|1|1|0"])
        #expect(try testing.rows("T") == ["1|a", "1|a", "1|a"])
    }

    @Test func urlsOfStores() throws {
        let storage = MemoryStorage()
        storage.write("bucket/in/a.json", Array("{\"a\":1}\n".utf8))
        storage.write("bucket/into", Array("x".utf8))
        var options = Session.Options()
        options.stageStorage = ["s3": storage]
        let session = testing.warehouse.makeSession(options)
        try session.execute("CREATE STAGE O URL = 's3://bucket/in'; CREATE TABLE T (V VARIANT)")
        let rows = try session.query("COPY INTO T FROM @O FILE_FORMAT = (TYPE = JSON)").rows
        #expect(rows.map { $0[0].description } == ["s3://bucket/in/a.json"])
        #expect(try session.query("COPY INTO T FROM @O FILE_FORMAT = (TYPE = JSON)").rows.first?.count == 1)
        try session.execute("COPY INTO 's3://bucket/out/' FROM T FILE_FORMAT = (TYPE = JSON)")
        #expect(storage.files.withLock { $0["bucket/out/data_0_0_0.json"] } == Array("{\"a\":1}\n".utf8))
        #expect(throws: SQLError.self) { try testing.run("LIST @O") }
    }

    @Test func formatsByName() throws {
        try testing.run(
            "CREATE FILE FORMAT F TYPE = CSV FIELD_DELIMITER = '|' NULL_IF = ('\\\\N', 'it''s') SKIP_HEADER = 1"
        )
        try testing.write("a.csv", "h|h\n1|it's\n2|\\N\n3|x\n")
        try testing.run("CREATE TABLE T (A INT, B VARCHAR)")
        #expect(
            try testing.copy("COPY INTO T FROM @S FILE_FORMAT = (FORMAT_NAME = F)") == ["a.csv|LOADED|3|3|0"])
        #expect(try testing.rows("T") == ["1|NULL", "2|NULL", "3|x"])
        #expect(try testing.run("SELECT $2 FROM @S/a (FILE_FORMAT => F) WHERE $1 = 3") == ["x"])
        try testing.run("CREATE STAGE WITHF URL = 'file://\(testing.directory.file("in"))' FILE_FORMAT = F")
        #expect(try testing.run("SELECT COUNT(*) FROM @WITHF") == ["3"])
        #expect(throws: SQLError.self) { try testing.run("CREATE FILE FORMAT F TYPE = JSON") }
        #expect(throws: SQLError.self) { try testing.run("CREATE FILE FORMAT G TYPE = JSON SKIP_HEADER = 1") }
        #expect(throws: SQLError.self) { try testing.run("SELECT $1 FROM @NOWHERE") }
    }

    @Test func stagesAreTables() throws {
        try testing.write("a.json", "{\"a\":1,\"b\":{\"c\":\"x\"}}\n{\"a\":2.5}\n")
        try testing.write("b.json", "{\"a\":\"text\",\"b\":{\"c\":null}}\n")
        let from = "FROM @S (FILE_FORMAT => (TYPE = JSON)) t"
        #expect(
            try testing.run("SELECT $1:a, t.$1:b.c, METADATA$FILE_ROW_NUMBER \(from)") == [
                "1|\"x\"|1", "2.5|NULL|2", "\"text\"|null|1",
            ])
        #expect(
            try testing.run("SELECT $1 \(from) WHERE METADATA$FILENAME = 'b.json'") == [
                "{\"a\":\"text\",\"b\":{\"c\":null}}"
            ])
        #expect(try testing.run("SELECT COUNT(*), COUNT($1:b) \(from)") == ["3|2"])
        try testing.write("c.json", "{\n")
        let error = #expect(throws: SQLError.self) { try testing.run("SELECT $1 \(from)") }
        #expect(error?.message.contains("c.json', line 1") == true)
    }

    @Test func anErrorInTheMiddleLeavesNothing() throws {
        try testing.run("CREATE TABLE T (V VARIANT)")
        var text = ""
        for row in 0..<200_000 { text += "{\"n\":\(row)}\n" }
        try testing.write("a.json", text)
        try testing.write("b.json", "broken\n")
        #expect(throws: SQLError.self) { try testing.run("COPY INTO T FROM @S FILE_FORMAT = (TYPE = JSON)") }
        #expect(try testing.run("SELECT COUNT(*) FROM T") == ["0"])
        #expect(
            try testing.warehouse.connection.integer(
                "SELECT count(*) FROM TH_ROW_GROUPS G JOIN TH_OBJECTS O USING (TABLE_ID) WHERE O.NAME = 'T'")
                == 0)
        try testing.run("BEGIN")
        #expect(throws: SQLError.self) { try testing.run("COPY INTO T FROM @S FILE_FORMAT = (TYPE = JSON)") }
        #expect(
            try testing.copy("COPY INTO T FROM @S/a FILE_FORMAT = (TYPE = JSON)") == [
                "a.json|LOADED|200000|200000|0"
            ])
        try testing.run("ROLLBACK")
        #expect(
            try testing.copy("COPY INTO T FROM @S/a FILE_FORMAT = (TYPE = JSON)") == [
                "a.json|LOADED|200000|200000|0"
            ])
        #expect(try testing.run("SELECT COUNT(*) FROM T") == ["200000"])
    }

    @Test func theHistoryIsATable() throws {
        try testing.run("CREATE TABLE T (A INT)")
        try testing.write("a.csv", "1\nx\n")
        try testing.run("COPY INTO T FROM @S ON_ERROR = CONTINUE")
        #expect(
            try testing.run(
                """
                SELECT SCHEMA_NAME, TABLE_NAME, STATUS, ROW_COUNT, ROW_PARSED, ERROR_COUNT, FIRST_ERROR_LINE_NUMBER
                FROM INFORMATION_SCHEMA.LOAD_HISTORY WHERE FILE_NAME LIKE '%a.csv'
                """) == ["COMMON|T|PARTIALLY LOADED|1|2|1|2"])
        let history = { (start: String) in
            "SELECT STATUS, ROW_COUNT, FIRST_ERROR_MESSAGE, FILE_SIZE FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY("
                + "TABLE_NAME => 't', START_TIME => \(start)))"
        }
        #expect(
            try testing.run(history("DATEADD(hour, -1, CURRENT_TIMESTAMP())")) == [
                "Partially loaded|1|Numeric value 'x' is not recognized|4"
            ])
        #expect(try testing.run(history("DATEADD(hour, 1, CURRENT_TIMESTAMP())")).isEmpty)
        #expect(throws: SQLError.self) {
            try testing.run("SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 't'))")
        }
    }

    @Test func theRecordsOfTheLastCopyAreValidated() throws {
        try testing.run("CREATE TABLE T (A INT)")
        try testing.write("a.csv", "1\nx\n")
        try testing.run("COPY INTO T FROM @S ON_ERROR = CONTINUE")
        let validation = "SELECT LINE, ERROR, REJECTED_RECORD FROM TABLE(VALIDATE(t, JOB_ID => '_last'))"
        #expect(try testing.run(validation) == ["2|Numeric value 'x' is not recognized|x"])
        try testing.write("b.csv", "2\n")
        try testing.run("COPY INTO T FROM @S/b ON_ERROR = CONTINUE")
        #expect(try testing.run(validation).isEmpty)
        let error = #expect(throws: SQLError.self) {
            try testing.run("SELECT * FROM TABLE(VALIDATE(t, JOB_ID => '01a'))")
        }
        #expect(error?.code == .unsupported)
    }
}
