import DurableIO
import TestSupport
import Testing

@testable import tapehouse

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct HistoryTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : 0
    }

    @Test("Statements keep their lines, comments and tabs from one prompt to the next")
    func linesStay() throws {
        let path = directory.file("history")
        let statements = ["select 1 -- c\n  + 2;", "select 'a\n\n\tb\\n';", ".tables"]
        var history = History(path: path)
        for statement in statements { history.add(statement) }
        history.add(".tables")
        #expect(History(path: path).entries == statements)
        #expect(mode(path) & 0o777 == 0o600)
    }

    @Test("A history of an earlier build is read")
    func earlierFiles() throws {
        let path = try directory.write("select 1;\nselect '\\n\\\\';\n", to: "history")
        #expect(History(path: path).entries == ["select 1;", "select '\\n\\\\';"])
    }

    @Test("Two prompts with one history add to it, and neither takes the other's entries away")
    func twoPrompts() throws {
        let path = directory.file("history")
        var first = History(path: path)
        var second = History(path: path)
        first.add("a;")
        second.add("b\nc;")
        first.add("d;")
        #expect(History(path: path).entries == ["a;", "b\nc;", "d;"])
    }

    @Test("A history that others may read is closed to them, and a link to a file stays a link")
    func modeAndLinks() throws {
        let file = try directory.write("old;\n", to: "file")
        let link = directory.file("link")
        #expect(symlink(file, link) == 0 && chmod(file, 0o644) == 0)
        var history = History(path: link)
        #expect(history.entries == ["old;"])
        history.add("new;")
        #expect(mode(link) & S_IFMT == S_IFLNK)
        #expect(mode(file) & 0o777 == 0o600)
        #expect(try FileSystem.local.contents(of: file) == Array("old;\nnew;\n".utf8))
    }

    @Test("What is no regular file is neither read, nor written, nor replaced")
    func specialFiles() throws {
        let pipe = directory.file("pipe")
        #expect(mkfifo(pipe, 0o644) == 0)
        let toPipe = directory.file("to-pipe")
        #expect(symlink(pipe, toPipe) == 0)
        // Somebody who reads must not be given statements.
        let reader = open(pipe, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        for path in [pipe, toPipe, directory.path] {
            let before = mode(path)
            var history = History(path: path)
            history.add("select 1;")
            #expect(history.entries == ["select 1;"])
            #expect(mode(path) == before, "\(path)")
        }
        var byte: UInt8 = 0
        #expect(read(reader, &byte, 1) <= 0)
    }

    @Test("Only the end of a history that has grown long is read")
    func longHistories() throws {
        let lines = (0..<40_000).map { "select \($0), 'some words that make it longer';" }
        let path = try directory.write(lines.joined(separator: "\n") + "\n", to: "history")
        #expect(History(path: path).entries == lines.suffix(1000))
    }
}
