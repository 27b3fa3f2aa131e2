import DurableIO

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads lines from a terminal, with the usual keys for moving and deleting, and with history that is kept in
/// a file.
final class LineEditor {
    /// What came of reading a line.
    enum Result {
        case line(String)
        /// Ctrl-C.
        case cancelled
        /// Ctrl-D on an empty line, or the end of the input.
        case end
    }

    private enum Key {
        case character(Character)
        case left, right, up, down, home, end
        case backspace, delete, enter, interrupt, endOfInput
        case deleteToEnd, deleteToStart, deleteWord, clearScreen
        case unknown
    }

    private static let historyLinesMax = 1000
    private let historyPath: String?
    private var history: [String] = []

    init(historyPath: String?) {
        self.historyPath = historyPath
        if let historyPath, let bytes = try? FileSystem.local.contents(of: historyPath) {
            history = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    /// Adds a line to the history, in the file too. That the file cannot be written must not disturb the
    /// work.
    func remember(_ line: String) {
        guard !line.isEmpty, line != history.last else { return }
        history.append(line)
        history = history.suffix(Self.historyLinesMax)
        guard let historyPath else { return }
        try? FileSystem.local.replaceContents(
            of: historyPath, with: Array((history.joined(separator: "\n") + "\n").utf8))
    }

    func readLine(prompt: String) -> Result {
        StandardOutput.shared.flush()
        var saved = termios()
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return .end }
        var raw = saved
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        defer { tcsetattr(STDIN_FILENO, TCSADRAIN, &saved) }
        return edit(prompt)
    }

    private func edit(_ prompt: String) -> Result {
        var text: [Character] = []
        var cursor = 0
        var lines = history + [""]
        var place = history.count
        func show(_ index: Int) {
            lines[place] = String(text)
            place = index
            text = Array(lines[place])
            cursor = text.count
        }
        while true {
            let tail = text.count - cursor
            StandardError.write(
                "\r\u{1B}[K\(prompt)\(String(text))" + (tail > 0 ? "\u{1B}[\(tail)D" : ""))
            switch readKey() {
            case .character(let character):
                text.insert(character, at: cursor)
                cursor += 1
            case .left: cursor = max(0, cursor - 1)
            case .right: cursor = min(text.count, cursor + 1)
            case .home: cursor = 0
            case .end: cursor = text.count
            case .up: if place > 0 { show(place - 1) }
            case .down: if place < lines.count - 1 { show(place + 1) }
            case .backspace:
                if cursor > 0 {
                    cursor -= 1
                    text.remove(at: cursor)
                }
            case .delete: if cursor < text.count { text.remove(at: cursor) }
            case .deleteToEnd: text.removeSubrange(cursor...)
            case .deleteToStart:
                text.removeSubrange(..<cursor)
                cursor = 0
            case .deleteWord:
                let start = cursor
                while cursor > 0, text[cursor - 1] == " " { cursor -= 1 }
                while cursor > 0, text[cursor - 1] != " " { cursor -= 1 }
                text.removeSubrange(cursor..<start)
            case .clearScreen: StandardError.write("\u{1B}[H\u{1B}[2J")
            case .enter:
                StandardError.write("\r\n")
                return .line(String(text))
            case .interrupt:
                StandardError.write("^C\r\n")
                return .cancelled
            case .endOfInput:
                guard text.isEmpty else { continue }
                StandardError.write("\r\n")
                return .end
            case .unknown: continue
            }
        }
    }

    private func readKey() -> Key {
        guard let byte = readByte() else { return .endOfInput }
        switch byte {
        case 0x01: return .home
        case 0x02: return .left
        case 0x03: return .interrupt
        case 0x04: return .endOfInput
        case 0x05: return .end
        case 0x06: return .right
        case 0x08, 0x7F: return .backspace
        case 0x0A, 0x0D: return .enter
        case 0x0B: return .deleteToEnd
        case 0x0C: return .clearScreen
        case 0x0E: return .down
        case 0x10: return .up
        case 0x15: return .deleteToStart
        case 0x17: return .deleteWord
        case 0x1B: return readEscape()
        case ..<0x20: return .unknown
        default:
            var bytes = [byte]
            let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            while bytes.count < length, let next = readByte() { bytes.append(next) }
            return String(decoding: bytes, as: UTF8.self).first.map(Key.character) ?? .unknown
        }
    }

    private func readEscape() -> Key {
        guard let bracket = readByte(), bracket == UInt8(ascii: "[") || bracket == UInt8(ascii: "O"),
            let code = readByte()
        else { return .unknown }
        switch code {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return .right
        case UInt8(ascii: "D"): return .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "1"), UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "7"), UInt8(ascii: "8"):
            guard readByte() == UInt8(ascii: "~") else { return .unknown }
            if code == UInt8(ascii: "3") { return .delete }
            return code == UInt8(ascii: "1") || code == UInt8(ascii: "7") ? .home : .end
        default: return .unknown
        }
    }

    private func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count == 1 { return byte }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }
}
