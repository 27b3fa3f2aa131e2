extension StatementParser {
    /// COPY INTO, in either direction.
    mutating func copy() throws(SQLError) -> Statement {
        let place = position
        advance()
        try expect("INTO")
        guard kind == .stage || kind == .string else { return try copyIntoTable(place) }
        return try copyIntoLocation(place)
    }

    // MARK: Into a table

    private mutating func copyIntoTable(_ place: Int) throws(SQLError) -> Statement {
        let table = try objectName("a table or a stage")
        let columns = kind == .leftParenthesis ? try identifiersInParentheses("a column") : []
        try expect("FROM")
        let source: CopyIntoTable.Source
        if kind == .leftParenthesis {
            source = .query(try queryInParentheses())
        } else {
            source = .location(try fileLocation())
        }
        var copy = CopyIntoTable(table: table, columns: columns, source: source, position: place)
        try copyOptions(Self.loadOptions) { parser, name, value, place throws(SQLError) in
            switch name {
            case "FILES": copy.files = try parser.strings(value, name, at: place)
            case "PATTERN": copy.pattern = try parser.string(value, name, at: place)
            case "FILE_FORMAT": copy.fileFormat = try parser.fileFormat(value, at: place)
            default: copy.options[name] = value
            }
        }
        return .load(copy)
    }

    private mutating func queryInParentheses() throws(SQLError) -> Query {
        advance()
        let query = try query()
        try expect(.rightParenthesis, "')'")
        return query
    }

    // MARK: Into a stage

    private mutating func copyIntoLocation(_ place: Int) throws(SQLError) -> Statement {
        let location = try fileLocation()
        try expect("FROM")
        let source: CopyIntoLocation.Source
        if kind == .leftParenthesis {
            source = .query(try queryInParentheses())
        } else {
            source = .table(try objectName("a table, or a query in parentheses,"))
        }
        var copy = CopyIntoLocation(location: location, source: source, position: place)
        if accept("PARTITION", "BY") {
            copy.partitionBy = try expression()
        }
        try copyOptions(Self.unloadOptions) { parser, name, value, place throws(SQLError) in
            if name == "FILE_FORMAT" {
                copy.fileFormat = try parser.fileFormat(value, at: place)
            } else {
                copy.options[name] = value
            }
        }
        return .unload(copy)
    }

    // MARK: Options

    /// Options whose names must be among `known`, so that a mistyped one is not passed over.
    private mutating func copyOptions(
        _ known: Set<String>,
        _ take: (StatementParser, String, OptionValue, Int) throws(SQLError) -> Void
    ) throws(SQLError) {
        var seen: Set<String> = []
        while kind == .word {
            let name = word
            let place = position
            guard kind(1) == .equal else {
                throw failure("an option (NAME = value) or the end of the statement")
            }
            guard known.contains(name) else {
                throw wrong(
                    "COPY INTO has no option \(name) here; it has \(known.sorted().joined(separator: ", "))")
            }
            guard seen.insert(name).inserted else { throw wrong("The option \(name) is written twice") }
            skip(2)
            let value = try optionValue()
            try take(self, name, value, place)
            if kind == .comma, kind(1) == .word { advance() }
        }
    }

    private static let loadOptions: Set<String> = [
        "FILES", "PATTERN", "FILE_FORMAT", "ON_ERROR", "SIZE_LIMIT", "PURGE", "RETURN_FAILED_ONLY",
        "MATCH_BY_COLUMN_NAME", "INCLUDE_METADATA", "ENFORCE_LENGTH", "TRUNCATECOLUMNS", "FORCE",
        "LOAD_UNCERTAIN_FILES", "VALIDATION_MODE", "FILE_PROCESSOR", "LOAD_MODE",
    ]

    private static let unloadOptions: Set<String> = [
        "FILE_FORMAT", "OVERWRITE", "SINGLE", "MAX_FILE_SIZE", "INCLUDE_QUERY_ID", "DETAILED_OUTPUT",
        "HEADER",
        "VALIDATION_MODE",
    ]
}
