extension StatementParser {
    // MARK: DROP, TRUNCATE, COMMENT

    mutating func drop() throws(SQLError) -> Statement {
        let place = position
        advance()
        if at("WAREHOUSE") {
            _ = ignore("")
            return .ignored(
                reason: "DROP WAREHOUSE has no effect: an embedded database computes by itself",
                position: place)
        }
        if at("MATERIALIZED", then: "VIEW") || at("EXTERNAL", then: "TABLE") {
            throw unsupported("DROP \(word) is", at: place)
        }
        let kind = try objectKind("TABLE, VIEW, SCHEMA, DATABASE, STAGE, FILE FORMAT or SEQUENCE")
        guard kind != .column else {
            throw wrong("Columns are dropped with ALTER TABLE name DROP COLUMN column", at: place)
        }
        let ifExists = accept("IF", "EXISTS")
        let name = try objectName("a name", partsMax: kind == .database ? 1 : kind == .schema ? 2 : 3)
        if self.kind == .comma {
            throw failure("the end of the statement", hint: "one DROP drops one object")
        }
        let isRestricted = accept("RESTRICT")
        if !isRestricted { _ = accept("CASCADE") }
        return .drop(
            Drop(kind: kind, name: name, ifExists: ifExists, isRestricted: isRestricted, position: place))
    }

    mutating func truncate() throws(SQLError) -> Statement {
        let place = position
        advance()
        if at("MATERIALIZED") { throw unsupported("TRUNCATE MATERIALIZED VIEW is") }
        _ = accept("TABLE")
        let ifExists = accept("IF", "EXISTS")
        return .truncate(Truncate(table: try objectName("a table"), ifExists: ifExists, position: place))
    }

    mutating func comment() throws(SQLError) -> Statement {
        let place = position
        advance()
        let ifExists = accept("IF", "EXISTS")
        try expect("ON")
        let kind = try objectKind("TABLE, VIEW, SCHEMA, COLUMN or another kind of object")
        let name = try objectName("a name", partsMax: kind == .column ? 4 : 3)
        guard kind != .column || name.parts.count > 1 else {
            throw wrong("A column is named with its table: table.column", at: name.position)
        }
        try expect("IS")
        let text = try string("a text in single quotes")
        return .comment(Comment(kind: kind, name: name, text: text, ifExists: ifExists, position: place))
    }

    // MARK: ALTER

    mutating func alter() throws(SQLError) -> Statement {
        let place = position
        advance()
        if at("WAREHOUSE") {
            _ = ignore("")
            return .ignored(
                reason: "ALTER WAREHOUSE has no effect: an embedded database computes by itself",
                position: place)
        }
        if accept("TABLE") { return try alterTable(place) }
        if accept("VIEW") { return try alterView(place) }
        if accept("SESSION") { return try alterSession(place) }
        if accept("SCHEMA") { return try alterContainer(.schema, place) }
        if accept("DATABASE") { return try alterContainer(.database, place) }
        guard kind == .word else { throw failure("TABLE, VIEW, SCHEMA, DATABASE or SESSION") }
        switch word {
        case "STAGE", "FILE", "SEQUENCE": throw unsupported("ALTER \(word) is", at: place)
        default:
            if let what = Self.foreignKind(word) { throw unsupported("ALTER \(what) is", at: place) }
            throw failure("TABLE, VIEW, SCHEMA, DATABASE or SESSION")
        }
    }

    private mutating func alterSession(_ place: Int) throws(SQLError) -> Statement {
        if accept("UNSET") {
            return .alterSession(AlterSession(action: .unset(try optionNames()), position: place))
        }
        try expect("SET")
        return .alterSession(AlterSession(action: .set(try someOptions()), position: place))
    }

    /// Names of options with commas between.
    private mutating func optionNames() throws(SQLError) -> [String] {
        var names: [String] = []
        repeat {
            guard kind == .word else { throw failure("an option's name") }
            names.append(word)
            advance()
        } while accept(.comma)
        return names
    }

    private mutating func someOptions() throws(SQLError) -> [String: OptionValue] {
        let options = try options()
        guard !options.isEmpty else { throw failure("an option (NAME = value)") }
        return options
    }

    private mutating func alterContainer(_ kind: ObjectKind, _ place: Int) throws(SQLError) -> Statement {
        let ifExists = accept("IF", "EXISTS")
        let partsMax = kind == .schema ? 2 : 1
        let name = try objectName("a name", partsMax: partsMax)
        let action: AlterContainer.Action
        if accept("RENAME") {
            try expect("TO")
            action = .rename(try objectName("the new name", partsMax: partsMax))
        } else if accept("SWAP") {
            try expect("WITH")
            action = .swap(with: try objectName("a name", partsMax: partsMax))
        } else if accept("SET") {
            action = .set(try someOptions())
        } else {
            throw failure("RENAME TO, SWAP WITH or SET")
        }
        return .alterContainer(
            AlterContainer(kind: kind, name: name, ifExists: ifExists, action: action, position: place))
    }

    private mutating func alterView(_ place: Int) throws(SQLError) -> Statement {
        let ifExists = accept("IF", "EXISTS")
        let name = try objectName("a view")
        let action: AlterView.Action
        if accept("RENAME") {
            try expect("TO")
            action = .rename(try objectName("the new name"))
        } else if accept("SET") {
            if accept("SECURE") {
                action = .secure(true)
            } else {
                guard atComment else { throw failure("COMMENT or SECURE") }
                action = .comment(try commentText())
            }
        } else if accept("UNSET") {
            if accept("SECURE") {
                action = .secure(false)
            } else {
                try expect("COMMENT")
                action = .comment(nil)
            }
        } else {
            throw failure("RENAME TO, SET or UNSET")
        }
        return .alterView(AlterView(name: name, ifExists: ifExists, action: action, position: place))
    }

    // MARK: ALTER TABLE

    private mutating func alterTable(_ place: Int) throws(SQLError) -> Statement {
        let ifExists = accept("IF", "EXISTS")
        let name = try objectName("a table")
        return .alterTable(
            AlterTable(name: name, ifExists: ifExists, action: try tableAction(), position: place))
    }

    private mutating func tableAction() throws(SQLError) -> AlterTable.Action {
        if accept("RENAME") {
            if accept("TO") { return .rename(try objectName("the new name")) }
            try expect("COLUMN", hint: "write RENAME TO name or RENAME COLUMN a TO b")
            let column = try identifier("a column")
            try expect("TO")
            return .renameColumn(column, to: try identifier("the new name"))
        }
        if accept("ADD") { return try addition() }
        if accept("DROP") { return try removal() }
        if at("ALTER") || at("MODIFY") { return .alterColumns(try columnChanges()) }
        if accept("CLUSTER", "BY") { return .clusterBy(try clusterKeys()) }
        if accept("SWAP") {
            try expect("WITH")
            return .swap(with: try objectName("a table"))
        }
        if accept("SET") {
            if at("TAG") { throw unsupported("Tags are") }
            return .set(try someOptions())
        }
        if accept("UNSET") {
            if at("TAG") { throw unsupported("Tags are") }
            return .unset(try optionNames())
        }
        if at("SUSPEND") || at("RESUME") || at("RECLUSTER") { throw unsupported("\(word) is") }
        throw failure("ADD, DROP, RENAME, ALTER, CLUSTER BY, SWAP WITH or SET")
    }

    private mutating func addition() throws(SQLError) -> AlterTable.Action {
        if at("ROW") || at("SEARCH") { throw unsupported("ADD \(word) is") }
        if let constraint = try tableConstraint() { return .addConstraint(constraint) }
        _ = accept("COLUMN")
        let ifNotExists = accept("IF", "NOT", "EXISTS")
        var columns: [ColumnDefinition] = []
        repeat {
            if !columns.isEmpty { _ = accept("COLUMN") }
            let column = try columnDefinition()
            guard column.type != nil else { throw failure("a type") }
            columns.append(column)
        } while accept(.comma)
        return .addColumns(columns, ifNotExists: ifNotExists)
    }

    private mutating func removal() throws(SQLError) -> AlterTable.Action {
        if accept("CLUSTERING", "KEY") { return .dropClusteringKey }
        if at("ROW") || at("ALL") || at("SEARCH") { throw unsupported("DROP \(word) is") }
        if let constraint = try droppedConstraint() {
            if !accept("CASCADE") { _ = accept("RESTRICT") }
            return .dropConstraint(constraint)
        }
        _ = accept("COLUMN")
        let ifExists = accept("IF", "EXISTS")
        var columns: [Identifier] = []
        repeat { columns.append(try identifier("a column")) } while accept(.comma)
        if !accept("CASCADE") { _ = accept("RESTRICT") }
        return .dropColumns(columns, ifExists: ifExists)
    }

    private mutating func droppedConstraint() throws(SQLError) -> AlterTable.DroppedConstraint? {
        if accept("PRIMARY", "KEY") { return .primaryKey }
        if at("CONSTRAINT"), isName(1) {
            advance()
            return .named(try identifier("a constraint's name"))
        }
        if accept("UNIQUE") { return .unique(try identifiersInParentheses("a column")) }
        if accept("FOREIGN", "KEY") { return .foreignKey(try identifiersInParentheses("a column")) }
        return nil
    }

    /// `ALTER [COLUMN] a change [, [COLUMN] b change …]`, with or without parentheses.
    private mutating func columnChanges() throws(SQLError) -> [(
        column: Identifier, change: AlterTable.ColumnChange
    )] {
        advance()
        let hasParentheses = accept(.leftParenthesis)
        var changes: [(column: Identifier, change: AlterTable.ColumnChange)] = []
        repeat {
            _ = accept("COLUMN")
            let column = try identifier("a column")
            changes.append((column, try columnChange()))
        } while accept(.comma)
        if hasParentheses { try expect(.rightParenthesis, "')' or ','") }
        return changes
    }

    private mutating func columnChange() throws(SQLError) -> AlterTable.ColumnChange {
        if atComment { return .comment(try commentText()) }
        if accept("UNSET", "COMMENT") { return .unsetComment }
        if accept("DROP") {
            if accept("DEFAULT") { return .dropDefault }
            try expect("NOT")
            try expect("NULL")
            return .dropNotNull
        }
        if accept("TYPE") { return .setType(try typeName()) }
        let hasSet = accept("SET")
        if accept("DATA", "TYPE") { return .setType(try typeName()) }
        if accept("NOT", "NULL") { return .setNotNull }
        if accept("DEFAULT") { return .setDefault(try expression()) }
        if at("MASKING") || at("TAG") || at("PROJECTION") { throw unsupported("Tags and policies are") }
        if !hasSet, kind == .word, isName() { return .setType(try typeName()) }
        throw failure("SET DATA TYPE, SET NOT NULL, DROP NOT NULL, SET DEFAULT, DROP DEFAULT or COMMENT")
    }
}
