import DurableIO
import TestSupport
import Testing

@testable import Pipeline

@Suite struct PipelineCrashTests {
    /// The process dies in each of its disk operations in turn (SQLite's own aside); the same command again
    /// ends with the gold tables of an undisturbed run.
    @Test func aDeathInAnyOperationIsMadeGoodByTheSameCommand() throws {
        let directory = try TemporaryDirectory()
        let lines = try ProjectFiles.text("Fixtures/simulated.ndjson").split(separator: "\n").prefix(600)
        let path = try directory.write(lines.joined(separator: "\n"), to: "q.ndjson")
        var settings = PipelineSettings()
        settings.objectBytes = 30_000
        let undisturbed = DataDirectory(directory.file("undisturbed"))
        let counter = FaultPlan(operation: .max, fault: .crash)
        try Pipeline.replay(
            [path], into: undisturbed, settings: settings, fileSystem: FileSystem(faults: counter))
        let gold = try Gold(undisturbed)
        #expect(gold.tables["gold_kpi"]?.count == 7)
        let operations = counter.operationsPerformed
        #expect(operations > 100)
        for operation in stride(from: 0, to: operations, by: 3) {
            for fault in [FaultPlan.Fault.crash, .fail(errno: 28)] {
                let data = DataDirectory(directory.file("\(operation)"))
                let faults = FileSystem(faults: FaultPlan(operation: operation, fault: fault))
                _ = try? Pipeline.replay([path], into: data, settings: settings, fileSystem: faults)
                try Pipeline.replay([path], into: data, settings: settings)
                #expect(try Gold(data) == gold, "operation \(operation), \(fault)")
                try FileSystem.local.removeTree(data.path)
            }
        }
    }
}
