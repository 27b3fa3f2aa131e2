import DurableIO
import TestSupport
import Testing

/// The README's blocks: what they show is what the commands print, and what they say can be pasted.
@Suite struct ReadmeTests {
    private struct Block {
        let language: String
        let text: String
        /// The block's first line in the file.
        let line: Int
    }

    private let directory: TemporaryDirectory
    private let blocks: [Block]

    init() throws {
        directory = try TemporaryDirectory()
        var blocks: [Block] = []
        var open: (language: String, lines: [Substring], line: Int)?
        let text = try ProjectFiles.text("README.md")
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(
                        Block(
                            language: block.language, text: block.lines.joined(separator: "\n"),
                            line: block.line))
                    open = nil
                } else {
                    open = (String(line.dropFirst(3)), [], number + 2)
                }
            } else {
                open?.lines.append(line)
            }
        }
        self.blocks = blocks
    }

    /// Runs a script as a user would in a clone of the project, with the program in the path.
    private func paste(_ script: String) throws -> Subprocess.Outcome {
        let programs = FileSystem.parent(of: Subprocess.tapehouse)
        let script = """
            set -e
            cd '\(directory.path)'
            [ -e Fixtures ] || ln -s '\(ProjectFiles.root)/Fixtures' Fixtures
            export PATH="\(programs):$PATH" XDG_DATA_HOME='\(directory.path)' HOME='\(directory.path)'
            \(script)
            """
        return try Subprocess(["/bin/bash", "-c", script]).wait()
    }

    private func replay() throws -> String {
        let command = "tapehouse replay Fixtures/simulated.ndjson Fixtures/dirty.ndjson"
        #expect(blocks.contains { $0.text.hasSuffix(command) }, "the start of the README is another")
        let outcome = try paste(command)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    @Test("The start prints the stages and the chart that are shown")
    func theStart() throws {
        let output = try replay()
        let block = try #require(blocks.first { $0.text.hasPrefix("stage ") })
        let parts = block.text.split(separator: "\n\n", maxSplits: 1)
        // Times and rates are those of a machine, sizes on the disk those of a run.
        let rows = parts[0].split(separator: "\n")
        let shown = Dictionary(
            output.split(separator: "\n").map { line in (line.prefix(16), line) },
            uniquingKeysWith: { first, _ in first })
        for row in rows where !row.hasPrefix("─") {
            let printed = try #require(shown[row.prefix(16)], "\(row)")
            #expect(
                row.split(separator: " ").prefix(6).prefix { !$0.contains(".") }
                    == printed.split(separator: " ").prefix(6).prefix { !$0.contains(".") })
        }
        #expect(output.contains(parts[1]), "the chart is another")
    }

    @Test("What the commands of the README print is what stands below them")
    func whatIsPrinted() throws {
        _ = try replay()
        // A command, and in the next block what it prints.
        var checked = 0
        for (command, printed) in zip(blocks, blocks.dropFirst()) where printed.language == "text" {
            let outcome = try paste(command.text)
            #expect(
                outcome.output == printed.text + "\n",
                "line \(command.line): \(outcome.output)\(outcome.errors)")
            checked += 1
        }
        #expect(checked > 0)
    }

    @Test("Every command of the README can be pasted")
    func commands() throws {
        _ = try replay()
        let library = "\(FileSystem.parent(of: Subprocess.tapehouse))/libwarehouse.so"
        for block in blocks where block.language == "sh" {
            // What builds is built already.
            let lines = block.text.split(separator: "\n").filter { !$0.hasPrefix("swift build") }
            let script = lines.joined(separator: "\n")
            if script.contains("apt-get") || script.contains("swift build")
                || script.contains(".build/exports.map")
            {
                continue
            }
            let outcome = try paste(
                script.replacing(".build/release/libwarehouse.so", with: library))
            if outcome.status == 127 { continue }
            #expect(outcome.status == 0, "line \(block.line): \(outcome.errors)")
        }
    }
}
