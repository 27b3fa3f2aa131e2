extension StatementParser {
    /// `@stage/path [(FILE_FORMAT => …, PATTERN => …)] [alias]`.
    mutating func stageTable() throws(SQLError) -> TableExpression {
        var stage = try stageReference(
            stringHint:
                "names are quoted with double quotes; in single quotes only a stage can stand: '@stage/path'")
        if kind == .leftParenthesis {
            advance()
            if kind != .rightParenthesis {
                repeat {
                    guard isName() else { throw failure("FILE_FORMAT or PATTERN") }
                    let name = word
                    let place = position
                    advance()
                    guard name == "FILE_FORMAT" || name == "PATTERN" else {
                        throw wrong("A stage in FROM takes FILE_FORMAT and PATTERN, not \(name)", at: place)
                    }
                    try expect(.arrow, "'=>'")
                    guard stage.options.updateValue(try optionValue(), forKey: name) == nil else {
                        throw wrong("\(name) is written twice", at: place)
                    }
                } while accept(.comma)
            }
            try expect(.rightParenthesis, "')' or ','")
        }
        return .stage(stage, alias: try tableAlias())
    }

    /// `@stage/path`, bare or in single quotes.
    mutating func stageReference(stringHint: String? = nil) throws(SQLError) -> StageReference {
        let token = token
        if token.kind == .stage {
            advance()
            return try Self.stage(bytes, from: token.start, to: token.end, position: token.start)
        }
        guard token.kind == .string, token.end - token.start > 2, bytes[token.start + 1] == UInt8(ascii: "@")
        else {
            throw failure("a stage (@name/path)", hint: token.kind == .string ? stringHint : nil)
        }
        let text = Array(try string("a stage").utf8)
        return try Self.stage(text, from: 0, to: text.count, position: token.start)
    }

    /// Reads `@~/path`, `@%table/path`, `@schema.%table/path` and `@database.schema.name/path`.
    static func stage(
        _ bytes: [UInt8], from start: Int, to end: Int, position: Int
    ) throws(SQLError) -> StageReference {
        func wrong(_ message: String) -> SQLError { SQLError(.syntax, message, position: position) }
        var index = start
        guard index < end, bytes[index] == UInt8(ascii: "@") else { throw wrong("A stage begins with '@'") }
        index += 1
        var parts: [Identifier] = []
        var isTable = false
        var isUser = false
        if index < end, bytes[index] == UInt8(ascii: "~") {
            isUser = true
            index += 1
        } else {
            repeat {
                if parts.count > 0 { index += 1 }
                if !isTable, index < end, bytes[index] == UInt8(ascii: "%") {
                    isTable = true
                    index += 1
                }
                let nameStart = index
                if index < end, bytes[index] == UInt8(ascii: "\"") {
                    index += 1
                    // Two quotes stand for one, so the name ends at one that no other follows.
                    while index < end {
                        if bytes[index] == UInt8(ascii: "\"") {
                            guard index + 1 < end, bytes[index + 1] == UInt8(ascii: "\"") else { break }
                            index += 1
                        }
                        index += 1
                    }
                    guard index < end, index - nameStart > 1 else {
                        throw wrong("A name in the stage is not whole")
                    }
                    index += 1
                    let name = StringLiteral.decodeName(bytes, nameStart..<index)
                    parts.append(Identifier(name, position: position))
                } else {
                    guard index < end, bytes[index].startsName else {
                        throw wrong("A name is missing behind '@'")
                    }
                    while index < end, bytes[index].continuesName { index += 1 }
                    parts.append(Identifier(SQLIdentifier.fold(bytes[nameStart..<index]), position: position))
                }
            } while index < end && bytes[index] == UInt8(ascii: ".") && !isTable
        }
        guard parts.count <= 3 else { throw wrong("A stage's name has at most three parts") }
        if index < end {
            guard bytes[index] == UInt8(ascii: "/") else {
                throw wrong(
                    "A stage's path begins with '/'; names with other signs need double quotes: @\"name\"")
            }
            index += 1
        }
        let name = ObjectName(parts)
        return StageReference(
            stage: isUser ? .user : isTable ? .table(name) : .named(name),
            path: String(decoding: bytes[index..<end], as: UTF8.self), options: [:], position: position)
    }

    /// A stage, or a path in single quotes.
    mutating func fileLocation() throws(SQLError) -> FileLocation {
        if kind == .string, bytes[position + 1] != UInt8(ascii: "@") {
            let place = position
            let path = try string("a path")
            guard !path.isEmpty else { throw wrong("The path is empty", at: place) }
            return .path(path, position: place)
        }
        return .stage(try stageReference())
    }

    // MARK: PUT, GET, LIST, REMOVE

    mutating func putStatement() throws(SQLError) -> Statement {
        let place = position
        advance()
        let path = try filePath()
        let stage = try stageReference()
        let options = try options()
        return .put(PutFiles(path: path, stage: stage, options: options, position: place))
    }

    mutating func getStatement() throws(SQLError) -> Statement {
        let place = position
        advance()
        let stage = try stageReference()
        let path = try filePath()
        let options = try options()
        return .get(GetFiles(stage: stage, path: path, options: options, position: place))
    }

    /// `file://path`, bare or in single quotes: the path alone.
    private mutating func filePath() throws(SQLError) -> String {
        let scheme = "file://"
        let place = position
        let url: String
        if kind == .fileURL {
            url = text(token)
            advance()
        } else {
            url = try string("a file (file://path)")
        }
        guard url.utf8.count > scheme.utf8.count, url.prefix(scheme.count).lowercased() == scheme else {
            throw wrong("A file is written file://path", at: place)
        }
        return String(url.dropFirst(scheme.count))
    }

    mutating func stageFiles() throws(SQLError) -> StageFiles {
        let place = position
        advance()
        let stage = try stageReference()
        var pattern: String?
        if accept("PATTERN") {
            try expect(.equal, "'='")
            pattern = try string("a pattern in single quotes")
        }
        return StageFiles(stage: stage, pattern: pattern, position: place)
    }
}
