/// A key of the prompt.
enum Key: Equatable {
    case character(Character)
    case left, right, up, down, home, end, wordLeft, wordRight
    case backspace, delete, enter, interrupt, endOfInput
    case deleteToEnd, deleteToStart, deleteWord, clearScreen
    /// The terminal has got another size.
    case resized
    case unknown
}

/// Makes keys of the bytes that a terminal sends.
struct KeyReader {
    /// What comes from the terminal.
    enum Input {
        case byte(UInt8)
        case resized
        case end
    }

    private let next: () -> Input

    /// - Parameter next: waits for the next byte, or for another size of the terminal.
    init(_ next: @escaping () -> Input) {
        self.next = next
    }

    /// Waits for a key.
    func read() -> Key {
        switch next() {
        case .resized: return .resized
        case .end: return .endOfInput
        case .byte(let byte): return key(byte)
        }
    }

    private func key(_ byte: UInt8) -> Key {
        switch byte {
        case 0x01: return .home
        case 0x02: return .left
        case 0x03: return .interrupt
        case 0x04: return .endOfInput
        case 0x05: return .end
        case 0x06: return .right
        case 0x08, 0x7F: return .backspace
        case 0x09: return .character("\t")
        case 0x0A, 0x0D: return .enter
        case 0x0B: return .deleteToEnd
        case 0x0C: return .clearScreen
        case 0x0E: return .down
        case 0x10: return .up
        case 0x15: return .deleteToStart
        case 0x17: return .deleteWord
        case 0x1B: return escape()
        case ..<0x20: return .unknown
        default:
            var bytes = [byte]
            let length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            while bytes.count < length, let next = nextByte() { bytes.append(next) }
            guard let character = String(validating: bytes, as: UTF8.self)?.first else { return .unknown }
            return .character(character)
        }
    }

    /// The next byte of a key that takes several; another size meanwhile is seen at the key after it.
    private func nextByte() -> UInt8? {
        while true {
            switch next() {
            case .byte(let byte): return byte
            case .resized: continue
            case .end: return nil
            }
        }
    }

    private func escape() -> Key {
        switch nextByte() {
        case UInt8(ascii: "["): return controlSequence()
        case UInt8(ascii: "O"): return Self.key(nextByte() ?? 0, [])
        case UInt8(ascii: "b"): return .wordLeft
        case UInt8(ascii: "f"): return .wordRight
        case 0x7F: return .deleteWord
        default: return .unknown
        }
    }

    /// Parameters, then the byte that says what they are for. What is not known is read to its end too, so
    /// that none of it becomes text.
    private func controlSequence() -> Key {
        var parameters: [UInt8] = []
        while let byte = nextByte() {
            if (0x40...0x7E).contains(byte) { return Self.key(byte, parameters) }
            parameters.append(byte)
        }
        return .unknown
    }

    private static func key(_ last: UInt8, _ parameters: [UInt8]) -> Key {
        // `1;5` and the like: a key with Control, Alt or both.
        let isModified = parameters.contains(UInt8(ascii: ";"))
        switch last {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return isModified ? .wordRight : .right
        case UInt8(ascii: "D"): return isModified ? .wordLeft : .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "~"):
            switch String(decoding: parameters.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self) {
            case "1", "7": return .home
            case "3": return .delete
            case "4", "8": return .end
            default: return .unknown
            }
        default: return .unknown
        }
    }
}
