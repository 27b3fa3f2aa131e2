extension StatementParser {
    /// `NAME = value …`, with or without commas between.
    mutating func options() throws(SQLError) -> [String: OptionValue] {
        var options: [String: OptionValue] = [:]
        while kind == .word, kind(1) == .equal {
            try option(&options)
            if kind == .comma, kind(1) == .word, kind(2) == .equal { advance() }
        }
        return options
    }

    /// One `NAME = value`.
    mutating func option(_ options: inout [String: OptionValue]) throws(SQLError) {
        let place = position
        let name = word
        skip(2)
        guard options.updateValue(try optionValue(), forKey: name) == nil else {
            throw wrong("The option \(name) is written twice", at: place)
        }
    }

    mutating func optionValue() throws(SQLError) -> OptionValue {
        switch kind {
        case .string, .rawString: return .string(try string("a string"))
        case .number, .minus:
            let sign = accept(.minus) ? "-" : ""
            guard kind == .number, let number = Double(sign + text(token)) else { throw failure("a number") }
            advance()
            return .number(number)
        case .word, .quotedName: return try optionWord()
        case .leftParenthesis: return try optionList()
        default: throw failure("the option's value")
        }
    }

    /// A word, or a name of several parts; one with double quotes is kept as a string, quotes and all.
    private mutating func optionWord() throws(SQLError) -> OptionValue {
        var name = ""
        var isQuoted = false
        while true {
            isQuoted = isQuoted || kind == .quotedName
            name += kind == .quotedName ? text(token) : word
            let end = token.end
            advance()
            // SKIP_FILE_10% of ON_ERROR.
            if kind == .percent, position == end {
                name += "%"
                advance()
                break
            }
            guard kind == .dot, kind(1) == .word || kind(1) == .quotedName else { break }
            name += "."
            advance()
        }
        return isQuoted ? .string(name) : .word(name)
    }

    /// `('a', 'b')` or `(NAME = value …)`.
    private mutating func optionList() throws(SQLError) -> OptionValue {
        let outer = try enter()
        defer { leave(outer) }
        advance()
        if accept(.rightParenthesis) { return .list([]) }
        if kind == .word, kind(1) == .equal {
            let options = try options()
            try expect(.rightParenthesis, "')' or another option")
            return .options(options)
        }
        var values: [OptionValue] = []
        repeat { values.append(try optionValue()) } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        return .list(values)
    }

    // MARK: Options with a meaning of their own

    /// Whether `COMMENT = 'text'` or `COMMENT 'text'` stands here.
    var atComment: Bool {
        at("COMMENT") && (kind(1) == .equal || kind(1) == .string || kind(1) == .rawString)
    }

    /// `COMMENT = 'text'` or `COMMENT 'text'`.
    mutating func commentText() throws(SQLError) -> String {
        advance()
        _ = accept(.equal)
        return try string("a text in single quotes")
    }

    /// What FILE_FORMAT says.
    func fileFormat(_ value: OptionValue, at place: Int) throws(SQLError) -> FileFormatReference {
        switch value {
        case .word(let name): return .named(try objectName(of: name, at: place))
        case .string(let name): return .named(try objectName(of: name, at: place))
        case .options(let options):
            guard let name = options["FORMAT_NAME"] else { return .options(options) }
            guard options.count == 1 else {
                throw wrong("FORMAT_NAME stands alone, without other options of the format", at: place)
            }
            return try fileFormat(name, at: place)
        case .list([]): return .options([:])
        case .list(let values) where values.count == 1: return try fileFormat(values[0], at: place)
        default: throw wrong("FILE_FORMAT takes (TYPE = … …), (FORMAT_NAME = …) or a name", at: place)
        }
    }

    private func objectName(of text: String, at place: Int) throws(SQLError) -> ObjectName {
        do throws(SQLError) {
            var name = try SQLParser.parseObjectName(text)
            for part in name.parts.indices { name.parts[part].position = place }
            return name
        } catch {
            throw SQLError(error.code, error.message, position: place)
        }
    }

    /// The strings of `('a', 'b')` or of a single one.
    func strings(_ value: OptionValue, _ option: String, at place: Int) throws(SQLError) -> [String] {
        var values = [value]
        if case .list(let list) = value { values = list }
        var strings: [String] = []
        for value in values {
            guard case .string(let text) = value else {
                throw wrong("\(option) takes strings in single quotes: ('a', 'b')", at: place)
            }
            strings.append(text)
        }
        return strings
    }

    /// A string and nothing else.
    func string(_ value: OptionValue, _ option: String, at place: Int) throws(SQLError) -> String {
        guard case .string(let text) = value else {
            throw wrong("\(option) takes a string in single quotes", at: place)
        }
        return text
    }
}
