/// What a statement can create, drop, describe or comment on.
package enum ObjectKind: String, Sendable, CaseIterable {
    case table = "TABLE", view = "VIEW", schema = "SCHEMA", database = "DATABASE", stage = "STAGE"
    case fileFormat = "FILE FORMAT", sequence = "SEQUENCE", column = "COLUMN"
}

/// How long a table, view or stage lives.
package enum Persistence: Sendable { case permanent, transient, temporary }

/// `CREATE TABLE`.
package struct CreateTable: Sendable {
    package enum Source: Sendable {
        /// The columns alone.
        case columns
        /// `AS query`; columns may be there too, without types even.
        case query(Query)
        case like(ObjectName)
        case clone(ObjectName)
    }

    package var name: ObjectName
    package var replaces = false
    package var ifNotExists = false
    package var persistence = Persistence.permanent
    package var columns: [ColumnDefinition] = []
    /// The constraints out of line; those in line are in the columns.
    package var constraints: [TableConstraint] = []
    package var clusterBy: [Expression] = []
    package var comment: String?
    package var copiesGrants = false
    /// The other options: names in upper case.
    package var options: [String: OptionValue] = [:]
    package var source = Source.columns
    package var position = 0
}

/// A column of CREATE TABLE and ALTER TABLE ADD.
package struct ColumnDefinition: Sendable {
    package struct Identity: Hashable, Sendable {
        package var start: Int64 = 1
        package var step: Int64 = 1
    }

    package var name: Identifier
    /// Missing only where a query gives it.
    package var type: TypeName?
    package var isNotNull = false
    package var defaultValue: Expression?
    package var identity: Identity?
    package var constraints: [TableConstraint] = []
    package var comment: String?
}

/// A constraint as declared; it informs, and nothing enforces it.
package struct TableConstraint: Sendable {
    package enum Kind: Sendable {
        case primaryKey, unique
        /// The table referred to, and its columns (none: its primary key).
        case foreignKey(ObjectName, [Identifier])
    }

    package var name: Identifier?
    package var kind: Kind
    package var columns: [Identifier]
    package var position = 0
}

/// `CREATE VIEW`.
package struct CreateView: Sendable {
    package struct Column: Sendable {
        package var name: Identifier
        package var comment: String?
    }

    package var name: ObjectName
    package var replaces = false
    package var ifNotExists = false
    package var isSecure = false
    package var isRecursive = false
    package var persistence = Persistence.permanent
    package var columns: [Column] = []
    package var comment: String?
    package var copiesGrants = false
    package var query: Query
    /// Where the query's text stands, in UTF-8 bytes.
    package var queryText: Range<Int>
    package var position = 0
}

/// `CREATE SCHEMA`, `CREATE DATABASE`.
package struct CreateContainer: Sendable {
    package var kind: ObjectKind
    package var name: ObjectName
    package var replaces = false
    package var ifNotExists = false
    package var isTransient = false
    package var comment: String?
    package var options: [String: OptionValue] = [:]
    package var position = 0
}

/// `CREATE STAGE`.
package struct CreateStage: Sendable {
    package var name: ObjectName
    package var replaces = false
    package var ifNotExists = false
    package var isTemporary = false
    package var url: String?
    package var fileFormat: FileFormatReference?
    package var comment: String?
    package var options: [String: OptionValue] = [:]
    package var position = 0
}

/// `CREATE FILE FORMAT`.
package struct CreateFileFormat: Sendable {
    package var name: ObjectName
    package var replaces = false
    package var ifNotExists = false
    package var isTemporary = false
    package var comment: String?
    /// TYPE and the others: names in upper case.
    package var options: [String: OptionValue] = [:]
    package var position = 0
}

/// `CREATE SEQUENCE`.
package struct CreateSequence: Sendable {
    package var name: ObjectName
    package var replaces = false
    package var ifNotExists = false
    package var start: Int64 = 1
    package var increment: Int64 = 1
    package var comment: String?
    package var position = 0
}

/// `DROP kind [IF EXISTS] name`.
package struct Drop: Sendable {
    package var kind: ObjectKind
    package var name: ObjectName
    package var ifExists = false
    /// RESTRICT is written.
    package var isRestricted = false
    package var position = 0
}

/// `TRUNCATE [TABLE] [IF EXISTS] name`.
package struct Truncate: Sendable {
    package var table: ObjectName
    package var ifExists = false
    package var position = 0
}

/// `ALTER TABLE`.
package struct AlterTable: Sendable {
    /// What DROP names of a table's constraints.
    package enum DroppedConstraint: Sendable {
        case primaryKey
        case named(Identifier)
        case unique([Identifier])
        case foreignKey([Identifier])
    }

    package enum Action: Sendable {
        case rename(ObjectName)
        case addColumns([ColumnDefinition], ifNotExists: Bool)
        case addConstraint(TableConstraint)
        case dropColumns([Identifier], ifExists: Bool)
        case dropConstraint(DroppedConstraint)
        case renameColumn(Identifier, to: Identifier)
        /// In the order written.
        case alterColumns([(column: Identifier, change: ColumnChange)])
        case clusterBy([Expression])
        case dropClusteringKey
        case swap(with: ObjectName)
        case set([String: OptionValue])
        case unset([String])
    }

    package enum ColumnChange: Sendable {
        case setType(TypeName)
        case setNotNull
        case dropNotNull
        case setDefault(Expression)
        case dropDefault
        case comment(String)
        case unsetComment
    }

    package var name: ObjectName
    package var ifExists = false
    package var action: Action
    package var position = 0
}

/// `ALTER VIEW`.
package struct AlterView: Sendable {
    package enum Action: Sendable {
        case rename(ObjectName)
        /// `nil`: UNSET COMMENT.
        case comment(String?)
        case secure(Bool)
    }

    package var name: ObjectName
    package var ifExists = false
    package var action: Action
    package var position = 0
}

/// `ALTER SCHEMA` and `ALTER DATABASE`.
package struct AlterContainer: Sendable {
    package enum Action: Sendable {
        case rename(ObjectName)
        case swap(with: ObjectName)
        case set([String: OptionValue])
    }

    package var kind: ObjectKind
    package var name: ObjectName
    package var ifExists = false
    package var action: Action
    package var position = 0
}

/// `COMMENT [IF EXISTS] ON kind name IS 'text'`.
package struct Comment: Sendable {
    package var kind: ObjectKind
    /// For columns the table's name with the column's behind it.
    package var name: ObjectName
    package var text: String
    package var ifExists = false
    package var position = 0
}
