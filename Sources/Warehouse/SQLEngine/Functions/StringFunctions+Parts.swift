import Vectors

/// Functions that give parts of texts, and longer texts.
extension StringFunctions {
    static let parts: [ScalarFunction] = [
        .likeFirst(
            "SUBSTR", aliases: ["SUBSTRING"], "SUBSTR(text, start[, length])",
            "The part of a text from a character on, counted from 1, or from the end where it is negative.",
            [.textOrBytes, .integer, .integer], optional: 1
        ) { arguments, count, type in
            try RowCalls.text(arguments, count: count, type) { row, output in
                let length = arguments.count > 2 ? arguments[2].integer(row) : Int.max
                let start = arguments[1].integer(row)
                return try output.append(
                    substring(arguments[0].bytes(row), start, length, isBinary: type == .binary))
            }
        },
        .likeFirst(
            "LEFT", "LEFT(text, length)", "The first characters of a text.", [.textOrBytes, .integer]
        ) { arguments, count, type in
            try RowCalls.text(arguments, count: count, type) { row, output in
                let length = arguments[1].integer(row)
                return try output.append(
                    substring(arguments[0].bytes(row), 1, length, isBinary: type == .binary))
            }
        },
        .likeFirst(
            "RIGHT", "RIGHT(text, length)", "The last characters of a text.", [.textOrBytes, .integer]
        ) { arguments, count, type in
            try RowCalls.text(arguments, count: count, type) { row, output in
                let bytes = arguments[0].bytes(row)
                let length = max(0, arguments[1].integer(row))
                let start =
                    type == .binary ? max(0, bytes.count - length) : UTF8Bytes.offset(bytes, last: length)
                return try output.append(UTF8Bytes.slice(bytes, start, bytes.count))
            }
        },
        .plain(
            "SPLIT_PART", "SPLIT_PART(text, delimiter, number)",
            "A part of a text between delimiters, counted from 1, or from the end where it is negative.",
            [.text, .text, .integer], .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                try output.append(
                    splitPart(arguments[0].bytes(row), arguments[1].bytes(row), arguments[2].integer(row)))
            }
        },
        .plain(
            "STRTOK", "STRTOK(text[, delimiters[, number]])",
            "A part of a text between any of some characters, counted from 1; parts of no characters do not count.",
            [.text, .text, .integer], optional: 2, .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let bytes = arguments[0].bytes(row)
                let delimiters = arguments.count > 1 ? UTF8Bytes.scalars(arguments[1].bytes(row)) : [0x20]
                var left = arguments.count > 2 ? arguments[2].integer(row) : 1
                guard left > 0 else {
                    throw SQLError(.data, "STRTOK counts parts from 1, so there is no part \(left)")
                }
                var tokens = Tokens(bytes, delimiters: delimiters)
                while let token = tokens.next() {
                    left -= 1
                    if left == 0 { return try output.append(token) }
                }
                return false
            }
        },
        .likeFirst("REVERSE", "REVERSE(text)", "The characters from the last to the first.", [.textOrBytes]) {
            arguments, count, type in
            try RowCalls.text(arguments, count: count, type) { row, output in
                let bytes = arguments[0].bytes(row)
                return try output.append(byteCount: bytes.count) {
                    reverse(bytes, $0, isBinary: type == .binary)
                }
            }
        },
    ]

    /// From character (byte) `start` on, counted from 1, `length` characters.
    static func substring(
        _ bytes: UTF8Bytes.Bytes, _ start: Int, _ length: Int, isBinary: Bool
    ) -> UTF8Bytes.Bytes {
        guard length > 0 else { return UTF8Bytes.slice(bytes, 0, 0) }
        if isBinary {
            let first = start > 0 ? start - 1 : start == 0 ? 0 : bytes.count + start
            guard first >= 0, first < bytes.count else { return UTF8Bytes.slice(bytes, 0, 0) }
            return UTF8Bytes.slice(bytes, first, first + min(length, bytes.count - first))
        }
        let first: Int
        if start >= 0 {
            first = UTF8Bytes.offset(bytes, skipping: max(0, start - 1))
        } else {
            guard start >= -bytes.count, -start <= UTF8Bytes.characterCount(bytes) else {
                return UTF8Bytes.slice(bytes, 0, 0)
            }
            first = UTF8Bytes.offset(bytes, last: -start)
        }
        let end = length == .max ? bytes.count : UTF8Bytes.offset(bytes, skipping: length, from: first)
        return UTF8Bytes.slice(bytes, first, end)
    }

    private static func splitPart(
        _ bytes: UTF8Bytes.Bytes, _ delimiter: UTF8Bytes.Bytes, _ number: Int
    ) -> UTF8Bytes.Bytes {
        let empty = UTF8Bytes.slice(bytes, 0, 0)
        guard delimiter.count > 0 else { return number == 0 || number == 1 || number == -1 ? bytes : empty }
        if number < 0 {
            let parts = Splits(bytes, delimiter: delimiter).reduce(0) { count, _ in count + 1 }
            return number < -parts ? empty : splitPart(bytes, delimiter, parts + number + 1)
        }
        var left = max(1, number)
        for part in Splits(bytes, delimiter: delimiter) {
            left -= 1
            if left == 0 { return part }
        }
        return empty
    }

    private static func reverse(
        _ bytes: UTF8Bytes.Bytes, _ target: UnsafeMutablePointer<UInt8>, isBinary: Bool
    ) {
        var place = 0
        while place < bytes.count {
            let end = isBinary ? place + 1 : UTF8Bytes.next(bytes, after: place)
            for byte in place..<end { target[bytes.count - end + byte - place] = bytes[byte] }
            place = end
        }
    }

    // MARK: Padding

    /// Texts are not made longer than what any VARCHAR can hold, however many characters are asked for.
    private static func pad(_ name: String, _ summary: String, atStart: Bool) -> ScalarFunction {
        let signature = "\(name)(text, length[, pad])"
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            let kinds: [ArgumentKind] = [.textOrBytes, .integer, .textOrBytes]
            let types = try ScalarFunction.targets(signature, arguments, kinds, 2...3)
            let isBinary = types[0] == .binary
            if isBinary != (types.count > 2 && arguments[2].type == .binary) {
                throw SQLError(
                    .invalid, "\(name) pads BINARY with BINARY and text with text: write \(signature)")
            }
            return .init(types, types[0]) { arguments, count, _ in
                try pad(arguments, count: count, name, atStart: atStart, isBinary: isBinary)
            }
        }
    }

    private static func pad(
        _ arguments: [Vector], count: Int, _ name: String, atStart: Bool, isBinary: Bool
    ) throws -> Vector {
        try RowCalls.text(arguments, count: count, isBinary ? .binary : .varchar) { row, output in
            let bytes = arguments[0].bytes(row)
            let length = max(0, arguments[1].integer(row))
            let present = isBinary ? bytes.count : UTF8Bytes.characterCount(bytes)
            if length <= present {
                return try output.append(substring(bytes, 1, length, isBinary: isBinary))
            }
            if length > TextOutput.byteCountMax {
                throw SQLError(.data, "\(name) to \(length) characters makes too long a text")
            }
            let pad = arguments.count > 2 ? Array(arguments[2].bytes(row)) : [0x20]
            let padding = pad.withUnsafeBufferPointer { repeated($0, length - present, isBinary: isBinary) }
            return try output.append(byteCount: bytes.count + padding.count) { target in
                padding.withUnsafeBufferPointer { padding in
                    let rest = copy(atStart ? padding : bytes, to: target)
                    _ = copy(atStart ? bytes : padding, to: rest)
                }
            }
        }
    }

    static let padding: [ScalarFunction] = [
        pad("LPAD", "The text, made as long as asked for by characters before it, or cut.", atStart: true),
        pad("RPAD", "The text, made as long as asked for by characters behind it, or cut.", atStart: false),
        .plain("REPEAT", "REPEAT(text, count)", "The text so many times.", [.text, .integer], .varchar) {
            arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                let bytes = arguments[0].bytes(row)
                return try appendRepeated(bytes, max(0, arguments[1].integer(row)), to: output)
            }
        },
        .plain("SPACE", "SPACE(count)", "So many blanks.", [.integer], .varchar) { arguments, count, _ in
            let blank: [UInt8] = [0x20]
            return try RowCalls.text(arguments, count: count) { row, output in
                try blank.withUnsafeBufferPointer {
                    try appendRepeated($0, max(0, arguments[0].integer(row)), to: output)
                }
            }
        },
    ]

    private static func appendRepeated(
        _ bytes: UTF8Bytes.Bytes, _ times: Int, to output: TextOutput
    ) throws(SQLError) -> Bool {
        let (total, overflow) = bytes.count.multipliedReportingOverflow(by: times)
        return try output.append(byteCount: overflow ? TextOutput.byteCountMax + 1 : total) { target in
            var target = target
            for _ in 0..<(bytes.isEmpty ? 0 : times) { target = copy(bytes, to: target) }
        }
    }

    /// `count` characters: `pad` again and again.
    private static func repeated(_ pad: UTF8Bytes.Bytes, _ count: Int, isBinary: Bool) -> [UInt8] {
        let present = isBinary ? pad.count : UTF8Bytes.characterCount(pad)
        guard present > 0 else { return [] }
        var result: [UInt8] = []
        for _ in 0..<(count / present) { result += pad }
        let rest = count % present
        return result + pad[..<(isBinary ? rest : UTF8Bytes.offset(pad, skipping: rest))]
    }
}

/// The parts of a text between delimiters; a text without one is one part.
struct Splits: Sequence, IteratorProtocol {
    private let bytes: UTF8Bytes.Bytes
    private let delimiter: UTF8Bytes.Bytes
    private var start: Int? = 0

    /// - Parameter delimiter: where it is empty, the text is one part.
    init(_ bytes: UTF8Bytes.Bytes, delimiter: UTF8Bytes.Bytes) {
        self.bytes = bytes
        self.delimiter = delimiter
    }

    mutating func next() -> UTF8Bytes.Bytes? {
        guard let begin = start else { return nil }
        guard !delimiter.isEmpty, let end = UTF8Bytes.find(delimiter, in: bytes, from: begin) else {
            start = nil
            return UTF8Bytes.slice(bytes, begin, bytes.count)
        }
        start = end + delimiter.count
        return UTF8Bytes.slice(bytes, begin, end)
    }
}

/// The parts of a text, of at least one character each, between characters of a set.
struct Tokens: IteratorProtocol {
    private let bytes: UTF8Bytes.Bytes
    private let delimiters: [UInt32]
    private var place = 0

    init(_ bytes: UTF8Bytes.Bytes, delimiters: [UInt32]) {
        self.bytes = bytes
        self.delimiters = delimiters
    }

    mutating func next() -> UTF8Bytes.Bytes? {
        var start: Int?
        while place < bytes.count {
            let (scalar, length) = UTF8Bytes.decode(bytes, place)
            if delimiters.contains(scalar) {
                if let start { return UTF8Bytes.slice(bytes, start, place) }
            } else if start == nil {
                start = place
            }
            place += length
        }
        return start.map { UTF8Bytes.slice(bytes, $0, bytes.count) }
    }
}
