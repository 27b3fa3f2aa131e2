/// A regular expression: POSIX extended syntax with Perl's `\d \D \w \W \s \S \b \B`, lazy quantifiers and
/// groups that capture nothing. Of alternatives the first that fits wins. Matching takes time in proportion
/// to the text.
package struct RegularExpression: Sendable {
    /// How a pattern is to be understood.
    package struct Options: Sendable, Hashable {
        /// Letters match in either case.
        package var ignoresCase = false
        /// `^` and `$` match at the ends of lines, too.
        package var isMultiLine = false
        /// `.` matches the end of a line, too.
        package var dotMatchesNewline = false

        package init() {}
    }

    struct Instruction: Sendable {
        enum Operation: UInt8, Sendable {
            /// The character `x`.
            case character
            /// A character of set number `x`.
            case set
            /// Goes on at `x`, and where that fails at `y`.
            case split
            /// Goes on at `x`.
            case jump
            /// Notes the place in slot `x`.
            case save
            case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
            case match
        }

        var operation: Operation
        var x: Int32 = 0
        var y: Int32 = 0
    }

    let program: [Instruction]
    let sets: [RegularExpressionSet]
    /// How many groups capture.
    package let groupCount: Int
    /// For each byte whether a match may begin with it; empty where a match may be empty.
    let firstBytes: [Bool]

    /// Understands a pattern.
    package init(_ pattern: String, _ options: Options = Options()) throws(SQLError) {
        var parser = RegularExpressionParser(pattern, options)
        let node = try parser.parse()
        var compiler = RegularExpressionCompiler(options, pattern)
        try compiler.compile(node)
        program = compiler.program
        sets = compiler.sets
        groupCount = parser.groupCount
        firstBytes = compiler.firstBytes()
    }

    /// An error in a pattern.
    ///
    /// - Parameter place: the character, from 0.
    static func error(_ pattern: String, _ code: SQLError.Code = .data, at place: Int, _ message: String)
        -> SQLError
    {
        SQLError(code, "regular expression '\(pattern)': \(message) at character \(place + 1)")
    }
}

/// The parts of a regular expression.
indirect enum RegularExpressionNode {
    case empty
    case character(UInt32)
    case set(RegularExpressionSet)
    case assertion(RegularExpression.Instruction.Operation)
    /// A group that captures, by its number from 1.
    case group(Int, RegularExpressionNode)
    case sequence([RegularExpressionNode])
    case alternatives([RegularExpressionNode])
    case repeated(RegularExpressionNode, min: Int, max: Int?, isLazy: Bool)
}

/// A set of characters.
struct RegularExpressionSet: Sendable, Hashable {
    /// Ranges, in order and apart from each other once `finish` was called.
    private(set) var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false
    private var ignoresCase = false
    /// Which of the first 128 characters are in the set, after everything.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(_ ranges: [ClosedRange<UInt32>] = [], isNegated: Bool = false) {
        self.ranges = ranges
        self.isNegated = isNegated
    }

    mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

    /// Adds what another set contains.
    mutating func insert(_ other: RegularExpressionSet) {
        guard other.isNegated else { return ranges += other.ranges }
        var next: UInt32 = 0
        for range in other.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if next < range.lowerBound { ranges.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        ranges.append(next...0x10FFFF)
    }

    /// Makes the set ready to be asked.
    func finished(ignoresCase: Bool) -> RegularExpressionSet {
        var result = self
        result.ignoresCase = ignoresCase
        result.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.ranges.last, range.lowerBound <= last.upperBound + 1 {
                result.ranges[result.ranges.count - 1] =
                    last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.ranges.append(range)
            }
        }
        for scalar in UInt32(0)..<128 where result.search(scalar) != isNegated {
            if scalar < 64 {
                result.low |= 1 << UInt64(scalar)
            } else {
                result.high |= 1 << UInt64(scalar - 64)
            }
        }
        return result
    }

    @inline(__always)
    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 64 { return low >> UInt64(scalar) & 1 != 0 }
        if scalar < 128 { return high >> UInt64(scalar - 64) & 1 != 0 }
        return search(scalar) != isNegated
    }

    private func search(_ scalar: UInt32) -> Bool {
        if holds(scalar) { return true }
        guard ignoresCase, let character = Unicode.Scalar(scalar) else { return false }
        let properties = character.properties
        for mapping in [properties.lowercaseMapping, properties.uppercaseMapping] {
            let scalars = mapping.unicodeScalars
            if scalars.count == 1, let other = scalars.first, holds(other.value) { return true }
        }
        return false
    }

    private func holds(_ scalar: UInt32) -> Bool {
        var start = 0
        var end = ranges.count
        while start < end {
            let middle = (start + end) / 2
            if ranges[middle].upperBound < scalar { start = middle + 1 } else { end = middle }
        }
        return start < ranges.count && ranges[start].contains(scalar)
    }
}
