/// The text that is typed at a prompt, which may have several lines, with the place where the next character goes.
struct EditedText {
    private(set) var characters: [Character] = []
    /// How many characters are before the cursor.
    private(set) var cursor = 0

    init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }

    mutating func insert(_ character: Character) {
        // A mark joins the character before it, so that what comes before the cursor is put together anew.
        let before = String(characters[..<cursor]) + String(character)
        characters = Array(before + String(characters[cursor...]))
        cursor = min(before.count, characters.count)
    }

    mutating func backspace() {
        guard cursor > 0 else { return }
        cursor -= 1
        characters.remove(at: cursor)
    }

    mutating func delete() {
        if cursor < characters.count { characters.remove(at: cursor) }
    }

    mutating func moveLeft() { cursor = max(0, cursor - 1) }
    mutating func moveRight() { cursor = min(characters.count, cursor + 1) }
    mutating func moveToLineStart() { cursor = lineStart }
    mutating func moveToLineEnd() { cursor = lineEnd }
    mutating func moveToEnd() { cursor = characters.count }
    mutating func moveWordLeft() { cursor = wordStart }

    mutating func moveWordRight() {
        while cursor < characters.count, characters[cursor].isWhitespace { cursor += 1 }
        while cursor < characters.count, !characters[cursor].isWhitespace { cursor += 1 }
    }

    /// Goes to the line above; false where there is none.
    mutating func moveUp() -> Bool {
        guard lineStart > 0 else { return false }
        let column = cursor - lineStart
        cursor = lineStart - 1
        cursor = min(cursor, lineStart + column)
        return true
    }

    /// Goes to the line below; false where there is none.
    mutating func moveDown() -> Bool {
        guard lineEnd < characters.count else { return false }
        let column = cursor - lineStart
        cursor = lineEnd + 1
        cursor = min(lineEnd, cursor + column)
        return true
    }

    mutating func deleteToLineEnd() { characters.removeSubrange(cursor..<lineEnd) }
    mutating func deleteToLineStart() { deleteBack(to: lineStart) }
    mutating func deleteWord() { deleteBack(to: wordStart) }

    private mutating func deleteBack(to start: Int) {
        characters.removeSubrange(start..<cursor)
        cursor = start
    }

    private var lineStart: Int { characters[..<cursor].lastIndex(of: "\n").map { $0 + 1 } ?? 0 }
    private var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

    private var wordStart: Int {
        var start = cursor
        while start > 0, characters[start - 1].isWhitespace { start -= 1 }
        while start > 0, !characters[start - 1].isWhitespace { start -= 1 }
        return start
    }
}
