internal import CSQLiteAPI
internal import Vectors

/// A comparison of a column with values, as intervals outside of which there is nothing to be found.
///
/// Intervals may be wider than the comparison: SQLite checks every row that it gets. They are never narrower,
/// which is why they follow SQLite's rules: a value of another storage class than the column's is not looked
/// into.
struct PushedTerm {
    /// The place of a column; `ScanPlan.rowid` for the row's number.
    let column: Int
    let type: SQLType
    let intervals: [(lower: Scalar?, upper: Scalar?)]

    /// The values of an IN list beyond which only the list's range is looked at.
    private static let listMax = 64

    /// - Returns: `nil` where the values say nothing of the column.
    init?(_ term: ScanPlan.Term, _ type: SQLType, _ value: OpaquePointer) {
        column = term.column
        self.type = type
        guard term.comparison == .anyOf else {
            guard let interval = Self.interval(term.comparison, type, value) else { return nil }
            intervals = [interval]
            return
        }
        var list: [(lower: Scalar?, upper: Scalar?)] = []
        var item: OpaquePointer?
        var code = th_sqlite3_vtab_in_first(value, &item)
        while code == SQLITE_OK, let member = item {
            // NULL in the list is equal to nothing.
            if th_sqlite3_value_type(member) != SQLITE_NULL {
                guard list.count < Self.listMax, let interval = Self.interval(.equal, type, member) else {
                    return nil
                }
                list.append(interval)
            }
            code = th_sqlite3_vtab_in_next(value, &item)
        }
        guard code == SQLITE_DONE else { return nil }
        intervals = list
    }

    private static func interval(
        _ comparison: ScanPlan.Comparison, _ type: SQLType, _ value: OpaquePointer
    ) -> (lower: Scalar?, upper: Scalar?)? {
        guard let (lower, upper) = around(value, type) else { return nil }
        switch comparison {
        case .equal, .anyOf: return (lower, upper)
        case .below, .atMost: return (nil, upper)
        case .above, .atLeast: return (lower, nil)
        }
    }

    /// The least and the greatest value of the column that SQLite might find equal to a value.
    private static func around(_ value: OpaquePointer, _ type: SQLType) -> (Scalar, Scalar)? {
        let storage = th_sqlite3_value_type(value)
        switch type {
        case .number(_, scale: 0), .boolean:
            if storage == SQLITE_INTEGER {
                let number = th_sqlite3_value_int64(value)
                // Values beyond 64 bits are text, and rounded before they are compared.
                guard number.magnitude < 1 << 62 else { return nil }
                return (.number(Int128(number), scale: 0), .number(Int128(number), scale: 0))
            }
            return storage == SQLITE_FLOAT ? around(th_sqlite3_value_double(value)) : nil
        case .number, .float:
            guard storage == SQLITE_INTEGER || storage == SQLITE_FLOAT else { return nil }
            return around(th_sqlite3_value_double(value))
        case .varchar:
            guard storage == SQLITE_TEXT, let text = String(validating: bytes(value), as: UTF8.self) else {
                return nil
            }
            return (.text(text), .text(text))
        case .date, .timestampNTZ, .timestampLTZ:
            guard storage == SQLITE_TEXT, let (lower, upper) = TemporalBound.around(bytes(value), type) else {
                return nil
            }
            return (.temporal(lower, type), .temporal(upper, type))
        default: return nil
        }
    }

    /// Decimals of many digits are rounded to doubles before they are compared, so a little around the number
    /// counts too.
    private static func around(_ number: Double) -> (Scalar, Scalar)? {
        guard number.isFinite else { return nil }
        let margin = number.magnitude * 1e-12
        return (.float(number - margin), .float(number + margin))
    }

    private static func bytes(_ value: OpaquePointer) -> UnsafeBufferPointer<UInt8> {
        let text = th_sqlite3_value_text(value)
        return UnsafeBufferPointer(start: text, count: text == nil ? 0 : Int(th_sqlite3_value_bytes(value)))
    }

    // MARK: Row numbers

    /// Whether none of the rows from `first` on has a number in the intervals.
    func excludes(rowidsFrom first: Int64, count: Int) -> Bool {
        intervals.allSatisfy { interval in
            if case .number(let lower, _) = interval.lower, Int128(first) + Int128(count) <= lower {
                return true
            }
            if case .number(let upper, _) = interval.upper, Int128(first) > upper { return true }
            return false
        }
    }
}
