/// A step into a JSON value.
package enum PathStep: Hashable, Sendable {
    /// A member of an object.
    case key(String)
    /// An element of an array, counted from 0.
    case index(Int)

    /// Whether they lead to the same: keys are the same that have the same bytes.
    package static func == (left: PathStep, right: PathStep) -> Bool {
        switch (left, right) {
        case (.key(let a), .key(let b)): a.utf8.elementsEqual(b.utf8)
        case (.index(let a), .index(let b)): a == b
        default: false
        }
    }
}

/// A way into JSON values, ready to be followed in texts without building anything.
///
/// The texts must be valid JSON; in others nothing is found, or something that is not meant, but no byte
/// outside of the text is looked at.
package struct JSONPath: Sendable {
    /// The steps.
    package let steps: [PathStep]
    private let keys: [[UInt8]]

    package init(_ steps: [PathStep]) {
        self.steps = steps
        keys = steps.map { step in if case .key(let key) = step { Array(key.utf8) } else { [] } }
    }

    /// Where in the text the value at the end of the path stands, without blanks around it; `nil` where there
    /// is none.
    ///
    /// - Parameter keysAreUnique: whether the first of equal keys may be taken, as in canonical texts;
    ///   otherwise the last counts.
    package func find(in text: UnsafeBufferPointer<UInt8>, keysAreUnique: Bool = false) -> Range<Int>? {
        var cursor = JSONCursor(text)
        cursor.skipBlanks()
        for (index, step) in steps.enumerated() {
            let isFound =
                switch step {
                case .key: cursor.enter(key: keys[index], takingFirst: keysAreUnique)
                case .index(let element): cursor.enter(element: element)
                }
            guard isFound else { return nil }
        }
        let start = cursor.position
        guard cursor.skipValue() else { return nil }
        return start..<cursor.position
    }

    /// Where in the text the value at the end of a path stands.
    package static func find(_ path: [PathStep], in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        JSONPath(path).find(in: text)
    }

    /// What the value is that a text consists of, from its first byte; numbers are looked at as a whole.
    /// `nil` for no value.
    package static func kind(of text: UnsafeBufferPointer<UInt8>) -> JSONKind? {
        guard let first = text.first else { return nil }
        return switch first {
        case UInt8(ascii: "n"): .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "\""): TypedText.kind(ofQuoted: text) ?? .string
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): JSONNumber(text).kind
        default: nil
        }
    }

    /// The characters of a string, given with its quotes; `nil` if it is none.
    package static func unescaped(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.first == UInt8(ascii: "\""), text.count >= 2 else { return nil }
        let content = UnsafeBufferPointer(rebasing: text[1..<(text.count - 1)])
        if !content.contains(UInt8(ascii: "\\")) { return Array(content) }
        let tape = JSONTape()
        do throws(JSONError) { try tape.parse(text) } catch { return nil }
        return Array(tape.bytes(of: 0))
    }
}

/// A place in a valid JSON text.
struct JSONCursor {
    private let text: UnsafeBufferPointer<UInt8>
    private(set) var position = 0

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    private var byte: UInt8 { position < text.count ? text[position] : 0 }

    mutating func skipBlanks() {
        while position < text.count, text[position] <= 0x20 { position += 1 }
    }

    /// From an object to the value of one of its keys.
    mutating func enter(key: [UInt8], takingFirst: Bool) -> Bool {
        guard byte == UInt8(ascii: "{") else { return false }
        var found: Int?
        position += 1
        skipBlanks()
        while byte == UInt8(ascii: "\"") {
            let start = position
            guard skipString() else { return false }
            let isKey = matches(start..<position, key)
            skipBlanks()
            position += 1
            skipBlanks()
            if isKey {
                found = position
                if takingFirst { break }
            }
            guard skipValue() else { return false }
            skipBlanks()
            guard byte == UInt8(ascii: ",") else { break }
            position += 1
            skipBlanks()
        }
        guard let found else { return false }
        position = found
        return true
    }

    /// From an array to one of its elements.
    mutating func enter(element: Int) -> Bool {
        guard byte == UInt8(ascii: "["), element >= 0 else { return false }
        position += 1
        skipBlanks()
        guard byte != UInt8(ascii: "]") else { return false }
        for _ in 0..<element {
            guard skipValue() else { return false }
            skipBlanks()
            guard byte == UInt8(ascii: ",") else { return false }
            position += 1
            skipBlanks()
        }
        return position < text.count
    }

    private func matches(_ quoted: Range<Int>, _ key: [UInt8]) -> Bool {
        let content = UnsafeBufferPointer(rebasing: text[(quoted.lowerBound + 1)..<(quoted.upperBound - 1)])
        if content.count == key.count, content.elementsEqual(key) { return !key.contains(UInt8(ascii: "\\")) }
        guard content.count > key.count, content.contains(UInt8(ascii: "\\")) else { return false }
        return JSONPath.unescaped(UnsafeBufferPointer(rebasing: text[quoted])) == key
    }

    /// Passes over a string with its quotes.
    private mutating func skipString() -> Bool {
        position += 1
        while position < text.count {
            let byte = text[position]
            position += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return true }
        }
        return false
    }

    /// Passes over a value of any depth.
    mutating func skipValue() -> Bool {
        var depth = 0
        repeat {
            guard position < text.count else { return false }
            switch text[position] {
            case UInt8(ascii: "\""): guard skipString() else { return false }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The end of what is around it: there is no value here.
                if depth == 0 { return false }
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"), ...0x20:
                if depth == 0 { return false }
                position += 1
            default: skipWord()
            }
        } while depth > 0
        return true
    }

    private mutating func skipWord() {
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":"),
                UInt8(ascii: "\""), ...0x20:
                return
            default: position += 1
            }
        }
    }
}
