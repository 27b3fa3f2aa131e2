/// Why a line is not loaded.
public struct LineRejection: Error, Equatable, Sendable {
    /// The reason, without the line's content.
    public let reason: String
    /// The byte of the line, from 1, where it went wrong; `nil` where no one byte is to blame.
    public let column: Int?

    /// Makes a rejection.
    public init(_ reason: String, column: Int? = nil) {
        self.reason = reason
        self.column = column
    }
}

/// What lines must be, beyond JSON, to become rows.
///
/// The rules name what most lines plainly are, so that a whole column of values can be looked at at once. The few
/// lines that are not plainly so are shown to a judge, one by one.
public struct LineRules: Sendable {
    /// Looks at a line; `nil` where it is to be loaded.
    public typealias Judge = (UnsafeRawBufferPointer) -> LineRejection?

    /// Keys whose value is a number within a range where there is one, null, or missing.
    public var numbers: [(key: String, range: ClosedRange<Int64>?)]
    /// Keys whose value is text with at least one character.
    public var texts: [String]
    /// Makes what decides on lines that are not plainly right, malformed ones among them. Each thread has its own.
    public var makeJudge: @Sendable () -> Judge

    /// Makes rules.
    public init(
        numbers: [(key: String, range: ClosedRange<Int64>?)], texts: [String],
        makeJudge: @escaping @Sendable () -> Judge
    ) {
        self.numbers = numbers
        self.texts = texts
        self.makeJudge = makeJudge
    }

    /// Any JSON object.
    public static let objects = LineRules(numbers: [], texts: []) {
        { line in
            let first = line.firstIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
            guard let first, line[first] != 0x7B else { return nil }
            return LineRejection("not a JSON object", column: first + 1)
        }
    }
}
