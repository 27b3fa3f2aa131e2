internal import Vectors

/// Names of tables as SQLite sees them.
package enum TableName {
    private static let defaultDatabase = "STOCKS_MDS"
    private static let defaultSchema = "COMMON"

    /// The name of a table in the schema of the file: `NAME` for the schema that every warehouse begins with,
    /// otherwise `SCHEMA.NAME`, or `DATABASE.SCHEMA.NAME` in other databases. One word to SQLite, to be
    /// quoted where it has a dot.
    package static func inFile(database: String, schema: String, name: String) -> String {
        if database != defaultDatabase { return "\(database).\(schema).\(name)" }
        return schema == defaultSchema ? name : "\(schema).\(name)"
    }

    /// A word in double quotes.
    package static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    /// The words of a name with dots, as `a.b`, `"a"."b"` or either of them in single quotes.
    static func parts(_ text: String) -> [String] {
        var bytes = Array(text.utf8)
        if bytes.count >= 2, bytes.first == apostrophe, bytes.last == apostrophe {
            bytes = undoubled(bytes[1..<(bytes.count - 1)], apostrophe)
        }
        var parts: [[UInt8]] = [[]]
        var isQuoted = false
        for byte in bytes {
            if byte == quote { isQuoted.toggle() }
            if byte == dot, !isQuoted { parts.append([]) } else { parts[parts.count - 1].append(byte) }
        }
        return parts.map { part in
            guard part.count >= 2, part.first == quote, part.last == quote else {
                return String(decoding: part, as: UTF8.self)
            }
            return String(decoding: undoubled(part[1..<(part.count - 1)], quote), as: UTF8.self)
        }
    }

    private static let apostrophe = UInt8(ascii: "'")
    private static let quote = UInt8(ascii: "\"")
    private static let dot = UInt8(ascii: ".")

    private static func undoubled(_ bytes: ArraySlice<UInt8>, _ mark: UInt8) -> [UInt8] {
        var result: [UInt8] = []
        var isSecond = false
        for byte in bytes {
            isSecond = byte == mark && !isSecond
            if !isSecond { result.append(byte) }
        }
        return result
    }
}

/// Names of columns as SQLite sees them.
package enum ColumnNames {
    /// SQLite takes names that differ in case alone for the same: later ones get a number.
    package static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.map { name in
            var candidate = name
            var number = 1
            while !seen.insert(folded(candidate)).inserted {
                candidate = "\(name):\(number)"
                number += 1
            }
            return candidate
        }
    }

    /// A name as SQLite compares it: without regard to the case of ASCII letters.
    package static func folded(_ name: String) -> String {
        String(decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
