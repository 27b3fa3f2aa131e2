import SQLEngine

/// Reads the options of one statement or file format, and says where in the statement a wrong one stands.
struct OptionReader {
    /// The statement's text and where to look from; options kept in the catalogue have none.
    let place: (text: String, start: Int)?

    /// Where a name stands in the statement.
    func position(of name: String) -> Int? {
        guard let place else { return nil }
        let text = Array(place.text.utf8)
        let wanted = Array(name.uppercased().utf8)
        guard text.count >= wanted.count, place.start <= text.count - wanted.count else { return place.start }
        for start in place.start...(text.count - wanted.count) {
            let isThere = wanted.indices.allSatisfy { index in
                let byte = text[start + index]
                return (byte &- 0x61 < 26 ? byte &- 0x20 : byte) == wanted[index]
            }
            if isThere { return start }
        }
        return place.start
    }

    func wrong(_ name: String, _ message: String, _ code: SQLError.Code = .invalid) -> SQLError {
        SQLError(code, message, position: position(of: name))
    }

    /// An option that nobody knows.
    func unknown(_ name: String, _ what: String, among known: [String]) -> SQLError {
        let near = NearestNames.of(name, among: known)
        let hint =
            near.isEmpty
            ? "it has \(known.sorted().joined(separator: ", "))"
            : "did you mean \(near.joined(separator: " or "))?"
        return wrong(name, "\(what) has no option \(name); \(hint)")
    }

    func boolean(_ value: OptionValue, _ name: String) throws(SQLError) -> Bool {
        switch value {
        case .word("TRUE"), .number(1): return true
        case .word("FALSE"), .number(0): return false
        case .string(let text) where text.uppercased() == "TRUE": return true
        case .string(let text) where text.uppercased() == "FALSE": return false
        default: throw wrong(name, "\(name) is TRUE or FALSE")
        }
    }

    func count(_ value: OptionValue, _ name: String) throws(SQLError) -> Int {
        guard case .number(let number) = value, number >= 0, number < 9e15, number == number.rounded() else {
            throw wrong(name, "\(name) is a whole number, not negative")
        }
        return Int(number)
    }

    /// A word or a string, in upper case.
    func word(_ value: OptionValue, _ name: String) throws(SQLError) -> String {
        switch value {
        case .word(let word): return word
        case .string(let text): return text.uppercased()
        default: throw wrong(name, "\(name) takes a word")
        }
    }

    func string(_ value: OptionValue, _ name: String) throws(SQLError) -> String {
        switch value {
        case .string(let text): return text
        case .word(let word): return word
        default: throw wrong(name, "\(name) takes a string in single quotes")
        }
    }

    func strings(_ value: OptionValue, _ name: String) throws(SQLError) -> [String] {
        guard case .list(let values) = value else { return [try string(value, name)] }
        var strings: [String] = []
        for value in values { strings.append(try string(value, name)) }
        return strings
    }

    /// The bytes of a delimiter or escape; `nil` for NONE. Besides text, `0x1F` and `\x1F` in hexadecimal
    /// digits are understood.
    func bytes(_ value: OptionValue, _ name: String) throws(SQLError) -> [UInt8]? {
        let text = try string(value, name)
        if text.uppercased() == "NONE" { return nil }
        let bytes = Array(text.utf8)
        let isHexadecimal =
            bytes.count > 2 && bytes.count % 2 == 0 && (bytes[0] == 0x30 || bytes[0] == 0x5C)
            && bytes[1] | 0x20 == 0x78
        if isHexadecimal, let decoded = bytes[2...].withUnsafeBufferPointer(TextParsing.hexadecimal) {
            return decoded
        }
        return bytes
    }

    /// One byte; `nil` for NONE.
    func byte(_ value: OptionValue, _ name: String) throws(SQLError) -> UInt8? {
        guard let bytes = try bytes(value, name) else { return nil }
        guard bytes.count == 1 else { throw wrong(name, "\(name) is a single character of ASCII, or NONE") }
        return bytes[0]
    }
}

extension OptionValue {
    /// The value as it is written in SQL.
    var sql: String {
        switch self {
        case .word(let word): word
        case .string(let text): "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
        case .number(let number):
            number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
        case .list(let values): "(" + values.map(\.sql).joined(separator: ", ") + ")"
        case .options(let options): "(" + options.optionSQL + ")"
        }
    }
}

extension [String: OptionValue] {
    /// The options as they are written in SQL, sorted by name.
    var optionSQL: String {
        sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.sql)" }.joined(separator: " ")
    }
}
