import JSON
import Testing
import Vectors

/// Columns of VARIANTs with values of types that JSON does not have.
@Suite struct TypedTextColumnTests {
    private static let mark = String(decoding: TypedText.least, as: UTF8.self)

    @Test func dictionariesTellWhetherTheyMayHaveTypedValues() {
        #expect(StringDictionary(["a", "日本", "\u{FFFD}"]).mayHaveTypedText == false)
        #expect(StringDictionary(["a", "\(Self.mark)d2024-01-15"]).mayHaveTypedText)
        // The mark is looked for eight bytes at a time: at each place of a word, and over its end.
        for padding in 0..<17 {
            #expect(StringDictionary([String(repeating: "-", count: padding) + Self.mark]).mayHaveTypedText)
        }
    }
}
