internal import CSQLiteAPI
internal import Vectors

/// Which columns a reading of a table needs and which comparisons can spare it row groups: what `xBestIndex`
/// works out and `xFilter` is told, as text.
struct ScanPlan {
    enum Comparison: Int {
        case equal, below, atMost, above, atLeast, anyOf
    }

    struct Term {
        /// The place of a column; `rowid` for the row's number.
        var column: Int
        var comparison: Comparison
    }

    static let rowid = -1

    /// A bit for each column that is read; the last of the 64 stands for all further columns.
    var columnsUsed: UInt64 = 0
    /// One for each argument of `xFilter`.
    var terms: [Term] = []

    func uses(_ column: Int) -> Bool { columnsUsed & (1 << UInt64(min(column, 63))) != 0 }

    // MARK: As text: numbers with blanks between

    var text: String {
        var text = String(columnsUsed)
        for term in terms { text += " \(term.column) \(term.comparison.rawValue)" }
        return text
    }

    init() {}

    init?(_ text: String) {
        let numbers = text.split(separator: " ")
        guard let first = numbers.first.flatMap({ UInt64($0) }), numbers.count % 2 == 1 else { return nil }
        columnsUsed = first
        for place in stride(from: 1, to: numbers.count, by: 2) {
            guard let column = Int(numbers[place]), let code = Int(numbers[place + 1]),
                let comparison = Comparison(rawValue: code)
            else { return nil }
            terms.append(Term(column: column, comparison: comparison))
        }
    }

    // MARK: Making it

    /// Takes of a query's comparisons those that help, and says what the reading will cost.
    init(_ info: UnsafeMutablePointer<sqlite3_index_info>, _ columns: [OpenWarehouse.Column], rows: Int64) {
        columnsUsed = info.pointee.colUsed
        var share = 1.0
        for place in 0..<Int(info.pointee.nConstraint) {
            let constraint = info.pointee.aConstraint[place]
            guard constraint.usable != 0, let comparison = Self.comparison(constraint.op) else { continue }
            let column = Int(constraint.iColumn)
            if column != Self.rowid {
                guard columns.indices.contains(column), Self.helps(columns[column].type) else { continue }
                // Text compares as bytes do, or the bounds of segments say nothing.
                let isText = columns[column].type.declaredInSQLite == "TEXT"
                if isText, !Self.isBinary(th_sqlite3_vtab_collation(info, Int32(place))) { continue }
            }
            var term = Term(column: column, comparison: comparison)
            // Without this SQLite would ask for each value of an IN list on its own.
            if comparison == .equal, th_sqlite3_vtab_in(info, Int32(place), 1) != 0 {
                term.comparison = .anyOf
            }
            terms.append(term)
            info.pointee.aConstraintUsage[place].argvIndex = Int32(terms.count)
            share *= Self.share(term)
        }
        // Row groups are left out only where their bounds allow it, so less is saved than the rows that go.
        info.pointee.estimatedRows = max(1, Int64(Double(rows) * share))
        info.pointee.estimatedCost = 100 + Double(rows) * share.squareRoot()
    }

    private static func comparison(_ op: UInt8) -> Comparison? {
        switch Int32(op) {
        case SQLITE_INDEX_CONSTRAINT_EQ: .equal
        case SQLITE_INDEX_CONSTRAINT_LT: .below
        case SQLITE_INDEX_CONSTRAINT_LE: .atMost
        case SQLITE_INDEX_CONSTRAINT_GT: .above
        case SQLITE_INDEX_CONSTRAINT_GE: .atLeast
        default: nil
        }
    }

    private static func helps(_ type: SQLType) -> Bool {
        switch type {
        case .number, .float, .boolean, .varchar, .date, .timestampNTZ, .timestampLTZ: true
        default: false
        }
    }

    private static func isBinary(_ collation: UnsafePointer<CChar>?) -> Bool {
        collation.map { ColumnNames.folded(String(cString: $0)) == "binary" } ?? false
    }

    /// The share of rows that a comparison is taken to leave.
    private static func share(_ term: Term) -> Double {
        if term.column == rowid, term.comparison == .equal { return 1e-6 }
        return switch term.comparison {
        case .equal: 0.01
        case .anyOf: 0.05
        default: 0.33
        }
    }
}
