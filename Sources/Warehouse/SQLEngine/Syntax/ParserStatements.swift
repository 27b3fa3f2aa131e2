extension StatementParser {
    /// A statement of any kind, without the semicolon behind it.
    mutating func statement() throws(SQLError) -> Statement {
        let outer = try enter()
        defer { leave(outer) }
        if kind == .leftParenthesis || startsQuery() { return .query(try query()) }
        guard kind == .word else { throw failure("a statement") }
        if let statement = try definition() { return statement }
        if let statement = try change() { return statement }
        if let statement = try sessionStatement() { return statement }
        if at("COPY") { return try copy() }
        if at("PUT") { return try putStatement() }
        if at("GET") { return try getStatement() }
        if at("LIST") || at("LS") { return .list(try stageFiles()) }
        if at("REMOVE") || at("RM") { return .remove(try stageFiles()) }
        if let reason = ignoredReason { return ignore(reason) }
        if let what = unsupportedStatement { throw unsupported("\(what) is") }
        if at("FROM") {
            throw failure("SELECT", hint: "FROM stands behind the SELECT list; SELECT * takes all columns")
        }
        throw failure("a statement", hint: Self.statementHint(word))
    }

    private mutating func definition() throws(SQLError) -> Statement? {
        if at("CREATE") { return try create() }
        if at("DROP") { return try drop() }
        if at("ALTER") { return try alter() }
        if at("TRUNCATE") { return try truncate() }
        if at("COMMENT") { return try comment() }
        return nil
    }

    private mutating func change() throws(SQLError) -> Statement? {
        if at("INSERT") { return try insert() }
        if at("UPDATE") { return try update() }
        if at("DELETE") { return try delete() }
        if at("MERGE") { return try merge() }
        return nil
    }

    private mutating func sessionStatement() throws(SQLError) -> Statement? {
        if at("SHOW") { return try show() }
        if at("DESCRIBE") || at("DESC") { return try describe() }
        if at("USE") { return try use() }
        if at("EXPLAIN") { return try explain() }
        if at("SET") { return try setVariables() }
        if at("UNSET") { return try unsetVariables() }
        return try transactionStatement()
    }

    // MARK: Transactions

    private mutating func transactionStatement() throws(SQLError) -> Statement? {
        let place = position
        if accept("START", "TRANSACTION") { return .begin(name: try transactionName(), position: place) }
        if accept("BEGIN") {
            if !accept("TRANSACTION") { _ = accept("WORK") }
            let name = try transactionName()
            guard kind == .semicolon || kind == .end else {
                throw SQLError(
                    .unsupported,
                    "Blocks of BEGIN … END (scripting) are not supported; BEGIN alone begins a transaction",
                    position: place)
            }
            return .begin(name: name, position: place)
        }
        if accept("COMMIT") {
            _ = accept("WORK")
            return .commit(position: place)
        }
        if accept("ROLLBACK") {
            _ = accept("WORK")
            return .rollback(position: place)
        }
        return nil
    }

    private mutating func transactionName() throws(SQLError) -> Identifier? {
        accept("NAME") ? try identifier("a transaction's name") : nil
    }

    // MARK: What is not done

    /// Why a statement does nothing here; `nil` if it is another one.
    private var ignoredReason: String? {
        if at("GRANT") || at("REVOKE") {
            return "\(word) has no effect: an embedded database has neither users nor roles"
        }
        return nil
    }

    /// Skips the rest of the statement.
    mutating func ignore(_ reason: String) -> Statement {
        let place = position
        while kind != .end, kind != .semicolon { advance() }
        return .ignored(reason: reason, position: place)
    }

    private var unsupportedStatement: String? {
        switch word {
        case "CALL": "CALL (stored procedures)"
        case "EXECUTE": "EXECUTE (dynamic SQL and tasks)"
        case "DECLARE", "LET", "RETURN", "IF", "LOOP", "WHILE", "REPEAT": "\(word) (scripting)"
        case "UNDROP": "UNDROP (what is dropped is gone)"
        default: nil
        }
    }

    private static func statementHint(_ word: String) -> String? {
        switch word {
        case "REPLACE", "UPSERT": "write MERGE INTO … or INSERT OVERWRITE INTO …"
        case "VACUUM", "ANALYZE", "OPTIMIZE": "the storage looks after itself"
        case "PRAGMA": "settings are made with ALTER SESSION SET name = value"
        case "ATTACH": "databases are made with CREATE DATABASE"
        case "LOAD", "IMPORT", "EXPORT": "files are loaded and unloaded with COPY INTO"
        case "PIVOT", "UNPIVOT": "\(word) stands in FROM, behind a table"
        case "ABORT": "a transaction is given up with ROLLBACK"
        case "END": "a transaction is ended with COMMIT"
        case "SELCT", "SELET", "SLECT", "SELEC": "is SELECT meant?"
        default: nil
        }
    }
}
