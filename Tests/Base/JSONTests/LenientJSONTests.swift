import TestSupport
import Testing
import JSON

/// What is taken beyond JSON, and what is not.
@Suite struct LenientJSONTests {
    private static let mark = String(decoding: TypedText.least, as: UTF8.self)

    /// The canonical text of what a text is read as; `nil` where it is refused.
    private static func read(_ text: String, _ syntax: JSONTape.Syntax = .lenient) -> String? {
        let tape = JSONTape()
        var text = text
        return text.withUTF8 { bytes in
            do throws(JSONError) { try tape.parse(bytes, syntax: syntax) } catch { return nil }
            var writer = JSONWriter()
            tape.appendCanonical(0, to: &writer)
            return writer.text
        }
    }

    @Test(arguments: [
        ("{a:1}", #"{"a":1}"#), ("{ $a_1 : 1 , é:2}", #"{"$a_1":1,"é":2}"#),
        ("{'a b': 'c'}", #"{"a b":"c"}"#),
        (#"'it\'s "x" \n \u0041'"#, #""it's \"x\" \n A""#), ("{a:1,}", #"{"a":1}"#),
        ("{a:1,,b:2,}", #"{"a":1,"b":2}"#),
        ("[1,]", "[1,null]"), ("[,]", "[null,null]"), ("[1, ,77]", "[1,null,77]"),
        ("[[,],{}]", "[[null,null],{}]"),
        ("TRUE", "true"), ("[False,NULL,undefined]", "[false,null,null]"),
        ("[+1,.5,5.,-.5,5.e1]", "[1,0.5,5,-0.5,50]"),
        ("{a:[{b:'c',},],}", #"{"a":[{"b":"c"},null]}"#), ("{a:'1,2}'}", #"{"a":"1,2}"}"#),
    ])
    func takesMoreThanJSON(text: String, canonical: String) {
        #expect(Self.read(text) == canonical)
        #expect(Self.read(text, .strict) == nil)
    }

    @Test func numbersThatJSONDoesNotHave() {
        #expect(
            Self.read("[NaN,Infinity,-inf]")
                == "[\"\(Self.mark)fNaN\",\"\(Self.mark)finf\",\"\(Self.mark)f-inf\"]")
    }

    @Test(arguments: [
        "", "{", "[", "{a}", "{a:}", "{a:b}", "{:1}", "{1:2}", "{a:1 b:2}", "[1 2]", "'a", "{a:1]", "[1}",
        "1,", ",", "{,}",
        "[1]]", "{a:{}", "nulle", "+", ".", "-.", "+-1", "01x", "1 2", "'a' 'b'", "{'a' 1}", "{a::1}", "[:]",
        "{{}:1}",
        "{a:1,'b'}", "\u{1}", "1e", "[1,2", "/* c */ 1",
    ])
    func refusesWhatItCannotUnderstand(text: String) { #expect(Self.read(text) == nil) }

    /// Changed texts are read as JSON or refused, and what is read is read again as the same.
    @Test func changedTextsAreReadOrRefused() {
        let corpus = [
            "{a: [1, ,2], 'b': {\"c\": NaN, d: .5,},}", "[+1, TRUE, 'x\\'y', undefined, {e: -inf}]",
        ]
        let pieces = Array("{}[]:,'\"\\ntfaNu.+-e1 \u{e9}").map(String.init)
        var random = SeededGenerator(seed: 5)
        var readable = 0
        for _ in 0..<20_000 {
            var characters = Array(corpus[Int.random(in: 0..<2, using: &random)]).map(String.init)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<characters.count, using: &random)
                let piece = pieces.randomElement(using: &random) ?? ""
                if Bool.random(using: &random) {
                    characters[place] = piece
                } else {
                    characters.insert(piece, at: place)
                }
            }
            let text = characters.joined()
            guard let canonical = Self.read(text) else { continue }
            readable += 1
            #expect(Self.read(canonical, .strict) == canonical, "\(text)")
        }
        #expect(readable > 1000)
    }

    // MARK: Typed values

    @Test func typedValuesAreGivenToOthersAsJSON() {
        let mark = Self.mark
        let text =
            "{\"a\":\"\(mark)f1.5\",\"b\":[\"\(mark)d2024-01-15\",\"\(mark)fNaN\",\"\(mark)f1e+17\"],\"c\":\"x\(mark)d\"}"
        #expect(
            TypedText.plain(text) == "{\"a\":1.5,\"b\":[\"2024-01-15\",\"NaN\",1e+17],\"c\":\"x\(mark)d\"}")
        for (text, plain) in [
            ("\"\(mark)f-2\"", "-2"), ("\"\(mark)bFF\"", "\"FF\""), ("\"\(mark)\"", "\"\(mark)\""),
        ] {
            #expect(TypedText.plain(text) == plain)
        }
    }

    @Test func kindsOfTypedValues() {
        let kinds: [(String, JSONKind)] = [
            ("d", .date), ("t", .time), ("n", .timestampNTZ), ("l", .timestampLTZ), ("z", .timestampTZ),
            ("b", .binary),
            ("f", .double), ("q", .string),
        ]
        for (letter, kind) in kinds {
            var text = "\"\(Self.mark)\(letter)1\""
            text.withUTF8 { #expect(JSONPath.kind(of: $0) == kind) }
        }
    }
}
