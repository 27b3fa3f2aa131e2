/// Which words are no names unless they are quoted.
enum ReservedWords {
    /// Names of nothing.
    static let all: Set<String> = [
        "ALL", "ALTER", "AND", "ANY", "AS", "BETWEEN", "BY", "CHECK", "COLUMN", "CONNECT", "CREATE",
        "CURRENT",
        "DELETE", "DISTINCT", "DROP", "ELSE", "EXCEPT", "EXISTS", "FOLLOWING", "FOR", "FROM", "GRANT",
        "GROUP",
        "HAVING", "ILIKE", "IN", "INCREMENT", "INSERT", "INTERSECT", "INTO", "IS", "LIKE", "MINUS", "NOT",
        "NULL",
        "OF", "ON", "OR", "ORDER", "QUALIFY", "REGEXP", "REVOKE", "RLIKE", "ROW", "ROWS", "SAMPLE", "SELECT",
        "SET", "SOME", "START", "TABLE", "TABLESAMPLE", "THEN", "TO", "TRIGGER", "UNION", "UNIQUE", "UPDATE",
        "VALUES", "WHENEVER", "WHERE", "WITH",
    ]

    /// Not a column in an expression, though a name elsewhere.
    static let notColumns: Set<String> = ["CASE", "CAST", "FALSE", "TRUE", "TRY_CAST", "WHEN"]

    /// Functions that are called without parentheses.
    static let bareFunctions: Set<String> = [
        "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "LOCALTIME", "LOCALTIMESTAMP",
    ]

    /// Reserved words that are functions where a parenthesis follows.
    static let functions: Set<String> = ["ILIKE", "INSERT", "LIKE", "RLIKE"]

    /// No alias of a select item without AS, since they begin what may follow it.
    static let notItemAliases: Set<String> = ["FETCH", "LIMIT", "OFFSET", "WINDOW"]

    /// No alias of a table without AS, since they begin what may follow it.
    static let notTableAliases: Set<String> = [
        "ASOF", "CROSS", "FETCH", "FULL", "INNER", "JOIN", "LATERAL", "LEFT", "LIMIT", "MATCH_CONDITION",
        "NATURAL", "OFFSET", "OUTER", "PIVOT", "RIGHT", "UNPIVOT", "USING", "WHEN", "WINDOW",
    ]

    /// Whether `name` can be written without quotes and means itself.
    static func isPlainName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first < 0x80, first.startsName else { return false }
        return name.utf8.allSatisfy { $0 < 0x80 && $0.continuesName && $0.upperCased == $0 }
            && !all.contains(name) && !notColumns.contains(name) && !bareFunctions.contains(name)
    }
}
