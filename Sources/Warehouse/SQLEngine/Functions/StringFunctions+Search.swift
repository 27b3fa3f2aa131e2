import Vectors

/// Functions that look for texts in texts, and replace them.
extension StringFunctions {
    private static func test(
        _ name: String, _ signature: String, _ summary: String,
        _ body: @escaping @Sendable (_ bytes: UTF8Bytes.Bytes, _ part: UTF8Bytes.Bytes) -> Bool
    ) -> ScalarFunction {
        .plain(name, signature, summary, [.textOrBytes, .textOrBytes], .boolean) { arguments, count, _ in
            try RowCalls.booleans(arguments, count: count) {
                body(arguments[0].bytes($0), arguments[1].bytes($0))
            }
        }
    }

    private static func position(_ name: String, aliases: [String] = []) -> ScalarFunction {
        .plain(
            name, aliases: aliases, "\(name)(part, text[, start])",
            "The place, from 1, at which a part stands in a text; 0 if it does not.",
            [.textOrBytes, .textOrBytes, .integer], optional: 1, .integer
        ) { arguments, count, _ in
            try RowCalls.integers(arguments, count: count) { row in
                let bytes = arguments[1].bytes(row)
                let start = arguments.count > 2 ? arguments[2].integer(row) : 1
                guard start >= 1 else {
                    throw SQLError(.data, "\(name) counts places from 1, so \(start) is none")
                }
                return place(
                    of: arguments[0].bytes(row), in: bytes, start, isBinary: arguments[1].type == .binary)
            }
        }
    }

    static let searching: [ScalarFunction] = [
        test("CONTAINS", "CONTAINS(text, part)", "Whether the part stands anywhere in the text.") {
            UTF8Bytes.find($1, in: $0) != nil
        },
        test("STARTSWITH", "STARTSWITH(text, part)", "Whether the text begins with the part.") {
            UTF8Bytes.hasPrefix($0, $1)
        },
        test("ENDSWITH", "ENDSWITH(text, part)", "Whether the text ends with the part.") {
            UTF8Bytes.hasSuffix($0, $1)
        },
        position("POSITION"),
        position("CHARINDEX"),
    ]

    private static func place(
        of part: UTF8Bytes.Bytes, in bytes: UTF8Bytes.Bytes, _ start: Int, isBinary: Bool
    ) -> Int {
        if isBinary {
            guard start - 1 <= bytes.count else { return 0 }
            return UTF8Bytes.find(part, in: bytes, from: start - 1).map { $0 + 1 } ?? 0
        }
        let first = UTF8Bytes.offset(bytes, skipping: start - 1)
        if first == bytes.count, start - 1 > UTF8Bytes.characterCount(bytes) { return 0 }
        guard let found = UTF8Bytes.find(part, in: bytes, from: first) else { return 0 }
        return start + UTF8Bytes.characterCount(UTF8Bytes.slice(bytes, first, found))
    }

    // MARK: Replacing

    static let replacing: [ScalarFunction] = [
        .plain(
            "REPLACE", "REPLACE(text, part[, replacement])",
            "The text with all places of a part replaced, or removed where there is no replacement.",
            [.text, .text, .text], optional: 1, .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let bytes = arguments[0].bytes(row)
                let part = arguments[1].bytes(row)
                guard !part.isEmpty, UTF8Bytes.find(part, in: bytes) != nil else {
                    return try output.append(bytes)
                }
                var result: [UInt8] = []
                for (index, piece) in Splits(bytes, delimiter: part).enumerated() {
                    if index > 0, arguments.count > 2 { result += arguments[2].bytes(row) }
                    result += piece
                    // Stops before the memory is full; the append then throws.
                    if result.count > TextOutput.byteCountMax { break }
                }
                return try output.append(result)
            }
        },
        .plain(
            "TRANSLATE", "TRANSLATE(text, characters, replacements)",
            "The text with each of some characters replaced by the one at the same place; those without are removed.",
            [.text, .text, .text], .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                try output.append(
                    translated(arguments[0].bytes(row), arguments[1].bytes(row), arguments[2].bytes(row)))
            }
        },
        .plain(
            "INSERT", "INSERT(text, position, length, replacement)",
            "The text with so many characters from a position on, counted from 1, replaced.",
            [.text, .integer, .integer, .text], .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let bytes = arguments[0].bytes(row)
                let (position, length) = (arguments[1].integer(row), arguments[2].integer(row))
                guard position >= 1, length >= 0 else {
                    throw SQLError(
                        .data,
                        "INSERT takes a position from 1 and a length from 0, not \(position) and \(length)")
                }
                let start = UTF8Bytes.offset(bytes, skipping: position - 1)
                let end = UTF8Bytes.offset(bytes, skipping: length, from: start)
                return try output.append(
                    Array(bytes[..<start]) + Array(arguments[3].bytes(row)) + Array(bytes[end...]))
            }
        },
    ]

    private static func translated(
        _ bytes: UTF8Bytes.Bytes, _ characters: UTF8Bytes.Bytes, _ replacements: UTF8Bytes.Bytes
    ) -> [UInt8] {
        let sources = UTF8Bytes.scalars(characters)
        let targets = UTF8Bytes.scalars(replacements)
        var table: [UInt32: UInt32?] = [:]
        for (place, source) in sources.enumerated() where table[source] == nil {
            table[source] = .some(place < targets.count ? targets[place] : nil)
        }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            let (scalar, length) = UTF8Bytes.decode(bytes, place)
            switch table[scalar] {
            case .none: result += bytes[place..<(place + length)]
            case .some(let target): if let target { UTF8Bytes.append(target, to: &result) }
            }
            place += length
        }
        return result
    }
}
