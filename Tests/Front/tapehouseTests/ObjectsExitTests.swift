import DurableIO
import TestSupport
import Testing

@testable import tapehouse

/// What `tapehouse objects` ends with and says where not all went well.
@Suite struct ObjectsExitTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func objects(_ arguments: String..., input: String? = nil) throws -> Subprocess.Outcome {
        let file = try input.map { try directory.write($0, to: "input") } ?? "/dev/null"
        return try Subprocess.run(
            ["objects", arguments[0], "--objects-dir", directory.file("drive")] + arguments.dropFirst(),
            input: file)
    }

    private func shell(_ script: String) throws -> Subprocess.Outcome {
        let path = "\(FileSystem.parent(of: Subprocess.tapehouse)):/usr/bin:/bin"
        return try Subprocess(
            ["/usr/bin/env", "-C", directory.path, "PATH=\(path)", "/bin/sh", "-e", "-c", script]
        ).wait()
    }

    /// The examples of each command, as they are printed, in an empty folder.
    @Test(arguments: [
        "mb", "rb", "ls", "put", "get", "cat", "stat", "rm", "cp", "mirror", "version", "verify", "du", "",
    ])
    func examplesCanBePasted(command: String) throws {
        let help = try Subprocess.run((["objects", command] + ["--help"]).filter { !$0.isEmpty }).output
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasPrefix("EXAMPLES") && $0 != "  EXAMPLES" }.dropFirst()
        let examples = lines.prefix { $0.hasPrefix("  ") }
        #expect(examples.count >= 2, "\(help)")
        let outcome = try shell(examples.joined(separator: "\n"))
        #expect(outcome.status == 0, "\(examples.joined(separator: "\n"))\n\(outcome.errors)")
    }

    @Test func whatIsNotThereIs66() throws {
        _ = try objects("mb", "one")
        for name in ["a", "b"] { _ = try objects("put", "-", "one/\(name)", input: name) }
        for arguments in [
            ["s3://one/a", "s3://none"], ["s3://one/**", "s3://none/x/"], ["s3://none/a", "s3://one/"],
        ] {
            let outcome = try objects("cp", arguments[0], arguments[1])
            #expect(outcome.status == 66, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains("there is no bucket none"), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
        #expect(try objects("mirror", "s3://one", "s3://none").status == 66)
    }

    /// Every command that has `--json` prints an object a line, and nothing else.
    @Test func jsonIsAnObjectALine() throws {
        let file = try directory.write("hello", to: "a.txt")
        for (arguments, key) in [
            (["mb", "one", "two"], "action"), (["put", file, "one/a"], "action"),
            (["put", file, "one/b"], "action"),
            (["ls"], "bucket"), (["ls", "one", "-r"], "key"), (["stat", "one/a"], "key"), (["du"], "objects"),
            (["cp", "s3://one/a", "s3://two/"], "action"), (["mirror", "s3://one", "s3://two"], "there"),
            (["get", "one/a", directory.file("b.txt")], "action"), (["version", "one"], "versioning"),
            (["verify"], "findings"), (["rm", "one/a"], "delete_marker"),
            (["rb", "two", "--force"], "action"),
        ] {
            let outcome = try Subprocess.run(
                ["objects", arguments[0], "--objects-dir", directory.file("drive"), "--json"]
                    + arguments.dropFirst())
            #expect(outcome.status == 0, "\(arguments) \(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(!lines.isEmpty)
            #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") }, "\(outcome.output)")
            #expect(lines.last?.contains("\"\(key)\":") == true, "\(outcome.output)")
        }
    }

    @Test func aMirrorWithSomethingLeftOutIsNotDone() throws {
        _ = try objects("mb", "one")
        _ = try directory.write("x", to: "tree-file")
        try FileSystem.local.createDirectory(directory.file("tree/sub"))
        _ = try directory.write("x", to: "tree/sub/a")
        let mirror = { try objects("mirror", directory.file("tree"), "s3://one", "-q") }
        #expect(try mirror().status == 0)
        try FileSystem.local.createSymbolicLink(directory.file("tree/link"), to: "sub/a")
        var outcome = try mirror()
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("tree/link is a symbolic link, and is left out"))
        try FileSystem.local.removeFile(directory.file("tree/link"))
        _ = try shell(#"echo x > "tree/$(printf 'caf\351')""#)
        outcome = try mirror()
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains(#"tree/caf\xE9 has a name that is no UTF-8"#))
        // What is odd at the target is missing nowhere.
        #expect(try objects("mirror", "s3://one", directory.file("tree"), "-q").status == 0)
    }

    @Test func keysThatEndInASlashAreMirrored() throws {
        _ = try objects("mb", "one", "two")
        for key in ["dir/", "dir/sub/", "dir/a"] {
            _ = try objects("put", "-", "one/key", input: "data of \(key)")
            // Such keys are made by programs, not by this command: MinIO's name for the slash.
            let place = key.hasSuffix("/") ? "\(key.dropLast())__XLDIR__" : key
            try FileSystem.local.createDirectory(directory.file("drive/one/dir"))
            try FileSystem.local.rename(
                directory.file("drive/one/key"), to: directory.file("drive/one/\(place)"))
        }
        #expect(
            try objects("mirror", "s3://one", "s3://two", "-q").output == "3 there, 3 copied, 0 removed\n")
        #expect(try objects("cat", "two/dir/sub/").output == "data of dir/sub/")
        #expect(
            try objects("mirror", "s3://one/dir/", "s3://two/copy/", "-q").output
                == "3 there, 3 copied, 0 removed\n")
        #expect(try objects("cat", "two/copy/").output == "data of dir/")
        #expect(
            try objects("mirror", "s3://one", "s3://two", "-q").output == "3 there, 0 copied, 0 removed\n")
        // No file can hold what such a key holds.
        let outcome = try objects("mirror", "s3://one", directory.file("out"), "-q")
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("s3://one/dir/ has data and the name of a directory"))
    }

    /// A key that is no UTF-8 is another key than the text that it would be changed to.
    @Test func argumentsThatAreNoUTF8AreRefused() throws {
        _ = try shell("tapehouse objects mb one --objects-dir drive")
        let outcome = try shell(
            #"echo x | tapehouse objects put - "one/$(printf 'caf\351')" --objects-dir drive"#)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(#"'one/caf\xE9'"#), "\(outcome.errors)")
        #expect(try objects("ls", "one", "-r").output.isEmpty)
        #expect(try shell("echo x | tapehouse objects put - one/café --objects-dir drive").status == 0)
    }

    @Test func whatIsNoFileIsFoundByVerify() throws {
        _ = try objects("mb", "one")
        for name in ["a", "b"] { _ = try objects("put", "-", "one/\(name)", input: name) }
        _ = try shell("rm drive/one/a/xl.meta; mkfifo drive/one/a/xl.meta")
        let outcome = try objects("verify")
        #expect(outcome.status == 65)
        #expect(outcome.output.contains("xl.meta is a pipe where a file is needed"), "\(outcome.output)")
        #expect(try objects("ls", "one", "-r").status == 65)
        #expect(try objects("du").status == 65)
        #expect(try objects("cat", "one/b").output == "b")
    }
}
