/// Reads text of one line or several from a terminal, with the usual keys for moving and deleting, and with history.
final class LineEditor {
    /// What came of reading.
    enum Result: Equatable {
        case text(String)
        /// Ctrl-C.
        case cancelled
        /// Ctrl-D where there is no text, or the end of the input.
        case end
    }

    private let keys: KeyReader
    private let write: (String) -> Void
    private let size: () -> EditorScreen.Size
    private var history: History

    /// - Parameters:
    ///   - keys: what is typed.
    ///   - write: takes what is to be sent to the terminal.
    ///   - size: the size that the terminal has now.
    init(
        _ keys: KeyReader, history: History, size: @escaping () -> EditorScreen.Size,
        write: @escaping (String) -> Void
    ) {
        self.keys = keys
        self.history = history
        self.size = size
        self.write = write
    }

    /// Adds a text to the history.
    func remember(_ text: String) { history.add(text) }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - prompt: what is before its first line.
    ///   - continuation: what is before the others.
    ///   - isComplete: whether Enter ends a text; otherwise it begins another line.
    func read(prompt: String, continuation: String, isComplete: (String) -> Bool) -> Result {
        var screen = EditorScreen(prompt: prompt, continuation: continuation, size: size())
        // The history with what has been changed in it on the way, and the new text at its end.
        var texts = history.entries + [""]
        var place = history.entries.count
        var text = EditedText()
        func recall(_ other: Int) {
            guard texts.indices.contains(other) else { return }
            texts[place] = text.text
            place = other
            text = EditedText(texts[place])
        }
        while true {
            write(screen.show(text))
            let key = keys.read()
            switch key {
            case .up: if !text.moveUp() { recall(place - 1) }
            case .down: if !text.moveDown() { recall(place + 1) }
            case .clearScreen: write(screen.clear())
            case .resized: write(screen.resize(size()))
            case .enter:
                guard isComplete(text.text) else {
                    text.insert("\n")
                    continue
                }
                write(screen.leave(text))
                return .text(text.text)
            case .interrupt:
                write(screen.leave(text, mark: "^C"))
                return .cancelled
            case .endOfInput:
                guard text.isEmpty else { continue }
                write(screen.leave(text))
                return .end
            default: Self.edit(&text, key)
            }
        }
    }

    private static func edit(_ text: inout EditedText, _ key: Key) {
        switch key {
        case .character(let character): text.insert(character)
        case .left: text.moveLeft()
        case .right: text.moveRight()
        case .home: text.moveToLineStart()
        case .end: text.moveToLineEnd()
        case .wordLeft: text.moveWordLeft()
        case .wordRight: text.moveWordRight()
        case .backspace: text.backspace()
        case .delete: text.delete()
        case .deleteToEnd: text.deleteToLineEnd()
        case .deleteToStart: text.deleteToLineStart()
        case .deleteWord: text.deleteWord()
        default: break
        }
    }
}
