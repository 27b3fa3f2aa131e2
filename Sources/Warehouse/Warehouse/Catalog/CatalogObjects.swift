import ColumnStore
import Vectors

/// The full name of an object.
struct QualifiedName: Hashable {
    var database: String
    var schema: String
    var name: String

    var parts: [String] { [database, schema, name] }
    var description: String { parts.joined(separator: ".") }
    /// The name as it is written in SQL.
    var quoted: String { parts.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ".") }
}

/// Objects of one space have names of their own.
enum ObjectSpace: String {
    case relation = "RELATION"
    case stage = "STAGE"
    case fileFormat = "FILE FORMAT"
    case sequence = "SEQUENCE"
}

/// An object of the catalogue.
struct CatalogObject {
    enum Kind: String {
        case table = "TABLE", view = "VIEW", stage = "STAGE", fileFormat = "FILE FORMAT", sequence =
            "SEQUENCE"

        var space: ObjectSpace {
            switch self {
            case .table, .view: .relation
            case .stage: .stage
            case .fileFormat: .fileFormat
            case .sequence: .sequence
            }
        }
    }

    var id: Int64
    var name: QualifiedName
    var kind: Kind
    /// Of tables.
    var table: TableID?
    /// A view's query, the cluster keys of a table, the options of a stage or file format.
    var definition: String?
    var comment: String?
    /// Microseconds since 1970 UTC.
    var createdOn: Int64
    /// The session whose temporary object it is; 0 for what stays.
    var session: Int64 = 0
    var isTemporary: Bool { session != 0 }
}

/// A column of a table or view of the catalogue.
struct CatalogColumn {
    var name: String
    /// `nil` for columns of views.
    var id: ColumnStore.ColumnID?
    var type: SQLType
    /// The greatest number of characters of VARCHAR(n), or of bytes of BINARY(n).
    var lengthMax: Int?
    var isNullable = true
    /// The SQL of the default.
    var defaultSQL: String?
    var identity: (next: Int64, step: Int64)?
    /// What the query of a view calls it.
    var sourceName: String?
    var comment: String?

    /// The type as DESCRIBE shows it.
    var typeText: String { lengthMax.map { "\(type)(\($0))" } ?? type.description }
}

extension SQLType {
    /// The type of a name that `description` gave.
    init?(named text: String) {
        let plain: [String: SQLType] = [
            "NULL": .null, "BOOLEAN": .boolean, "FLOAT": .float, "VARCHAR": .varchar, "BINARY": .binary,
            "DATE": .date,
            "TIME": .time, "TIMESTAMP_NTZ": .timestampNTZ, "TIMESTAMP_LTZ": .timestampLTZ,
            "TIMESTAMP_TZ": .timestampTZ,
            "VARIANT": .variant, "OBJECT": .object, "ARRAY": .array,
        ]
        if let type = plain[text] {
            self = type
            return
        }
        let numbers = text.dropFirst("NUMBER(".count).dropLast().split(separator: ",").compactMap { Int($0) }
        guard text.hasPrefix("NUMBER("), numbers.count == 2 else { return nil }
        self = .number(precision: numbers[0], scale: numbers[1])
    }
}
