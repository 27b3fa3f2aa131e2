extension StatementParser {
    /// What may stand between CREATE and the kind of object.
    struct CreatePrefix {
        var position: Int
        var replaces = false
        var persistence = Persistence.permanent
        var isSecure = false
        var isRecursive = false
    }

    mutating func create() throws(SQLError) -> Statement {
        var prefix = CreatePrefix(position: position)
        advance()
        if accept("OR", "REPLACE") {
            prefix.replaces = true
        } else if at("OR", then: "ALTER") {
            throw unsupported("CREATE OR ALTER is")
        }
        while true {
            if accept("LOCAL") || accept("GLOBAL") {
                continue
            } else if accept("TEMPORARY") || accept("TEMP") || accept("VOLATILE") {
                prefix.persistence = .temporary
            } else if accept("TRANSIENT") {
                prefix.persistence = .transient
            } else if accept("SECURE") {
                prefix.isSecure = true
            } else if accept("RECURSIVE") {
                prefix.isRecursive = true
            } else {
                break
            }
        }
        if accept("TABLE") { return try createTable(prefix) }
        if accept("VIEW") { return try createView(prefix) }
        if accept("SCHEMA") { return try createContainer(.schema, prefix) }
        if accept("DATABASE") { return try createContainer(.database, prefix) }
        if accept("STAGE") { return try createStage(prefix) }
        if accept("FILE", "FORMAT") { return try createFileFormat(prefix) }
        if accept("SEQUENCE") { return try createSequence(prefix) }
        if at("WAREHOUSE") {
            let reason = "CREATE WAREHOUSE has no effect: an embedded database computes by itself"
            _ = ignore(reason)
            return .ignored(reason: reason, position: prefix.position)
        }
        if at("UNIQUE", then: "INDEX") { throw unsupported("CREATE INDEX is", at: prefix.position) }
        guard kind == .word, let what = Self.foreignKind(word) else {
            throw failure("TABLE, VIEW, SCHEMA, DATABASE, STAGE, FILE FORMAT or SEQUENCE")
        }
        throw unsupported("CREATE \(what) is", at: prefix.position)
    }

    private mutating func ifNotExists(_ prefix: CreatePrefix) throws(SQLError) -> Bool {
        let place = position
        guard accept("IF") else { return false }
        try expect("NOT")
        try expect("EXISTS")
        if prefix.replaces { throw wrong("OR REPLACE and IF NOT EXISTS exclude each other", at: place) }
        return true
    }

    // MARK: View

    private mutating func createView(_ prefix: CreatePrefix) throws(SQLError) -> Statement {
        let ifNotExists = try ifNotExists(prefix)
        let name = try objectName("the view's name")
        var columns: [CreateView.Column] = []
        if accept(.leftParenthesis) {
            repeat {
                var column = CreateView.Column(name: try identifier("a column"))
                if atComment { column.comment = try commentText() }
                columns.append(column)
            } while accept(.comma)
            try expect(.rightParenthesis, "')' or ','")
        }
        var comment: String?
        var copiesGrants = false
        while !at("AS") {
            if atComment, comment == nil {
                comment = try commentText()
            } else if accept("COPY", "GRANTS") {
                copiesGrants = true
            } else {
                throw failure("AS and the view's query")
            }
        }
        advance()
        let start = position
        let query = try query()
        return .createView(
            CreateView(
                name: name, replaces: prefix.replaces, ifNotExists: ifNotExists, isSecure: prefix.isSecure,
                isRecursive: prefix.isRecursive, persistence: prefix.persistence, columns: columns,
                comment: comment, copiesGrants: copiesGrants, query: query, queryText: start..<endOfPrevious,
                position: prefix.position))
    }

    // MARK: Schema, database

    private mutating func createContainer(_ kind: ObjectKind, _ prefix: CreatePrefix) throws(SQLError)
        -> Statement
    {
        let ifNotExists = try ifNotExists(prefix)
        let name = try objectName("a name", partsMax: kind == .schema ? 2 : 1)
        if at("CLONE") { throw unsupported("CLONE of a \(kind.rawValue) is") }
        if at("FROM") { throw unsupported("CREATE DATABASE FROM SHARE is") }
        _ = accept("WITH", "MANAGED", "ACCESS")
        var comment: String?
        let options = try options(comment: &comment)
        return .createContainer(
            CreateContainer(
                kind: kind, name: name, replaces: prefix.replaces, ifNotExists: ifNotExists,
                isTransient: prefix.persistence == .transient, comment: comment, options: options,
                position: prefix.position))
    }

    // MARK: Stage, file format

    private mutating func createStage(_ prefix: CreatePrefix) throws(SQLError) -> Statement {
        var stage = CreateStage(
            name: ObjectName([]), replaces: prefix.replaces, ifNotExists: try ifNotExists(prefix),
            isTemporary: prefix.persistence == .temporary, position: prefix.position)
        stage.name = try objectName("the stage's name")
        let place = position
        stage.options = try options(comment: &stage.comment)
        if let url = stage.options.removeValue(forKey: "URL") {
            stage.url = try string(url, "URL", at: place)
        }
        if let format = stage.options.removeValue(forKey: "FILE_FORMAT") {
            stage.fileFormat = try fileFormat(format, at: place)
        }
        return .createStage(stage)
    }

    private mutating func createFileFormat(_ prefix: CreatePrefix) throws(SQLError) -> Statement {
        let ifNotExists = try ifNotExists(prefix)
        var format = CreateFileFormat(
            name: try objectName("the file format's name"), replaces: prefix.replaces,
            ifNotExists: ifNotExists,
            isTemporary: prefix.persistence == .temporary, position: prefix.position)
        format.options = try options(comment: &format.comment)
        return .createFileFormat(format)
    }

    /// Options of which COMMENT is taken out.
    private mutating func options(comment: inout String?) throws(SQLError) -> [String: OptionValue] {
        var options: [String: OptionValue] = [:]
        while kind == .word {
            if atComment, comment == nil {
                comment = try commentText()
            } else if kind(1) == .equal {
                try option(&options)
            } else {
                break
            }
            if kind == .comma, kind(1) == .word, kind(2) == .equal { advance() }
        }
        return options
    }

    // MARK: Sequence

    private mutating func createSequence(_ prefix: CreatePrefix) throws(SQLError) -> Statement {
        let ifNotExists = try ifNotExists(prefix)
        var sequence = CreateSequence(
            name: try objectName("the sequence's name"), replaces: prefix.replaces, ifNotExists: ifNotExists,
            position: prefix.position)
        _ = accept("WITH")
        while kind == .word {
            if accept("START") {
                _ = accept("WITH")
                _ = accept(.equal)
                sequence.start = try integer("a whole number")
            } else if accept("INCREMENT") {
                _ = accept("BY")
                _ = accept(.equal)
                let place = position
                sequence.increment = try integer("a whole number")
                if sequence.increment == 0 { throw wrong("The increment must not be 0", at: place) }
            } else if atComment {
                sequence.comment = try commentText()
            } else if !accept("ORDER"), !accept("NOORDER") {
                throw failure("START, INCREMENT, COMMENT or the end of the statement")
            }
            _ = accept(.comma)
        }
        return .createSequence(sequence)
    }

    // MARK: Table

    private mutating func createTable(_ prefix: CreatePrefix) throws(SQLError) -> Statement {
        let ifNotExists = try ifNotExists(prefix)
        var table = CreateTable(
            name: try objectName("the table's name"), replaces: prefix.replaces, ifNotExists: ifNotExists,
            persistence: prefix.persistence, position: prefix.position)
        let columnsPlace = position
        if kind == .leftParenthesis { try tableElements(&table) }
        if accept("LIKE") {
            table.source = .like(try objectName("a table"))
        } else if accept("CLONE") {
            table.source = .clone(try objectName("a table"))
            if at("AT") || at("BEFORE") { throw unsupported("Time travel (AT, BEFORE) is") }
        }
        if at("USING", then: "TEMPLATE") { throw unsupported("USING TEMPLATE is") }
        try tableOptions(&table)
        switch table.source {
        case .columns:
            guard !table.columns.isEmpty else {
                throw failure("'(' and the columns, AS, LIKE or CLONE")
            }
            if let column = table.columns.first(where: { $0.type == nil }) {
                throw wrong("The column \(column.name.name) needs a type", at: column.name.position)
            }
        case .like, .clone:
            guard table.columns.isEmpty, table.constraints.isEmpty else {
                throw wrong("LIKE and CLONE take the columns of the other table", at: columnsPlace)
            }
        case .query: break
        }
        return .createTable(table)
    }

    /// Options and `AS query` behind the columns.
    private mutating func tableOptions(_ table: inout CreateTable) throws(SQLError) {
        while kind == .word {
            if at("CLUSTER", then: "BY") {
                skip(2)
                table.clusterBy = try clusterKeys()
            } else if atComment, table.comment == nil {
                table.comment = try commentText()
            } else if accept("COPY", "GRANTS") {
                table.copiesGrants = true
            } else if at("AS"), case .columns = table.source {
                advance()
                table.source = .query(try query())
            } else if kind(1) == .equal {
                try option(&table.options)
            } else if at("WITH") || at("ROW") {
                throw unsupported("Tags and policies are")
            } else {
                return
            }
            if kind == .comma, kind(1) == .word, kind(2) == .equal { advance() }
        }
    }

    /// `(a, b)` or `LINEAR (a, b)` behind CLUSTER BY.
    mutating func clusterKeys() throws(SQLError) -> [Expression] {
        _ = accept("LINEAR")
        try expect(.leftParenthesis, "'('")
        var keys: [Expression] = []
        repeat { keys.append(try expression()) } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        return keys
    }
}
