import JSON
import Vectors

/// The values of a JSON file that are not one to a line: values one after the other, or the elements of
/// outer arrays.
///
/// Only brackets, quotes and commas are looked at; whether a value is one is for the parser to say. What
/// stands between two
/// commas of an outer array comes as one value, so that what is wrong there is noticed.
final class JSONValues {
    struct Value {
        /// Where it stands; empty for one that is missing.
        var range: Range<Int>
        /// The line where it begins, from 0.
        var line: Int
        var offset: Int { range.lowerBound }
        /// What is put in the place of one that is missing.
        var substitute: UInt8?
    }

    private let bytes: [UInt8]
    private let stripsArrays: Bool
    private var position = 0
    private var line = 0
    private var linesCountedTo = 0
    private var isInArray = false
    private var isFirstElement = true
    private var isCutShort = false

    init(_ bytes: [UInt8], stripsArrays: Bool) {
        self.bytes = bytes
        self.stripsArrays = stripsArrays
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Whether there are no more values.
    var isAtEnd: Bool {
        skipBlanks()
        return position >= bytes.count && !isInArray && !isCutShort
    }

    /// The next value.
    func next() -> Value? {
        while true {
            skipBlanks()
            if isCutShort {
                isCutShort = false
                // An opening bracket alone: the text ends too early.
                return value(position..<position, substitute: UInt8(ascii: "["))
            }
            if isInArray {
                if let element = element() { return element }
                continue
            }
            guard position < bytes.count else { return nil }
            if stripsArrays, bytes[position] == UInt8(ascii: "[") {
                position += 1
                isInArray = true
                isFirstElement = true
                continue
            }
            let start = position
            position = valueEnd(from: start)
            return value(start..<position)
        }
    }

    /// The next element of the outer array; `nil` where the array ends.
    private func element() -> Value? {
        let start = position
        var end = start
        let isEnded = scan(&end, depth: 0, stopsAtComma: true)
        var textEnd = end
        while textEnd > start, Self.isBlank(bytes[textEnd - 1]) { textEnd -= 1 }
        let wasFirst = isFirstElement
        isFirstElement = false
        position = end
        if isEnded {
            if bytes[end] == UInt8(ascii: "]") { isInArray = false }
            position += 1
        } else {
            isInArray = false
            isCutShort = true
        }
        if textEnd > start { return value(start..<textEnd) }
        if !isEnded || (wasFirst && !isInArray) { return nil }
        return value(start..<start, substitute: UInt8(ascii: ","))
    }

    private func value(_ range: Range<Int>, substitute: UInt8? = nil) -> Value {
        while linesCountedTo < range.lowerBound {
            if bytes[linesCountedTo] == 0x0A { line += 1 }
            linesCountedTo += 1
        }
        return Value(range: range, line: line, substitute: substitute)
    }

    // MARK: Scanning

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private func skipBlanks() {
        while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
    }

    private func valueEnd(from start: Int) -> Int {
        var end = start
        switch bytes[start] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            end += 1
            _ = scan(&end, depth: 1, stopsAtComma: false)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            end = bytes.withUnsafeBufferPointer { Self.stringEnd($0, from: start) }
        default:
            while end < bytes.count, !Self.isBlank(bytes[end]) { end += 1 }
        }
        return end
    }

    /// Behind the quote that closes a string.
    private static func stringEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var place = start + 1
        while place < bytes.count, bytes[place] != bytes[start] {
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(bytes.count, place + 1)
    }

    /// Goes on to the bracket that closes what was open at `depth`, and behind it where depth is not 0;
    /// or to a comma at depth 0.
    ///
    /// - Returns: whether one was found.
    private func scan(_ place: inout Int, depth: Int, stopsAtComma: Bool) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var depth = depth
            // Whether a key or a value may begin here: elsewhere a single quote means nothing.
            var isAtValue = true
            while place < bytes.count {
                switch bytes[place] {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    isAtValue = true
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0, bytes[place] == UInt8(ascii: "]") { return true }
                    depth -= 1
                    if depth == 0, !stopsAtComma {
                        place += 1
                        return true
                    }
                    depth = max(0, depth)
                    isAtValue = false
                case UInt8(ascii: "\""):
                    place = Self.stringEnd(bytes, from: place) - 1
                    isAtValue = false
                case UInt8(ascii: "'") where isAtValue:
                    place = Self.stringEnd(bytes, from: place) - 1
                    isAtValue = false
                case UInt8(ascii: ","):
                    if stopsAtComma, depth == 0 { return true }
                    isAtValue = true
                case UInt8(ascii: ":"): isAtValue = true
                case 0x20, 0x0A, 0x0D, 0x09: break
                default: isAtValue = false
                }
                place += 1
            }
            place = bytes.count
            return false
        }
    }

    // MARK: Values as lines

    /// Writes a value as one line. Line ends in it become other blanks, which a string may not have
    /// either: a line feed a carriage return, and a carriage return before it a tab, so that lines can
    /// still be counted.
    func append(_ value: Value, to buffer: PieceBuffer) {
        let start = buffer.count
        bytes.withUnsafeBufferPointer { buffer.append(UnsafeBufferPointer(rebasing: $0[value.range])) }
        if let substitute = value.substitute { buffer.append(substitute) }
        let text = buffer.pointer + start
        for index in 0..<(buffer.count - start) where text[index] == 0x0A {
            if index > 0, text[index - 1] == 0x0D { text[index - 1] = 0x09 }
            text[index] = 0x0D
        }
        buffer.append(0x0A)
    }

    // MARK: Soundness

    static func isSound(_ text: UnsafeBufferPointer<UInt8>, _ tape: JSONTape) -> Bool {
        do throws(JSONError) {
            try tape.parse(text, syntax: .lenient)
            return true
        } catch {
            return false
        }
    }

    private func isSound(_ value: Value, _ tape: JSONTape) -> Bool {
        value.substitute == nil
            && bytes.withUnsafeBufferPointer {
                Self.isSound(UnsafeBufferPointer(rebasing: $0[value.range]), tape)
            }
    }

    /// Whether a value may begin at a place of a file: false where it is wrong as far as it goes, wherever it ends.
    static func maySoundlyBegin(_ content: FileContent, at offset: Int) throws -> Bool {
        // What ends within so many bytes of a window may go on behind it: a literal, a character.
        let lookBack = 16
        let tape = JSONTape()
        var size = 1 << 12
        while true {
            var window = [UInt8](repeating: 0, count: min(size, max(0, content.count - offset)))
            let count = try window.withUnsafeMutableBytes { try content.read(into: $0, at: offset) }
            let isWhole = offset + count >= content.count
            let error = window.withUnsafeBufferPointer { bytes -> JSONError? in
                do throws(JSONError) {
                    try tape.parse(UnsafeBufferPointer(rebasing: bytes[..<count]))
                    return nil
                } catch { return error }
            }
            guard let error, error.reason != .somethingFollows else { return true }
            if isWhole || error.column + lookBack < count { return false }
            size *= 4
        }
    }

    /// Whether the first value is one.
    func beginsSoundly() -> Bool { next().map { isSound($0, JSONTape()) } ?? false }

    /// Whether everything is.
    func isSoundThroughout() -> Bool {
        let tape = JSONTape()
        while let value = next() { if !isSound(value, tape) { return false } }
        return true
    }
}
