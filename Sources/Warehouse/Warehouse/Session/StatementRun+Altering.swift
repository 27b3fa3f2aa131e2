import ColumnStore
import SQLEngine
import Vectors

extension StatementRun {
    func alterTable(_ alter: AlterTable) throws -> StatementOutcome {
        if alter.ifExists, try store.object(catalog.qualified(alter.name), .relation) == nil {
            return Self.success
        }
        let object = try table(alter.name)
        try requireAlterable(object, alter)
        switch alter.action {
        case .rename(let name): try rename(object, to: name)
        case .addColumns(let definitions, let ifNotExists):
            try addColumns(definitions, ifNotExists, to: object)
        case .dropColumns(let names, let ifExists): try dropColumns(names, ifExists, from: object)
        case .renameColumn(let old, let new): try renameColumn(old, to: new, in: object)
        case .alterColumns(let changes):
            for (name, change) in changes { try alterColumn(name, change, of: try table(alter.name)) }
        case .clusterBy(let keys): try setClusterKeys(keys, of: object)
        case .dropClusteringKey:
            var object = object
            object.definition = nil
            try store.update(object)
        case .swap(let other): try swap(object, with: try table(other), alter.position)
        case .set(let options): try setOptions(options, of: object)
        case .unset(let names):
            guard names.contains("COMMENT") else { break }
            var object = object
            object.comment = nil
            try store.update(object)
        case .addConstraint(let constraint): try addKeys([constraint], to: object)
        case .dropConstraint(let dropped): try dropKey(dropped, of: object, alter.position)
        }
        return Self.success
    }

    /// What the pipeline keeps has its name and its columns from it.
    private func requireAlterable(_ object: CatalogObject, _ alter: AlterTable) throws {
        switch alter.action {
        case .clusterBy, .dropClusteringKey, .set, .unset, .addConstraint, .dropConstraint: return
        case .alterColumns(let changes):
            let isHarmless = changes.allSatisfy { _, change in
                switch change {
                case .comment, .unsetComment: true
                default: false
                }
            }
            if isHarmless { return }
        default: break
        }
        if case .swap(let other) = alter.action {
            try requireChangeable(catalog.qualified(other), alter.position)
        }
        try requireChangeable(object.name, alter.position)
    }

    /// What the pipeline keeps stays as the pipeline makes it: what is changed there would stay wrong, for a
    /// build takes what is new and looks at nothing else.
    func requireChangeable(_ name: QualifiedName, _ position: Int) throws {
        guard name.database == Schema.databaseName, name.schema == Schema.name else { return }
        if name.name == Schema.rawTable {
            throw SQLError(
                .invalid,
                "\(name.name) is what the pipeline loads into, and stays as it is: LOAD_HISTORY says which rows it has; "
                    + "change a copy, CREATE TABLE … AS SELECT * FROM \(name.name)",
                position: position)
        }
        guard !session.options.changesModels, try session.warehouse.isBuilt(name.name) else { return }
        let model = name.name.lowercased()
        throw SQLError(
            .invalid,
            "\(name.name) is built from a model, and stays as that makes it: `tapehouse build --full-refresh --select "
                + "\(model)` makes it anew; change a copy, CREATE TABLE … AS SELECT * FROM \(name.name)",
            position: position)
    }

    /// What the warehouse itself keeps is in no list of objects, and yet there.
    func requireNotNative(_ name: QualifiedName, _ position: Int) throws {
        let isListed = name.schema == InformationSchema.name && InformationSchema.views[name.name] != nil
        if name.isNative || isListed {
            throw SQLError(
                .invalid, "\(name.description) is kept by the warehouse itself, and can be read alone",
                position: position)
        }
    }

    /// The table of a name, whose rows a statement may change.
    func changeableTable(_ name: ObjectName) throws -> (object: CatalogObject, id: TableID) {
        let object = try table(name)
        try requireChangeable(object.name, name.position)
        guard let id = object.table else {
            throw SQLError(.invalid, "\(object.name.description) is no table", position: name.position)
        }
        return (object, id)
    }

    // MARK: Names

    /// Gives a table or view another name, in another schema perhaps.
    func rename(_ object: CatalogObject, to name: ObjectName) throws {
        let new = catalog.qualified(name)
        try requireSchema(new, name.position)
        guard try store.object(new, object.kind.space) == nil else {
            throw SQLError(.alreadyExists, "\(new.description) already exists", position: name.position)
        }
        var object = object
        object.name = new
        try store.update(object)
    }

    private func swap(_ first: CatalogObject, with second: CatalogObject, _ position: Int) throws {
        guard first.id != second.id else {
            throw SQLError(.invalid, "a table cannot be swapped with itself", position: position)
        }
        var (first, second) = (first, second)
        let (name, other) = (first.name, second.name)
        // Names are unique, so that one of them has to step aside.
        first.name.name = "\u{0}\(first.id)"
        try store.update(first)
        second.name = name
        try store.update(second)
        first.name = other
        try store.update(first)
    }

    // MARK: Options

    private func setClusterKeys(_ keys: [Expression], of object: CatalogObject) throws {
        let columns = try store.columns(of: object)
        var object = object
        object.definition = try keys.map { try clusterKey($0, columns).name }.clusteringSQL
        try store.update(object)
    }

    /// The column that an expression of CLUSTER BY is.
    func clusterKey(_ expression: Expression, _ columns: [CatalogColumn]) throws -> CatalogColumn {
        guard case .column(let parts) = expression.kind, let name = parts.last?.name else {
            throw SQLError(.unsupported, "CLUSTER BY takes columns", position: expression.position)
        }
        guard let column = columns.first(where: { $0.name == name }) else {
            throw SQLError(
                .notFound, "CLUSTER BY names \(name), which is no column of the table",
                position: expression.position)
        }
        guard !column.type.isSemiStructured else {
            throw SQLError(
                .invalid, "rows cannot be clustered by a \(column.type)", position: expression.position)
        }
        return column
    }

    /// COMMENT is kept; the others are about what an embedded database does not have.
    private func setOptions(_ options: [String: OptionValue], of object: CatalogObject) throws {
        guard let comment = options["COMMENT"] else { return }
        var object = object
        object.comment = comment.text
        try store.update(object)
    }

    // MARK: Views

    func alterView(_ alter: AlterView) throws -> StatementOutcome {
        let name = catalog.qualified(alter.name)
        guard var object = try store.object(name, .relation) else {
            if alter.ifExists { return Self.success }
            throw SQLError(.notFound, "view \(name.description) does not exist", position: alter.position)
        }
        guard object.kind == .view else {
            throw SQLError(
                .invalid, "\(name.description) is a table: write ALTER TABLE", position: alter.position)
        }
        switch alter.action {
        case .rename(let new):
            try requireChangeable(object.name, alter.position)
            try rename(object, to: new)
        case .comment(let comment):
            object.comment = comment
            try store.update(object)
        // Whom to hide a view's query from: there are no users.
        case .secure: break
        }
        return Self.success
    }
}

extension CatalogObject {
    /// The columns that rows are clustered by, the most important first.
    var clusterKeys: [String] {
        guard kind == .table, let definition,
            case .alterTable(let alter)? = try? SQLParser.parse("ALTER TABLE T CLUSTER BY (\(definition))"),
            case .clusterBy(let keys) = alter.action
        else { return [] }
        return keys.compactMap { if case .column(let parts) = $0.kind { parts.last?.name } else { nil } }
    }
}

extension [String] {
    /// Names of columns as CLUSTER BY takes them, which is how the catalogue keeps them; `nil` for none.
    var clusteringSQL: String? { isEmpty ? nil : map { Identifier($0).sqlText }.joined(separator: ", ") }
}
