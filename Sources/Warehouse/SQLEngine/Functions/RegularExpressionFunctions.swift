import JSON
import Vectors

/// Functions that match regular expressions.
enum RegularExpressionFunctions {
    static let all: [ScalarFunction] = [like, count, position, substring, allSubstrings, replace]

    private static let like = function(
        "REGEXP_LIKE", aliases: ["RLIKE", "REGEXP"], "REGEXP_LIKE(text, pattern[, parameters])",
        "Whether the whole text matches a regular expression.", [], .boolean
    ) { call, arguments, count in
        var call = call
        return try RowCalls.booleans(arguments, count: count) { row in
            try call.matcher(row).matchesWhole(arguments[0].bytes(row))
        }
    }

    private static let count = function(
        "REGEXP_COUNT", "REGEXP_COUNT(text, pattern[, position[, parameters]])",
        "How often a regular expression matches.", [.integer], .integer
    ) { call, arguments, count in
        var call = call
        return try RowCalls.integers(arguments, count: count) { row in
            let text = arguments[0].bytes(row)
            var matches = try call.matches(row, from: call.number(2, row, default: 1))
            var found = 0
            while matches.next(text) != nil { found += 1 }
            return found
        }
    }

    private static let position = function(
        "REGEXP_INSTR",
        "REGEXP_INSTR(text, pattern[, position[, occurrence[, option[, parameters[, group]]]]])",
        "The place, from 1, at which a match begins, or with option 1 the place behind it; 0 for none.",
        [.integer, .integer, .integer], .integer, wantsGroups: true
    ) { call, arguments, count in
        var call = call
        return try RowCalls.integers(arguments, count: count) { row in
            let text = arguments[0].bytes(row)
            let option = try call.number(4, row, default: 0, least: 0)
            guard option <= 1 else {
                throw SQLError(.data, "the option of REGEXP_INSTR is 0 or 1, not \(option)")
            }
            guard let range = try call.occurrence(row, text) else { return 0 }
            return UTF8Bytes.characterCount(UTF8Bytes.slice(text, 0, option == 0 ? range.start : range.end))
                + 1
        }
    }

    private static let substring = function(
        "REGEXP_SUBSTR", "REGEXP_SUBSTR(text, pattern[, position[, occurrence[, parameters[, group]]]])",
        "The part of a text that a regular expression, or one of its groups, matches.", [.integer, .integer],
        .varchar,
        wantsGroups: true
    ) { call, arguments, count in
        var call = call
        return try RowCalls.text(arguments, count: count) { row, output in
            let text = arguments[0].bytes(row)
            guard let range = try call.occurrence(row, text) else { return false }
            return try output.append(UTF8Bytes.slice(text, range.start, range.end))
        }
    }

    private static let allSubstrings = function(
        "REGEXP_SUBSTR_ALL", aliases: ["REGEXP_EXTRACT_ALL"],
        "REGEXP_SUBSTR_ALL(text, pattern[, position[, occurrence[, parameters[, group]]]])",
        "All parts of a text that a regular expression, or one of its groups, matches, as an ARRAY.",
        [.integer, .integer], .array, wantsGroups: true
    ) { call, arguments, count in
        var call = call
        return try RowCalls.text(arguments, count: count, .array) { row, output in
            let text = arguments[0].bytes(row)
            let group = try call.group(row)
            var matches = try call.matches(row, from: call.number(2, row, default: 1))
            var skipped = try call.number(3, row, default: 1) - 1
            var json: [UInt8] = [UInt8(ascii: "[")]
            while matches.next(text) != nil {
                skipped -= 1
                guard skipped < 0, let range = matches.range(group) else { continue }
                if json.count > 1 { json.append(UInt8(ascii: ",")) }
                json.append(0x22)
                JSONText.appendEscaped(UTF8Bytes.slice(text, range.start, range.end), to: &json)
                json.append(0x22)
            }
            return try output.append(json + [UInt8(ascii: "]")])
        }
    }

    private static let replace = function(
        "REGEXP_REPLACE",
        "REGEXP_REPLACE(text, pattern[, replacement[, position[, occurrence[, parameters]]]])",
        "The text with what a regular expression matches replaced; \\1 to \\9 in the replacement stand for groups.",
        [.text, .integer, .integer], .varchar, wantsGroups: true
    ) { call, arguments, count in
        var call = call
        return try RowCalls.text(arguments, count: count) { row, output in
            let text = arguments[0].bytes(row)
            let occurrence = try call.number(4, row, default: 0, least: 0)
            let start = try call.number(3, row, default: 1)
            let replacement = arguments.count > 2 ? Array(arguments[2].bytes(row)) : []
            var matches = try call.matches(row, from: start)
            var result: [UInt8] = []
            var copied = 0
            var number = 0
            while let match = matches.next(text) {
                number += 1
                guard occurrence == 0 || number == occurrence else { continue }
                result += text[copied..<match.start]
                append(replacement, text, matches, to: &result)
                copied = match.end
                if number == occurrence || result.count > TextOutput.byteCountMax { break }
            }
            if number == 0 { return try output.append(text) }
            return try output.append(result + text[copied...])
        }
    }

    private static func append(
        _ replacement: [UInt8], _ text: UTF8Bytes.Bytes, _ matches: Matches, to result: inout [UInt8]
    ) {
        var place = 0
        while place < replacement.count {
            let byte = replacement[place]
            place += 1
            guard byte == UInt8(ascii: "\\"), place < replacement.count else {
                result.append(byte)
                continue
            }
            let next = replacement[place]
            place += 1
            if next &- 0x30 < 10 {
                if let range = matches.range(Int(next - 0x30)) { result += text[range.start..<range.end] }
            } else {
                result.append(next)
            }
        }
    }

    // MARK: Binding

    /// - Parameter further: the kinds of the arguments between the pattern and the parameters.
    private static func function(
        _ name: String, aliases: [String] = [], _ signature: String, _ summary: String,
        _ further: [ArgumentKind],
        _ result: SQLType, wantsGroups: Bool = false,
        _ body: @escaping @Sendable (_ call: Call, _ arguments: [Vector], _ count: Int) throws -> Vector
    ) -> ScalarFunction {
        let takesGroup = wantsGroups && name != "REGEXP_REPLACE"
        let parameters = 2 + further.count
        let kinds: [ArgumentKind] = [.text, .text] + further + [.text] + (takesGroup ? [.integer] : [])
        return ScalarFunction(name, aliases: aliases, signature, summary) { arguments throws(SQLError) in
            let types = try ScalarFunction.targets(signature, arguments, kinds, 2...kinds.count)
            var preset: (RegularExpression, Bool)?
            let isPlain = arguments.count <= parameters
            if case .text(let pattern) = arguments[1].constant,
                isPlain || arguments[parameters].constant != nil
            {
                var text = ""
                if !isPlain, case .text(let given) = arguments[parameters].constant { text = given }
                let (options, extracts) = try readParameters(text)
                preset = (try RegularExpression(pattern, options), extracts)
            }
            return .init(types, result) { [preset] arguments, count, _ in
                let call = Call(
                    arguments: arguments, parameters: parameters, wantsGroups: wantsGroups,
                    preset: preset.map {
                        .init(RegularExpressionMatcher($0.0, wantsGroups: wantsGroups), extracts: $0.1)
                    })
                return try body(call, arguments, count)
            }
        }
    }

    /// The options that letters name, and whether `e` (the first group is what is asked for) is among them.
    private static func readParameters(
        _ text: String
    ) throws(SQLError) -> (options: RegularExpression.Options, extracts: Bool) {
        var options = RegularExpression.Options()
        var extracts = false
        for letter in text.utf8 {
            switch letter {
            case UInt8(ascii: "c"): options.ignoresCase = false
            case UInt8(ascii: "i"): options.ignoresCase = true
            case UInt8(ascii: "m"): options.isMultiLine = true
            case UInt8(ascii: "s"): options.dotMatchesNewline = true
            case UInt8(ascii: "e"): extracts = true
            default:
                throw SQLError(
                    .data, "the parameters of a regular expression are c, i, m, e and s, not '\(text)'")
            }
        }
        return (options, extracts)
    }

    // MARK: Evaluating

    private struct Compiled {
        let matcher: RegularExpressionMatcher
        let extracts: Bool

        init(_ matcher: RegularExpressionMatcher, extracts: Bool) {
            self.matcher = matcher
            self.extracts = extracts
        }
    }

    /// The arguments of a batch.
    private struct Call {
        let arguments: [Vector]
        /// The place of the parameters among the arguments.
        let parameters: Int
        let wantsGroups: Bool
        let preset: Compiled?
        var cache = KeyedCache<Compiled>()

        private mutating func compiled(_ row: Int) throws -> Compiled {
            if let preset { return preset }
            let pattern = arguments[1].bytes(row)
            let options = arguments.count > parameters ? Array(arguments[parameters].bytes(row)) : []
            let wantsGroups = wantsGroups
            return try cache.value(Array(pattern) + [0xFF] + options) {
                let (options, extracts) = try readParameters(String(decoding: options, as: UTF8.self))
                let expression = try RegularExpression(String(decoding: pattern, as: UTF8.self), options)
                return Compiled(
                    RegularExpressionMatcher(expression, wantsGroups: wantsGroups), extracts: extracts)
            }
        }

        mutating func matcher(_ row: Int) throws -> RegularExpressionMatcher { try compiled(row).matcher }

        /// A whole number among the arguments.
        func number(_ place: Int, _ row: Int, default value: Int, least: Int = 1) throws(SQLError) -> Int {
            guard place < parameters, place < arguments.count else { return value }
            let number = arguments[place].integer(row)
            if number < least {
                throw SQLError(
                    .data,
                    "positions and occurrences of regular expressions count from \(least), not \(number)")
            }
            return number
        }

        /// The group that is asked for; 0 for the whole match.
        mutating func group(_ row: Int) throws -> Int {
            let compiled = try compiled(row)
            if arguments.count > parameters + 1 {
                let number = arguments[parameters + 1].integer(row)
                if number < 0 {
                    throw SQLError(.data, "groups of regular expressions count from 0, not \(number)")
                }
                return number
            }
            return compiled.extracts && compiled.matcher.expression.groupCount > 0 ? 1 : 0
        }

        /// - Parameter position: the character at which the search begins, from 1.
        mutating func matches(_ row: Int, from position: Int) throws -> Matches {
            let text = arguments[0].bytes(row)
            let start = UTF8Bytes.offset(text, skipping: position - 1)
            let isBehind = start == text.count && position - 1 > UTF8Bytes.characterCount(text)
            return Matches(try compiled(row).matcher, from: isBehind ? text.count + 1 : start)
        }

        /// Where the match (or its group) that the arguments from the third on ask for stands.
        mutating func occurrence(_ row: Int, _ text: UTF8Bytes.Bytes) throws -> (start: Int, end: Int)? {
            let group = try group(row)
            var left = try number(3, row, default: 1)
            var matches = try matches(row, from: number(2, row, default: 1))
            while matches.next(text) != nil {
                left -= 1
                if left == 0 { return matches.range(group) }
            }
            return nil
        }
    }

    /// Matches one after the other, in the text from some byte on: what is before it is not looked at, neither by `^`
    /// nor by `\b`. A match of nothing right behind another match does not count.
    private struct Matches {
        private let matcher: RegularExpressionMatcher
        /// Where the text begins that is searched; what follows counts from here.
        private let base: Int
        private var start = 0
        private var lastEnd = -1

        init(_ matcher: RegularExpressionMatcher, from base: Int) {
            self.matcher = matcher
            self.base = base
        }

        mutating func next(_ whole: UTF8Bytes.Bytes) -> (start: Int, end: Int)? {
            guard base <= whole.count else { return nil }
            let text = UTF8Bytes.slice(whole, base, whole.count)
            while start <= text.count, matcher.find(text, from: start) {
                guard let match = matcher.range(0) else { break }
                if match.end > match.start {
                    start = match.end
                } else {
                    start = match.end < text.count ? UTF8Bytes.next(text, after: match.end) : text.count + 1
                    if match.end == lastEnd { continue }
                }
                lastEnd = match.end
                return (base + match.start, base + match.end)
            }
            start = text.count + 1
            return nil
        }

        /// Where a group of the last match stands.
        func range(_ group: Int) -> (start: Int, end: Int)? {
            matcher.range(group).map { (base + $0.start, base + $0.end) }
        }
    }
}
