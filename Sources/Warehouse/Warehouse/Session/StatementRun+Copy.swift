import ColumnStore
import SQLEngine
import Vectors

extension StatementRun {
    /// `COPY INTO table`.
    func copyInto(_ payload: CopyIntoTable, _ rows: TakeRows) throws -> StatementOutcome {
        let (object, id) = try changeableTable(payload.table)
        let columns = try store.columns(of: object)
        let reader = OptionReader(place: (text, payload.position))
        let options = try CopyOptions(payload.options, reader)
        let stages = Stages(session)
        let (location, reference, query) = try source(of: payload, stages)
        var format = try stages.format(reference ?? payload.fileFormat, location, reader)
        if format.parsesHeader, options.matching == nil, query == nil {
            throw reader.wrong("PARSE_HEADER", "PARSE_HEADER = TRUE needs MATCH_BY_COLUMN_NAME")
        }
        // Fields that are found by their names need not be all that there are.
        if options.matching != nil { format.checksColumnCount = false }
        let direct = try query == nil ? target(payload, object, columns, id, format, options) : nil
        let places = try self.places(payload.columns, columns)
        let history = CopyHistory(connection: session.warehouse.connection)
        try history.prepare()
        let (files, missing) = try chosenFiles(payload, location, object, options, history)
        guard !files.isEmpty || !missing.isEmpty else {
            return try give(
                [TableColumn("status", .varchar)], [[.text("Copy executed with 0 files processed.")]], rows)
        }
        guard
            let method = try direct.map(CopyRun.Method.direct)
                ?? query.map({ try .query(copyQuery($0, payload, format, files, places, columns, options)) })
        else { preconditionFailure("COPY reads files with a query or without") }
        let run = CopyRun(self, object, id, format, options, method)
        let results = try run.load(files)
        if let validation = options.validation {
            return try giveValidation(validation, results, run, columns, rows)
        }
        try keep(results, object, options, history)
        return try giveResults(results, missing, options, rows)
    }

    private func copyQuery(
        _ query: Query, _ payload: CopyIntoTable, _ format: FileFormat, _ files: [StagedFile],
        _ places: [Int], _ columns: [CatalogColumn],
        _ options: CopyOptions
    ) throws -> CopyQuery {
        guard options.matching == nil, options.validation == nil else {
            throw SQLError(
                .invalid, "MATCH_BY_COLUMN_NAME and VALIDATION_MODE do not go with a query",
                position: payload.position)
        }
        return try CopyQuery(
            self, query, try SourceShape(format, files, text), places: places, columns,
            truncates: options.truncates,
            position: payload.position)
    }

    /// Where the files lie, the format that the query gives them, and the query.
    private func source(of payload: CopyIntoTable, _ stages: Stages) throws -> (
        StageLocation, FileFormatReference?, Query?
    ) {
        switch payload.source {
        case .location(let location): return (try stages.location(location), nil, nil)
        case .query(let query):
            let reference = try CopyQuery.stage(of: query)
            let format = try reference.options["FILE_FORMAT"].map {
                try StatementRun.formatReference($0, reference.position)
            }
            return (try stages.location(reference), payload.fileFormat ?? format, query)
        }
    }

    private func target(
        _ payload: CopyIntoTable, _ object: CatalogObject, _ columns: [CatalogColumn], _ id: TableID,
        _ format: FileFormat, _ options: CopyOptions
    ) throws -> CopyTarget {
        let places = try self.places(payload.columns, columns)
        if format.kind == .json, options.matching == nil,
            places.count != 1 || !columns[places[0]].type.isSemiStructured
        {
            throw SQLError(
                .invalid,
                "JSON files fill one column of type VARIANT, OBJECT or ARRAY; MATCH_BY_COLUMN_NAME or a query, FROM (SELECT $1:key, …), "
                    + "fills others", position: payload.position)
        }
        if options.matching != nil, format.kind == .csv, !format.parsesHeader {
            throw SQLError(
                .invalid, "MATCH_BY_COLUMN_NAME of CSV files needs PARSE_HEADER = TRUE in the format",
                position: payload.position)
        }
        let binder = makeBinder()
        var defaults: [Int: any VectorExpression] = [:]
        for place in columns.indices where columns[place].defaultSQL != nil {
            let value = try binder.bind(try defaultExpression(columns[place]), over: [])
            defaults[place] = try ExpressionCompiler(places: [:]).compile(
                try binder.cast(value, to: columns[place].type))
        }
        for (place, column) in columns.enumerated() where !places.contains(place) {
            guard column.isNullable || column.identity != nil || defaults[place] != nil else {
                throw SQLError(
                    .data, "NULL result in a non-nullable column: \(column.name) is not filled",
                    position: payload.position)
            }
        }
        return CopyTarget(
            table: object.name.name, columns: columns, info: try database.columns(id), given: places,
            matching: options.matching,
            defaults: defaults, truncates: options.truncates,
            encodes: options.validation == nil, format: format, context: context.evaluation)
    }

    // MARK: Which files

    /// The files that are to be loaded, and the names of those that are asked for and not there.
    private func chosenFiles(
        _ payload: CopyIntoTable, _ location: StageLocation, _ object: CatalogObject, _ options: CopyOptions,
        _ history: CopyHistory
    ) throws -> (files: [StagedFile], missing: [String]) {
        var files = try location.files(payload.pattern)
        var missing: [String] = []
        if !payload.files.isEmpty {
            for file in payload.files { try Stages.check(file, payload.position) }
            let byName = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            let names = payload.files.map(location.name)
            missing = names.filter { byName[$0] == nil }.map { location.titleBase + $0 }
            if let first = missing.first, options.onError == .abort {
                throw SQLError(.notFound, "there is no file '\(first)'", position: payload.position)
            }
            var seen: Set<String> = []
            files = names.filter { seen.insert($0).inserted }.compactMap { byName[$0] }
        }
        // An empty file that stands for a folder has nothing to load.
        files.removeAll { $0.byteCount == 0 && $0.name.hasSuffix("/") }
        if !options.isForced,
            options.validation.map({ if case .allErrors = $0 { false } else { true } }) ?? true
        {
            let entries = try history.entries(of: object.id)
            files = try files.filter { try !isLoaded($0, entries[$0.url]) }
        }
        if let limit = options.sizeLimit {
            var total = 0
            files = Array(
                files.prefix { file in
                    let isWithin = total < limit || total == 0
                    total += file.byteCount
                    return isWithin
                })
        }
        return (files, missing)
    }

    /// Whether just this content has been loaded already.
    private func isLoaded(_ file: StagedFile, _ entry: CopyHistory.Entry?) throws -> Bool {
        guard let entry, entry.status != CopyResult.Status.failed.rawValue, entry.byteCount == file.byteCount
        else { return false }
        guard let local = file.storage as? LocalStorage else { return entry.etag == file.etag }
        // What was written again may be the same nevertheless.
        return try entry.modified == file.modified
            || entry.etag == FileContent.storedHash(local, file.key).hexadecimal
    }

    // MARK: What came of it

    private func keep(
        _ results: [CopyResult], _ object: CatalogObject, _ options: CopyOptions, _ history: CopyHistory
    ) throws {
        var left = CopyHistory.errorsMax
        for result in results {
            try history.note(result, of: object.id, limit: options.errorLimit(result.tally), now: now)
            let errors = Array(result.tally.errors.prefix(left))
            left -= errors.count
            try history.keep(errors, of: result.file, object: object.id, now: now)
        }
        guard options.purges else { return }
        for result in results where result.status != .failed {
            let file = result.file
            session.afterCommit.append { try file.storage.remove(file.key) }
        }
    }

    private func giveResults(
        _ results: [CopyResult], _ missing: [String], _ options: CopyOptions, _ rows: TakeRows
    ) throws -> StatementOutcome {
        let columns = [
            TableColumn("file", .varchar), TableColumn("status", .varchar),
            TableColumn("rows_parsed", .integer),
            TableColumn("rows_loaded", .integer), TableColumn("error_limit", .integer),
            TableColumn("errors_seen", .integer),
            TableColumn("first_error", .varchar), TableColumn("first_error_line", .integer),
            TableColumn("first_error_character", .integer),
            TableColumn("first_error_column_name", .varchar),
        ]
        let shown = options.returnsFailedOnly ? results.filter { $0.status == .failed } : results
        var list = shown.map { result -> [Scalar] in
            let first = result.tally.errors.first
            return [
                .text(result.file.title), .text(result.status.rawValue), .integer(result.tally.parsed),
                .integer(result.tally.loaded),
                .integer(options.errorLimit(result.tally)), .integer(result.tally.errorCount),
                first.map { .text($0.message) } ?? .null,
                first.map { .integer($0.line) } ?? .null, first.map { .integer($0.character) } ?? .null,
                first?.column.map(Scalar.text) ?? .null,
            ]
        }
        list += missing.map { name in
            [
                .text(name), .text(CopyResult.Status.failed.rawValue), .integer(0), .integer(0), .integer(1),
                .integer(1),
                .text("there is no such file"), .null, .null, .null,
            ]
        }
        var outcome = try give(columns, list, rows)
        outcome.changedRows = results.reduce(0) { $0 + $1.tally.loaded }
        return outcome
    }

    private func giveValidation(
        _ validation: CopyOptions.Validation, _ results: [CopyResult], _ run: CopyRun,
        _ columns: [CatalogColumn], _ rows: TakeRows
    ) throws -> StatementOutcome {
        if case .rows = validation {
            var outcome = StatementOutcome(
                columns: columns.map { ResultColumn(name: $0.name, type: $0.type) })
            for vectors in run.sample?.rows ?? [] {
                let count = vectors.first?.count ?? 0
                outcome.rowCount += count
                try rows(outcome, ResultRows(batch: Batch(vectors, count: count)))
            }
            return outcome
        }
        let columns = [
            TableColumn("ERROR", .varchar), TableColumn("FILE", .varchar), TableColumn("LINE", .integer),
            TableColumn("CHARACTER", .integer),
            TableColumn("BYTE_OFFSET", .integer), TableColumn("COLUMN_NAME", .varchar),
            TableColumn("ROW_NUMBER", .integer),
            TableColumn("REJECTED_RECORD", .varchar),
        ]
        let list = results.flatMap { result in
            result.tally.errors.map { error -> [Scalar] in
                [
                    .text(error.message), .text(result.file.title), .integer(error.line),
                    .integer(error.character), .integer(error.byteOffset),
                    error.column.map(Scalar.text) ?? .null, .integer(error.row),
                    .text(String(decoding: error.record, as: UTF8.self)),
                ]
            }
        }
        return try give(columns, list, rows)
    }
}
