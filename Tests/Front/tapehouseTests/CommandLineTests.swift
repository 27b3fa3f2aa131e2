import DurableIO
import TestSupport
import Testing

/// The program as a user meets it: run as a process of its own.
@Suite struct CommandLineTests {
    private let directory: TemporaryDirectory
    private var data: String { directory.file("data") }
    private static let recordings = [
        ProjectFiles.fixture("simulated.ndjson"), ProjectFiles.fixture("dirty.ndjson"),
    ]

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func run(_ arguments: String..., input: String = "/dev/null") throws -> Subprocess.Outcome {
        try Subprocess.run(arguments, input: input)
    }

    private func replayFixtures() throws -> Subprocess.Outcome {
        try Subprocess.run(["replay"] + Self.recordings + ["--data-dir", data])
    }

    // MARK: Help

    @Test func everyLevelOfHelpHasExamples() throws {
        for command in [[], ["replay"], ["sql"], ["status"], ["simulate"]] {
            let outcome = try Subprocess.run(command + ["--help"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("EXAMPLES"), "\(command)")
            #expect(outcome.output.contains("tapehouse \(command.first ?? "simulate")"), "\(command)")
        }
        #expect(try run("--version").output == "0.1.0\n")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsCanBeMade(shell: String) throws {
        let outcome = try run("--generate-completion-script", shell)
        #expect(outcome.status == 0)
        for word in ["replay", "simulate", "data-dir", "ndjson"] {
            #expect(outcome.output.contains(word), "\(shell): \(word)")
        }
    }

    @Test(arguments: [
        (["replya"], "There is no command 'replya'; did you mean 'replay'?"),
        (["log", "topcis"], "did you mean 'topics'?"), (["objects", "sl"], "there are mb, rb, ls"),
        (["warehouse", "tabels", "--json"], "did you mean 'tables'?"), (["status", "--jsn"], "'--json'"),
        (["replay"], "<files>"), (["status", "--nonsense"], "--nonsense"),
        (["replay", "x", "--speed", "fast"], "--speed"), (["replay", "x", "--from", "yesterday"], "--from"),
        (["replay", "-", "-"], "Standard input"), (["simulate", "--dirty", "101"], "--dirty"),
        (["sql", "--csv", "--json", "x"], "--json"), (["replay", "x", "--partitions", "0"], "--partitions"),
    ])
    func aWrongCommandLineIsExplained(arguments: [String], word: String) throws {
        let outcome = try Subprocess.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("Error: "))
        #expect(outcome.errors.contains(word))
        #expect(outcome.output.isEmpty)
    }

    // MARK: Replay

    @Test func aReplayPrintsWhatItDidAndGold() throws {
        let outcome = try replayFixtures()
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        for text in [
            "produce to log", "sink to objects", "gold_candlestick", "symbol is missing", "AAPL",
            "2024-01-05 to 2024-01-22", "Treemap",
        ] {
            #expect(outcome.output.contains(text), "\(text)")
        }
    }

    @Test func theSummaryIsJSONToo() throws {
        let outcome = try Subprocess.run(["replay"] + Self.recordings + ["--data-dir", data, "--json"])
        #expect(outcome.status == 0)
        let json = outcome.output
        let counts = try ProjectFiles.text("Fixtures/expected/counts.csv").split(separator: "\n")[1].split(
            separator: ",")
        #expect(json.contains(#""stage":"load","#))
        #expect(json.contains("\"rows\":\(counts[0])"))
        #expect(json.contains(#""gold_candlestick":["#))
        #expect(json.contains(#""candle_time":"2024-01-22""#))
        let valid = try Subprocess(
            ["/usr/bin/env", "python3", "-m", "json.tool"], input: try directory.write(json, to: "j")
        ).wait()
        if valid.status != 127 { #expect(valid.status == 0, "\(valid.errors)") }
    }

    @Test func standardInputIsARecording() throws {
        let outcome = try run("replay", "-", "--data-dir", data, "-q", input: Self.recordings[0])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("standard input"))
    }

    @Test func badInputIsNamedAndCostsNothing() throws {
        let empty = try directory.write("", to: "empty.ndjson")
        let binary = try directory.write([0, 1, 2], to: "binary.ndjson")
        let file = try directory.write("x", to: "file")
        let cases: [([String], Int32, String)] = [
            ([directory.file("none.ndjson")], 66, "there is no file \(directory.file("none.ndjson"))"),
            ([directory.path], 66, "\(directory.path) is a directory"),
            ([empty], 65, "empty.ndjson is empty"),
            ([binary], 65, "binary.ndjson is no text: byte 0 is zero"),
            (
                [Self.recordings[0], "--data-dir", file], 74,
                "cannot create directory \(file): a file stands there"
            ),
            ([Self.recordings[0], "--topic", "no/topic"], 64, "'no/topic' is no name for a topic"),
            ([Self.recordings[0], "--bucket", "No"], 64, "'No' is no name for a bucket"),
        ]
        for (arguments, status, message) in cases {
            let hasData = arguments.contains("--data-dir")
            let outcome = try Subprocess.run(["replay"] + arguments + (hasData ? [] : ["--data-dir", data]))
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(message), "\(arguments): \(outcome.errors)")
        }
    }

    @Test func aLineLargerThanMemoryAllowsIsRejected() throws {
        let path = directory.file("long.ndjson")
        let file = try FileSystem.local.open(path, .replace)
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
        for megabyte in 0..<64 { try file.write(piece, at: megabyte << 20) }
        let quote = #"{"c":1.5,"t":1704900000,"symbol":"A","fetched_at":1704900001}"#
        try file.write(Array("\n\(quote)\n".utf8), at: 64 << 20)
        let outcome = try run("replay", path, "--data-dir", data)
        #expect(outcome.status == 0)
        let rows = try run(
            "sql", "--data-dir", data, "--csv",
            "SELECT LINE_NUMBER, BYTE_COUNT, length(RAW_LINE) FROM LOAD_REJECTS")
        #expect(rows.output == "LINE_NUMBER,BYTE_COUNT,LENGTH(RAW_LINE)\n1,67108864,4096\n")
        #expect(
            try run("sql", "--data-dir", data, "--csv", "SELECT SYMBOL FROM gold_kpi").output == "SYMBOL\nA\n"
        )
    }

    @Test func aFullDiskIsToldAndMadeGoodLater() throws {
        // 512 KiB is enough for the log of the recording and not for its warehouse.
        let outcome = try Subprocess.run(
            ["replay"] + Self.recordings + ["--data-dir", data], fileBytesMax: 512 << 10)
        #expect(outcome.status == 74, "\(outcome.errors)")
        #expect(!outcome.errors.isEmpty)
        #expect(try replayFixtures().status == 0)
        let expected = try ProjectFiles.text("Fixtures/expected/counts.csv").split(separator: "\n")[1].split(
            separator: ",")[1]
        let rows = try run(
            "sql", "--data-dir", data, "--csv", "SELECT count(*) FROM silver_clean_stock_quotes")
        #expect(rows.output == "COUNT(*)\n\(expected)\n")
    }

    // MARK: SQL and status

    @Test func resultsHaveFourForms() throws {
        #expect(try replayFixtures().status == 0)
        let query = "SELECT 1 AS a, 'x,\"y' AS b, NULL AS c, 2.5 AS d"
        #expect(try run("sql", "--data-dir", data, "--csv", query).output == "A,B,C,D\n1,\"x,\"\"y\",,2.5\n")
        #expect(
            try run("sql", "--data-dir", data, "--ndjson", query).output
                == "{\"A\":1,\"B\":\"x,\\\"y\",\"C\":null,\"D\":2.5}\n")
        #expect(
            try run("sql", "--data-dir", data, "--json", query).output
                == "[\n{\"A\":1,\"B\":\"x,\\\"y\",\"C\":null,\"D\":2.5}\n]\n")
        #expect(
            try run("sql", "--data-dir", data, query).output
                == "A  B     C       D\n─  ────  ────  ───\n1  x,\"y  NULL  2.5\n(1 row)\n")
        let script = try directory.write(
            "SELECT count(*) FROM COMMON.GOLD_KPI;\n-- nothing more\n", to: "s.sql")
        #expect(try run("sql", "--data-dir", data, "--csv", input: script).output == "COUNT(*)\n18\n")
    }

    @Test func aFailingStatementShowsWhere() throws {
        #expect(try replayFixtures().status == 0)
        let outcome = try run("sql", "--data-dir", data, "SELECT symbol,\n  pricee FROM gold_kpi")
        #expect(outcome.status == 1)
        #expect(
            outcome.errors
                == "tapehouse: invalid identifier 'PRICEE', at line 2, column 3\n    pricee FROM gold_kpi\n    ^\n"
        )
        let write = try run("sql", "--data-dir", data, "CREATE TABLE mine (a INT)")
        #expect(write.status == 1)
        #expect(write.errors.contains("--write"))
        #expect(
            try run(
                "sql", "--data-dir", data, "--write", "CREATE TABLE mine (a INT); INSERT INTO mine VALUES (1)"
            ).status == 0)
        let missing = try run("sql", "--data-dir", directory.file("none"), "SELECT 1")
        #expect(missing.status == 66)
        #expect(missing.errors.contains("there is no warehouse in"))
    }

    @Test func statusTellsOfEveryPart() throws {
        #expect(try run("status", "--data-dir", data).status == 66)
        #expect(try replayFixtures().status == 0)
        let text = try run("status", "--data-dir", data).output
        for word in [
            "stock-quotes", "__consumer_offsets", "bronze-sink", "bronze-transactions", "GOLD_TREECHART",
            "last load", "2024-01-22",
        ] {
            #expect(text.contains(word), "\(word)")
        }
        let json = try run("status", "--data-dir", data, "--json").output
        #expect(json.contains(#""lag":0"#))
        #expect(json.contains(#""latest_market_timestamp":"2024-01-22"#))
    }

    // MARK: Simulate

    @Test func aSeedGivesTheSameBytesOnceMore() throws {
        let arguments = ["simulate", "--rows", "2000", "--dirty", "5", "--seed", "9"]
        let first = try Subprocess.run(arguments)
        #expect(first.status == 0)
        #expect(try Subprocess.run(arguments).output == first.output)
        let path = directory.file("s.ndjson.zst")
        #expect(try Subprocess.run(arguments + ["--output", path]).status == 0)
        var content: [UInt8] = []
        try FileSystem.local.contents(of: path).withUnsafeBytes {
            try ZstdDecompressor().decompress($0, into: &content, limit: 1 << 24)
        }
        #expect(String(decoding: content, as: UTF8.self) == first.output)
    }

    // MARK: What a feed can do to a terminal

    @Test func hostileSymbolsAndExtremePricesArePrinted() throws {
        let lines = [
            #"{"c":1,"t":1704900000,"symbol":"\u001b[31mRED\n","fetched_at":1704900001}"#,
            #"{"c":1,"h":1e300,"t":1704900000,"symbol":"ZERO","fetched_at":1704900001}"#,
            #"{"c":-1,"t":1704900060,"symbol":"ZERO","fetched_at":1704900061}"#,
            #"{"c":1.9e15,"t":1704900060,"symbol":"HUGE","fetched_at":1704900061}"#,
            #"{"c":1e308,"t":1704900120,"symbol":"HUGE","fetched_at":1704900121}"#,
            #"{"c":1e308,"t":1704900180,"symbol":"HUGE","fetched_at":1704900181}"#,
        ]
        let outcome = try run(
            "replay", try directory.write(lines.joined(separator: "\n"), to: "x"), "--data-dir", data)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("\u{FFFD}[31mRED⏎"))
        #expect(!outcome.output.contains("\u{1B}"))
        #expect(try run("replay", "-", "--data-dir", data, "--speed", "1e-300x").status == 64)
        #expect(try run("sql", "--data-dir", data, "SELECT round(5.5, -9223372036854775808)").status == 0)
    }

    @Test func topicsOfTheLogItselfAreRefused() throws {
        for topic in ["__consumer_offsets", "stock-quotes-rejects", String(repeating: "x", count: 245)] {
            let outcome = try run("replay", Self.recordings[0], "--data-dir", data, "--topic", topic)
            #expect(outcome.status == 64, "\(outcome.errors)")
        }
        #expect(try FileSystem.local.kind(of: data) == nil, "nothing was made")
    }
}
