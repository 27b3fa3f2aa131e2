import DurableIO
import TestSupport
import Testing

/// `tapehouse warehouse` as a user meets it.
@Suite struct WarehouseCommandTests {
    private let directory: TemporaryDirectory
    private var data: String { directory.file("data") }

    init() throws {
        directory = try TemporaryDirectory()
        let script = "CREATE TABLE t AS SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 5000))"
        let outcome = try Subprocess.run(["sql", "--data-dir", data, "--write", script])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    private func warehouse(_ arguments: String...) throws -> Subprocess.Outcome {
        try Subprocess.run(["warehouse"] + arguments + ["--data-dir", data])
    }

    @Test(arguments: ["tables", "verify"])
    func everySubcommandHasExamples(command: String) throws {
        let outcome = try Subprocess.run(["warehouse", command, "--help"])
        #expect(outcome.status == 0 && outcome.output.contains("tapehouse warehouse \(command)"))
    }

    @Test func tablesAreListed() throws {
        #expect(try warehouse("tables").output.contains("T                        table  5,000"))
        #expect(
            try warehouse("tables", "--json").output.split(separator: "\n").contains(
                #"{"name":"T","kind":"table","rows":5000}"#))
    }

    @Test func damageIsFound() throws {
        #expect(try warehouse("verify").output.contains("no damage"))
        let path = "\(data)/warehouse.db"
        var bytes = try FileSystem.local.contents(of: path)
        // The head of the first segment, from its magic number on.
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("THS1".utf8)) })
        bytes[place + 60] ^= 1
        try FileSystem.local.replaceContents(of: path, with: bytes)
        let outcome = try warehouse("verify")
        #expect(outcome.status == 65)
        #expect(outcome.output.contains("STOCKS_MDS.COMMON.T, column N"), "\(outcome.output)")
        let json = try warehouse("verify", "--json")
        #expect(json.status == 65 && json.output.contains(#""problems":["#), "\(json.output)")
    }

    @Test func aWarehouseThatIsNotThereIsAnError() throws {
        #expect(
            try Subprocess.run(["warehouse", "verify", "--data-dir", directory.file("none")]).status == 66)
    }
}
