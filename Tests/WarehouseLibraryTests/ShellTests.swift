import DurableIO
import TestSupport
import Testing
import Warehouse

/// The extension in SQLite's own shell, where there are a shell and an extension that was built beside these
/// tests.
@Suite struct ShellTests {
    private static let shell = "/usr/bin/sqlite3"

    private static let library: String? = {
        let path = "\(FileSystem.parent(of: Subprocess.tapehouse))/libwarehouse.so"
        return exists(path) ? path : nil
    }()

    private static func exists(_ path: String) -> Bool { (try? FileSystem.local.kind(of: path)) != nil }

    private static let canRun = exists(shell) && library != nil

    @Test(.enabled(if: canRun, "there is no \(shell), or no libwarehouse.so beside the tests"))
    func theShellReadsATable() throws {
        let fixture = try Fixture()
        try AllTypes.fill(fixture)
        let library = try #require(Self.library)
        let outcome = try Subprocess(
            [
                Self.shell, "-readonly", fixture.warehouse.path, ".load \(library)",
                "CREATE VIRTUAL TABLE temp.e USING warehouse(EVERYTHING)",
                "SELECT name FROM warehouse_tables ORDER BY name",
                "SELECT count(*), max(PRICE), max(TS) FROM e WHERE ID < 5000",
            ]
        ).wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let result = try fixture.session.query(
            "SELECT COUNT(*), MAX(PRICE), MAX(TS) FROM EVERYTHING WHERE ID < 5000"
        ).rows[0]
        #expect(outcome.output.contains("EVERYTHING\n"))
        #expect(outcome.output.contains("\(result[0])|\(result[1])|\(result[2])"))
    }
}
