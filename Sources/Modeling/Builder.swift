import SQLiteKit
public import Warehouse

/// What a build did to one model.
public struct ModelResult: Sendable, Equatable {
    /// The model's name.
    public let name: String
    /// What was made of it.
    public let materialization: String
    /// How many rows were written; `nil` for a view.
    public let rowsChanged: Int?
    /// How many rows the table has now; `nil` for a view.
    public let rows: Int?
    /// How long it took.
    public let duration: Duration
}

/// Builds the models of a project in a warehouse.
public struct Builder {
    private let project: Project
    private let warehouse: Warehouse

    /// A builder of `project` in `warehouse`.
    public init(_ project: Project, in warehouse: Warehouse) {
        self.project = project
        self.warehouse = warehouse
    }

    /// Builds every model in one transaction: readers see all of them as before or all of them new.
    ///
    /// - Parameters:
    ///   - builtAt: the time to stamp it with, as `YYYY-MM-DD HH:MM:SS`.
    ///   - willBuild: called with each model's name before it is built; an error in it undoes the build.
    /// - Throws: `SQLiteError` where a model's SQL fails; then nothing has changed.
    public func build(builtAt: String, willBuild: (String) throws -> Void = { _ in }) throws -> [ModelResult]
    {
        let connection = warehouse.connection
        return try connection.transaction {
            let buildID = (try connection.integer("SELECT max(BUILD_ID) FROM BUILD_HISTORY") ?? 0) + 1
            let through = try connection.integer("SELECT max(RAW_ID) FROM RAW_SHREDDED") ?? 0
            let record = try connection.prepare("INSERT INTO BUILD_HISTORY VALUES (?, ?, ?, ?, ?, ?, ?)")
            return try project.models.map { model in
                try willBuild(model.name)
                let start = ContinuousClock.now
                let merged = try materialize(model, through: through)
                let duration = ContinuousClock.now - start
                let rows =
                    model.materialization == .view
                    ? nil : Int(try connection.integer("SELECT count(*) FROM \(model.table)") ?? 0)
                // What is not merged is written whole.
                let changed = merged ?? rows
                let values: [SQLiteValue] = [
                    .integer(buildID), .text(model.name), .text(model.materialization.name),
                    changed.map { .integer(Int64($0)) } ?? .null, .integer(duration.milliseconds),
                    .integer(through),
                    .text(builtAt),
                ]
                record.bind(values)
                try record.run()
                return ModelResult(
                    name: model.name, materialization: model.materialization.name, rowsChanged: changed,
                    rows: rows,
                    duration: duration)
            }
        }
    }

    /// Makes a model's view or table; the number of rows merged into it, or `nil` where none are merged.
    private func materialize(_ model: Model, through: Int64) throws -> Int? {
        let connection = warehouse.connection
        switch model.materialization {
        case .view:
            try connection.execute("DROP VIEW IF EXISTS \(model.table)")
            try connection.execute("CREATE VIEW \(model.table) AS \(model.resolvedSQL)")
            return nil
        case .table:
            try connection.execute("DROP TABLE IF EXISTS \(model.table)")
            try connection.execute("CREATE TABLE \(model.table) AS \(model.resolvedSQL)")
            return nil
        case .incremental(let columns, let merge):
            let exists =
                try connection.integer("SELECT 1 FROM sqlite_master WHERE name = ?", .text(model.table))
                != nil
            if !exists { try connection.execute("CREATE TABLE \(model.table) (\(columns)) WITHOUT ROWID") }
            let built =
                exists
                ? try connection.integer(
                    "SELECT max(RAW_ID_THROUGH) FROM BUILD_HISTORY WHERE MODEL = ?", .text(model.name))
                    ?? 0 : 0
            let newRows = "RAW_ID > \(built) AND RAW_ID <= \(through)"
            let select = model.resolvedSQL.replacing("{{ new_rows }}", with: newRows)
            try connection.execute("INSERT INTO \(model.table) \(select) \(merge)")
            return connection.changedRows
        }
    }
}

extension Model {
    /// The name of the view or table.
    var table: String { name.uppercased() }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
