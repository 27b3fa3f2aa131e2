extension StatementParser {
    /// `(column …, constraint …)` of CREATE TABLE.
    mutating func tableElements(_ table: inout CreateTable) throws(SQLError) {
        try expect(.leftParenthesis, "'('")
        repeat {
            // A comma behind the last element is passed over.
            if kind == .rightParenthesis, !table.columns.isEmpty { break }
            if let constraint = try tableConstraint() {
                table.constraints.append(constraint)
            } else {
                let column = try columnDefinition()
                guard !table.columns.contains(where: { $0.name == column.name }) else {
                    throw wrong("The column \(column.name.name) is written twice", at: column.name.position)
                }
                table.columns.append(column)
            }
        } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
    }

    /// A column with its type and what may follow it.
    mutating func columnDefinition() throws(SQLError) -> ColumnDefinition {
        var column = ColumnDefinition(name: try identifier("a column"))
        // In CREATE TABLE … AS the types may be missing.
        if kind != .comma, kind != .rightParenthesis { column.type = try typeName() }
        while kind == .word {
            if accept("NOT") {
                try expect("NULL")
                column.isNotNull = true
            } else if accept("NULL") {
                if column.isNotNull { throw wrong("The column is NOT NULL and NULL at once") }
            } else if accept("DEFAULT") {
                column.defaultValue = try expression(Precedence.additive)
            } else if at("AUTOINCREMENT") || at("IDENTITY") {
                advance()
                column.identity = try identity()
            } else if atComment {
                column.comment = try commentText()
            } else if let constraint = try inlineConstraint(column.name) {
                column.constraints.append(constraint)
            } else if at("COLLATE") {
                throw unsupported("COLLATE is")
            } else if at("WITH") || at("MASKING") || at("TAG") || at("PROJECTION") {
                throw unsupported("Tags and policies are")
            } else if at("AS"), kind(1) == .leftParenthesis {
                throw unsupported("Computed columns are")
            } else {
                break
            }
        }
        if column.identity != nil, column.defaultValue != nil {
            throw wrong("A column has either DEFAULT or AUTOINCREMENT", at: column.name.position)
        }
        return column
    }

    /// `(start, step)` or `START n INCREMENT n`, and ORDER or NOORDER.
    private mutating func identity() throws(SQLError) -> ColumnDefinition.Identity {
        var identity = ColumnDefinition.Identity()
        let place = position
        if accept(.leftParenthesis) {
            identity.start = try integer("the first number")
            try expect(.comma, "','")
            identity.step = try integer("the step")
            try expect(.rightParenthesis, "')'")
        } else {
            while true {
                if accept("START") {
                    _ = accept("WITH")
                    identity.start = try integer("the first number")
                } else if accept("INCREMENT") {
                    _ = accept("BY")
                    identity.step = try integer("the step")
                } else {
                    break
                }
            }
        }
        if identity.step == 0 { throw wrong("The step must not be 0", at: place) }
        if !accept("NOORDER") { _ = accept("ORDER") }
        return identity
    }

    // MARK: Constraints

    /// A constraint out of line; `nil` where a column stands.
    mutating func tableConstraint() throws(SQLError) -> TableConstraint? {
        let place = position
        var name: Identifier?
        if at("CONSTRAINT"), isName(1) {
            advance()
            name = try identifier("a constraint's name")
        }
        let kind: TableConstraint.Kind
        let columns: [Identifier]
        if at("PRIMARY", then: "KEY") {
            skip(2)
            columns = try identifiersInParentheses("a column")
            kind = .primaryKey
        } else if at("UNIQUE") {
            advance()
            columns = try identifiersInParentheses("a column")
            kind = .unique
        } else if at("FOREIGN", then: "KEY") {
            skip(2)
            columns = try identifiersInParentheses("a column")
            try expect("REFERENCES")
            kind = try reference()
        } else if at("CHECK") {
            throw unsupported("CHECK is")
        } else if name != nil {
            throw failure("PRIMARY KEY, UNIQUE or FOREIGN KEY")
        } else {
            return nil
        }
        try constraintProperties()
        return TableConstraint(name: name, kind: kind, columns: columns, position: place)
    }

    /// A constraint behind a column's type.
    private mutating func inlineConstraint(_ column: Identifier) throws(SQLError) -> TableConstraint? {
        let place = position
        let name = accept("CONSTRAINT") ? try identifier("a constraint's name") : nil
        let kind: TableConstraint.Kind
        if accept("PRIMARY", "KEY") {
            kind = .primaryKey
        } else if accept("UNIQUE") {
            kind = .unique
        } else if accept("REFERENCES") || accept("FOREIGN", "KEY", "REFERENCES") {
            kind = try reference()
        } else if at("CHECK") {
            throw unsupported("CHECK is")
        } else if name != nil {
            throw failure("PRIMARY KEY, UNIQUE or REFERENCES")
        } else {
            return nil
        }
        try constraintProperties()
        return TableConstraint(name: name, kind: kind, columns: [column], position: place)
    }

    private mutating func reference() throws(SQLError) -> TableConstraint.Kind {
        let table = try objectName("a table")
        let columns = kind == .leftParenthesis ? try identifiersInParentheses("a column") : []
        return .foreignKey(table, columns)
    }

    /// ENFORCED, RELY and the like; they inform as the constraint does.
    private mutating func constraintProperties() throws(SQLError) {
        while kind == .word {
            if accept("NOT", "ENFORCED") || accept("NOT", "DEFERRABLE") { continue }
            if accept("INITIALLY", "DEFERRED") || accept("INITIALLY", "IMMEDIATE") { continue }
            if accept("ENFORCED") || accept("DEFERRABLE") || accept("ENABLE") || accept("DISABLE") {
                continue
            }
            if accept("VALIDATE") || accept("NOVALIDATE") || accept("RELY") || accept("NORELY") { continue }
            if accept("MATCH", "FULL") || accept("MATCH", "SIMPLE") || accept("MATCH", "PARTIAL") { continue }
            guard at("ON", then: "UPDATE") || at("ON", then: "DELETE") else { return }
            skip(2)
            guard
                accept("CASCADE") || accept("RESTRICT") || accept("NO", "ACTION") || accept("SET", "NULL")
                    || accept("SET", "DEFAULT")
            else { throw failure("CASCADE, RESTRICT, NO ACTION, SET NULL or SET DEFAULT") }
        }
    }
}
