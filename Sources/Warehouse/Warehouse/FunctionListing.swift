import SQLEngine

/// All functions that SQL knows.
public enum FunctionListing {
    /// What kind of function it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A value for each row.
        case scalar
        /// A value for many rows; with OVER also a window function.
        case aggregate
        /// A value for each row that depends on the rows around it: with OVER alone.
        case window
        /// Rows: in FROM.
        case table
    }

    /// A function.
    public struct Entry: Sendable {
        /// The name.
        public let name: String
        /// What kind of function it is.
        public let kind: Kind
        /// How it is written.
        public let signature: String
        /// What it gives, in a sentence.
        public let summary: String
    }

    /// All of them, sorted by kind and name; a function with several names is there under each.
    public static let all: [Entry] = {
        var list = FunctionCatalog.all.flatMap { function in
            ([function.name] + function.aliases).map { name in
                Entry(
                    name: name, kind: .scalar,
                    signature: name == function.name
                        ? function.signature : "\(name)\(function.signature.drop { $0 != "(" })",
                    summary: function.summary)
            }
        }
        // The binder's own come first where the catalogue has the name too.
        list = conditionals.map { entry($0, .scalar) } + list
        list += AggregateSignature.all.flatMap { signature in
            signature.names.map {
                Entry(name: $0, kind: .aggregate, signature: signature.signature, summary: signature.summary)
            }
        }
        list += windows.map { entry($0, .window) }
        list += TableFunction.all.map {
            Entry(name: $0.name, kind: .table, signature: $0.signature, summary: $0.summary)
        }
        list += rowSources.map { entry($0, .table) }
        var seen: Set<String> = []
        let order = Kind.allCases
        return list.filter { seen.insert("\($0.kind) \($0.name)").inserted }.sorted { first, second in
            let kinds = (order.firstIndex(of: first.kind) ?? 0, order.firstIndex(of: second.kind) ?? 0)
            return kinds.0 != kinds.1
                ? kinds.0 < kinds.1 : first.name.utf8.lexicographicallyPrecedes(second.name.utf8)
        }
    }()

    private static func entry(_ text: (signature: String, summary: String), _ kind: Kind) -> Entry {
        Entry(
            name: String(text.signature.prefix { $0 != "(" }), kind: kind, signature: text.signature,
            summary: text.summary)
    }

    /// What computes an argument only where it is needed, and what counts generated rows.
    private static let conditionals: [(signature: String, summary: String)] = [
        ("COALESCE(value, …)", "The first value that is not NULL."),
        ("NVL(value, replacement)", "The value, or the replacement where it is NULL."),
        ("IFNULL(value, replacement)", "The value, or the replacement where it is NULL."),
        ("NVL2(value, if_not_null, if_null)", "One of two values, as the first is not NULL or NULL."),
        ("NULLIF(value, other)", "NULL where both are equal, else the value."),
        ("ZEROIFNULL(number)", "The number, or 0 where it is NULL."),
        ("NULLIFZERO(number)", "The number, or NULL where it is 0."),
        ("IFF(condition, value, otherwise)", "One of two values, as the condition is true or not."),
        ("EQUAL_NULL(left, right)", "Whether both are equal; NULL is equal to NULL."),
        (
            "DECODE(value, search, result, …[, otherwise])",
            "The result behind the first search that equals the value, NULLs too."
        ),
        ("SEQ1()", "The number of a row of GENERATOR, from 0."),
        ("SEQ2()", "The number of a row of GENERATOR, from 0."),
        ("SEQ4()", "The number of a row of GENERATOR, from 0."),
        ("SEQ8()", "The number of a row of GENERATOR, from 0."),
    ]

    private static let rowSources: [(signature: String, summary: String)] = [
        ("GENERATOR(ROWCOUNT => n)", "So many rows, which SEQ8() numbers."),
        (
            "COPY_HISTORY(TABLE_NAME => 'name', START_TIME => timestamp[, END_TIME => timestamp])",
            "The files that COPY INTO has met, and what became of them."
        ),
        ("VALIDATE(table, JOB_ID => '_last')", "The records that the last COPY INTO a table has not loaded."),
    ]

    private static let windows: [(signature: String, summary: String)] = [
        ("ROW_NUMBER() OVER (…)", "The number of the row in its partition, from 1."),
        ("RANK() OVER (… ORDER BY …)", "The number of rows before the row's equals, plus 1."),
        ("DENSE_RANK() OVER (… ORDER BY …)", "The number of different rows before the row, plus 1."),
        ("PERCENT_RANK() OVER (… ORDER BY …)", "The rank from 0 to 1."),
        ("CUME_DIST() OVER (… ORDER BY …)", "The share of rows that do not come after the row."),
        ("NTILE(n) OVER (… ORDER BY …)", "The number of the row's bucket, of n that are as equal as can be."),
        ("LAG(value[, offset[, default]]) OVER (… ORDER BY …)", "The value some rows before."),
        ("LEAD(value[, offset[, default]]) OVER (… ORDER BY …)", "The value some rows on."),
        ("FIRST_VALUE(value) [IGNORE NULLS] OVER (…)", "The value of the frame's first row."),
        ("LAST_VALUE(value) [IGNORE NULLS] OVER (…)", "The value of the frame's last row."),
        ("NTH_VALUE(value, n) [IGNORE NULLS] OVER (…)", "The value of the frame's n-th row."),
    ]
}
