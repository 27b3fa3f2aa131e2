import SQLEngine
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
    private let session: Session

    /// A builder of `project` in `warehouse`.
    ///
    /// - Parameter session: what runs the models' SQL, with `changesModels` among its options; one of its own
    ///   where it is `nil`.
    public init(_ project: Project, in warehouse: Warehouse, session: Session? = nil) {
        self.project = project
        self.warehouse = warehouse
        var options = Session.Options()
        options.changesModels = true
        self.session = session ?? warehouse.makeSession(options)
    }

    /// Builds models in one transaction: readers see all of them as before or all of them new.
    ///
    /// - Parameters:
    ///   - builtAt: the time to stamp it with, as `YYYY-MM-DD HH:MM:SS`.
    ///   - selection: which models.
    ///   - isFullRefresh: whether incremental models are made anew from all raw rows.
    ///   - willBuild: called with each model's name before it is built; an error in it undoes the build.
    /// - Throws: `SQLError` where a model's SQL fails; then nothing has changed.
    public func build(
        builtAt: String, selection: Selection = Selection(), isFullRefresh: Bool = false,
        willBuild: (String) throws -> Void = { _ in }
    ) throws -> [ModelResult] {
        let connection = warehouse.connection
        let models = try selection.models(of: project)
        return try connection.transaction {
            let buildID = (try connection.integer("SELECT max(BUILD_ID) FROM BUILD_HISTORY") ?? 0) + 1
            let through = try warehouse.lastRawID()
            let record = try connection.prepare("INSERT INTO BUILD_HISTORY VALUES (?, ?, ?, ?, ?, ?, ?)")
            let results = try models.map { model in
                try willBuild(model.name)
                let start = ContinuousClock.now
                let changed = try named(model) {
                    try requireOwnName(model)
                    return try materialize(model, through: through, isFullRefresh: isFullRefresh)
                }
                let duration = ContinuousClock.now - start
                let values: [SQLiteValue] = [
                    .integer(buildID), .text(model.name), .text(model.materialization.name),
                    changed.map { .integer(Int64($0)) } ?? .null, .integer(duration.milliseconds),
                    .integer(through),
                    .text(builtAt),
                ]
                record.bind(values)
                try record.run()
                let rows = model.materialization == .view ? nil : try warehouse.rowCount(of: model.table)
                return ModelResult(
                    name: model.name, materialization: model.materialization.name, rowsChanged: changed,
                    rows: rows, duration: duration)
            }
            try warehouse.refreshMirror()
            return results
        }
    }

    /// Gives an error in a model's SQL, which nobody has typed, the model's name.
    private func named<Result>(_ model: Model, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as SQLError {
            throw SQLError(error.code, "model \(model.name), which makes \(model.fullName): \(error.message)")
        }
    }

    /// Somebody else's table or view is not replaced unasked.
    private func requireOwnName(_ model: Model) throws {
        guard try warehouse.columnNames(of: model.table) != nil, try !warehouse.isBuilt(model.table) else {
            return
        }
        throw SQLError(
            .alreadyExists,
            "there is a table or view of that name already, which no build has made: drop or rename it, and the model "
                + "makes its own")
    }

    /// Makes a model's view or table; the number of rows written, or `nil` for a view.
    private func materialize(_ model: Model, through: Int64, isFullRefresh: Bool) throws -> Int? {
        switch model.materialization {
        case .view:
            try session.run("CREATE OR REPLACE VIEW \(model.fullName) AS\n\(model.resolvedSQL)")
            return nil
        case .table:
            return try session.run("CREATE OR REPLACE TABLE \(model.fullName) AS\n\(model.resolvedSQL)")
                .changedRows
        case .incremental(let uniqueKey, let latest):
            guard !isFullRefresh, let columns = try warehouse.columnNames(of: model.table) else {
                let keys = uniqueKey.joined(separator: ", ")
                let select = model.resolvedSQL.replacing(Model.newRows, with: "TRUE")
                let create = "CREATE OR REPLACE TABLE \(model.fullName) CLUSTER BY (\(keys)) AS"
                return try session.run("\(create)\n\(select)").changedRows
            }
            let missing = (uniqueKey + latest).first { !columns.contains($0.uppercased()) }
            if let missing {
                throw SQLError(
                    .invalid,
                    "its table has no column \(missing.uppercased()), so it is that of another model: "
                        + "`tapehouse build --full-refresh --select \(model.name)` makes it anew")
            }
            let built =
                try warehouse.connection.integer(
                    "SELECT max(RAW_ID_THROUGH) FROM BUILD_HISTORY WHERE MODEL = ?", .text(model.name)) ?? 0
            guard built < through else { return 0 }
            let select = model.resolvedSQL.replacing(Model.newRows, with: "RAW_ID > \(built)")
            let merge = Self.merge(
                select, into: model.fullName, columns, uniqueKey: uniqueKey, latest: latest)
            let changed = try session.run(merge).changedRows
            try warehouse.compactIfWorthwhile(model.table)
            return changed
        }
    }

    /// A MERGE of new rows that have each key once.
    ///
    /// - Parameter latest: of two rows with one key that stays which has more in these columns, the first one
    ///   first; NULL
    ///   is less than anything.
    static func merge(
        _ select: String, into table: String, _ columns: [String], uniqueKey: [String], latest: [String]
    ) -> String {
        let values = columns.filter { column in !uniqueKey.contains { $0.uppercased() == column } }
        var isLater = "FALSE"
        for column in latest.reversed() {
            isLater = """
                new.\(column) > old.\(column) OR (new.\(column) IS NOT NULL AND old.\(column) IS NULL)
                    OR (new.\(column) IS NOT DISTINCT FROM old.\(column) AND (\(isLater)))
                """
        }
        return """
            MERGE INTO \(table) AS old USING (
            \(select)
            ) AS new
            ON \(uniqueKey.map { "old.\($0) = new.\($0)" }.joined(separator: " AND "))
            WHEN MATCHED AND (\(isLater))
                THEN UPDATE SET \(values.map { "\($0) = new.\($0)" }.joined(separator: ", "))
            WHEN NOT MATCHED
                THEN INSERT (\(columns.joined(separator: ", ")))
                VALUES (\(columns.map { "new.\($0)" }.joined(separator: ", ")))
            """
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
