/// Reads the text of a regular expression.
struct RegularExpressionParser {
    private let pattern: String
    private let options: RegularExpression.Options
    private let scalars: [UInt32]
    private var place = 0
    private var depth = 0
    /// How many groups that capture have been read.
    private(set) var groupCount = 0

    private static let depthMax = 200
    private static let repetitionsMax = 1000

    init(_ pattern: String, _ options: RegularExpression.Options) {
        self.pattern = pattern
        self.options = options
        scalars = pattern.unicodeScalars.map(\.value)
    }

    private func error(_ message: String, at place: Int, _ code: SQLError.Code = .data) -> SQLError {
        RegularExpression.error(pattern, code, at: place, message)
    }

    private func peek(_ ahead: Int = 0) -> UInt32? {
        place + ahead < scalars.count ? scalars[place + ahead] : nil
    }

    private func isNext(_ character: Unicode.Scalar, _ ahead: Int = 0) -> Bool {
        peek(ahead) == character.value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        place += 1
        return true
    }

    mutating func parse() throws(SQLError) -> RegularExpressionNode {
        let node = try parseAlternatives()
        if place < scalars.count { throw error("')' closes nothing", at: place) }
        return node
    }

    private mutating func parseAlternatives() throws(SQLError) -> RegularExpressionNode {
        var alternatives = [try parseSequence()]
        while take("|") { alternatives.append(try parseSequence()) }
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func parseSequence() throws(SQLError) -> RegularExpressionNode {
        var nodes: [RegularExpressionNode] = []
        while let scalar = peek(), scalar != UInt32(UInt8(ascii: "|")), scalar != UInt32(UInt8(ascii: ")")) {
            nodes.append(try parseRepeated())
        }
        return nodes.isEmpty ? .empty : nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func parseRepeated() throws(SQLError) -> RegularExpressionNode {
        let atom = try parseAtom()
        let start = place
        guard let (min, max) = try parseQuantifier() else { return atom }
        let isLazy = take("?")
        let second = place
        if isNext("+") { throw error("possessive quantifiers are unsupported", at: place, .unsupported) }
        let hasMore = try parseQuantifier() != nil
        if hasMore { throw error("a quantifier follows a quantifier", at: second) }
        if let max, max < min { throw error("the greatest count is less than the least", at: start) }
        if min > Self.repetitionsMax || max ?? 0 > Self.repetitionsMax {
            throw error("counts go up to \(Self.repetitionsMax)", at: start)
        }
        return .repeated(atom, min: min, max: max, isLazy: isLazy)
    }

    private mutating func parseQuantifier() throws(SQLError) -> (min: Int, max: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard isNext("{") else { return nil }
        let start = place
        place += 1
        guard let min = parseNumber() else {
            // A brace that begins no count is a character.
            place = start
            return nil
        }
        var max: Int? = min
        if take(",") { max = isNext("}") ? nil : parseNumber() ?? -1 }
        guard take("}"), max != -1 else {
            place = start
            return nil
        }
        return (min, max)
    }

    private mutating func parseNumber() -> Int? {
        var value: Int?
        while let scalar = peek(), (0x30...0x39).contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar - 0x30), 1_000_000)
            place += 1
        }
        return value
    }

    private mutating func parseAtom() throws(SQLError) -> RegularExpressionNode {
        let start = place
        let scalar = scalars[place]
        place += 1
        switch Unicode.Scalar(scalar) {
        case "(": return try parseGroup(start)
        case "[": return .set(try parseBrackets(start))
        case ".":
            let excluded: [ClosedRange<UInt32>] = options.dotMatchesNewline ? [] : [0x0A...0x0A]
            return .set(RegularExpressionSet(excluded, isNegated: true))
        case "^": return .assertion(options.isMultiLine ? .lineStart : .textStart)
        case "$": return .assertion(options.isMultiLine ? .lineEnd : .textEnd)
        case "*", "+", "?": throw error("there is nothing to repeat", at: start)
        case "\\": return try parseEscape(start)
        default: return .character(scalar)
        }
    }

    private mutating func parseGroup(_ start: Int) throws(SQLError) -> RegularExpressionNode {
        var number: Int?
        if take("?") {
            guard take(":") else {
                throw error("look-around, names and flags of groups are unsupported", at: start, .unsupported)
            }
        } else {
            groupCount += 1
            number = groupCount
        }
        depth += 1
        if depth > Self.depthMax {
            throw error("groups are nested more than \(Self.depthMax) deep", at: start)
        }
        let node = try parseAlternatives()
        depth -= 1
        guard take(")") else { throw error("this group is not closed", at: start) }
        return number.map { .group($0, node) } ?? node
    }

    // MARK: Escapes

    private mutating func parseEscape(_ start: Int) throws(SQLError) -> RegularExpressionNode {
        switch peek().flatMap({ Unicode.Scalar($0) }) {
        case "b": return taking(.assertion(.wordBoundary))
        case "B": return taking(.assertion(.noWordBoundary))
        case "A": return taking(.assertion(.textStart))
        case "z", "Z": return taking(.assertion(.textEnd))
        case .some("1"..."9"):
            throw error("back-references in patterns are unsupported", at: start, .unsupported)
        default:
            if let set = takePerlSet() { return .set(set) }
            return .character(try parseEscapedCharacter(start))
        }
    }

    private mutating func taking(_ node: RegularExpressionNode) -> RegularExpressionNode {
        place += 1
        return node
    }

    private static let digits = RegularExpressionSet([0x30...0x39])
    private static let word = RegularExpressionSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    private static let space = RegularExpressionSet([0x09...0x0D, 0x20...0x20])

    /// The set that `d`, `D`, `w`, `W`, `s` or `S` behind a backslash names.
    private mutating func takePerlSet() -> RegularExpressionSet? {
        var set: RegularExpressionSet
        switch peek().flatMap({ Unicode.Scalar($0) }) {
        case "d": set = Self.digits
        case "w": set = Self.word
        case "s": set = Self.space
        case "D": (set, set.isNegated) = (Self.digits, true)
        case "W": (set, set.isNegated) = (Self.word, true)
        case "S": (set, set.isNegated) = (Self.space, true)
        default: return nil
        }
        place += 1
        return set
    }

    private mutating func parseEscapedCharacter(_ start: Int) throws(SQLError) -> UInt32 {
        guard let scalar = peek() else { throw error("a backslash ends the pattern", at: start) }
        place += 1
        switch Unicode.Scalar(scalar) {
        case "t": return 0x09
        case "n": return 0x0A
        case "v": return 0x0B
        case "f": return 0x0C
        case "r": return 0x0D
        case "a": return 0x07
        case "e": return 0x1B
        case "x": return try parseHexadecimal(start)
        case .some("0"..."9"), .some("A"..."Z"), .some("a"..."z"):
            throw error("this escape is unsupported", at: start, .unsupported)
        default: return scalar
        }
    }

    /// `\x41` or `\x{1F600}`.
    private mutating func parseHexadecimal(_ start: Int) throws(SQLError) -> UInt32 {
        let isBraced = take("{")
        var value: UInt32 = 0
        var count = 0
        while count < (isBraced ? 6 : 2), let scalar = peek(), scalar < 0x80,
            let digit = StringFunctions.hexDigit(UInt8(scalar))
        {
            value = value << 4 | UInt32(digit)
            place += 1
            count += 1
        }
        guard count > 0, isBraced ? take("}") : count == 2, Unicode.Scalar(value) != nil else {
            throw error("\\x needs the number of a character in hexadecimal digits", at: start)
        }
        return value
    }

    // MARK: Brackets

    private mutating func parseBrackets(_ start: Int) throws(SQLError) -> RegularExpressionSet {
        var set = RegularExpressionSet()
        set.isNegated = take("^")
        let first = place
        while true {
            guard let scalar = peek() else { throw error("this bracket is not closed", at: start) }
            if scalar == UInt32(UInt8(ascii: "]")), place > first {
                place += 1
                return set
            }
            if isNext("["), isNext(":", 1) || isNext(".", 1) || isNext("=", 1) {
                set.insert(try parseNamedSet())
                continue
            }
            if isNext("\\") {
                place += 1
                if let perl = takePerlSet() {
                    set.insert(perl)
                    continue
                }
                place -= 1
            }
            try parseRange(into: &set)
        }
    }

    private mutating func parseRange(into set: inout RegularExpressionSet) throws(SQLError) {
        let start = place
        let low = try parseBracketCharacter()
        guard isNext("-"), let after = peek(1), after != UInt32(UInt8(ascii: "]")) else {
            return set.insert(low...low)
        }
        place += 1
        if isNext("\\"), let letter = peek(1), "dDwWsS".unicodeScalars.contains(where: { $0.value == letter })
        {
            throw error("a range cannot end with a set", at: place)
        }
        let high = try parseBracketCharacter()
        guard low <= high else { throw error("the range goes backwards", at: start) }
        set.insert(low...high)
    }

    private mutating func parseBracketCharacter() throws(SQLError) -> UInt32 {
        let start = place
        guard let scalar = peek() else { throw error("this bracket is not closed", at: start) }
        place += 1
        if scalar != UInt32(UInt8(ascii: "\\")) { return scalar }
        if take("b") { return 0x08 }
        return try parseEscapedCharacter(start)
    }

    private static let named: [String: [ClosedRange<UInt32>]] = [
        "alpha": [0x41...0x5A, 0x61...0x7A], "digit": [0x30...0x39],
        "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A],
        "upper": [0x41...0x5A], "lower": [0x61...0x7A], "space": [0x09...0x0D, 0x20...0x20],
        "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0...0x1F, 0x7F...0x7F], "graph": [0x21...0x7E],
        "print": [0x20...0x7E], "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
        "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
        "word": [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A],
    ]

    /// `[:alpha:]` inside of brackets.
    private mutating func parseNamedSet() throws(SQLError) -> RegularExpressionSet {
        let start = place
        guard isNext(":", 1) else {
            throw error("collating symbols and equivalence classes are unsupported", at: start, .unsupported)
        }
        place += 2
        var name = ""
        while let scalar = peek(), scalar < 0x80, scalar != UInt32(UInt8(ascii: ":")), name.utf8.count < 10 {
            name.unicodeScalars.append(Unicode.Scalar(UInt8(scalar)))
            place += 1
        }
        guard take(":"), take("]"), let ranges = Self.named[name] else {
            throw error("there is no class of characters of this name", at: start)
        }
        return RegularExpressionSet(ranges)
    }
}
