import ArgumentParser
import DurableIO
import TestSupport
import Testing

@testable import tapehouse

/// The examples of every `--help`.
@Suite struct HelpTests {
    private struct Help: Sendable, CustomStringConvertible {
        /// The words that name the command.
        let names: [String]
        /// The lines below EXAMPLES that have a command in them.
        let examples: [String]
        var description: String { names.joined(separator: " ") }
    }

    private static func all(_ command: any ParsableCommand.Type = Tapehouse.self, _ names: [String] = [])
        -> [Help]
    {
        let configuration = command.configuration
        let names = names + [configuration.commandName ?? ""]
        let examples = configuration.discussion.split(separator: "\n").drop { $0 != "EXAMPLES" }.dropFirst()
            .prefix { $0.first == " " }.filter { $0.contains("tapehouse ") }
        return [Help(names: names, examples: examples.map { String($0.trimmingPrefix { $0 == " " }) })]
            + configuration.subcommands.flatMap { all($0, names) }
    }

    /// The arguments that a shell gives to each `tapehouse` of a script.
    private func arguments(_ script: String) throws -> [[String]] {
        let directory = try TemporaryDirectory()
        // The files that examples read.
        for match in script.matches(of: /<\s*([^\s<]+)/) { _ = try directory.write("", to: String(match.1)) }
        let whole = """
            cd '\(directory.path)'
            tapehouse() { printf '%s\\0' "$@" >> arguments; printf '\\n\\0' >> arguments; }
            \(script)
            """
        let outcome = try Subprocess(["/bin/bash", "-c", whole]).wait()
        let bytes = try FileSystem.local.contents(of: directory.file("arguments"))
        let words = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(!words.isEmpty, "\(script): \(outcome.errors)")
        return words.split(separator: "\n").map(Array.init)
    }

    @Test(
        "Every command has examples, and each can be pasted: the shell and the parser take it",
        arguments: all())
    private func examples(_ help: Help) throws {
        #expect(!help.examples.isEmpty)
        // Help is broken into lines of 80 columns, and an example in two lines is none that can be pasted.
        let shown = try Subprocess.run(help.names.dropFirst() + ["--help"]).output.split(separator: "\n")
            .map { $0.trimmingPrefix { $0 == " " } }
        for example in help.examples { #expect(shown.contains(example[...]), "\(example)") }
        for example in help.examples {
            for words in try arguments(example) {
                #expect(throws: Never.self, "\(example)") { _ = try Tapehouse.parseAsRoot(words) }
            }
        }
        let own = help.examples.contains { $0.contains(help.description) }
        #expect(own, "no example is one of \(help)")
    }

    @Test("The examples of the program's own help do what they say, one after the other")
    func theFirstExamples() throws {
        let directory = try TemporaryDirectory()
        let help = try #require(Self.all().first)
        for example in help.examples {
            let words =
                "cd '\(directory.path)'; export PATH=\"\(FileSystem.parent(of: Subprocess.tapehouse)):$PATH\"; \(example)"
            let outcome = try Subprocess(["/bin/bash", "-c", words]).wait()
            #expect(outcome.status == 0, "\(example): \(outcome.errors)")
        }
    }

    @Test("Shells offer topics, buckets, words and folders where they are wanted")
    func completions() throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        for topic in ["trades", "quotes-2"] {
            #expect(try Subprocess.run(["log", "create", topic, "--data-dir", data]).status == 0)
        }
        #expect(try Subprocess.run(["objects", "mb", "archive", "--data-dir", data]).status == 0)
        let script = """
            export PATH="\(FileSystem.parent(of: Subprocess.tapehouse)):$PATH" TAPEHOUSE_DATA_DIR='\(data)'
            eval "$(tapehouse --generate-completion-script bash)"
            offer() {
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
                COMPREPLY=(); _tapehouse tapehouse "${!#}" "${@: -2:1}"; echo "${COMPREPLY[*]}"
            }
            offer tapehouse log consume ''
            offer tapehouse log consume tr
            offer tapehouse objects ls ''
            offer tapehouse replay --layout ''
            offer tapehouse sta
            """
        let outcome = try Subprocess(["/bin/bash", "-c", script]).wait()
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.prefix(5) == ["quotes-2 trades", "trades", "archive", "partition symbol", "status"],
            "\(outcome)")
    }
}
