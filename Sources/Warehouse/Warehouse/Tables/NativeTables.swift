import ColumnStore
import SQLEngine
import SQLiteKit
import Vectors

/// The warehouse's own tables, which lie in the file as ordinary SQLite tables: the ledgers of loads and builds.
enum NativeTables {
    private static let number = SQLType.integer

    /// The columns by table. Times are TIMESTAMP_NTZ in UTC.
    static let all: [String: [TableColumn]] = [
        "LOAD_HISTORY": columns(
            ("LOAD_ID", number), ("BUCKET", .varchar), ("OBJECT_KEY", .varchar), ("ETAG", .varchar),
            ("TOPIC", .varchar), ("LOG_PARTITION", number), ("FIRST_OFFSET", number),
            ("NEXT_OFFSET", number), ("OBJECT_BYTES", number), ("ROWS_LOADED", number),
            ("ROWS_REJECTED", number), ("LOADED_AT", .timestampNTZ)),
        "LOAD_OFFSETS": columns(
            ("TOPIC", .varchar), ("LOG_PARTITION", number), ("NEXT_OFFSET", number)),
        "LOAD_REJECTS": columns(
            ("REJECT_ID", number), ("SOURCE_FILE", .varchar), ("LINE_NUMBER", number),
            ("COLUMN_NUMBER", number), ("REASON", .varchar), ("RAW_LINE", .varchar), ("BYTE_OFFSET", number),
            ("BYTE_COUNT", number), ("TIMES_SEEN", number), ("CONTENT_HASH", number), ("TOPIC", .varchar),
            ("LOG_PARTITION", number), ("LOG_OFFSET", number), ("LOADED_AT", .timestampNTZ)),
        "BUILD_HISTORY": columns(
            ("BUILD_ID", number), ("MODEL", .varchar), ("MATERIALIZATION", .varchar),
            ("ROWS_CHANGED", number), ("DURATION_MS", number), ("RAW_ID_THROUGH", number),
            ("BUILT_AT", .timestampNTZ)),
    ]

    private static func columns(_ pairs: (String, SQLType)...) -> [TableColumn] {
        pairs.map { TableColumn($0, $1) }
    }

    static func source(_ name: String, _ columns: [TableColumn], _ database: ColumnDatabase)
        -> BatchTableSource
    {
        BatchTableSource(columns) {
            try database.withConnection { connection in
                let list = columns.map(\.name).joined(separator: ", ")
                return try connection.rows("SELECT \(list) FROM \(name) ORDER BY 1, 2").map { row in
                    zip(row, columns).map { scalar($0, $1.type) }
                }
            }
        }
    }

    private static func scalar(_ value: SQLiteValue, _ type: SQLType) -> Scalar {
        switch (value, type) {
        case (.integer(let value), _): return .number(Int128(value), scale: 0)
        case (.text(let text), .timestampNTZ):
            var text = text
            let parsed = text.withUTF8 { TextParsing.timestamp($0) }
            return parsed.map { .temporal($0.local, .timestampNTZ) } ?? .null
        case (.text(let text), _): return .text(text)
        // A line that is no UTF-8 is shown with what is wrong replaced.
        case (.blob(let bytes), _): return .text(String(decoding: bytes, as: UTF8.self))
        case (.real(let value), _): return .float(value)
        case (.null, _): return .null
        }
    }
}
