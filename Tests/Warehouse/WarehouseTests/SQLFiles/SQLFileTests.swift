import DurableIO
import TestSupport
import SQLiteKit
import Testing

@testable import Warehouse

/// The files of `Tests/Warehouse/SQL`, each in a warehouse of its own: alone, with several threads, and with hardly any
/// memory, so that what
/// is sorted, joined and grouped goes through files.
@Suite struct SQLFileTests {
    struct Setting: Sendable, CustomTestStringConvertible {
        var threads: Int
        var memoryLimit: Int
        var testDescription: String { "\(threads) threads, \(memoryLimit >> 10) KiB" }
    }

    static let settings = [
        Setting(threads: 1, memoryLimit: 1 << 30), Setting(threads: 3, memoryLimit: 1 << 30),
        Setting(threads: 2, memoryLimit: 1 << 14),
    ]

    static let files: [String] =
        ((try? FileSystem.local.list("\(ProjectFiles.root)/Tests/Warehouse/SQL")) ?? []).filter {
            $0.hasSuffix(".test")
        }.sorted()

    @Test func thereAreFiles() {
        #expect(!Self.files.isEmpty)
    }

    @Test(arguments: files, settings) func answersAreRight(file: String, setting: Setting) throws {
        let directory = try TemporaryDirectory()
        let warehouse = try Warehouse(path: directory.file("warehouse.db"), access: .readWrite)
        var options = Session.Options()
        options.threads = setting.threads
        let script = try SQLFile(try ProjectFiles.text("Tests/Warehouse/SQL/\(file)"))
        options.memoryLimit = max(setting.memoryLimit, script.memoryMin)
        options.temporaryDirectory = directory.path
        // 2026-03-04 05:06:07.089 UTC
        options.clock = { 1_772_600_767_089_000 }
        let session = warehouse.makeSession(options)
        for failure in script.run(session) {
            let place = SourceLocation(
                fileID: "SQL/\(file)", filePath: "\(ProjectFiles.root)/Tests/Warehouse/SQL/\(file)",
                line: failure.line,
                column: 1)
            Issue.record("\(failure.message)", sourceLocation: place)
        }
    }
}
