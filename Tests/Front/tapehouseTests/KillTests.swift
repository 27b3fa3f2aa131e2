import DurableIO
import TestSupport
import Testing

/// The program is killed (SIGKILL) at moments spread over its run; the same command again gives the same
/// gold.
@Suite struct KillTests {
    private static let recordings = [
        ProjectFiles.fixture("simulated.ndjson"), ProjectFiles.fixture("dirty.ndjson"),
    ]
    private static let goldTables = ["gold_kpi", "gold_candlestick", "gold_treechart"]

    private func gold(_ data: String) throws -> [String] {
        try Self.goldTables.map { table in
            let outcome = try Subprocess.run(["sql", "--data-dir", data, "--csv", "SELECT * FROM \(table)"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            return outcome.output
        }
    }

    @Test func aKilledReplayIsMadeGoodByTheSameCommand() throws {
        let directory = try TemporaryDirectory()
        func command(_ data: String) -> [String] {
            [Subprocess.tapehouse, "replay"] + Self.recordings + ["--data-dir", data]
        }
        let start = ContinuousClock.now
        let undisturbed = try Subprocess(command(directory.file("undisturbed"))).wait()
        let duration = ContinuousClock.now - start
        #expect(undisturbed.status == 0)
        let expected = try gold(directory.file("undisturbed"))
        let rounds = 10
        var killed = 0
        for round in 0..<rounds {
            let data = directory.file("killed-\(round)")
            // Twice in a row, the second time while it recovers from the first.
            for attempt in 1...2 {
                let process = try Subprocess(command(data))
                WallClock.sleep(duration * (round + 1) / (rounds + 2) / attempt)
                process.kill()
                if try process.wait().status == 137 { killed += 1 }
            }
            let outcome = try Subprocess(command(data)).wait()
            #expect(outcome.status == 0, "round \(round): \(outcome.errors)")
            #expect(try gold(data) == expected, "round \(round)")
        }
        #expect(killed > rounds / 2, "only \(killed) runs were killed before they ended")
    }

    @Test func interruptingStopsCleanly() throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        let process = try Subprocess(
            [Subprocess.tapehouse, "replay", Self.recordings[0], "--data-dir", data, "--speed", "1x"])
        WallClock.sleep(.milliseconds(700))
        let second = try Subprocess.run(["replay", Self.recordings[0], "--data-dir", data])
        #expect(second.status == 75)
        #expect(second.errors.contains("is in use by process"))
        #expect(second.errors.contains("(tapehouse replay)"))
        #expect(try Subprocess.run(["status", "--data-dir", data]).status == 0)
        process.kill(2)
        let outcome = try process.wait()
        #expect(outcome.status == 130)
        #expect(outcome.errors.contains("interrupted; what was done is kept"))
        #expect(try Subprocess.run(["replay", Self.recordings[0], "--data-dir", data]).errors.isEmpty)
    }
}
