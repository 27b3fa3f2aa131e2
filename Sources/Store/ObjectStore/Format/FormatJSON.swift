/// The JSON of a drive's description: texts, lists and objects; numbers and the three words are kept as they are
/// written.
indirect enum FormatJSON {
    case text(String)
    case plain(String)
    case array([FormatJSON])
    case object([(name: String, value: FormatJSON)])

    private static let depthMax = 32

    /// Reads a whole text; `nil` where it is no JSON.
    init?(reading bytes: [UInt8]) {
        var rest = bytes[...]
        guard let value = Self.value(&rest, depth: 0), rest.allSatisfy(Self.isBlank) else { return nil }
        self = value
    }

    /// A member of an object.
    subscript(name: String) -> FormatJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// Takes a sign, and the blanks before it, if it comes next.
    private static func take(_ sign: Character, _ rest: inout ArraySlice<UInt8>) -> Bool {
        rest = rest.drop(while: isBlank)
        guard rest.first == sign.asciiValue else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func value(_ rest: inout ArraySlice<UInt8>, depth: Int) -> FormatJSON? {
        guard depth < depthMax else { return nil }
        if take("{", &rest) { return object(&rest, depth) }
        if take("[", &rest) { return array(&rest, depth) }
        if take("\"", &rest) { return string(&rest).map(FormatJSON.text) }
        let word = rest.prefix { !isBlank($0) && !",]}".utf8.contains($0) }
        rest = rest[word.endIndex...]
        let plain = String(decoding: word, as: UTF8.self)
        return ["true", "false", "null"].contains(plain) || Double(plain) != nil ? .plain(plain) : nil
    }

    private static func object(_ rest: inout ArraySlice<UInt8>, _ depth: Int) -> FormatJSON? {
        var members: [(String, FormatJSON)] = []
        if take("}", &rest) { return .object([]) }
        repeat {
            guard take("\"", &rest), let name = string(&rest), take(":", &rest),
                let value = value(&rest, depth: depth + 1)
            else { return nil }
            members.append((name, value))
        } while take(",", &rest)
        return take("}", &rest) ? .object(members) : nil
    }

    private static func array(_ rest: inout ArraySlice<UInt8>, _ depth: Int) -> FormatJSON? {
        var values: [FormatJSON] = []
        if take("]", &rest) { return .array([]) }
        repeat {
            guard let value = value(&rest, depth: depth + 1) else { return nil }
            values.append(value)
        } while take(",", &rest)
        return take("]", &rest) ? .array(values) : nil
    }

    /// A text, its quotation mark read already. Ids and words have no escapes but those of one letter.
    private static func string(_ rest: inout ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped != UInt8(ascii: "u") else { return nil }
                bytes.append(escaped)
            case ..<0x20: return nil
            default: bytes.append(byte)
            }
        }
        return nil
    }
}
