import ColumnStore
import SQLEngine
import SQLiteKit
import Vectors

/// The history as tables.
extension CopyHistory {
    /// A column, and what gives its values in SQLite's SQL: `H` is the history or the errors, `O` the table's object.
    private typealias Shown = (column: TableColumn, sql: String)

    private static func text(_ name: String, _ sql: String) -> Shown { (TableColumn(name, .varchar), sql) }
    private static func number(_ name: String, _ sql: String) -> Shown { (TableColumn(name, .integer), sql) }

    private static let common: [Shown] = [
        text("FILE_NAME", "H.FILE_NAME"), (TableColumn("LAST_LOAD_TIME", .timestampLTZ), "H.LOADED_AT"),
        number("ROW_COUNT", "H.ROWS_LOADED"), number("ROW_PARSED", "H.ROWS_PARSED"),
        text("FIRST_ERROR_MESSAGE", "H.FIRST_ERROR"), number("FIRST_ERROR_LINE_NUMBER", "H.FIRST_ERROR_LINE"),
        number("ERROR_COUNT", "H.ERROR_COUNT"), number("ERROR_LIMIT", "H.ERROR_LIMIT"),
        text("TABLE_NAME", "O.NAME"),
    ]

    private static let loads: [Shown] =
        common + [
            text("TABLE_CATALOG", "O.DATABASE_NAME"), text("SCHEMA_NAME", "O.SCHEMA_NAME"),
            text("STATUS", "replace(H.STATUS, '_', ' ')"),
            number("FIRST_ERROR_CHARACTER_POSITION", "H.FIRST_ERROR_CHARACTER"),
            text("FIRST_ERROR_COL_NAME", "H.FIRST_ERROR_COLUMN"),
        ]

    private static let copies: [Shown] =
        common + [
            text("TABLE_CATALOG_NAME", "O.DATABASE_NAME"), text("TABLE_SCHEMA_NAME", "O.SCHEMA_NAME"),
            text(
                "STATUS",
                "CASE H.STATUS WHEN 'LOADED' THEN 'Loaded' WHEN 'LOAD_FAILED' THEN 'Load failed' ELSE 'Partially loaded' END"
            ),
            number("FIRST_ERROR_CHARACTER_POS", "H.FIRST_ERROR_CHARACTER"),
            text("FIRST_ERROR_COLUMN_NAME", "H.FIRST_ERROR_COLUMN"), number("FILE_SIZE", "H.FILE_SIZE"),
        ]

    private static let rejects: [Shown] = [
        text("ERROR", "H.ERROR"), text("FILE", "H.FILE_NAME"), number("LINE", "H.LINE"),
        number("CHARACTER", "H.CHARACTER"), number("BYTE_OFFSET", "H.BYTE_OFFSET"),
        text("COLUMN_NAME", "H.COLUMN_NAME"), number("ROW_NUMBER", "H.ROW_NUMBER"),
        text("REJECTED_RECORD", "H.REJECTED_RECORD"),
    ]

    /// What INFORMATION_SCHEMA.LOAD_HISTORY has of a database.
    static func loads(of database: String, _ catalog: SessionCatalog) throws -> [InformationSchema.Row] {
        let rows = try catalog.database.withConnection { connection in
            try self.rows(
                connection, loads, "TH_COPY_HISTORY", where: "O.SESSION_ID IN (0, \(catalog.store.session))",
                order: "H.LOADED_AT, H.FILE")
        }
        return rows.map { row in
            InformationSchema.Row(zip(loads.map(\.column.name), row), uniquingKeysWith: { first, _ in first })
        }.filter { $0["TABLE_CATALOG"] == .text(database) }
    }

    /// COPY_HISTORY: the files that COPY has met within a time, in microseconds since 1970 UTC.
    static func copies(into object: CatalogObject, _ time: ClosedRange<Int64>, _ database: ColumnDatabase)
        -> BatchTableSource
    {
        BatchTableSource(copies.map(\.column)) {
            try database.withConnection {
                try rows(
                    $0, copies, "TH_COPY_HISTORY",
                    where:
                        "H.OBJECT_ID = \(object.id) AND H.LOADED_AT BETWEEN \(time.lowerBound) AND \(time.upperBound)",
                    order: "H.LOADED_AT, H.FILE")
            }
        }
    }

    /// VALIDATE: the records that the last COPY into a table has met and not loaded.
    static func rejects(of object: CatalogObject, _ database: ColumnDatabase) -> BatchTableSource {
        BatchTableSource(rejects.map(\.column)) {
            try database.withConnection {
                try rows(
                    $0, rejects, "TH_COPY_ERRORS",
                    where:
                        "H.OBJECT_ID = \(object.id) AND H.LOADED_AT = (SELECT max(LOADED_AT) FROM TH_COPY_HISTORY WHERE OBJECT_ID = \(object.id))",
                    order: "H.ERROR_ID")
            }
        }
    }

    private static func rows(
        _ connection: Connection, _ columns: [Shown], _ table: String, where condition: String, order: String
    ) throws -> [[Scalar]] {
        guard try exists(connection) else { return [] }
        return try connection.rows(
            "SELECT \(columns.map(\.sql).joined(separator: ", ")) FROM \(table) H JOIN TH_OBJECTS O USING (OBJECT_ID) "
                + "WHERE \(condition) ORDER BY \(order)"
        ).map { row in zip(row, columns).map { scalar($0, $1.column.type) } }
    }

    private static func scalar(_ value: SQLiteValue, _ type: SQLType) -> Scalar {
        switch value {
        case .null: .null
        case .integer(let value): type.isTimestamp ? .temporal(value, type) : .number(Int128(value), scale: 0)
        case .text(let text): .text(text)
        case .blob(let bytes): .text(String(decoding: bytes, as: UTF8.self))
        case .real(let value): .float(value)
        }
    }
}

extension SessionCatalog {
    func tableFunction(_ call: FunctionCall, _ constant: (Expression, SQLType) throws -> Scalar) throws
        -> (any TableSource)?
    {
        switch call.name.parts.last?.name {
        case "COPY_HISTORY": try copyHistory(call, constant)
        case "VALIDATE": try rejectedRecords(call, constant)
        default: nil
        }
    }

    private func copyHistory(_ call: FunctionCall, _ constant: (Expression, SQLType) throws -> Scalar) throws
        -> any TableSource
    {
        let signature =
            "COPY_HISTORY(TABLE_NAME => 'name', START_TIME => timestamp [, END_TIME => timestamp])"
        var table: CatalogObject?
        var (start, end): (Int64?, Int64) = (nil, .max)
        for (name, value) in call.named {
            switch (name.name, try constant(value, name.name == "TABLE_NAME" ? .varchar : .timestampLTZ)) {
            case ("TABLE_NAME", .text(let text)):
                var written = try SQLParser.parseObjectName(text)
                for place in written.parts.indices { written.parts[place].position = value.position }
                table = try loadedTable(written)
            case ("START_TIME", .temporal(let time, _)): start = time
            case ("END_TIME", .temporal(let time, _)): end = time
            default: throw SQLError(.invalid, "it is \(signature)", position: name.position)
            }
        }
        guard let table, let start, call.arguments.isEmpty else {
            throw SQLError(.invalid, "it is \(signature)", position: call.name.position)
        }
        return CopyHistory.copies(into: table, start...max(start, end), database)
    }

    private func rejectedRecords(_ call: FunctionCall, _ constant: (Expression, SQLType) throws -> Scalar)
        throws
        -> any TableSource
    {
        guard case .column(let parts)? = call.arguments.first?.kind, call.arguments.count == 1,
            let job = call.named.first, call.named.count == 1, job.name.name == "JOB_ID",
            case .text(let id) = try constant(job.value, .varchar)
        else {
            throw SQLError(.invalid, "it is VALIDATE(table, JOB_ID => '_last')", position: call.name.position)
        }
        guard id == "_last" else {
            throw SQLError(
                .unsupported,
                "statements have no numbers here: JOB_ID => '_last' is the last COPY INTO the table",
                position: job.value.position)
        }
        return CopyHistory.rejects(of: try loadedTable(ObjectName(parts)), database)
    }

    private func loadedTable(_ name: ObjectName) throws -> CatalogObject {
        guard let object = try store.object(qualified(name), .relation), object.kind == .table else {
            throw SQLError(
                .notFound, "table \(qualified(name).description) does not exist", position: name.position)
        }
        return object
    }
}
