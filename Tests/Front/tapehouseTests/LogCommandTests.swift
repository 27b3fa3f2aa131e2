import DurableIO
import TestSupport
import Testing

/// `tapehouse log` as a user meets it.
@Suite struct LogCommandTests {
    private let directory: TemporaryDirectory
    private var logDirectory: String { directory.file("log") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func log(_ arguments: String..., input: String? = nil) throws -> Subprocess.Outcome {
        let file = try input.map { try directory.write($0, to: "input") } ?? "/dev/null"
        return try Subprocess.run(
            ["log", arguments[0], "--log-dir", logDirectory] + arguments.dropFirst(), input: file)
    }

    private func done(_ arguments: String..., input: String? = nil) throws -> String {
        let file = try input.map { try directory.write($0, to: "input") } ?? "/dev/null"
        let outcome = try Subprocess.run(
            ["log", arguments[0], "--log-dir", logDirectory] + arguments.dropFirst(), input: file)
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return outcome.output
    }

    @Test func everySubcommandHasExamples() throws {
        for command in [
            "topics", "create", "delete", "alter", "produce", "consume", "groups", "offsets", "dump",
            "verify",
            "compact",
        ] {
            let outcome = try Subprocess.run(["log", command, "--help"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("EXAMPLES"), "\(command)")
            #expect(outcome.output.contains("tapehouse log \(command)"), "\(command)")
        }
    }

    @Test func recordsGoInAndComeOut() throws {
        _ = try done("create", "t", "--partitions", "2")
        _ = try done(
            "produce", "t", "-K", ":", "-H", "a=1", "--timestamp", "1700000000000",
            input: "k1:one\nk2:two\nk1:\n")
        let all = try done("consume", "t", "--from-beginning", "-e", "-f", "%t %k=%s %K %S %T %h%%\\n")
        #expect(
            Set(all.split(separator: "\n")) == [
                "t k1=one 2 3 1700000000000 a=1%", "t k2=two 2 3 1700000000000 a=1%",
                "t k1= 2 0 1700000000000 a=1%",
            ])
        #expect(
            try done("consume", "t", "--from-beginning", "-e", "-c", "1").split(separator: "\n").count == 1)
        let json = try done("consume", "t", "--from-beginning", "-e", "--json")
        #expect(json.contains(#""ts":1700000000000,"headers":["a","1"],"key":"k1","payload":"one"}"#))
        #expect(try done("consume", "t", "-e").isEmpty)
        #expect(try done("consume", "t", "-o", "s@1700000000000", "-e").split(separator: "\n").count == 2 + 0)
    }

    @Test func nullsAreKeptApartFromNothing() throws {
        _ = try done("create", "t")
        _ = try done("produce", "t", "-K", ":", "-Z", input: "k:\n:v\n")
        #expect(try done("consume", "t", "-o", "beginning", "-e", "-f", "%K %S\\n") == "1 -1\n-1 1\n")
    }

    @Test func aGroupGoesOnWhereItWas() throws {
        _ = try done("create", "t")
        _ = try done("produce", "t", input: "1\n2\n3\n4\n5\n")
        #expect(try done("consume", "t", "--group", "g", "-e", "-c", "2") == "1\n2\n")
        #expect(try done("consume", "t", "--group", "g", "-e") == "3\n4\n5\n")
        #expect(try done("consume", "t", "--group", "g", "-e").isEmpty)
        #expect(try done("groups").contains("g"))
        #expect(try done("groups", "g", "--reset", "t:0=-2", "--json").contains("\"lag\": 2"))
        #expect(try done("consume", "t", "--group", "g", "-e") == "4\n5\n")
        _ = try done("groups", "g", "--delete")
        #expect(try log("groups", "g").status == 66)
    }

    @Test func topicsAreChangedAndDeleted() throws {
        _ = try done("create", "t", "--config", "segment.bytes=1000")
        _ = try done(
            "alter", "t", "--partitions", "3", "--config", "retention.ms=500000000", "--unset",
            "segment.bytes")
        let topics = try done("topics", "t", "--json")
        #expect(topics.contains("\"retention.ms\": \"500000000\""))
        #expect(topics.contains("\"segment.bytes\": \"1073741824\""))
        #expect(topics.contains("\"partition\": 2"))
        _ = try done("produce", "t", "-p", "1", input: "a\nb\nc\n")
        #expect(try done("offsets", "t") == "t:0:0\nt:1:3\nt:2:0\n")
        #expect(try done("delete", "t:1", "--before", "2").contains("t-1 begins at offset 2"))
        #expect(try done("offsets", "t:1", "--time", "earliest") == "t:1:2\n")
        #expect(try done("consume", "t", "--from-beginning", "-e") == "c\n")
        _ = try done("delete", "t")
        #expect(!(try done("topics").contains("t ")))
        #expect(try FileSystem.local.list(logDirectory).allSatisfy { !$0.hasPrefix("t-") })
    }

    @Test func compactionKeepsTheLastOfEachKey() throws {
        _ = try done("create", "t", "--config", "cleanup.policy=compact")
        _ = try done("produce", "t", "-K", ":", input: "a:1\nb:2\na:3\n")
        #expect(try done("compact", "t").contains("clean up to offset 3"))
        #expect(try done("consume", "t", "--from-beginning", "-e", "-f", "%o %k%s\\n") == "1 b2\n2 a3\n")
        #expect(try log("produce", "t", input: "no key\n").status == 65)
    }

    @Test func damageIsFoundToldAndSetAside() throws {
        _ = try done("create", "t", "--config", "segment.bytes=200")
        for number in 0..<6 { _ = try done("produce", "t", input: "record number \(number) of six\n") }
        #expect(try done("verify").contains("all is well"))
        let names = try FileSystem.local.list("\(logDirectory)/t-0").filter { $0.hasSuffix(".log") }
        #expect(names.count == 3)
        let file = try FileSystem.local.open("\(logDirectory)/t-0/\(names[1])", .update)
        try file.write([0xFF], at: 80)
        let found = try log("verify", "t")
        #expect(found.status == 65)
        #expect(found.output.contains("\(names[1]): at byte 0: batch at offset 2"))
        // What is good before the damage is read; the damage is never served.
        let read = try log("consume", "t", "--from-beginning", "-e")
        #expect(read.status == 65)
        #expect(read.output == "record number 0 of six\nrecord number 1 of six\n")
        #expect(read.errors.contains("\(names[1]) at byte 0"))
        #expect(
            try Subprocess.run(["log", "dump", "\(logDirectory)/t-0/\(names[1])"]).output.contains(
                "isvalid: false"))
        _ = try log("verify", "t", "--repair")
        #expect(try done("verify").contains("all is well"))
        #expect(try FileSystem.local.list("\(logDirectory)/t-0").contains("\(names[1]).damaged"))
        #expect(
            try done("consume", "t", "--from-beginning", "-e").split(separator: "\n").map {
                $0.split(separator: " ")[2]
            }
                == ["0", "1", "4", "5"])
    }

    @Test(arguments: [
        (["create", "a b"], 64, "'a b'"), (["create", "t", "--config", "nonsense=1"], 64, "nonsense"),
        (["create", "t", "--config", "segment.bytes=x"], 64, "segment.bytes"),
        (["create", "t", "--partitions", "0"], 64, "partition"),
        (["consume", "missing", "-e"], 66, "missing"), (["consume", "t", "-f", "%y"], 64, "%y"),
        (["consume", "t", "-o", "noon"], 64, "noon"), (["offsets", "t", "--time", "noon"], 64, "--time"),
        (["produce", "missing"], 66, "missing"), (["groups", "--delete"], 64, "group"),
        (["delete", "t:0"], 64, "--before"), (["alter", "t"], 64, "--config"),
    ])
    func whatIsWrongIsExplained(arguments: [String], status: Int, word: String) throws {
        _ = try Subprocess.run(["log", "create", "--log-dir", logDirectory, "present"])
        let outcome = try Subprocess.run(
            ["log", arguments[0], "--log-dir", logDirectory] + arguments.dropFirst())
        #expect(outcome.status == Int32(status), "\(outcome.errors)")
        #expect(outcome.errors.contains(word), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    /// The program is killed (SIGKILL) again and again while it produces. What it has acknowledged is there, in order,
    /// without a gap, and the next run goes on.
    @Test func whatWasAcknowledgedSurvivesKilling() throws {
        _ = try done("create", "t", "--config", "segment.bytes=300000")
        var next = 0
        var killed = 0
        for round in 0..<12 {
            let lines = (next..<next + 150_000).map { "\($0)\n" }.joined()
            let input = try directory.write(lines, to: "lines")
            let process = try Subprocess(
                [
                    Subprocess.tapehouse, "log", "produce", "--log-dir", logDirectory, "--acknowledgements",
                    "t",
                ],
                input: input)
            WallClock.sleep(.milliseconds(40 + 25 * round))
            process.kill()
            let outcome = try process.wait()
            if outcome.status == 137 { killed += 1 }
            // A line that the kill has cut says nothing.
            let told = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().last
            let acknowledged = next + (told.flatMap { Int($0) } ?? 0)
            let found = try done("consume", "t", "--from-beginning", "-e").split(separator: "\n")
            #expect(found.count >= acknowledged, "round \(round)")
            #expect(found.enumerated().allSatisfy { $0.element == "\($0.offset)" }, "round \(round)")
            next = found.count
        }
        #expect(killed > 6, "only \(killed) runs were killed before they ended")
        #expect(next > 1000)
        #expect(try done("verify").contains("all is well"))
    }

    @Test func aFullDiskIsToldAndTheLogGoesOn() throws {
        _ = try done("create", "t")
        let input = try directory.write((0..<50_000).map { "line number \($0)\n" }.joined(), to: "lines")
        let full = try Subprocess.run(
            ["log", "produce", "--log-dir", logDirectory, "--acknowledgements", "t"], input: input,
            fileBytesMax: 400_000)
        #expect(full.status == 74)
        #expect(full.errors.contains("free some space"))
        let acknowledged = full.output.split(separator: "\n").last.flatMap { Int($0) } ?? 0
        let found = try done("consume", "t", "--from-beginning", "-e").split(separator: "\n")
        #expect(found.count >= acknowledged)
        #expect(found.enumerated().allSatisfy { $0.element == "line number \($0.offset)" })
        _ = try done("produce", "t", input: "after\n")
        #expect(try done("consume", "t", "-o", "-1", "-e") == "after\n")
    }
}
