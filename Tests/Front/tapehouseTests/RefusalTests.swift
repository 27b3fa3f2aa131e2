import DurableIO
import TestSupport
import Testing

/// What the program does not take for what it is not.
@Suite struct RefusalTests {
    private let directory: TemporaryDirectory
    private var data: String { directory.file("data") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test("A folder that is no data directory has no status")
    func otherFolders() throws {
        let folder = directory.file("folder")
        try FileSystem.local.createDirectory("\(folder)/log")
        _ = try directory.write("x", to: "folder/log/syslog")
        for path in [folder, directory.file("none")] {
            let outcome = try Subprocess.run(["status", "--data-dir", path])
            #expect(outcome.status == 66, "\(outcome.output)")
            #expect(
                outcome.errors.contains("no data directory")
                    && outcome.errors.contains("replay a recording first"))
        }
        // One part is enough.
        #expect(try Subprocess.run(["log", "create", "t", "--data-dir", data]).status == 0)
        #expect(try Subprocess.run(["status", "--data-dir", data]).status == 0)
    }

    @Test("A warehouse of another version is refused, with what to do")
    func otherVersions() throws {
        #expect(
            try Subprocess.run(["sql", "--write", "CREATE TABLE t (a INT)", "--data-dir", data]).status == 0)
        let path = "\(data)/warehouse.db"
        for (version, advice) in [(UInt8(9), "use the newer tapehouse"), (1, "into a new data directory")] {
            var bytes = try FileSystem.local.contents(of: path)
            // The version of the file's user is its bytes 60 to 63.
            bytes[63] = version
            try FileSystem.local.replaceContents(of: path, with: bytes)
            for arguments in [
                ["sql", "SELECT 1"], ["sql", "--write", "SELECT 1"], ["warehouse", "tables"], ["status"],
            ] {
                let outcome = try Subprocess.run(arguments + ["--data-dir", data])
                #expect(outcome.status == 65, "\(arguments): \(outcome.errors)")
                #expect(outcome.errors.contains("is a warehouse of version \(version)"), "\(outcome.errors)")
                #expect(outcome.errors.contains(advice), "\(outcome.errors)")
            }
        }
    }

    @Test("COPY, LIST and GET from a folder that is not there are errors that name it; unloading makes it")
    func missingFolders() throws {
        let folder = directory.file("quotes")
        func sql(_ text: String) throws -> Subprocess.Outcome {
            try Subprocess.run(["sql", "--write", text, "--data-dir", data])
        }
        let stage =
            "CREATE STAGE quotes URL = 'file://\(folder)/' FILE_FORMAT = (TYPE = JSON); CREATE TABLE raw (v VARIANT)"
        #expect(try sql(stage).status == 0)
        for statement in [
            "COPY INTO raw FROM @quotes",
            "COPY INTO raw FROM 'file://\(folder)/a.json' FILE_FORMAT = (TYPE = JSON)",
            "LIST @quotes", "SELECT $1 FROM @quotes",
        ] {
            let outcome = try sql(statement)
            #expect(outcome.status == 1, "\(statement)")
            #expect(
                outcome.errors.contains("there is no folder \(folder)"), "\(statement): \(outcome.errors)")
        }
        #expect(try sql("COPY INTO @quotes FROM (SELECT PARSE_JSON('{}'))").status == 0)
        #expect(try sql("COPY INTO raw FROM @quotes").status == 0)
        #expect(
            try sql("REMOVE @quotes; COPY INTO raw FROM @quotes").status == 0,
            "an empty folder is none that is missing")
    }
}
