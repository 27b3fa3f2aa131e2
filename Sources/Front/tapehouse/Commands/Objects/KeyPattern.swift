/// A pattern of keys: `*` any characters but slashes, `**` any, `?` one that is no slash; with a backslash before
/// it each is itself.
struct KeyPattern {
    private enum Token {
        case byte(UInt8)
        case one
        case run(crossesSlashes: Bool)
    }

    private let tokens: [Token]
    /// What all keys that match begin with.
    let literalPrefix: String

    init(_ pattern: String) {
        var tokens: [Token] = []
        var rest = Array(pattern.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\") where rest.first.map(Self.isSpecial) == true:
                tokens.append(.byte(rest.removeFirst()))
            case UInt8(ascii: "*"):
                let crosses = rest.first == UInt8(ascii: "*")
                if crosses { rest = rest.dropFirst() }
                tokens.append(.run(crossesSlashes: crosses))
            case UInt8(ascii: "?"): tokens.append(.one)
            default: tokens.append(.byte(byte))
            }
        }
        self.tokens = tokens
        var prefix: [UInt8] = []
        for token in tokens {
            guard case .byte(let byte) = token else { break }
            prefix.append(byte)
        }
        literalPrefix = String(decoding: prefix, as: UTF8.self)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?")
    }

    static func isPattern(_ text: String) -> Bool {
        zip([0] + text.utf8, text.utf8).contains { isSpecial($1) && $0 != UInt8(ascii: "\\") }
    }

    /// A key that is no pattern, as it is without backslashes.
    static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isSpecial(byte), bytes.last == UInt8(ascii: "\\") { bytes.removeLast() }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Follows all ways through the pattern side by side, so that no pattern takes long.
    func matches(_ key: String) -> Bool {
        var reached = [Bool](repeating: false, count: tokens.count + 1)
        reached[0] = true
        skipRuns(&reached)
        for byte in key.utf8 {
            var next = [Bool](repeating: false, count: tokens.count + 1)
            for (index, token) in tokens.enumerated() where reached[index] {
                switch token {
                case .byte(let wanted): if byte == wanted { next[index + 1] = true }
                case .one: if byte != UInt8(ascii: "/") { next[index + 1] = true }
                case .run(let crosses): if crosses || byte != UInt8(ascii: "/") { next[index] = true }
                }
            }
            skipRuns(&next)
            reached = next
        }
        return reached[tokens.count]
    }

    /// A run may take nothing.
    private func skipRuns(_ reached: inout [Bool]) {
        for (index, token) in tokens.enumerated() where reached[index] {
            if case .run = token { reached[index + 1] = true }
        }
    }
}
