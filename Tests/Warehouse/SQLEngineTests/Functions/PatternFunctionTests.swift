import SQLEngine
import Testing
import Vectors

@Suite struct PatternFunctionTests {
    private static let examples: [Example] = [
        .init("LIKE", ["abc", "abc"], "TRUE"), .init("LIKE", ["abc", "ab"], "FALSE"),
        .init("LIKE", ["abc", "a%"], "TRUE"),
        .init("LIKE", ["abc", "%c"], "TRUE"), .init("LIKE", ["abc", "%b%"], "TRUE"),
        .init("LIKE", ["abc", "%x%"], "FALSE"),
        .init("LIKE", ["abc", "a_c"], "TRUE"), .init("LIKE", ["aöc", "a_c"], "TRUE"),
        .init("LIKE", ["a😀", "a_"], "TRUE"),
        .init("LIKE", ["abc", "___"], "TRUE"), .init("LIKE", ["abc", "__"], "FALSE"),
        .init("LIKE", ["", "%"], "TRUE"),
        .init("LIKE", ["", ""], "TRUE"), .init("LIKE", ["", "_"], "FALSE"),
        .init("LIKE", ["aXbXc", "a%X%c"], "TRUE"),
        .init("LIKE", ["ab", "a%b%b"], "FALSE"), .init("LIKE", ["aba", "ab%ba"], "FALSE"),
        .init("LIKE", ["abba", "ab%ba"], "TRUE"),
        .init("LIKE", ["mississippi", "m%iss%ip_i"], "TRUE"), .init("LIKE", ["100%", "100!%", "!"], "TRUE"),
        .init("LIKE", ["100x", "100!%", "!"], "FALSE"), .init("LIKE", ["a_b", "a\\_b", "\\"], "TRUE"),
        .init("LIKE", ["a\\b", "a\\b"], "TRUE"), .init("LIKE", ["ABC", "abc"], "FALSE"),
        .init("ILIKE", ["ABC", "abc"], "TRUE"),
        .init("ILIKE", ["STRÄND", "str_nd"], "TRUE"), .init("ILIKE", ["ÄPFEL", "äpf%"], "TRUE"),
        .init("ILIKE", ["xyz", "%Y%"], "TRUE"),
        .init("LIKE", [nil, "a"], "NULL"), .init("LIKE", ["a", nil], "NULL"),
        .init("LIKE", ["a\nb", "a%b"], "TRUE"),
    ]

    @Test(arguments: examples) func example(_ example: Example) throws { try example.check() }

    @Test func escapesThatAreNoneAreErrors() {
        #expect(failure("LIKE", ["a", "a!", "!"])?.code == .data)
        #expect(failure("LIKE", ["a", "a", "!!"])?.code == .data)
        #expect(failure("LIKE", ["a"])?.message.contains("LIKE(text, pattern[, escape])") == true)
    }

    /// LIKE by its definition.
    private static func matches(_ text: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "%" {
            return (text.startIndex...text.endIndex).contains { matches(text[$0...], pattern.dropFirst()) }
        }
        guard let character = text.first, first == "_" || first == character else { return false }
        return matches(text.dropFirst(), pattern.dropFirst())
    }

    @Test func randomPatternsMatchAsTheDefinitionSays() throws {
        var generator = Generator(seed: 7)
        for _ in 0..<20_000 {
            let text = generator.text(["a", "b", "é", "😀"], upTo: 8)
            let pattern = generator.text(["a", "b", "é", "%", "_", "%"], upTo: 7)
            let matcher = try Array(pattern.utf8).withUnsafeBufferPointer { try LikePattern.compile($0) }
            let isMatch = Array(text.utf8).withUnsafeBufferPointer { matcher.matches($0) }
            #expect(
                isMatch == Self.matches(ArraySlice(text), ArraySlice(pattern)), "'\(text)' LIKE '\(pattern)'")
            if isMatch { #expect(Array(text.utf8).starts(with: matcher.prefix)) }
        }
    }
}

/// Random numbers that are the same in each run.
struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return StringHash.hash(state)
    }

    /// Up to so many of these characters.
    mutating func text(_ characters: [String], upTo count: Int) -> String {
        (0..<Int.random(in: 0...count, using: &self)).map { _ in characters.randomElement(using: &self) ?? ""
        }.joined()
    }
}
