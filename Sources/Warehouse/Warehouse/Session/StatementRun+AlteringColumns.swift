import ColumnStore
import SQLEngine
import Vectors

extension StatementRun {
    func addColumns(_ definitions: [ColumnDefinition], _ ifNotExists: Bool, to object: CatalogObject) throws {
        guard let id = object.table else { return }
        var columns = try store.columns(of: object)
        var constraints: [TableConstraint] = []
        let isEmpty = try database.snapshot(id).rowCount == 0
        for definition in definitions {
            if columns.contains(where: { $0.name == definition.name.name }) {
                if ifNotExists { continue }
                throw SQLError(
                    .alreadyExists, "there is a column \(definition.name.name) already",
                    position: definition.name.position)
            }
            var column = try column(definition)
            try Numbering.check([column], definition.name.position)
            guard isEmpty || column.identity == nil else {
                throw SQLError(
                    .unsupported,
                    "a numbered column can be added to an empty table alone: write CREATE TABLE … AS with "
                        + "ROW_NUMBER() OVER (ORDER BY …)", position: definition.name.position)
            }
            let value: Scalar =
                try definition.defaultValue.map { try self.value(of: $0, as: column.type) } ?? .null
            guard isEmpty || column.isNullable || value != .null else {
                throw SQLError(
                    .invalid, "\(column.name) is NOT NULL and there are rows already: it needs a default",
                    position: definition.name.position)
            }
            if value != .null {
                try RowChecks.check([Vector.constant(value, column.type, count: 1)], [column])
            }
            column.id = try database.addColumn(id, column.type, defaultValue: value)
            columns.append(column)
            constraints += definition.constraints
        }
        try store.setColumns(columns, of: object.id)
        try addKeys(constraints, to: object)
    }

    func dropColumns(_ names: [Identifier], _ ifExists: Bool, from object: CatalogObject) throws {
        guard let id = object.table else { return }
        var columns = try store.columns(of: object)
        for name in names {
            guard let place = columns.firstIndex(where: { $0.name == name.name }) else {
                if ifExists { continue }
                throw noColumn(name, columns)
            }
            if object.clusterKeys.contains(name.name) {
                throw SQLError(
                    .invalid, "rows are clustered by \(name.name): ALTER TABLE … DROP CLUSTERING KEY first",
                    position: name.position)
            }
            guard columns.count > 1 else {
                throw SQLError(
                    .invalid, "\(name.name) is the only column of the table", position: name.position)
            }
            if let column = columns.remove(at: place).id { try database.dropColumn(id, column) }
        }
        try store.setColumns(columns, of: object.id)
        let left = Set(columns.map(\.name))
        try store.setKeys(
            try store.keys(of: object.id).filter { left.isSuperset(of: $0.columns) }, of: object.id)
    }

    func renameColumn(_ old: Identifier, to new: Identifier, in object: CatalogObject) throws {
        var columns = try store.columns(of: object)
        guard let place = columns.firstIndex(where: { $0.name == old.name }) else {
            throw noColumn(old, columns)
        }
        guard old.name != new.name else { return }
        guard !columns.contains(where: { $0.name == new.name }) else {
            throw SQLError(.alreadyExists, "there is a column \(new.name) already", position: new.position)
        }
        columns[place].name = new.name
        try store.setColumns(columns, of: object.id)
        var keys = try store.keys(of: object.id)
        for place in keys.indices {
            keys[place].columns = keys[place].columns.map { $0 == old.name ? new.name : $0 }
        }
        try store.setKeys(keys, of: object.id)
        guard object.clusterKeys.contains(old.name) else { return }
        var object = object
        object.definition = object.clusterKeys.map { $0 == old.name ? new.name : $0 }.clusteringSQL
        try store.update(object)
    }

    func noColumn(_ name: Identifier, _ columns: [CatalogColumn]) -> SQLError {
        let near = NearestNames.of(name.name, among: columns.map(\.name))
        return SQLError(
            .notFound,
            "the table has no column \(name.name)"
                + (near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"),
            position: name.position)
    }

    func alterColumn(_ name: Identifier, _ change: AlterTable.ColumnChange, of object: CatalogObject) throws {
        var columns = try store.columns(of: object)
        guard let place = columns.firstIndex(where: { $0.name == name.name }) else {
            throw noColumn(name, columns)
        }
        switch change {
        case .setType(let type): return try setType(type, place, columns, of: object, name.position)
        case .setNotNull:
            guard try !hasRows(object, where: "\(columns[place].quoted) IS NULL") else {
                throw SQLError(.data, "column \(name.name) has NULLs already", position: name.position)
            }
            columns[place].isNullable = false
        case .dropNotNull: columns[place].isNullable = true
        case .setDefault(let expression):
            let binder = makeBinder()
            _ = try binder.assign(
                try binder.bind(expression, over: []), to: columns[place].type, column: name.name)
            if columns[place].identity != nil {
                throw SQLError(
                    .invalid, "\(name.name) is numbered by itself and takes no default",
                    position: name.position)
            }
            columns[place].defaultSQL = expression.sqlText
        case .dropDefault: columns[place].defaultSQL = nil
        case .comment(let text): columns[place].comment = text
        case .unsetComment: columns[place].comment = nil
        }
        try store.setColumns(columns, of: object.id)
    }

    /// Whether a table has rows that satisfy a condition.
    private func hasRows(_ object: CatalogObject, where condition: String) throws -> Bool {
        let binder = makeBinder()
        let query = try binder.bind(
            try SQLParser.parseQuery("SELECT 1 FROM \(object.name.quoted) WHERE \(condition) LIMIT 1"))
        var found = false
        try drain(try PhysicalPlanner(binder, context).plan(query)) { if $0.count > 0 { found = true } }
        return found
    }

    // MARK: Types

    private func setType(
        _ new: TypeName, _ place: Int, _ columns: [CatalogColumn], of object: CatalogObject, _ position: Int
    ) throws {
        guard let id = object.table, let column = columns[place].id else { return }
        var columns = columns
        let old = columns[place]
        columns[place].type = new.type
        columns[place].lengthMax = new.lengthMax
        if columns[place].identity != nil, !new.type.isNumber || new.type.scale != 0 {
            throw SQLError(
                .invalid, "\(old.name) is numbered by itself and stays a whole number", position: position)
        }
        if let sql = old.defaultSQL {
            let binder = makeBinder()
            _ = try binder.cast(try binder.bind(try SQLParser.parseExpression(sql), over: []), to: new.type)
        }
        if old.type == new.type {
            try checkLengths(columns[place], shorterThan: old, of: object, position)
        } else if new.type.isWiderNumber(than: old.type) {
            try database.widenColumn(id, column, to: new.type)
        } else if old.type.isNumber, new.type.isNumber {
            return try rewrite(object, id, columns, place, position)
        } else {
            throw notConvertible(old, to: new.type, in: object, position)
        }
        try store.setColumns(columns, of: object.id)
    }

    /// Why a column does not get a type in which its values would mean something else, and how a new one gets them.
    private func notConvertible(
        _ column: CatalogColumn, to type: SQLType, in object: CatalogObject, _ position: Int
    ) -> SQLError {
        let table = "ALTER TABLE \(object.name.name)"
        return SQLError(
            .invalid,
            "column \(column.name) of type \(column.type) cannot become \(type); write the values into another column: "
                + "\(table) ADD COLUMN NEW_\(column.name) \(type); UPDATE \(object.name.name) SET NEW_\(column.name) = "
                + "\(column.name)::\(type); \(table) DROP COLUMN \(column.name)", position: position)
    }

    /// Checks the values where fewer characters or bytes are allowed than before.
    private func checkLengths(
        _ new: CatalogColumn, shorterThan old: CatalogColumn, of object: CatalogObject, _ position: Int
    ) throws {
        guard let length = new.lengthMax, length < old.lengthMax ?? Int.max else { return }
        if try hasRows(object, where: "LENGTH(\(new.quoted)) > \(length)") {
            throw SQLError(.data, "column \(new.name) has values longer than \(length)", position: position)
        }
    }

    /// Writes a table anew with a NUMBER of other digits, in which all values must be what they are.
    private func rewrite(
        _ object: CatalogObject, _ old: TableID, _ columns: [CatalogColumn], _ place: Int, _ position: Int
    ) throws {
        var columns = columns
        let column = columns[place]
        let binder = makeBinder()
        let query = try binder.bind(try SQLParser.parseQuery("SELECT * FROM \(object.name.quoted)"))
        if try hasRows(object, where: "\(column.quoted)::\(column.type) <> \(column.quoted)") {
            throw SQLError(
                .data, "column \(column.name) has values that would be rounded as \(column.type)",
                position: position)
        }
        let made = try database.createTable(columns.map(\.type))
        let writer = try database.writer(made)
        let types = columns.map(\.type)
        try drain(try PhysicalPlanner(binder, context).plan(try binder.convert(query, to: types))) { batch in
            try RowChecks.check(batch.columns, columns)
            try writer.append(batch)
        }
        try writer.finish()
        for (index, info) in try database.columns(made).enumerated() { columns[index].id = info.id }
        try database.dropTable(old)
        var object = object
        object.table = made
        try store.update(object)
        try store.setColumns(columns, of: object.id)
    }
}

extension ColumnDefinition {
    /// Whether it is declared PRIMARY KEY, which holds no NULLs.
    var isPrimaryKey: Bool {
        constraints.contains { if case .primaryKey = $0.kind { true } else { false } }
    }
}

extension CatalogColumn {
    /// The name as it is written in SQL.
    var quoted: String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}

extension SQLType {
    /// Whether it is a NUMBER that holds all that another holds, in the same form.
    fileprivate func isWiderNumber(than other: SQLType) -> Bool {
        if case .number(let precision, let scale) = self, case .number(let old, scale) = other {
            precision > old
        } else {
            false
        }
    }
}
