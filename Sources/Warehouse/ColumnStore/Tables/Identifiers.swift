package import Vectors

/// Names a table; never used again after the table is dropped.
package struct TableID: Hashable, Sendable {
    package var value: Int64
    package init(_ value: Int64) { self.value = value }
}

/// Names a column within its table; never used again after the column is dropped.
package struct ColumnID: Hashable, Sendable, Comparable {
    package var value: Int64
    package init(_ value: Int64) { self.value = value }
    package static func < (first: ColumnID, second: ColumnID) -> Bool { first.value < second.value }
}

/// Names a row while nothing changes in its table: the row group (or delta entry) and the row in it.
package struct RowAddress: Hashable, Sendable {
    package var value: Int64
    package init(_ value: Int64) { self.value = value }
    package init(group: Int64, row: Int) { value = group << 20 | Int64(row) }
    package var group: Int64 { value >> 20 }
    package var row: Int { Int(value & 0xF_FFFF) }
}

/// A column of a table.
package struct ColumnInfo: Sendable {
    package let id: ColumnID
    package let type: SQLType
    /// The value of rows that are older than the column; `nil` for NULL. One row.
    let defaultValue: SegmentReader?
    let defaultZone: ZoneMap?
}

/// The segment of a row group that holds a column: path 0 for a whole column, or what is left of a VARIANT
/// outside of its sub-columns; other paths for its sub-columns.
struct SegmentKey: Hashable, Sendable, Comparable {
    var column: ColumnID
    var path: Int64
    static func < (first: SegmentKey, second: SegmentKey) -> Bool {
        (first.column.value, first.path) < (second.column.value, second.path)
    }
}

extension SQLType {
    /// The type that a description names; `nil` where it names none.
    package init?(describedAs text: String) {
        let simple: [SQLType] = [
            .null, .boolean, .float, .varchar, .binary, .date, .time, .timestampNTZ, .timestampLTZ,
            .timestampTZ, .variant,
            .object, .array,
        ]
        if let type = simple.first(where: { $0.description == text }) {
            self = type
            return
        }
        guard text.hasPrefix("NUMBER("), text.hasSuffix(")") else { return nil }
        let parts = text.dropFirst(7).dropLast().split(separator: ",").compactMap { Int($0) }
        guard parts.count == 2, (1...38).contains(parts[0]), (0...38).contains(parts[1]) else { return nil }
        self = .number(precision: parts[0], scale: parts[1])
    }
}

/// The keys of a path as text: each with its count of bytes before it, as in `4:user4:name`.
enum PathText {
    static func text(_ path: [String]) -> String {
        path.map { "\($0.utf8.count):\($0)" }.joined()
    }

    static func path(_ text: String) -> [String]? {
        var rest = Substring(text).utf8
        var path: [String] = []
        while !rest.isEmpty {
            guard let colon = rest.firstIndex(of: 0x3A), let count = Int(Substring(rest[..<colon])),
                count >= 0
            else {
                return nil
            }
            let start = rest.index(after: colon)
            guard rest[start...].count >= count else { return nil }
            let end = rest.index(start, offsetBy: count)
            path.append(String(decoding: rest[start..<end], as: UTF8.self))
            rest = rest[end...]
        }
        return path
    }
}
