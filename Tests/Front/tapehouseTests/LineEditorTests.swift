import DurableIO
import TestSupport
import Testing

@testable import tapehouse

/// The prompt's editor: keys in, a terminal's screen out.
@Suite struct LineEditorTests {
    /// A terminal with an editor that is fed with keys.
    private final class Session {
        let screen: VirtualScreen
        var sent: [String] = []
        private var inputs: [KeyReader.Input] = []
        private var size: EditorScreen.Size
        private var editor: LineEditor?

        init(
            columns: Int, rows: Int = 12, history: [String] = [],
            width: @escaping (Character) -> Int = DisplayWidth.of
        ) {
            size = EditorScreen.Size(columns: columns, rows: rows)
            screen = VirtualScreen(columns: columns, rows: rows, width: width)
            var kept = History(path: nil)
            for entry in history { kept.add(entry) }
            editor = LineEditor(
                KeyReader { [unowned self] in inputs.isEmpty ? .end : inputs.removeFirst() }, history: kept,
                size: { [unowned self] in size },
                write: { [unowned self] in
                    sent.append($0)
                    screen.write($0)
                })
        }

        /// Types keys, and ends when there are no more.
        @discardableResult
        func type(_ keys: String, complete: @escaping (String) -> Bool = { $0.hasSuffix(";") }) -> LineEditor
            .Result?
        {
            inputs += keys.utf8.map { .byte($0) }
            return editor?.read(prompt: "db> ", continuation: "..> ", isComplete: complete)
        }

        /// The screen after some keys, while the text is yet being edited.
        func look(_ keys: String) -> (rows: [String], cursor: [Int]) {
            var seen: (rows: [String], cursor: [Int])?
            let bytes = keys.utf8.map(KeyReader.Input.byte)
            inputs = bytes
            let probe = LineEditor(
                KeyReader { [unowned self] in
                    if inputs.isEmpty {
                        if seen == nil { seen = (screen.rows, screen.cursor) }
                        return .byte(3)
                    }
                    return inputs.removeFirst()
                }, history: History(path: nil), size: { [unowned self] in size },
                write: { [unowned self] in
                    sent.append($0)
                    screen.write($0)
                })
            _ = probe.read(prompt: "db> ", continuation: "..> ") { $0.hasSuffix(";") }
            return seen ?? ([], [])
        }
    }

    private static let (left, up, home, end) = ("\u{1B}[D", "\u{1B}[A", "\u{1B}[H", "\u{1B}[F")

    @Test("A line wider than the terminal goes on in the next row, and each key sends one character")
    func longLines() {
        let session = Session(columns: 20)
        let seen = session.look("select abcdefghijklmnopqrstuvw")
        #expect(seen.rows == ["db> select abcdefghi", "jklmnopqrstuvw"])
        #expect(seen.cursor == [1, 14])
        // The prompt, the keys, the end; only where a row begins is more sent than the character.
        #expect(session.sent.dropLast().filter { $0.count > 1 }.count <= 3, "\(session.sent)")
    }

    @Test("Text is put in and taken out in the middle of rows that have been broken")
    func editingInTheMiddle() {
        let keys = "0123456789abcdefghij" + String(repeating: Self.left, count: 12)
        let session = Session(columns: 16)
        let seen = session.look(keys + "XYZ\u{7F}")
        #expect(seen.rows == ["db> 01234567XY89", "abcdefghij"])
        #expect(seen.cursor == [0, 14])
        let first = Session(columns: 16).look(keys + Self.home + "\u{1B}[3~\u{1B}[3~")
        #expect(first.rows == ["db> 23456789abcd", "efghij"])
        #expect(first.cursor == [0, 4])
        // Back to one row: the second is erased.
        let short = Session(columns: 16).look("0123456789abcdef" + String(repeating: "\u{7F}", count: 6))
        #expect(short.rows == ["db> 0123456789"])
        #expect(short.cursor == [0, 14])
    }

    @Test("Behind a row that is full the cursor stands in the next")
    func fullRows() {
        let seen = Session(columns: 10).look("012345")
        #expect(seen.rows == ["db> 012345"])
        #expect(seen.cursor == [1, 0])
        #expect(Session(columns: 10).look("0123456").rows == ["db> 012345", "6"])
    }

    @Test("Wide characters, marks, emoji and tabs take the columns that the terminal gives them")
    func widths() {
        let seen = Session(columns: 12).look("日本語テキ")
        #expect(seen.rows == ["db> 日本語テ", "キ"])
        #expect(seen.cursor == [1, 2])
        let marks = Session(columns: 40).look("e\u{301}x" + Self.left)
        #expect(marks.rows == ["db> e\u{301}x"])
        #expect(marks.cursor == [0, 5])
        let gone = Session(columns: 40).look("ae\u{301}\u{7F}b👍🏽c" + Self.left)
        #expect(gone.rows == ["db> ab👍🏽c"])
        #expect(gone.cursor == [0, 8])
        let tabs = Session(columns: 40).look("a\tb")
        #expect(tabs.rows == ["db> a   b"])
        #expect(tabs.cursor == [0, 9])
    }

    @Test("A terminal with another view of how wide an emoji is shows no row twice")
    func otherWidths() {
        // Many give each part of an emoji its own two columns.
        let session = Session(columns: 20) { DisplayWidth.of($0) * ($0.unicodeScalars.count > 1 ? 2 : 1) }
        let seen = session.look("ab cd ef gh 👍🏽👍🏽 kl mn op" + Self.home + "xyz")
        #expect(seen.rows.count == 2, "\(seen.rows)")
        #expect(seen.rows[0].hasPrefix("db> xyzab cd ef gh"))
        #expect(seen.cursor == [0, 7])
    }

    @Test("A statement of several lines is edited as a whole, and its line feeds stay")
    func severalLines() {
        let session = Session(columns: 30)
        let seen = session.look("select 1 -- c\r+ 2\r" + Self.up + Self.up + Self.end + "!")
        #expect(seen.rows == ["db> select 1 -- c!", "..> + 2", "..>"])
        #expect(seen.cursor == [0, 18])
        #expect(Session(columns: 30).type("select '\r';\r") == .text("select '\n';"))
        #expect(Session(columns: 30).type("drop\u{3}") == .cancelled)
        #expect(Session(columns: 30).type("\u{4}") == .end)
    }

    @Test("History brings whole statements back, and keeps what was typed")
    func history() {
        let session = Session(columns: 30, history: ["a;", "b\n  c;"])
        #expect(session.type("new" + Self.up + "\r") == .text("b\n  c;"))
        #expect(session.screen.rows == ["db> b", "..>   c;"])
        // Up within the statement, then to the one before it, and down again to what was being typed.
        let down = "\u{1B}[B"
        let keys = "x;" + Self.up + Self.up + Self.up + down + down + down + "\r"
        #expect(Session(columns: 30, history: ["a;", "b\nc;"]).type(keys) == .text("x;"))
    }

    @Test(
        "Where a text has more rows than the terminal, those around the cursor are shown, and all of them at its end"
    )
    func moreRowsThanTheTerminal() {
        let session = Session(columns: 10, rows: 3)
        let text = "1\r2\r3\r4\r5"
        #expect(session.look(text).rows == ["..> 3", "..> 4", "..> 5"])
        let top = Session(columns: 10, rows: 3).look(text + Self.up + Self.up + Self.up)
        #expect(top.rows == ["..> 2", "..> 3", "..> 4"])
        #expect(top.cursor == [0, 5])
        let whole = Session(columns: 10, rows: 3)
        #expect(
            whole.type(text + Self.up + Self.up + Self.up + ";\u{1B}[F\r") { $0.contains(";") }
                == .text("1\n2;\n3\n4\n5"))
        #expect(whole.sent.joined().contains("db> 1\r\n..> 2;\r\n..> 3\r\n..> 4\r\n..> 5"))
    }

    @Test("When the terminal gets another size, the text is broken anew")
    func resizing() {
        var size = EditorScreen.Size(columns: 20, rows: 10)
        var screen = EditorScreen(prompt: "db> ", continuation: "..> ", size: size)
        let text = EditedText("0123456789abcdefghijklmno")
        var terminal = VirtualScreen(columns: 20, rows: 10, width: DisplayWidth.of)
        terminal.write("before\r\n" + screen.show(text))
        #expect(terminal.rows == ["before", "db> 0123456789abcdef", "ghijklmno"])
        // A terminal of 10 columns has broken the first row in two.
        size.columns = 10
        terminal = VirtualScreen(columns: 10, rows: 10, width: DisplayWidth.of)
        terminal.write("before\r\ndb> 012345\r\n6789abcdef\r\nghijklmn\r\u{1B}[9C")
        terminal.write(screen.resize(size) + screen.show(text))
        #expect(terminal.rows == ["before", "db> 012345", "6789abcdef", "ghijklmno"])
        #expect(terminal.cursor == [3, 9])
    }

    @Test("Keys that are not known leave no characters behind")
    func unknownKeys() {
        let seen = Session(columns: 40).look("a\u{1B}[15~\u{1B}[200~b\u{1B}[1;5Dc\u{1B}OPd")
        #expect(seen.rows == ["db> cdab"])
    }

    @Test("Enter ends a statement with its semicolon, a command, a word that leaves, and nothing else")
    func whatIsComplete() {
        for text in ["select 1;", ".help", "exit", "QUIT ;", "", "  "] {
            #expect(SQLPrompt.isComplete(text), "\(text)")
        }
        for text in ["select 1", "select ';", "exit now", "select 1 -- ;"] {
            #expect(!SQLPrompt.isComplete(text), "\(text)")
        }
    }

    @Test("Tables line up whatever is in their cells")
    func tablesLineUp() {
        let rows = [
            ["日本", "1"], ["e\u{301}", "22"], ["👩‍👩‍👧", "3"], ["a\tb", "4"], ["x\r\ny", "5"], ["🇯🇵", "6"],
        ]
        let text = TextTable.render(["name", "n"], alignments: [.left, .right], rows)
        #expect(
            text == """
                name   n
                ────  ──
                日本   1
                e\u{301}     22
                👩‍👩‍👧     3
                a⇥b    4
                x\u{FFFD}⏎y   5
                🇯🇵     6

                """, "\(text)")
    }
}
