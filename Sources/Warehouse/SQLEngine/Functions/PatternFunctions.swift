import Vectors

/// LIKE and ILIKE as functions, as which the binder calls them.
enum PatternFunctions {
    static let all: [ScalarFunction] = [
        like("LIKE", isCaseInsensitive: false), like("ILIKE", isCaseInsensitive: true),
    ]

    private static func like(_ name: String, isCaseInsensitive: Bool) -> ScalarFunction {
        let signature = "\(name)(text, pattern[, escape])"
        let summary =
            "Whether the whole text matches a pattern with % and _\(isCaseInsensitive ? ", in either case" : "")."
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            let types = try ScalarFunction.targets(signature, arguments, [.text], 2...3)
            var preset: LikeMatcher?
            if case .text(let pattern) = arguments[1].constant,
                arguments.count < 3 || arguments[2].constant != nil
            {
                var escape: UInt32?
                if arguments.count > 2, case .text(let text) = arguments[2].constant {
                    escape = try escapeCharacter(text)
                }
                preset = try compile(Array(pattern.utf8), escape, isCaseInsensitive)
            }
            return .init(types, .boolean) { [preset] arguments, count, _ in
                if let preset {
                    return try RowCalls.booleans(arguments, count: count) {
                        preset.matches(arguments[0].bytes($0))
                    }
                }
                var cache = KeyedCache<LikeMatcher>()
                return try RowCalls.booleans(arguments, count: count) { row in
                    let pattern = Array(arguments[1].bytes(row))
                    let escape = arguments.count > 2 ? arguments[2].string(row) : ""
                    let matcher = try cache.value(pattern + [0xFF] + Array(escape.utf8)) {
                        try compile(pattern, try escapeCharacter(escape), isCaseInsensitive)
                    }
                    return matcher.matches(arguments[0].bytes(row))
                }
            }
        }
    }

    private static func compile(
        _ pattern: [UInt8], _ escape: UInt32?, _ isCaseInsensitive: Bool
    ) throws(SQLError) -> LikeMatcher {
        try pattern.withUnsafeBufferPointer { pattern throws(SQLError) in
            try LikePattern.compile(pattern, escape: escape, isCaseInsensitive: isCaseInsensitive)
        }
    }

    private static func escapeCharacter(_ text: String) throws(SQLError) -> UInt32? {
        let scalars = text.unicodeScalars
        guard scalars.count <= 1 else {
            throw SQLError(.data, "the escape of LIKE is one character, not '\(text)'")
        }
        return scalars.first?.value
    }
}

/// Remembers what was made of recent keys, for arguments such as patterns that change from row to row.
struct KeyedCache<Value> {
    private var values: [[UInt8]: Value] = [:]
    private var lastKey: [UInt8] = []
    private var last: Value?

    mutating func value(_ key: [UInt8], _ make: () throws -> Value) rethrows -> Value {
        if let last, key == lastKey { return last }
        let value = try values[key] ?? make()
        if values.count > 512 { values = [:] }
        values[key] = value
        (lastKey, last) = (key, value)
        return value
    }
}
