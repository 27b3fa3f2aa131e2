/// What a prompt has on the terminal: the rows of the text that is edited, as they were drawn last.
///
/// Rows are broken here and not by the terminal, so that it is known where each character stands; while rows
/// are drawn the terminal is told not to break any, for its view of how wide an emoji is may be another. A
/// change draws the rows that it changes, from the first that differs.
struct EditorScreen {
    /// The size of a terminal in characters.
    struct Size: Equatable {
        var columns: Int
        var rows: Int
    }

    /// Rows to draw, and where the cursor stands among them.
    private struct Layout {
        var rows: [String] = [""]
        var cursor = (row: 0, column: 0)
    }

    /// What is before the first line, and before the others.
    let prompt: String
    let continuation: String

    private var size: Size
    private var drawn: [String] = []
    private var cursor = (row: 0, column: 0)
    /// The first of the text's rows that is drawn, where there are more than the terminal has.
    private var first = 0

    init(prompt: String, continuation: String, size: Size) {
        self.prompt = prompt
        self.continuation = continuation
        self.size = size
    }

    // MARK: Output

    /// What is to be sent to the terminal to show a text.
    mutating func show(_ text: EditedText) -> String {
        var layout = layOut(text)
        first = min(first, max(0, layout.rows.count - size.rows))
        first = max(min(first, layout.cursor.row), layout.cursor.row - size.rows + 1)
        layout.rows = Array(layout.rows[first...].prefix(size.rows))
        layout.cursor.row -= first
        defer { (drawn, cursor) = (layout.rows, layout.cursor) }
        if let added = addition(layout) { return added }
        var output = ""
        let common = zip(layout.rows, drawn).prefix { $0 == $1 }.count
        if common < layout.rows.count || drawn.count > layout.rows.count {
            // To the first row that differs, or to the end of the last one that stays.
            let start = min(common, max(0, layout.rows.count - 1))
            let known = max(0, drawn.count - 1)
            output += Self.vertically(from: cursor.row, to: min(start, known)) + "\r"
            if start > known { output += "\n" }
            output += Self.unbroken(
                layout.rows[start...].map { "\u{1B}[K" + $0 }.joined(separator: "\r\n"))
            if drawn.count > layout.rows.count { output += "\r\n\u{1B}[J\u{1B}[A" }
            cursor.row = layout.rows.count - 1
        }
        output += Self.vertically(from: cursor.row, to: layout.cursor.row) + "\r"
        return output + (layout.cursor.column > 0 ? "\u{1B}[\(layout.cursor.column)C" : "")
    }

    /// What is to be sent where all that is new is characters at the end of the row with the cursor.
    private func addition(_ layout: Layout) -> String? {
        guard layout.rows.count == drawn.count, layout.cursor.row == cursor.row,
            layout.cursor.row == drawn.count - 1,
            layout.rows.dropLast() == drawn.dropLast(), let old = drawn.last, let new = layout.rows.last,
            new.hasPrefix(old), DisplayWidth.of(old) == cursor.column,
            DisplayWidth.of(new) == layout.cursor.column,
            // In the last column terminals wait with going on; a row that ends there is drawn whole.
            layout.cursor.column < size.columns
        else { return nil }
        let added = String(new.dropFirst(old.count))
        return new.utf8.allSatisfy { $0 < 0x80 } ? added : Self.unbroken(added)
    }

    /// What is to be sent to show all of a text and to leave it there, with the cursor in the row below.
    mutating func leave(_ text: EditedText, mark: String = "") -> String {
        var text = text
        text.moveToEnd()
        var output = ""
        if first > 0 || layOut(text).rows.count > size.rows {
            output =
                Self.vertically(from: cursor.row, to: 0) + "\r\u{1B}[J"
                + Self.unbroken(layOut(text).rows.joined(separator: "\r\n"))
        } else {
            output = show(text)
        }
        forget()
        return output + mark + "\r\n"
    }

    /// What is to be sent to clear the terminal; the text is to be shown again.
    mutating func clear() -> String {
        forget()
        return "\u{1B}[H\u{1B}[2J"
    }

    /// What is to be sent when the terminal has got another size; the text is to be shown again.
    mutating func resize(_ new: Size) -> String {
        // Terminals break rows that have become too long, which moves those below.
        let rows = drawn.prefix(cursor.row).map { Self.rows(of: DisplayWidth.of($0), new.columns) }.reduce(
            0, +)
        let above = rows + min(cursor.column, Self.width(drawn, cursor.row)) / max(1, new.columns)
        size = new
        forget()
        return Self.vertically(from: above, to: 0) + "\r\u{1B}[J"
    }

    private mutating func forget() {
        drawn = []
        cursor = (0, 0)
        first = 0
    }

    private static func width(_ rows: [String], _ row: Int) -> Int {
        rows.indices.contains(row) ? DisplayWidth.of(rows[row]) : 0
    }

    private static func rows(of width: Int, _ columns: Int) -> Int {
        max(1, (width + columns - 1) / max(1, columns))
    }

    private static func unbroken(_ rows: String) -> String { "\u{1B}[?7l\(rows)\u{1B}[?7h" }

    private static func vertically(from: Int, to: Int) -> String {
        from == to ? "" : from > to ? "\u{1B}[\(from - to)A" : "\u{1B}[\(to - from)B"
    }

    // MARK: Layout

    private func layOut(_ text: EditedText) -> Layout {
        var layout = Layout()
        var column = 0
        func beginRow() {
            layout.rows.append("")
            column = 0
        }
        /// Goes to the next row where there is no room in this one, and puts the cursor there where it is to be.
        func makeRoom(_ width: Int, isCursor: Bool) {
            if column > 0, column + width > size.columns { beginRow() }
            if isCursor { layout.cursor = (layout.rows.count - 1, column) }
        }
        func put(_ shown: String, _ width: Int) {
            layout.rows[layout.rows.count - 1] += shown
            column += width
        }
        func put(_ prompt: String) {
            for character in prompt {
                let width = DisplayWidth.of(character)
                makeRoom(width, isCursor: false)
                put(String(character), width)
            }
        }
        put(prompt)
        for (index, character) in text.characters.enumerated() {
            let isCursor = index == text.cursor
            if character.isNewline {
                // The cursor takes a place of its own behind a row that is full.
                if isCursor { makeRoom(1, isCursor: true) }
                beginRow()
                put(continuation)
            } else if character == "\t" {
                makeRoom(1, isCursor: isCursor)
                // A tab ends with the row.
                let width = min(DisplayWidth.of(character, at: column), size.columns - column)
                put(String(repeating: " ", count: width), width)
            } else {
                let shown = String(character).printable
                let width = DisplayWidth.of(shown)
                makeRoom(width, isCursor: isCursor)
                put(shown, width)
            }
        }
        if text.cursor == text.characters.count { makeRoom(1, isCursor: true) }
        return layout
    }
}
