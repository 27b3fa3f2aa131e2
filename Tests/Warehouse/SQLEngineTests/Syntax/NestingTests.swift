import DurableIO
import SQLEngine
import Testing
import Threads

@Suite struct NestingTests {
    /// Pieces that go around an expression or a query, and how often they may.
    private static let shells: [(before: String, inner: String, after: String)] = [
        ("(", "1", ")"), ("f(", "1", ")"), ("\"f\"(", "1", ")"), ("[", "1", "]"), ("{'a': ", "1", "}"),
        ("NOT ", "1", ""), ("- ", "1", ""),
        ("CASE WHEN ", "1", " THEN 1 END"), ("1 + (", "1", ")"), ("(SELECT ", "1", ")"),
        ("EXISTS (SELECT ", "1", ")"),
        ("1 IN (SELECT ", "1", ")"), ("CAST(", "1", " AS INT)"), ("a[", "1", "]"),
        ("1 BETWEEN ", "1", " AND 2"),
        ("sum(1) OVER (ORDER BY ", "1", ")"), ("1 = ANY (SELECT ", "1", ")"),
        ("(SELECT * FROM (SELECT ", "1", "))"),
        ("(WITH a AS (SELECT ", "1", ") SELECT 1)"), ("a LIKE ANY (", "1", ")"),
        ("TRIM(LEADING ", "1", " FROM b)"),
        ("(SELECT 1 UNION (SELECT ", "1", "))"), ("(SELECT a FROM t GROUP BY GROUPING SETS (", "1", "))"),
    ]
    private static let tables: [(before: String, inner: String, after: String)] = [
        ("(", "t", ")"), ("(SELECT * FROM ", "t", ")"), ("(a JOIN ", "t", " ON 1)"),
        ("LATERAL (SELECT * FROM ", "t", ")"),
        ("TABLE(f((SELECT 1 FROM ", "t", ")))"), ("(VALUES ((SELECT 1 FROM ", "t", ")))"),
    ]
    private static let chains = ["a + ", "a * ", "a = ", "a IS NULL = ", "a - b + "]

    /// However deep the nesting: parsed or refused, on the stack of a worker thread, with trees that can be written and
    /// freed there.
    @Test func nestingIsBoundedByTheStackOfAWorker() async throws {
        try await WorkerThreads(max: 1).run {
            for count in [10, 40, 50, 66, 99, 150, 180, 198, 199, 200, 201, 300, 2_000] {
                for shell in Self.shells
                    + Self.tables.map({ ("(SELECT * FROM \($0.before)", $0.inner, "\($0.after))") })
                {
                    Self.parse(shell, count)
                }
                for table in Self.tables {
                    Self.parse(
                        (
                            "SELECT * FROM " + String(repeating: table.before, count: count), table.inner,
                            String(repeating: table.after, count: count)
                        ), 1)
                }
                for chain in Self.chains {
                    Self.parse(("SELECT " + String(repeating: chain, count: count), "1", ""), 1)
                }
                for tail in [
                    "::int", "[0]", ".a", ":a", " IS NULL", " JOIN t", ", t", " UNION SELECT 1",
                    " EXCEPT SELECT 1",
                ] {
                    Self.parse(("SELECT a FROM t WHERE a", String(repeating: tail, count: count), ""), 1)
                    Self.parse(("SELECT a FROM t", String(repeating: tail, count: count), ""), 1)
                }
            }
        }
    }

    /// Expressions of usual nesting are not refused.
    @Test(arguments: [
        ("(", ")", 150), ("f(", ")", 90), ("(SELECT ", ")", 25), ("CASE WHEN ", " THEN 1 END", 90),
    ])
    func usualNestingIsAccepted(before: String, after: String, count: Int) throws {
        let sql = String(repeating: before, count: count) + "1" + String(repeating: after, count: count)
        _ = try SQLParser.parseExpression(sql)
    }

    private static func parse(_ shell: (before: String, inner: String, after: String), _ count: Int) {
        let sql =
            String(repeating: shell.before, count: count) + shell.inner
            + String(repeating: shell.after, count: count)
        if let query = try? SQLParser.parseQuery(sql) { _ = query.sqlText }
        if let expression = try? SQLParser.parseExpression(sql) { _ = expression.sqlText }
    }
}
