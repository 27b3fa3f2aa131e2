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
        #expect(try done("groups", "g", "--reset", "t:0=-2", "--json").contains("\"lag\":2"))
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
        #expect(topics.contains("\"retention.ms\":\"500000000\""))
        #expect(topics.contains("\"segment.bytes\":\"1073741824\""))
        #expect(topics.contains("\"partition\":2"))
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

    // MARK: What is refused

    @Test func exitCodesAreThoseOfTheHelp() throws {
        _ = try done("create", "t")
        _ = try done("produce", "t", input: "1\n2\n3\n")
        for (arguments, status, words) in [
            (["create", "t"], 1, "there is a topic t already"),
            (
                ["consume", "t", "-o", "999", "-e"], 64,
                "there are offsets 0 to 2, and the next record has 3, not 999"
            ),
            (["consume", "t:0", "-o", "4"], 64, "not 4"),
            (["consume", "t:7", "-e"], 66, "no partition t-7"),
            (["consume", "missing", "-e"], 66, "no topic missing"),
            (["delete", "t", "--before", "999"], 64, "not 999"),
            (["alter", "t", "--partitions", "1"], 64, "topic t has 1 partitions"),
            (["alter", "t", "--config", "nonsense=1"], 64, "no topic config nonsense"),
            (["delete", "missing"], 66, "no topic missing"),
        ] as [([String], Int32, String)] {
            let outcome = try Subprocess.run(
                ["log", arguments[0], "--log-dir", logDirectory] + arguments.dropFirst(), input: "/dev/null")
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
        }
        // The place of the next record is one, too.
        #expect(try done("consume", "t", "-o", "3", "-e").isEmpty)
        _ = try done("delete", "t:0", "--before", "2")
        let before = try log("consume", "t", "-o", "1", "-e")
        #expect(before.status == 64)
        #expect(before.errors.contains("there are offsets 2 to 2"))
    }

    @Test func aTopicOfThePipelineIsDeletedByForceAlone() throws {
        _ = try done("create", "stock-quotes")
        _ = try done("create", "stock-quotes-rejects")
        _ = try done("create", "mine")
        _ = try done("produce", "mine", input: "1\n")
        // Another topic that the sink reads.
        _ = try done("consume", "mine", "--group", "bronze-sink", "-e")
        _ = try done("create", "mine-rejects")
        for topic in ["stock-quotes", "stock-quotes-rejects", "mine", "mine-rejects"] {
            for arguments in [[topic], [topic, "--all-records"]] {
                let refused = try Subprocess.run(["log", "delete", "--log-dir", logDirectory] + arguments)
                #expect(refused.status == 64)
                #expect(refused.errors.contains("--force"))
            }
            #expect(try done("topics", topic).contains("retention.ms"))
        }
        _ = try done("delete", "stock-quotes", "--force")
        #expect(try log("topics", "stock-quotes").status == 66)
        // What is not there is not refused, but missed.
        #expect(try log("delete", "stock-quotes").status == 66)
    }

    @Test func aTopicWithGapsIsWholeAsFarAsItIsHere() throws {
        _ = try done("create", "g", "--partitions", "4")
        for number in 0..<4 { _ = try done("produce", "g", "-p", "\(number)", input: "value \(number)\n") }
        try FileSystem.local.removeTree("\(logDirectory)/g-1")
        #expect(try done("offsets", "g") == "g:0:1\ng:2:1\ng:3:1\n")
        #expect(try done("consume", "g", "--from-beginning", "-e") == "value 0\nvalue 2\nvalue 3\n")
        let checked = try done("verify")
        #expect(checked.contains("g-1 is not in"))
        #expect(checked.contains("3 partitions, 3 segments, 3 batches, 3 records"))
        #expect(try done("verify", "--json").contains("\"g-1\""))
        #expect(try log("create", "g", "--partitions", "4").status == 1)
        #expect(try log("produce", "g", "-p", "1", input: "x\n").status == 66)
        #expect(try done("alter", "g", "--partitions", "4") == "g-1 is new\n")
        #expect(try log("alter", "g", "--partitions", "4").status == 64)
        #expect(try done("offsets", "g") == "g:0:1\ng:1:0\ng:2:1\ng:3:1\n")
        // A topic without partition 0 is listed beside the others.
        _ = try done("create", "h")
        try FileSystem.local.removeTree("\(logDirectory)/g-0")
        let topics = try done("topics")
        #expect(topics.contains("g ") && topics.contains("h "))
    }

    // MARK: Bytes

    @Test func valuesAreTakenByteByByte() throws {
        _ = try done("create", "t", "--partitions", "1")
        let all = (0..<256).map { UInt8($0) }
        let file = try directory.write(all, to: "all.bin")
        func read(_ offset: String) throws -> String {
            try done("consume", "t", "-o", offset, "-c", "1", "-e", "-f", "%S:%s")
        }
        _ = try done("produce", "t", "--whole", file)
        #expect(try read("0").hasPrefix("256:"))
        let dumped = try Subprocess.run(["log", "dump", "\(logDirectory)/t-0"])
        #expect(dumped.output.contains("valueSize: 256"))
        // A delimiter of its own, a return at the end of a line, a mark of the byte order, nothing.
        _ = try done("produce", "t", "-D", "\\x00|", input: "a\nb\u{0}|c\u{0}\u{0}|")
        #expect(try read("1") == "3:a\nb")
        #expect(try read("2") == "2:c\u{0}")
        _ = try done("produce", "t", input: "\u{FEFF}one\r\n\nlast")
        #expect(try read("3") == "7:\u{FEFF}one\r")
        #expect(try read("4") == "0:")
        #expect(try read("5") == "4:last")
        _ = try done("produce", "t", "-K", "\\t", input: "k\tv\tw\n")
        #expect(try done("consume", "t", "-o", "6", "-e", "-f", "%k=%s") == "k=v\tw")
        let empty = try directory.write("", to: "empty")
        _ = try done("produce", "t", "--whole", empty)
        #expect(try read("7") == "0:")
        #expect(try log("produce", "t", directory.file("none")).status == 66)
    }

    @Test func aRecordMayBeAsLargeAsTheTopicTakes() throws {
        _ = try done("create", "t", "--partitions", "1")
        _ = try done("create", "large", "--config", "max.message.bytes=5000000")
        let line = String(repeating: "x", count: 1_048_000)
        _ = try done("produce", "t", input: "\(line)\n\(line)\n")
        #expect(try done("consume", "t", "--from-beginning", "-e", "-f", "%S ") == "1048000 1048000 ")
        let more = String(repeating: "x", count: 4_900_000)
        let refused = try log("produce", "t", input: "before\n\(more)\n")
        #expect(refused.status == 65)
        #expect(refused.errors.contains("record 2: over 1048588 bytes are more than the topic takes"))
        let nearly = try log("produce", "t", input: String(repeating: "x", count: 1_048_570))
        #expect(nearly.status == 65)
        #expect(nearly.errors.contains("max.message.bytes is 1048588"))
        #expect(try done("offsets", "t") == "t:0:3\n")
        _ = try done("produce", "large", input: "\(more)\n")
        #expect(try done("consume", "large", "--from-beginning", "-e", "-f", "%S") == "4900000")
    }

    // MARK: What becomes due

    @Test func retentionAndCompactionActFromTheCommandLine() throws {
        _ = try done("create", "t", "--config", "retention.ms=3600000", "--config", "segment.bytes=200")
        _ = try done("create", "kept")
        for topic in ["t", "kept"] {
            _ = try done("produce", topic, "--timestamp", "1700000000000", input: "an old record\n")
        }
        #expect(try done("offsets", "t", "--time", "earliest") == "t:0:1\n")
        #expect(try done("offsets", "kept", "--time", "earliest") == "kept:0:0\n")
        _ = try done("create", "c", "--config", "cleanup.policy=compact", "--config", "segment.bytes=200")
        for number in 0..<8 {
            _ = try done(
                "produce", "c", "-K", ":", input: "k:value number \(number) of eight, which is long\n")
        }
        let left = try done("consume", "c", "--from-beginning", "-e")
        #expect(left.contains("number 7"))
        #expect(left.split(separator: "\n").count < 5)
    }
}
