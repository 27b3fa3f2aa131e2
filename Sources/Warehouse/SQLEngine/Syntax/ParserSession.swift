extension StatementParser {
    // MARK: SHOW

    mutating func show() throws(SQLError) -> Statement {
        let place = position
        advance()
        let isTerse = accept("TERSE")
        var show = Show(kind: try showKind(), isTerse: isTerse, position: place)
        show.history = accept("HISTORY")
        if accept("LIKE") { show.like = try string("a pattern in single quotes") }
        if accept("IN") { show.scope = try showScope() }
        if show.like == nil, accept("LIKE") { show.like = try string("a pattern in single quotes") }
        if accept("STARTS", "WITH") { show.startsWith = try string("a string") }
        if accept("LIMIT") {
            show.limit = try count("a number behind LIMIT")
            if accept("FROM") { show.from = try string("a string") }
        }
        return .show(show)
    }

    private mutating func showKind() throws(SQLError) -> Show.Kind {
        if accept("FILE") {
            try expect("FORMATS")
            return .fileFormats
        }
        if accept("PRIMARY") {
            try expect("KEYS")
            return .primaryKeys
        }
        if accept("USER", "FUNCTIONS") || accept("BUILTIN", "FUNCTIONS") { return .functions }
        if kind == .word, let kind = Show.Kind(rawValue: word) {
            advance()
            return kind
        }
        guard kind == .word else { throw failure("TABLES, VIEWS, COLUMNS or another kind of object") }
        switch word {
        case "WAREHOUSES", "ROLES", "USERS", "GRANTS", "TASKS", "STREAMS", "PIPES", "PROCEDURES",
            "TRANSACTIONS",
            "LOCKS", "SHARES", "INTEGRATIONS", "REGIONS", "POLICIES", "ORGANIZATION", "IMPORTED", "UNIQUE":
            throw unsupported("SHOW \(word) is")
        default:
            throw failure(
                "a kind of object",
                hint: "SHOW knows \(Show.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    private mutating func showScope() throws(SQLError) -> Show.Scope {
        if accept("ACCOUNT") { return .account }
        if accept("SESSION") { return .session }
        if accept("DATABASE") { return .database(isName() ? try identifier("a database") : nil) }
        if accept("SCHEMA") { return .schema(isName() ? try objectName("a schema", partsMax: 2) : nil) }
        if accept("TABLE") || accept("VIEW") { return .table(try objectName("a table")) }
        return .unqualified(try objectName("ACCOUNT, DATABASE, SCHEMA, TABLE or a name"))
    }

    // MARK: DESCRIBE

    mutating func describe() throws(SQLError) -> Statement {
        let place = position
        advance()
        if at("RESULT"), kind(1) == .string || kind(1) == .word {
            advance()
            return .describe(Describe(target: .result(try primary()), position: place))
        }
        var kind = ObjectKind.table
        if at("TABLE") || isName(1) { kind = try objectKind("TABLE, VIEW, STAGE, FILE FORMAT or a name") }
        guard kind != .column else {
            throw wrong("A column cannot be described; describe its table", at: place)
        }
        let name = try objectName("a name")
        if accept("TYPE") {
            try expect(.equal, "'='")
            guard accept("COLUMNS") else { throw unsupported("DESCRIBE … TYPE = STAGE is") }
        }
        return .describe(Describe(target: .object(kind, name), position: place))
    }

    /// A word that says what an object is.
    mutating func objectKind(_ expected: String) throws(SQLError) -> ObjectKind {
        if accept("FILE") {
            try expect("FORMAT")
            return .fileFormat
        }
        if kind == .word, let kind = ObjectKind(rawValue: word) {
            advance()
            return kind
        }
        if kind == .word, let kind = StatementParser.foreignKind(word) { throw unsupported("\(kind) is") }
        throw failure(expected)
    }

    /// Objects of Snowflake that are not here.
    static func foreignKind(_ word: String) -> String? {
        switch word {
        case "FUNCTION", "PROCEDURE", "TASK", "STREAM", "PIPE", "WAREHOUSE", "ROLE", "USER", "INTEGRATION",
            "SHARE", "TAG", "ALERT", "SECRET", "NETWORK", "APPLICATION", "NOTEBOOK", "STREAMLIT", "SERVICE",
            "CONNECTION", "MASKING", "AGGREGATE", "SESSION", "PASSWORD", "REPLICATION", "FAILOVER",
            "ORGANIZATION",
            "ACCOUNT", "INDEX", "PACKAGES", "IMAGE", "COMPUTE", "GIT", "MODEL", "SEMANTIC", "CORTEX",
            "DATASET":
            word
        case "EXTERNAL", "ICEBERG", "DYNAMIC", "HYBRID", "EVENT", "MATERIALIZED", "INTERACTIVE":
            "\(word) \(word == "MATERIALIZED" ? "VIEW" : "TABLE")"
        default: nil
        }
    }

    // MARK: USE, EXPLAIN

    mutating func use() throws(SQLError) -> Statement {
        let place = position
        advance()
        let target: Use.Target
        if accept("SECONDARY") {
            guard accept("ROLES") else { throw failure("ROLES") }
            repeat {
                if !accept("ALL") { _ = try identifier("ALL, NONE or a role") }
            } while accept(.comma)
            target = .secondaryRoles
        } else if at("DATABASE"), isName(1) {
            advance()
            target = .database(try identifier("a database"))
        } else if at("SCHEMA"), isName(1) {
            advance()
            target = .schema(try objectName("a schema", partsMax: 2))
        } else if at("ROLE"), isName(1) {
            advance()
            target = .role(try identifier("a role"))
        } else if at("WAREHOUSE"), isName(1) {
            advance()
            target = .warehouse(try identifier("a warehouse"))
        } else {
            target = .unqualified(try objectName("DATABASE, SCHEMA or a name", partsMax: 2))
        }
        return .use(Use(target: target, position: place))
    }

    mutating func explain() throws(SQLError) -> Statement {
        let place = position
        advance()
        let isAnalyzed = accept("ANALYZE")
        var format = Explain.Format.tabular
        if accept("USING") {
            if accept("TEXT") {
                format = .text
            } else if accept("JSON") {
                format = .json
            } else if !accept("TABULAR") {
                throw failure("TEXT, TABULAR or JSON")
            }
        }
        if at("EXPLAIN") { throw failure("a statement to explain") }
        let inner = try statement()
        return .explain(Explain(isAnalyzed: isAnalyzed, format: format, statement: inner, position: place))
    }

    // MARK: Variables

    /// `SET name = value` or `SET (a, b) = (1, 2)`.
    mutating func setVariables() throws(SQLError) -> Statement {
        let place = position
        advance()
        guard kind == .leftParenthesis else {
            let name = try identifier("a variable's name")
            try expect(.equal, "'='")
            return .setVariables([(name, try expression())], position: place)
        }
        let names = try identifiersInParentheses("a variable's name")
        try expect(.equal, "'='")
        let valuesPlace = position
        guard kind == .leftParenthesis, case .list(let values) = try parenthesized() else {
            throw wrong("The values of the variables are listed in parentheses", at: valuesPlace)
        }
        guard values.count == names.count else {
            throw wrong("There are \(names.count) variables, but \(values.count) values", at: valuesPlace)
        }
        return .setVariables(zip(names, values).map { ($0, $1) }, position: place)
    }

    mutating func unsetVariables() throws(SQLError) -> Statement {
        let place = position
        advance()
        let names =
            kind == .leftParenthesis
            ? try identifiersInParentheses("a variable's name") : [try identifier("a variable's name")]
        return .unsetVariables(names, position: place)
    }
}
