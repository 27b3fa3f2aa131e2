import SQLEngine
import Vectors

extension StatementRun {
    /// `COPY INTO @stage FROM …`.
    func unload(_ payload: CopyIntoLocation, _ rows: TakeRows) throws -> StatementOutcome {
        let reader = OptionReader(place: (text, payload.position))
        if let partition = payload.partitionBy {
            throw SQLError(
                .unsupported, "PARTITION BY is not supported in unloading", position: partition.position)
        }
        let stages = Stages(session)
        let location = try stages.location(payload.location)
        let format = try stages.format(payload.fileFormat, location, reader, isUnloading: true)
        guard format.compression != .gzip else {
            throw reader.wrong(
                "COMPRESSION", "files are not written with COMPRESSION = GZIP; ZSTD and NONE are supported",
                .unsupported)
        }
        var options = UnloadOptions()
        try options.read(payload.options, reader)
        let binder = makeBinder()
        let query: Query
        switch payload.source {
        case .query(let given): query = given
        case .table(let name):
            query = try SQLParser.parseQuery("SELECT * FROM \(catalog.qualified(name).quoted)")
        }
        let bound = try binder.bind(query)
        let types = bound.columns.map(\.column.type)
        let writer: any RowWriter
        switch format.kind {
        case .csv:
            writer = CSVRowWriter(
                format, names: bound.columns.map(\.name), types: types, hasHeader: options.hasHeader)
        case .json:
            guard types.count == 1, types[0].isSemiStructured else {
                throw SQLError(
                    .invalid,
                    "JSON files are written from one column of type VARIANT, OBJECT or ARRAY; OBJECT_CONSTRUCT(*) makes one of all",
                    position: payload.position)
            }
            writer = JSONRowWriter()
        }
        let files = UnloadFiles(
            location, writer, format, isSingle: options.isSingle, byteCountMax: options.byteCountMax,
            overwrites: options.overwrites,
            position: payload.position)
        try files.prepare()
        try drain(try PhysicalPlanner(binder, context).plan(bound)) { batch in
            try writer.take(batch, context.evaluation)
            try files.add(rows: batch.count)
        }
        try files.finish()
        return try give(
            [
                TableColumn("rows_unloaded", .integer), TableColumn("input_bytes", .integer),
                TableColumn("output_bytes", .integer),
            ],
            [[.integer(files.rows), .integer(files.inputBytes), .integer(files.outputBytes)]], rows)
    }

    private struct UnloadOptions {
        var hasHeader = false
        var isSingle = false
        var overwrites = false
        /// Where a file ends, before compression. 16 MiB unless something else is said.
        var byteCountMax = 16 << 20

        mutating func read(_ options: [String: OptionValue], _ reader: OptionReader) throws(SQLError) {
            for (name, value) in options.sorted(by: { $0.key < $1.key }) {
                switch name {
                case "HEADER": hasHeader = try reader.boolean(value, name)
                case "SINGLE": isSingle = try reader.boolean(value, name)
                case "OVERWRITE": overwrites = try reader.boolean(value, name)
                case "MAX_FILE_SIZE":
                    byteCountMax = try reader.count(value, name)
                    guard byteCountMax > 0 else { throw reader.wrong(name, "MAX_FILE_SIZE is at least 1") }
                default:
                    throw reader.wrong(
                        name, "the option \(name) of COPY INTO a stage is not supported", .unsupported)
                }
            }
            if isSingle, options["MAX_FILE_SIZE"] == nil { byteCountMax = 5 << 30 }
        }
    }
}
