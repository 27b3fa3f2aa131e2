/// Values inside of VARIANTs of types that JSON does not have: DATE, TIME, timestamps, BINARY, and FLOAT, which
/// is another type than the decimals that JSON's numbers are.
///
/// Such a value is a string: U+FDD0, a letter for its type, and its text. A DATE is `"\u{FDD0}d2024-01-15"`, and a
/// FLOAT that is no number `"\u{FDD0}fNaN"`. Unicode keeps U+FDD0 for uses within one program, so no text that is
/// exchanged has it. Whatever carries, stores and compares JSON carries these strings as they are; only what gives a
/// VARIANT to the outside writes them as JSON has them (`appendPlain`), and what reads a value looks for the mark.
package enum TypedText {
    package typealias Bytes = UnsafeBufferPointer<UInt8>

    /// The bytes of the mark and the letter.
    package static let prefixCount = 4
    private static let mark: (UInt8, UInt8, UInt8) = (0xEF, 0xB7, 0x90)
    /// The least text that begins with a mark.
    package static let least: [UInt8] = [mark.0, mark.1, mark.2]

    /// The letter of a kind of value that has texts of its own.
    private static func letter(_ kind: JSONKind) -> UInt8 {
        switch kind {
        case .date: UInt8(ascii: "d")
        case .time: UInt8(ascii: "t")
        case .timestampNTZ: UInt8(ascii: "n")
        case .timestampLTZ: UInt8(ascii: "l")
        case .timestampTZ: UInt8(ascii: "z")
        case .binary: UInt8(ascii: "b")
        default: UInt8(ascii: "f")
        }
    }

    private static func kind(letter: UInt8) -> JSONKind? {
        switch letter {
        case UInt8(ascii: "d"): .date
        case UInt8(ascii: "t"): .time
        case UInt8(ascii: "n"): .timestampNTZ
        case UInt8(ascii: "l"): .timestampLTZ
        case UInt8(ascii: "z"): .timestampTZ
        case UInt8(ascii: "b"): .binary
        case UInt8(ascii: "f"): .double
        default: nil
        }
    }

    /// Writes the mark and the letter of a kind, `prefixCount` bytes.
    package static func writePrefix(_ kind: JSONKind, _ target: UnsafeMutablePointer<UInt8>) {
        (target[0], target[1], target[2]) = mark
        target[3] = letter(kind)
    }

    /// A FLOAT as a marked string.
    package static func text(_ value: Double) -> [UInt8] {
        least + [letter(.double)] + Array(JSONText.number(value).utf8)
    }

    /// What the characters of a string are, where they are marked.
    @inline(__always)
    package static func kind(of characters: Bytes) -> JSONKind? {
        guard characters.count > prefixCount, characters[0] == mark.0 else { return nil }
        guard characters[1] == mark.1, characters[2] == mark.2 else { return nil }
        return kind(letter: characters[3])
    }

    /// The same of a string with its quotes.
    package static func kind(ofQuoted text: Bytes) -> JSONKind? {
        guard text.count > 2, text[0] == UInt8(ascii: "\"") else { return nil }
        return kind(of: Bytes(rebasing: text[1..<(text.count - 1)]))
    }

    /// The characters of a string without the mark, if it has one.
    @inline(__always)
    package static func characters(_ characters: Bytes) -> Bytes {
        kind(of: characters) == nil ? characters : Bytes(rebasing: characters[prefixCount...])
    }

    /// Whether the mark may be somewhere in these bytes.
    package static func isPossible(in bytes: Bytes) -> Bool {
        guard let base = bytes.baseAddress.map(UnsafeRawPointer.init) else { return false }
        let ones: UInt64 = 0x0101_0101_0101_0101
        var place = 0
        while place + 8 <= bytes.count {
            let word = base.loadUnaligned(fromByteOffset: place, as: UInt64.self) ^ (ones &* UInt64(mark.0))
            if (word &- ones) & ~word & (ones &* 0x80) != 0, isThere(bytes, place..<(place + 8)) {
                return true
            }
            place += 8
        }
        return isThere(bytes, place..<bytes.count)
    }

    private static func isThere(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
        range.contains {
            bytes[$0] == mark.0 && $0 + 2 < bytes.count && bytes[$0 + 1] == mark.1 && bytes[$0 + 2] == mark.2
        }
    }

    /// Appends a JSON text as other programs read it: numbers as JSON has them, other values as strings.
    package static func appendPlain(_ text: Bytes, to writer: inout JSONWriter) {
        var copied = 0
        var place = 1
        while place + prefixCount < text.count {
            guard text[place] == mark.0, text[place - 1] == UInt8(ascii: "\""),
                place < 2 || text[place - 2] != UInt8(ascii: "\\"),
                let kind = kind(of: Bytes(rebasing: text[place...]))
            else {
                place += 1
                continue
            }
            writer.append(Bytes(rebasing: text[copied..<(place - 1)]))
            let start = place + prefixCount
            place = start
            // These texts have no escapes.
            while place < text.count, text[place] != UInt8(ascii: "\"") { place += 1 }
            let value = Bytes(rebasing: text[start..<place])
            let last = value.last ?? 0
            // NaN and the infinities end in letters, and are no numbers of JSON.
            if kind == .double, last &- 0x30 < 10 {
                writer.append(value)
            } else {
                writer.appendQuoted(value)
            }
            copied = min(place + 1, text.count)
            place = copied + 1
        }
        writer.append(Bytes(rebasing: text[copied...]))
    }

    /// A JSON text as other programs read it.
    package static func plain(_ text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            guard isPossible(in: bytes) else { return nil }
            var writer = JSONWriter(capacity: bytes.count)
            appendPlain(bytes, to: &writer)
            return writer.text
        } ?? text
    }
}
