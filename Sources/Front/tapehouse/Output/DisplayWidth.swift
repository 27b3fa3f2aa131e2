/// How many columns of a terminal text takes: the one measure of tables and of the prompt.
///
/// Ideographs, kana, hangul, full-width forms and emoji take two; marks that sit on the letter before them
/// none. What a terminal shows as one picture (an emoji with its modifiers, a flag) takes two, whatever it is
/// made of.
enum DisplayWidth {
    /// Where tabs stop.
    static let tabColumns = 8

    /// The columns of a text without control characters.
    static func of(_ text: String) -> Int {
        // Most text is ASCII, where a byte is a column.
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + of($1) }
    }

    /// The columns of a character that is no control character.
    static func of(_ character: Character) -> Int {
        if character.isASCII { return 1 }
        let scalars = character.unicodeScalars
        if isPicture(scalars) { return 2 }
        return scalars.reduce(0) { $0 + of($1) }
    }

    /// The columns of a character that begins in a column: a tab goes to its next stop.
    static func of(_ character: Character, at column: Int) -> Int {
        character == "\t" ? tabColumns - column % tabColumns : of(character)
    }

    private static func isPicture(_ scalars: Character.UnicodeScalarView) -> Bool {
        guard scalars.count > 1, let first = scalars.first else { return false }
        let isFlag = regionalIndicators.contains(first.value)
        return isFlag
            || (first.properties.isEmoji
                && scalars.dropFirst().contains {
                    $0 == "\u{FE0F}" || $0 == "\u{200D}" || $0.properties.isEmojiModifier
                })
    }

    private static let regionalIndicators: ClosedRange<UInt32> = 0x1F1E6...0x1F1FF

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        let value = scalar.value
        // Vowels and final consonants of hangul join the syllable before them.
        if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value) { return 0 }
        if scalar.properties.isEmojiPresentation { return regionalIndicators.contains(value) ? 1 : 2 }
        return wide.contains { $0.contains(value) } ? 2 : 1
    }

    /// The blocks that Unicode's EastAsianWidth.txt has as wide or full-width, beside the emoji.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF,
        0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF,
        0x1AFF0...0x1B2FF, 0x1D300...0x1D376, 0x1F200...0x1F202, 0x1F210...0x1F23B, 0x1F240...0x1F248,
        0x1F250...0x1F251, 0x1F260...0x1F265, 0x20000...0x2FFFD, 0x30000...0x3FFFD,
    ]
}
