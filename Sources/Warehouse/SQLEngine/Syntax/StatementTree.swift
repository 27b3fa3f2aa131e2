/// A statement: what is parsed between two semicolons.
package indirect enum Statement: Sendable {
    case query(Query)
    case createTable(CreateTable)
    case createView(CreateView)
    /// CREATE SCHEMA, CREATE DATABASE.
    case createContainer(CreateContainer)
    case createStage(CreateStage)
    case createFileFormat(CreateFileFormat)
    case createSequence(CreateSequence)
    case drop(Drop)
    case truncate(Truncate)
    case alterTable(AlterTable)
    case alterView(AlterView)
    /// ALTER SCHEMA, ALTER DATABASE.
    case alterContainer(AlterContainer)
    case alterSession(AlterSession)
    case insert(Insert)
    case update(Update)
    case delete(Delete)
    case merge(Merge)
    /// COPY INTO a table.
    case load(CopyIntoTable)
    /// COPY INTO a stage.
    case unload(CopyIntoLocation)
    case put(PutFiles)
    case get(GetFiles)
    case list(StageFiles)
    case remove(StageFiles)
    case describe(Describe)
    case show(Show)
    case use(Use)
    case explain(Explain)
    case begin(name: Identifier?, position: Int)
    case commit(position: Int)
    case rollback(position: Int)
    case setVariables([(name: Identifier, value: Expression)], position: Int)
    case unsetVariables([Identifier], position: Int)
    case comment(Comment)
    /// A statement without meaning in an embedded database, such as GRANT: it does nothing, and here is why.
    case ignored(reason: String, position: Int)
}

extension Statement {
    /// Where the statement begins, in UTF-8 bytes.
    package var position: Int {
        switch self {
        case .query(let query): query.position
        case .createTable(let payload): payload.position
        case .createView(let payload): payload.position
        case .createContainer(let payload): payload.position
        case .createStage(let payload): payload.position
        case .createFileFormat(let payload): payload.position
        case .createSequence(let payload): payload.position
        case .drop(let payload): payload.position
        case .truncate(let payload): payload.position
        case .alterTable(let payload): payload.position
        case .alterView(let payload): payload.position
        case .alterContainer(let payload): payload.position
        case .alterSession(let payload): payload.position
        case .insert(let payload): payload.position
        case .update(let payload): payload.position
        case .delete(let payload): payload.position
        case .merge(let payload): payload.position
        case .load(let payload): payload.position
        case .unload(let payload): payload.position
        case .put(let payload): payload.position
        case .get(let payload): payload.position
        case .list(let payload), .remove(let payload): payload.position
        case .describe(let payload): payload.position
        case .show(let payload): payload.position
        case .use(let payload): payload.position
        case .explain(let payload): payload.position
        case .comment(let payload): payload.position
        case .begin(_, let position), .commit(let position), .rollback(let position): position
        case .setVariables(_, let position), .unsetVariables(_, let position): position
        case .ignored(_, let position): position
        }
    }
}

// MARK: Changes of rows

/// `INSERT [OVERWRITE] INTO table [(columns)] …`.
package struct Insert: Sendable {
    package enum Source: Sendable {
        case query(Query)
        /// VALUES; `nil` stands for DEFAULT.
        case rows([[Expression?]])
    }

    package var table: ObjectName
    /// Empty: all columns of the table.
    package var columns: [Identifier] = []
    package var source: Source
    package var overwrites = false
    package var position = 0
}

/// `c = e` in UPDATE and MERGE; no value stands for DEFAULT.
package struct Assignment: Sendable {
    package var column: Identifier
    package var value: Expression?
}

/// `UPDATE table [alias] SET … [FROM …] [WHERE …]`.
package struct Update: Sendable {
    package var table: ObjectName
    package var alias: Identifier?
    package var assignments: [Assignment] = []
    package var from: TableExpression?
    package var predicate: Expression?
    package var position = 0
}

/// `DELETE FROM table [alias] [USING …] [WHERE …]`.
package struct Delete: Sendable {
    package var table: ObjectName
    package var alias: Identifier?
    package var using: TableExpression?
    package var predicate: Expression?
    package var position = 0
}

/// `MERGE INTO table [alias] USING source ON condition WHEN …`.
package struct Merge: Sendable {
    package enum Action: Sendable {
        case update([Assignment])
        case delete
        /// No columns: all of the table's. A value that is `nil` stands for DEFAULT.
        case insert(columns: [Identifier], values: [Expression?])
    }

    package struct Clause: Sendable {
        package var isMatched: Bool
        package var condition: Expression?
        package var action: Action
        package var position = 0
    }

    package var table: ObjectName
    package var alias: Identifier?
    package var source: TableExpression
    package var condition: Expression
    package var clauses: [Clause] = []
    package var position = 0
}

// MARK: Files

/// Where files lie.
package enum FileLocation: Sendable {
    case stage(StageReference)
    /// A path or URL in quotes that does not begin with `@`.
    case path(String, position: Int)
}

/// A file format as COPY and stages refer to it.
package enum FileFormatReference: Hashable, Sendable {
    case named(ObjectName)
    /// `(TYPE = CSV SKIP_HEADER = 1)`: names in upper case.
    case options([String: OptionValue])
}

/// `COPY INTO table [(columns)] FROM … options`.
package struct CopyIntoTable: Sendable {
    package enum Source: Sendable {
        case location(FileLocation)
        /// `(SELECT $1:a, … FROM @stage)`
        case query(Query)
    }

    package var table: ObjectName
    package var columns: [Identifier] = []
    package var source: Source
    /// FILES; empty where it is not written.
    package var files: [String] = []
    package var pattern: String?
    package var fileFormat: FileFormatReference?
    /// The other options, such as ON_ERROR: names in upper case.
    package var options: [String: OptionValue] = [:]
    package var position = 0
}

/// `COPY INTO @stage FROM table | (query) options`.
package struct CopyIntoLocation: Sendable {
    package enum Source: Sendable {
        case table(ObjectName)
        case query(Query)
    }

    package var location: FileLocation
    package var source: Source
    package var partitionBy: Expression?
    package var fileFormat: FileFormatReference?
    /// The other options, such as SINGLE: names in upper case.
    package var options: [String: OptionValue] = [:]
    package var position = 0
}

/// `PUT file://path @stage options`.
package struct PutFiles: Sendable {
    /// Without `file://`; may have wildcards.
    package var path: String
    package var stage: StageReference
    package var options: [String: OptionValue] = [:]
    package var position = 0
}

/// `GET @stage file://path options`.
package struct GetFiles: Sendable {
    package var stage: StageReference
    /// The directory, without `file://`.
    package var path: String
    package var options: [String: OptionValue] = [:]
    package var position = 0
}

/// `LIST @stage [PATTERN = '…']` and `REMOVE @stage [PATTERN = '…']`.
package struct StageFiles: Sendable {
    package var stage: StageReference
    package var pattern: String?
    package var position = 0
}

// MARK: Session

/// `EXPLAIN [ANALYZE] [USING …] statement`.
package struct Explain: Sendable {
    package enum Format: Sendable { case text, tabular, json }

    package var isAnalyzed = false
    package var format = Format.tabular
    package var statement: Statement
    package var position = 0
}

/// `USE …`.
package struct Use: Sendable {
    package enum Target: Sendable {
        case database(Identifier)
        case schema(ObjectName)
        /// `USE a` or `USE a.b`: a database, or a database with a schema.
        case unqualified(ObjectName)
        /// Accepted, without effect.
        case role(Identifier), warehouse(Identifier), secondaryRoles
    }

    package var target: Target
    package var position = 0
}

/// `DESCRIBE [kind] name`.
package struct Describe: Sendable {
    package enum Target: Sendable {
        case object(ObjectKind, ObjectName)
        /// `DESCRIBE RESULT 'id'` and `DESCRIBE RESULT LAST_QUERY_ID()`.
        case result(Expression)
    }

    package var target: Target
    package var position = 0
}

/// `SHOW [TERSE] … `.
package struct Show: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case tables = "TABLES", views = "VIEWS", objects = "OBJECTS", schemas = "SCHEMAS"
        case databases = "DATABASES", columns = "COLUMNS", stages = "STAGES", fileFormats = "FILE FORMATS"
        case functions = "FUNCTIONS", parameters = "PARAMETERS", variables = "VARIABLES"
        case primaryKeys = "PRIMARY KEYS", sequences = "SEQUENCES"
    }

    package enum Scope: Sendable {
        case account, session
        /// IN DATABASE without a name: the session's own.
        case database(Identifier?)
        case schema(ObjectName?)
        case table(ObjectName)
        /// IN name, without a word that says what it is.
        case unqualified(ObjectName)
    }

    package var kind: Kind
    package var isTerse = false
    package var history = false
    package var like: String?
    package var scope: Scope?
    package var startsWith: String?
    package var limit: Int?
    /// `LIMIT n FROM 'name'`
    package var from: String?
    package var position = 0
}

/// `ALTER SESSION SET name = value … | UNSET name, …`.
package struct AlterSession: Sendable {
    package enum Action: Sendable {
        case set([String: OptionValue])
        case unset([String])
    }

    package var action: Action
    package var position = 0
}
