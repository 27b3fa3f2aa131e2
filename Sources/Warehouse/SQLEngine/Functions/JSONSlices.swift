import JSON
import Vectors

/// The parts of valid JSON texts as ranges of their bytes, without building anything.
enum JSONSlices {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    static func isArray(_ text: Bytes) -> Bool { text.first == UInt8(ascii: "[") }
    static func isObject(_ text: Bytes) -> Bool { text.first == UInt8(ascii: "{") }
    static func isNull(_ text: Bytes) -> Bool { text.first == UInt8(ascii: "n") }

    /// The elements of an array; `nil` of other values.
    static func elements(_ text: Bytes) -> [Bytes]? {
        guard isArray(text) else { return nil }
        var result: [Bytes] = []
        forEachElement(text) { result.append($0) }
        return result
    }

    /// How many elements an array has; `nil` of other values.
    static func elementCount(_ text: Bytes) -> Int? {
        guard isArray(text) else { return nil }
        var count = 0
        forEachElement(text) { _ in count += 1 }
        return count
    }

    @inline(__always)
    private static func forEachElement(_ text: Bytes, _ body: (Bytes) -> Void) {
        var place = blanks(text, 1)
        while place < text.count, text[place] != UInt8(ascii: "]") {
            let end = skip(text, place)
            body(UTF8Bytes.slice(text, place, end))
            place = blanks(text, end)
            if place < text.count, text[place] == UInt8(ascii: ",") { place = blanks(text, place + 1) }
        }
    }

    /// The members of an object, keys with their quotes; `nil` of other values.
    static func members(_ text: Bytes) -> [(key: Bytes, value: Bytes)]? {
        guard isObject(text) else { return nil }
        var result: [(key: Bytes, value: Bytes)] = []
        var place = blanks(text, 1)
        while place < text.count, text[place] == UInt8(ascii: "\"") {
            let keyEnd = skip(text, place)
            let start = blanks(text, blanks(text, keyEnd) + 1)
            let end = skip(text, start)
            result.append((UTF8Bytes.slice(text, place, keyEnd), UTF8Bytes.slice(text, min(start, end), end)))
            place = blanks(text, end)
            if place < text.count, text[place] == UInt8(ascii: ",") { place = blanks(text, place + 1) }
        }
        return result
    }

    /// The characters of a string or key, given with its quotes, or the text of a value that `TypedText` tells.
    static func characters(_ quoted: Bytes) -> [UInt8] {
        guard quoted.count >= 2 else { return [] }
        let inner = TypedText.characters(UTF8Bytes.slice(quoted, 1, quoted.count - 1))
        if !inner.contains(UInt8(ascii: "\\")) { return Array(inner) }
        return JSONPath.unescaped(quoted) ?? Array(inner)
    }

    private static func blanks(_ text: Bytes, _ start: Int) -> Int {
        var place = start
        while place < text.count, text[place] <= 0x20 { place += 1 }
        return place
    }

    /// The place behind the value that begins at `start`; at least one byte on, unless that is the end.
    private static func skip(_ text: Bytes, _ start: Int) -> Int {
        var place = start
        var depth = 0
        while place < text.count {
            let byte = text[place]
            switch byte {
            case UInt8(ascii: "\""): place = skipString(text, place)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                place += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                place += 1
            default:
                place += 1
                // A number or word goes on to what may follow a value.
                while depth == 0, place < text.count, !isEnd(text[place]) { place += 1 }
            }
            if depth <= 0 { break }
        }
        return place
    }

    private static func isEnd(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
            || byte == UInt8(ascii: ":")
    }

    private static func skipString(_ text: Bytes, _ start: Int) -> Int {
        var place = start + 1
        while place < text.count {
            if text[place] == UInt8(ascii: "\"") { return place + 1 }
            place += text[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        return text.count
    }

    // MARK: Comparing

    /// What two values have in common if they are the same: the text of a value in canonical form, for a FLOAT that of
    /// the number which JSON would have.
    static func sameness(_ value: Bytes) -> [UInt8] {
        guard TypedText.kind(ofQuoted: value) == .double else { return Array(value) }
        let number = Double(String(decoding: characters(value), as: UTF8.self))
        guard let number, number.isFinite else { return Array(value) }
        return Array(JSONText.canonical(number).utf8)
    }

    /// Whether two values are the same.
    static func areSame(_ first: Bytes, _ second: Bytes) -> Bool {
        if UTF8Bytes.equal(first, second) { return true }
        guard TypedText.kind(ofQuoted: first) == .double || TypedText.kind(ofQuoted: second) == .double else {
            return false
        }
        return sameness(first) == sameness(second)
    }

    // MARK: Writing

    /// An array of values.
    static func array(_ elements: some Sequence<Bytes>) -> [UInt8] {
        var result: [UInt8] = [UInt8(ascii: "[")]
        for element in elements {
            if result.count > 1 { result.append(UInt8(ascii: ",")) }
            result += element
        }
        result.append(UInt8(ascii: "]"))
        return result
    }

    /// A string with quotes and escapes.
    static func quoted(_ characters: Bytes) -> [UInt8] {
        var result: [UInt8] = [0x22]
        JSONText.appendEscaped(characters, to: &result)
        result.append(0x22)
        return result
    }
}
