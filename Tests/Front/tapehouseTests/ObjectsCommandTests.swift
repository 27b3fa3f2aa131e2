import DurableIO
import TestSupport
import Testing

@testable import tapehouse

/// `tapehouse objects` as a user meets it.
@Suite struct ObjectsCommandTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func objects(_ arguments: [String], input: String? = nil) throws -> Subprocess.Outcome {
        let file = try input.map { try directory.write($0, to: "input") } ?? "/dev/null"
        return try Subprocess.run(
            ["objects", arguments[0], "--objects-dir", directory.file("drive")] + arguments.dropFirst(),
            input: file)
    }

    private func done(_ arguments: String..., input: String? = nil) throws -> String {
        let outcome = try objects(arguments, input: input)
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return outcome.output
    }

    private func fails(_ status: Int32, _ arguments: String..., saying words: String) throws {
        let outcome = try objects(arguments)
        #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test func everySubcommandHasExamples() throws {
        for command in [
            "mb", "rb", "ls", "put", "get", "cat", "stat", "rm", "cp", "mirror", "version", "verify", "du",
            "bench",
        ] {
            let outcome = try Subprocess.run(["objects", command, "--help"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("EXAMPLES"), "\(command)")
            #expect(outcome.output.contains("tapehouse objects \(command)"), "\(command)")
        }
    }

    @Test func objectsGoInAndComeOut() throws {
        #expect(try done("mb", "b-1", "s3://b-2") == "made: s3://b-1\nmade: s3://b-2\n")
        let file = try directory.write("hello\n", to: "a.txt")
        #expect(try done("put", file, "b-1/x/") == "put: \(file) -> s3://b-1/x/a.txt\n")
        _ = try done(
            "put", "-", "b-1/x/b.txt", "--content-type", "text/plain", "--metadata", "k=v", input: "two\n")
        _ = try done("put", file, "b-1", "-q")
        #expect(try done("cat", "b-1/x/a.txt", "s3://b-1/x/b.txt") == "hello\ntwo\n")
        #expect(try done("cat", "b-1/x/*", "b-1/?.txt") == "hello\ntwo\nhello\n")
        #expect(try done("cat", "b-1/x/a.txt", "--offset", "-3") == "lo\n")
        let lines = try done("ls", "b-1").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasSuffix("a.txt") && lines[1].hasSuffix("DIR  x/"))
        #expect(try done("ls", "b-1", "-r", "--json").split(separator: "\n").count == 3)
        #expect(try done("ls", "--json").contains(#""bucket":"b-2""#))
        let stat = try done("stat", "b-1/x/b.txt", "--json")
        #expect(stat.contains(#""content-type":"text/plain","metadata":{"K":"v"}"#))
        _ = try done("get", "b-1/**", directory.file("out/"))
        let out = try FileSystem.local.contents(of: directory.file("out/x/b.txt"))
        #expect(String(decoding: out, as: UTF8.self) == "two\n")
        #expect(try FileSystem.local.list(directory.file("out")) == ["a.txt", "x"])
        #expect(try done("du", "b-1", "--depth", "1").split(separator: "\n").count == 2)
        #expect(try done("verify").contains("3 objects, 3 versions, 16 B: no damage"))
    }

    @Test func versionsAreKeptListedAndRemoved() throws {
        _ = try done("mb", "bucket", "--with-versioning")
        #expect(try done("version", "bucket") == "s3://bucket: enabled\n")
        for text in ["one", "two"] { _ = try done("put", "-", "bucket/k", input: text) }
        #expect(try done("rm", "bucket/k") == "removed: s3://bucket/k (delete marker)\n")
        try fails(66, "cat", "bucket/k", saying: "has been deleted")
        let versions = try done("ls", "bucket", "-r", "--versions", "--json").split(separator: "\n")
        #expect(versions.count == 3)
        let first = try #require(versions.last?.split(separator: "\"version_id\":\"").last?.prefix(36))
        #expect(try done("cat", "bucket/k", "--version-id", String(first)) == "one")
        _ = try done("rm", "bucket/k", "--version-id", String(first))
        try fails(66, "rm", "bucket/k", "--version-id", String(first), saying: "has no version")
        try fails(1, "rb", "bucket", saying: "not empty")
        #expect(
            try done("rm", "bucket/", "--recursive", "--versions", "--dry-run").split(separator: "\n").count
                == 2)
        _ = try done("rm", "bucket/", "--recursive", "--versions")
        _ = try done("version", "bucket", "suspend")
        #expect(try done("rb", "bucket") == "removed: s3://bucket\n")
    }

    @Test func copiesAndMirrorsFollowTheSource() throws {
        _ = try done("mb", "one", "two")
        try FileSystem.local.createDirectory(directory.file("tree/sub"))
        for name in ["tree/a", "tree/sub/b", "tree/sub/c"] {
            _ = try directory.write("data of \(name)", to: name)
        }
        #expect(
            try done("mirror", directory.file("tree"), "s3://one/t", "-q") == "3 there, 3 copied, 0 removed\n"
        )
        #expect(
            try done("mirror", directory.file("tree"), "s3://one/t", "-q") == "3 there, 0 copied, 0 removed\n"
        )
        try FileSystem.local.removeFile(directory.file("tree/a"))
        #expect(
            try done("mirror", directory.file("tree"), "s3://one/t", "-q", "--remove")
                == "2 there, 0 copied, 1 removed\n")
        _ = try done("cp", "s3://one/t/**", "s3://two/copy/")
        #expect(try done("cat", "two/copy/sub/b") == "data of tree/sub/b")
        _ = try done("cp", "s3://one/t/sub/b", "s3://two")
        #expect(try done("cat", "two/b") == "data of tree/sub/b")
        _ = try done("cp", directory.file("tree/sub/c"), "s3://two/")
        _ = try done("cp", "s3://two/c", directory.file("c.txt"))
        #expect(
            try done("mirror", "s3://two", directory.file("back"), "-q") == "4 there, 4 copied, 0 removed\n")
        #expect(
            try FileSystem.local.contents(of: directory.file("back/copy/sub/c"))
                == FileSystem.local.contents(of: directory.file("c.txt")))
        _ = try done("cp", "s3://one/t/", "s3://two/all/", "--recursive")
        #expect(try done("ls", "two/all/", "-r", "--json").split(separator: "\n").count == 2)
    }

    @Test func conditionsAndMistakesAreTold() throws {
        try fails(66, "ls", saying: "make a bucket with `tapehouse objects mb` first")
        _ = try done("mb", "bucket")
        try fails(1, "mb", "bucket", saying: "is there already")
        _ = try done("mb", "bucket", "--ignore-existing")
        try fails(64, "mb", "Bad_Name", saying: "is no name for a bucket")
        try fails(66, "cat", "bucket/none", saying: "there is no object none in bucket bucket")
        try fails(66, "ls", "nobucket", saying: "there is no bucket nobucket")
        try fails(66, "get", "bucket/*", saying: "no object that matches")
        try fails(64, "stat", "bucket/k", "--version-id", "x", saying: "is no version")
        try fails(64, "cp", "a", "b", saying: "s3://")
        try fails(64, "put", "-", "bucket", saying: "Standard input has no name")
        try fails(66, "put", directory.file("none"), "bucket", saying: "none")
        try fails(64, "put", "-", "bucket/a//b", saying: "cannot be a key")
        _ = try done("put", "-", "bucket/k", "--create-only", input: "1")
        try fails(1, "put", "-", "bucket/k", "--create-only", saying: "is there already")
        try fails(1, "put", "-", "bucket/k", "--if-match", "abc", saying: "not the one that was asked for")
        _ = try directory.write("XL2 of some other version", to: "drive/bucket/k/xl.meta")
        #expect(try objects(["verify", "--repair"]).output.contains("unsupported"))
        _ = try directory.write("rubbish", to: "drive/bucket/k/xl.meta")
        try fails(65, "cat", "bucket/k", saying: "drive/bucket/k/xl.meta")
        let verified = try objects(["verify", "bucket", "--json"])
        #expect(verified.status == 65)
        #expect(verified.output.contains(#""severity":"damage""#))
        let repaired = try objects(["verify", "--repair"])
        #expect(repaired.output.contains("set aside"))
        #expect(try done("verify").contains("no damage"))
    }

    /// A backup is worth more than a source that cannot be read.
    @Test func mirrorsRemoveNothingOnAWeakGround() throws {
        _ = try done("mb", "bucket")
        for name in ["a", "b"] { _ = try done("put", "-", "bucket/\(name)", input: name) }
        _ = try done("mirror", "s3://bucket", directory.file("backup"), "-q")
        _ = try directory.write("rubbish", to: "drive/bucket/a/xl.meta")
        let outcome = try objects(["mirror", "s3://bucket", directory.file("backup"), "--remove", "-q"])
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("nothing is removed"))
        #expect(try FileSystem.local.list(directory.file("backup")) == ["a", "b"])
        try fails(
            66, "mirror", "s3://bucket/mistyped", directory.file("backup"), "--remove", "-q",
            saying: "would empty")
        #expect(try objects(["ls", "bucket", "-r"]).status == 65)
        // What lies beside the target is somebody else's.
        _ = try directory.write("mine", to: "b.part")
        _ = try done("get", "bucket/b", directory.file("b"))
        #expect(try FileSystem.local.contents(of: directory.file("b.part")) == Array("mine".utf8))
    }

    @Test func onlyMakingABucketMakesADrive() throws {
        for command in [
            ["rm", "bucket/x"], ["put", "/dev/null", "bucket/x"], ["rb", "bucket"], ["verify", "--repair"],
        ] {
            #expect(try objects(command).status == 66, "\(command)")
            #expect(try FileSystem.local.kind(of: directory.file("drive")) == nil)
        }
    }

    @Test func charactersOfPatternsCanBeMeantThemselves() throws {
        _ = try done("mb", "bucket")
        for name in ["what?", "whats", "a*"] { _ = try done("put", "-", "bucket/\(name)", input: name) }
        #expect(try done("cat", "bucket/what\\?") == "what?")
        _ = try done("rm", "bucket/what\\?")
        #expect(try done("cat", "bucket/**") == "a*whats")
        #expect(KeyPattern("a\\*b*").matches("a*bc") && !KeyPattern("a\\*b*").matches("axbc"))
        #expect(KeyPattern("a\\*b*").literalPrefix == "a*b")
        #expect(!KeyPattern.isPattern("a\\?") && KeyPattern.isPattern("a\\?*"))
    }

    @Test func patternsMatchWithinAndAcrossSlashes() {
        let cases: [(String, String, Bool)] = [
            ("a", "a", true), ("a", "ab", false), ("a*", "abc", true), ("a*", "a/b", false),
            ("a**", "a/b/c", true),
            ("*/b", "a/b", true), ("*/b", "a/a/b", false), ("**/b", "a/a/b", true), ("**/b", "b", false),
            ("a?c", "abc", true), ("a?c", "a/c", false), ("**.json", "x/y.json", true),
            ("*a*b*", "xaxbx", true),
            ("*a*b*", "xbxax", false), ("**a/*b", "x/a/cb", true), ("**a/*b", "x/a/c/b", false),
            ("", "", true),
            ("*", "", true), ("ü?", "üb", true), ("**/*/**", "a/b/c", true),
        ]
        for (pattern, key, matches) in cases {
            #expect(KeyPattern(pattern).matches(key) == matches, "\(pattern) \(key)")
        }
        #expect(KeyPattern("a/b*c").literalPrefix == "a/b")
        // Patterns that make others try every way through.
        let long = String(repeating: "a", count: 900)
        #expect(!KeyPattern(String(repeating: "*a", count: 30) + "b").matches(long))
    }

    /// Killed (SIGKILL) at moments spread over its run: what it said it had put is there, nothing is half there,
    /// and the same command again does the rest.
    @Test func aKilledMirrorIsMadeGoodByTheSameCommand() throws {
        try FileSystem.local.createDirectory(directory.file("tree"))
        var sizes: [String: Int] = [:]
        for index in 0..<120 {
            let count = [10, 5000, 140_000, 1_100_000][index % 4]
            sizes["f\(index)"] = count
            _ = try directory.write([UInt8](repeating: UInt8(index), count: count), to: "tree/f\(index)")
        }
        _ = try done("mb", "bucket", "--with-versioning")
        let command = [
            Subprocess.tapehouse, "objects", "mirror", directory.file("tree"), "s3://bucket/d/",
            "--objects-dir",
            directory.file("drive"),
        ]
        var killed = 0
        var promised: Set<String> = []
        for round in 0..<12 {
            let process = try Subprocess(command)
            WallClock.sleep(.milliseconds(40 + 17 * round))
            process.kill()
            let outcome = try process.wait()
            if outcome.status == 137 { killed += 1 }
            for line in outcome.output.split(separator: "\n") where line.hasPrefix("copied: ") {
                promised.insert(String(line.split(separator: "/").last ?? ""))
            }
            let listed = try done("ls", "bucket", "-r", "--json").split(separator: "\n")
            for name in promised {
                #expect(listed.contains { $0.contains("\"d/\(name)\"") }, "round \(round): \(name)")
            }
            #expect(try done("verify").contains("no damage"), "round \(round)")
        }
        #expect(killed > 3)
        let last = try Subprocess(command).wait()
        #expect(last.status == 0, "\(last.errors)")
        let listed = try done("ls", "bucket", "-r", "--json").split(separator: "\n")
        #expect(listed.count == 120)
        for (name, size) in sizes {
            #expect(listed.contains { $0.contains("\"d/\(name)\"") && $0.contains("\"size\":\(size),") })
        }
        #expect(try FileSystem.local.list(directory.file("drive/.minio.sys/tmp")) == [])
        #expect(try done("verify").contains("120 objects"))
        #expect(try !done("verify").contains("leftover"))
    }
}
