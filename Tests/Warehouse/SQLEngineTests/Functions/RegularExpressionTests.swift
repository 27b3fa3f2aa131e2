import SQLEngine
import Testing
import Vectors

@Suite struct RegularExpressionTests {
    /// Pattern, text, and where the first match and its groups stand, as characters; empty for no match.
    struct Case: Sendable, CustomStringConvertible {
        let pattern: String
        let text: String
        let parameters: String
        let groups: [String?]

        init(_ pattern: String, _ text: String, _ groups: [String?], _ parameters: String = "") {
            (self.pattern, self.text, self.groups, self.parameters) = (pattern, text, groups, parameters)
        }

        var description: String { "'\(pattern)' in '\(text)'" }
    }

    private static let cases: [Case] = [
        .init("abc", "xabcx", ["abc"]), .init("a|b", "cb", ["b"]), .init("a|ab", "ab", ["a"]),
        .init("(a|ab)(c|bcd)", "abcd", ["abcd", "a", "bcd"]),
        .init("a*", "aaab", ["aaa"]), .init("a*?", "aaab", [""]), .init("a+?", "aaab", ["a"]),
        .init("a??b", "ab", ["ab"]),
        .init("a{2}", "aaaa", ["aa"]), .init("a{2,3}", "aaaa", ["aaa"]), .init("a{2,}", "aaaa", ["aaaa"]),
        .init("a{2,3}?", "aaaa", ["aa"]),
        .init("a{,2}", "a{,2}", ["a{,2}"]), .init("a{x", "a{x", ["a{x"]), .init("x*", "aaa", [""]),
        .init("(a*)*", "aab", ["aa", "aa"]),
        .init("(a*)+", "b", ["", ""]), .init("(a|b)*c", "abac", ["abac", "a"]),
        .init("(?:ab)+", "ababx", ["abab"]),
        .init(".", "ä", ["ä"]), .init("^.$", "😀", ["😀"]), .init("[äö]+", "xäöä", ["äöä"]),
        .init("[^a]", "aé", ["é"]), .init("[a-c]+", "xxabcd", ["abc"]),
        .init("[]a]+", "]a]", ["]a]"]), .init("[^]a]+", "]ab", ["b"]), .init("[a-]+", "-a-", ["-a-"]),
        .init("[[:alpha:]]+", "12ab3", ["ab"]),
        .init("[[:alpha:][:digit:]_]+", "--a_1-", ["a_1"]), .init("[\\d.]+", "v1.25x", ["1.25"]),
        .init("[^\\W]+", "--ab", ["ab"]),
        .init("\\d+", "ab123c", ["123"]), .init("\\D+", "12ab3", ["ab"]),
        .init("\\w+", "  foo_1 ", ["foo_1"]), .init("\\s+", "a \t\nb", [" \t\n"]),
        .init("\\S+", "  ab ", ["ab"]), .init("\\bfoo\\b", "a foo b", ["foo"]),
        .init("\\bfoo\\b", "afoo b", []), .init("\\Boo", "foo", ["oo"]),
        .init("^b", "ab", []), .init("^b", "a\nb", ["b"], "m"), .init("a$", "a\nb", []),
        .init("a$", "a\nb", ["a"], "m"),
        .init("a.b", "a\nb", []), .init("a.b", "a\nb", ["a\nb"], "s"), .init("ABC", "xabc", ["abc"], "i"),
        .init("[A-C]+", "xabc", ["abc"], "i"),
        .init("É", "é", ["é"], "i"), .init("[à-é]", "É", ["É"], "i"), .init("[^a]", "A", [], "i"),
        .init("abc", "ABC", [], "ic"),
        .init("\\.", "a.b", ["."]), .init("\\\\", "a\\b", ["\\"]), .init("\\x41\\x{1F600}", "A😀", ["A😀"]),
        .init("a\\tb", "a\tb", ["a\tb"]),
        .init("", "abc", [""]), .init("()", "abc", ["", ""]), .init("(a)|(b)", "b", ["b", nil, "b"]),
        .init("a(?:b|c)d", "acd", ["acd"]),
        .init("(\\w+)@(\\w+)\\.com", "me: joe@mail.com!", ["joe@mail.com", "joe", "mail"]),
        .init("(.*)(\\d)", "ab12", ["ab12", "ab1", "2"]),
        .init("(.*?)(\\d)", "ab12", ["ab1", "ab", "1"]), .init("x(a|b|)y", "xy", ["xy", ""]),
        .init("(^a|b)c", "xbc", ["bc", "b"]),
        .init("\\Aab\\z", "ab", ["ab"]), .init("a]b}", "a]b}", ["a]b}"]),
    ]

    private func options(_ parameters: String) -> RegularExpression.Options {
        var options = RegularExpression.Options()
        for letter in parameters {
            switch letter {
            case "i": options.ignoresCase = true
            case "c": options.ignoresCase = false
            case "m": options.isMultiLine = true
            default: options.dotMatchesNewline = true
            }
        }
        return options
    }

    @Test(arguments: cases) func firstMatch(_ example: Case) throws {
        let expression = try RegularExpression(example.pattern, options(example.parameters))
        let matcher = RegularExpressionMatcher(expression, wantsGroups: true)
        let text = Array(example.text.utf8)
        let isFound = text.withUnsafeBufferPointer { matcher.find($0, from: 0) }
        var groups: [String?] = []
        for slot in stride(from: 0, to: isFound ? matcher.slots.count : 0, by: 2) {
            let (start, end) = (matcher.slots[slot], matcher.slots[slot + 1])
            groups.append(start < 0 ? nil : String(decoding: text[start..<end], as: UTF8.self))
        }
        #expect(groups == example.groups)
    }

    /// The first place in the pattern that is wrong, from 1.
    private static let wrong: [(String, Int)] = [
        ("a)", 2), ("(a", 1), ("[a", 1), ("*a", 1), ("a**", 3), ("a+*", 3), ("a{3,2}", 2), ("a\\", 2),
        ("(?=a)", 1), ("(?<n>a)", 1), ("(?i)a", 1),
        ("(a)\\1", 4), ("a++", 3), ("[b-a]", 2), ("[[:nope:]]", 2), ("\\q", 1), ("\\xZZ", 1), ("a{2000}", 2),
        ("x|*", 3), ("[[.a.]]", 2), ("[a-\\d]", 4),
    ]

    @Test(arguments: wrong) func wrongPatternsTellTheirPlace(_ pattern: String, _ place: Int) {
        let error = #expect(throws: SQLError.self) { try RegularExpression(pattern) }
        #expect(error?.message.hasSuffix("at character \(place)") == true, "\(error?.message ?? "")")
    }

    @Test func patternsThatGrowTooLargeAreErrors() {
        #expect(throws: SQLError.self) { try RegularExpression("((a{100}){100}){100}") }
        #expect(throws: SQLError.self) { try RegularExpression("(?:(?:(?:(?:){1000}){1000}){1000}){1000}") }
        #expect(throws: SQLError.self) { try RegularExpression(String(repeating: "(", count: 500)) }
    }

    @Test func matchingTakesLinearTime() throws {
        let text = Array(String(repeating: "a", count: 20_000).utf8)
        for pattern in ["(a*)*b", "(a|aa)+$b", "(a?){30}a{30}b", "(.*)(.*)(.*)x"] {
            let matcher = RegularExpressionMatcher(try RegularExpression(pattern), wantsGroups: false)
            let clock = ContinuousClock.now
            #expect(!text.withUnsafeBufferPointer { matcher.matchesWhole($0) })
            #expect(ContinuousClock.now - clock < .seconds(30))
        }
    }

    private static let functions: [Example] = [
        .init("REGEXP_LIKE", ["San Francisco", "San.* Fr.*"], "TRUE"), .init("RLIKE", ["abc", "b"], "FALSE"),
        .init("REGEXP", ["abc", "ABC", "i"], "TRUE"),
        .init("RLIKE", ["", ""], "TRUE"), .init("RLIKE", ["", "$^"], "TRUE"),
        .init("RLIKE", ["a\nb", "a.b"], "FALSE"), .init("RLIKE", ["a\nb", "a.b", "s"], "TRUE"),
        .init("RLIKE", ["ab", "a|ab"], "TRUE"), .init("RLIKE", ["ab", "^ab$"], "TRUE"),
        .init("RLIKE", ["foo bar", "foo\\b.*"], "TRUE"),
        .init("RLIKE", ["äé", "\\S{2}"], "TRUE"), .init("RLIKE", [nil, "a"], "NULL"),
        .init("RLIKE", ["a", nil], "NULL"),
        .init("REGEXP_COUNT", ["It was the best of times, it was the worst of times", "\\bwas\\b", 1], "2"),
        .init("REGEXP_COUNT", ["aaaa", "aa"], "2"), .init("REGEXP_COUNT", ["aaaa", "a", 3], "2"),
        .init("REGEXP_COUNT", ["abc", "z"], "0"),
        .init("REGEXP_COUNT", ["ABab", "a", 1, "i"], "2"), .init("REGEXP_COUNT", ["abc", "x*"], "4"),
        .init("REGEXP_COUNT", ["a", "a", 5], "0"),
        .init("REGEXP_REPLACE", ["It was the best of times", "( ){1,}", ""], "Itwasthebestoftimes"),
        .init(
            "REGEXP_REPLACE", ["firstname middlename lastname", "(.*) (.*) (.*)", "\\3, \\1 \\2"],
            "lastname, firstname middlename"),
        .init("REGEXP_REPLACE", ["Customers - (NY)", "\\(|\\)", ""], "Customers - NY"),
        .init("REGEXP_REPLACE", ["abc", "b"], "ac"),
        .init("REGEXP_REPLACE", ["times times", "times", "moments", 1, 2], "times moments"),
        .init("REGEXP_REPLACE", ["aXbX", "x", "-", 1, 0, "i"], "a-b-"),
        .init("REGEXP_REPLACE", ["abc", "x*", "-"], "-a-b-c-"),
        .init("REGEXP_REPLACE", ["äöä", "ä", "a", 2], "äöa"),
        .init("REGEXP_REPLACE", ["ab", "(b)(c)?", "[\\1\\2\\0\\\\]"], "a[bb\\]"),
        .init(
            "REGEXP_SUBSTR", ["It was the best of times, it was the worst of times", "the\\W+\\w+"],
            "the best"),
        .init(
            "REGEXP_SUBSTR", ["It was the best of times, it was the worst of times", "the\\W+\\w+", 1, 2],
            "the worst"),
        .init(
            "REGEXP_SUBSTR",
            ["It was the best of times, it was the worst of times", "the\\W+(\\w+)", 1, 2, "e", 1], "worst"),
        .init("REGEXP_SUBSTR", ["a1b2", "([a-z])(\\d)", 1, 2, "e"], "b"),
        .init("REGEXP_SUBSTR", ["a1b2", "[a-z]\\d", 1, 2, "e"], "b2"),
        .init("REGEXP_SUBSTR", ["a1b2", "([a-z])(\\d)", 1, 1, "c", 2], "1"),
        .init("REGEXP_SUBSTR", ["a1", "(a)", 1, 1, "e", 3], "NULL"),
        .init("REGEXP_SUBSTR", ["abc", "z"], "NULL"), .init("REGEXP_SUBSTR", ["abc", "b", 1, 2], "NULL"),
        .init("REGEXP_SUBSTR_ALL", ["a1_a2a3", "a[0-9]"], "[\"a1\",\"a2\",\"a3\"]"),
        .init("REGEXP_SUBSTR_ALL", ["a1a2", "a([0-9])", 1, 2, "e"], "[\"2\"]"),
        .init("REGEXP_SUBSTR_ALL", ["x", "a"], "[]"),
        .init("REGEXP_INSTR", ["It was the best of times", "the"], "8"),
        .init("REGEXP_INSTR", ["äbc", "c"], "3"), .init("REGEXP_INSTR", ["abc", "b", 1, 1, 1], "3"),
        .init("REGEXP_INSTR", ["abcb", "b", 1, 2], "4"), .init("REGEXP_INSTR", ["abcb", "b", 3], "4"),
        .init("REGEXP_INSTR", ["abc", "z"], "0"),
        .init("REGEXP_INSTR", ["a=12", "(\\w)=(\\d+)", 1, 1, 0, "e", 2], "3"),
    ]

    @Test(arguments: functions) func examples(_ example: Example) throws { try example.check() }

    @Test func wrongArgumentsAreErrors() {
        #expect(failure("RLIKE", ["a", "(", "i"])?.code == .data)
        #expect(failure("RLIKE", ["a", "a", "q"])?.code == .data)
        #expect(failure("REGEXP_SUBSTR", ["a", "a", 0])?.code == .data)
        #expect(failure("REGEXP_SUBSTR", ["a", "a", 1, 0])?.code == .data)
        #expect(failure("REGEXP_INSTR", ["a", "a", 1, 1, 2])?.code == .data)
    }

    // MARK: Against a matcher that tries everything

    private indirect enum Node {
        case empty, any
        case character(Character)
        case sequence(Node, Node)
        case either(Node, Node)
        case star(Node, isLazy: Bool)
        case maybe(Node)

        var pattern: String {
            switch self {
            case .empty: "(?:)"
            case .any: "."
            case .character(let character): String(character)
            case .sequence(let first, let second): first.pattern + second.pattern
            case .either(let first, let second): "(?:\(first.pattern)|\(second.pattern))"
            case .star(let node, let isLazy): "(?:\(node.pattern))*\(isLazy ? "?" : "")"
            case .maybe(let node): "(?:\(node.pattern))?"
            }
        }

        /// All places at which a match that begins at `start` can end.
        func ends(_ text: [Character], _ start: Int) -> Set<Int> {
            switch self {
            case .empty: return [start]
            case .any: return start < text.count ? [start + 1] : []
            case .character(let character):
                return start < text.count && text[start] == character ? [start + 1] : []
            case .sequence(let first, let second):
                return Set(first.ends(text, start).flatMap { second.ends(text, $0) })
            case .either(let first, let second):
                return first.ends(text, start).union(second.ends(text, start))
            case .maybe(let node): return node.ends(text, start).union([start])
            case .star(let node, _):
                var all: Set<Int> = [start]
                var new = all
                while !new.isEmpty {
                    new = Set(new.flatMap { node.ends(text, $0) }).subtracting(all)
                    all.formUnion(new)
                }
                return all
            }
        }
    }

    private func node(_ depth: Int, _ generator: inout Generator) -> Node {
        let choice = Int.random(in: 0..<(depth == 0 ? 4 : 9), using: &generator)
        switch choice {
        case 0: return .empty
        case 1: return .any
        case 2: return .character("a")
        case 3: return .character("é")
        case 4: return .either(node(depth - 1, &generator), node(depth - 1, &generator))
        case 5: return .star(node(depth - 1, &generator), isLazy: Bool.random(using: &generator))
        case 6: return .maybe(node(depth - 1, &generator))
        default: return .sequence(node(depth - 1, &generator), node(depth - 1, &generator))
        }
    }

    @Test func randomPatternsMatchWhatTryingEverythingMatches() throws {
        var generator = Generator(seed: 3)
        for _ in 0..<3000 {
            let node = node(4, &generator)
            let expression = try RegularExpression(node.pattern)
            let matcher = RegularExpressionMatcher(expression, wantsGroups: true)
            for _ in 0..<6 {
                let text = generator.text(["a", "é", "b"], upTo: 7)
                let characters = Array(text)
                let ends = node.ends(characters, 0)
                let bytes = Array(text.utf8)
                let isWhole = bytes.withUnsafeBufferPointer { matcher.matchesWhole($0) }
                #expect(isWhole == ends.contains(characters.count), "'\(node.pattern)' for '\(text)'")
                let starts = (0...characters.count).filter { !node.ends(characters, $0).isEmpty }
                let isFound = bytes.withUnsafeBufferPointer { matcher.find($0, from: 0) }
                #expect(isFound == !starts.isEmpty)
                guard isFound, let first = starts.first else { continue }
                let before = String(decoding: bytes[..<matcher.slots[0]], as: UTF8.self).count
                let length = String(decoding: bytes[matcher.slots[0]..<matcher.slots[1]], as: UTF8.self).count
                #expect(
                    before == first && node.ends(characters, first).contains(first + length),
                    "'\(node.pattern)' in '\(text)'")
            }
        }
    }

    @Test func randomTextsAreCompiledOrRefused() {
        var generator = Generator(seed: 11)
        let pieces = [
            "a", "(", ")", "[", "]", "{", "}", "2", ",", "*", "+", "?", "|", "^", "$", "\\", "d", "b", ".",
            "-", ":", "é", "(?:", "[:alpha:]",
        ]
        var compiled = 0
        for _ in 0..<30_000 {
            let pattern = generator.text(pieces, upTo: 12)
            guard let expression = try? RegularExpression(pattern) else { continue }
            compiled += 1
            let matcher = RegularExpressionMatcher(expression, wantsGroups: true)
            let text = Array(generator.text(["a", "b", "2", "é", "-", "\n"], upTo: 6).utf8)
            text.withUnsafeBufferPointer { text in
                // What matches as a whole is found.
                let isFound = matcher.find(text, from: 0)
                if matcher.matchesWhole(text) { #expect(isFound, "'\(pattern)'") }
            }
        }
        #expect(compiled > 3000)
    }
}
