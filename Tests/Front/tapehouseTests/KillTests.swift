import DurableIO
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

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

    /// A feed that goes silent and stays open: what has come is in the log and in gold while it is silent,
    /// and is there still when the program is killed.
    @Test(arguments: ["-", "fifo"]) func whatAFeedBroughtSurvivesWhileItIsSilent(name: String) throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        let fifo = directory.file("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)
        // Held open for reading and writing, it never ends.
        let descriptor = open(fifo, O_RDWR)
        defer { close(descriptor) }
        let lines = try ProjectFiles.text("Fixtures/simulated.ndjson").split(separator: "\n").prefix(40)
        func feed(_ lines: ArraySlice<Substring>) {
            let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
            #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        }
        func quotes() throws -> Int? {
            let outcome = try Subprocess.run([
                "sql", "--data-dir", data, "--csv", "SELECT COUNT(*) FROM silver_clean_stock_quotes",
            ])
            return outcome.output.split(separator: "\n").last.flatMap { Int($0) }
        }
        let process = try Subprocess(
            [
                Subprocess.tapehouse, "replay", name == "-" ? "-" : fifo, "--data-dir", data,
                "--flush-interval", "200ms",
            ],
            input: name == "-" ? fifo : "/dev/null")
        for count in [15, 40] {
            feed(lines[(count == 15 ? 0 : 15)..<count])
            let deadline = ContinuousClock.now + .seconds(60)
            while try quotes() != count, ContinuousClock.now < deadline { WallClock.sleep(.milliseconds(50)) }
            #expect(try quotes() == count)
        }
        process.kill()
        #expect(try process.wait().status == 137)
        #expect(try quotes() == 40)
        let again = try Subprocess.run([
            "log", "consume", "stock-quotes", "--data-dir", data, "--from-beginning", "--exit",
        ])
        #expect(again.output.split(separator: "\n").count == 40)
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
        // Who waits gets its turn.
        let waiting = try Subprocess(
            [
                Subprocess.tapehouse, "sql", "--write", "CREATE TABLE T (A INTEGER)", "--data-dir", data,
                "--wait", "60",
            ])
        let impatient = try Subprocess.run(["build", "--data-dir", data, "--wait", "0.2"])
        #expect(impatient.status == 75)
        process.kill(2)
        let outcome = try process.wait()
        #expect(outcome.status == 130)
        #expect(outcome.errors.contains("interrupted; what was done is kept"))
        #expect(try waiting.wait().status == 0)
        #expect(try Subprocess.run(["replay", Self.recordings[0], "--data-dir", data]).errors.isEmpty)
    }
}
