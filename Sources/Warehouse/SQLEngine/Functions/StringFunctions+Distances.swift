import Vectors

/// Functions that tell how alike texts are.
extension StringFunctions {
    static let distances: [ScalarFunction] = [
        .plain(
            "SOUNDEX", "SOUNDEX(text)",
            "A letter and three digits that are the same for texts that sound alike in English.",
            [.text], .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count) { row, output in
                try output.append(soundex(arguments[0].bytes(row)))
            }
        },
        .plain(
            "EDITDISTANCE", "EDITDISTANCE(text, text[, max])",
            "How many characters must be inserted, removed or replaced to make one text the other (Levenshtein).",
            [.text, .text, .integer], optional: 1, .integer
        ) { arguments, count, _ in
            try RowCalls.integers(arguments, count: count) { row in
                let left = UTF8Bytes.scalars(arguments[0].bytes(row))
                let right = UTF8Bytes.scalars(arguments[1].bytes(row))
                let distance = editDistance(left, right)
                return arguments.count > 2 ? min(distance, max(0, arguments[2].integer(row))) : distance
            }
        },
        .plain(
            "JAROWINKLER_SIMILARITY", "JAROWINKLER_SIMILARITY(text, text)",
            "How alike two texts are, 0 to 100, after Jaro and Winkler and without regard to case.",
            [.text, .text], .integer
        ) { arguments, count, _ in
            try RowCalls.integers(arguments, count: count) { row in
                let left = UTF8Bytes.scalars(arguments[0].bytes(row)).map(TextCase.folded)
                let right = UTF8Bytes.scalars(arguments[1].bytes(row)).map(TextCase.folded)
                return Int(jaroWinkler(left, right) * 100)
            }
        },
    ]

    /// The digit of each letter from A; 0 for vowels and Y, 7 for H and W, which do not part equal digits.
    private static let soundexDigits = Array("01230127022455012623017202".utf8).map { $0 - 0x30 }

    private static func soundex(_ bytes: UTF8Bytes.Bytes) -> [UInt8] {
        var result: [UInt8] = []
        var last: UInt8 = 0
        for byte in bytes {
            let letter = (byte & 0xDF) &- 0x41
            guard letter < 26 else { continue }
            let digit = soundexDigits[Int(letter)]
            if result.isEmpty {
                result.append(letter + 0x41)
                last = digit
            } else if digit != 7 {
                if digit != 0, digit != last { result.append(digit + 0x30) }
                last = digit
            }
            if result.count == 4 { break }
        }
        if result.isEmpty { return [] }
        return result + [UInt8](repeating: 0x30, count: 4 - result.count)
    }

    private static func editDistance(_ left: [UInt32], _ right: [UInt32]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for place in 0..<right.count {
                let replaced = diagonal + (character == right[place] ? 0 : 1)
                diagonal = row[place + 1]
                row[place + 1] = min(replaced, diagonal + 1, row[place] + 1)
            }
        }
        return row[right.count]
    }

    private static func jaroWinkler(_ left: [UInt32], _ right: [UInt32]) -> Double {
        if left.isEmpty || right.isEmpty { return 0 }
        let window = max(0, max(left.count, right.count) / 2 - 1)
        var rightIsMatched = [Bool](repeating: false, count: right.count)
        var matchedLeft: [UInt32] = []
        for (place, character) in left.enumerated() {
            let first = max(0, place - window)
            let end = min(right.count, place + window + 1)
            guard first < end else { continue }
            for other in first..<end where !rightIsMatched[other] && right[other] == character {
                rightIsMatched[other] = true
                matchedLeft.append(character)
                break
            }
        }
        guard !matchedLeft.isEmpty else { return 0 }
        let matchedRight = right.indices.filter { rightIsMatched[$0] }.map { right[$0] }
        let swapped = zip(matchedLeft, matchedRight).count { $0 != $1 } / 2
        let matches = Double(matchedLeft.count)
        let jaro =
            (matches / Double(left.count) + matches / Double(right.count) + (matches - Double(swapped))
                / matches)
            / 3
        let prefix = zip(left, right).prefix(4).prefix { $0 == $1 }.count
        return jaro + Double(prefix) * 0.1 * (1 - jaro)
    }
}
